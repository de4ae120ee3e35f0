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
	Code string // what the worker's first message carries, and all that it takes to join a case by it: sealed
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

const links = "link" // kind of record, index by age, and first part of names

// Came says that a worker came by a link as far as Stage.
type Came struct{ Link, Stage string }

// linkID names what is kept of a link. Whoever has the code of a case may ask
// to join it, so that a copy of the store must not show one.
func (s *Store) linkID(code string) string { return s.name(links, code) }

// PutLink keeps a link, or changes the one with the same code.
func (s *Store) PutLink(ctx context.Context, by cases.Caseworker, l Link) error {
	id := s.linkID(l.Code)
	for {
		r, err := s.b.Get(ctx, ShardOf(id), links, id)
		if err != nil {
			return err
		}
		p := Put{Record: Record{Kind: links, ID: id, Version: r.Version, Body: encode(l)}, Subject: links,
			Index: []Index{{l.list(), l.Made.UnixMilli()}}}
		if r.Body != nil {
			var was Link
			if err := decode(r.Body, &was); err != nil {
				return err
			}
			p.Was = []Index{{was.list(), was.Made.UnixMilli()}}
		}
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{p}, Append: []Entry{s.audit(by, "link", id)}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// Link returns the link with a code, or ErrNotFound.
func (s *Store) Link(ctx context.Context, code string) (l Link, err error) {
	id := s.linkID(code)
	r, err := s.b.Get(ctx, ShardOf(id), links, id)
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

// Reached returns how many workers came by a link as far as stage.
func (s *Store) Reached(ctx context.Context, code, stage string) (int64, error) {
	return s.count(ctx, s.came(Came{code, stage}).Name)
}

// Visited counts a visit of a link's page, as the stage "visited".
func (s *Store) Visited(ctx context.Context, code string) error {
	id := s.linkID(code)
	_, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Add: []Counter{s.came(Came{code, "visited"})}})
	return err
}

// came is what a worker's coming adds to.
func (s *Store) came(c Came) Counter {
	return Counter{links + "/" + s.linkID(c.Link) + "/" + c.Stage, 1}
}
