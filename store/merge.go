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

const moves = "moves" // queue of workers on their way from one case to another, in the shard of the first

// A moving is workers of one case who go on in another. It may be done again
// from the beginning: who has arrived arrives only once.
type moving struct {
	From, Into cases.ID
	Key        string // of the entry that had it begin
	At         time.Time
	Split      bool             // out of From into a new case; else From goes on in Into as a whole
	Issue      cases.Code       `json:",omitempty"` // Split: only what they say about it
	Round      int              `json:",omitempty"` // of it
	Workers    []cases.WorkerID `json:",omitempty"` // Split: these; none: those who say that it is not fixed
}

// Merge has the workers of a case go on in another one about the same: each
// keeps what was allowed and said, is told the new number, and nobody comes to
// read of them who could not before. It is refused as flows.MayMerge says.
//
// When it returns nil the case is merged; its workers follow one by one, and
// [Store.File] brings them there, also after a crash.
func (s *Store) Merge(ctx context.Context, by cases.Caseworker, from, into cases.ID, key, reason string) error {
	n := cases.Entry{Key: key, Case: from, Kind: cases.Merged, Other: string(into), Reason: reason}
	b, err := s.open(ctx, by, "merge", into)
	if err != nil {
		return err
	}
	if _, err := s.open(ctx, by, "merge", from); err != nil {
		return err
	}
	_, err = s.do(ctx, by, n, func(was, next cases.Case, batch *Batch) error {
		if err := flows.MayMerge(was, b); err != nil {
			return err
		}
		batch.Jobs = append(batch.Jobs, s.moveJob(batch.At, moving{From: from, Into: into, Key: n.Key, At: batch.At}))
		return nil
	})
	return err
}

// Split has some workers of a case go on in a case of their own, which it
// returns: those named, or, of an issue, those who say that it is not fixed.
// They keep what they allowed and said. The same key makes the same case; where
// all who say so have gone by then, there is none.
func (s *Store) Split(ctx context.Context, by cases.Caseworker, id cases.ID, issue cases.Code, ws []cases.WorkerID, key, reason string) (cases.ID, error) {
	c, err := s.open(ctx, by, "split", id)
	if err != nil {
		return "", err
	}
	into := flows.OffshootOf(id, key)
	m := moving{From: id, Into: into, Key: key, Split: true, Issue: issue, Workers: ws}
	if i := c.Issue(issue); i != nil {
		m.Round = i.Round
	}
	n := cases.Entry{Key: key, Case: id, Kind: cases.Split, Issue: issue, Other: string(into), Reason: reason}
	if len(ws) > 0 {
		n.Trigger = flows.Named
	}
	if by == cases.Bot {
		n.Role = cases.System
	}
	_, err = s.do(ctx, by, n, func(was, next cases.Case, batch *Batch) error {
		m.At = batch.At
		batch.Jobs = append(batch.Jobs, s.moveJob(batch.At, m))
		return nil
	})
	return into, err
}

// LinkCases notes of two cases that they belong together, such as two at one
// employer, or with undo that they do not. Nobody comes to read more by it.
func (s *Store) LinkCases(ctx context.Context, by cases.Caseworker, a, b cases.ID, undo bool, reason string) error {
	for _, id := range []cases.ID{a, b} {
		if _, err := s.look(ctx, by, "link", id, sees); err != nil {
			return err
		}
	}
	trigger := ""
	if undo {
		trigger = flows.Undone
	}
	n := cases.Entry{Case: a, Kind: cases.Linked, Other: string(b), Trigger: trigger, Reason: reason}
	_, err := s.do(ctx, by, n, func(was, next cases.Case, batch *Batch) error {
		back := cases.Entry{Key: batch.Once[0] + "/back", Case: b, Kind: cases.Linked, Other: string(a), Trigger: trigger, Reason: reason, At: batch.At, By: by.ID, Role: by.Role, Org: by.Org}
		id := s.caseID(a)
		batch.Jobs = append(batch.Jobs, Job{Lane: Lane{entries, id}, Subject: id, Body: encode(filing{Entry: &back}), Due: batch.At})
		return nil
	})
	return err
}

func (s *Store) moveJob(at time.Time, m moving) Job {
	id := s.caseID(m.From)
	return Job{Lane: Lane{moves, id}, Subject: id, Body: encode(m), Due: at}
}

// move does what up to n merges and splits have left to do, and reports whether
// there was anything.
func (s *Store) move(ctx context.Context, n int, lease time.Duration) (bool, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: moves, At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: 1})
	for _, h := range hs {
		d := Done{Lane: h.Lane, Fence: f, N: 1, Due: s.now()}
		var m moving
		fault := decode(h.Jobs[0], &m)
		if fault == nil && m.From != "" {
			fault = s.moveAll(ctx, m)
		}
		if fault != nil {
			err = errors.Join(err, fault)
			d.N, d.Due = 0, s.now().Add(patience)
		}
		if _, end := s.commit(ctx, Batch{Shard: h.Shard, At: now, Done: []Done{d}}); end != nil && !errors.Is(end, ErrStale) {
			err = errors.Join(err, end)
		}
		s.hints.left(moves, 1<<h.Shard)
	}
	return len(hs) > 0, err
}

// moveAll moves every worker whom m is about. It looks at each page again as
// long as there is somebody on it: those who have gone stand at the end.
func (s *Store) moveAll(ctx context.Context, m moving) error {
	from, err := s.file(ctx, m.From)
	if err != nil {
		return err
	}
	begun := !m.Split
	for after := (Cursor{}); ; {
		ms, next, err := s.MembersOf(ctx, m.From, after, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if next == after {
			return nil
		}
		for _, x := range ms {
			if !m.takes(x) {
				continue
			}
			if !begun { // not before: where another split was faster there is nobody left to go
				if err := s.begin(ctx, m, from); err != nil {
					return err
				}
				begun = true
			}
			if err := s.moveOne(ctx, m, from, x); err != nil && !errors.Is(err, ErrErased) {
				return err
			}
		}
		after = next
	}
}

// takes reports whether m is about a worker.
func (m moving) takes(x cases.Member) bool {
	switch {
	case x.Left:
		return false
	case !m.Split || slices.Contains(m.Workers, x.Worker):
		return true
	}
	return len(m.Workers) == 0 && flows.Dissents(x, m.Issue, m.Round)
}

// begin opens the case that is split off.
func (s *Store) begin(ctx context.Context, m moving, from cases.Case) error {
	r := &cases.Report{ID: m.Into, Begun: m.At, Sent: m.At, Severity: from.Severity}
	for _, i := range from.Issues {
		if m.Issue == "" || i.Kind == m.Issue {
			r.Kinds = append(r.Kinds, i.Kind)
		}
	}
	if from.Country != "" {
		r.Answers = map[string]cases.Answer{"country": {Choices: []string{from.Country}}}
	}
	n := cases.Entry{Key: "split/" + string(m.Into), Case: m.Into, Kind: cases.Opened, At: m.At, Role: cases.System, Org: from.Org, Other: string(m.From),
		Severity: from.Severity, Lang: from.Lang, Channel: from.Channel, Report: r}
	_, err := s.enter(ctx, change{by: cases.Bot, n: n})
	return err
}

// moveOne has a worker hear of it, arrive and leave. Whoever is found to have
// arrived has heard of it, so a job that is taken again costs a look at each.
func (s *Store) moveOne(ctx context.Context, m moving, from cases.Case, x cases.Member) error {
	there, _, err := s.member(ctx, s.caseID(m.Into), x.Worker)
	if err != nil {
		return err
	}
	if there == nil || there.From != m.From {
		what := flows.MovedTo
		switch {
		case m.Split && m.Issue != "" && len(x.Claims) > 1:
			what = flows.AlsoIn
		case m.Split:
			what = flows.PartTo
		}
		e := channels.Event{ID: "moved/" + m.Key + "/" + string(x.Worker), Kind: channels.Brought, What: what, At: m.At, Case: string(m.Into), Topic: string(m.From)}
		if x.Chat != "" {
			if err := s.arrive(ctx, x.Chat, e); err != nil {
				return err
			}
		}
		if err := s.takeIn(ctx, m, from, x); err != nil {
			return err
		}
	}
	if m.Split {
		return s.letGo(ctx, m, x.Worker)
	}
	return nil
}

// takeIn has a worker take part in the other case, once.
func (s *Store) takeIn(ctx context.Context, m moving, from cases.Case, x cases.Member) error {
	w := x.Worker
	n := cases.Entry{Key: "moved/" + m.Key + "/" + string(m.Into) + "/" + string(w), Case: m.Into, Member: w, Kind: cases.Joined, At: m.At, Role: cases.System,
		Other: string(m.From), Trigger: "merged", Lang: x.Lang, Channel: x.Channel}
	if m.Split {
		n.Trigger = "split"
		x.Claims = slices.DeleteFunc(slices.Clone(x.Claims), func(c cases.Claim) bool { return m.Issue != "" && c.Issue != m.Issue })
	}
	fromID := s.caseID(m.From)
	r, err := s.b.Get(ctx, ShardOf(fromID), reports, reportID(fromID, w))
	if err != nil {
		return err
	}
	if r.Body != nil {
		n.Report = new(cases.Report)
		if err := decode(r.Body, n.Report); err != nil {
			return err
		}
	}
	return s.make(ctx, n, func(was cases.Case, kept *cases.Member) (flows.Change, bool) {
		if kept != nil && !kept.Left {
			n.Report = nil // what the worker told here stays
		}
		return flows.TakeIn(was, kept, x, from, n), true
	})
}

// letGo has a worker leave the first case, once.
func (s *Store) letGo(ctx context.Context, m moving, w cases.WorkerID) error {
	n := cases.Entry{Key: "parted/" + m.Key + "/" + string(w), Case: m.From, Member: w, Kind: cases.Split, Issue: m.Issue, At: m.At, Role: cases.System, Other: string(m.Into)}
	return s.make(ctx, n, func(was cases.Case, kept *cases.Member) (flows.Change, bool) {
		if kept == nil || kept.Left {
			return flows.Change{}, false
		}
		return flows.LetGo(was, *kept, m.Issue, n), true
	})
}

// make commits what by says of a case and the worker whom n is about, once,
// and again when somebody was faster.
func (s *Store) make(ctx context.Context, n cases.Entry, by func(cases.Case, *cases.Member) (flows.Change, bool)) error {
	x := change{by: cases.Bot, n: n}
	for {
		was, err := s.opened(ctx, x)
		if err != nil {
			return err
		}
		kept, r, err := s.aboutWhom(ctx, was, n)
		if err != nil {
			return err
		}
		ch, ok := by(was.Case, kept)
		if !ok {
			return nil
		}
		_, err = s.commitChange(ctx, x, was, kept, r, ch)
		switch {
		case errors.Is(err, ErrSeen):
			return nil
		case !errors.Is(err, ErrStale):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// arrive puts something from a case into a conversation, once.
func (s *Store) arrive(ctx context.Context, conv string, e channels.Event) error {
	k, err := s.read(ctx, conv)
	if err != nil || !k.kept {
		return err
	}
	e.From = k.With
	b := s.arrival(conv, e)
	if _, err = s.commit(ctx, b); errors.Is(err, ErrSeen) {
		err = nil
	}
	s.hints.left(turns, 1<<b.Shard)
	return err
}
