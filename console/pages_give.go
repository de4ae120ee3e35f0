package console

import (
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/store"
)

func init() {
	serve("GET /c/chat/{id}/more", staff, give)
	serve("POST /c/chat/{id}/transfer", staff, transfer)
}

// A giving is what else can be done with a conversation, and for supervisors
// who has looked at it.
type giving struct {
	*visit
	store.Row
	People []cases.Person
	Orgs   []cases.Organisation
	Trail  []trailed
}

// ID of the conversation.
func (g giving) ID() string { return g.Row.ID }

// A trailed is one line of who did what.
type trailed struct{ Who, What, At string }

func give(v *visit) error {
	row, err := v.Store.ChatRow(v.Ctx(), v.By(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	g := giving{visit: v, Row: row}
	people, _, err := v.Store.People(v.Ctx(), v.By(), store.Cursor{}, 200)
	if err != nil {
		return err
	}
	names := map[cases.CaseworkerID]string{}
	for _, p := range people {
		names[p.ID] = p.Name
		if p.Name != "" && !p.Disabled && string(p.ID) != row.Owner && (p.Role == cases.Helper || p.Role == cases.Supervisor) {
			g.People = append(g.People, p)
		}
	}
	orgs, _, err := v.Store.Organisations(v.Ctx(), store.Cursor{}, 100)
	if err != nil {
		return err
	}
	g.Orgs = slices.DeleteFunc(orgs, func(o cases.Organisation) bool { return o.ID == v.Me.Org })
	if v.Supervises() {
		trail, err := v.Store.ChatTrail(v.Ctx(), v.By(), row.ID, 30)
		if err != nil {
			return err
		}
		for _, e := range slices.Backward(trail) {
			who := names[e.By.ID]
			if who == "" {
				who = string(e.By.Role)
			}
			g.Trail = append(g.Trail, trailed{who, e.What, v.Time(e.At)})
		}
	}
	return v.Show("give", g)
}

// transfer passes a conversation on to another organisation.
func transfer(v *visit) error {
	id, org := v.R.PathValue("id"), cases.OrgID(strings.TrimSpace(v.R.PostFormValue("org")))
	if _, err := v.Store.Organisation(v.Ctx(), org); err != nil {
		return err
	}
	_, err := v.Engine.Transfer(v.Ctx(), v.By(), id, v.epoch(), org)
	if err == nil && !v.scripted() {
		return v.Redirect("/c/", "saved") // it is no longer ours to see
	}
	return v.done(id, "", err)
}
