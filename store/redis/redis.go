// Package redis keeps everything in Redis, for installations on several
// machines. It works on a single server and on a cluster.
//
// All keys of a shard carry its hash tag, so one script can change a record,
// a log and a lane together on whichever node holds the shard. Every key that
// a script touches is declared, so that a single server and a Cluster run the
// same ones.
//
// Records are hashes, lanes and logs lists: a log's entries are blanked in
// their places when a worker takes something back, which a stream does not
// allow. What is due and what is listed stands in sorted sets. Processes tell
// one another what changes by publishing it; that costs no flush, and what a
// process misses while its connection is broken it is told to look at anew.
//
// A commit is sent again until its fate is known, see slots. It is acknowledged
// once it is flushed and, where the server asks for replicas with
// min-replicas-to-write, once that many have it.
//
// While a part of a Cluster is moved from node to node, its shards take
// nothing for as long as Redis answers TRYAGAIN or ASK: move them when little
// is going on.
//
// A user of the server's ACL needs, beside a password:
//
//	~voice:* &voice:* -@all +@connection +@read +@write +@transaction +@scripting +wait
//	+publish +subscribe +unsubscribe +pubsub|numsub +cluster|slots +cluster|shards +cluster|nodes +readonly
//	-@dangerous +info +time +config|get +bgrewriteaof +bgsave
package redis

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

var (
	//go:embed commit.lua
	commitLua string
	//go:embed claim.lua
	claimLua string
	//go:embed clean.lua
	cleanLua string
	//go:embed inherit.lua
	inheritLua string

	commit  = redis.NewScript(commitLua)
	claim   = redis.NewScript(claimLua)
	clean   = redis.NewScript(cleanLua)
	inherit = redis.NewScript(inheritLua)
)

// remembered is how long keys seen are kept.
const remembered = 7 * 24 * time.Hour

// key names something in a shard.
func key(s store.Shard, kind string, name ...string) string {
	switch len(name) { // some twenty are made for a turn: each in one piece
	case 0:
		return prefixes[s] + kind
	case 1:
		return prefixes[s] + kind + ":" + name[0]
	}
	return prefixes[s] + kind + ":" + strings.Join(name, ":")
}

// prefixes are what the keys of each shard begin with.
var prefixes = func() (ps [store.Shards]string) {
	for s := range ps {
		ps[s] = "voice:{" + strconv.Itoa(s) + "}:"
	}
	return ps
}()

func lane(s store.Shard, l store.Lane) (jobs, head, queue string) {
	at := prefixes[s]
	return at + "jobs:" + l.Queue + ":" + l.ID, at + "head:" + l.Queue + ":" + l.ID, at + "queue:" + l.Queue
}

func (c *call) lane(s store.Shard, l store.Lane) (jobs, head, queue int) {
	j, h, q := lane(s, l)
	return c.key(j), c.key(h), c.key(q)
}

// calling writes b in the terms of commit.lua.
func (d *DB) calling(b store.Batch, n number) *call {
	c := &call{script: commit, keys: make([]string, 2, 16), args: make([]any, 5, 64)}
	c.keys[0], c.keys[1] = d.fates(b.Shard), key(b.Shard, copyKind)
	c.args[0], c.args[1], c.args[2], c.args[4] = n.slot, n.n, 0, d.name
	c.again = func() { c.args[2] = 1 }
	for _, l := range b.Idle {
		jobs, _, _ := lane(b.Shard, l)
		c.op("idle", c.key(jobs))
	}
	for _, d := range b.Done {
		jobs, head, queue := c.lane(b.Shard, d.Lane)
		c.op("done", jobs, head, queue, d.Lane.ID, d.Fence, d.N, d.Due.UnixMilli(), d.Hold)
	}
	for _, p := range b.Put {
		c.op("put", c.key(key(b.Shard, p.Kind, p.ID)), p.Version, p.Body)
	}
	for _, k := range b.Once {
		c.op("once", c.key(key(b.Shard, "once", k)), int64(remembered/time.Second))
	}
	c.args[3] = len(c.args)
	for _, l := range b.Drop {
		jobs, head, queue := c.lane(b.Shard, l)
		c.op("drop", jobs, head, queue, l.ID)
	}
	for _, name := range b.Cut {
		c.op("cut", c.key(key(b.Shard, "log", name)))
	}
	for _, p := range b.Put {
		for _, x := range p.Was {
			c.op("unindex", c.key(key(b.Shard, "index", x.Name)), member(p.Kind, p.ID))
		}
		for _, x := range p.Index {
			if p.Body != nil {
				c.op("index", c.key(key(b.Shard, "index", x.Name)), x.Score, member(p.Kind, p.ID))
			}
		}
	}
	for _, x := range b.Blank {
		c.op("blank", c.key(key(b.Shard, "log", x.Log)), x.Place, x.Body)
	}
	for _, e := range b.Append {
		c.op("append", c.key(key(b.Shard, "log", e.Log)), e.Body)
	}
	for _, l := range b.Ring {
		jobs, head, queue := c.lane(b.Shard, l)
		c.op("ring", jobs, head, queue, l.ID, b.At.UnixMilli())
	}
	for _, j := range b.Jobs {
		jobs, head, queue := c.lane(b.Shard, j.Lane)
		c.op("job", jobs, head, queue, j.Lane.ID, j.Due.UnixMilli(), j.Fence, j.Until.UnixMilli(), j.Body)
	}
	for _, a := range b.Add {
		c.op("add", c.key(key(b.Shard, "count")), a.Name, a.N)
	}
	if b.Scrub {
		c.op("soil", c.key(key(b.Shard, "soil")))
	}
	return c
}

// Commit implements [store.Backend].
func (d *DB) Commit(ctx context.Context, batches ...store.Batch) []store.Result {
	results := make([]store.Result, len(batches))
	err := ctx.Err()
	if err == nil {
		err = d.compare(ctx)
	}
	if err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	calls := make([]*call, len(batches))
	numbers := make([]number, len(batches))
	for i, b := range batches {
		numbers[i] = d.slots.take()
		calls[i] = d.calling(b, numbers[i])
	}
	d.run(calls...)
	for i, c := range calls {
		d.slots.give(numbers[i])
		results[i] = result(batches[i], c)
		if batches[i].Scrub && results[i].Err == nil {
			d.soil()
		}
	}
	return results
}

func result(b store.Batch, c *call) (r store.Result) {
	switch {
	case c.err != nil:
		r.Err = explain(c.err)
	case c.out[0] == "seen":
		r.Err = store.ErrSeen
	case c.out[0] == "stale":
		r.Err = store.ErrStale
	case c.out[0] == "late":
		r.Err = errLate
	default:
		r.Held, r.Rang = c.out[1].(int64) == 1, c.out[2].(int64) == 1
		if len(c.out) > 3 {
			r.Next = held(b.Shard, b.Done[len(b.Done)-1].Lane, c.out[3:])
		}
	}
	return r
}

func held(s store.Shard, l store.Lane, v []any) store.Leased {
	h := store.Leased{Shard: s, Lane: l, Attempts: int(v[0].(int64))}
	for _, b := range v[1:] {
		h.Jobs = append(h.Jobs, []byte(b.(string)))
	}
	return h
}

// Claim implements [store.Backend]. It first looks for lanes and then leases
// them one by one, since a script may touch declared keys only.
func (d *DB) Claim(ctx context.Context, c store.Claim) (hs []store.Leased, err error) {
	if err := d.compare(ctx); err != nil {
		return nil, err
	}
	if err := d.inherit(ctx, c.Queue, c.At); err != nil {
		return nil, err
	}
	for lost := true; lost && err == nil && c.Lanes > 0; {
		var more []store.Leased
		more, lost, err = d.claim(ctx, c)
		hs = append(hs, more...)
		c.Lanes -= len(more)
	}
	return hs, err
}

// claim reports whether it lost lanes to others, so that there may be more.
func (d *DB) claim(ctx context.Context, c store.Claim) (hs []store.Leased, lost bool, err error) {
	due := make([]*redis.ZSliceCmd, store.Shards)
	by := &redis.ZRangeBy{Min: "-inf", Max: strconv.FormatInt(c.At.UnixMilli(), 10), Count: int64(c.Lanes)}
	err = d.pipe(ctx, func(p redis.Pipeliner) {
		for s := range due {
			if c.In>>s&1 == 0 {
				continue
			}
			due[s] = p.ZRangeByScoreWithScores(ctx, key(store.Shard(s), "queue", c.Queue), by)
		}
	})
	if err != nil {
		return nil, false, err
	}
	type found struct {
		score float64
		shard store.Shard
		lane  store.Lane
	}
	var all []found
	for s, cmd := range due {
		if cmd == nil {
			continue
		}
		for _, z := range cmd.Val() {
			all = append(all, found{z.Score, store.Shard(s), store.Lane{Queue: c.Queue, ID: z.Member.(string)}})
		}
	}
	if len(all) == 0 {
		return nil, false, nil
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.score, b.score) })
	all = all[:min(len(all), c.Lanes)]
	calls := make([]*call, len(all))
	for i, f := range all {
		jobs, head, queue := lane(f.shard, f.lane)
		calls[i] = &call{script: claim, keys: []string{jobs, head, queue, key(f.shard, copyKind)}, args: []any{f.lane.ID, c.At.UnixMilli(), c.Until.UnixMilli(), c.Fence, c.Jobs, d.name}}
	}
	d.run(calls...)
	for i, x := range calls {
		switch {
		case x.err != nil:
			err = explain(x.err)
		case len(x.out) == 0:
			lost = true
		default:
			hs = append(hs, held(all[i].shard, all[i].lane, x.out))
		}
	}
	return hs, lost, err
}
