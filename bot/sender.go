package bot

import (
	"context"
	"slices"
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
	bell    bell         // rings when something may be there to claim
	media   bell         // rings when something may be there to download
	parcels chan claimed // answers and alerts
	pushes  chan claimed // what nobody has asked for: it gives way to those
	settled chan store.Settlement
	hand    hand
	rate    *rater
	share   share
	polls   bool
	begun   time.Time // when the program started
	noQuota atomic.Bool
	month   atomic.Pointer[month] // of what the platform sells; nil: no limit, or nobody knows
	sold    atomic.Int64          // messages since the platform was asked for month
	tier    sync.Mutex            // held while a template is counted
	clean   keys                  // messages that were held or refused here, and so surely not delivered
	doubted keys                  // messages of which nobody knows
	noted   keys                  // templates that were sent, and their receipts kept

	gate func(store.Conversation, flows.Session, channels.Outbound, channels.Info, time.Time, time.Duration) verdict
}

func newSender(e *Engine, a channels.Adapter) *sender {
	i := a.Info()
	return &sender{e: e, a: a, info: i, gate: gate, bell: newBell(), media: newBell(), rate: newRater(i, e.Now()), begun: e.Now(),
		parcels: make(chan claimed, 4*sending), pushes: make(chan claimed, 2*sending), settled: make(chan store.Settlement, sending)}
}

// A claimed is a parcel and when it was claimed.
type claimed struct {
	store.Parcel
	at time.Time
}

// stale is the age at which a claim may run out before a request that begins
// then has come to its end: somebody else would send the same.
const stale = lease - patience - 5*time.Second

// take sends p soon, or writes down what has become of it already.
func (s *sender) take(p store.Parcel) {
	c := claimed{p, s.e.Now()}
	now, done := s.hand.begin(c)
	switch {
	case done != nil:
		s.keep(*done)
	case now:
		s.queue(c)
	}
}

// queue has what is in hand sent soon. Where too much waits already, it goes
// back to the outbox.
func (s *sender) queue(c claimed) {
	to := s.parcels
	if !asked(c.Messages[0]) {
		to = s.pushes
	}
	select {
	case to <- c:
	default:
		go s.putBack(c.Parcel)
	}
}

// asked reports whether m answers the worker, or warns of danger.
func asked(m channels.Outbound) bool { return m.Class != channels.Push && m.Class != channels.Nudge }

func (s *sender) putBack(p store.Parcel) {
	if !s.left(p) {
		s.clean.add(p.Messages[0].Key)
	}
	if _, err := s.e.Store.Settle(context.Background(), lease, store.Settlement{Parcel: p, Retry: s.e.Now()}); err != nil {
		s.e.Log.Error("a message is not put back, it waits for its lease to end", "channel", s.info.ID, "err", err)
	}
	s.e.Store.Due(p)
	s.follow(p, nil)
}

// follow lets go of the lane of p, or goes on with what is in it: what was
// claimed since, else next.
func (s *sender) follow(p store.Parcel, next *store.Parcel) {
	var c *claimed
	if next != nil {
		c = &claimed{*next, s.e.Now()}
	}
	if c = s.hand.end(p.Lane(), c); c != nil {
		s.queue(*c)
	}
}

// run sends until ctx is done, then finishes what it has begun.
func (s *sender) run(ctx context.Context) error {
	s.recall(ctx)
	var senders, settler sync.WaitGroup
	for i := range sending {
		pushes := s.pushes
		if i%2 == 0 { // kept free for answers, however long a platform takes for news
			pushes = nil
		}
		senders.Go(func() { s.send(ctx, pushes) })
	}
	settler.Go(s.settle)
	s.bell.loop(ctx, tick, s.claim) //nolint:errcheck // always nil
	senders.Wait()
	close(s.settled)
	settler.Wait()
	for len(s.parcels) > 0 {
		s.putBack((<-s.parcels).Parcel)
	}
	for len(s.pushes) > 0 {
		s.putBack((<-s.pushes).Parcel)
	}
	return nil
}

// claim takes on what nobody holds, and reports whether there may be more.
func (s *sender) claim(ctx context.Context) bool {
	n := min(cap(s.parcels)-len(s.parcels), cap(s.pushes)-len(s.pushes), sending)
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

// send delivers parcels, answers first, until ctx is done.
func (s *sender) send(ctx context.Context, pushes <-chan claimed) {
	for ctx.Err() == nil {
		var p claimed
		select {
		case p = <-s.parcels:
		default:
			select {
			case <-ctx.Done():
				return
			case p = <-s.parcels:
			case p = <-pushes:
			}
		}
		if ctx.Err() != nil || s.e.Now().Sub(p.at) > stale { // it may be ready at the same time as ctx
			s.putBack(p.Parcel)
			s.bell.ring()
			continue
		}
		s.settled <- s.deliver(ctx, p.Parcel)
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
		s.keep(ss...)
		if len(s.parcels) == 0 && len(s.pushes) < sending { // there is room for what was put back
			s.bell.ring()
		}
	}
}

// keep writes settlements down, and goes on with what follows them. Those whose
// claim was lost to a newer one of this process are written down with that.
func (s *sender) keep(ss ...store.Settlement) {
	for len(ss) > 0 {
		rs, err := s.e.Store.Settle(context.Background(), lease, ss...)
		if slices.ContainsFunc(ss, func(st store.Settlement) bool { return slices.ContainsFunc(st.Parcel.Messages, carried) }) {
			s.e.entries.ring()
		}
		if err != nil { // it is remembered here, and forgotten in a crash: then it is sent again when its lease has run out
			s.e.Log.Error("what became of messages is not kept: look at the store", "channel", s.info.ID, "err", err)
		}
		var again []store.Settlement
		for i, st := range ss {
			if rs[i].Kept {
				s.note(st)
				s.follow(st.Parcel, rs[i].Next)
			} else if done, next := s.hand.lose(st); done != nil {
				again = append(again, *done)
			} else if next != nil {
				s.queue(*next)
			}
			if !st.Retry.IsZero() && st.Retry.Before(store.Held) {
				s.later(st)
			}
		}
		ss = again
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
