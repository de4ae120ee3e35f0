package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// waits returns how many lanes in hand were claimed anew.
func (h *hand) waits() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.lanes {
		if l.newer != nil {
			n++
		}
	}
	return n
}

// holds returns how many lanes are in hand, or remembered.
func (h *hand) holds() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lanes)
}

// kept returns the receipts of what was sent to a worker.
func (s *stage) kept(user string) (states []string) {
	s.Helper()
	rs, err := s.e.Store.Receipts(context.Background(), s.address(user), 100)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range rs {
		states = append(states, r.State)
	}
	return states
}

// A door is a platform that answers once it is opened.
type door struct {
	*platform
	open chan struct{}
	in   atomic.Int32 // requests so far
}

func (d *door) Send(ctx context.Context, m channels.Outbound) (string, error) {
	d.in.Add(1)
	<-d.open
	return d.platform.Send(ctx, m)
}

// until waits for what comes by itself, on a busy machine after a long time.
func (s *stage) until(so func() bool) {
	s.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(4 * time.Minute); !so(); <-tick.C {
		if time.Now().After(end) {
			s.Fatal("waited in vain for minutes")
		}
	}
}

// TestClaimedInHand sets the clock forward while every message is with the
// platform, on a real server of each store. Every lane is claimed once more by
// who has it in hand, and each message comes once.
func TestClaimedInHand(t *testing.T) {
	t.Parallel()
	for name, onRedis := range map[string]bool{"sqlite": false, "redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := infoOf(t, "telegram")
			info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{}
			w := &wall{}
			s := newStage(t, info)
			d := &door{platform: s.play, open: make(chan struct{})}
			s.cast = func() []channels.Adapter { return []channels.Adapter{d} }
			s.clock = w.now
			if onRedis {
				if err := s.db.Close(); err != nil {
					t.Fatal(err)
				}
				s.db = openRedis(t)
			}
			s.e = s.engine(s.db)
			stop := s.start()
			const workers = 40
			for i := range workers {
				s.hello(fmt.Sprint("w", i), 1)
			}
			s.until(func() bool { return d.in.Load() == workers })
			w.off.Store(int64(time.Hour))
			h := &s.e.senders[info.ID].hand
			s.until(func() bool { s.e.Moved(); return h.waits() == workers })
			close(d.open)
			s.until(func() bool { return h.holds() == 0 })
			stop()
			left, err := s.e.Store.Claim(t.Context(), info.ID, workers, lease)
			if err != nil || len(left) > 0 {
				t.Errorf("another start would send %d parcels (%v)", len(left), err)
			}
			if n := d.in.Load(); n != workers || twice(s.sent()) != "" {
				t.Errorf("%d requests for %d messages", n, workers)
			}
			for i := range workers {
				if u := fmt.Sprint("w", i); !slices.Equal(s.kept(u), []string{store.SentState}) {
					t.Errorf("%s: %v", u, s.kept(u))
				}
			}
		})
	}
}

// A mute back end keeps nothing for a while.
type mute struct {
	store.Backend
	on atomic.Bool
}

func (m *mute) Commit(ctx context.Context, bs ...store.Batch) []store.Result {
	if !m.on.Load() {
		return m.Backend.Commit(ctx, bs...)
	}
	rs := make([]store.Result, len(bs))
	for i := range rs {
		rs[i].Err = errors.New("mute")
	}
	return rs
}

// TestUnkeptOutcome has the store keep nothing while a message is with the
// platform. That it came is written down when the lease has run out, and it is
// not sent again.
func TestUnkeptOutcome(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		m := &mute{Backend: s.db}
		s.e = s.engine(m)
		s.play.slow = time.Second
		stop := s.start()
		elapse(time.Minute) // the rate of a program that has just begun
		s.hello("w", 1)
		elapse(500 * time.Millisecond)
		m.on.Store(true)
		elapse(5 * time.Second)
		m.on.Store(false)
		s.hello("w", 2)
		elapse(2 * lease)
		stop()
		if got := s.sent(); len(got) != 2 || got[0].Key == got[1].Key {
			s.Errorf("sent: %v", got)
		}
		if is := s.kept("w"); !slices.Equal(is, []string{store.SentState, store.SentState}) {
			s.Errorf("kept: %v", is)
		}
		if n := s.e.senders[s.play.info.ID].hand.holds(); n != 0 {
			s.Errorf("%d lanes are still in hand", n)
		}
	})
}

// TestHangsInHand has the platform never answer a request while the clock is set
// forward: the request ends by its own time-out, and what nobody knows is sent
// again and marked.
func TestHangsInHand(t *testing.T) {
	t.Parallel()
	onWall(t, func(s *stage, w *wall) {
		s.play.slow = time.Hour
		stop := s.start()
		s.hello("w", 1)
		elapse(time.Second)
		w.off.Add(int64(10 * time.Minute))
		elapse(2 * tick)
		s.play.slow = 0
		if n := s.e.senders[s.play.info.ID].hand.waits(); n != 1 || s.play.count() != 0 {
			s.Errorf("%d lanes claimed anew, %d messages came", n, s.play.count())
		}
		took := s.wait(lease, func() bool { return s.play.count() == 1 })
		elapse(2 * lease)
		stop()
		if took > patience+2*tick {
			s.Errorf("it came after %v", took)
		}
		if is := s.kept("w"); s.play.count() != 1 || !slices.Equal(is, []string{store.MaybeTwice}) {
			s.Errorf("%d came, kept: %v", s.play.count(), is)
		}
	})
}

// TestElsewhereInHand has a process stand still while it sends, for longer than
// its lease: another one sends what it had, and what follows, and what the first
// then knows of it changes nothing.
func TestElsewhereInHand(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		shared := struct{ store.Backend }{s.db} // other processes may use it
		still := make(chan struct{})
		d := &door{platform: s.play, open: still}
		s.cast = func() []channels.Adapter { return []channels.Adapter{d} }
		s.e = s.engine(shared)
		s.hello("w", 1)
		first := s.e.senders[s.play.info.ID]
		p, done := <-first.parcels, make(chan struct{})
		go func() { first.keep(first.deliver(context.Background(), p.Parcel)); close(done) }()
		s.cast = func() []channels.Adapter { return []channels.Adapter{s.play} }
		s.e = s.engine(shared)
		stop := s.start()
		s.wait(2*lease, func() bool { return s.play.count() == 1 })
		s.hello("w", 2)
		s.wait(2*lease, func() bool { return s.play.count() == 2 })
		close(still)
		<-done
		elapse(2 * lease)
		stop()
		is := s.kept("w")
		if got := s.sent(); len(got) != 3 || got[0].Key == got[1].Key || got[2].Key != got[0].Key {
			s.Errorf("sent: %v", got) // the first process could not be stopped any more
		}
		if !slices.Equal(is, []string{store.MaybeTwice, store.SentState}) {
			s.Errorf("kept: %v", is)
		}
	})
}

// TestNothingSentNothingRemembered has the decision to wait for the worker not
// be kept. When the lane is claimed again the message is looked at anew: the
// worker may have written since.
func TestNothingSentNothingRemembered(t *testing.T) {
	var h hand
	m := channels.Outbound{Key: "m"}
	c := claimed{Parcel: store.Parcel{Messages: []channels.Outbound{m}}}
	for gone, now := range []bool{true, false} { // of messages that were sent, and whether it is to be sent again
		if first, _ := h.begin(c); !first {
			t.Fatal("it is not sent at all")
		}
		h.lose(store.Settlement{Parcel: c.Parcel, Gone: gone, Retry: store.Held})
		if again, done := h.begin(c); again != now || (done == nil) != now {
			t.Errorf("%d sent: claimed again it is to be sent: %v, and was settled as %v", gone, again, done)
		}
		h.end(c.Lane(), nil)
	}
}
