package bot

import (
	"context"
	"sync"
	"time"
)

// A share is what this process has reserved of a channel's rate, where several
// processes send for one account: each takes small portions of what they may
// send together. A portion that is not used soon is lost.
type share struct {
	mu   sync.Mutex
	left int
	from time.Time // when the portion may be used
}

const (
	portion = 250 * time.Millisecond // of the rate, that a process reserves at a time
	useful  = time.Second            // how long a portion may be used
	fastest = 1000                   // messages a second beyond which nothing is shared: no platform counts so
)

// together reserves n messages, and returns when they may go: zero for now.
func (s *share) together(ctx context.Context, e *sender, n int, now time.Time) (time.Time, error) {
	r := e.info.Rate
	if e.e.Store.Alone() || r.Messages == 0 || each(r) < time.Second/fastest {
		return time.Time{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left < n || now.Sub(s.from) > useful {
		want := max(n, int(portion/each(r)))
		at, ok, err := e.e.Store.Reserve(ctx, e.info.ID, r, want)
		if err != nil || !ok {
			return at, err
		}
		s.left, s.from = want, at
	}
	if s.from.After(now) {
		return s.from, nil
	}
	s.left -= n
	return time.Time{}, nil
}

// inShare waits for n messages of what all processes may send together. When
// that would take long it returns when to try again.
func (s *sender) inShare(ctx context.Context, n int) (retry time.Time) {
	for {
		now := s.e.Now()
		at, err := s.share.together(context.WithoutCancel(ctx), s, n, now)
		switch {
		case err != nil:
			s.e.Log.Error("what processes may send together cannot be read, messages wait: look at the store", "channel", s.info.ID, "err", err)
			return now.Add(pauseAfter(1))
		case at.IsZero():
			return at
		case at.Sub(now) > 2*time.Second:
			return at
		}
		t := time.NewTimer(at.Sub(now))
		select {
		case <-ctx.Done():
			t.Stop()
			return at
		case <-t.C:
		}
	}
}
