package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"workervoice/store"
)

// A model is what a back end should be, in the simplest terms.
type model struct {
	records  map[string]store.Record
	places   map[string][]store.Index
	logs     map[string][]string
	lanes    map[string]*modelLane
	once     map[string]bool
	counters map[string]int64
}

type modelLane struct {
	jobs       []string
	due, fence int64
	attempts   int
}

func (m *model) lane(l store.Lane) *modelLane {
	name := l.Queue + "/" + l.ID
	if m.lanes[name] == nil {
		m.lanes[name] = new(modelLane)
	}
	return m.lanes[name]
}

func (m *model) commit(b store.Batch) (r store.Result) {
	for _, l := range b.Idle {
		if len(m.lane(l).jobs) > 0 {
			return store.Result{Err: store.ErrStale}
		}
	}
	for _, d := range b.Done {
		if m.lane(d.Lane).fence != d.Fence {
			return store.Result{Err: store.ErrStale}
		}
	}
	for _, p := range b.Put {
		if m.records[p.ID].Version != p.Version {
			return store.Result{Err: store.ErrStale}
		}
	}
	for _, k := range b.Once {
		if m.once[k] {
			return store.Result{Err: store.ErrSeen}
		}
	}
	for _, k := range b.Once {
		m.once[k] = true
	}
	for _, d := range b.Done {
		r.Next = m.done(b.Shard, d)
	}
	for _, l := range b.Drop {
		*m.lane(l) = modelLane{}
	}
	m.write(b)
	for _, l := range b.Ring {
		if x := m.lane(l); len(x.jobs) > 0 && x.fence == 0 {
			r.Rang, x.due = true, min(x.due, b.At.UnixMilli())
		}
	}
	for _, j := range b.Jobs {
		x := m.lane(j.Lane)
		if len(x.jobs) == 0 {
			x.due = j.Due.UnixMilli()
			if j.Fence != 0 {
				x.due, x.fence, x.attempts = j.Until.UnixMilli(), j.Fence, 1
			}
		}
		x.jobs = append(x.jobs, string(j.Body))
		r.Held = r.Held || j.Fence != 0 && x.fence == j.Fence
	}
	return r
}

func (m *model) done(s store.Shard, d store.Done) (h store.Leased) {
	x := m.lane(d.Lane)
	if d.N > 0 {
		x.jobs, x.attempts = x.jobs[d.N:], 0
	}
	if len(x.jobs) == 0 {
		*x = modelLane{}
		return h
	}
	x.due = d.Due.UnixMilli()
	if d.Hold == 0 {
		x.fence = 0
		return h
	}
	x.attempts++
	return x.leased(s, d.Lane, d.Hold)
}

func (x *modelLane) leased(s store.Shard, l store.Lane, n int) store.Leased {
	h := store.Leased{Shard: s, Lane: l, Attempts: x.attempts}
	for _, j := range x.jobs[:min(n, len(x.jobs))] {
		h.Jobs = append(h.Jobs, []byte(j))
	}
	return h
}

func (m *model) write(b store.Batch) {
	for _, name := range b.Cut {
		delete(m.logs, name)
	}
	for _, p := range b.Put {
		m.places[p.ID] = slices.DeleteFunc(m.places[p.ID], func(x store.Index) bool {
			return slices.ContainsFunc(p.Was, func(w store.Index) bool { return w == x })
		})
		if p.Body == nil {
			delete(m.records, p.ID)
			continue
		}
		m.records[p.ID] = store.Record{Kind: p.Kind, ID: p.ID, Version: p.Version + 1, Body: p.Body}
		m.places[p.ID] = append(m.places[p.ID], p.Index...)
	}
	for _, x := range b.Blank {
		if l := m.logs[x.Log]; x.Place < int64(len(l)) {
			l[x.Place] = string(x.Body)
		}
	}
	for _, e := range b.Append {
		m.logs[e.Log] = append(m.logs[e.Log], string(e.Body))
	}
	for _, c := range b.Add {
		m.counters[c.Name] += c.N
	}
}

func (m *model) claim(c store.Claim) (hs []store.Leased) {
	names := slices.SortedFunc(maps.Keys(m.lanes), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.lanes[a].due, m.lanes[b].due), cmp.Compare(a, b))
	})
	for _, name := range names {
		x := m.lanes[name]
		if len(x.jobs) == 0 || x.due > c.At.UnixMilli() || len(hs) == c.Lanes || name[:len(c.Queue)+1] != c.Queue+"/" {
			continue
		}
		x.due, x.fence = c.Until.UnixMilli(), c.Fence
		x.attempts++
		id := name[len(c.Queue)+1:]
		hs = append(hs, x.leased(store.ShardOf(id), store.Lane{Queue: c.Queue, ID: id}, c.Jobs))
	}
	return hs
}

func (m *model) depth(queue string, at time.Time) (d store.Depth) {
	for name, x := range m.lanes {
		if len(x.jobs) == 0 || name[:len(queue)+1] != queue+"/" {
			continue
		}
		d.Lanes++
		if due := time.UnixMilli(x.due); !due.After(at) {
			d.Due++
			if d.Oldest.IsZero() || due.Before(d.Oldest) {
				d.Oldest = due
			}
		}
		if x.due >= store.Held.UnixMilli() {
			d.Parked++
		}
	}
	return d
}

// A walk compares a back end with a model, step by step.
type walk struct {
	t      rig
	m      *model
	base   string // begins every name, so that walks do not meet
	fences []int64
	at     time.Time
}

var walks atomic.Int64

func modelled(t rig) {
	rapid.Check(t.T, func(rt *rapid.T) {
		w := &walk{t: t, base: fmt.Sprint("m", walks.Add(1)), at: t.c.Now(), fences: []int64{1}, m: &model{
			map[string]store.Record{}, map[string][]store.Index{}, map[string][]string{}, map[string]*modelLane{}, map[string]bool{}, map[string]int64{},
		}}
		rt.Repeat(map[string]func(*rapid.T){
			"commit": w.commit, "again": w.commit, "claim": w.claim, "look": w.look,
			"pass": func(rt *rapid.T) {
				w.at = w.at.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
		})
	})
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
		return store.Counter{Name: w.base, N: rapid.Int64Range(-3, 3).Draw(rt, "by")}
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
		p.Index = []store.Index{{Name: w.base + "x", Score: rapid.Int64Range(-2, 2).Draw(rt, "score")}}
	}
	return p
}

func (w *walk) commit(rt *rapid.T) {
	b := w.batch(rt)
	want, got := w.m.commit(b), w.t.b.Commit(ctx, b)[0]
	if fmt.Sprint(got) != fmt.Sprint(want) {
		rt.Fatalf("commit: got %v, want %v", got, want)
	}
}

func (w *walk) claim(rt *rapid.T) {
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
	s, id := store.ShardOf(w.base), w.name(rt, "id")
	r, err := w.t.b.Get(ctx, s, "k", id)
	if want := w.m.records[id]; err != nil || r.Version != want.Version || string(r.Body) != string(want.Body) {
		rt.Fatalf("record: got %v %v, want %v", r, err, want)
	}
	var log []string
	es, first, err := w.t.b.Scan(ctx, s, id, 0, 100)
	for _, e := range es {
		log = append(log, string(e))
	}
	if err != nil || first != 0 || !slices.Equal(log, w.m.logs[id]) {
		rt.Fatalf("log: got %v %v, want %v", log, err, w.m.logs[id])
	}
	n, err := w.t.b.Count(ctx, w.base)
	if err != nil || n != w.m.counters[w.base] {
		rt.Fatalf("counter: got %v %v, want %v", n, err, w.m.counters[w.base])
	}
	d, err := w.t.b.Depth(ctx, w.base+"q", w.at)
	if want := w.m.depth(w.base+"q", w.at); err != nil || d.Lanes != want.Lanes || d.Due != want.Due || d.Parked != want.Parked || !d.Oldest.Equal(want.Oldest) {
		rt.Fatalf("depth: got %v %v, want %v", d, err, want)
	}
	w.index(rt)
}

func (w *walk) index(rt *rapid.T) {
	var want []store.Cursor
	for id, xs := range w.m.places {
		for _, x := range xs {
			want = append(want, store.Cursor{Score: x.Score, Kind: "k", ID: id})
		}
	}
	slices.SortFunc(want, func(a, b store.Cursor) int { return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.ID, b.ID)) })
	var got []store.Cursor
	for after := (store.Cursor{}); ; {
		_, cs, err := w.t.b.List(ctx, w.base+"x", after, 2)
		if err != nil {
			rt.Fatal(err)
		}
		if len(cs) == 0 {
			break
		}
		got, after = append(got, cs...), cs[len(cs)-1]
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("index: got %v, want %v", got, want)
	}
}
