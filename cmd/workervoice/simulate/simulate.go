// Package simulate plays workers and caseworkers against a running instance,
// through the same pages that people use: for demonstrations, load and
// screenshots. Everything in it is invented.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Config says what is played, and where.
type Config struct {
	To     string // the address of the service, such as "http://127.0.0.1:8080"
	Month  Month
	Days   int     // of the month; 30 if zero
	Speed  float64 // how many times faster than life; zero: as fast as the service answers
	At     int     // sessions at a time, at most; 16 if zero
	Seed   uint64  // the same seed plays the same month
	Staff  Staff   // who plays caseworkers; without an invitation nobody does
	Demo   bool    // instead of a month: one of everything, for a demonstration
	Report io.Writer
}

// Figures say what was played.
type Figures struct {
	Sessions map[string]int // by kind
	Messages int            // sent by workers
	Staff    map[string]int // what caseworkers did
	Failed   int            // sessions that ended in an error
	Error    string         // the first
	Took     time.Duration
	Slowest  time.Duration // answer of the service
}

// transport counts and measures what all phones ask.
type transport struct {
	http.RoundTripper
	slowest atomic.Int64
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	a, err := t.RoundTripper.RoundTrip(r)
	for d := int64(time.Since(begun)); ; {
		was := t.slowest.Load()
		if d <= was || t.slowest.CompareAndSwap(was, d) {
			return a, err
		}
	}
}

// A player keeps count.
type player struct {
	Config
	t    *transport
	mu   sync.Mutex
	f    Figures
	pool map[string][]*worker // by language, who have been here before and are not busy
}

// Run plays until everything is played or ctx is done. A session that fails is
// counted and does not end the others; the service not answering at all does.
func Run(ctx context.Context, c Config) (Figures, error) {
	if c.Days == 0 {
		c.Days = 30
	}
	if c.At == 0 {
		c.At = 16
	}
	p := &player{Config: c, pool: make(map[string][]*worker), f: Figures{Sessions: make(map[string]int), Staff: make(map[string]int)},
		t: &transport{RoundTripper: &http.Transport{MaxIdleConnsPerHost: 2 * c.At, DisableCompression: true}}}
	begun := time.Now()
	w, err := c.Month.worker(c.To, chance(c.Seed, 0), "en", p.t)
	if err == nil {
		err = w.open(ctx, "/w")
	}
	if err == nil && c.Demo {
		err = p.demo(ctx)
	} else if err == nil {
		err = p.month(ctx)
	}
	p.f.Took, p.f.Slowest = time.Since(begun), time.Duration(p.t.slowest.Load())
	return p.f, err
}

func chance(seed, n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }

// month plays the sessions of a month at their times.
func (p *player) month(ctx context.Context) error {
	visits := p.Month.plan(chance(p.Seed, 1), p.Days)
	fmt.Fprintf(p.Report, "%d sessions of %d days\n", len(visits), p.Days)
	on, off := context.WithCancel(ctx)
	defer off()
	var staff errgroup.Group
	if p.Staff.Invite != "" {
		staff.Go(func() error { return p.duty(on) })
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.At)
	begun := time.Now()
	for i, v := range visits {
		if p.Speed > 0 {
			wait := time.NewTimer(time.Until(begun.Add(time.Duration(float64(v.at) / p.Speed))))
			select {
			case <-ctx.Done():
				wait.Stop()
			case <-wait.C:
			}
		}
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return p.play(ctx, v, uint64(i)+2) })
	}
	err := g.Wait()
	off()
	return errors.Join(err, staff.Wait())
}

// play has one session, by somebody who has been here before where it needs one.
func (p *player) play(ctx context.Context, v visit, n uint64) error {
	w := p.known(v.lang)
	if w == nil || v.kind == "report" && chance(p.Seed, n).Float64() < 0.8 {
		p.free(w)
		var err error
		if w, err = p.Month.worker(p.To, chance(p.Seed, n), v.lang, p.t); err != nil {
			return err
		}
	}
	before := w.sent
	err := w.visit(ctx, v.kind)
	p.note(v.kind, w.sent-before, err)
	p.free(w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

func (p *player) known(lang string) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	ws := p.pool[lang]
	if len(ws) == 0 {
		return nil
	}
	w := ws[0]
	p.pool[lang] = ws[1:]
	return w
}

func (p *player) free(w *worker) {
	if w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pool[w.lang] = append(p.pool[w.lang], w)
}

func (p *player) note(kind string, messages int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.f.Sessions[kind]++
	p.f.Messages += messages
	if err != nil {
		if p.f.Failed++; p.f.Error == "" {
			p.f.Error = err.Error()
		}
	}
}

func (p *player) did(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.f.Staff[what]++
}
