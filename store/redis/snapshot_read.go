package redis

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// page is how many entries of a log or jobs of a lane are asked for at once.
const page = 100

// A name is what is kept under a key.
type name struct {
	key    string
	shard  store.Shard
	kind   string
	of     string // what follows the kind
	member string // of an index: this one only
}

// parse takes a key apart.
func parse(k string) (n name, ok bool) {
	n.key, n.member, _ = strings.Cut(k, "\x00")
	rest, ok := strings.CutPrefix(n.key, "voice:{")
	shard, rest, cut := strings.Cut(rest, "}:")
	s, err := strconv.Atoi(shard)
	if !ok || !cut || err != nil || s < 0 || s >= store.Shards {
		return n, false
	}
	n.shard = store.Shard(s)
	n.kind, n.of, _ = strings.Cut(rest, ":")
	return n, true
}

// read calls each with what is kept under keys. It begins everything anew that
// has an order, so that it does no harm to read it twice.
func (c *copier) read(ctx context.Context, keys []string, each func(store.Part) error) error {
	for len(keys) > 0 {
		n := min(len(keys), perScan)
		var names []name
		for _, k := range keys[:n] {
			if at, ok := parse(k); ok {
				names = append(names, at)
			}
		}
		keys = keys[n:]
		if err := c.readNames(ctx, names, each); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) readNames(ctx context.Context, names []name, each func(store.Part) error) error {
	var tell []func() error // what to make of the answers
	var lanes []at
	_, err := c.d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, n := range names {
			switch n.kind {
			case "soil", "count", "head", "fate", copyKind, "copying", "schema", "lives":
			case "once":
				got := p.PTTL(ctx, n.key)
				tell = append(tell, func() error { return c.mark(n, got.Val(), each) })
			case "log":
				got := p.LRange(ctx, n.key, 0, page-1)
				tell = append(tell, func() error { return c.log(ctx, n, got.Val(), each) })
			case "index":
				if n.member != "" {
					got := p.ZScore(ctx, n.key, n.member)
					tell = append(tell, func() error { return place(n, got, each) })
					continue
				}
				tell = append(tell, func() error { return c.index(ctx, n, each) })
			case "queue":
				tell = append(tell, func() error { return c.queue(ctx, n, each) })
			case "jobs": // one that changed; the others are found by their queue
				queue, id, _ := strings.Cut(n.of, ":")
				lanes = append(lanes, at{n.shard, store.Lane{Queue: queue, ID: id}})
			default:
				got := p.HMGet(ctx, n.key, "version", "body")
				tell = append(tell, func() error { return recorded(n, got.Val(), each) })
			}
		}
		return nil
	})
	if err != nil && err != redis.Nil {
		return told(err)
	}
	for _, t := range tell {
		if err := t(); err != nil {
			return err
		}
	}
	return c.lanes(ctx, lanes, each)
}

func (c *copier) mark(n name, left time.Duration, each func(store.Part) error) error {
	if left <= 0 { // forgotten
		return nil
	}
	return each(store.Part{What: store.MarkPart, Shard: n.shard, Name: n.of, N: c.at.Add(left).UnixMilli()})
}

func recorded(n name, v []any, each func(store.Part) error) error {
	r := record(n.kind, n.of, v)
	return each(store.Part{What: store.RecordPart, Shard: n.shard, Kind: r.Kind, ID: r.ID, N: r.Version, Body: r.Body, Gone: r.Version == 0})
}

func place(n name, got *redis.FloatCmd, each func(store.Part) error) error {
	kind, id, _ := strings.Cut(n.member, "\x00")
	return each(store.Part{What: store.PlacePart, Shard: n.shard, Name: n.of, N: int64(got.Val()), Kind: kind, ID: id, Gone: got.Err() == redis.Nil})
}

// log tells a log, of which the first page is known.
func (c *copier) log(ctx context.Context, n name, entries []string, each func(store.Part) error) error {
	if err := each(store.Part{What: store.LogPart, Shard: n.shard, Name: n.of}); err != nil {
		return err
	}
	for at := int64(0); ; {
		for _, e := range entries {
			if err := each(store.Part{What: store.EntryPart, Shard: n.shard, Name: n.of, Body: []byte(e)}); err != nil {
				return err
			}
		}
		at += int64(len(entries))
		if len(entries) < page {
			return nil
		}
		var err error
		if entries, err = c.d.c.LRange(ctx, n.key, at, at+page-1).Result(); err != nil {
			return told(err)
		}
	}
}

// members calls f with all members of a sorted set that stay in it meanwhile.
func (c *copier) members(ctx context.Context, key string, f func(members []string) error) error {
	for cursor := uint64(0); ; {
		pairs, next, err := c.d.c.ZScan(ctx, key, cursor, "", 1000).Result()
		if err != nil {
			return told(err)
		}
		if err := f(pairs); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (c *copier) index(ctx context.Context, n name, each func(store.Part) error) error {
	return c.members(ctx, n.key, func(pairs []string) error {
		for i := 0; i+1 < len(pairs); i += 2 {
			kind, id, _ := strings.Cut(pairs[i], "\x00")
			score, err := strconv.ParseFloat(pairs[i+1], 64)
			if err != nil {
				return told(err)
			}
			if err := each(store.Part{What: store.PlacePart, Shard: n.shard, Name: n.of, N: int64(score), Kind: kind, ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// at is a lane and its shard.
type at struct {
	shard store.Shard
	lane  store.Lane
}

func (c *copier) queue(ctx context.Context, n name, each func(store.Part) error) error {
	return c.members(ctx, n.key, func(pairs []string) error {
		var lanes []at
		for i := 0; i < len(pairs); i += 2 {
			lanes = append(lanes, at{n.shard, store.Lane{Queue: n.of, ID: pairs[i]}})
		}
		return c.lanes(ctx, lanes, each)
	})
}

// lanes tells lanes with their jobs. One that is held is due now.
func (c *copier) lanes(ctx context.Context, lanes []at, each func(store.Part) error) error {
	for len(lanes) > 0 {
		some := lanes[:min(len(lanes), perScan)]
		lanes = lanes[len(some):]
		due := make([]*redis.FloatCmd, len(some))
		jobs := make([]*redis.StringSliceCmd, len(some))
		heads := make([]*redis.SliceCmd, len(some))
		_, err := c.d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, l := range some {
				j, h, q := lane(l.shard, l.lane)
				due[i], jobs[i], heads[i] = p.ZScore(ctx, q, l.lane.ID), p.LRange(ctx, j, 0, page-1), p.HMGet(ctx, h, "fence", "attempts")
			}
			return nil
		})
		if err != nil && err != redis.Nil {
			return told(err)
		}
		for i, l := range some {
			p := store.Part{What: store.LanePart, Shard: l.shard, Name: l.lane.Queue, ID: l.lane.ID, N: int64(due[i].Val())}
			p.Gone = due[i].Err() == redis.Nil || len(jobs[i].Val()) == 0
			head := heads[i].Val()
			if head[0] != nil {
				p.N = c.at.UnixMilli()
			}
			if head[1] != nil {
				p.Claims, _ = strconv.Atoi(head[1].(string)) // a number that only the scripts have written
			}
			if err := c.lane(ctx, p, jobs[i].Val(), each); err != nil {
				return err
			}
		}
	}
	return nil
}

// lane tells a lane, of whose jobs the first page is known.
func (c *copier) lane(ctx context.Context, p store.Part, jobs []string, each func(store.Part) error) error {
	if err := each(p); err != nil || p.Gone {
		return err
	}
	from, _, _ := lane(p.Shard, store.Lane{Queue: p.Name, ID: p.ID})
	for at := int64(0); ; {
		for _, j := range jobs {
			if err := each(store.Part{What: store.JobPart, Shard: p.Shard, Name: p.Name, ID: p.ID, Body: []byte(j)}); err != nil {
				return err
			}
		}
		at += int64(len(jobs))
		if len(jobs) < page {
			return nil
		}
		var err error
		if jobs, err = c.d.c.LRange(ctx, from, at, at+page-1).Result(); err != nil {
			return told(err)
		}
	}
}
