package store

import (
	"context"
	"errors"

	"workervoice/cases"
)

// Every method here that takes a caller checks what they may see or do, and
// writes the audit entry with it: without the entry there is no answer.

const (
	files   = "case"   // kind of record: codes and times of a case
	reports = "report" // kind of record: what one worker told of a case
	due     = "due"    // index of open cases with a promise to keep, by its time
	urgent  = "urgent" // index of cases with an alert that nobody has taken, by when they were opened
)

// A caseID is the name under which a case is kept.
func (s *Store) caseID(id cases.ID) string { return s.name(files, string(id)) }

// Case returns a case as it stands. It returns ErrDenied to a caseworker of
// another organisation and ErrNotFound if there is no such case.
func (s *Store) Case(ctx context.Context, by cases.Caseworker, id cases.ID) (cases.Case, error) {
	return s.open(ctx, by, "read", id)
}

// open returns a case to somebody who may see it.
func (s *Store) open(ctx context.Context, by cases.Caseworker, what string, id cases.ID) (cases.Case, error) {
	c, err := s.file(ctx, id)
	if err == nil && !within(by, c.Org) {
		err = ErrDenied
	}
	if err == nil {
		err = s.note(ctx, by, what, s.caseID(id))
	}
	if err != nil {
		return cases.Case{}, err
	}
	return c, nil
}

// Record replaces a case by c and adds n to its timeline. It returns ErrStale
// if the case is no longer the one that c was made from, ErrSeen if an entry
// with the same Key is there already, and ErrErased if n quotes a worker who
// had everything erased.
func (s *Store) Record(ctx context.Context, by cases.Caseworker, c cases.Case, n cases.Entry) error {
	return s.record(ctx, by, c, n)
}

func (s *Store) record(ctx context.Context, by cases.Caseworker, c cases.Case, n cases.Entry) error {
	id := s.caseID(c.ID)
	b := Batch{Shard: ShardOf(id), At: s.now()}
	was, err := s.file(ctx, c.ID)
	isNew := errors.Is(err, ErrNotFound)
	if isNew {
		was, err = cases.Case{Org: c.Org}, nil
	}
	switch {
	case err != nil:
		return err
	case !within(by, was.Org):
		return ErrDenied
	case was.Version != c.Version:
		return ErrStale
	}
	if n.Key != "" {
		b.Once = []string{s.name("entry", n.Key)}
	}
	p := Put{Record: Record{Kind: files, ID: id, Version: c.Version, Body: encode(c)}, Subject: id, Index: places(c)}
	if !isNew {
		p.Was = places(was)
		b.Add = counted(was, -1)
	}
	b.Add = append(b.Add, counted(c, 1)...)
	b.Put = []Put{p}
	line, err := s.write(ctx, id, n)
	if err != nil {
		return err
	}
	b.Append = []Entry{{Log: id + "/log", Subject: id, Body: encode(line)}, s.audit(by, string(n.Kind), id)}
	if n.Report != nil && n.Worker != "" {
		r, err := s.b.Get(ctx, b.Shard, reports, reportID(id, n.Worker))
		if err != nil {
			return err
		}
		r.Body = encode(n.Report)
		b.Put = append(b.Put, Put{Record: r, Subject: string(n.Worker)})
	}
	_, err = s.commit(ctx, b)
	return err
}

// reportID names the report of a worker in a case. It stands in the case's shard.
func reportID(id string, w cases.WorkerID) string { return id + "~" + string(w) }

// A line is an entry as the timeline keeps it: codes and times sealed with the
// key of the case, words with the key of the worker they are about.
type line struct {
	cases.Entry
	Words []byte `json:",omitempty"`
}

// words is the part of an entry that goes when the worker is erased.
type words struct {
	Worker cases.WorkerID
	Text   string             `json:",omitempty"`
	Media  []cases.Attachment `json:",omitempty"`
	Report *cases.Report      `json:",omitempty"`
}

func (s *Store) write(ctx context.Context, id string, n cases.Entry) (l line, err error) {
	l.Entry = n
	if n.Worker == "" || n.Kind == cases.Erased {
		return l, nil
	}
	l.Worker, l.Text, l.Media, l.Report = "", "", nil, nil
	l.Words, err = s.b.wrap(ctx, string(n.Worker), "words/"+id+"/"+n.Key, encode(words{n.Worker, n.Text, n.Media, n.Report}))
	return l, err
}

// entry returns what is left of an entry.
func (s *Store) entry(ctx context.Context, id string, l line) (cases.Entry, error) {
	if l.Words == nil {
		return l.Entry, nil
	}
	body, err := s.b.unseal(ctx, "words/"+id+"/"+l.Key, l.Words)
	if err != nil {
		return l.Entry, err
	}
	var w words
	err = decode(body, &w)
	l.Worker, l.Text, l.Media, l.Report = w.Worker, w.Text, w.Media, w.Report
	return l.Entry, err
}

// Timeline returns up to n entries of a case, oldest first, leaving out the
// first from. Of a worker erased since they show kinds and times only, and of
// what was damaged nothing: the error then says so.
func (s *Store) Timeline(ctx context.Context, by cases.Caseworker, id cases.ID, from int64, n int) ([]cases.Entry, error) {
	if _, err := s.open(ctx, by, "timeline", id); err != nil {
		return nil, err
	}
	return s.timeline(ctx, s.caseID(id), from, n)
}

func (s *Store) timeline(ctx context.Context, id string, from int64, n int) ([]cases.Entry, error) {
	bodies, _, err := s.b.Scan(ctx, ShardOf(id), id+"/log", max(from, 0), n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	out := make([]cases.Entry, 0, len(bodies))
	for _, b := range bodies {
		var l line
		if err := decode(b, &l); err != nil {
			return nil, err
		}
		e, fault := s.entry(ctx, id, l)
		if fault != nil && !errors.Is(fault, ErrDamaged) {
			return nil, fault
		}
		out, err = append(out, e), errors.Join(err, fault)
	}
	return out, err
}

// Report returns what a worker last told of a case. It returns ErrNotFound if
// that worker told nothing or had it erased.
func (s *Store) Report(ctx context.Context, by cases.Caseworker, id cases.ID, w cases.WorkerID) (cases.Report, error) {
	var p cases.Report
	if _, err := s.open(ctx, by, "report", id); err != nil {
		return p, err
	}
	r, err := s.b.Get(ctx, ShardOf(s.caseID(id)), reports, reportID(s.caseID(id), w))
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err != nil {
		return p, err
	}
	return p, decode(r.Body, &p)
}

// file reads a case without asking who wants it.
func (s *Store) file(ctx context.Context, id cases.ID) (c cases.Case, err error) {
	r, err := s.b.Get(ctx, ShardOf(s.caseID(id)), files, s.caseID(id))
	if err != nil {
		return c, err
	}
	if r.Body == nil {
		return c, ErrNotFound
	}
	err = decode(r.Body, &c)
	c.Version = r.Version
	return c, err
}

// within reports whether a caller may act on what an organisation has. What no
// organisation has yet is for the bot alone.
func within(by cases.Caseworker, org cases.OrgID) bool {
	return by == cases.Bot || org != "" && by.Org == org
}
