package redis

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// perPipe is how many commands a restore sends at once.
const perPipe = 1000

// Restore implements [store.Backend]. From the first key to the last the server
// is marked as half restored: scripts do nothing there, and [Open] refuses it.
func (d *DB) Restore(ctx context.Context, at time.Time, parts iter.Seq2[store.Part, error]) (err error) {
	last := context.WithoutCancel(ctx)
	first, err := d.c.SetNX(ctx, alone, "restore", alive).Result() //nolint:staticcheck // as old as the servers that are taken
	if err != nil {
		return told(err)
	}
	if !first {
		return store.ErrBusy
	}
	defer func() { err = errors.Join(err, told(d.c.Del(last, alone).Err())) }()
	half, err := d.half(ctx)
	if err != nil {
		return err
	}
	if !half {
		if err := d.vacant(ctx); err != nil {
			return err
		}
	}
	if err := d.mark(ctx); err != nil {
		return err
	}
	if half { // what another restore has left
		err = d.wipe(ctx)
	}
	if err == nil {
		err = d.fill(ctx, at, parts)
	}
	if err == nil {
		err = d.release(last)
	}
	if err == nil {
		return nil
	}
	if left := errors.Join(d.mark(last), d.wipe(last)); left != nil { // it stays marked
		return errors.Join(err, left)
	}
	return errors.Join(err, d.unmark(last))
}

// mark has all shards take nothing, and says why.
func (d *DB) mark(ctx context.Context) error {
	return d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) { p.SAdd(ctx, k, restoring, waiting) })
}

func (d *DB) unmark(ctx context.Context) error {
	return d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) { p.Del(ctx, k) })
}

// half reports whether what is there is half a restore.
func (d *DB) half(ctx context.Context) (bool, error) {
	half := make([]*redis.BoolCmd, store.Shards)
	err := d.shards(ctx, func(p redis.Pipeliner, s store.Shard, k string) { half[s] = p.SIsMember(ctx, k, restoring) })
	for _, h := range half {
		if err == nil && h.Val() {
			return true, nil
		}
	}
	return false, err
}

// keys calls f with all keys of ours that hold something.
func (d *DB) keys(ctx context.Context, f func([]string) error) error {
	servers, err := d.servers(ctx)
	if err != nil {
		return err
	}
	for _, s := range servers {
		for cursor := uint64(0); ; {
			keys, next, err := s.Scan(ctx, cursor, "voice:*", perPipe).Result()
			if err != nil {
				return told(err)
			}
			var some []string
			for _, k := range keys {
				if n, _ := parse(k); !slices.Contains([]string{copyKind, "copying", "soil", "schema", "fate", "lives"}, n.kind) {
					some = append(some, k)
				}
			}
			if err := f(some); err != nil {
				return err
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return nil
}

func (d *DB) vacant(ctx context.Context) error {
	return d.keys(ctx, func(keys []string) error {
		if len(keys) > 0 {
			return store.ErrNotEmpty
		}
		return nil
	})
}

// wipe removes everything.
func (d *DB) wipe(ctx context.Context) error {
	return d.keys(ctx, func(keys []string) error {
		_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, k := range keys {
				p.Unlink(ctx, k)
			}
			return nil
		})
		return told(err)
	})
}

// release opens the store. Where there are replicas, they have everything by
// then: a commit, even one of nothing, is acknowledged when they have it and all
// that came before.
func (d *DB) release(ctx context.Context) error {
	if err := d.unmark(ctx); err != nil || d.need.Load() == 0 {
		return err
	}
	nothing := make([]store.Batch, store.Shards)
	for s := range nothing {
		nothing[s].Shard = store.Shard(s)
	}
	for _, r := range d.Commit(ctx, nothing...) {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// fill writes parts in their order.
func (d *DB) fill(ctx context.Context, at time.Time, parts iter.Seq2[store.Part, error]) error {
	p := d.c.Pipeline()
	fresh := time.Now()
	flush := func() error {
		if time.Since(fresh) > refresh {
			fresh = time.Now()
			p.Expire(ctx, alone, alive)
		}
		_, err := p.Exec(ctx)
		return told(err)
	}
	var open store.Part // the lane whose jobs are coming
	for part, err := range parts {
		if err != nil {
			return err
		}
		if part.What == store.LanePart {
			open = part
		}
		if part.What == store.JobPart && (part.Name != open.Name || part.ID != open.ID || open.Gone) {
			return store.ErrCut
		}
		if err := put(ctx, p, at, part); err != nil {
			return err
		}
		if p.Len() >= perPipe {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// put adds to p what keeps a part.
func put(ctx context.Context, p redis.Pipeliner, now time.Time, part store.Part) error {
	s := part.Shard
	switch part.What {
	case store.RecordPart:
		k := key(s, part.Kind, part.ID)
		if part.Gone {
			p.Del(ctx, k)
			return nil
		}
		p.HSet(ctx, k, "version", part.N, "body", part.Body)
	case store.PlacePart:
		k, m := key(s, "index", part.Name), member(part.Kind, part.ID)
		if part.Gone {
			p.ZRem(ctx, k, m)
			return nil
		}
		p.Do(ctx, "zadd", k, strconv.FormatInt(part.N, 10), m)
	case store.LogPart:
		p.Del(ctx, key(s, "log", part.Name))
	case store.EntryPart:
		p.RPush(ctx, key(s, "log", part.Name), part.Body)
	case store.LanePart:
		jobs, head, queue := lane(s, store.Lane{Queue: part.Name, ID: part.ID})
		p.Del(ctx, jobs, head)
		if part.Gone {
			p.ZRem(ctx, queue, part.ID)
			return nil
		}
		p.Do(ctx, "zadd", queue, strconv.FormatInt(part.N, 10), part.ID)
		if part.Claims > 0 {
			p.HSet(ctx, head, "attempts", part.Claims)
		}
	case store.JobPart:
		jobs, _, _ := lane(s, store.Lane{Queue: part.Name, ID: part.ID})
		p.RPush(ctx, jobs, part.Body)
	case store.MarkPart:
		first, last := s, s
		if s >= store.Shards { // in all: nobody knows where it stood
			first, last = 0, store.Shards-1
		}
		for left := time.UnixMilli(part.N).Sub(now); left > 0 && first <= last; first++ {
			p.Set(ctx, key(first, "once", part.Name), 1, left)
		}
	case store.CounterPart:
		p.HIncrBy(ctx, key(s, "count"), part.Name, part.N)
	default:
		return fmt.Errorf("redis: the backup holds something (%d) that this program does not know: start a newer one", part.What)
	}
	return nil
}
