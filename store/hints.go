package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// hints remember in which shards this process has left jobs that nobody holds,
// so that a claim need not ask all of them. Now and then it does all the same:
// for leases that ran out, retries, and what other processes have left.
type hints struct {
	mu     sync.Mutex
	shards map[string]uint64    // by queue, a bit for each shard
	looked map[string]time.Time // when all were asked
}

// seldom is how often all shards are asked.
const seldom = time.Second

// left notes that a queue has work in a set of shards.
func (h *hints) left(queue string, shards uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shards == nil {
		h.shards, h.looked = make(map[string]uint64), make(map[string]time.Time)
	}
	h.shards[queue] |= shards
}

// take returns where to look for work, and forgets it.
func (h *hints) take(queue string, now time.Time) uint64 {
	h.left(queue, 0)
	h.mu.Lock()
	defer h.mu.Unlock()
	shards := h.shards[queue]
	if now.Sub(h.looked[queue]) >= seldom {
		h.looked[queue], shards = now, 1<<Shards-1
	}
	h.shards[queue] = 0
	return shards
}

// claim is Backend.Claim where there may be something.
func (s *Store) claim(ctx context.Context, c Claim) ([]Leased, error) {
	c.In = s.hints.take(c.Queue, c.At)
	if c.In == 0 {
		return nil, nil
	}
	hs, err := s.b.Claim(ctx, c)
	if len(hs) == c.Lanes || err != nil { // there may be more
		s.hints.left(c.Queue, c.In)
		if err == nil {
			s.hub.others.left(c.Queue, c.In)
		}
	}
	return hs, err
}

// everywhere has all shards of all queues asked next.
func (h *hints) everywhere() {
	for _, queue := range h.queues() {
		h.left(queue, 1<<Shards-1)
	}
}

// queues returns the queues that this process has had to do with.
func (h *hints) queues() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.shards))
}
