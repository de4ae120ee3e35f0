package store

import (
	"context"

	"workervoice/cases"
	"workervoice/flows"
)

// Counts are the numbers on the tabs of a caseworker.
type Counts struct {
	Mine, Queue, Urgent, All int64
	Overdue                  int // up to CountedAtMost
}

// ChatCounts returns how many conversations stand in each box of by.
func (s *Store) ChatCounts(ctx context.Context, by cases.Caseworker) (c Counts, err error) {
	if !talks(by) || by == cases.Bot {
		return c, ErrDenied
	}
	var names []string
	for _, box := range []Box{Mine, InQueue, Urgent, All} {
		name, err := s.boxOf(by, box, Filter{})
		if err != nil {
			return c, err
		}
		names = append(names, name)
	}
	ns, err := s.b.Counts(ctx, names...)
	if err != nil {
		return c, err
	}
	c.Mine, c.Queue, c.Urgent, c.All = ns[0], ns[1], ns[2], ns[3]
	c.Overdue, err = s.b.UpTo(ctx, boxIndex(Overdue, string(by.Org)), s.now().UnixMilli(), CountedAtMost)
	return c, err
}

// CaseCounts returns how many cases of the caller's organisation stand in each
// view but InStatus: exactly, or up to 100 where it depends on the time.
func (s *Store) CaseCounts(ctx context.Context, by cases.Caseworker) (map[View]int64, error) {
	counts := make(map[View]int64)
	views := []View{OpenCases, MyCases, UrgentCases, CheckCases}
	ns, err := s.tabs(ctx, by, len(views), func(i int) (View, CaseFilter) { return views[i], CaseFilter{} })
	if err != nil {
		return nil, err
	}
	for i, v := range views {
		counts[v] = ns[i]
	}
	for _, v := range []View{LateCases, QuietCases} {
		if counts[v], err = s.lateIn(ctx, by, v); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// tabs returns how many cases stand in each of n views, in one look.
func (s *Store) tabs(ctx context.Context, by cases.Caseworker, n int, tab func(i int) (View, CaseFilter)) ([]int64, error) {
	names := make([]string, n)
	for i := range names {
		v, f := tab(i)
		index, err := s.viewOf(by, v, f)
		if err != nil {
			return nil, err
		}
		names[i] = countsOfCaseTab + index
	}
	return s.b.Counts(ctx, names...)
}

// lateIn counts the cases of a view that stand there from some time on, up to
// CountedAtMost.
func (s *Store) lateIn(ctx context.Context, by cases.Caseworker, v View) (int64, error) {
	index, err := s.viewOf(by, v, CaseFilter{})
	if err != nil {
		return 0, err
	}
	n, err := s.b.UpTo(ctx, index, s.now().UnixMilli(), CountedAtMost)
	return int64(n), err
}

// StatusCounts returns how many cases of the caller's organisation have each
// status, leaving out those that none has.
func (s *Store) StatusCounts(ctx context.Context, by cases.Caseworker) (map[cases.Status]int64, error) {
	all := flows.Statuses()
	ns, err := s.tabs(ctx, by, len(all), func(i int) (View, CaseFilter) { return InStatus, CaseFilter{Status: all[i]} })
	if err != nil {
		return nil, err
	}
	counts := make(map[cases.Status]int64)
	for i, status := range all {
		if ns[i] > 0 {
			counts[status] = ns[i]
		}
	}
	return counts, nil
}

// Pressing is how much waits for anybody of an organisation: what every page
// shows.
type Pressing struct {
	Queue  int64 // conversations in InQueue
	Urgent int64 // cases in UrgentCases
	Late   int64 // cases in LateCases, up to CountedAtMost
}

// Pressing returns how much waits for anybody of the caller's organisation. It
// says the same as ChatCounts and CaseCounts, and reads no more than this.
func (s *Store) Pressing(ctx context.Context, by cases.Caseworker) (p Pressing, err error) {
	if !talks(by) || by == cases.Bot {
		return p, ErrDenied
	}
	queue, err := s.boxOf(by, InQueue, Filter{})
	if err != nil {
		return p, err
	}
	urgent, err := s.viewOf(by, UrgentCases, CaseFilter{})
	if err != nil {
		return p, err
	}
	ns, err := s.b.Counts(ctx, queue, countsOfCaseTab+urgent)
	if err != nil {
		return p, err
	}
	p.Queue, p.Urgent = ns[0], ns[1]
	p.Late, err = s.lateIn(ctx, by, LateCases)
	return p, err
}
