package redis

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// A lookup is a record that somebody waits for.
type lookup struct {
	key string
	out []any
	err error
	end *sync.WaitGroup
}

// Get implements [store.Backend].
func (d *DB) Get(ctx context.Context, s store.Shard, kind, id string) (r store.Record, err error) {
	err = d.read(ctx, func() error {
		var end sync.WaitGroup
		l := &lookup{key: key(s, kind, id), end: &end}
		end.Add(1)
		d.lookups.join(l)
		end.Wait()
		if l.err == nil {
			r = record(kind, id, l.out)
		}
		return l.err
	})
	return r, err
}

// look reads records in one round trip.
func (d *DB) look(ls []*lookup) {
	cmds := make([]*redis.SliceCmd, len(ls))
	ctx := context.Background()                        // no reader gives up for the others
	d.c.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its own error
		for i, l := range ls {
			cmds[i] = p.HMGet(ctx, l.key, "version", "body")
		}
		return nil
	})
	for i, l := range ls {
		l.out, l.err = cmds[i].Result()
		l.end.Done()
	}
}

// pipe reads what f asks for in one round trip to each server. That something
// is not there is no error.
func (d *DB) pipe(ctx context.Context, f func(redis.Pipeliner)) error {
	return d.read(ctx, func() error {
		cmds, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error { f(p); return nil })
		if !errors.Is(err, redis.Nil) {
			return err
		}
		for _, c := range cmds {
			if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
		}
		return nil
	})
}

// Scan implements [store.Backend].
func (d *DB) Scan(ctx context.Context, s store.Shard, log string, from int64, n int) ([][]byte, int64, error) {
	var got *redis.StringSliceCmd
	var all *redis.IntCmd
	err := d.read(ctx, func() error {
		_, err := d.c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			if from < 0 {
				got = p.LRange(ctx, key(s, "log", log), -int64(n), -1)
			} else {
				got = p.LRange(ctx, key(s, "log", log), from, from+int64(n)-1)
			}
			all = p.LLen(ctx, key(s, "log", log))
			return nil
		})
		return err
	})
	if err != nil {
		return nil, 0, err
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

// List implements [store.Backend]. It merges the indexes of all shards. Records
// that are removed while it reads are left out.
func (d *DB) List(ctx context.Context, index string, after store.Cursor, n int) (rs []store.Record, cs []store.Cursor, err error) {
	if after == (store.Cursor{}) {
		after.Score = math.MinInt64
	}
	for len(rs) < n {
		page, err := d.page(ctx, index, after, n-len(rs))
		if err != nil {
			return nil, nil, err
		}
		found, err := d.records(ctx, page)
		if err != nil {
			return nil, nil, err
		}
		whole := len(page) == n-len(rs)
		for i, r := range found {
			if r.Version != 0 {
				rs, cs = append(rs, r), append(cs, page[i])
			}
		}
		if !whole {
			break
		}
		after = page[len(page)-1]
	}
	return rs, cs, nil
}

// page returns up to n places of an index behind a cursor.
func (d *DB) page(ctx context.Context, index string, after store.Cursor, n int) (cs []store.Cursor, err error) {
	// Members of one score come in the order of their names, of which those
	// up to the cursor are left out; so a page may take more than one look.
	looks, found := int64(n)+1, make([]int, store.Shards)
	for skip := int64(0); ; skip, looks = skip+looks, 4*looks {
		more := false
		cmds := make([]*redis.ZSliceCmd, store.Shards)
		err := d.pipe(ctx, func(p redis.Pipeliner) {
			for s := range cmds {
				cmds[s] = p.ZRangeByScoreWithScores(ctx, key(store.Shard(s), "index", index),
					&redis.ZRangeBy{Min: strconv.FormatInt(after.Score, 10), Max: "+inf", Offset: skip, Count: looks})
			}
		})
		if err != nil {
			return nil, err
		}
		for s, cmd := range cmds {
			zs := cmd.Val()
			for _, z := range zs {
				kind, id, _ := strings.Cut(z.Member.(string), "\x00")
				c := store.Cursor{Score: int64(z.Score), Kind: kind, ID: id}
				if compare(c, after) > 0 {
					cs = append(cs, c)
					found[s]++
				}
			}
			more = more || int64(len(zs)) == looks && found[s] < n
		}
		if !more {
			break
		}
	}
	slices.SortFunc(cs, compare)
	return cs[:min(len(cs), n)], nil
}

// records returns the records that stand at some places.
func (d *DB) records(ctx context.Context, cs []store.Cursor) ([]store.Record, error) {
	gets := make([]*redis.SliceCmd, len(cs))
	err := d.pipe(ctx, func(p redis.Pipeliner) {
		for i, c := range cs {
			gets[i] = p.HMGet(ctx, key(store.ShardOf(c.ID), c.Kind, c.ID), "version", "body")
		}
	})
	if err != nil {
		return nil, err
	}
	rs := make([]store.Record, len(cs))
	for i, c := range cs {
		rs[i] = record(c.Kind, c.ID, gets[i].Val())
	}
	return rs, nil
}

// UpTo implements [store.Backend].
func (d *DB) UpTo(ctx context.Context, index string, score int64, n int) (count int, err error) {
	cmds := make([]*redis.IntCmd, store.Shards)
	err = d.pipe(ctx, func(p redis.Pipeliner) {
		for s := range cmds {
			cmds[s] = p.ZCount(ctx, key(store.Shard(s), "index", index), "-inf", strconv.FormatInt(score, 10))
		}
	})
	if err != nil {
		return 0, err
	}
	for _, cmd := range cmds {
		count += int(cmd.Val())
	}
	return min(count, n), nil
}

// Counts implements [store.Backend].
func (d *DB) Counts(ctx context.Context, names ...string) ([]int64, error) {
	out := make([]int64, len(names))
	if len(names) == 0 {
		return out, nil
	}
	cmds := make([]*redis.SliceCmd, store.Shards)
	err := d.pipe(ctx, func(p redis.Pipeliner) {
		for s := range cmds {
			cmds[s] = p.HMGet(ctx, key(store.Shard(s), "count"), names...)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, cmd := range cmds {
		for i, v := range cmd.Val() {
			text, ok := v.(string)
			if !ok { // not in this shard
				continue
			}
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, err
			}
			out[i] += n
		}
	}
	return out, nil
}

// Depth implements [store.Backend].
func (d *DB) Depth(ctx context.Context, queue string, at time.Time) (p store.Depth, err error) {
	now, held := strconv.FormatInt(at.UnixMilli(), 10), strconv.FormatInt(store.Held.UnixMilli(), 10)
	var counts [store.Shards][3]*redis.IntCmd
	var first [store.Shards]*redis.ZSliceCmd
	err = d.pipe(ctx, func(p redis.Pipeliner) {
		for s := range counts {
			k := key(store.Shard(s), "queue", queue)
			counts[s] = [3]*redis.IntCmd{p.ZCard(ctx, k), p.ZCount(ctx, k, "-inf", now), p.ZCount(ctx, k, held, "+inf")}
			first[s] = p.ZRangeWithScores(ctx, k, 0, 0)
		}
	})
	if err != nil {
		return p, err
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
