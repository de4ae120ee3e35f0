package console

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

func init() {
	serve("GET /c/case/{id}", staff, func(v *visit) error { return v.casePage(nil) })
	serve("GET /c/case/{id}/aside", staff, casePart("case-aside"))
	serve("GET /c/case/{id}/head", staff, casePart("case-head"))
	serve("GET /c/case/{id}/side", staff, casePart("case-side", (*caseView).look))
	serve("GET /c/case/{id}/trail", supervisors, caseTrail)
}

// A caseView is a case as its pages show it.
type caseView struct {
	*visit
	C     cases.Case
	At    int64 // when it was read, as forms hand it back
	Tried *tried
	names map[cases.CaseworkerID]string
	orgs  map[cases.OrgID]string
	tail  []cases.Entry
	read  int  // how many of the last entries were asked for; 0: none yet
	grown bool // there were more
	cut   bool // there is more than the page shows
	sent  []updateRow
}

// caseView reads the case that the address names.
func (v *visit) caseView() (*caseView, error) {
	c, err := v.Store.Case(v.Ctx(), v.By(), cases.ID(v.R.PathValue("id")))
	if err != nil {
		return nil, err
	}
	v.Area = "cases"
	if v.Title == "" {
		v.Title = c.Ref
	}
	return &caseView{visit: v, C: c, At: v.Now().UnixMilli(), names: map[cases.CaseworkerID]string{}, orgs: map[cases.OrgID]string{}}, nil
}

// casePage shows a case, with a form that was refused if t is not nil.
func (v *visit) casePage(t *tried) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	c.Tried = t
	if t == nil {
		c.Tried = &tried{Act: v.R.URL.Query().Get("act"), Issue: cases.Code(v.R.URL.Query().Get("issue"))}
	}
	ms, next, err := c.workers(6)
	if err != nil {
		return err
	}
	if err := c.look(); err != nil {
		return err
	}
	return v.Show("case", struct {
		*caseView
		Workers []workerRow
		More    store.Cursor
	}{c, ms, next})
}

// look reads what goes beside a case before the template runs, so that the notes
// of who looked are kept meanwhile.
func (c *caseView) look() (err error) {
	if _, err = c.Tail(readTail); err != nil {
		return err
	}
	c.sent, err = c.updates()
	return err
}

// casePart shows a piece of a case by itself, with what it reads besides.
func casePart(name string, reads ...func(*caseView) error) func(*visit) error {
	return func(v *visit) error {
		c, err := v.caseView()
		if err != nil {
			return err
		}
		for _, read := range reads {
			if err := read(c); err != nil {
				return err
			}
		}
		return v.Show(name, c)
	}
}

// Href is the address of the case, or of something below it.
func (c *caseView) Href(below ...string) string {
	return strings.Join(append([]string{"/c/case/" + string(c.C.ID)}, below...), "/")
}

// name is what somebody is called who did something.
func (c *caseView) name(id cases.CaseworkerID) string {
	if n, ok := c.names[id]; ok {
		return n
	}
	n := c.T("who.colleague")
	if id == cases.Bot.ID {
		n = c.T("who.bot")
	} else if p, err := c.Store.Person(c.Ctx(), c.By(), id); err == nil && p.Name != "" {
		n = p.Name
	}
	c.names[id] = n
	return n
}

// org is what an organisation is called.
func (c *caseView) org(id cases.OrgID) string {
	if n, ok := c.orgs[id]; ok {
		return n
	}
	n := string(id)
	if o, err := c.Store.Organisation(c.Ctx(), id); err == nil && o.Name != "" {
		n = o.Name
	}
	c.orgs[id] = n
	return n
}

// Assigned is the name of who looks after the case, or "".
func (c *caseView) Assigned() string {
	if c.C.Assignee == "" {
		return ""
	}
	return c.name(c.C.Assignee)
}

// Ours reports whether the person's organisation leads the case.
func (c *caseView) Ours() bool { return c.C.Org == c.Me.Org }

// KindName names a kind of abuse.
func (v *visit) KindName(k cases.Code) string {
	return v.plain("issue."+string(k), string(k))
}

// CountryName names a country.
func (v *visit) CountryName(code string) string { return v.plain("country."+code, code) }

// LangName names a language in itself.
func (v *visit) LangName(code string) string {
	if hasWord("lang." + code) {
		return v.T("lang." + code)
	}
	return v.plain("language."+code, code)
}

// plain is a word of the workers' texts.
func (v *visit) plain(key, instead string) string {
	if !v.Texts.Has(key) {
		return instead
	}
	s, err := v.Texts.Text(v.Lang, key, nil)
	if err != nil {
		return instead
	}
	return s
}

// StatusName names where an issue or a case stands.
func (v *visit) StatusName(s cases.Status) string { return v.T("st." + string(s)) }

// StatusClass is the look of a status: only what workers say is good.
func (v *visit) StatusClass(s cases.Status) string {
	switch s {
	case cases.Satisfied:
		return "ok"
	case cases.Reopened:
		return "danger"
	case cases.SaidFixed, cases.Checking, cases.Partly, cases.Unverified, cases.Clarification:
		return "warn"
	case cases.Received, cases.NotFixed, cases.NoContact, cases.Withdrawn, cases.MergedInto, cases.Advised:
		return "line"
	}
	return "acc"
}

// statusIcons are pictures of statuses.
var statusIcons = map[cases.Status]string{
	cases.Received: "inbox", cases.Heard: "user", cases.Clarification: "chat", cases.Passed: "scale", cases.WithEmployer: "building",
	cases.EmployerSpoke: "building", cases.Agreed: "note", cases.Underway: "note", cases.SaidFixed: "eye", cases.Checking: "eye",
	cases.Reopened: "reopen", cases.Satisfied: "tick", cases.Partly: "tick", cases.Unverified: "off", cases.Advised: "tick",
	cases.NotFixed: "x", cases.NoContact: "off", cases.Withdrawn: "stop", cases.MergedInto: "case",
}

// StatusIcon is its picture.
func (v *visit) StatusIcon(s cases.Status) string { return cmp.Or(statusIcons[s], "case") }

// SevClass is the look of a severity.
func (v *visit) SevClass(s cases.Severity) string { return Sev(s) }

// SevName names a severity.
func (v *visit) SevName(s cases.Severity) string {
	return v.T("sev." + strings.ToLower(strings.TrimSuffix(s.String(), "?")))
}

// A due is something that comes next.
type due struct {
	What, Issue, Left string
	Icon, Stamp       string
	Human, Late       bool
}

// Dues are the case's clocks, the next one first.
func (c *caseView) Dues() (out []due) {
	for _, k := range c.C.Clocks {
		d := due{What: c.T("clock." + k.What), Stamp: c.Stamp(k.At), Human: k.Human, Icon: "bot"}
		if k.Human {
			d.Icon = "clock"
		}
		if k.Issue != "" && len(c.C.Issues) > 1 {
			d.Issue = c.KindName(k.Issue)
		}
		if left := k.At.Sub(c.Now()); left > 0 {
			d.Left = c.T("due.in", "Span", c.Span(left))
		} else {
			d.Late, d.Left = k.Human, c.T("due.late", "Span", c.Span(-left))
		}
		out = append(out, d)
	}
	return out
}

// Stamp writes a time with its day.
func (v *visit) Stamp(t time.Time) string {
	return v.Texts.Day(v.Lang, t, v.zone()) + " " + v.Texts.Clock(v.Lang, t, v.zone())
}

// DayOf writes a day.
func (v *visit) DayOf(t time.Time) string { return v.Texts.Day(v.Lang, t, v.zone()) }

// Parties in the order in which they are shown.
var parties = cases.Parties

var partyIcons = map[cases.Party]string{cases.Employer: "building", cases.Agency: "building", cases.Buyer: "flag", cases.Government: "globe", cases.Legal: "scale"}

// A consentView is how many workers allow something.
type consentView struct {
	Name string
	Of   string // how many of how many
	Ok   bool
}

// Icon says the same as the colour.
func (c consentView) Icon() string {
	if c.Ok {
		return "tick"
	}
	return "x"
}

// Consents are what the workers allow.
func (c *caseView) Consents() (out []consentView) {
	of := func(name string) string { return c.T("gap.of", "N", c.C.Allow[name], "Of", c.C.Size) }
	for _, name := range []string{cases.Raise, cases.Guess} {
		out = append(out, consentView{c.T("consent." + name), of(name), c.C.Allow[name] > 0})
	}
	var rest []string
	for name := range c.C.Allow {
		if name != cases.Raise && name != cases.Guess {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		word := c.T("consent.share", "Name", c.shared(name))
		out = append(out, consentView{word, of(name), true})
	}
	return out
}

// shared names a party or an organisation.
func (c *caseView) shared(name string) string {
	if slices.Contains(parties, cases.Party(name)) {
		return c.T("party." + name)
	}
	return c.org(cases.OrgID(name))
}

// Readers are the organisations that may read the case, in words.
func (c *caseView) Readers() string {
	var names []string
	for _, o := range append([]cases.OrgID{c.C.Org, c.C.Lead}, c.C.Teams...) {
		if o != "" && !slices.Contains(names, c.org(o)) {
			names = append(names, c.org(o))
		}
	}
	return strings.Join(names, ", ")
}

// Ties are the cases that this one belongs together with.
func (c *caseView) Ties() (out []tie) {
	add := func(word string, id cases.ID) {
		if id != "" {
			out = append(out, tie{c.T(word), cases.RefOf(id), "/c/case/" + string(id)})
		}
	}
	add("tie.parent", c.C.Parent)
	add("tie.into", c.C.Into)
	for _, id := range c.C.Links {
		add("tie.link", id)
	}
	return out
}

// A tie leads to another case.
type tie struct{ Word, Ref, Href string }

// caseTrail shows a supervisor who has looked at the case.
func caseTrail(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	list, err := v.Store.Audit(v.Ctx(), v.By(), c.C.ID, 200)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	slices.Reverse(list)
	type seen struct{ Who, What, At string }
	var rows []seen
	for _, a := range list {
		rows = append(rows, seen{c.name(a.By.ID), a.What, c.Stamp(a.At)})
	}
	v.Title = c.C.Ref + " · " + v.T("trail.title")
	return v.Show("case-trail", struct {
		*caseView
		Rows []seen
	}{c, rows})
}
