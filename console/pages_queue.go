package console

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"crypto/rand"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	for _, q := range queues {
		serve("GET /c/"+q.Name, staff, func(v *visit) error { return v.queue(q, "queue") })
		serve("GET /c/"+q.Name+"/list", staff, func(v *visit) error { return v.queue(q, "queue-"+q.Name) })
	}
	railItem(item{Key: "urgent", Href: "/c/urgent", Icon: "urgent", Order: 20, Who: staff, Count: func(v *visit) (string, bool) { return digits(v.pressing().Urgent), true }})
	railItem(item{Key: "overdue", Href: "/c/overdue", Icon: "clock", Order: 30, Who: staff, Count: func(v *visit) (string, bool) { return orMore(v.pressing().Late), false }})
	railItem(item{Key: "cases", Href: "/c/cases", Icon: "case", Order: 40, Who: staff})
}

// A queue is a list of cases in which somebody has to act.
type queue struct {
	Name   string // of its address and its words
	View   store.View
	Filter store.CaseFilter
	Area   string // in the rail
}

var queues = []queue{
	{Name: "urgent", View: store.UrgentCases, Area: "urgent"},
	{Name: "overdue", View: store.LateCases, Area: "overdue"},
	{Name: "reopened", View: store.InStatus, Filter: store.CaseFilter{Status: cases.Reopened}, Area: "overdue"},
	{Name: "checking", View: store.CheckCases, Area: "overdue"},
	{Name: "quiet", View: store.QuietCases, Area: "overdue"},
}

// caseCounts returns how many cases stand in each view: none where they cannot
// be counted, so that a page is shown all the same. They are read once a page.
func (v *visit) caseCounts() map[store.View]int64 {
	if v.inViews == nil {
		n, err := v.Store.CaseCounts(v.Ctx(), v.By())
		v.inViews = counted(v, n, err)
	}
	return v.inViews
}

// statusCounts returns how many cases have each status, likewise.
func (v *visit) statusCounts() map[cases.Status]int64 {
	if v.inStatus == nil {
		n, err := v.Store.StatusCounts(v.Ctx(), v.By())
		v.inStatus = counted(v, n, err)
	}
	return v.inStatus
}

// counted returns what was counted, or nothing where that was not possible.
func counted[K comparable](v *visit, n map[K]int64, err error) map[K]int64 {
	if err == nil {
		return n
	}
	if v.Ctx().Err() == nil { // else whoever asked has gone
		v.Log.Error("console: cases cannot be counted", "err", err)
	}
	return map[K]int64{}
}

// inQueue is how many cases stand in a queue.
func (v *visit) inQueue(q queue) string {
	switch q.View {
	case store.InStatus:
		return digits(v.statusCounts()[q.Filter.Status])
	case store.LateCases, store.QuietCases:
		return orMore(v.caseCounts()[q.View])
	}
	return digits(v.caseCounts()[q.View])
}

// A queuePage is a queue as it is shown.
type queuePage struct {
	*visit
	Queue   queue
	Rows    []caseRow
	Held    []caseRow // urgent: those that somebody has
	More    string
	Damaged bool
}

// perQueue is how many cases a page shows.
const perQueue = 25

func (v *visit) queue(q queue, name string) error {
	p := queuePage{visit: v, Queue: q}
	var err error
	var next store.Cursor
	if p.Rows, next, p.Damaged, err = v.caseRows(q.View, q.Filter, perQueue); err != nil {
		return err
	}
	if next != (store.Cursor{}) {
		p.More = "/c/" + q.Name + "?" + cursorIn(url.Values{}, next).Encode()
	}
	if q.Name == "urgent" {
		if p.Held, err = v.held(); err != nil {
			return err
		}
	}
	v.caseCounts() // for the tabs, and so that the rail says the same
	v.Area, v.Title = q.Area, v.T("queue."+q.Name)
	return v.Show(name, p)
}

// held are the open cases of danger and violence that somebody has.
func (v *visit) held() (out []caseRow, err error) {
	for _, s := range []cases.Severity{cases.Danger, cases.Violence} {
		rows, _, _, err := v.caseRows(store.OpenCases, store.CaseFilter{Severity: s}, 20)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if !r.Urgent && r.Assignee != "" {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// caseRows reads a page of a view.
func (v *visit) caseRows(view store.View, f store.CaseFilter, n int) (out []caseRow, next store.Cursor, damaged bool, err error) {
	cs, next, err := v.Store.Cases(v.Ctx(), v.By(), view, f, cursorOf(v.R.URL.Query()), n)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, next, false, err
	}
	if damaged = err != nil; damaged {
		v.Log.Error("console: some cases are damaged", "err", err)
	}
	names := &caseView{visit: v, names: map[cases.CaseworkerID]string{}, orgs: map[cases.OrgID]string{}}
	for _, c := range cs {
		out = append(out, caseRow{c, names})
	}
	return out, next, damaged, nil
}

// A caseRow is a case in a list.
type caseRow struct {
	cases.Case
	v *caseView
}

// Href leads to the case.
func (r caseRow) Href() string { return "/c/case/" + string(r.ID) }

// Names are the kinds of abuse in it.
func (r caseRow) Names() string {
	var out []string
	for _, k := range r.Kinds {
		if len(out) < 3 {
			out = append(out, r.v.KindName(k))
		}
	}
	s := strings.Join(out, ", ")
	if n := len(r.Kinds) - len(out); n > 0 {
		s += " +" + strconv.Itoa(n)
	}
	return s
}

// With is the name of who has it, or "".
func (r caseRow) With() string {
	if r.Assignee == "" {
		return ""
	}
	return r.v.name(r.Assignee)
}

// Key is the key under which a button of the row is sent.
func (r caseRow) Key() string { return rand.Text()[:16] }

// Limit is how soon a person must answer, and Left how much of that is left.
func (r caseRow) Limit() string { return r.v.Span(flows.Limit(r.Severity)) }

// Late reports whether that time is over.
func (r caseRow) Late() bool { return !r.answer().After(r.v.Now()) }

// answer is when a person must have answered.
func (r caseRow) answer() time.Time {
	for _, k := range r.Clocks {
		if k.Human && (k.What == "reply" || k.What == "first") {
			return k.At
		}
	}
	if !r.Due.IsZero() {
		return r.Due
	}
	return r.Opened.Add(flows.Limit(r.Severity))
}

// Left is how long there is to answer in, or for how long it is over.
func (r caseRow) Left() string {
	d := r.answer().Sub(r.v.Now())
	if d < 0 {
		d = -d
	}
	return r.v.Span(d)
}

// Since is when the alert or the report came.
func (r caseRow) Since() string { return r.v.Since(r.Opened) }

// A task is something that somebody should have done.
type task struct {
	What, Kind, Late, By string
	Grave                bool
	Act, Href            string // the button's words, and where it leads
	Quick                string // a second button: a form that does it at once
}

// taskActs say which form deals with which clock.
var taskActs = map[string]string{"first": "acknowledge", "reply": "acknowledge", "take": "take", "plan": "raise", "raise": "raise", "reminder": "contact", "escalate": "escalate", "gone": "lose", "followup": "helped"}

// Tasks are what is late in the case.
func (r caseRow) Tasks() (out []task) {
	now := r.v.Now()
	for _, k := range r.Clocks {
		if !k.Human || k.At.After(now) {
			continue
		}
		t := task{What: r.v.T("clock." + k.What), Late: r.v.Span(now.Sub(k.At)), By: r.v.Stamp(k.At), Grave: now.Sub(k.At) > 24*time.Hour || r.Severity == cases.Danger || r.Severity == cases.Violence}
		if k.Issue != "" {
			t.Kind = r.v.KindName(k.Issue)
		}
		switch a := taskActs[k.What]; {
		case k.What == "news":
			t.Act, t.Href = r.v.T("update.write"), r.Href()+"/update/new"
			if r.Severity != cases.Danger && r.Severity != cases.Violence { // there a person writes
				t.Quick = r.Href() + "/nonews"
			}
		case a != "":
			t.Act, t.Href = r.v.T("queue.open"), query(r.Href(), "act", a, "issue", string(k.Issue))
		default:
			t.Act, t.Href = r.v.T("queue.open"), r.Href()
		}
		out = append(out, t)
	}
	return out
}

// Views are the issues of the case, as its page shows them.
func (r caseRow) Views() []issueView {
	c := *r.v
	c.C = r.Case
	return c.Issues()
}

// Checks are the issues whose workers are asked.
func (r caseRow) Checks() (out []issueView) {
	for _, i := range r.Views() {
		if i.Status == cases.Checking || i.Status == cases.Reopened {
			out = append(out, i)
		}
	}
	return out
}

// NewsSince is for how long the workers have heard nothing.
func (r caseRow) NewsSince() string {
	if r.News.IsZero() {
		return r.v.Since(r.Opened)
	}
	return r.v.Since(r.News)
}

// A queueTab leads from one queue to another.
type queueTab struct {
	Name, Href string
	N          string
	Hot, Here  bool
}

// Tabs are the queues.
func (p queuePage) Tabs() (out []queueTab) {
	for _, q := range queues {
		out = append(out, queueTab{q.Name, "/c/" + q.Name, p.inQueue(q), q.Name == "urgent", q.Name == p.Queue.Name})
	}
	return out
}

// countries of the cases of the four languages' workers, for filters.
var caseCountries = []string{"TH", "MY", "SG", "KR", "JP", "TW", "HK", "AE", "QA", "SA", "KW", "BH", "OM", "JO", "LB", "MV", "IN", "KH", "LA", "VN", "MM", "NP", "GB", "HR", "BG", "GR", "RO", "PL", "CY", "MT"}

// sortedBy gives choices the order of their labels.
func sortedBy(cs []formChoice) []formChoice {
	slices.SortFunc(cs, func(a, b formChoice) int { return strings.Compare(a.Label, b.Label) })
	return cs
}
