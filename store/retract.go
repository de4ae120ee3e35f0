package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
)

// A worker who takes a message back must find it gone: the words and what was
// attached leave the transcript, the session, the cases' timelines and the
// reports. What stands in a log is written over in its place, and the batch
// asks for the files to be scrubbed.

// A retraction is what a conversation's cases have yet to forget.
type retraction struct {
	Conv     string
	Worker   cases.WorkerID
	Messages []string // the platform's names
	Texts    []string // hidden names of the words
	Keys     []string // of entries
	Media    []string // the platform's names of what was attached
	Refs     []string // what was kept of it
	Cases    []cases.ID
}

// taken reports whether e is about one of the messages taken back.
func taken(messages []string, e channels.Event) bool {
	return e.Message != "" && !e.Kind.Receipt() && slices.Contains(messages, e.Message)
}

// retract adds to the batch of c what makes messages unreadable here, and a
// job that does so in the cases.
func (s *Store) retract(ctx context.Context, c *closing) error {
	conv := c.t.conv
	x := retraction{Conv: conv, Worker: c.next.Worker, Messages: c.o.Retract}
	var all []Exchange
	for from := int64(0); ; {
		xs, err := s.scan(ctx, conv, from, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if all = append(all, xs...); len(xs) < 200 {
			break
		}
		from = xs[len(xs)-1].Place + 1
	}
	all = append(all, Exchange{Place: -1, Said: c.t.Events}) // not kept yet
	var said []string
	for _, e := range all {
		said = append(said, s.gather(&x, e)...)
	}
	for _, e := range all {
		if e.Place >= 0 && blank(&e, x.Messages, said) {
			c.b.Blank = append(c.b.Blank, Blank{Log: conv + "/log", Place: e.Place, Subject: talk(conv, c.t.was.Talk), Body: encode(e)})
		}
	}
	for i, m := range c.next.Session.Mine {
		x.Cases = append(x.Cases, m.ID)
		if m.Report != nil {
			r := m.Report.Clone()
			s.forgetIn(r, x)
			c.next.Session.Mine = slices.Clone(c.next.Session.Mine)
			c.next.Session.Mine[i].Report = r
		}
	}
	if d := c.next.Session.Draft; d != nil {
		c.next.Session.Draft = d.Clone()
		s.forgetIn(c.next.Session.Draft, x)
	}
	if d := c.next.Session.Danger; d != nil {
		x.Cases = append(x.Cases, d.Case)
	}
	c.next.Session.Early = s.forgetParts(c.next.Session.Early, x)
	slices.Sort(x.Cases)
	x.Cases = slices.Compact(x.Cases)
	c.b.Jobs = append(c.b.Jobs, Job{Lane: Lane{entries, conv}, Subject: conv, Body: encode(filing{Retract: &x}), Due: c.b.At})
	c.b.Scrub = true
	return nil
}

// gather notes in x what e tells of the messages taken back, and returns their words.
func (s *Store) gather(x *retraction, e Exchange) (said []string) {
	for _, v := range e.Said {
		if !taken(x.Messages, v) {
			continue
		}
		for _, text := range []string{v.Text, v.Raw} {
			if text != "" {
				said, x.Texts = append(said, text), append(x.Texts, s.name("text", text))
			}
		}
		for _, m := range v.Media {
			x.Media = append(x.Media, m.Ref)
			x.Keys = append(x.Keys, mediaKey(x.Conv+"~"+s.name(mediaKind, m.Ref)))
		}
		for _, n := range e.Entered {
			if v.ID != "" && (n.Key == v.ID || strings.HasPrefix(n.Key, v.ID+"/")) {
				x.Keys = append(x.Keys, n.Key)
			}
			if n.Case != "" {
				x.Cases = append(x.Cases, n.Case)
			}
		}
	}
	return said
}

// blank takes out of an exchange what was taken back, and what of ours repeats
// it. It reports whether there was anything.
func blank(x *Exchange, messages, said []string) (some bool) {
	for i, e := range x.Said {
		if taken(messages, e) && (e.Text != "" || e.Raw != "" || len(e.Media) > 0 || e.Place != nil) {
			x.Said[i] = channels.Event{ID: e.ID, Kind: e.Kind, From: e.From, At: e.At, Message: e.Message}
			some = true
		}
	}
	for i, m := range x.Sent {
		if repeats(m.Text, said) {
			x.Sent[i].Text, some = "", true
		}
	}
	return some
}

// repeats reports whether text quotes one of the worker's. A word or two may
// stand in any text.
func repeats(text string, said []string) bool {
	return slices.ContainsFunc(said, func(s string) bool { return len(s) > 8 && strings.Contains(text, s) })
}

// forgetParts returns what is left of a story.
func (s *Store) forgetParts(ps []cases.Part, x retraction) []cases.Part {
	return slices.DeleteFunc(slices.Clone(ps), func(p cases.Part) bool {
		return p.Message != "" && slices.Contains(x.Messages, p.Message)
	})
}

// forgetIn takes out of a report what was taken back. It reports whether there
// was anything.
func (s *Store) forgetIn(r *cases.Report, x retraction) (some bool) {
	n := len(r.Story)
	r.Story = s.forgetParts(r.Story, x)
	some = len(r.Story) < n
	for q, a := range r.Answers {
		if a.Text != "" && slices.Contains(x.Texts, s.name("text", a.Text)) {
			a.Text, some = "", true
			r.Answers[q] = a
		}
	}
	return some
}

// retractCases has the cases of a conversation forget what was taken back. It
// may be done again after a crash.
func (s *Store) retractCases(ctx context.Context, x retraction) error {
	for _, ref := range x.Media {
		if err := s.discard(ctx, &x, ref); err != nil {
			return err
		}
	}
	for _, id := range x.Cases {
		if err := s.retractCase(ctx, s.caseID(id), x); err != nil {
			return err
		}
	}
	return nil
}

// discard deletes what is kept of an attachment.
func (s *Store) discard(ctx context.Context, x *retraction, ref string) error {
	id := x.Conv + "~" + s.name(mediaKind, ref)
	r, err := s.b.Get(ctx, ShardOf(id), mediaKind, id)
	if err != nil {
		return err
	}
	var m keptMedia
	if err := decode(r.Body, &m); err != nil {
		return err
	}
	if m.Attachment != nil {
		x.Refs = append(x.Refs, m.Attachment.Ref)
		if err := s.unkeep(ctx, m.Attachment); err != nil {
			return err
		}
	}
	r.Body = encode(keptMedia{Taken: true})
	_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{{Record: r, Subject: x.Conv}}, Scrub: true})
	return err
}

// retractCase writes over what a case's timeline and report hold.
func (s *Store) retractCase(ctx context.Context, id string, x retraction) error {
	b := Batch{Shard: ShardOf(id), At: s.now(), Scrub: true}
	for from := int64(0); ; from += 200 {
		bodies, first, err := s.b.Scan(ctx, b.Shard, id+"/log", from, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		for i, body := range bodies {
			l, some, err := s.retractLine(ctx, id, body, x)
			if err != nil {
				return err
			}
			if some {
				b.Blank = append(b.Blank, Blank{Log: id + "/log", Place: first + int64(i), Subject: id, Body: encode(l)})
			}
		}
		if len(bodies) < 200 {
			break
		}
	}
	r, err := s.b.Get(ctx, b.Shard, reports, reportID(id, x.Worker))
	if err != nil {
		return err
	}
	if r.Body != nil {
		var p cases.Report
		if err := decode(r.Body, &p); err != nil {
			return err
		}
		if s.forgetIn(&p, x) {
			r.Body = encode(p)
			b.Put = []Put{{Record: r, Subject: string(x.Worker)}}
		}
	}
	if len(b.Blank)+len(b.Put) == 0 {
		return nil
	}
	_, err = s.commit(ctx, b)
	return err
}

// retractLine returns what is left of a line, and whether anything went.
func (s *Store) retractLine(ctx context.Context, id string, body []byte, x retraction) (l line, some bool, err error) {
	if err := decode(body, &l); err != nil || l.Words == nil {
		return l, false, err
	}
	n, err := s.entry(ctx, id, l)
	if err != nil || n.Worker != x.Worker {
		return l, false, err
	}
	if n.Report != nil {
		n.Report = n.Report.Clone()
		some = s.forgetIn(n.Report, x)
	}
	if n.Text != "" && (slices.Contains(x.Keys, n.Key) || slices.Contains(x.Texts, s.name("text", n.Text))) {
		n.Text, some = "", true
	}
	had := len(n.Media)
	n.Media = slices.DeleteFunc(n.Media, func(a cases.Attachment) bool {
		return slices.Contains(x.Refs, a.Ref) || slices.Contains(x.Media, a.Ref) || slices.Contains(x.Keys, n.Key)
	})
	some = some || len(n.Media) < had
	if !some {
		return l, false, nil
	}
	l, err = s.write(ctx, id, n)
	return l, true, err
}
