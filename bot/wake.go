package bot

import (
	"context"
	"sync"
	"time"
)

// soonest is the time for which the engine's clock is set.
type soonest struct {
	mu sync.Mutex
	at time.Time
}

// before reports whether t comes before the time the clock is set for.
func (s *soonest) before(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !t.IsZero() && (s.at.IsZero() || t.Before(s.at))
}

func (s *soonest) set(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = t
}

// wake turns alarms of conversations into events when their time has come. It
// sleeps until the next, or until a turn sets an earlier one.
func (e *Engine) wake(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := e.Store.Wakes(ctx, 100)
		if err != nil && ctx.Err() == nil {
			e.Log.Error("alarms cannot be read: look at the store", "err", err)
		}
		e.soonest.set(next)
		e.turns.ring()
		pause := time.Minute // another engine may have set one
		if !next.IsZero() {
			pause = min(max(next.Sub(e.Now()), 0), pause)
		}
		if err != nil {
			pause = tick
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-e.wakes:
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

// file takes to the cases what conversations had to say about them.
func (e *Engine) file(ctx context.Context) bool {
	some, err := e.Store.File(context.WithoutCancel(ctx), 2*takers, lease)
	if err != nil {
		e.Log.Error("entries are not in their cases yet, it is tried again", "err", err)
		return false
	}
	if some {
		e.follows.ring()
	}
	return some
}
