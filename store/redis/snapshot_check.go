package redis

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// Check implements [store.Backend]. What it finds amiss it looks at once more
// in one moment, since the store changes while it reads.
func (d *DB) Check(ctx context.Context, tell func(string)) error {
	kinds := map[string]string{"once": "string", "log": "list", "index": "zset", "queue": "zset", "jobs": "list"}
	lost, empty, odd := map[string]int{}, map[string]int{}, map[string]int{}
	c := &copier{d: d}
	err := d.keys(ctx, func(keys []string) error {
		types := make([]*redis.StatusCmd, len(keys))
		_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				types[i] = p.Type(ctx, k)
			}
			return nil
		})
		if err != nil {
			return told(err)
		}
		for i, k := range keys {
			n, ok := parse(k)
			want := kinds[n.kind]
			if want == "" {
				want = "hash"
			}
			if got := types[i].Val(); !ok || got != want && got != "none" {
				odd[n.kind]++
				continue
			}
			switch n.kind {
			case "jobs":
				queue, id, _ := strings.Cut(n.of, ":")
				err = d.lane(ctx, at{n.shard, store.Lane{Queue: queue, ID: id}}, lost, empty)
			case "queue":
				err = c.members(ctx, k, func(pairs []string) error {
					for i := 0; i < len(pairs); i += 2 {
						if err := d.lane(ctx, at{n.shard, store.Lane{Queue: n.of, ID: pairs[i]}}, lost, empty); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	for kind, n := range odd {
		tell(fmt.Sprintf("%s: %d keys are no keys of this program or were changed by something else: look what else uses this Redis, and restore the last backup", kind, n))
	}
	for queue, n := range lost {
		tell(fmt.Sprintf("queue %s: nobody finds the jobs of %d lanes: stop, keep a copy and restore the last backup", queue, n))
	}
	for queue, n := range empty {
		tell(fmt.Sprintf("queue %s: %d lanes have no jobs and are looked into for nothing: restore the last backup, or go on", queue, n))
	}
	return err
}

// lane counts a lane whose jobs and place in the queue do not go together.
func (d *DB) lane(ctx context.Context, l at, lost, empty map[string]int) error {
	jobs, _, queue := lane(l.shard, l.lane)
	var some *redis.IntCmd
	var due *redis.FloatCmd
	_, err := d.c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		some, due = p.Exists(ctx, jobs), p.ZScore(ctx, queue, l.lane.ID)
		return nil
	})
	if err != nil && err != redis.Nil {
		return told(err)
	}
	switch waits := due.Err() == nil; {
	case some.Val() == 1 && !waits:
		lost[l.lane.Queue]++
	case some.Val() == 0 && waits:
		empty[l.lane.Queue]++
	}
	return nil
}
