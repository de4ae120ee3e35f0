package store

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
)

// A Note is what caseworkers write for one another about a conversation. No
// note is ever a message: it is a type of its own, and no queue takes it.
type Note struct {
	Place int64 `json:"-"` // in the log; the first is 0
	At    time.Time
	By    cases.CaseworkerID
	Text  string
}

// String shows nothing of what n says.
func (n Note) String() string { return "note" }

// GoString shows nothing of what n says.
func (n Note) GoString() string { return "note" }

// Note adds a note to a conversation. A repeat with the same key changes
// nothing. It goes with the transcript when the worker has that erased.
func (s *Store) Note(ctx context.Context, by cases.Caseworker, id, key, text string) error {
	id, k, err := s.chat(ctx, by, id)
	if err != nil {
		return err
	}
	b := Batch{Shard: ShardOf(id), At: s.now(), Once: []string{s.name("note", id, string(by.ID), key)}}
	b.Append = []Entry{
		{Log: id + "/notes", Subject: talk(id, k.Talk), Body: encode(Note{At: b.At, By: by.ID, Text: text})},
		s.audit(by, "noted", id),
	}
	if _, err = s.commit(ctx, b); errors.Is(err, ErrSeen) {
		return nil
	}
	s.tell(id, k.Org)
	return err
}

// Notes returns up to n notes that stand before a place; with before 0 the
// last ones. Oldest first.
func (s *Store) Notes(ctx context.Context, by cases.Caseworker, id string, before int64, n int) ([]Note, error) {
	id, _, err := s.chat(ctx, by, id)
	if err == nil {
		err = s.saw(ctx, by, "read notes", id)
	}
	if err != nil {
		return nil, err
	}
	from := int64(-1)
	if before > 0 {
		from = max(before-int64(n), 0)
		n = int(before - from)
	}
	bodies, first, err := s.b.Scan(ctx, ShardOf(id), id+"/notes", from, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	var out []Note
	for i, b := range bodies {
		note := Note{Place: first + int64(i)}
		if fault := decode(b, &note); fault != nil {
			return nil, fault
		}
		if b != nil {
			out = append(out, note)
		}
	}
	return out, err
}

// A Draft is what a caseworker has written and not sent.
type Draft struct {
	Text    string
	At      time.Time
	Version int64 `json:"-"` // rises by one with every change
}

// String shows nothing of what d says.
func (d Draft) String() string { return "draft" }

// GoString shows nothing of what d says.
func (d Draft) GoString() string { return "draft" }

const unsent = "unsent" // kind of record: a caseworker's draft

// Draft returns what by has written in a conversation and not sent: the zero
// Draft if there is none.
func (s *Store) Draft(ctx context.Context, by cases.Caseworker, id string) (Draft, error) {
	id, _, err := s.chat(ctx, by, id)
	if err != nil {
		return Draft{}, err
	}
	_, d, err := s.draft(ctx, by, id)
	return d, err
}

func (s *Store) draft(ctx context.Context, by cases.Caseworker, id string) (r Record, d Draft, err error) {
	if r, err = s.b.Get(ctx, ShardOf(id), unsent, id+"~"+s.name(unsent, string(by.ID))); err == nil {
		err = decode(r.Body, &d)
		d.Version = r.Version
	}
	return r, d, err
}

// KeepDraft replaces by's draft in a conversation, and returns it as kept. It
// returns ErrStale if d is not of the version kept: another tab has written.
func (s *Store) KeepDraft(ctx context.Context, by cases.Caseworker, id string, d Draft) (Draft, error) {
	id, k, err := s.chat(ctx, by, id)
	if err != nil {
		return d, err
	}
	r, was, err := s.draft(ctx, by, id)
	if err != nil {
		return d, err
	}
	if was.Version != d.Version {
		return was, ErrStale
	}
	d.At = s.now()
	r.Body = encode(d)
	_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: d.At, Put: []Put{{Record: r, Subject: talk(id, k.Talk)}}})
	if err == nil {
		d.Version++
	}
	return d, err
}
