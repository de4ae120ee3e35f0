package redis

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

var _ store.Heir = (*DB)(nil)

// A process that is killed leaves leases behind. What it held need not wait for
// their end, since others can tell that it has ended: its beats stay away, and
// the server has lost its connection, which the system closes with a process
// however that ends. One that only stands still keeps its connection, and one
// that has lost it for a moment still beats, so neither loses a lease. Where a
// machine dies or is cut off, a server keeps the connection for minutes: nobody
// can tell that from standing still, and what was held waits for its lease.

// pulses is where each process counts its beats, by its life.
var pulses = key(0, "lives")

const (
	pulse    = time.Second // between two beats
	missed   = 3           // beats that stay away before the connection is looked for
	longer   = 10          // beats more after the server could not be asked: others may take longer to find it, or the one that took its place
	buriedBy = 120         // beats that stay away before a life is forgotten: its leases are over
)

// presence is the channel on which a process hears nothing, only to be seen. One
// server of a Cluster has those of all processes.
func presence(life string) string { return "voice:{life}:" + life }

// lives is what a process knows of others.
type lives struct {
	mu     sync.Mutex
	beats  map[string]beats
	ended  []string       // in the order in which this process has learnt of it
	looked map[string]int // by queue, for the leases of how many of them
}

// beats are the last heard of a life.
type beats struct {
	n       string
	missing int // looks since then
}

// Life implements [store.Heir].
func (d *DB) Life() string { return d.name }

// Inherit implements [store.Heir].
func (d *DB) Inherit(ctx context.Context, life string) error {
	return d.mourn(ctx, []string{life})
}

// beat shows until ctx is done that this process lives, and looks for those
// that do no longer.
func (d *DB) beat(ctx context.Context) {
	shown := d.c.Subscribe(ctx, presence(d.name))
	defer shown.Close()
	shown.Channel() // connects again when need be
	for ok := true; ok; ok = wait(ctx, pulse) {
		var all *redis.MapStringStringCmd
		_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.HIncrBy(ctx, pulses, d.name, 1)
			all = p.HGetAll(ctx, pulses)
			return nil
		})
		if err != nil {
			d.lives.deaf()
			continue
		}
		missing, buried := d.lives.hear(all.Val())
		if len(missing) > 0 {
			d.mourn(ctx, missing) //nolint:errcheck // it is tried again with the next beat
		}
		if len(buried) > 0 {
			d.c.HDel(ctx, pulses, buried...) // or with the next beat
		}
	}
}

// deaf begins to count anew: where the server cannot be asked, nobody can beat.
func (l *lives) deaf() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for life, b := range l.beats {
		b.missing = -longer
		l.beats[life] = b
	}
}

// hear takes in how often each has beaten, and returns those whose beats stay
// away, and those that can be forgotten.
func (l *lives) hear(all map[string]string) (missing, buried []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.beats
	l.beats = make(map[string]beats, len(all))
	for life, n := range all {
		b := beats{n: n}
		if was[life].n == n {
			b.missing = was[life].missing + 1
		}
		l.beats[life] = b
		switch {
		case b.missing >= buriedBy:
			buried = append(buried, life)
		case b.missing >= missed && !slices.Contains(l.ended, life):
			missing = append(missing, life)
		}
	}
	return missing, buried
}

// mourn looks which of some lives have no connection any more, and has all that
// they held looked for.
func (d *DB) mourn(ctx context.Context, some []string) error {
	channels := make([]string, len(some))
	for i, life := range some {
		channels[i] = presence(life)
	}
	c, err := d.server(channels[0])
	if err != nil {
		return explain(err)
	}
	there, err := c.PubSubNumSub(ctx, channels...).Result()
	if err != nil {
		return explain(err)
	}
	n := d.lives.end(slices.DeleteFunc(slices.Clone(some), func(life string) bool { return there[presence(life)] > 0 }))
	if n == 0 {
		return nil
	}
	return d.Say(ctx, nil)
}

// end notes lives that have ended, and returns how many of them are news.
func (l *lives) end(some []string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, life := range some {
		if !slices.Contains(l.ended, life) {
			l.ended, n = append(l.ended, life), n+1
		}
	}
	return n
}

// heirless returns the lives for whose leases nobody here has looked in a queue
// yet, and takes note that somebody does.
func (l *lives) heirless(queue string) (some []string, from int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from = l.looked[queue]; from == len(l.ended) {
		return nil, from
	}
	if l.looked == nil {
		l.looked = make(map[string]int)
	}
	l.looked[queue] = len(l.ended)
	return l.ended[from:], from
}

// again has a look repeated that was not finished.
func (l *lives) again(queue string, from int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked[queue] = min(l.looked[queue], from)
}

// inherit makes due what processes that have ended still hold of a queue.
func (d *DB) inherit(ctx context.Context, queue string, at time.Time) (err error) {
	some, from := d.lives.heirless(queue)
	if len(some) == 0 {
		return nil
	}
	defer func() {
		if err != nil {
			d.lives.again(queue, from)
		}
	}()
	held, err := d.heldAt(ctx, queue, at)
	if err != nil {
		return err
	}
	for page := range slices.Chunk(held, perScan) {
		calls, err := d.leasesOf(ctx, some, page, at)
		if err != nil {
			return err
		}
		d.run(calls...)
		for _, c := range calls {
			if c.err != nil {
				return explain(c.err)
			}
		}
	}
	return nil
}

// heldAt returns the lanes of a queue that are due at some later time: where
// they are held, that is the end of the lease.
func (d *DB) heldAt(ctx context.Context, queue string, now time.Time) (lanes []at, err error) {
	later := &redis.ZRangeBy{Min: "(" + strconv.FormatInt(now.UnixMilli(), 10), Max: "(" + strconv.FormatInt(store.Held.UnixMilli(), 10)}
	found := make([]*redis.StringSliceCmd, store.Shards)
	err = d.pipe(ctx, func(p redis.Pipeliner) {
		for s := range found {
			found[s] = p.ZRangeByScore(ctx, key(store.Shard(s), "queue", queue), later)
		}
	})
	if err != nil {
		return nil, err
	}
	for s, cmd := range found {
		for _, id := range cmd.Val() {
			lanes = append(lanes, at{store.Shard(s), store.Lane{Queue: queue, ID: id}})
		}
	}
	return lanes, nil
}

// leasesOf returns what ends the leases that some lives have among lanes.
func (d *DB) leasesOf(ctx context.Context, some []string, lanes []at, now time.Time) (calls []*call, err error) {
	heads := make([]*redis.SliceCmd, len(lanes))
	err = d.pipe(ctx, func(p redis.Pipeliner) {
		for i, l := range lanes {
			_, head, _ := lane(l.shard, l.lane)
			heads[i] = p.HMGet(ctx, head, "fence", "by")
		}
	})
	if err != nil {
		return nil, err
	}
	for i, l := range lanes {
		fence, by := heads[i].Val()[0], heads[i].Val()[1]
		if life, ok := by.(string); !ok || fence == nil || !slices.Contains(some, life) {
			continue
		}
		jobs, head, queue := lane(l.shard, l.lane)
		calls = append(calls, &call{script: inherit, keys: []string{jobs, head, queue, key(l.shard, copyKind)}, args: []any{l.lane.ID, now.UnixMilli(), fence}})
	}
	return calls, nil
}
