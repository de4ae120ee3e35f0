package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/store"
)

// folderOf gives another store an empty folder for attachments.
func (t rig) folderOf(s *store.Store) (*store.Files, string) {
	t.s = s
	return t.folder()
}

// addition is step n of a writer who goes round over so many conversations. It
// changes everything that a conversation has by one.
func addition(w, n, each int, at time.Time) store.Batch {
	id, v := fmt.Sprint("w", w, "x", n%each), int64(n/each)
	b := store.Batch{
		Shard: store.ShardOf(id), At: at, Once: []string{fmt.Sprint(id, "/e", v)},
		Put:    []store.Put{{Record: store.Record{Kind: "k", ID: id, Version: v, Body: []byte{1}}, Index: []store.Index{{Name: "x", Score: v + 1}}}},
		Append: []store.Entry{{Log: id + "/log", Body: []byte{byte(v)}}},
		Jobs:   []store.Job{{Lane: store.Lane{Queue: "q", ID: id}, Body: []byte{byte(v)}, Due: at}},
		Add:    []store.Counter{{Name: fmt.Sprint("w", w), N: 1}},
	}
	if v > 0 {
		b.Put[0].Was = []store.Index{{Name: "x", Score: v}}
	}
	return b
}

// oneMoment takes snapshots while four writers each add one thing after the
// other, round and round over conversations in all shards. Each commit changes
// a record, its place, a log, a lane, a key seen and a counter together, so
// that a snapshot in which they do not agree has seen half of it; and one in
// which a later step of a writer stands without the one before it has seen two
// moments.
func oneMoment(t rig) {
	const writers, each = 4, 40
	at := t.c.Now()
	var stop atomic.Bool
	var steps [writers]atomic.Int64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := 0; !stop.Load(); n++ {
				b := addition(w, n, each, at)
				if err := t.b.Commit(ctx, b)[0].Err; err != nil {
					t.Errorf("a snapshot makes commits fail: %v", err)
					return
				}
				steps[w].Add(1)
			}
		})
	}
	defer all.Wait()
	defer stop.Store(true)
	for range 5 {
		c := &holding{map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}, map[string]int64{}, map[string]bool{}, ""}
		var before, after [writers]int64
		first := true
		for w := range steps {
			before[w] = steps[w].Load()
		}
		t.must(t.b.Snapshot(ctx, at, func(p store.Part) error {
			if first { // they go on while it is being read
				for w := range steps {
					waitFor(func() bool { return steps[w].Load() > before[w]+3*each || t.Failed() })
				}
			}
			first = false
			return c.take(p)
		}))
		for w := range steps {
			after[w] = steps[w].Load()
		}
		for w := range writers {
			sum := c.whole(t, w, each, at)
			if got := c.counters[fmt.Sprint("w", w)]; got != sum || sum < before[w] || sum > after[w]+1 {
				t.Fatalf("writer %d: counted %d, found %d, done between %d and %d", w, got, sum, before[w], after[w])
			}
		}
	}
}

// whole sees that each of a writer's conversations agrees with itself, and with
// the one before it. It returns how many steps stand in them.
func (c *holding) whole(t rig, w, each int, at time.Time) int64 {
	t.Helper()
	var sum int64
	for i := range each {
		id := fmt.Sprint("w", w, "x", i)
		var v int64
		fmt.Sscan(c.records["k/"+id], &v) // none is 0
		n, jobs := int64(len(c.logs[id+"/log"])), int64(0)
		if l := c.lanes["q/"+id]; l != "" {
			jobs = int64(len(l)-len(fmt.Sprint(at.UnixMilli(), " 0"))) / 3
		}
		if n != v || jobs != v || v > 0 && c.places["x k/"+id] != fmt.Sprint(v) || !c.seen(id, v) {
			t.Fatalf("%s at version %d has %d entries, %d jobs and stands at %s", id, v, n, jobs, c.places["x k/"+id])
		}
		if i > 0 { // the one before was there first, and is at most one round ahead
			var prior int64
			fmt.Sscan(c.records[fmt.Sprint("k/w", w, "x", i-1)], &prior)
			if prior != v && prior != v+1 {
				t.Fatalf("%s is at %d and the one before it at %d: two moments", id, v, prior)
			}
		}
		sum += v
	}
	return sum
}

// seen reports whether all keys of a conversation up to a version are there.
func (c *holding) seen(id string, version int64) bool {
	for v := range version {
		if !c.marks[fmt.Sprintf("%d %s/e%d", store.ShardOf(id), id, v)] {
			return false
		}
	}
	return !c.marks[fmt.Sprintf("%d %s/e%d", store.ShardOf(id), id, version)]
}

// waitFor waits for what comes by itself.
func waitFor(ok func() bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !ok() && time.Now().Before(end); <-tick.C {
	}
}
