package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"workervoice/cases"
)

// An AuditEntry says that somebody saw or did something.
type AuditEntry struct {
	At   time.Time
	By   cases.Caseworker
	What string
}

// audited is the subject of everything that is audited.
const audited = "audit"

// audit returns the entry saying that by did something with what is kept under
// id, or with nothing in particular at a caseworker's desk.
func (s *Store) audit(by cases.Caseworker, what, id string) Entry {
	return Entry{Log: id + "/audit", Subject: audited, Body: encode(AuditEntry{s.now(), by, what})}
}

// desk names the log of what a caseworker looked through.
func (s *Store) desk(by cases.Caseworker) string { return s.name("caseworker", string(by.ID)) }

// note writes the audit entry of something that changes nothing else.
func (s *Store) note(ctx context.Context, by cases.Caseworker, what, id string) error {
	return s.jot(ctx, Batch{Shard: ShardOf(id), At: s.now(), Append: []Entry{s.audit(by, what, id)}})
}

// jot keeps a note, at once or with the others of a [Store.Gather].
func (s *Store) jot(ctx context.Context, b Batch) error {
	if g, ok := ctx.Value(gathered{}).(*gathering); ok && g.add(b) {
		return nil
	}
	return s.keep(ctx, b)
}

// keep commits notes. Of those made once an hour it remembers that they are kept.
func (s *Store) keep(ctx context.Context, notes ...Batch) (err error) {
	for i, r := range s.b.Commit(ctx, notes...) {
		if r.Err != nil && !errors.Is(r.Err, ErrSeen) {
			err = errors.Join(err, r.Err)
			continue
		}
		for _, once := range notes[i].Once {
			s.noted.put(once, struct{}{})
		}
	}
	return err
}

// A gathering is notes that are not kept yet, and the cases that were looked at.
type gathering struct {
	mu    sync.Mutex
	over  bool
	notes []Batch
	seen  map[string]cases.Case // by the names under which they are kept
}

type gathered struct{} // in a context

func (g *gathering) add(b Batch) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return false
	}
	at := slices.IndexFunc(g.notes, func(x Batch) bool { return x.Shard == b.Shard && slices.Equal(x.Once, b.Once) })
	switch {
	case at < 0:
		g.notes = append(g.notes, b)
	case len(b.Once) == 0:
		g.notes[at].Append = append(g.notes[at].Append, b.Append...)
	}
	return true
}

// at returns a case as the page has seen it, or as read reads it: a page looks
// at its case several times, and shows it as it stood at one moment.
func (g *gathering) at(id string, read func() (cases.Case, error)) (cases.Case, error) {
	g.mu.Lock()
	c, ok := g.seen[id]
	ok = ok && !g.over
	g.mu.Unlock()
	if ok {
		return c, nil
	}
	c, err := read()
	if err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.seen == nil {
			g.seen = make(map[string]cases.Case, 1)
		}
		g.seen[id] = c
	}
	return c, err
}

// Gather is for pages that look at several things. With the context that it
// returns, the notes of who looked at what are gathered, and keep keeps them
// with one flush. Nothing that was read may be shown before keep has returned
// nil; notes made after it are kept at once, as without a Gather. A case is
// read once until then, and is not to be changed by whoever looks at it.
func (s *Store) Gather(ctx context.Context) (_ context.Context, keep func() error) {
	g := &gathering{}
	return context.WithValue(ctx, gathered{}, g), func() error {
		g.mu.Lock()
		notes := g.notes
		g.notes, g.over = nil, true
		g.mu.Unlock()
		if len(notes) == 0 {
			return nil
		}
		return s.keep(ctx, notes...)
	}
}

// Audit returns the last n of what was seen of a case and done to it, oldest first.
func (s *Store) Audit(ctx context.Context, by cases.Caseworker, id cases.ID, n int) ([]AuditEntry, error) {
	if _, err := s.open(ctx, by, "audit", id); err != nil {
		return nil, err
	}
	return s.trail(ctx, s.caseID(id), n)
}

// Desk returns the last n lists that a caseworker looked through, oldest first.
// It is for that caseworker and for the bot.
func (s *Store) Desk(ctx context.Context, by cases.Caseworker, whose cases.CaseworkerID, n int) ([]AuditEntry, error) {
	if by != cases.Bot && by.ID != whose {
		return nil, ErrDenied
	}
	return s.trail(ctx, s.desk(cases.Caseworker{ID: whose}), n)
}

// Erasures returns the last n erasures, oldest first. They do not say whose.
func (s *Store) Erasures(ctx context.Context, n int) ([]AuditEntry, error) {
	return s.trail(ctx, erasures, n)
}

func (s *Store) trail(ctx context.Context, id string, n int) ([]AuditEntry, error) {
	bodies, _, err := s.b.Scan(ctx, ShardOf(id), id+"/audit", -1, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	out := make([]AuditEntry, len(bodies))
	for i, b := range bodies {
		if err := decode(b, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}
