//go:build browser

package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels/web/chromium"
)

// A town is the whole program with everybody who uses it, and a clock that the
// test moves.
type town struct {
	*testing.T
	s     *system
	url   string
	mu    sync.Mutex
	began time.Time
	past  time.Duration // by how much the town's clock is ahead
	log   bytes.Buffer
	last  string // the step under way, for whoever reads why it failed
}

// dawn is when the story begins: a Monday evening in Bangkok, far from the
// holidays of April.
var dawn = time.Date(2040, 6, 4, 12, 40, 0, 0, time.UTC)

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return dawn.Add(time.Since(w.began) + w.past)
}

// sleeps moves the town's clock to an hour of a later day in Bangkok.
func (w *town) sleeps(days, hour, minute int) {
	zone := time.FixedZone("Bangkok", 7*3600)
	now := w.now().In(zone)
	to := time.Date(now.Year(), now.Month(), now.Day()+days, hour, minute, 0, 0, zone)
	w.mu.Lock()
	w.past += to.Sub(now)
	w.mu.Unlock()
	w.s.engine.Moved()
}

// Write takes what the program logs.
func (w *town) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *town) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{T: t, began: time.Now()}
	l, err := net.Listen("tcp", "127.0.0.1:0") // links hold the address, so it must be known before
	w.must(err)
	addr := l.Addr().String()
	w.must(l.Close())
	w.url = "http://" + addr
	c := config{addr: addr, drain: "0s", logForm: "text", data: t.TempDir(), public: w.url, name: "Golden Friend", org: "Andaman Workers’ Centre", independent: "somebody else", joins: 100, now: w.now}
	w.must(c.check())
	ctx, stop := context.WithCancel(context.Background())
	w.s, err = assemble(ctx, c, slog.New(slog.NewTextHandler(w, nil)))
	w.must(err)
	done := make(chan error, 1)
	go func() { done <- w.s.serve(ctx, w) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.must(w.s.Close())
		for line := range strings.Lines(w.logged()) {
			if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
				t.Error("the log says: ", line)
			}
		}
	})
	for end := time.Now().Add(10 * time.Second); !strings.Contains(w.logged(), "/c/invite#"); {
		if time.Now().After(end) {
			t.Fatal("the program does not start: ", w.logged())
		}
		pause(ctx)
	}
	return w
}

// pause waits a moment for what others do.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// step names what happens next.
func (w *town) step(what string) {
	w.last = what
	w.Logf("%v  %s", time.Since(w.began).Round(100*time.Millisecond), what)
}

// window opens a browser's window on the town.
func (w *town) window(who string, look chromium.Look) *chromium.Window {
	w.Helper()
	b := chromium.Open(w, w.url, look)
	b.Who = who
	b.More = func() string { return "it was when " + w.last + "; the log: " + w.logged() }
	return b
}
