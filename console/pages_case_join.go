package console

import (
	"errors"
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"crypto/rand"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/case/{id}/join", staff, func(v *visit) error { return v.joinCase("") })
	serve("POST /c/case/{id}/join", staff, openJoining)
	serve("POST /c/case/{id}/join/close", staff, closeJoining)
	serve("GET /c/case/{id}/tie", staff, func(v *visit) error { return v.tiePage("") })
	serve("POST /c/case/{id}/merge", staff, mergeCase)
	serve("POST /c/case/{id}/split", staff, splitCase)
	serve("POST /c/case/{id}/link", staff, linkCase)
}

// A joinView is how others join a case.
type joinView struct {
	*caseView
	Link, Band string
	QR         template.HTML
	Held       []workerRow
	Wrong      string
}

// joinCase shows how others join the case, and who waits to be let in.
func (v *visit) joinCase(wrong string) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	j := joinView{caseView: c, Wrong: wrong, Band: cases.Band(c.C.Size)}
	if c.C.Code != "" && c.Engine != nil {
		if j.Link = c.Engine.JoinLink(c.C.Code); j.Link != "" {
			svg, err := QR(j.Link)
			if err != nil {
				return err
			}
			j.QR = template.HTML(svg) //nolint:gosec // made by QR
		}
	}
	if c.C.Held > 0 {
		ms, err := v.Store.HeldMembers(v.Ctx(), v.By(), c.C.ID, perWorkers)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return err
		}
		for _, m := range ms {
			j.Held = append(j.Held, workerRow{m, c})
		}
	}
	v.Title = c.C.Ref + " · " + v.T("join.title")
	return v.Show("case-join", j)
}

// Code in two parts, to be read aloud.
func (j joinView) Code() string {
	if c := j.C.Code; len(c) == 8 {
		return c[:4] + "-" + c[4:]
	}
	return j.C.Code
}

// Admits are the forms for a worker who waits.
func (j joinView) Admits(w workerRow) ([]offer, error) {
	var fs []*form
	for _, a := range workerActs[:2] {
		fs = append(fs, j.form(a, "", w.Worker))
	}
	return j.offers(fs)
}

func openJoining(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	if !c.Ours() || c.Engine == nil {
		return store.ErrDenied
	}
	_, err = c.Engine.LetJoin(v.Ctx(), v.By(), c.C.ID, v.R.PostFormValue("ask") != "", v.R.PostFormValue("anew") != "")
	if why := v.whyNot(err); why != "" {
		v.Status = 422
		return v.joinCase(why)
	}
	if err != nil {
		return err
	}
	return v.Redirect(c.Href("join"), "done")
}

func closeJoining(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	if !c.Ours() {
		return store.ErrDenied
	}
	if err := v.Store.CloseJoining(v.Ctx(), v.By(), c.C.ID); err != nil {
		return err
	}
	return v.Redirect(c.Href("join"), "done")
}

// A tieView is what the case can be joined with or split into.
type tieView struct {
	*caseView
	Near   []near
	Wrong  string
	Submit string
	values url.Values
}

// A near is a case that this one may belong together with.
type near struct {
	caseRow
	Not    string // why the two cannot be merged
	Linked bool
	Picked bool
}

// tiePage shows the open cases about the same, with what stands in the way of a
// merger.
func (v *visit) tiePage(wrong string) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	t := tieView{caseView: c, Wrong: wrong, Submit: rand.Text()[:16], values: v.R.PostForm}
	seen := map[cases.ID]bool{c.C.ID: true}
	for _, k := range c.C.Kinds {
		rows, _, _, err := v.caseRows(store.OpenCases, store.CaseFilter{Kind: k}, 30)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			n := near{caseRow: r, Not: v.whyNot(flows.MayMerge(c.C, r.Case)), Picked: string(r.ID) == v.R.PostFormValue("other")}
			for _, id := range c.C.Links {
				n.Linked = n.Linked || id == r.ID
			}
			t.Near = append(t.Near, n)
		}
	}
	v.Title = c.C.Ref + " · " + v.T("tie.title")
	return v.Show("case-tie", t)
}

// V is what was typed.
func (t tieView) V(name string) string { return t.values.Get(name) }

// Dissent is how many say of an issue that it is not fixed.
func (i issueView) Dissent() int { return flows.Dissent(i.Tally) }

// Disputed are the issues of which somebody says so.
func (t tieView) Disputed() (out []issueView) {
	for _, i := range t.Issues() {
		if i.Dissent() > 0 {
			out = append(out, i)
		}
	}
	return out
}

// tied carries out what the page of ties asks for.
func (v *visit) tied(act func(c *caseView, key, reason string) error) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	reason, key := strings.TrimSpace(v.R.PostFormValue("reason")), v.R.PostFormValue("key")
	switch {
	case !c.Ours():
		return store.ErrDenied
	case reason == "":
		v.Status = 422
		return v.tiePage(v.T("act.need", "Field", v.T("field.reason")))
	case key == "":
		key = rand.Text()
	}
	err = act(c, key, upTo(reason, 1000))
	if why := v.whyNot(err); why != "" {
		v.Status = 422
		return v.tiePage(why)
	}
	if err != nil {
		return err
	}
	return v.Redirect(c.Href(), "done")
}

func mergeCase(v *visit) error {
	return v.tied(func(c *caseView, key, reason string) error {
		return v.Store.Merge(v.Ctx(), v.By(), c.C.ID, cases.ID(v.R.PostFormValue("other")), key, reason)
	})
}

func splitCase(v *visit) error {
	return v.tied(func(c *caseView, key, reason string) error {
		_, err := v.Store.Split(v.Ctx(), v.By(), c.C.ID, cases.Code(v.R.PostFormValue("issue")), nil, key, reason)
		return err
	})
}

func linkCase(v *visit) error {
	return v.tied(func(c *caseView, key, reason string) error {
		return v.Store.LinkCases(v.Ctx(), v.By(), c.C.ID, cases.ID(v.R.PostFormValue("other")), v.R.PostFormValue("undo") != "", reason)
	})
}

// bytesOf writes a size in bytes.
func bytesOf(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatInt(n>>20, 10) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt(n>>10, 10) + " kB"
	}
	return strconv.FormatInt(n, 10) + " B"
}
