package store

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
)

// An AuditEntry says that somebody saw or did something.
type AuditEntry struct {
	At   time.Time
	By   cases.Caseworker
	What string
}

// audit returns the entry saying that by did something with what is kept under
// id, or with nothing in particular at a caseworker's desk.
func (s *Store) audit(by cases.Caseworker, what, id string) Entry {
	return Entry{Log: id + "/audit", Subject: "audit", Body: encode(AuditEntry{s.now(), by, what})}
}

// desk names the log of what a caseworker looked through.
func (s *Store) desk(by cases.Caseworker) string { return s.name("caseworker", string(by.ID)) }

// note writes the audit entry of something that changes nothing else.
func (s *Store) note(ctx context.Context, by cases.Caseworker, what, id string) error {
	_, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Append: []Entry{s.audit(by, what, id)}})
	return err
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
