package store

import (
	"context"
	"errors"
	"math"
	"slices"

	"workervoice/cases"
	"workervoice/flows"
)

// A View is a list of cases.
type View string

// Views.
const (
	OpenCases    View = "open"    // the most serious first, then by when somebody must act
	MyCases      View = "mine"    // of those, the caller's, or a colleague's: CaseFilter.Assignee
	LateCases    View = "late"    // in which somebody should have acted by now, the latest first
	UrgentCases  View = "urgent"  // with an alert that nobody has taken, the gravest first, then the oldest
	CheckCases   View = "check"   // whose workers are asked whether it is fixed
	QuietCases   View = "quiet"   // whose workers should have heard by now, the longest first
	InStatus     View = "status"  // CaseFilter.Status, those opened first in front
	clockedCases View = "clocked" // by when the bot has something to do
)

const (
	everybody       = "*"         // in the name of a list that the bot sees
	gravest         = int64(1e13) // keeps cases of one severity apart from the next
	casesLooked     = 2000        // cases that one page looks at, at most
	countsOfCaseTab = "tab/"
)

// CountedAtMost is how far is counted what depends on the time: a count of so
// many means so many or more.
const CountedAtMost = 100

// A CaseFilter narrows a view. Its zero value lets everything pass.
type CaseFilter struct {
	Status   cases.Status
	Country  string
	Kind     cases.Code // or the group of kinds
	Severity cases.Severity
	Assignee cases.CaseworkerID
	Org      cases.OrgID // for the bot and the desk, who see all
}

func (f CaseFilter) passes(c cases.Case) bool {
	return (f.Status == "" || c.Status == f.Status || slices.ContainsFunc(c.Issues, func(i cases.Issue) bool { return i.Status == f.Status })) &&
		(f.Country == "" || f.Country == c.Country) && (f.Severity == cases.Unjudged || f.Severity == c.Severity) &&
		(f.Assignee == "" || f.Assignee == c.Assignee) &&
		(f.Kind == "" || slices.ContainsFunc(c.Kinds, func(k cases.Code) bool { return k == f.Kind || k.Group() == f.Kind }))
}

// listOf names the index of a view, for an organisation or a caseworker.
func listOf(v View, whose string) string { return "cases/" + whose + "/" + string(v) }

// inStatus names the index of an organisation's cases in a status.
func inStatus(org cases.OrgID, status cases.Status) string {
	return "cases/" + string(org) + "/" + string(status)
}

// audience returns the organisations that may read a case.
func audience(c cases.Case) (orgs []cases.OrgID) {
	orgs = []cases.OrgID{c.Org}
	for _, o := range append([]cases.OrgID{c.Lead}, c.Teams...) {
		if o != "" && !slices.Contains(orgs, o) {
			orgs = append(orgs, o)
		}
	}
	return orgs
}

// places returns the lists in which c stands.
func places(c cases.Case) (is []Index) {
	opened, open := c.Opened.UnixMilli(), c.Status.Open()
	checking := slices.ContainsFunc(c.Issues, func(i cases.Issue) bool { return i.Status == cases.Checking })
	for _, org := range audience(c) {
		o := string(org)
		is = append(is, Index{inStatus(org, c.Status), opened})
		if open {
			is = append(is, Index{listOf(OpenCases, o), gravity(c)})
			if !c.Due.IsZero() {
				is = append(is, Index{listOf(LateCases, o), c.Due.UnixMilli()})
			}
			for _, k := range c.Clocks {
				if k.What == "news" {
					is = append(is, Index{listOf(QuietCases, o), k.At.UnixMilli()})
				}
			}
		}
		if c.Urgent {
			is = append(is, Index{listOf(UrgentCases, o), int64(c.Severity)*gravest + opened})
		}
		if checking {
			is = append(is, Index{listOf(CheckCases, o), opened})
		}
	}
	if open && c.Assignee != "" {
		is = append(is, Index{listOf(MyCases, "by "+string(c.Assignee)), gravity(c)})
	}
	if open && !c.Due.IsZero() {
		is = append(is, Index{listOf(LateCases, everybody), c.Due.UnixMilli()})
	}
	if c.Urgent {
		is = append(is, Index{listOf(UrgentCases, everybody), int64(c.Severity)*gravest + opened})
	}
	if t := flows.Next(c); !t.IsZero() {
		is = append(is, Index{listOf(clockedCases, everybody), t.UnixMilli()})
	}
	return is
}

// olderPlaces returns the lists in which an older version of the program put c.
func olderPlaces(c cases.Case) []Index {
	return []Index{{inStatus(c.Org, c.Status), c.Opened.UnixMilli()}, {"due", c.Due.UnixMilli()}, {"urgent", c.Opened.UnixMilli()}}
}

// gravity orders cases by how serious they are, then by when somebody must act.
func gravity(c cases.Case) int64 {
	v := c.Severity
	if v == cases.Unjudged {
		v = cases.Ordinary
	}
	at := c.Due
	if at.IsZero() {
		at = c.Opened.AddDate(1, 0, 0)
	}
	return int64(v)*gravest + at.UnixMilli()
}

// openIn names the counter of open cases.
func openIn(v cases.Severity) string { return "open/" + v.String() }

// counted returns the counters of c.
func counted(c cases.Case, n int64) []Counter {
	cs := []Counter{{"cases/" + string(c.Status), n}}
	if c.Status.Open() {
		cs = append(cs, Counter{openIn(c.Severity), n})
	}
	return cs
}

// shown returns how the counters on the tabs of lists change.
func shown(was, next []Index) (cs []Counter) {
	for _, x := range was {
		cs = append(cs, Counter{countsOfCaseTab + x.Name, -1})
	}
	for _, x := range next {
		cs = append(cs, Counter{countsOfCaseTab + x.Name, 1})
	}
	return cs
}

// Count returns how many cases have a status.
func (s *Store) Count(ctx context.Context, status cases.Status) (int64, error) {
	return s.count(ctx, "cases/"+string(status))
}

// count is Counts for one of them.
func (s *Store) count(ctx context.Context, name string) (int64, error) {
	ns, err := s.b.Counts(ctx, name)
	if err != nil {
		return 0, err
	}
	return ns[0], nil
}

// viewOf returns the index of a view that by may look into.
func (s *Store) viewOf(by cases.Caseworker, v View, f CaseFilter) (string, error) {
	org := string(by.Org)
	switch {
	case by == cases.Bot && f.Org == "" && (v == LateCases || v == UrgentCases || v == clockedCases):
		org = everybody
	case by == cases.Bot || by.Role == cases.Desk:
		org = string(f.Org)
	case by.Org == "" || by.ID == "" || f.Org != "" && f.Org != by.Org:
		return "", ErrDenied
	}
	switch v {
	case MyCases:
		if f.Assignee == "" {
			f.Assignee = by.ID
		}
		return listOf(v, "by "+string(f.Assignee)), nil
	case InStatus:
		return inStatus(cases.OrgID(org), f.Status), nil
	}
	return listOf(v, org), nil
}

// Cases returns up to n cases of a view that the filter lets pass, and where
// to go on: the zero Cursor where there are no more. A page that looks at 2,000
// cases ends there, with however many it has found. A caseworker sees those of
// the own organisation and those it helps with; the bot and the desk see all,
// of the organisation in the filter. Cases that are damaged are left out and
// told in the error.
func (s *Store) Cases(ctx context.Context, by cases.Caseworker, v View, f CaseFilter, after Cursor, n int) ([]cases.Case, Cursor, error) {
	index, err := s.viewOf(by, v, f)
	if err != nil {
		return nil, Cursor{}, err
	}
	if err := s.saw(ctx, by, "list "+index, s.desk(by)); err != nil {
		return nil, Cursor{}, err
	}
	return s.list(ctx, by, index, v, f, after, n)
}

func (s *Store) list(ctx context.Context, by cases.Caseworker, index string, v View, f CaseFilter, after Cursor, n int) ([]cases.Case, Cursor, error) {
	out, fault, now := make([]cases.Case, 0, n), error(nil), s.now().UnixMilli()
	timed := v == LateCases || v == QuietCases
	last := int64(math.MaxInt64) // where the list ends for this filter
	if (v == OpenCases || v == MyCases) && f.Severity != cases.Unjudged {
		first := int64(f.Severity) * gravest // see gravity
		last = first + gravest
		if after == (Cursor{}) {
			after.Score = first
		}
	}
	for looked := 0; ; {
		want := min(max(n-len(out), 20), casesLooked-looked)
		rs, cs, err := s.b.List(ctx, index, after, want)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, Cursor{}, err
		}
		fault = errors.Join(fault, err)
		for i, r := range rs {
			if timed && cs[i].Score > now || cs[i].Score >= last { // not yet, or of another severity
				return out, Cursor{}, fault
			}
			after = cs[i]
			c, err := caseOf(r)
			if err != nil {
				return nil, Cursor{}, err
			}
			if r.Body == nil || !sees(by, c) || !f.passes(c) {
				continue
			}
			if out = append(out, c); len(out) == n {
				return out, after, fault
			}
		}
		if looked += len(rs); len(rs) < want {
			return out, Cursor{}, fault
		}
		if looked >= casesLooked {
			return out, after, fault
		}
	}
}
