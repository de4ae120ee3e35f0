package store

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// summon has the conversation wait for a person. One that a caseworker has
// stays with that caseworker.
func (n *standing) summon(severity cases.Severity, now time.Time) {
	n.Severity = n.Severity.Worse(severity)
	if n.Owner == "" {
		n.Owner, n.Waiting = Queued, now
		n.Epoch++
	}
}

// owned returns what the counter of waiting conversations changes by.
func owned(was, next *standing) []Counter {
	switch {
	case was.Owner != Queued && next.Owner == Queued:
		return []Counter{{waiting, 1}}
	case was.Owner == Queued && next.Owner != Queued:
		return []Counter{{waiting, -1}}
	}
	return nil
}

// Waiting returns up to n conversations that wait for a person and that by may
// take, those waiting longest in front, and where to go on.
func (s *Store) Waiting(ctx context.Context, by cases.Caseworker, after Cursor, n int) ([]Conversation, Cursor, error) {
	rs, cs, err := s.b.List(ctx, waiting, after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	var out []Conversation
	for i, r := range rs {
		k, fault := knownOf(r, s.now())
		if fault != nil {
			return nil, after, fault
		}
		if k.kept && within(by, k.Org) {
			out = append(out, k.Conversation)
		}
		after = cs[i]
	}
	if err := s.note(ctx, by, "list waiting", s.desk(by)); err != nil {
		return nil, after, err
	}
	return out, after, err
}

// TakeOver makes by the owner of the conversation with a: from now on the bot
// says nothing that was decided before. It returns ErrDenied where another
// organisation has the conversation and ErrNotFound if there is none.
func (s *Store) TakeOver(ctx context.Context, by cases.Caseworker, a channels.Address) (Conversation, error) {
	if by.ID == "" || by.ID == Queued {
		return Conversation{}, ErrDenied
	}
	return s.own(ctx, by, a, string(by.ID), "took over")
}

// HandBack makes the bot the owner of the conversation with a.
func (s *Store) HandBack(ctx context.Context, by cases.Caseworker, a channels.Address) (Conversation, error) {
	return s.own(ctx, by, a, "", "handed back")
}

func (s *Store) own(ctx context.Context, by cases.Caseworker, a channels.Address, owner, what string) (Conversation, error) {
	for {
		conv, k, err := s.at(ctx, a)
		switch {
		case err != nil:
			return Conversation{}, err
		case !k.kept:
			return Conversation{}, ErrNotFound
		case !within(by, k.Org):
			return Conversation{}, ErrDenied
		}
		next := k.standing
		if next.Owner != owner {
			next.Owner, next.Waiting = owner, time.Time{}
			next.Epoch++
		}
		if owner != "" && by != cases.Bot {
			next.Org = by.Org
		}
		now := s.now()
		_, err = s.commit(ctx, Batch{
			Shard: ShardOf(conv), At: now, Put: []Put{k.put(conv, &next)}, Add: owned(&k.standing, &next),
			Append: []Entry{s.audit(by, what, conv)},
		})
		if err == nil {
			s.recent.put(conv, &known{next, k.version + 1, true, now})
			return next.Conversation, nil
		}
		s.recent.drop(conv)
		if !errors.Is(err, ErrStale) { // else the worker has just written
			return Conversation{}, err
		}
	}
}
