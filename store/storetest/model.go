package storetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

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
