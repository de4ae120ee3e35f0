package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// inProcess runs everything in this process: webhooks come in and messages go
// out over real HTTP, and SQLite flushes to a real file.
func inProcess(b *testing.B, p *platform) (hooks string) {
	b.Helper()
	c := config{data: b.TempDir()}
	c.telegram.token, c.telegram.secret, c.telegram.url, c.telegram.bot = benchToken, benchSecret, p.url(), "golden_friend_bot"
	c.telegram.rate, c.telegram.chatRate = "none", "none"
	if err := c.check(); err != nil {
		b.Fatal(err)
	}
	s, err := assemble(b.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.engine.Run(ctx) }()
	v := httptest.NewServer(s.hooks(http.NewServeMux()))
	b.Cleanup(func() {
		v.Close()
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return strings.TrimPrefix(v.URL, "http://")
}

// BenchmarkTurn is one message of a worker and its answer, of 64 who report at
// the same time: in by a webhook, kept with a flush, out to the platform.
func BenchmarkTurn(b *testing.B) {
	p, err := newPlatform(0, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	texts, err := newScript()
	if err != nil {
		b.Fatal(err)
	}
	addr := inProcess(b, p)
	var people atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		h := &hook{addr: addr}
		defer h.close()
		for {
			n := people.Add(1)
			w := newWorker(p, hooks{h}, n)
			for _, m := range texts.moves(int(n)) {
				if !pb.Next() {
					return
				}
				if _, err := w.make(context.Background(), m); err != nil {
					b.Error(err)
					return
				}
			}
			w.leave()
		}
	})
	if n := p.unread() + p.strange.Load(); n > 0 {
		b.Errorf("%d messages came twice", n)
	}
}
