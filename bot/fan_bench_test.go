package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
	"workervoice/store/sqlite"
)

// BenchmarkPlan plans an update to 5,000 workers on three platforms, and hands
// it out to them: the whole of it and the longest page, during which nobody
// who writes to the bot has to wait for more than its turns.
func BenchmarkPlan(b *testing.B) {
	const all = 5000
	db, err := sqlite.Open(filepath.Join(b.TempDir(), "voice.db"))
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	st, err := store.New(db, store.Key{7}, func() time.Time { return now })
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	st.Home("clinic")
	texts, err := catalog()
	if err != nil {
		b.Fatal(err)
	}
	e := New(Config{Store: st, Texts: texts, Now: func() time.Time { return now }, Tier: 250, Template: "case_update", TemplateLang: "en",
		Channels: []channels.Adapter{&platform{info: infoOf(b, "telegram")}, &platform{info: infoOf(b, "line")}, &platform{info: infoOf(b, "whatsapp")}}})
	ctx, by := context.Background(), cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	for i := range all {
		ch := []channels.ID{"telegram", "line", "whatsapp"}[i%3]
		turn, err := st.Begin(ctx, channels.Event{ID: fmt.Sprint("join", i), Kind: channels.Said, From: channels.Address{Channel: ch, User: fmt.Sprint("w", i)}, At: now.Add(-48 * time.Hour)})
		if err != nil {
			b.Fatal(err)
		}
		s := flows.Session{State: "menu", Lang: "en", Contact: cases.Contact{Times: []string{"evening"}}, Mine: []flows.Mine{{ID: "c", Ref: "AAA-AAA", Status: cases.Received}}}
		n := cases.Entry{Key: fmt.Sprint("join/", i), Case: "c", Worker: turn.Worker, Kind: cases.Joined, At: now, Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}}
		if i == 0 {
			n.Kind = cases.Opened
		}
		if _, err := st.Commit(ctx, turn, store.Outcome{Session: s, Entries: []cases.Entry{n}}, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
	for more := true; more; {
		if more, err = st.File(ctx, 64, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
	u, err := st.PutUpdate(ctx, by, cases.Update{Case: "c", Kind: cases.Free, Texts: map[string]string{"en": "news"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	before := spent(b)
	for range b.N {
		if p, err := e.Plan(ctx, by, u); err != nil || p.Total != all {
			b.Fatal(p.Total, err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64((spent(b)-before).Milliseconds())/float64(b.N), "cpu-ms/plan")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/plan")
	if u, err = st.Approve(ctx, by, "c", u.ID, u.Version); err != nil {
		b.Fatal(err)
	}
	var longest time.Duration
	from := time.Now()
	for u.State == cases.UpdateGoing {
		at := time.Now()
		if u, _, err = st.HandOut(ctx, u, page); err != nil {
			b.Fatal(err)
		}
		longest = max(longest, time.Since(at))
	}
	b.ReportMetric(float64(time.Since(from).Milliseconds()), "ms/handout")
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms/page")
}

// spent is the processor time that the program has taken so far, which says
// more than the clock where others work on the same machine.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
