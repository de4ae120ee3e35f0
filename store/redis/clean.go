package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// What is removed from Redis still stands in the file of commands until that
// is written anew. Shards count what they have removed; the cleaner has the
// servers write their files anew and takes the counts away.

const (
	soon   = 5 * time.Second  // how long a removal waits for others
	seldom = 10 * time.Minute // and at most, where removals go on: a rewrite costs a server as much as all it holds
	often  = 20 * time.Millisecond
	enough = 5 * time.Second // for a rewrite while closing
)

// soil says that something was removed.
func (d *DB) soil() {
	select {
	case d.soils <- struct{}{}:
	default:
	}
}

// cleaner works until ctx is done, and then cleans a last time. Where removals
// go on it waits for twice as long before each rewrite.
func (d *DB) cleaner(ctx context.Context) {
	pause, last := soon, time.Now()
	d.soil() // what an earlier process may have left
	for {
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), enough)
			d.clean(ctx)
			cancel()
			return
		case <-d.soils:
		}
		if time.Since(last) > seldom {
			pause = soon
		}
		if !wait(ctx, pause) {
			continue
		}
		some, err := d.clean(ctx)
		if last = time.Now(); err != nil {
			pause = soon
			d.soil()
		} else if some {
			pause = min(2*pause, seldom)
		}
	}
}

// wait reports whether d passed before ctx was done.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// clean has the servers write their files anew if anything was removed, and
// reports whether there was.
func (d *DB) clean(ctx context.Context) (bool, error) {
	counts := make([]*redis.StringCmd, store.Shards)
	_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for s := range counts {
			counts[s] = p.Get(ctx, key(store.Shard(s), "soil"))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, err
	}
	some := false
	for _, c := range counts {
		some = some || c.Err() == nil
	}
	if !some {
		return false, nil
	}
	if err := d.each(ctx, rewrite); err != nil {
		return true, err
	}
	for s, c := range counts {
		if c.Err() == nil {
			if err := clean.Run(ctx, d.c, []string{key(store.Shard(s), "soil")}, c.Val()).Err(); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// each calls f for every server, replicas too.
func (d *DB) each(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	switch c := d.c.(type) {
	case *redis.ClusterClient:
		return c.ForEachShard(ctx, f)
	case *redis.Client:
		return f(ctx, c)
	}
	return nil
}

// rewrite has a server write its files anew, and waits until it has.
func rewrite(ctx context.Context, c *redis.Client) error {
	save, err := c.ConfigGet(ctx, "save").Result()
	if err != nil {
		return err
	}
	if err := begin(ctx, c.BgRewriteAOF, c, "aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok"); err != nil {
		return err
	}
	if save["save"] == "" { // no snapshots
		return nil
	}
	return begin(ctx, c.BgSave, c, "rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok")
}

// begin starts something on a server that goes on in its background, once the
// server is free for it, and waits for the end.
func begin(ctx context.Context, start func(context.Context) *redis.StatusCmd, c *redis.Client, done ...string) error {
	for {
		err := start(ctx).Err()
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "in progress") || !wait(ctx, often) {
			return err
		}
	}
	for wait(ctx, often) {
		info, err := c.Info(ctx, "persistence").Result()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(done, func(d string) bool { return !strings.Contains(info, d) }) {
			return nil
		}
	}
	return ctx.Err()
}
