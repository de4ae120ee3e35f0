package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/store"
	"workervoice/store/sqlite"
)

// full returns a store with some cases of one organisation.
func full(b *testing.B, n int) *store.Store {
	b.Helper()
	back, err := sqlite.Open(filepath.Join(b.TempDir(), "voice.db"))
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.New(back, store.Key{1}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	kinds := []cases.Code{"pay.late", "hours.long", "papers.passport", "harm.hit"}
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 64 {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				id := cases.ID(fmt.Sprint("c", i))
				country := []string{"TH", "MY", "SG"}[i%3]
				_, err := s.Do(b.Context(), cases.Bot, cases.Entry{Key: string(id), Case: id, Kind: cases.Opened, Org: "clinic", Worker: cases.WorkerID(fmt.Sprint("w", i, "~w0")),
					At: time.Now().Add(-time.Duration(i) * time.Minute), Severity: cases.Severity(2 + i%3),
					Report: &cases.Report{Kinds: kinds[i%4 : i%4+1], Answers: map[string]cases.Answer{"country": {Choices: []string{country}}}}})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return s
}

const many = 2000 // cases; what a page or an entry costs hardly depends on it

var nay = cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}

func BenchmarkDo(b *testing.B) {
	s := full(b, many)
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if _, err := s.Do(b.Context(), nay, cases.Entry{Case: cases.ID(fmt.Sprint("c", 1+i%many)), Kind: cases.Noted, Text: "called"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCases(b *testing.B) {
	s := full(b, many)
	for name, q := range map[string]struct {
		v store.View
		f store.CaseFilter
	}{
		"open": {store.OpenCases, store.CaseFilter{}}, "late": {store.LateCases, store.CaseFilter{}},
		"one in twelve": {store.OpenCases, store.CaseFilter{Country: "TH", Kind: "pay"}}, "none": {store.OpenCases, store.CaseFilter{Country: "KR"}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Cases(b.Context(), nay, q.v, q.f, store.Cursor{}, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CaseCounts(b.Context(), nay); err != nil {
				b.Fatal(err)
			}
		}
	})
}
