package store

import (
	"context"
	"slices"
	"strconv"

	"workervoice/cases"
	"workervoice/flows"
)

// Figures are counters that move in the same commit as what they count, so that
// they cost the same whatever there is, and no case is ever read for them. Each
// stands for an organisation or for all, and for a group of kinds or for all.

// Figures returns what the issues of by's organisation have come to: those of
// one group of kinds, or all if group is empty. For the bot and the network
// desk, who belong to none, they are those of all organisations.
func (s *Store) Figures(ctx context.Context, by cases.Caseworker, group cases.Code) (f cases.Figures, err error) {
	if by.ID == "" {
		return f, ErrDenied
	}
	if by != cases.Bot {
		if err := s.note(ctx, by, "figures", s.desk(by)); err != nil {
			return f, err
		}
	}
	org := by.Org
	if by == cases.Bot || by.Role == cases.Desk {
		org = ""
	}
	var at []string
	for _, name := range figureNames {
		at = append(at, figuresOf(org, group)+name)
	}
	ns, err := s.b.Counts(ctx, at...)
	if err != nil {
		return f, err
	}
	count := func(name string) int { return int(ns[slices.Index(figureNames, name)]) }
	numbers := make([]int, 0, len(cases.TallyNames))
	for _, name := range cases.TallyNames {
		numbers = append(numbers, count("said/"+name))
	}
	f.Said = cases.TallyOf(numbers)
	f.Claims, f.Against, f.Reopenings, f.Closings = count("claims"), count("against"), count("reopenings"), count("closings")
	f.Now, f.Helped = map[cases.Status]int{}, map[string]int{}
	for _, st := range flows.Statuses() {
		if n := count("now/" + string(st)); n != 0 {
			f.Now[st] = n
		}
	}
	for _, v := range helps {
		f.Helped[v] = count("helped/" + v)
	}
	spans := make([]int, cases.DaySpans())
	for i := range spans {
		spans[i] = count("days/" + strconv.Itoa(i))
	}
	f.Days, f.Days90 = cases.DaysOf(spans, .5), cases.DaysOf(spans, .9)
	return f, err
}

// helps are what a worker says of our help.
var helps = []string{"good", "ok", "bad"}

// figureNames are all figures of an organisation and a group of kinds.
var figureNames = func() (names []string) {
	for _, name := range cases.TallyNames {
		names = append(names, "said/"+name)
	}
	for _, st := range flows.Statuses() {
		names = append(names, "now/"+string(st))
	}
	for _, v := range helps {
		names = append(names, "helped/"+v)
	}
	for i := range cases.DaySpans() {
		names = append(names, "days/"+strconv.Itoa(i))
	}
	return append(names, "claims", "against", "reopenings", "closings")
}()

func figuresOf(org cases.OrgID, group cases.Code) string {
	return "figures/" + string(org) + "/" + string(group) + "/"
}

// figured returns how the figures change where a case becomes another, and the
// worker whom it is about says something else.
func figured(was, next cases.Case, before, after *cases.Member) (cs []Counter) {
	add := func(c cases.Case, group cases.Code, name string, n int) {
		for _, org := range []cases.OrgID{c.Org, ""} {
			for _, g := range []cases.Code{group, ""} {
				if n != 0 && (c.Org != "" || org == c.Org) {
					cs = append(cs, Counter{figuresOf(org, g) + name, int64(n)})
				}
				if group == "" {
					break
				}
			}
			if c.Org == "" {
				break
			}
		}
	}
	for _, i := range next.Issues {
		o := was.Issue(i.Kind)
		if o == nil {
			o = &cases.Issue{Kind: i.Kind}
		}
		if was.Org == next.Org && o.Status == i.Status && o.Tally == i.Tally && o.Claimed.IsZero() == i.Claimed.IsZero() {
			continue
		}
		for name, n := range numbersOf(was, *o) {
			add(was, i.Kind.Group(), name, -n)
		}
		for name, n := range numbersOf(next, i) {
			add(next, i.Kind.Group(), name, n)
		}
		switch {
		case o.Status == i.Status:
		case i.Status == cases.Reopened:
			add(next, i.Kind.Group(), "reopenings", 1)
		case i.Status == cases.Satisfied:
			add(next, i.Kind.Group(), "closings", 1)
			add(next, i.Kind.Group(), "days/"+strconv.Itoa(cases.DaySpan(i.Since.Sub(next.Opened))), 1)
		}
	}
	for _, o := range was.Issues { // named anew, when the report came
		if next.Issue(o.Kind) == nil {
			for name, n := range numbersOf(was, o) {
				add(was, o.Kind.Group(), name, -n)
			}
		}
	}
	helped := helpedBy(after)
	for v, n := range helpedBy(before) {
		helped[v] -= n
	}
	for v, n := range helped {
		add(next, "", "helped/"+v, n)
	}
	return cs
}

// numbersOf are the figures of an issue of c as it stands. What was said to be
// fixed before c was there was said in the case from which c was split off, and
// is counted there; what c's workers say of it, here.
func numbersOf(c cases.Case, i cases.Issue) map[string]int {
	m := map[string]int{}
	if i.Status != "" {
		m["now/"+string(i.Status)] = 1
	}
	if i.Claimed.IsZero() {
		return m
	}
	if !i.Claimed.Before(c.Opened) {
		m["claims"] = 1
		if t := i.Tally; 2*t.All < t.Answers {
			m["against"] = 1
		}
	}
	for n, v := range i.Tally.Numbers() {
		if v != 0 {
			m["said/"+cases.TallyNames[n]] = v
		}
	}
	return m
}

// helpedBy counts what a worker has said of our help.
func helpedBy(m *cases.Member) map[string]int {
	said := map[string]int{}
	if m == nil {
		return said
	}
	for _, c := range m.Claims {
		for _, a := range c.Before {
			if a.Helped != "" {
				said[a.Helped]++
			}
		}
		if c.Last != nil && c.Last.Helped != "" {
			said[c.Last.Helped]++
		}
	}
	return said
}
