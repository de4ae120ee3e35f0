package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
	"workervoice/store/faults"
)

// Loners write each to a record and a log of their own, which nobody else
// changes: a commit that is refused as stale was applied, and then not known.
type loners struct {
	d       *DB
	written atomic.Int64
	refused atomic.Int64 // though nobody else has written, and no outcome was open
	stop    context.CancelFunc
	done    sync.WaitGroup
}

func newLoners(t testing.TB, d *DB) *loners {
	ctx, stop := context.WithCancel(context.Background())
	l := &loners{d: d, stop: stop}
	for i := range writers {
		l.done.Go(func() { l.write(ctx, fmt.Sprint("loner", i)) })
	}
	t.Cleanup(l.end)
	return l
}

func (l *loners) end() {
	l.stop()
	l.done.Wait()
}

func (l *loners) write(ctx context.Context, id string) {
	s := store.ShardOf(id)
	open := false // what was sent may still be on its way
	for version := int64(0); ctx.Err() == nil; {
		b := store.Batch{Shard: s, At: time.Now(), Put: []store.Put{{Record: store.Record{Kind: "k", ID: id, Body: []byte("x"), Version: version}}},
			Append: []store.Entry{{Log: id, Body: fmt.Append(nil, version)}}}
		err := l.d.Commit(context.Background(), b)[0].Err
		if err == nil {
			version++
			open = false
			l.written.Add(1)
			continue
		}
		stale := errors.Is(err, store.ErrStale)
		if stale && !open {
			l.refused.Add(1)
		}
		open = !stale
		for ctx.Err() == nil {
			r, err := l.d.Get(ctx, s, "k", id)
			if err == nil {
				version = r.Version
				break
			}
		}
	}
}

// keepsAll ends the loners and checks that each log says everything once.
func (l *loners) keepsAll(t testing.TB) {
	t.Helper()
	l.end()
	for i := range writers {
		id := fmt.Sprint("loner", i)
		r, err := l.d.Get(t.Context(), store.ShardOf(id), "k", id)
		if err != nil {
			t.Fatal(err)
		}
		es, _, err := l.d.Scan(t.Context(), store.ShardOf(id), id, 0, 1_000_000)
		if err != nil || int64(len(es)) != r.Version {
			t.Errorf("%s: %d changes, %d entries, %v", id, r.Version, len(es), err)
		}
		for n, e := range es {
			if string(e) != fmt.Sprint(n) {
				t.Fatalf("%s: entry %d is %s", id, n, e)
			}
		}
	}
}

// networks are the faults that a network has.
var networks = []faults.Fault{
	{Delay: 20 * time.Millisecond}, {Lost: 0.05}, {Cut: 0.05}, {Half: 0.05}, {Mute: 0.05},
	{Delay: 5 * time.Millisecond, Lost: 0.02, Cut: 0.02, Half: 0.02, Mute: 0.01},
}

// TestNetwork spoils the connections to the server at work: requests that are
// cut, answers that are cut after the request was carried out, connections
// that are half closed, or mute, or through which nothing passes for a while.
func TestNetwork(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := faults.New(t, s.addr)
	d := open(t, "redis://"+p.Addr()+"?read_timeout=300ms")
	c, l := newCrowd(t, d), newLoners(t, d)
	for range repeats(1) {
		for _, f := range networks {
			spoil(t, p, f, c)
		}
		p.Set(faults.Fault{Apart: faults.All})
		dialled := d.c.PoolStats().Misses
		until(t, func() bool { return d.c.PoolStats().Misses > dialled+2 }) // the client has given up, and tries again
		p.Set(faults.Fault{})
		c.goesOn(t, 3)
	}
	c.keepsAll(t)
	l.keepsAll(t)
	if n := l.refused.Load(); n > 0 {
		t.Errorf("%d commits were applied and then refused", n)
	}
	t.Logf("%d connections spoilt, %d changes of records that nobody else writes", p.Spoiled(), l.written.Load())
}

// spoil has a fault happen at least ten times while work goes on.
func spoil(t testing.TB, p *faults.Proxy, f faults.Fault, c *crowd) {
	t.Helper()
	before := p.Spoiled()
	p.Set(f)
	c.goesOn(t, 3)
	until(t, func() bool { return f.Lost+f.Cut+f.Half+f.Mute == 0 || p.Spoiled() >= before+10 })
	p.Set(faults.Fault{})
	c.goesOn(t, 3)
}

// TestNetworkTwice shows that the test before would see a commit that is
// applied and not known: where a shard does not look up what became of it.
func TestNetworkTwice(t *testing.T) { // not in parallel: it spoils the script of all
	was := commit
	t.Cleanup(func() { commit = was })
	forgets := strings.Replace(commitLua, "local was, again = call('HGET', KEYS[1], slot), false", "local was, again = nil, false", 1)
	if forgets == commitLua {
		t.Fatal("commit.lua looks up its slots elsewhere now")
	}
	commit = redis.NewScript(forgets)
	p := faults.New(t, start(t).addr)
	d := open(t, "redis://"+p.Addr())
	l := newLoners(t, d)
	p.Set(faults.Fault{Cut: 0.2})
	until(t, func() bool { return l.refused.Load() > 0 })
	p.Set(faults.Fault{})
	l.end()
}
