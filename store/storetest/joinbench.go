package storetest

import (
	"fmt"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// BenchJoin times how fast workers arrive in one case who have all joined it
// from their chats, as one engine takes them there.
func BenchJoin(b *testing.B, back store.Backend) {
	s := measured(b, back)
	if _, err := s.Do(ctx, bot, cases.Entry{Key: "c", Case: "c", Kind: cases.Opened, Org: nay.Org, Worker: worker("lead"), Report: &cases.Report{Kinds: []cases.Code{"pay.ot", "hours.norest"}}}); err != nil {
		b.Fatal(err)
	}
	r := &cases.Report{ID: "c", Kinds: []cases.Code{"pay.ot"}, Answers: map[string]cases.Answer{"privacy": {Choices: []string{"anon"}}, "reply": {Choices: []string{"yes"}}}}
	for i := range b.N {
		t, err := s.Begin(ctx, event(fmt.Sprint("w", i), fmt.Sprint("join", i)))
		if err != nil {
			b.Fatal(err)
		}
		_, err = s.Commit(ctx, t, store.Outcome{Session: flows.Session{Lang: "my"}, Entries: []cases.Entry{
			{Key: fmt.Sprint("j", i), Case: "c", Worker: t.Worker, Kind: cases.Joined, At: time.Now(), Lang: "my", Report: r}}}, lease)
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for more := true; more; {
		var err error
		if more, err = s.File(ctx, 8, lease); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "joins/s")
	c, err := s.Case(ctx, bot, "c")
	if err != nil || c.Size != b.N+1 {
		b.Fatalf("%d workers take part, want %d: %v", c.Size, b.N+1, err)
	}
}
