package bot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
	redisstore "workervoice/store/redis"
)

// A wire is a channel whose platform is a real HTTP server.
type wire struct {
	info channels.Info
	url  string
	http *http.Client
}

func (w *wire) Info() channels.Info { return w.info }

func (w *wire) Receive(*http.Request) ([]channels.Event, error) {
	return nil, errors.New("not used here")
}

func (w *wire) Send(ctx context.Context, m channels.Outbound) (string, error) {
	q := fmt.Sprintf("%s?to=%s&by=%s&owner=%d", w.url, m.To.User, m.By, m.Owner)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q, strings.NewReader(m.Text))
	if err != nil {
		return "", err
	}
	resp, err := w.http.Do(r)
	if err != nil {
		return "", err
	}
	return "m", resp.Body.Close()
}

// A phone is the platform's side: it knows from when on the bot must be silent.
type phone struct {
	mu       sync.Mutex
	taken    map[string]int64         // by worker: the epoch of the takeover that is done; zero: the bot may speak
	rings    map[string]chan struct{} // by worker: closed with the next request
	got      atomic.Int64
	violated atomic.Int64
}

func (p *phone) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	p.got.Add(1)
	owner, _ := strconv.ParseInt(r.FormValue("owner"), 10, 64)
	user := r.FormValue("to")
	p.mu.Lock()
	taken := p.taken[user]
	if c := p.rings[user]; c != nil {
		close(c)
		delete(p.rings, user)
	}
	p.mu.Unlock()
	if r.FormValue("by") == "" && owner < taken {
		p.violated.Add(1)
	}
	for range rand.IntN(100) { // a platform takes its time: others go first
		runtime.Gosched()
	}
}

// ring returns what is closed when the next request for a worker comes.
func (p *phone) ring(user string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := make(chan struct{})
	p.rings[user] = c
	return c
}

func (p *phone) silent(user string, epoch int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[user] = epoch
}

// races is how many takeovers a run of the test tries: VOICE_RACES, or fewer
// than a day's work.
func races(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("VOICE_RACES"))
	if err != nil {
		return 1000
	}
	return n
}

// A tap of the worker, a takeover and what the bot has to say meet at the same
// moment, over and over. No message of the bot reaches the platform after the
// takeover is done.
func TestTakeoverRace(t *testing.T) {
	blind := func(c store.Conversation, s flows.Session, m channels.Outbound, i channels.Info, now time.Time, ahead time.Duration) verdict {
		c.Taken, c.Owner = 0, ""
		return gate(c, s, m, i, now, ahead)
	}
	for name, test := range map[string]struct {
		own   bool // the caseworker is in another process
		redis bool
		gate  func(store.Conversation, flows.Session, channels.Outbound, channels.Info, time.Time, time.Duration) verdict
		fails bool
	}{
		"in one process":                          {},
		"in two processes":                        {own: true},
		"in one process, on Redis":                {redis: true},
		"in two processes, on Redis":              {own: true, redis: true},
		"in one process, without a look at epoch": {gate: blind, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			n := races(t)
			if test.fails || test.own || test.redis {
				n = (n + 4) / 5
			}
			p := raced(t, n, test.own, test.redis, test.gate)
			if bad := p.violated.Load(); bad > 0 != test.fails {
				t.Errorf("of %d messages %d came after the takeover of %d", p.got.Load(), bad, n)
			} else {
				t.Logf("%d takeovers, %d messages, %d after one", n, p.got.Load(), bad)
			}
		})
	}
}

// raced plays n takeovers and returns what the platform saw.
func raced(t *testing.T, n int, own, onRedis bool, look func(store.Conversation, flows.Session, channels.Outbound, channels.Info, time.Time, time.Duration) verdict) *phone {
	p := &phone{taken: map[string]int64{}, rings: map[string]chan struct{}{}}
	srv := httptest.NewServer(p)
	defer srv.Close()
	info := infoOf(t, "telegram")
	info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{}
	s := newLiveStage(t, func(*stage) []channels.Adapter { return []channels.Adapter{&wire{info, srv.URL, srv.Client()}} })
	s.now = time.Time{}
	desk := s.e
	if onRedis {
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		s.db = openRedis(t)
		s.e = s.engine(s.db)
		desk = s.e
	}
	if own {
		shared := struct{ store.Backend }{s.db} // a back end that other processes may use
		s.e, desk = s.engine(shared), s.engine(shared)
	}
	for _, e := range []*Engine{s.e, desk} {
		e.Store.Home("home")
	}
	if look != nil {
		s.e.senders[info.ID].gate = look
	}
	stop := s.start()
	defer stop()
	const workers = 32
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := racer{t: t, e: s.e, desk: desk, p: p, at: channels.Address{Channel: info.ID, User: fmt.Sprint("w", w)}}
			for i := range (n + workers - 1) / workers {
				r.race(i)
			}
		})
	}
	wg.Wait()
	return p
}

// openRedis returns a store on a redis-server of the test's own.
func openRedis(t *testing.T) store.Backend {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close() //nolint:errcheck // for the server
	cmd := exec.Command(bin, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--appendonly", "yes", "--appendfsync", "always", "--save", "")
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it has nothing to keep
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	lines := bufio.NewScanner(said)
	for ready := false; !ready; ready = strings.Contains(lines.Text(), "Ready to accept connections") {
		if !lines.Scan() {
			t.Fatal("redis-server does not start")
		}
	}
	go io.Copy(io.Discard, said) //nolint:errcheck // until it is killed
	db, err := redisstore.Open(context.Background(), "redis://127.0.0.1:"+port, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // before the server ends
	return db
}

// A racer is one worker and the caseworker.
type racer struct {
	t       *testing.T
	e, desk *Engine
	p       *phone
	at      channels.Address
	n       int
}

func (r *racer) tap() {
	r.n++
	ev := channels.Event{ID: fmt.Sprint(r.at.User, "-", r.n), Kind: channels.Said, From: r.at, At: time.Now(), Text: "hello", Message: fmt.Sprint(r.n)}
	if err := r.e.Deliver(context.Background(), ev); err != nil {
		r.t.Error(err)
	}
}

// race has the caseworker take over at one of the moments that make a difference.
func (r *racer) race(i int) {
	ctx := context.Background()
	if i == 0 {
		r.tap()
	}
	id, err := r.e.Store.ChatOf(ctx, r.at)
	if err != nil {
		r.t.Error(err)
		return
	}
	rang := r.p.ring(r.at.User)
	r.tap()
	again, done := make(chan struct{}), make(chan struct{})
	go func() { r.tap(); close(again); r.tap(); close(done) }()
	switch rand.IntN(4) { // or at once
	case 0:
		<-again
	case 1:
		<-done
	case 2:
		select {
		case <-rang:
		case <-done: // and there was nothing to answer
		}
	}
	c, err := r.desk.Take(ctx, nan, id, store.AnyEpoch)
	if err != nil || c.Late {
		r.t.Errorf("not taken over: %v, late %v", err, c.Late)
		return
	}
	r.p.silent(r.at.User, c.Epoch)
	<-done
	if i%2 == 0 {
		if _, err := r.desk.Write(ctx, nan, id, fmt.Sprint(i), Words{Text: "I am here"}); err != nil {
			r.t.Error(err)
		}
	}
	if _, err := r.desk.HandBack(ctx, nan, id, c.Epoch, flows.BackToStep); err != nil {
		r.t.Error(err)
	}
}
