package console

import (
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/cases", staff, func(v *visit) error { return v.caseList("cases") })
	serve("GET /c/cases/list", staff, func(v *visit) error { return v.caseList("cases-table") })
}

// A casesPage is a list of cases with what narrows it.
type casesPage struct {
	*visit
	View     string
	Filter   store.CaseFilter
	Rows     []template.HTML
	More     string
	Query    template.URL // as the address has it
	Damaged  bool
	Narrowed bool
}

// A tableRow is a case as the table shows it, flat like a [conv] and for the
// same reason.
type tableRow struct {
	Class, Severity         string // of its mark
	Href, Ref, Names        string
	Urgent                  bool
	StatusClass, StatusName string
	Size                    int
	Country, With, Due      string // "" if there is none
	Overdue                 bool
}

// A tableKey says all that a row of the table depends on.
type tableKey struct {
	lang string
	tableRow
}

func (r caseRow) table() tableRow {
	t := tableRow{Class: Sev(r.Severity), Severity: r.Severity.String(), Href: r.Href(), Ref: r.Ref, Names: r.Names(), Urgent: r.Urgent,
		StatusClass: r.v.StatusClass(r.Status), StatusName: r.v.StatusName(r.Status), Size: r.Size, With: r.With(), Overdue: r.Overdue()}
	if r.Country != "" {
		t.Country = r.v.CountryName(r.Country)
	}
	switch {
	case t.Overdue:
		t.Due = r.DueLate()
	case !r.Due.IsZero():
		t.Due = r.v.Stamp(r.Due)
	}
	return t
}

// caseList shows the cases that the address asks for.
func (v *visit) caseList(name string) error {
	q := v.R.URL.Query()
	p := casesPage{visit: v, View: q.Get("view")}
	if !slices.Contains([]string{"open", "mine", "status"}, p.View) {
		p.View = "open"
	}
	p.Filter = store.CaseFilter{Country: q.Get("country"), Kind: cases.Code(q.Get("kind")), Assignee: cases.CaseworkerID(q.Get("assignee")), Status: cases.Status(q.Get("status"))}
	if n, err := strconv.Atoi(q.Get("severity")); err == nil && n >= int(cases.Danger) && n <= int(cases.Information) {
		p.Filter.Severity = cases.Severity(n)
	}
	if !slices.Contains(flows.Statuses(), p.Filter.Status) {
		p.Filter.Status = ""
	}
	p.Narrowed = p.Filter != store.CaseFilter{}
	view := store.OpenCases
	switch {
	case p.View == "mine":
		view = store.MyCases
		p.Filter.Assignee = v.Me.ID
	case p.Filter.Status != "" && !p.Filter.Status.Open():
		view = store.InStatus
	case p.Filter.Assignee != "":
		view = store.MyCases
	}
	rows, next, damaged, err := v.caseRows(view, p.Filter, perQueue)
	if err != nil {
		return err
	}
	p.Damaged = damaged
	for _, r := range rows {
		t := r.table()
		h, err := v.table.find(tableKey{v.Lang, t}, v.Now(), func() (template.HTML, error) { return v.piece("case-row", t) })
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, h)
	}
	keep := url.Values{}
	for _, k := range []string{"view", "country", "kind", "assignee", "status", "severity"} {
		if x := q.Get(k); x != "" {
			keep.Set(k, x)
		}
	}
	p.Query = template.URL(keep.Encode()) //nolint:gosec // encoded
	if next != (store.Cursor{}) {
		p.More = "/c/cases?" + cursorIn(keep, next).Encode()
	}
	v.Area, v.Title = "cases", v.T("rail.cases")
	return v.Show(name, p)
}

// Views are the tabs of the list.
func (p casesPage) Views() []queueTab {
	n := p.caseCounts()
	return []queueTab{{Name: "open", Href: "/c/cases", N: digits(n[store.OpenCases]), Here: p.View == "open"}, {Name: "mine", Href: "/c/cases?view=mine", N: digits(n[store.MyCases]), Here: p.View == "mine"}}
}

// Countries to choose from.
func (p casesPage) Countries() (cs []formChoice) {
	for _, c := range caseCountries {
		cs = append(cs, formChoice{Value: c, Label: p.CountryName(c), Picked: c == p.Filter.Country})
	}
	return sortedBy(cs)
}

// Kinds to choose from: groups.
func (p casesPage) Kinds() (cs []formChoice) {
	for _, g := range cases.Kinds.Groups() {
		cs = append(cs, formChoice{Value: string(g), Label: p.KindName(g), Picked: g == p.Filter.Kind})
	}
	return cs
}

// Severities to choose from.
func (p casesPage) Severities() (cs []formChoice) {
	for s := cases.Danger; s <= cases.Information; s++ {
		cs = append(cs, formChoice{Value: strconv.Itoa(int(s)), Label: p.SevName(s), Picked: s == p.Filter.Severity})
	}
	return cs
}

// Statuses to choose from.
func (p casesPage) Statuses() (cs []formChoice) {
	for _, s := range flows.Statuses() {
		cs = append(cs, formChoice{Value: string(s), Label: p.StatusName(s), Picked: s == p.Filter.Status})
	}
	return cs
}

// People to choose from.
func (p casesPage) People() []formChoice {
	f := &form{c: &caseView{visit: p.visit}, values: url.Values{"other": {string(p.Filter.Assignee)}}}
	return f.Colleagues()
}

// A chooser is a list to choose from.
type chooser struct {
	ID, Name, Label string
	Choices         []formChoice
}

// Narrow is a list that narrows the cases; its ID is what it says unless one is
// chosen.
func (p casesPage) Narrow(name string, cs []formChoice) chooser {
	return chooser{ID: p.T("cases.any"), Name: name, Label: p.T("cases." + name), Choices: cs}
}

// Overdue reports whether somebody should have acted by now.
func (r caseRow) Overdue() bool { return !r.Due.IsZero() && r.Due.Before(r.v.Now()) }

// DueLate is for how long.
func (r caseRow) DueLate() string { return r.v.T("due.late", "Span", r.v.Since(r.Due)) }

// Page is the page on which the case is listed.
func (r caseRow) Page() *caseView { return r.v }
