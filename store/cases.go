package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"workervoice/cases"
	"workervoice/flows"
)

// Every method here that takes a caller checks what they may see or do, and
// writes the audit entry with it: without the entry there is no answer.

const (
	files   = "case"   // kind of record: codes and times of a case
	reports = "report" // kind of record: what one worker told of a case
)

// A caseID is the name under which a case is kept.
func (s *Store) caseID(id cases.ID) string { return s.name(files, string(id)) }

// errNoCase is the answer about a case that there is not, and the very same to
// somebody of another organisation about one that there is: nobody learns by
// asking that a worker has spoken.
var errNoCase = fmt.Errorf("store: no such case (%w, %w)", ErrNotFound, ErrDenied)

// Case returns a case as it stands. To a caseworker of another organisation
// there is none: the error is ErrNotFound and ErrDenied at once, here and in all
// that follows.
func (s *Store) Case(ctx context.Context, by cases.Caseworker, id cases.ID) (cases.Case, error) {
	return s.look(ctx, by, "read", id, sees)
}

// open returns a case to somebody who may read its words.
func (s *Store) open(ctx context.Context, by cases.Caseworker, what string, id cases.ID) (cases.Case, error) {
	return s.look(ctx, by, what, id, reads)
}

// look returns a case to somebody who may see it, and notes what for.
func (s *Store) look(ctx context.Context, by cases.Caseworker, what string, id cases.ID, may func(cases.Caseworker, cases.Case) bool) (cases.Case, error) {
	at := s.caseID(id)
	read := func() (c cases.Case, err error) { c, _, err = s.caseAt(ctx, at); return c, err }
	if g, ok := ctx.Value(gathered{}).(*gathering); ok {
		alone := read
		read = func() (cases.Case, error) { return g.at(at, alone) }
	}
	c, err := read()
	if errors.Is(err, ErrNotFound) || err == nil && !may(by, c) {
		return cases.Case{}, errNoCase
	}
	if err == nil {
		err = s.note(ctx, by, what, at)
	}
	if err != nil {
		return cases.Case{}, err
	}
	return c, nil
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
	Worker cases.WorkerID     `json:",omitempty"`
	Member cases.WorkerID     `json:",omitempty"`
	Text   string             `json:",omitempty"`
	Media  []cases.Attachment `json:",omitempty"`
	Report *cases.Report      `json:",omitempty"`
	Answer *cases.Answered    `json:",omitempty"`
	Reason string             `json:",omitempty"`
}

func (s *Store) write(ctx context.Context, id string, n cases.Entry) (l line, err error) {
	l.Entry = n
	w := flows.About(n)
	if w == "" || n.Kind == cases.Erased {
		return l, nil
	}
	l.Worker, l.Member, l.Text, l.Media, l.Report, l.Answer, l.Reason = "", "", "", nil, nil, nil, ""
	l.Words, err = s.b.wrap(ctx, string(w), "words/"+id+"/"+n.Key, encode(words{n.Worker, n.Member, n.Text, n.Media, n.Report, n.Answer, n.Reason}))
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
	l.Worker, l.Member, l.Text, l.Media, l.Report, l.Answer, l.Reason = w.Worker, w.Member, w.Text, w.Media, w.Report, w.Answer, w.Reason
	return l.Entry, err
}

// Timeline returns up to n entries of a case, oldest first, leaving out the
// first from; with from below 0 the last n. Of a worker erased since they show
// kinds and times only, and of what was damaged nothing: the error then says so.
func (s *Store) Timeline(ctx context.Context, by cases.Caseworker, id cases.ID, from int64, n int) ([]cases.Entry, error) {
	c, err := s.open(ctx, by, "timeline", id)
	if err != nil {
		return nil, err
	}
	ns, err := s.timeline(ctx, s.caseID(id), from, n)
	for i := range ns {
		ns[i] = flows.ShownEntry(ns[i], scope(by, c))
	}
	return ns, err
}

func (s *Store) timeline(ctx context.Context, id string, from int64, n int) ([]cases.Entry, error) {
	bodies, _, err := s.b.Scan(ctx, ShardOf(id), id+"/log", max(from, -1), n)
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
	c, err := s.open(ctx, by, "report", id)
	if err != nil {
		return p, err
	}
	r, err := s.b.Get(ctx, ShardOf(s.caseID(id)), reports, reportID(s.caseID(id), w))
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err != nil {
		return p, err
	}
	err = decode(r.Body, &p)
	return flows.Shown(p, scope(by, c)), err
}

// file reads a case without asking who wants it.
func (s *Store) file(ctx context.Context, id cases.ID) (cases.Case, error) {
	c, _, err := s.caseAt(ctx, s.caseID(id))
	return c, err
}

func (s *Store) caseAt(ctx context.Context, id string) (cases.Case, Record, error) {
	r, err := s.b.Get(ctx, ShardOf(id), files, id)
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err != nil {
		return cases.Case{}, r, err
	}
	c, err := caseOf(r)
	return c, r, err
}

// caseOf returns the case in a record, as it is written today.
func caseOf(r Record) (c cases.Case, err error) {
	err = decode(r.Body, &c)
	c.Version = r.Version
	c, _ = flows.Mend(c, nil)
	return c, err
}

// sees reports whether somebody may know of a case: what it is about, how it
// stands.
func sees(by cases.Caseworker, c cases.Case) bool {
	return by.Role == cases.Desk || reads(by, c)
}

// scope returns what somebody may see of a case that was referred, or nil for
// all of it.
func scope(by cases.Caseworker, c cases.Case) *cases.Scope {
	if x := c.Scope; x != nil && by != cases.Bot && by.Org == x.Org {
		return x
	}
	return nil
}

// reads reports whether somebody may read what was said in a case, and who its
// workers are.
func reads(by cases.Caseworker, c cases.Case) bool {
	if by.Role == cases.Desk {
		return false
	}
	return slices.ContainsFunc(audience(c), func(o cases.OrgID) bool { return within(by, o) })
}

// within reports whether a caller may act on what an organisation has. What no
// organisation has yet is for the bot alone.
func within(by cases.Caseworker, org cases.OrgID) bool {
	return by == cases.Bot || org != "" && by.Org == org
}
