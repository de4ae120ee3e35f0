package store

import (
	"context"
	"errors"

	"workervoice/cases"
	"workervoice/flows"
)

const members = "member" // kind of record: a worker in a case, in the case's shard and sealed with the worker's key

// memberID names the record of a worker in a case.
func memberID(id string, w cases.WorkerID) string { return id + "~" + string(w) }

// membersOf names the index of a case's members, those who differ first.
func membersOf(id string) string { return members + "s/" + id }

// joinersOf names the index of a case's members in an order that does not
// change: whoever walks along it meets each once.
func joinersOf(id string) string { return members + "s by time/" + id }

// casesOf names the index of the cases in which a worker takes part.
func casesOf(w cases.WorkerID) string { return "cases of/" + string(w) }

// member reads a worker's record in a case. A worker who had everything erased
// is not there.
func (s *Store) member(ctx context.Context, id string, w cases.WorkerID) (*cases.Member, Record, error) {
	r, err := s.b.Get(ctx, ShardOf(id), members, memberID(id, w))
	if err != nil || r.Body == nil {
		return nil, r, err
	}
	m := new(cases.Member)
	return m, r, decode(r.Body, m)
}

// putMember returns the change of a member's record. Of one who had everything
// erased nothing is left.
func (s *Store) putMember(id string, r Record, was, next *cases.Member) Put {
	before, after := membership(id, was), membership(id, next)
	p := Put{Record: Record{Kind: members, ID: memberID(id, next.Worker), Version: r.Version, Body: encode(next)}, Subject: string(next.Worker)}
	if next.Left && len(next.Claims) == 0 {
		p.Body, p.Subject, after = nil, "", nil
	}
	if r.Version == 0 {
		before = nil
	}
	p.Was, p.Index = moved(before, after)
	return p
}

func membership(id string, m *cases.Member) []Index {
	if m == nil {
		return nil
	}
	return []Index{{joinersOf(id), m.Joined.UnixMilli()}, {membersOf(id), rank(*m)*1e13 + m.Joined.UnixMilli()}, {casesOf(m.Worker), m.Joined.UnixMilli()}}
}

// rank is how soon a caseworker should see a member among the others.
func rank(m cases.Member) int64 {
	best := int64(6)
	for _, c := range m.Claims {
		r := int64(6)
		switch word := flows.Says(c.Last); {
		case c.Hurt == "open":
			r = 0
		case word == flows.WordNone || word == flows.WordForced:
			r = 2
		case word == flows.WordPart:
			r = 3
		case word == "" && c.Asked > 0:
			r = 5
		}
		best = min(best, r)
	}
	switch {
	case m.Left:
		return 7
	case m.Held:
		return min(best, 1)
	case m.Lost != "":
		return min(best, 4)
	}
	return best
}

// Members returns up to n workers of a case, and where to go on: those first
// who were punished, wait to be let in, or say that it is not fixed; then who
// cannot be reached, who has not answered, and the others. It is for those who
// may read the case's words.
func (s *Store) Members(ctx context.Context, by cases.Caseworker, id cases.ID, after Cursor, n int) ([]cases.Member, Cursor, error) {
	c, err := s.open(ctx, by, "members", id)
	if err != nil {
		return nil, after, err
	}
	ms, next, err := s.membersAfter(ctx, s.caseID(id), after, n)
	for i := range ms {
		ms[i] = flows.ShownMember(ms[i], scope(by, c))
	}
	return ms, next, err
}

// MembersOf is Members for the bot, which leaves no note for each page.
func (s *Store) MembersOf(ctx context.Context, id cases.ID, after Cursor, n int) ([]cases.Member, Cursor, error) {
	return s.membersAfter(ctx, s.caseID(id), after, n)
}

func (s *Store) membersAfter(ctx context.Context, id string, after Cursor, n int) ([]cases.Member, Cursor, error) {
	rs, cs, err := s.b.List(ctx, membersOf(id), after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	out := make([]cases.Member, 0, len(rs))
	for i, r := range rs {
		after = cs[i]
		if r.Body == nil { // erased just now, or damaged
			continue
		}
		var m cases.Member
		if fault := decode(r.Body, &m); fault != nil {
			return nil, after, fault
		}
		out = append(out, m)
	}
	return out, after, err
}

// Member returns a worker of a case: who it is and how the worker is reached.
// That is noted apart. It returns ErrNotFound where the worker takes no part,
// or had everything erased.
func (s *Store) Member(ctx context.Context, by cases.Caseworker, id cases.ID, w cases.WorkerID) (cases.Member, error) {
	c, err := s.open(ctx, by, "member", id)
	if err != nil {
		return cases.Member{}, err
	}
	m, _, err := s.member(ctx, s.caseID(id), w)
	if err == nil && m == nil {
		err = ErrNotFound
	}
	if err != nil {
		return cases.Member{}, err
	}
	return flows.ShownMember(*m, scope(by, c)), nil
}

// CasesOf returns the cases in which a worker takes part, the oldest first, as
// far as by may see them.
func (s *Store) CasesOf(ctx context.Context, by cases.Caseworker, w cases.WorkerID) (out []cases.Case, err error) {
	ids, err := s.joinedBy(ctx, w)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		c, _, err := s.caseAt(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && !sees(by, c):
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, c)
	}
	return out, s.note(ctx, by, "cases of a worker", s.desk(by))
}

// joinedBy returns the records of the cases in which a worker takes part.
func (s *Store) joinedBy(ctx context.Context, w cases.WorkerID) (ids []string, err error) {
	for after := (Cursor{}); ; {
		_, cs, err := s.b.Backend.List(ctx, casesOf(w), after, 50) // the records need not be opened
		if err != nil {
			return nil, err
		}
		for _, c := range cs {
			after = c
			ids = append(ids, c.ID[:len(c.ID)-len(w)-1])
		}
		if len(cs) < 50 {
			return ids, nil
		}
	}
}
