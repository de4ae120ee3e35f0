package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/store"
)

// BenchSnapshot measures how long commits of 16 writers take alone, and while
// snapshots are taken one after the other: the longest, and that of 99 in 100.
func BenchSnapshot(b *testing.B, back store.Backend) {
	at := time.Now()
	if err := Sow(back, at, 5000); err != nil {
		b.Fatal(err)
	}
	var round atomic.Int64
	load := func(name string, beside func()) {
		var stop atomic.Bool
		var mu sync.Mutex
		var took []time.Duration
		var all sync.WaitGroup
		r := round.Add(1)
		for w := range 16 {
			all.Go(func() {
				for n := 0; !stop.Load(); n++ {
					id := fmt.Sprint("load", r, "-", w, "-", n%200)
					begun := time.Now()
					err := back.Commit(ctx, store.Batch{Shard: store.ShardOf(id), At: at, Once: []string{fmt.Sprint(id, "/", n)},
						Append: []store.Entry{{Log: id + "/log", Body: make([]byte, 300)}}, Add: []store.Counter{{Name: "n", N: 1}}})[0].Err
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(begun))
					mu.Unlock()
				}
			})
		}
		beside()
		stop.Store(true)
		all.Wait()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, name+"-max-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, name+"-p99-ms")
	}
	for b.Loop() {
		alone := time.NewTimer(3 * time.Second)
		load("alone", func() { <-alone.C })
		load("beside", func() {
			begun := time.Now()
			n := 0
			for ; n < 5; n++ {
				if err := back.Snapshot(ctx, at, func(store.Part) error { return nil }); err != nil {
					b.Error(err)
				}
			}
			b.ReportMetric(time.Since(begun).Seconds()/float64(n), "snapshot-s")
		})
	}
}
