package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// A sender delivers what is waiting on one channel: several workers' parcels
// at a time, each worker's messages one after the other. Every channel has its
// own, so that one slow platform holds nobody else up.
//
// Parcels come claimed with the commit that made them, with the settlement of
// the parcel before, or from Claim where nobody took them on.
type sender struct {
	e       *Engine
	a       channels.Adapter
	info    channels.Info
	bell    bell // rings when something may be there to claim
	media   bell // rings when something may be there to download
	parcels chan store.Parcel
	settled chan store.Settlement
	rate    *rater
	polls   bool
	noQuota atomic.Bool
	clean   keys // messages that were held or refused here, and so surely not delivered
	doubted keys // messages of which nobody knows
}

func newSender(e *Engine, a channels.Adapter) *sender {
	i := a.Info()
	return &sender{e: e, a: a, info: i, bell: newBell(), media: newBell(), rate: newRater(i),
		parcels: make(chan store.Parcel, 4*sending), settled: make(chan store.Settlement, sending)}
}

// take sends p soon. Where too much waits already, p goes back to the outbox.
func (s *sender) take(p store.Parcel) {
	select {
	case s.parcels <- p:
	default:
		go s.putBack(p)
	}
}

func (s *sender) putBack(p store.Parcel) {
	if _, err := s.e.Store.Settle(context.Background(), lease, store.Settlement{Parcel: p, Retry: s.e.Now()}); err != nil {
		s.e.Log.Error("a message is not put back, it waits for its lease to end", "channel", s.info.ID, "err", err)
	}
	s.e.Store.Due(p)
}

// run sends until ctx is done, then finishes what it has begun.
func (s *sender) run(ctx context.Context) error {
	if st, err := s.e.Store.Channel(ctx, s.info.ID); err == nil && !st.BusyUntil.IsZero() {
		s.rate.hold(st.BusyUntil)
	}
	var senders, settler sync.WaitGroup
	for range sending {
		senders.Go(func() { s.send(ctx) })
	}
	settler.Go(s.settle)
	s.bell.loop(ctx, tick, s.claim) //nolint:errcheck // always nil
	senders.Wait()
	close(s.settled)
	settler.Wait()
	for len(s.parcels) > 0 {
		s.putBack(<-s.parcels)
	}
	return nil
}

// claim takes on what nobody holds, and reports whether there may be more.
func (s *sender) claim(ctx context.Context) bool {
	n := min(cap(s.parcels)-len(s.parcels), sending)
	if n <= 0 {
		return false
	}
	ps, err := s.e.Store.Claim(ctx, s.info.ID, n, lease)
	if err != nil && ctx.Err() == nil {
		s.e.Log.Error("messages cannot be claimed: look at the store", "channel", s.info.ID, "err", err)
	}
	for _, p := range ps {
		s.take(p)
	}
	return len(ps) == n
}

// send delivers parcels until ctx is done.
func (s *sender) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-s.parcels:
			if ctx.Err() != nil { // either may come first
				s.putBack(p)
				return
			}
			s.settled <- s.deliver(ctx, p)
		}
	}
}

// deliver makes the first request of p that may be made. What follows it comes
// back with its settlement: so a crash leaves one request in doubt, and not all
// of a parcel. What was begun is finished; while it waits for its turn, ctx may
// end it.
func (s *sender) deliver(ctx context.Context, p store.Parcel) store.Settlement {
	st := store.Settlement{Parcel: p}
	left := s.left(p)
	for st.Gone < len(p.Messages) {
		m := p.Messages[st.Gone]
		c, session, err := s.e.Store.Standing(context.WithoutCancel(ctx), p)
		if err != nil {
			s.e.Log.Error("whether a message may be sent cannot be read, it waits: look at the store", "err", err)
			st.Retry = s.e.Now().Add(pauseAfter(p.Attempts))
			return st
		}
		v := gate(c, session, m, s.info, s.e.Now())
		if v.do == drop {
			s.e.count("messages_dropped", v.why)
			st.Sent, st.Gone = append(st.Sent, store.Sent{Key: m.Key, State: store.DroppedState, Reason: v.why}), st.Gone+1
			continue
		}
		if v.do == wait || v.do == park {
			s.e.count("messages_held", v.why)
			if p.Attempts == 1 {
				s.clean.add(m.Key)
			}
			if v.do == park {
				st.Sent = append(st.Sent, s.knock(ctx, c, session, m)...)
			}
			st.Retry = v.until
			return st
		}
		n := s.together(c, session, p.Messages[st.Gone:])
		if retry := s.turn(ctx, m, n); !retry.IsZero() {
			if p.Attempts == 1 {
				s.clean.add(m.Key)
			}
			st.Retry = retry
			return st
		}
		s.transmit(ctx, p, n, left, &st)
		return st
	}
	return st
}

// together returns how many messages can go in one request: those that the
// gate lets pass as well.
func (s *sender) together(c store.Conversation, session flows.Session, ms []channels.Outbound) int {
	if _, ok := s.a.(channels.Batcher); !ok || s.info.PerRequest < 2 {
		return 1
	}
	// What is repeated is repeated as it was: its key stands for all of it. So
	// a request holds what one step has said, which another process can tell
	// too; more only where nothing of it can be in doubt.
	n, doubted, clean := 0, s.doubted.has(ms[0].Key), s.clean.has(ms[0].Key)
	for n < len(ms) && n < s.info.PerRequest && s.doubted.has(ms[n].Key) == doubted && (clean || stepOf(ms[n].Key) == stepOf(ms[0].Key)) &&
		len(ms[n].Delete) == 0 && !ms[n].Leave && gate(c, session, ms[n], s.info, s.e.Now()).do == pass {
		n++
	}
	return max(n, 1)
}

// stepOf returns what the keys of all messages of one step begin with.
func stepOf(key string) string {
	step, _, _ := strings.Cut(key, "/")
	return step
}

// turn waits for the channel's rate. For a worker's own rate, or when it would
// take long, it returns when to try again instead.
func (s *sender) turn(ctx context.Context, m channels.Outbound, n int) (retry time.Time) {
	for {
		now := s.e.Now()
		d, chat := s.rate.take(m.To.User, n, now)
		if d <= 0 {
			return time.Time{}
		}
		if chat && d > 300*time.Millisecond || d > 2*time.Second {
			return now.Add(d)
		}
		t := time.NewTimer(d)
		select {
		case <-ctx.Done():
			t.Stop()
			return now.Add(d)
		case <-t.C:
		}
	}
}

// transmit sends the next n messages of p and writes into st what became of them.
func (s *sender) transmit(ctx context.Context, p store.Parcel, n int, left bool, st *store.Settlement) {
	ms := p.Messages[st.Gone : st.Gone+n]
	again := left || s.doubted.has(ms[0].Key)
	if again && s.info.Receipts && s.arrived(ctx, ms[0]) {
		s.doubted.drop(ms[0].Key)
		st.Sent, st.Gone = append(st.Sent, store.Sent{Key: ms[0].Key, State: store.SentState}), st.Gone+1
		return
	}
	ids, err := s.request(context.WithoutCancel(ctx), ms, again)
	if err == nil {
		state := store.SentState
		if again && (!s.info.Idempotent || ms[0].ReplyToken != "") { // a reply has no key that the platform knows it by
			state = store.MaybeTwice
			s.e.count("messages_maybe_twice", string(s.info.ID))
		}
		for i, m := range ms {
			sent := store.Sent{Key: m.Key, State: state}
			if i < len(ids) {
				sent.MessageID = ids[i]
			}
			st.Sent = append(st.Sent, sent)
			s.clean.drop(m.Key)
			s.doubted.drop(m.Key)
		}
		s.e.count("messages_sent", string(s.info.ID))
		st.Gone += n
		return
	}
	attempts := 1
	if st.Gone == 0 {
		attempts = p.Attempts
	}
	s.failed(ctx, ms, attempts, again, err, st)
}

// left reports whether p was claimed before and not put back here: an engine
// stopped while it was sending, so nobody knows of any message in it.
func (s *sender) left(p store.Parcel) bool {
	head := p.Messages[0].Key
	return p.Attempts > 1 && !s.clean.has(head) && !s.doubted.has(head)
}

// request makes one request of the adapter.
func (s *sender) request(ctx context.Context, ms []channels.Outbound, again bool) (ids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	m := ms[0]
	switch {
	case len(m.Delete) > 0:
		return nil, s.e.remove(ctx, s.a, m)
	case m.Leave:
		if l, ok := s.a.(channels.Leaver); ok {
			return nil, l.Leave(ctx, m.To)
		}
		return nil, nil
	}
	for i := range ms {
		ms[i].Again = again
		if err := s.e.open(&ms[i], s.info); err != nil {
			return nil, &channels.SendError{Reason: channels.Rejected, Err: err}
		}
	}
	for _, m := range ms[1:] { // one free answer carries all: the right that ends last
		if m.ReplyUntil.After(ms[0].ReplyUntil) {
			ms[0].ReplyToken, ms[0].ReplyUntil = m.ReplyToken, m.ReplyUntil
		}
	}
	if b, ok := s.a.(channels.Batcher); ok && len(ms) > 1 {
		return b.SendAll(ctx, ms)
	}
	id, err := s.a.Send(ctx, ms[0])
	return []string{id}, err
}

// failed decides what becomes of a message that was not sent, or of which
// nobody knows. A lost message does more harm than one that comes twice, so
// what nobody knows is sent again, and counted.
func (s *sender) failed(ctx context.Context, ms []channels.Outbound, attempts int, again bool, err error, st *store.Settlement) {
	m := ms[0]
	now := s.e.Now()
	after := pauseAfter(attempts)
	var no *channels.SendError
	if !errors.As(err, &no) {
		for _, m := range ms {
			s.doubted.add(m.Key)
		}
		s.e.count("messages_unknown", string(s.info.ID))
		s.e.Log.Warn("nobody knows whether a message was delivered, it is sent again", "message", m, "attempt", attempts, "err", err)
		if s.info.Receipts {
			after = max(after, 3*time.Second) // the platform's receipt may clear it up
		}
		st.Retry = now.Add(after)
		return
	}
	if !again {
		s.clean.add(m.Key)
	}
	s.e.count("messages_refused", string(no.Reason))
	switch no.Reason {
	case channels.Busy:
		if no.After > 0 {
			after = no.After
			s.busy(ctx, now.Add(after))
		}
	case channels.Unreachable:
		st.Retry = store.Held
		s.e.Log.Info("a worker cannot be reached, what waits is held", "message", m)
		s.e.gone(ctx, m.To)
		return
	case channels.OutOfWindow:
		st.Retry = store.Held
		return
	case channels.Rejected:
		s.e.Log.Error("the platform refuses a message for good: mend the text or the limits", "message", m, "err", err)
		st.Sent, st.Gone = append(st.Sent, store.Sent{Key: m.Key, State: store.FailedState, Reason: string(no.Reason)}), st.Gone+1
		return
	case channels.NoQuota, channels.Misset, channels.Stranger:
		after = max(after, 10*time.Minute)
		s.noQuota.Store(no.Reason == channels.NoQuota)
		s.e.Log.Error("messages are held: the operator must act", "channel", s.info.ID, "reason", no.Reason, "err", err)
	}
	st.Retry = now.Add(after)
}

// pauseAfter grows with the attempts, up to an hour.
func pauseAfter(attempts int) time.Duration {
	return min(500*time.Millisecond<<min(max(attempts-1, 0), 13), time.Hour)
}

// busy stops the whole channel as the platform asked, also over a restart.
func (s *sender) busy(ctx context.Context, until time.Time) {
	until = s.rate.hold(until)
	if until.Sub(s.e.Now()) < 5*time.Second {
		return
	}
	err := s.e.Store.PutChannel(context.WithoutCancel(ctx), s.info.ID, func(st *store.ChannelState) { st.BusyUntil = until })
	if err != nil {
		s.e.Log.Error("the platform's pause is not kept over a restart", "channel", s.info.ID, "err", err)
	}
}

// settle writes down what became of parcels, as many at once as have come. It
// ends when settled is closed.
func (s *sender) settle() {
	for st := range s.settled {
		ss := []store.Settlement{st}
		for more := true; more && len(ss) < sending; {
			select {
			case st, ok := <-s.settled:
				if more = ok; ok {
					ss = append(ss, st)
				}
			default:
				more = false
			}
		}
		next, err := s.e.Store.Settle(context.Background(), lease, ss...)
		if err != nil { // what is not settled is sent again when its lease has run out
			s.e.Log.Error("what became of messages is not kept: look at the store", "channel", s.info.ID, "err", err)
		}
		for i, p := range next {
			if p != nil {
				s.take(*p)
			}
			if st := ss[i]; !st.Retry.IsZero() && st.Retry.Before(store.Held) {
				s.later(st)
			}
		}
		if len(s.parcels) == 0 { // there is room for what was put back
			s.bell.ring()
		}
	}
}

// later wakes the sender when the time to try again has come. Times far away
// are found by the tick.
func (s *sender) later(st store.Settlement) {
	d := st.Retry.Sub(s.e.Now())
	if d > time.Hour {
		return
	}
	time.AfterFunc(d+time.Millisecond, func() { s.e.Store.Due(st.Parcel); s.bell.ring() })
}
