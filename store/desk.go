package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// A Line is what a worker or a caseworker last said, as a list shows it.
type Line struct {
	At      time.Time          `json:",omitzero"`
	By      cases.CaseworkerID `json:",omitempty"` // empty: the worker
	Text    string             `json:",omitempty"` // its beginning
	Choice  string             `json:",omitempty"` // the button pressed
	What    string             `json:",omitempty"` // what else it was: voice, image, sticker
	Message string             `json:",omitempty"` // the platform's name, to forget it when it is taken back
}

// String shows nothing of what was said.
func (l Line) String() string { return "line" }

// GoString shows nothing of what was said.
func (l Line) GoString() string { return "line" }

// A Box is a list of conversations.
type Box string

// Boxes, each with those waiting longest for a person in front.
const (
	Mine    Box = "mine"    // the caseworker has them
	InQueue Box = "queue"   // they wait for anybody of the organisation, or their worker has sent a report that nobody has taken up
	Urgent  Box = "urgent"  // a worker in danger or under violence waits
	Overdue Box = "overdue" // a worker waits for longer than was promised
	All     Box = "all"     // those of the organisation, active last in front, to ten minutes
)

// boxIndex names the list of a box. whose is a caseworker in Mine, and an
// organisation in the others.
func boxIndex(b Box, whose string) string { return "chats/" + string(b) + "/" + whose }

// afterAll is the score of those of Mine whose worker waits for nothing.
const afterAll = 1 << 50

// boxes adds to is the boxes in which a conversation stands.
func (k *standing) boxes(is []Index) []Index {
	if k.Begun.IsZero() || k.To != "" { // another name, or of an older version: listed from its next turn on
		return is
	}
	org := string(k.Org)
	seen := k.LastIn
	if seen.IsZero() {
		seen = k.Begun
	}
	is = append(is, Index{boxIndex(All, org), -seen.UnixMilli() / 600_000})
	since, due := k.waits()
	if k.Owner == "" && since.IsZero() {
		return is
	}
	if k.Owner == Queued || k.Owner == "" {
		is = append(is, Index{boxIndex(InQueue, org), since.UnixMilli()})
	} else if since.IsZero() {
		is = append(is, Index{boxIndex(Mine, k.Owner), afterAll + k.Held.UnixMilli()})
	} else {
		is = append(is, Index{boxIndex(Mine, k.Owner), since.UnixMilli()})
	}
	if !since.IsZero() {
		v := k.level()
		if v == cases.Danger || v == cases.Violence {
			is = append(is, Index{boxIndex(Urgent, org), since.UnixMilli()})
		}
		is = append(is, Index{boxIndex(Overdue, org), due.UnixMilli()})
	}
	return is
}

// waits returns since when the worker waits for a person, and until when that
// may be; zero: the worker waits for nobody. With the bot it is who has sent a
// report that nobody has taken up: the oldest of them counts.
func (k *standing) waits() (since, due time.Time) {
	if k.Owner == "" {
		m := k.unheard()
		if m == nil {
			return time.Time{}, time.Time{}
		}
		if due = m.Due; due.IsZero() {
			due = m.Report.Sent.Add(flows.Limit(m.Severity))
		}
		return m.Report.Sent, due
	}
	if since = k.Since; since.IsZero() {
		since = k.Waiting
	}
	if since.IsZero() {
		return time.Time{}, time.Time{}
	}
	return since, since.Add(flows.Limit(k.level()))
}

// unheard returns the worker's oldest report that nobody has taken up, if there
// is one: a caseworker who had the conversation since has.
func (k *standing) unheard() *flows.Mine {
	for i := range k.Session.Mine {
		if m := &k.Session.Mine[i]; m.Status == cases.Received && m.Report != nil && m.Report.Sent.After(k.Met) {
			return m
		}
	}
	return nil
}

// level is how soon a person must answer.
func (k *standing) level() cases.Severity {
	v := k.Severity
	if n := len(k.Session.Mine); n > 0 {
		v = v.Worse(k.Session.Mine[n-1].Severity)
	}
	if d := k.Session.Danger; d != nil {
		v = v.Worse(d.Level)
	}
	return v
}

// moved leaves out of two sets of places what is in both.
func moved(was, next []Index) (from, to []Index) {
	for _, x := range was {
		if !slices.Contains(next, x) {
			from = append(from, x)
		}
	}
	for _, x := range next {
		if !slices.Contains(was, x) {
			to = append(to, x)
		}
	}
	return from, to
}

// tally returns how the counters of lists change with p, one for each but the
// wakes.
func tally(p Put) (cs []Counter) {
	in := func(xs []Index, name string) bool {
		return slices.ContainsFunc(xs, func(x Index) bool { return x.Name == name })
	}
	for _, x := range p.Was {
		if x.Name != wakes && !in(p.Index, x.Name) {
			cs = append(cs, Counter{x.Name, -1})
		}
	}
	for _, x := range p.Index {
		if x.Name != wakes && !in(p.Was, x.Name) {
			cs = append(cs, Counter{x.Name, 1})
		}
	}
	return cs
}

// hear notes what a turn means to the people who look after the conversation.
func (n *standing) hear(es []channels.Event, o *Outcome, now time.Time) {
	if n.Begun.IsZero() {
		n.Begun = now
	}
	for _, e := range es {
		if !speaks(e) {
			continue
		}
		at := e.At
		if at.IsZero() || at.After(now) {
			at = now
		}
		n.Line = lineOf(e, at, o.Redact)
		n.Unread++
		if n.Owner != "" && n.Since.IsZero() {
			n.Since = at
		}
	}
	if slices.Contains(o.Retract, n.Line.Message) {
		n.Line = Line{At: n.Line.At}
	}
	if n.Owner == Queued && n.Since.IsZero() {
		n.Since = n.Waiting
	}
}

// speaks reports whether a worker says something with e that a person would
// answer.
func speaks(e channels.Event) bool {
	switch e.Kind {
	case channels.Said, channels.Edited, channels.Odd:
		return true
	case channels.Started:
		return e.Text != "" || e.Choice != ""
	}
	return false
}

// preview is how much of a line a list shows, in characters.
const preview = 80

func lineOf(e channels.Event, at time.Time, redact bool) Line {
	l := Line{At: at, What: e.What, Message: e.Message}
	if e.Kind != channels.Said {
		l.What = string(e.Kind)
	}
	for _, m := range e.Media {
		if l.What = "file"; m.Voice {
			l.What = "voice"
		} else if len(m.Type) > 6 && m.Type[:6] == "image/" {
			l.What = "image"
		}
	}
	if !redact {
		l.Text, l.Choice = shorten(e.Text), e.Choice
	}
	return l
}

func shorten(text string) string {
	n := 0
	for i := range text {
		if n++; n > preview {
			return text[:i]
		}
	}
	return text
}

// A Filter narrows a list. Its zero value lets everything pass.
type Filter struct {
	Org     cases.OrgID // whose list: for the bot and the desk; others see their own
	Lang    string
	Country string // of work
	Channel channels.ID
	Worst   cases.Severity     // this one or worse
	Owner   cases.CaseworkerID // who has it
}

// A Row is a conversation as a list shows it. It does not say how the worker
// is reached.
type Row struct {
	Conversation
	Level   cases.Severity // how soon a person must answer
	Due     time.Time      // when that is; zero where no worker waits
	Ref     string         // the number of the worker's newest case, or of the report being told; empty if there is none
	Case    cases.ID
	Lang    string
	Country string
	Danger  bool // an alert that no person has dealt with
	Unheard bool // the bot has it, and the worker has sent a report that nobody has taken up

	State flows.State // of the conversation with the bot
	Step  int         // which of Steps questions of the report stands open; zero: none
	Steps int
}

func (k *standing) row() Row {
	s := &k.Session
	r := Row{Conversation: k.Conversation, Level: k.level(), Lang: s.Lang, Country: s.Contact.Country, Danger: s.Danger != nil, State: s.State}
	r.With.User = ""
	r.Step, r.Steps = flows.Progress(*s)
	switch {
	case s.Draft != nil:
		r.Case, r.Ref = s.Draft.ID, cases.RefOf(s.Draft.ID)
		if l := s.Draft.First("country"); r.Country == "" {
			r.Country = l
		}
	case len(s.Mine) > 0:
		m := s.Mine[len(s.Mine)-1]
		r.Case, r.Ref = m.ID, m.Ref
	}
	_, r.Due = k.waits()
	r.Unheard = k.Owner == "" && !r.Due.IsZero()
	return r
}

func (f Filter) passes(r Row) bool {
	return (f.Lang == "" || f.Lang == r.Lang) && (f.Country == "" || f.Country == r.Country) &&
		(f.Channel == "" || f.Channel == r.With.Channel) && (f.Owner == "" || string(f.Owner) == r.Owner) &&
		(f.Worst == cases.Unjudged || r.Level != cases.Unjudged && r.Level <= f.Worst)
}

// looked is how many records one page of a list reads at most.
const looked = 400

// Chats returns up to n conversations of a box that the filter lets pass, and
// where to go on: the zero Cursor where there are no more. A page that reads
// 400 conversations ends there, with however many it has found.
//
// The desk, which routes and reads nothing, sees queues, without what was said.
func (s *Store) Chats(ctx context.Context, by cases.Caseworker, box Box, f Filter, after Cursor, n int) ([]Row, Cursor, error) {
	index, err := s.boxOf(by, box, f)
	if err != nil {
		return nil, Cursor{}, err
	}
	if err := s.saw(ctx, by, "list "+index, s.desk(by)); err != nil {
		return nil, Cursor{}, err
	}
	out, fault := make([]Row, 0, n), error(nil)
	for read := 0; ; {
		want := min(max(n-len(out), 20), looked-read)
		at := s.now()
		rs, cs, err := s.b.List(ctx, index, after, want)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, Cursor{}, err
		}
		fault = errors.Join(fault, err)
		for i, r := range rs {
			if box == Overdue && cs[i].Score > s.now().UnixMilli() {
				return out, Cursor{}, fault
			}
			after = cs[i]
			k, err := s.atHand(r, at)
			if err != nil {
				return nil, Cursor{}, err
			}
			s.recent.offer(r.ID, k)
			row := k.row()
			if !k.kept || by != cases.Bot && by.Role != cases.Desk && !within(by, k.Org) || !f.passes(row) {
				continue
			}
			if by.Role == cases.Desk {
				row.Line, row.Country = Line{At: row.Line.At}, ""
			}
			if out = append(out, row); len(out) == n {
				return out, after, fault
			}
		}
		if read += len(rs); len(rs) < want {
			return out, Cursor{}, fault
		}
		if read >= looked {
			return out, after, fault
		}
	}
}

// boxOf returns the index of a box that by may look into.
func (s *Store) boxOf(by cases.Caseworker, box Box, f Filter) (string, error) {
	org := by.Org
	switch {
	case by == cases.Bot:
		org = f.Org
	case by.Role == cases.Desk && box == InQueue:
		if f.Org == "" {
			return waiting, nil
		}
		org = f.Org
	case !talks(by) || f.Org != "" && f.Org != by.Org:
		return "", ErrDenied
	}
	if box == Mine {
		return boxIndex(box, string(by.ID)), nil
	}
	return boxIndex(box, string(org)), nil
}
