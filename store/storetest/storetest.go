// Package storetest checks that a Backend keeps its promises, and that a Store
// on top of it keeps its own.
package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// Clock is a time that tests move by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// Pass moves the time on.
func (c *Clock) Pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// A rig is what a test works with.
type rig struct {
	*testing.T
	b store.Backend
	s *store.Store
	c *Clock
}

// Run checks the back ends that open makes. Each call of open must return an
// empty one.
func Run(t *testing.T, open func(t *testing.T) store.Backend) {
	for _, test := range []struct {
		name string
		run  func(rig)
	}{
		{"a batch is all or nothing", allOrNothing},
		{"a record has the version expected", versions},
		{"an index lists by score, page by page", listed},
		{"counters add up over shards", counted},
		{"a log keeps its order", logged},
		{"a lane is held by one", lanes},
		{"a fenced job finds its lane empty or waits", bornHeld},
		{"a done context changes nothing", cancelled},

		{"a turn brings events in order", inOrder},
		{"a repeated event is dropped", repeated},
		{"a leased conversation is not given twice", leased},
		{"a lost lease cannot commit", stale},
		{"a crash before commit gives the turn again", crash},
		{"events during a turn wait for the next", during},
		{"an idle conversation is answered at once, once", atOnce},
		{"a busy conversation is not overtaken", notOvertaken},
		{"messages to one worker go in one parcel at a time", oneParcel},
		{"what comes while a parcel is out follows it", follows},
		{"a retried message keeps its place", retried},
		{"a lost claim settles nothing", lostClaim},
		{"many workers at once lose nothing", concurrent},

		{"a case is recorded from its last version only", recorded},
		{"another organisation sees nothing", denied},
		{"a conversation's entries reach the case once", filed},
		{"the store shows nothing without the key", sealedUp},
		{"values cannot change places", inPlace},
		{"an erased worker is gone", erased},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &Clock{now: time.UnixMilli(1_700_000_000_000)}
			b := open(t)
			s, err := store.New(b, store.Key{1}, c.Now)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			test.run(rig{t, b, s, c})
		})
	}
}

var ctx = context.Background()

const lease = time.Minute

func (t rig) want(got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// show prints values with a space between them.
func show(vs ...any) string { return strings.TrimSuffix(fmt.Sprintln(vs...), "\n") }

func (t rig) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t rig) commit(b store.Batch) store.Result {
	b.At = t.c.Now()
	return t.b.Commit(ctx, b)[0]
}

// bodies shows jobs or entries.
func bodies(bs [][]byte) (s string) {
	for _, b := range bs {
		s += string(b) + " "
	}
	return s
}

func put(id string, version int64, body string) []store.Put {
	return []store.Put{{Record: store.Record{Kind: "k", ID: id, Version: version, Body: []byte(body)}}}
}

var lane = store.Lane{Queue: "q", ID: "a"}

func job(body string) store.Job { return store.Job{Lane: lane, Body: []byte(body)} }

func (t rig) claim(fence int64) []store.Leased {
	t.Helper()
	hs, err := t.b.Claim(ctx, store.Claim{Queue: "q", At: t.c.Now(), Until: t.c.Now().Add(lease), Fence: fence, In: 1<<store.Shards - 1, Lanes: 10, Jobs: 2})
	t.must(err)
	return hs
}

func allOrNothing(t rig) {
	s := store.ShardOf("a")
	all := store.Batch{
		Shard: s, Once: []string{"o1", "o2"}, Put: put("a", 0, "x"), Append: []store.Entry{{Log: "l", Body: []byte("x")}},
		Jobs: []store.Job{job("x")}, Add: []store.Counter{{Name: "n", N: 1}},
	}
	t.must(t.commit(store.Batch{Shard: s, Once: []string{"o2"}, Put: put("other", 0, "y")}).Err)
	for _, test := range []struct {
		name  string
		wrong func(*store.Batch)
		want  error
	}{
		{"seen", func(b *store.Batch) {}, store.ErrSeen},
		{"version", func(b *store.Batch) { b.Once = nil; b.Put = append(put("other", 5, "z"), b.Put...) }, store.ErrStale},
		{"lease", func(b *store.Batch) { b.Once = nil; b.Done = []store.Done{{Lane: lane, Fence: 7, N: 1}} }, store.ErrStale},
	} {
		b := all
		test.wrong(&b)
		t.want(t.commit(b).Err, test.want)
		r, err := t.b.Get(ctx, s, "k", "a")
		t.must(err)
		t.want(r.Version, 0)
		es, _, err := t.b.Scan(ctx, s, "l", 0, 10)
		t.must(err)
		n, err := t.b.Count(ctx, "n")
		t.must(err)
		t.want(show(len(es), n, len(t.claim(1))), "0 0 0")
	}
	all.Once = []string{"o1"} // which the refused batch must not have kept
	t.must(t.commit(all).Err)
	t.want(t.commit(store.Batch{Shard: s, Idle: []store.Lane{lane}, Put: put("b", 0, "x")}).Err, store.ErrStale)
}

func versions(t rig) {
	s := store.ShardOf("a")
	t.must(t.commit(store.Batch{Shard: s, Put: put("a", 0, "1")}).Err)
	t.want(t.commit(store.Batch{Shard: s, Put: put("a", 0, "2")}).Err, store.ErrStale)
	rs := t.b.Commit(ctx, store.Batch{Shard: s, Put: put("a", 1, "3")}, store.Batch{Shard: s, Put: put("a", 1, "4")})
	t.want(show(rs[0].Err, rs[1].Err), show(nil, store.ErrStale))
	r, err := t.b.Get(ctx, s, "k", "a")
	t.must(err)
	t.want(show(r.Version, string(r.Body)), "2 3")
	r.Body = nil
	t.must(t.commit(store.Batch{Shard: s, Put: []store.Put{{Record: r}}}).Err)
	r, err = t.b.Get(ctx, s, "k", "a")
	t.must(err)
	t.want(r.Version, 0)
}

func listed(t rig) {
	for i := range 10 {
		id := fmt.Sprint("r", i)
		p := put(id, 0, id)
		p[0].Index = []store.Index{{Name: "x", Score: int64(i / 5)}, {Name: "y", Score: -1}}
		t.must(t.commit(store.Batch{Shard: store.ShardOf(id), Put: p}).Err)
	}
	p := put("r3", 1, "new")
	p[0].Was, p[0].Index = []store.Index{{Name: "x", Score: 0}}, []store.Index{{Name: "x", Score: 9}}
	t.must(t.commit(store.Batch{Shard: store.ShardOf("r3"), Put: p}).Err)
	var got string
	for after := (store.Cursor{}); ; {
		rs, cs, err := t.b.List(ctx, "x", after, 3)
		t.must(err)
		if len(rs) == 0 {
			break
		}
		for _, r := range rs {
			got += string(r.Body) + " "
		}
		after = cs[len(cs)-1]
	}
	t.want(got, "r0 r1 r2 r4 r5 r6 r7 r8 r9 new ")
}

func counted(t rig) {
	for i := range 100 {
		t.must(t.commit(store.Batch{Shard: store.Shard(i % store.Shards), Add: []store.Counter{{Name: "n", N: int64(i)}, {Name: "m", N: -1}}}).Err)
	}
	n, err := t.b.Count(ctx, "n")
	t.must(err)
	t.want(n, 4950)
}

func logged(t rig) {
	for i := range 7 {
		t.must(t.commit(store.Batch{Append: []store.Entry{{Log: "l", Body: []byte{'a' + byte(i)}}}}).Err)
	}
	es, _, err := t.b.Scan(ctx, 0, "l", 2, 3)
	t.must(err)
	t.want(bodies(es), "c d e ")
}

func lanes(t rig) {
	s := store.ShardOf("a")
	t.must(t.commit(store.Batch{Shard: s, Jobs: []store.Job{job("1"), job("2"), job("3")}}).Err)
	hs := t.claim(1)
	t.want(len(hs), 1)
	t.want(bodies(hs[0].Jobs), "1 2 ")
	t.want(len(t.claim(2)), 0)
	t.c.Pass(2 * lease)
	t.want(t.claim(3)[0].Attempts, 2)
	done := store.Done{Lane: lane, Fence: 1, N: 2, Due: t.c.Now().Add(time.Second)}
	t.want(t.commit(store.Batch{Shard: s, Done: []store.Done{done}}).Err, store.ErrStale)
	done.Fence = 3
	t.must(t.commit(store.Batch{Shard: s, Done: []store.Done{done}}).Err)
	t.want(t.commit(store.Batch{Shard: s, Done: []store.Done{done}}).Err, store.ErrStale)
	t.want(len(t.claim(4)), 0)
	t.c.Pass(2 * time.Second)
	hs = t.claim(5)
	t.want(show(bodies(hs[0].Jobs), hs[0].Attempts), "3  1")
}

func bornHeld(t rig) {
	s := store.ShardOf("a")
	one, two := job("1"), job("2")
	one.Fence, one.Until = 8, t.c.Now().Add(lease)
	two.Fence, two.Until = 8, one.Until
	t.want(t.commit(store.Batch{Shard: s, Jobs: []store.Job{one, two}}).Held, true)
	late := job("3")
	late.Fence = 9
	t.want(t.commit(store.Batch{Shard: s, Jobs: []store.Job{late}}).Held, false)
	t.want(len(t.claim(10)), 0)
	r := t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: lane, Fence: 8, N: 1, Due: one.Until, Hold: 5}}})
	t.want(show(bodies(r.Next.Jobs), r.Next.Attempts), "2 3  1")
	r = t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: lane, Fence: 8, N: 2, Due: one.Until, Hold: 5}}})
	t.want(len(r.Next.Jobs), 0)
	t.c.Pass(2 * lease)
	t.want(len(t.claim(11)), 0)
}

func cancelled(t rig) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	r := t.b.Commit(done, store.Batch{Shard: 1, Put: put("a", 0, "x")})[0]
	t.want(r.Err, context.Canceled)
	got, err := t.b.Get(ctx, 1, "k", "a")
	t.must(err)
	t.want(got.Version, 0)
}

func event(user, id string) channels.Event {
	return channels.Event{ID: id, Kind: channels.Said, From: channels.Address{Channel: "tg", User: user}, Text: id}
}

func message(user, key string) channels.Outbound {
	return channels.Outbound{Key: key, To: channels.Address{Channel: "tg", User: user}, Text: key}
}
