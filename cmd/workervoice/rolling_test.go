package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestRolling restarts two processes on one Redis one after the other while
// workers report, behind a proxy that asks both whether they are ready. Every
// message of a worker has its answer, in order and once, though no process was
// there all the time. VOICE_ROLLS and VOICE_WORKERS make it longer and harder.
func TestRolling(t *testing.T) {
	rolls, _ := strconv.Atoi(os.Getenv("VOICE_ROLLS"))
	workers, _ := strconv.Atoi(os.Getenv("VOICE_WORKERS"))
	s, f := newRolling(t)
	for i := range max(workers, 8) {
		s.workers.Go(func() { s.report(i) })
	}
	s.workers.Go(s.hurry)
	began, before := time.Now(), s.answered.Load()
	for range max(rolls, 1) {
		for i := range f.bots {
			s.until(s.answered.Load() + 100)
			f.restart(i)
		}
	}
	s.until(s.answered.Load() + 100)
	rate := float64(s.answered.Load()-before) / time.Since(began).Seconds()
	s.end(f.bots.stop)
	if n := s.twice.Load(); n > 0 {
		t.Errorf("%d answers came twice", n)
	}
	t.Logf("%d restarts at %.0f turns a second: %d messages of workers answered in order and once; of %d webhooks %d were refused at first and taken when they came again",
		2*max(rolls, 1), rate, s.answered.Load(), f.taken.Load(), f.refused.Load())
}

// newRolling returns a siege of a proxy with two processes behind it.
func newRolling(t *testing.T) (*siege, *front) {
	t.Helper()
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	s := &siege{T: t, p: p}
	if s.texts, err = newScript(); err != nil {
		t.Fatal(err)
	}
	f := &front{s: s}
	var redis *redisServer
	f.bots, redis, err = ground{redis: true, bots: 2}.start(t.Context(), build(t), t.TempDir(), p.url(), append([]string{"DRAIN=4s"}, unlimited...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.kill)
	t.Cleanup(f.bots.kill)
	f.open()
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	s.bot = &process{hooks: f.Listener.Addr().String(), log: f.bots[0].log}
	return s, f
}

// A front stands before two processes as a proxy does: it gives work only to
// those that say that they are ready. What it could not even connect it gives
// to the other; all else is for the platform to repeat.
type front struct {
	*httptest.Server
	s      *siege
	bots   fleet
	client http.Client
	ready  [2]atomic.Bool
	turn   atomic.Int64

	taken, refused atomic.Int64
}

// open looks after the processes until the test ends.
func (f *front) open() {
	f.s.Helper()
	f.client.Transport = &http.Transport{MaxIdleConnsPerHost: 100}
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	f.s.Cleanup(func() { stop(); looking.Wait() })
	for i := range f.bots {
		looking.Go(func() {
			for ctx.Err() == nil {
				words, err := f.ask(i)
				f.ready[i].Store(err == nil && words == "ready")
				<-time.After(20 * time.Millisecond)
			}
		})
		f.until(i, true)
	}
}

// ask returns what a process says of itself.
func (f *front) ask(i int) (string, error) {
	r, err := f.client.Get("http://" + f.bots[i].counts + "/readyz")
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return strings.TrimSpace(string(b)), err
}

// until waits until a process is seen as ready, or as not ready.
func (f *front) until(i int, ready bool) {
	f.s.Helper()
	for late := time.Now().Add(patience); f.ready[i].Load() != ready; wait() {
		if time.Now().After(late) {
			words, err := f.ask(i)
			f.s.Fatalf("the process is not seen as ready: %v, it says %q %v", ready, words, err)
		}
	}
}

// restart asks a process to stop, and starts it again when it has.
func (f *front) restart(i int) {
	f.s.Helper()
	b := f.bots[i]
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.s.Fatal(err)
	}
	f.until(i, false)
	select {
	case <-b.ended:
		f.s.Errorf("the process stopped at once, though it was given time")
	default: // what comes all the same is taken, on a connection that is not used again
		r := f.post(f.s.Context(), i, []byte(`{"update_id":1}`), http.Header{"X-Telegram-Bot-Api-Secret-Token": {benchSecret}, "Content-Type": {"application/json"}})
		if r.err != nil || r.status != http.StatusOK || !r.closes {
			f.s.Errorf("while it stops a webhook is answered with %d, closing %v: %v", r.status, r.closes, r.err)
		}
		if words, err := f.ask(i); err == nil && words != "not ready: it is stopping" {
			f.s.Errorf("while it stops it says %q", words)
		}
	}
	select {
	case <-b.ended:
	case <-time.After(patience):
		f.s.Fatal("the process does not stop when asked")
	}
	if b.err != nil {
		f.s.Errorf("the process stopped with a fault: %v; it says: %s", b.err, b.lastWords())
	}
	if err := b.start(f.s.Context()); err != nil {
		f.s.Fatal(err)
	}
	f.until(i, true)
}

// A reply is what a process answered.
type reply struct {
	status int
	closes bool
	err    error
}

func (f *front) post(ctx context.Context, i int, body []byte, h http.Header) reply {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.bots[i].hooks+"/telegram", bytes.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	req.Header, req.GetBody = h.Clone(), nil // what is lost on the way is not for a proxy to repeat
	r, err := f.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return reply{r.StatusCode, r.Close, err}
}

// ServeHTTP hands a webhook to a process that is ready.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	first := int(f.turn.Add(1))
	for n := range f.bots {
		i := (first + n) % len(f.bots)
		if !f.ready[i].Load() {
			continue
		}
		got := f.post(r.Context(), i, body, r.Header)
		if fault, ok := errors.AsType[*net.OpError](got.err); ok && fault.Op == "dial" {
			continue
		}
		if got.err == nil && got.status == http.StatusOK {
			f.taken.Add(1)
			w.WriteHeader(http.StatusOK)
			return
		}
		break
	}
	f.refused.Add(1)
	w.WriteHeader(http.StatusServiceUnavailable)
}
