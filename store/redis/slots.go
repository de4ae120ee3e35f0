package redis

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// A commit whose answer does not come is sent again, and must not be applied
// twice: not even if what was sent first arrives last. So each has a number in
// a slot that is its own until its fate is known, and the shard keeps with
// every slot what was last done under it. Slots are few, since they are used
// again, and so is what is kept.
type slots struct {
	mu   sync.Mutex
	n    int64
	made int
	free []int
}

// A number is that of a commit.
type number struct {
	slot int
	n    int64 // higher than that of all others before
}

func (s *slots) take() (x number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	x.n = s.n
	if n := len(s.free); n > 0 {
		x.slot, s.free = s.free[n-1], s.free[:n-1]
		return x
	}
	s.made++
	x.slot = s.made
	return x
}

func (s *slots) give(x number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, x.slot)
}

// fates names where a shard keeps what became of this process's commits.
func (d *DB) fates(s store.Shard) string {
	return "voice:{" + strconv.Itoa(int(s)) + "}:fate:" + d.name
}

// remembering is how long the fates of a process that has ended are kept.
const remembering = 48 * time.Hour

// remember keeps this process's fates for longer.
func (d *DB) remember(ctx context.Context) {
	d.c.Pipelined(ctx, func(p redis.Pipeliner) error { // it is done again within the hour
		for s := range store.Shards {
			p.Expire(ctx, d.fates(store.Shard(s)), remembering)
		}
		return nil
	})
}
