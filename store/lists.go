package store

import (
	"context"
	"errors"

	"workervoice/cases"
)

// places returns the lists in which c stands.
func places(c cases.Case) []Index {
	is := []Index{{listOf(c.Org, c.Status), c.Opened.UnixMilli()}}
	if open(c) && !c.Due.IsZero() {
		is = append(is, Index{due, c.Due.UnixMilli()})
	}
	if c.Urgent {
		is = append(is, Index{urgent, c.Opened.UnixMilli()})
	}
	return is
}

// listOf names the index of an organisation's cases in a status.
func listOf(org cases.OrgID, status cases.Status) string {
	return "cases/" + string(org) + "/" + string(status)
}

func open(c cases.Case) bool { return c.Status != cases.Withdrawn }

// opened names the counter of open cases.
func opened(v cases.Severity) string { return "open/" + v.String() }

// counted returns the counters of c.
func counted(c cases.Case, n int64) []Counter {
	cs := []Counter{{"cases/" + string(c.Status), n}}
	if open(c) {
		cs = append(cs, Counter{opened(c.Severity), n})
	}
	return cs
}

// Count returns how many cases have a status.
func (s *Store) Count(ctx context.Context, status cases.Status) (int64, error) {
	return s.b.Count(ctx, "cases/"+string(status))
}

// List returns up to n cases of the caller's organisation in a status, those
// opened first in front, and where to go on.
func (s *Store) List(ctx context.Context, by cases.Caseworker, status cases.Status, after Cursor, n int) ([]cases.Case, Cursor, error) {
	return s.list(ctx, by, listOf(by.Org, status), after, n)
}

// DueCases returns up to n cases of the caller's organisation with a promise to
// keep, the most pressing in front, and where to go on. The bot sees all.
func (s *Store) DueCases(ctx context.Context, by cases.Caseworker, after Cursor, n int) ([]cases.Case, Cursor, error) {
	return s.list(ctx, by, due, after, n)
}

// UrgentCases returns up to n cases of the caller's organisation with an alert
// that nobody has taken, oldest first, and where to go on. The bot sees all.
func (s *Store) UrgentCases(ctx context.Context, by cases.Caseworker, after Cursor, n int) ([]cases.Case, Cursor, error) {
	return s.list(ctx, by, urgent, after, n)
}

// list returns what the caller may see of an index. It looks on until it has
// n, or there are no more. Cases that are damaged are left out and told in the
// error.
func (s *Store) list(ctx context.Context, by cases.Caseworker, index string, after Cursor, n int) ([]cases.Case, Cursor, error) {
	out := make([]cases.Case, 0, n)
	var fault error
	for len(out) < n {
		rs, cs, err := s.b.List(ctx, index, after, n)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, after, err
		}
		fault = errors.Join(fault, err)
		for i, r := range rs {
			var c cases.Case
			if err := decode(r.Body, &c); err != nil {
				return nil, after, err
			}
			after = cs[i]
			if r.Body == nil || !within(by, c.Org) {
				continue
			}
			c.Version = r.Version
			if out = append(out, c); len(out) == n {
				break
			}
		}
		if len(rs) < n {
			break
		}
	}
	if err := s.note(ctx, by, "list "+index, s.desk(by)); err != nil {
		return nil, after, err
	}
	return out, after, fault
}
