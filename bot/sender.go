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

	gate func(store.Conversation, flows.Session, channels.Outbound, channels.Info, time.Time) verdict
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

// take sends p soon. Where too much waits already, p goes back to the outbox.
func (s *sender) take(p store.Parcel) {
	to := s.parcels
	if !asked(p.Messages[0]) {
		to = s.pushes
	}
	select {
	case to <- claimed{p, s.e.Now()}:
	default:
		go s.putBack(p)
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
		next, err := s.e.Store.Settle(context.Background(), lease, ss...)
		if slices.ContainsFunc(ss, func(st store.Settlement) bool { return slices.ContainsFunc(st.Parcel.Messages, carried) }) {
			s.e.entries.ring()
		}
		if err != nil { // what is not settled is sent again when its lease has run out
			s.e.Log.Error("what became of messages is not kept: look at the store", "channel", s.info.ID, "err", err)
		} else {
			s.note(ss)
		}
		for i, p := range next {
			if p != nil {
				s.take(*p)
			}
			if st := ss[i]; !st.Retry.IsZero() && st.Retry.Before(store.Held) {
				s.later(st)
			}
		}
		if len(s.parcels) == 0 && len(s.pushes) < sending { // there is room for what was put back
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
