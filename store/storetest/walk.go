package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"workervoice/store"
)

// A walk compares a back end with a model, step by step.
type walk struct {
	t      rig
	m      *model
	bases  []string // each of another shard; one begins every name, so that walks do not meet
	base   string   // of them, the one at hand
	fences []int64
	at     time.Time
}

var walks atomic.Int64

func modelled(t rig) {
	rapid.Check(t.T, func(rt *rapid.T) {
		w := &walk{t: t, bases: bases(), at: t.c.Now(), fences: []int64{1}, m: &model{
			map[string]store.Record{}, map[string][]store.Index{}, map[string][]string{}, map[string]*modelLane{}, map[string]bool{}, map[string]int64{},
		}}
		w.base = w.bases[0]
		rt.Repeat(map[string]func(*rapid.T){
			"commit": w.commit, "again": w.commit, "claim": w.claim, "look": w.look, "disturb": w.disturb,
			"pass": func(rt *rapid.T) {
				w.at = w.at.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
		})
	})
}

// bases returns two names of different shards that no walk has had.
func bases() []string {
	one := fmt.Sprint("m", walks.Add(1))
	for {
		if two := fmt.Sprint("m", walks.Add(1)); store.ShardOf(one) != store.ShardOf(two) {
			return []string{one, two}
		}
	}
}

// turn takes another base at hand, or the same.
func (w *walk) turn(rt *rapid.T) { w.base = rapid.SampledFrom(w.bases).Draw(rt, "base") }

// disturb does to the back end what must not show, where a test knows such.
func (w *walk) disturb(*rapid.T) {
	if b, ok := w.t.b.(interface{ Disturb() }); ok {
		b.Disturb()
	}
}

func (w *walk) name(rt *rapid.T, label string) string {
	return w.base + "~" + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, label)
}

func (w *walk) lane(rt *rapid.T) store.Lane {
	return store.Lane{Queue: w.base + "q", ID: w.name(rt, "lane")}
}

func (w *walk) fence(rt *rapid.T) int64 { return rapid.SampledFrom(w.fences).Draw(rt, "fence") }

func (w *walk) due(rt *rapid.T) time.Time {
	return rapid.SampledFrom([]time.Time{w.at, w.at.Add(time.Minute), store.Held}).Draw(rt, "due")
}

func (w *walk) body(rt *rapid.T) []byte {
	return []byte(rapid.StringMatching(`[a-z]{1,3}`).Draw(rt, "body"))
}

// some returns up to n values that make makes.
func some[T any](rt *rapid.T, label string, n int, make func(*rapid.T) T) (out []T) {
	for range rapid.IntRange(0, n).Draw(rt, label) {
		out = append(out, make(rt))
	}
	return out
}

func (w *walk) batch(rt *rapid.T) store.Batch {
	b := store.Batch{Shard: store.ShardOf(w.base), At: w.at, Scrub: rapid.IntRange(0, 20).Draw(rt, "scrub") == 0}
	if rapid.IntRange(0, 4).Draw(rt, "idle") == 0 {
		b.Idle = some(rt, "idles", 1, w.lane)
	}
	if rapid.IntRange(0, 1).Draw(rt, "done") == 0 {
		d := store.Done{Lane: w.lane(rt), Fence: w.fence(rt), Due: w.due(rt), Hold: rapid.IntRange(0, 3).Draw(rt, "hold")}
		if x := w.m.lane(d.Lane); x.fence != 0 && rapid.IntRange(0, 3).Draw(rt, "mine") > 0 {
			d.Fence = x.fence
		}
		d.N = rapid.IntRange(0, len(w.m.lane(d.Lane).jobs)).Draw(rt, "n")
		b.Done = []store.Done{d}
	}
	if rapid.IntRange(0, 3).Draw(rt, "once") == 0 {
		b.Once = []string{w.base + rapid.StringMatching(`[a-d]`).Draw(rt, "key")}
	}
	if rapid.IntRange(0, 9).Draw(rt, "dropping") == 0 {
		b.Drop = some(rt, "drop", 2, w.lane)
		b.Cut = some(rt, "cut", 1, func(rt *rapid.T) string { return w.name(rt, "log") })
	}
	if rapid.IntRange(0, 1).Draw(rt, "putting") == 0 {
		b.Put = []store.Put{w.put(rt)}
	}
	b.Blank = some(rt, "blank", 1, func(rt *rapid.T) store.Blank {
		return store.Blank{Log: w.name(rt, "log"), Place: rapid.Int64Range(0, 4).Draw(rt, "place"), Body: w.body(rt)}
	})
	b.Append = some(rt, "append", 2, func(rt *rapid.T) store.Entry { return store.Entry{Log: w.name(rt, "log"), Body: w.body(rt)} })
	b.Ring = some(rt, "ring", 2, w.lane)
	b.Jobs = some(rt, "jobs", 3, func(rt *rapid.T) store.Job {
		j := store.Job{Lane: w.lane(rt), Body: w.body(rt), Due: w.due(rt)}
		if rapid.Bool().Draw(rt, "fenced") {
			j.Fence, j.Until = w.fence(rt), w.at.Add(lease)
		}
		return j
	})
	b.Add = some(rt, "add", 1, func(rt *rapid.T) store.Counter {
		return store.Counter{Name: w.bases[0], N: rapid.Int64Range(-3, 3).Draw(rt, "by")}
	})
	return b
}

func (w *walk) put(rt *rapid.T) store.Put {
	id := w.name(rt, "id")
	p := store.Put{Record: w.m.records[id], Was: slices.Clone(w.m.places[id])}
	p.Kind, p.ID, p.Body = "k", id, w.body(rt)
	switch rapid.IntRange(0, 7).Draw(rt, "put") {
	case 0:
		p.Version++
	case 1:
		p.Body = nil
	}
	if rapid.Bool().Draw(rt, "stands") {
		p.Index = []store.Index{{Name: w.bases[0] + "x", Score: rapid.Int64Range(-2, 2).Draw(rt, "score")}}
	}
	return p
}

func (w *walk) commit(rt *rapid.T) {
	w.turn(rt)
	bs := []store.Batch{w.batch(rt)}
	if rapid.IntRange(0, 3).Draw(rt, "both") == 0 { // shards at once
		if w.base == w.bases[0] {
			w.base = w.bases[1]
		} else {
			w.base = w.bases[0]
		}
		bs = append(bs, w.batch(rt))
	}
	for i, got := range w.t.b.Commit(ctx, bs...) {
		if want := w.m.commit(bs[i]); fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("commit: got %v, want %v", got, want)
		}
	}
}

func (w *walk) claim(rt *rapid.T) {
	w.turn(rt)
	w.fences = append(w.fences, w.fences[len(w.fences)-1]+1)
	c := store.Claim{
		Queue: w.base + "q", At: w.at, Until: w.at.Add(lease), Fence: w.fences[len(w.fences)-1], In: 1<<store.Shards - 1,
		Lanes: rapid.IntRange(1, 3).Draw(rt, "lanes"), Jobs: rapid.IntRange(1, 3).Draw(rt, "jobs"),
	}
	got, err := w.t.b.Claim(ctx, c)
	if want := w.m.claim(c); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		rt.Fatalf("claim: got %v %v, want %v", got, err, want)
	}
}

func (w *walk) look(rt *rapid.T) {
	w.turn(rt)
	s, id := store.ShardOf(w.base), w.name(rt, "id")
	r, err := w.t.b.Get(ctx, s, "k", id)
	if want := w.m.records[id]; err != nil || r.Version != want.Version || string(r.Body) != string(want.Body) {
		rt.Fatalf("record: got %v %v, want %v", r, err, want)
	}
	w.log(rt, s, id)
	ns, err := w.t.b.Counts(ctx, w.bases[0], "none", w.bases[0])
	if want := w.m.counters[w.bases[0]]; err != nil || !slices.Equal(ns, []int64{want, 0, want}) {
		rt.Fatalf("counter: got %v %v, want %v", ns, err, want)
	}
	d, err := w.t.b.Depth(ctx, w.base+"q", w.at)
	if want := w.m.depth(w.base+"q", w.at); err != nil || d.Lanes != want.Lanes || d.Due != want.Due || d.Parked != want.Parked || !d.Oldest.Equal(want.Oldest) {
		rt.Fatalf("depth: got %v %v, want %v", d, err, want)
	}
	w.index(rt)
}

// log reads a part of a log: from a place on, or the end of it.
func (w *walk) log(rt *rapid.T, s store.Shard, id string) {
	all := w.m.logs[id]
	from, n := rapid.Int64Range(-1, int64(len(all))).Draw(rt, "from"), rapid.IntRange(1, 9).Draw(rt, "entries")
	at := int(from)
	if from < 0 {
		at = max(len(all)-n, 0)
	}
	var got []string
	es, first, err := w.t.b.Scan(ctx, s, id, from, n)
	for _, e := range es {
		got = append(got, string(e))
	}
	if want := all[at:min(at+n, len(all))]; err != nil || len(got) > 0 && first != int64(at) || !slices.Equal(got, want) {
		rt.Fatalf("log from %d: got %v at %d (%v), want %v at %d", from, got, first, err, want, at)
	}
}

func (w *walk) index(rt *rapid.T) {
	var want []store.Cursor
	for id, xs := range w.m.places {
		for _, x := range xs {
			want = append(want, store.Cursor{Score: x.Score, Kind: "k", ID: id})
		}
	}
	slices.SortFunc(want, func(a, b store.Cursor) int { return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.ID, b.ID)) })
	page := rapid.IntRange(1, 4).Draw(rt, "page")
	var got []store.Cursor
	for after := (store.Cursor{}); ; {
		rs, cs, err := w.t.b.List(ctx, w.bases[0]+"x", after, page)
		if err != nil {
			rt.Fatal(err)
		}
		for i, r := range rs {
			if fmt.Sprint(r) != fmt.Sprint(w.m.records[cs[i].ID]) {
				rt.Fatalf("list: got %v, want %v", r, w.m.records[cs[i].ID])
			}
		}
		if len(cs) == 0 {
			break
		}
		got, after = append(got, cs...), cs[len(cs)-1]
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("index: got %v, want %v", got, want)
	}
	score, most := rapid.Int64Range(-3, 3).Draw(rt, "up to"), rapid.IntRange(1, 5).Draw(rt, "at most")
	up, err := w.t.b.UpTo(ctx, w.bases[0]+"x", score, most)
	stand := 0
	for _, c := range want {
		if c.Score <= score {
			stand++
		}
	}
	if err != nil || up != min(stand, most) {
		rt.Fatalf("up to %d: got %d (%v), want %d", score, up, err, min(stand, most))
	}
}
