package redis

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// member names a record in an index.
func member(kind, id string) string { return kind + "\x00" + id }

func record(kind, id string, v []any) (r store.Record) {
	r.Kind, r.ID = kind, id
	if v[0] != nil {
		r.Version, _ = strconv.ParseInt(v[0].(string), 10, 64)
		r.Body = []byte(v[1].(string))
	}
	return r
}

// Get implements [store.Backend].
func (d *DB) Get(ctx context.Context, s store.Shard, kind, id string) (store.Record, error) {
	v, err := d.c.HMGet(ctx, key(s, kind, id), "version", "body").Result()
	if err != nil {
		return store.Record{}, fmt.Errorf("redis: %w", err)
	}
	return record(kind, id, v), nil
}

// Scan implements [store.Backend].
func (d *DB) Scan(ctx context.Context, s store.Shard, log string, from int64, n int) ([][]byte, int64, error) {
	var got *redis.StringSliceCmd
	var all *redis.IntCmd
	_, err := d.c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if from < 0 {
			got = p.LRange(ctx, key(s, "log", log), -int64(n), -1)
		} else {
			got = p.LRange(ctx, key(s, "log", log), from, from+int64(n)-1)
		}
		all = p.LLen(ctx, key(s, "log", log))
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("redis: %w", err)
	}
	out := make([][]byte, len(got.Val()))
	for i, v := range got.Val() {
		out[i] = []byte(v)
	}
	if from < 0 {
		from = all.Val() - int64(len(out))
	}
	return out, from, nil
}

func compare(a, b store.Cursor) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// List implements [store.Backend]. It merges the indexes of all shards.
func (d *DB) List(ctx context.Context, index string, after store.Cursor, n int) ([]store.Record, []store.Cursor, error) {
	if after == (store.Cursor{}) {
		after.Score = math.MinInt64
	}
	var cs []store.Cursor
	// Members of one score come in the order of their names, of which those
	// up to the cursor are left out; so a page may take more than one look.
	for skip := int64(0); ; skip += int64(n) {
		more := false
		cmds := make([]*redis.ZSliceCmd, store.Shards)
		_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for s := range cmds {
				cmds[s] = p.ZRangeByScoreWithScores(ctx, key(store.Shard(s), "index", index),
					&redis.ZRangeBy{Min: strconv.FormatInt(after.Score, 10), Max: "+inf", Offset: skip, Count: int64(n)})
			}
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("redis: %w", err)
		}
		for _, cmd := range cmds {
			zs := cmd.Val()
			for _, z := range zs {
				kind, id, _ := strings.Cut(z.Member.(string), "\x00")
				c := store.Cursor{Score: int64(z.Score), Kind: kind, ID: id}
				if compare(c, after) > 0 {
					cs = append(cs, c)
				}
			}
			more = more || len(zs) == n && int64(zs[n-1].Score) == after.Score
		}
		if !more {
			break
		}
	}
	slices.SortFunc(cs, compare)
	cs = cs[:min(len(cs), n)]
	gets := make([]*redis.SliceCmd, len(cs))
	_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range cs {
			gets[i] = p.HMGet(ctx, key(store.ShardOf(c.ID), c.Kind, c.ID), "version", "body")
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("redis: %w", err)
	}
	rs := make([]store.Record, len(cs))
	for i, c := range cs {
		rs[i] = record(c.Kind, c.ID, gets[i].Val())
	}
	return rs, cs, nil
}

// UpTo implements [store.Backend].
func (d *DB) UpTo(ctx context.Context, index string, score int64, n int) (count int, err error) {
	cmds := make([]*redis.IntCmd, store.Shards)
	_, err = d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for s := range cmds {
			cmds[s] = p.ZCount(ctx, key(store.Shard(s), "index", index), "-inf", strconv.FormatInt(score, 10))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("redis: %w", err)
	}
	for _, cmd := range cmds {
		count += int(cmd.Val())
	}
	return min(count, n), nil
}

// Count implements [store.Backend].
func (d *DB) Count(ctx context.Context, name string) (n int64, err error) {
	cmds := make([]*redis.StringCmd, store.Shards)
	d.c.Pipelined(ctx, func(p redis.Pipeliner) error { // a shard without the counter answers Nil
		for s := range cmds {
			cmds[s] = p.HGet(ctx, key(store.Shard(s), "count"), name)
		}
		return nil
	})
	for _, cmd := range cmds {
		m, err := cmd.Int64()
		if err != nil && err != redis.Nil {
			return 0, fmt.Errorf("redis: %w", err)
		}
		n += m
	}
	return n, nil
}

// Depth implements [store.Backend].
func (d *DB) Depth(ctx context.Context, queue string, at time.Time) (p store.Depth, err error) {
	now, held := strconv.FormatInt(at.UnixMilli(), 10), strconv.FormatInt(store.Held.UnixMilli(), 10)
	var counts [store.Shards][3]*redis.IntCmd
	var first [store.Shards]*redis.ZSliceCmd
	_, err = d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for s := range counts {
			k := key(store.Shard(s), "queue", queue)
			counts[s] = [3]*redis.IntCmd{p.ZCard(ctx, k), p.ZCount(ctx, k, "-inf", now), p.ZCount(ctx, k, held, "+inf")}
			first[s] = p.ZRangeWithScores(ctx, k, 0, 0)
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("redis: %w", err)
	}
	for s, c := range counts {
		p.Lanes, p.Due, p.Parked = p.Lanes+c[0].Val(), p.Due+c[1].Val(), p.Parked+c[2].Val()
		for _, z := range first[s].Val() {
			if t := time.UnixMilli(int64(z.Score)); !t.After(at) && (p.Oldest.IsZero() || t.Before(p.Oldest)) {
				p.Oldest = t
			}
		}
	}
	return p, nil
}
