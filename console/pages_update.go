package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"crypto/rand"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

func init() {
	serve("GET /c/case/{id}/update/{update}", staff, showUpdate)
	serve("GET /c/case/{id}/update/{update}/counts", staff, countsPart)
	serve("GET /c/case/{id}/update/{update}/list", staff, deliveriesPage)
	serve("POST /c/case/{id}/update/{update}", staff, saveUpdate)
	serve("POST /c/case/{id}/update/{update}/approve", staff, approveUpdate)
	serve("POST /c/case/{id}/nonews", staff, noNews)
}

// anew stands for an update that is not kept yet, in addresses.
const anew = "new"

// An updateView is an update as its page shows it.
type updateView struct {
	*caseView
	U       cases.Update
	New     bool
	Submit  string // the key of a form for a new one
	Plan    *bot.Plan
	Wrong   string
	Theirs  *cases.Update // what somebody else has made of the draft meanwhile
	Refused string
	Counts  []stateCount
	Seg     []segment
	Share   int    // of those who have it
	Stage   string // how far it is: going_out, handed_out or all_read
	Leave   bool
}

// updateView reads the update that the address names, or makes an empty one.
func (v *visit) updateView() (*updateView, error) {
	c, err := v.caseView()
	if err != nil {
		return nil, err
	}
	u := &updateView{caseView: c, Submit: rand.Text()[:16]}
	if name := v.R.PathValue("update"); name != anew {
		u.U, err = v.Store.Update(v.Ctx(), v.By(), c.C.ID, name)
		if err != nil {
			return nil, err
		}
	} else {
		q := v.R.URL.Query()
		u.New = true
		u.U = cases.Update{Case: c.C.ID, Kind: cases.Free, Issue: cases.Code(q.Get("issue")), State: cases.UpdateDraft, Due: flows.NewsBy(c.C.Severity, v.Now()), Texts: map[string]string{}}
		if k := q.Get("kind"); slices.Contains(updateKinds, k) {
			u.U.Kind = k
		}
		if u.U.Wrong = q.Get("wrong"); u.U.Wrong != "" {
			wrong, err := v.Store.Update(v.Ctx(), v.By(), c.C.ID, u.U.Wrong)
			if err != nil {
				return nil, err
			}
			u.U.Issue, u.U.Texts = wrong.Issue, wrong.Texts
		}
	}
	if c.C.Issue(u.U.Issue) == nil {
		u.U.Issue = ""
	}
	v.Title = c.C.Ref + " · " + v.T("update.title")
	return u, nil
}

// updateKinds are those that a person writes.
var updateKinds = []string{cases.Free, "responded", "clarify", cases.StatusOnly}

func showUpdate(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	return u.show()
}

// show shows a draft with what it would come to, or one that went out with what
// has become of it.
func (u *updateView) show() error {
	if u.U.State != cases.UpdateDraft {
		if err := u.count(); err != nil {
			return err
		}
		return u.visit.Show("update-out", u)
	}
	if u.Engine != nil {
		p, err := u.Engine.Plan(u.Ctx(), u.By(), u.U)
		if err != nil {
			return err
		}
		u.Plan = &p
	}
	return u.visit.Show("update-edit", u)
}

// Kinds are those to choose from.
func (u *updateView) Kinds() (cs []formChoice) {
	for _, k := range updateKinds {
		cs = append(cs, formChoice{Value: k, Label: u.T("update.kind_" + k), Picked: k == u.U.Kind})
	}
	if !slices.Contains(updateKinds, u.U.Kind) {
		cs = append(cs, formChoice{Value: u.U.Kind, Label: u.T("update.kind_" + u.U.Kind), Picked: true})
	}
	return cs
}

// About are the issues to choose from.
func (u *updateView) About() (cs []formChoice) {
	cs = append(cs, formChoice{Label: u.T("update.everybody", "Count", u.C.Size), Picked: u.U.Issue == ""})
	for _, i := range u.C.Issues {
		cs = append(cs, formChoice{Value: string(i.Kind), Label: u.KindName(i.Kind) + " (" + strconv.Itoa(i.Tally.Members) + ")", Picked: i.Kind == u.U.Issue})
	}
	return cs
}

// A draftText is the box for one language.
type draftText struct {
	Lang, Name, Text string
	Theirs           string // what somebody else has written meanwhile
	N                int    // workers who read it
	Max              int    // characters that every channel carries
	Long             bool
}

// Writes reports whether a person has to write something.
func (u *updateView) Writes() bool { return cases.Wording(u.U.Kind) != "" }

// Texts are the boxes, those first in whose language there are workers.
func (u *updateView) Texts() (out []draftText) {
	limit := u.limit()
	for _, l := range u.workerLangs() {
		d := draftText{Lang: l, Name: u.LangName(l), Text: u.U.Texts[l], Max: limit.N, Long: limit.N > 0 && !limit.Fits(u.U.Texts[l])}
		if u.Plan != nil {
			d.N = u.Plan.Languages[l] + u.Plan.Unwritten[l]
			if u.U.Instead != "" && l != u.U.Instead && u.U.Texts[l] == "" {
				d.N = u.Plan.Unwritten[l]
			}
		}
		if u.Theirs != nil && u.Theirs.Texts[l] != u.U.Texts[l] {
			d.Theirs = u.Theirs.Texts[l]
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b draftText) int { return min(b.N, 1) - min(a.N, 1) })
	return out
}

// limit is the shortest text that a channel of the workers carries in one
// message; longer ones go in several.
func (u *updateView) limit() (l channels.Limit) {
	for _, i := range u.Channels {
		if u.Plan != nil && len(u.Plan.Channels) > 0 && !slices.ContainsFunc(u.Plan.Channels, func(p bot.ChannelPlan) bool { return p.Channel == i.ID }) {
			continue
		}
		if l.N == 0 || i.Body.N > 0 && i.Body.N < l.N {
			l = i.Body
		}
	}
	return l
}

// Written are the languages that can stand in for one that nobody wrote.
func (u *updateView) Written() (cs []formChoice) {
	for _, l := range u.workerLangs() {
		if strings.TrimSpace(u.U.Texts[l]) != "" {
			cs = append(cs, formChoice{Value: l, Label: u.LangName(l), Picked: l == u.U.Instead})
		}
	}
	return cs
}

// An unwritten is a language in which nobody wrote.
type unwritten struct {
	Lang string
	N    int
}

// Unwritten are the languages of workers who would be left out.
func (u *updateView) Unwritten() (out []unwritten) {
	if u.Plan == nil {
		return nil
	}
	for l, n := range u.Plan.Unwritten {
		name := u.LangName(l)
		if l == "" {
			name = u.T("update.no_language")
		}
		out = append(out, unwritten{name, n})
	}
	slices.SortFunc(out, func(a, b unwritten) int { return b.N - a.N })
	return out
}

// DueDay is before when the workers hear again.
func (u *updateView) DueDay() string {
	if u.U.Due.IsZero() {
		return ""
	}
	return u.U.Due.In(u.zone()).Format(time.DateOnly)
}

// An updateRow is an update in the list of a case.
type updateRow struct {
	cases.Update
	Href, Words, Lang, When string
	Draft, Going            bool
}

// Updates are those of the case, the newest first: see look.
func (c *caseView) Updates() []updateRow { return c.sent }

func (c *caseView) updates() (out []updateRow, err error) {
	list, err := c.list()
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	for _, u := range list[:min(len(list), 8)] {
		r := updateRow{Update: u, Href: c.Href("update", u.ID), Draft: u.State == cases.UpdateDraft, Going: u.State == cases.UpdateGoing}
		if r.Words, r.Lang = inAny(u.Texts, c.Lang); r.Words == "" {
			r.Words, r.Lang = c.T("update.kind_"+u.Kind), ""
			if !hasWord("update.kind_" + u.Kind) {
				r.Words = c.T("update.kind_" + cases.StatusOnly)
			}
		}
		if r.When = c.Time(u.Made); !u.At.IsZero() {
			r.When = c.Time(u.At)
		}
		out = append(out, r)
	}
	return out, nil
}

// query adds to an address.
func query(href string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return href + "?" + q.Encode()
}
