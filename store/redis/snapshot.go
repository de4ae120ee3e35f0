package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// While a snapshot is taken, each shard has a set of what the snapshot has to
// read again. Scripts add to it, and do nothing while "wait" is in it.
const (
	copyKind  = "copy"      // kind of key
	waiting   = "wait"      // in the set: the shard takes nothing
	restoring = "restoring" // in the set: what is there is half a restore
)

// Keys of a snapshot live for as long as nobody has to fear that it has died.
const (
	alive   = time.Minute
	refresh = 10 * time.Second
	few     = 256 // keys to read again while nothing is taken
	rounds  = 20  // before that
	perScan = 250 // keys of one look
)

var errSlow = errors.New("redis: the snapshot took too long at one place, or the server was replaced: take it again")

// A copier takes a snapshot.
type copier struct {
	d     *DB
	at    time.Time
	each  func(store.Part) error
	token string
	fresh time.Time // when its keys were last kept alive
}

// Snapshot implements [store.Backend]. Everything is read while commits go on.
// What they change is noted by their scripts and read again, until little is
// left; then all shards take nothing until that is read too.
//
// On a cluster no slots may be on their way from one server to another.
func (d *DB) Snapshot(ctx context.Context, at time.Time, each func(store.Part) error) (err error) {
	c := &copier{d: d, at: at, each: each, token: rand.Text()}
	if err := c.begin(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.end(context.WithoutCancel(ctx))) }()
	servers, err := d.servers(ctx)
	if err != nil {
		return err
	}
	for _, s := range servers {
		if err := c.scan(ctx, s); err != nil {
			return err
		}
	}
	for range rounds {
		n, err := c.again(ctx)
		if err != nil {
			return err
		}
		if n <= few {
			break
		}
	}
	last, err := c.last(ctx)
	if err != nil {
		return err
	}
	for _, p := range last {
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// servers returns every server that has something of its own.
func (d *DB) servers(ctx context.Context) (ss []*redis.Client, err error) {
	var mu sync.Mutex
	err = d.masters(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		ss = append(ss, c)
		return nil
	})
	return ss, told(err)
}

func told(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return explain(err)
}

// shards runs f once for each shard, in one round trip to each server.
func (d *DB) shards(ctx context.Context, f func(redis.Pipeliner, store.Shard, string)) error {
	_, err := d.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for s := range store.Shard(store.Shards) {
			f(p, s, key(s, copyKind))
		}
		return nil
	})
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return told(err)
}

// alone is where a snapshot or restore says that it is under way.
var alone = key(0, "copying")

// begin has the scripts note what they change from now on. Sets that a snapshot
// has left which died begin anew.
func (c *copier) begin(ctx context.Context) error {
	first, err := c.d.c.SetNX(ctx, alone, c.token, alive).Result() //nolint:staticcheck // as old as the servers that are taken
	if err != nil {
		return told(err)
	}
	if !first {
		return store.ErrBusy
	}
	half, err := c.d.c.SIsMember(ctx, key(0, copyKind), restoring).Result()
	if err != nil || half {
		return errors.Join(told(err), store.ErrHalf, c.d.c.Del(ctx, alone).Err())
	}
	c.fresh = time.Now()
	return c.d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) {
		p.Del(ctx, k)
		p.SAdd(ctx, k, c.token)
		p.Expire(ctx, k, alive)
	})
}

// live keeps the keys alive, and fails if one has died: then something may have
// changed that nobody noted.
func (c *copier) live(ctx context.Context, enough time.Duration) error {
	c.fresh = time.Now()
	lives := make([]*redis.BoolCmd, 0, 2*store.Shards)
	err := c.d.shards(ctx, func(p redis.Pipeliner, s store.Shard, k string) {
		lives = append(lives, p.SIsMember(ctx, k, c.token), p.Expire(ctx, k, enough))
		if s == 0 {
			lives = append(lives, p.Expire(ctx, alone, alive))
		}
	})
	for _, l := range lives {
		if err == nil && !l.Val() {
			err = errSlow
		}
	}
	return err
}

// end lets everything go on.
func (c *copier) end(ctx context.Context) error {
	mine, err := c.d.c.Get(ctx, alone).Result()
	if mine != c.token {
		return nil // somebody else has taken over since
	}
	return errors.Join(told(err), c.d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) { p.Del(ctx, k) }), told(c.d.c.Del(ctx, alone).Err()))
}

// scan reads everything that a server has, but for counters.
func (c *copier) scan(ctx context.Context, s *redis.Client) error {
	for cursor := uint64(0); ; {
		keys, next, err := s.Scan(ctx, cursor, "voice:*", perScan).Result()
		if err != nil {
			return told(err)
		}
		keys = slices.DeleteFunc(keys, func(k string) bool { n, _ := parse(k); return n.kind == "jobs" }) // told with their queue
		if err := c.read(ctx, keys, c.each); err != nil {
			return err
		}
		if time.Since(c.fresh) > refresh {
			if err := c.live(ctx, alive); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// noted returns what has to be read again of each shard.
func (c *copier) noted(ctx context.Context) (keys []string, sets []*redis.StringSliceCmd, err error) {
	err = c.d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) { sets = append(sets, p.SMembers(ctx, k)) })
	for _, set := range sets {
		for _, k := range set.Val() {
			if k != c.token && k != waiting {
				keys = append(keys, k)
			}
		}
	}
	return keys, sets, err
}

// again reads once more what has changed, and returns how much that was. What
// changes after it is taken off the list is noted anew.
func (c *copier) again(ctx context.Context) (int, error) {
	if err := c.live(ctx, alive); err != nil {
		return 0, err
	}
	keys, sets, err := c.noted(ctx)
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	err = c.d.shards(ctx, func(p redis.Pipeliner, s store.Shard, k string) {
		for _, name := range sets[s].Val() {
			if name != c.token {
				p.SRem(ctx, k, name)
			}
		}
	})
	if err != nil {
		return 0, err
	}
	return len(keys), c.read(ctx, keys, c.each)
}

// stop has no shard take anything until this snapshot is over or dead: who has
// noted nothing for it is not stopped for ever.
func (c *copier) stop(ctx context.Context) error {
	const stop = `if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('SADD', KEYS[1], 'wait')
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`
	stopped := make([]*redis.Cmd, 0, store.Shards)
	err := c.d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) {
		stopped = append(stopped, p.Eval(ctx, stop, []string{k}, c.token, store.Stopped.Milliseconds()))
	})
	for _, s := range stopped {
		if n, _ := s.Int(); err == nil && n != 1 {
			err = errSlow
		}
	}
	return err
}

// last stops everything, and reads what has changed since and the counters.
func (c *copier) last(ctx context.Context) (parts []store.Part, err error) {
	ctx, cancel := context.WithTimeout(ctx, store.Stopped)
	defer cancel()
	if err := c.live(ctx, store.Stopped); err != nil {
		return nil, err
	}
	if err := c.stop(ctx); err != nil {
		return nil, err
	}
	keep := func(p store.Part) error { parts = append(parts, p); return nil }
	keys, _, err := c.noted(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.read(ctx, keys, keep); err != nil {
		return nil, err
	}
	counts := make([]*redis.MapStringStringCmd, store.Shards)
	err = c.d.shards(ctx, func(p redis.Pipeliner, s store.Shard, _ string) { counts[s] = p.HGetAll(ctx, key(s, "count")) })
	if err != nil {
		return nil, err
	}
	for s, cmd := range counts {
		for name, v := range cmd.Val() {
			if n, _ := strconv.ParseInt(v, 10, 64); n != 0 {
				parts = append(parts, store.Part{What: store.CounterPart, Shard: store.Shard(s), Name: name, N: n})
			}
		}
	}
	if err := c.live(ctx, store.Stopped); err != nil { // nobody has written meanwhile
		return nil, err
	}
	return parts, c.d.shards(ctx, func(p redis.Pipeliner, _ store.Shard, k string) { p.SRem(ctx, k, waiting) })
}
