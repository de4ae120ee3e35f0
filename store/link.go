package store

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
)

// A Link is a mobilizer's way to bring workers to the bot. It counts how many
// came, and never who.
type Link struct {
	Code string // what the worker's first message carries; told to everybody, so it tells nothing
	Lang string // the language it begins in
	Name string // what the mobilizer is called; sealed
	Made time.Time

	Case   cases.ID `json:",omitempty"` // who brings Code along is asked to join it
	Closed bool     `json:",omitempty"` // another code has taken its place
}

// list names the index in which l stands: codes of cases are no mobilizers'.
func (l Link) list() string {
	if l.Case != "" {
		return doors
	}
	return links
}

const links = "link" // kind of record, index by age, and first part of counters

// PutLink keeps a link, or changes the one with the same code.
func (s *Store) PutLink(ctx context.Context, by cases.Caseworker, l Link) error {
	for {
		r, err := s.b.Get(ctx, ShardOf(l.Code), links, l.Code)
		if err != nil {
			return err
		}
		p := Put{Record: Record{Kind: links, ID: l.Code, Version: r.Version, Body: encode(l)}, Subject: links,
			Index: []Index{{l.list(), l.Made.UnixMilli()}}}
		if r.Body != nil {
			var was Link
			if err := decode(r.Body, &was); err != nil {
				return err
			}
			p.Was = []Index{{was.list(), was.Made.UnixMilli()}}
		}
		_, err = s.commit(ctx, Batch{Shard: ShardOf(l.Code), At: s.now(), Put: []Put{p}, Append: []Entry{s.audit(by, "link", l.Code)}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// Link returns the link with a code, or ErrNotFound.
func (s *Store) Link(ctx context.Context, code string) (l Link, err error) {
	r, err := s.b.Get(ctx, ShardOf(code), links, code)
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err != nil {
		return l, err
	}
	return l, decode(r.Body, &l)
}

// Links returns up to n links, oldest first, and where to go on.
func (s *Store) Links(ctx context.Context, after Cursor, n int) ([]Link, Cursor, error) {
	rs, cs, err := s.b.List(ctx, links, after, n)
	var out []Link
	for i, r := range rs {
		var l Link
		if err := decode(r.Body, &l); err != nil {
			return nil, after, err
		}
		out, after = append(out, l), cs[i]
	}
	return out, after, err
}

// Reach returns the counter of the workers who came by a link as far as stage,
// for an [Outcome].
func Reach(code, stage string) Counter { return Counter{links + "/" + code + "/" + stage, 1} }

// Reached returns how many workers came by a link as far as stage.
func (s *Store) Reached(ctx context.Context, code, stage string) (int64, error) {
	return s.b.Count(ctx, Reach(code, stage).Name)
}

// Count1 adds one to a counter that has nothing to do with a turn, such as
// visits of a link's page.
func (s *Store) Count1(ctx context.Context, name string) error {
	_, err := s.commit(ctx, Batch{Shard: ShardOf(name), At: s.now(), Add: []Counter{{name, 1}}})
	return err
}
