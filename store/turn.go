package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// Begin returns a turn of e alone, which nothing has stored yet. Its Commit
// keeps the event together with the outcome, unless e was seen before (ErrSeen)
// or the conversation has other things to answer first (ErrStale: Receive e).
//
// A receipt that asks for no turn is ErrStale at once.
func (s *Store) Begin(ctx context.Context, e channels.Event) (*Turn, error) {
	if e.Kind.Receipt() && e.Kind != channels.Failed {
		return nil, ErrStale
	}
	p, err := s.resolve(ctx, e)
	if err != nil {
		return nil, err
	}
	t := &Turn{Events: []channels.Event{e}, conv: p.conv, names: p.names, left: p.left}
	s.stand(t, p.k)
	return t, nil
}

// Next leases a conversation that has something to answer. Until the lease
// ends nobody else gets that conversation. What waits together comes in the
// order of its platform, see [channels.Order]. It returns nil when there is
// nothing to do.
func (s *Store) Next(ctx context.Context, lease time.Duration) (*Turn, error) {
	for {
		f, now := fence(), s.now()
		hs, err := s.claim(ctx, Claim{Queue: turns, At: now, Until: now.Add(lease), Fence: f, Lanes: 1, Jobs: perTurn})
		if len(hs) == 0 {
			return nil, err
		}
		h := hs[0]
		t := &Turn{conv: h.Lane.ID, held: Done{Lane: h.Lane, Fence: f, N: len(h.Jobs)}}
		for _, b := range h.Jobs {
			var e channels.Event
			if err := decode(b, &e); err != nil {
				return nil, err
			}
			t.Events = append(t.Events, e)
		}
		inOrder(t.Events)
		moved, err := s.take(ctx, t)
		if err != nil {
			return nil, err
		}
		if !moved {
			return t, nil
		}
	}
}

// inOrder puts what a worker did into the order of its platform, but never across
// an event of our own: whether a caseworker had the conversation then is told by
// which of the two came first here, and a platform may know only the second.
func inOrder(es []channels.Event) {
	own := func(e channels.Event) bool { return e.Kind.Own() }
	for len(es) > 0 {
		n := slices.IndexFunc(es, own)
		if n < 0 {
			n = len(es)
		}
		slices.SortStableFunc(es[:n], channels.Order)
		es = es[min(n+1, len(es)):]
	}
}

// take reads where the conversation of t stands. It reports whether the events
// have gone to another conversation instead, to which their name now leads.
func (s *Store) take(ctx context.Context, t *Turn) (moved bool, err error) {
	k, err := s.read(ctx, t.conv)
	if err != nil {
		return false, err
	}
	if k.To != "" {
		return true, s.forward(ctx, t, k.To)
	}
	for _, e := range t.Events {
		if e.Alias == "" {
			continue
		}
		p, err := s.resolve(ctx, e)
		if err != nil {
			return false, err
		}
		if p.conv != t.conv {
			return true, s.forward(ctx, t, p.conv)
		}
		k = p.k
		t.names = append(t.names, p.names...)
		if p.left != "" {
			t.left = p.left
		}
	}
	s.stand(t, k)
	return false, nil
}

// forward moves the events of t to another conversation. A crash in between
// repeats it without effect.
func (s *Store) forward(ctx context.Context, t *Turn, conv string) error {
	for _, e := range t.Events {
		_, err := s.commit(ctx, s.arrival(conv, e))
		if err != nil && !errors.Is(err, ErrSeen) {
			return err
		}
	}
	t.held.Due = s.now()
	_, err := s.commit(ctx, Batch{Shard: ShardOf(t.conv), At: s.now(), Done: []Done{t.held}})
	s.hints.left(turns, 1<<ShardOf(conv)|1<<ShardOf(t.conv))
	if errors.Is(err, ErrStale) {
		return nil
	}
	return err
}

// stand fills in what is known of t's conversation.
func (s *Store) stand(t *Turn, k *known) {
	t.was, t.Session, t.Conversation = k, k.Session, k.Conversation
	if !k.kept {
		// Neither pseudonym nor key nor epoch of one erased before comes again.
		t.Conversation = Conversation{ID: t.conv, Worker: cases.WorkerID(t.conv + "~w" + itoa(k.version)), Talk: int(k.version), Epoch: k.version, Org: s.home}
	}
	for _, e := range t.Events {
		if !e.Kind.Receipt() && !e.Kind.Own() || t.Conversation.With.User == "" {
			t.Conversation.With = e.From
		}
	}
	t.With, t.Worker = t.Conversation.With, t.Conversation.Worker
}

// Commit applies all of o, or nothing, and ends the turn. It returns ErrStale
// if the turn's lease was lost or the conversation has moved on.
//
// If no earlier message to the worker is on its way, the parcel of o's answers
// is claimed for lease and returned; otherwise it is nil and waits its turn.
// Where the worker did something, all that was held back for it is due.
func (s *Store) Commit(ctx context.Context, t *Turn, o Outcome, lease time.Duration) (*Parcel, error) {
	c, err := s.close(ctx, t, &o, lease)
	if err != nil {
		return nil, err
	}
	r, err := s.commit(ctx, c.b)
	if errors.Is(err, ErrErased) { // meanwhile, by somebody else
		err = ErrStale
	}
	if err != nil {
		s.beaten.Store(c.b.At.UnixNano())
		s.recent.drop(t.conv)
		for _, e := range t.Events {
			s.forget(e)
		}
		return nil, err
	}
	s.recent.put(t.conv, c.now)
	s.joins.end(t.Events)
	s.tell(t.conv, c.next.Org)
	if len(c.b.Done) > 0 { // events may have come meanwhile
		s.hints.left(turns, 1<<c.b.Shard)
	}
	for _, j := range c.b.Jobs {
		if j.Fence == 0 {
			s.hints.left(j.Lane.Queue, 1<<c.b.Shard)
		}
	}
	if r.Rang {
		for _, l := range c.b.Ring {
			s.hints.left(l.Queue, 1<<c.b.Shard)
		}
	}
	t.Due = r.Rang || c.pushes
	s.hints.left(c.parcel.lane.Queue, 0)
	if !r.Held {
		return nil, nil
	}
	return c.parcel, nil
}

// A closing is what a turn comes to.
type closing struct {
	s      *Store
	t      *Turn
	o      *Outcome
	b      Batch
	now    *known    // after the turn
	next   *standing // in now
	parcel *Parcel
	pushes bool
}

func (s *Store) closing(t *Turn, o *Outcome) *closing {
	c := &closing{s: s, t: t, o: o, b: Batch{Shard: ShardOf(t.conv), At: s.now()}}
	c.now = &known{version: t.was.version + 1, kept: true, at: c.b.At}
	c.next = &c.now.standing
	return c
}

// close writes in one batch what o makes of t.
func (s *Store) close(ctx context.Context, t *Turn, o *Outcome, lease time.Duration) (*closing, error) {
	c := s.closing(t, o)
	if t.held.Lane == (Lane{}) {
		c.b.Once = []string{s.event(t.conv, t.Events[0])}
		c.b.Idle = []Lane{{turns, t.conv}}
	} else {
		t.held.Due = c.b.At
		c.b.Done = []Done{t.held}
	}
	c.stand()
	if err := s.pairing(ctx, c); err != nil {
		return nil, err
	}
	if len(o.Retract) > 0 {
		if err := s.retract(ctx, c); err != nil {
			return nil, err
		}
	}
	if o.Erase != "" {
		if err := c.erase(o.Erase); err != nil {
			return nil, err
		}
		c.b.Blank = nil // what they would be in is gone
	}
	record := t.was.put(t.conv, c.next)
	c.b.Put = append(c.b.Put, record)
	c.transcribe()
	c.queue(lease)
	for _, came := range o.Came {
		c.b.Add = append(c.b.Add, s.came(came))
	}
	c.b.Add = append(c.b.Add, tally(record)...)
	return c, nil
}

// stand works out where the conversation stands after the turn.
func (c *closing) stand() {
	t, o := c.t, c.o
	n := c.next
	n.Session, n.Conversation, n.Names, n.Left = o.Session, t.Conversation, t.was.Names, t.was.Left
	for _, id := range t.names {
		if !slices.Contains(n.Names, id) {
			n.Names = append(slices.Clip(n.Names), id)
		}
	}
	if t.left != "" && !slices.Contains(n.Left, t.left) {
		n.Left = append(slices.Clip(n.Left), t.left)
		n.Names = slices.DeleteFunc(slices.Clone(n.Names), func(id string) bool { return id == t.left })
	}
	for _, a := range t.was.Fired {
		if slices.ContainsFunc(o.Session.Alarms, func(b flows.Alarm) bool { return same(a, b) }) {
			n.Fired = append(n.Fired, a)
		}
	}
	for _, e := range t.Events {
		if acts(e.Kind) {
			n.Gone = false
			if at := e.At; at.IsZero() || at.After(c.b.At) {
				n.LastIn = c.b.At
			} else if at.After(n.LastIn) {
				n.LastIn = at
			}
			c.b.Ring = []Lane{{outbox(t.With.Channel), t.conv}, {pushbox(t.With.Channel), t.conv}}
		}
	}
	if o.Gone != nil {
		n.Gone = *o.Gone
	}
	if w := c.s.joins.worker(t.Events); w != "" {
		n.Worker = w
	}
	if o.Summon != nil {
		n.summon(o.Summon.Severity, c.b.At)
	}
	n.hear(t.Events, o, c.b.At)
}

// queue adds what is to be sent, fetched and filed.
func (c *closing) queue(lease time.Duration) {
	t, now := c.t, c.b.At
	c.parcel = &Parcel{shard: c.b.Shard, lane: Lane{outbox(t.With.Channel), t.conv}, fence: fence(), Attempts: 1, near: true}
	for _, m := range c.o.Send {
		m.Owner = c.next.Epoch
		j := Job{Lane: c.parcel.lane, Subject: t.conv, Body: encode(m), Due: now}
		if m.Class == channels.Push || m.Class == channels.Nudge {
			j.Lane.Queue, c.pushes = pushbox(t.With.Channel), true
		} else {
			j.Fence, j.Until = c.parcel.fence, now.Add(lease)
			c.parcel.Messages = append(c.parcel.Messages, m)
		}
		c.b.Jobs = append(c.b.Jobs, j)
	}
	for _, f := range c.o.Fetch {
		c.b.Jobs = append(c.b.Jobs, Job{Lane: Lane{mediabox(t.With.Channel), t.conv}, Subject: t.conv, Due: now,
			Body: encode(fetching{Fetch: f, Talk: c.next.Talk, Worker: c.next.Worker, At: now})})
	}
	c.b.Jobs = append(c.b.Jobs, stood(t.conv, c.o.Stands, now)...)
	for _, n := range c.o.Entries { // a case may be in another shard, so a job takes them there
		c.b.Jobs = append(c.b.Jobs, Job{Lane: Lane{entries, t.conv}, Subject: t.conv, Body: encode(filing{Entry: &n}), Due: now})
	}
}

// event returns the key that tells whether e was seen in a conversation.
func (s *Store) event(conv string, e channels.Event) string {
	return conv + "/seen/" + s.name("event", string(e.From.Channel), e.ID, conv)
}

// String shows nothing of what was said.
func (t Turn) String() string {
	return fmt.Sprintf("turn of %d events with %v", len(t.Events), t.With)
}

// GoString shows no more than String.
func (t Turn) GoString() string { return t.String() }

// String shows nothing of what is said.
func (o Outcome) String() string {
	return fmt.Sprintf("outcome of %d messages and %d entries", len(o.Send), len(o.Entries))
}

// GoString shows no more than String.
func (o Outcome) GoString() string { return o.String() }
