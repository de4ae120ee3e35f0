package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"workervoice/store"
)

var waist = []test{
	{"a batch is all or nothing", allOrNothing},
	{"a record has the version expected", versions},
	{"an index lists by score, page by page", listed},
	{"counters add up over shards", counted},
	{"a log keeps its order", logged},
	{"the last entries of a log can be read", tail},
	{"a log is written over in its place, and cut", blanked},
	{"a lane is held by one", lanes},
	{"those due longest are claimed first", oldestFirst},
	{"what an ended process held is due before its lease ends", inherited},
	{"a fenced job finds its lane empty or waits", bornHeld},
	{"a dropped lane is lost to its holder", dropped},
	{"a lane that is rung is due", rung},
	{"a lane parked again and again counts its claims", parked},
	{"the depth of a queue is measured", depth},
	{"a done context changes nothing", cancelled},
	{"the model and the back end agree", modelled},
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

func (t rig) count(name string) int64 {
	t.Helper()
	ns, err := t.b.Counts(ctx, name)
	t.must(err)
	return ns[0]
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
		n := t.count("n")
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
	for i, score := range []int64{0, 1, 1, 2, 2, 3, 4} { // all in one shard
		p := put(fmt.Sprint("one~", i), 0, "x")
		p[0].Index = []store.Index{{Name: "one", Score: score}}
		t.must(t.commit(store.Batch{Shard: store.ShardOf("one"), Put: p}).Err)
	}
	got = ""
	for after, more := (store.Cursor{}), true; more; { // a page that is not full is the last
		rs, cs, err := t.b.List(ctx, "one", after, 3)
		t.must(err)
		for _, r := range rs {
			got += r.ID + " "
			after = cs[len(cs)-1]
		}
		more = len(rs) == 3
	}
	t.want(got, "one~0 one~1 one~2 one~3 one~4 one~5 one~6 ")
	for _, x := range []struct {
		index string
		score int64
		n     int
		want  int
	}{{"x", 0, 100, 4}, {"x", 1, 100, 9}, {"x", 9, 100, 10}, {"x", 9, 5, 5}, {"x", -1, 100, 0}, {"y", -1, 100, 10}, {"z", 9, 100, 0}} {
		n, err := t.b.UpTo(ctx, x.index, x.score, x.n)
		t.must(err)
		t.want(n, x.want)
	}
}

func counted(t rig) {
	for i := range 100 {
		t.must(t.commit(store.Batch{Shard: store.Shard(i % store.Shards), Add: []store.Counter{{Name: "n", N: int64(i)}, {Name: "m", N: -1}}}).Err)
	}
	n := t.count("n")
	t.want(n, 4950)
	ns, err := t.b.Counts(ctx, "m", "never \"added to\"", "n", "m")
	t.must(err)
	t.want(show(ns), show([]int64{-100, 0, 4950, -100}))
	ns, err = t.b.Counts(ctx)
	t.must(err)
	t.want(len(ns), 0)
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

// A mortal is a back end whose process a test can end, as a kill does.
type mortal interface {
	Die(t testing.TB) store.Backend // returns the back end of another process
}

func inherited(t rig) {
	s := store.ShardOf("a")
	two := store.Lane{Queue: "born", ID: "a"}
	t.must(t.commit(store.Batch{Shard: s, Jobs: []store.Job{job("1"), {Lane: two, Body: []byte("2"), Fence: 1, Until: t.c.Now().Add(lease)}}}).Err)
	t.want(len(t.claim(1)), 1)
	t.b = t.b.(mortal).Die(t)
	for _, l := range []store.Lane{lane, two} {
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		var hs []store.Leased
		for end := time.Now().Add(2 * time.Minute); len(hs) == 0; <-again.C {
			if time.Now().After(end) {
				t.Fatalf("%v is not due", l)
			}
			var err error
			hs, err = t.b.Claim(ctx, store.Claim{Queue: l.Queue, At: t.c.Now(), Until: t.c.Now().Add(lease), Fence: 2, In: 1<<store.Shards - 1, Lanes: 10, Jobs: 2})
			t.must(err)
		}
		t.want(show(len(hs), hs[0].Attempts), "1 2")
		t.want(t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: l, Fence: 1, N: 1}}}).Err, store.ErrStale)
		t.must(t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: l, Fence: 2, N: 1}}}).Err)
	}
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

func tail(t rig) {
	es, _, err := t.b.Scan(ctx, 0, "l", -1, 3)
	t.must(err)
	t.want(len(es), 0)
	for i := range 7 {
		t.must(t.commit(store.Batch{Append: []store.Entry{{Log: "l", Body: []byte{'a' + byte(i)}}}}).Err)
	}
	es, first, err := t.b.Scan(ctx, 0, "l", -1, 3)
	t.must(err)
	t.want(show(bodies(es), first), "e f g  4")
	es, first, err = t.b.Scan(ctx, 0, "l", -1, 30)
	t.must(err)
	t.want(show(len(es), first), "7 0")
	es, first, err = t.b.Scan(ctx, 0, "l", 5, 30)
	t.must(err)
	t.want(show(bodies(es), first), "f g  5")
}

func blanked(t rig) {
	for i := range 4 {
		t.must(t.commit(store.Batch{Append: []store.Entry{{Log: "l", Body: []byte{'a' + byte(i)}}}}).Err)
	}
	t.must(t.commit(store.Batch{
		Blank:  []store.Blank{{Log: "l", Place: 1, Body: []byte("-")}, {Log: "l", Place: 9, Body: []byte("!")}, {Log: "none", Body: []byte("!")}},
		Append: []store.Entry{{Log: "l", Body: []byte("e")}}, Scrub: true,
	}).Err)
	es, _, err := t.b.Scan(ctx, 0, "l", 0, 10)
	t.must(err)
	t.want(bodies(es), "a - c d e ")
	es, _, err = t.b.Scan(ctx, 0, "none", 0, 10)
	t.must(err)
	t.want(len(es), 0)
	t.must(t.commit(store.Batch{Cut: []string{"l"}, Append: []store.Entry{{Log: "l", Body: []byte("f")}}}).Err)
	es, first, err := t.b.Scan(ctx, 0, "l", -1, 10)
	t.must(err)
	t.want(show(bodies(es), first), "f  0")
}

func oldestFirst(t rig) {
	at := t.c.Now()
	for _, late := range []int{3, 1, 4, 0, 2} {
		id := fmt.Sprint("lane", late)
		j := store.Job{Lane: store.Lane{Queue: "q", ID: id}, Body: []byte("x"), Due: at.Add(time.Duration(late) * time.Second)}
		t.must(t.commit(store.Batch{Shard: store.ShardOf(id), Jobs: []store.Job{j}}).Err)
	}
	t.c.Pass(3 * time.Second)
	var got string
	for i := range 3 {
		hs, err := t.b.Claim(ctx, store.Claim{Queue: "q", At: t.c.Now(), Until: t.c.Now().Add(lease), Fence: int64(i + 1), In: 1<<store.Shards - 1, Lanes: 2, Jobs: 1})
		t.must(err)
		for _, h := range hs {
			got += h.Lane.ID + " "
		}
	}
	t.want(got, "lane0 lane1 lane2 lane3 ")
}

func dropped(t rig) {
	s := store.ShardOf("a")
	t.must(t.commit(store.Batch{Shard: s, Jobs: []store.Job{job("1"), job("2")}}).Err)
	t.want(len(t.claim(1)), 1)
	r := t.commit(store.Batch{Shard: s, Drop: []store.Lane{lane}, Jobs: []store.Job{{Lane: lane, Body: []byte("3"), Fence: 2, Until: t.c.Now().Add(lease)}}})
	t.must(r.Err)
	t.want(r.Held, true)
	t.want(t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: lane, Fence: 1, N: 1}}}).Err, store.ErrStale)
	t.must(t.commit(store.Batch{Shard: s, Drop: []store.Lane{lane, {Queue: "none", ID: "a"}}}).Err)
	t.c.Pass(2 * lease)
	t.want(len(t.claim(3)), 0)
}

func rung(t rig) {
	s := store.ShardOf("a")
	ring := func() bool { return t.commit(store.Batch{Shard: s, Ring: []store.Lane{lane}}).Rang }
	t.want(ring(), false) // there is nothing
	j := job("1")
	j.Due = store.Held
	t.must(t.commit(store.Batch{Shard: s, Jobs: []store.Job{j, j}}).Err)
	t.c.Pass(1000 * time.Hour)
	t.want(len(t.claim(1)), 0)
	t.want(ring(), true)
	t.want(len(t.claim(2)), 1)
	t.want(ring(), false) // somebody holds it
	t.must(t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: lane, Fence: 2, N: 1, Due: store.Held}}}).Err)
	t.want(len(t.claim(3)), 0)
	t.want(ring(), true)
	t.want(show(ring(), t.claim(4)[0].Attempts), "true 1")
}

func parked(t rig) {
	s := store.ShardOf("a")
	t.must(t.commit(store.Batch{Shard: s, Jobs: []store.Job{job("1")}}).Err)
	for i := range 100 {
		fence := int64(i + 1)
		hs := t.claim(fence)
		t.want(len(hs), 1)
		t.want(hs[0].Attempts, i+1)
		t.must(t.commit(store.Batch{Shard: s, Done: []store.Done{{Lane: lane, Fence: fence, Due: store.Held}}, Ring: []store.Lane{lane}}).Err)
	}
}

func depth(t rig) {
	now := t.c.Now()
	p, err := t.b.Depth(ctx, "q", now)
	t.must(err)
	t.want(show(p.Lanes, p.Due, p.Parked, p.Oldest.IsZero()), "0 0 0 true")
	for i, due := range []time.Time{now.Add(-time.Hour), now.Add(-time.Minute), now.Add(time.Hour), store.Held} {
		id := fmt.Sprint("lane", i)
		j := store.Job{Lane: store.Lane{Queue: "q", ID: id}, Body: []byte("x"), Due: due}
		t.must(t.commit(store.Batch{Shard: store.ShardOf(id), Jobs: []store.Job{j, j}}).Err)
	}
	p, err = t.b.Depth(ctx, "q", now)
	t.must(err)
	t.want(show(p.Lanes, p.Due, p.Parked, now.Sub(p.Oldest)), "4 2 1 1h0m0s")
}
