package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A load is what one run of the bench asks of the bot.
type load struct {
	conversations int           // workers who write at the same time
	turns         int           // messages of workers, over all conversations
	within        time.Duration // when to stop before; zero: not before
	delay         time.Duration // what the platform takes for a message
	throttle      int           // messages a second that the platform takes; 0: any number
	rate          int           // turns a second, over all conversations; 0: as many as there can be
	profile       string        // file for a profile of the bot's processor time
	on            ground        // what keeps, and how many bots there are
	deaf          bool          // workers do not wait for answers: what is measured is how fast webhooks are accepted
}

// bench measures this program as it runs elsewhere: in a process of its own, on
// a new SQLite file that is flushed at every commit, with workers who report
// through a platform that is played here.
func bench(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	var l load
	many := fs.String("conversations", "64", "workers who write at the same time; several runs as 1,64,256")
	fs.IntVar(&l.turns, "turns", 20000, "messages of workers in each run")
	fs.DurationVar(&l.within, "seconds", 0, "end each run after this time, such as 10s, if its turns are not done")
	fs.DurationVar(&l.delay, "platform-delay", 0, "what the platform takes for a message, such as 100ms")
	fs.IntVar(&l.throttle, "throttle", 0, "messages a second beyond which the platform answers 429; the bot keeps to its usual rates and 300 workers write once")
	fs.StringVar(&l.profile, "profile", "", "file for a profile of the bot's processor time, for go tool pprof")
	var w watchful
	onConsole := fs.Bool("console", false, "measure the console's pages and live hints on a full store, beside 500 turns a second; takes some minutes")
	onScale := fs.Bool("scale", false, "measure start, memory and disk with years of work in the store, on SQLite and on Redis or on what -store says; takes some minutes and some GB")
	fs.IntVar(&w.workers, "workers", 50000, "with -console and -scale, workers in the store; 300000 with -scale if not given")
	fs.IntVar(&w.messages, "messages", 40, "with -console and -scale, messages of each; 20 with -scale if not given")
	fs.IntVar(&w.cases, "cases", 50000, "with -console and -scale, cases of the first of them")
	idle := fs.Bool("idle", false, "measure the start and the memory before anything happens")
	asJSON := fs.Bool("json", false, "print a line of JSON for each run")
	table := fs.Bool("table", false, "measure SQLite and Redis, a slow disk, one and two processes, and print a table; takes some minutes")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	counts, err := numbers(*many)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program's own file is not known: %w", err)
	}
	given := make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["store"] {
		if l.on, err = onGround(c.store); err != nil {
			return err
		}
	}
	switch {
	case *onConsole:
		w.open, w.desks, w.load = 200, 4, load{conversations: 64, turns: 15000, rate: 500, profile: l.profile, on: l.on}
		return w.measure(ctx, program, out)
	case *onScale:
		return scale(ctx, program, heavy{w.crop, l}, given, *asJSON, out)
	case *table:
		return compare(ctx, program, l, out)
	}
	var failed error
	for _, one := range trials(l, counts, *idle, given) {
		r, err := one(ctx, program)
		if err != nil {
			return err
		}
		if err := say(out, r, *asJSON); err != nil {
			return err
		}
		failed = errors.Join(failed, r.fault())
	}
	return failed
}

// say prints what was measured, for people or for programs.
func say(out io.Writer, r fmt.Stringer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	_, err := fmt.Fprintln(out, r)
	return err
}

type trial func(ctx context.Context, program string) (result, error)

// trials returns what is to be measured: what was asked for, or everything.
func trials(l load, counts []int, idle bool, given map[string]bool) (rs []trial) {
	with := func(change func(*load)) {
		one := l
		change(&one)
		rs = append(rs, func(ctx context.Context, program string) (result, error) { return measure(ctx, program, one) })
	}
	all := !given["idle"] && !given["conversations"] && !given["platform-delay"] && !given["throttle"]
	if idle || all {
		rs = append(rs, starts)
	}
	switch {
	case all:
		counts = []int{1, 64, 256}
	case given["throttle"] && !given["conversations"]:
		counts = []int{300}
	case given["platform-delay"] && !given["conversations"]:
		counts = []int{256}
	case given["idle"] && !given["conversations"]:
		counts = nil
	}
	for _, n := range counts {
		with(func(l *load) { l.conversations = n })
	}
	if all {
		with(func(l *load) { l.conversations, l.delay = 256, 100*time.Millisecond })
		with(func(l *load) { l.conversations, l.throttle = 300, 30 })
	}
	return rs
}

func numbers(s string) (ns []int, err error) {
	for f := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || n < 1 || n > 10_000 {
			return nil, fmt.Errorf("-conversations is %q: it must be numbers from 1 to 10000 with commas between them", s)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// unlimited are the variables of a bot that keeps to no rates.
var unlimited = []string{"TELEGRAM_RATE=none", "TELEGRAM_CHAT_RATE=none"}

// measure runs one load on a new store.
func measure(ctx context.Context, program string, l load) (r result, err error) {
	dir, err := os.MkdirTemp("", "workervoice-bench-")
	if err != nil {
		return r, fmt.Errorf("no folder for the data: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing depends on it
	flush, err := flushTime(dir)
	if err != nil {
		return r, err
	}
	p, err := newPlatform(l.delay, l.throttle)
	if err != nil {
		return r, err
	}
	defer p.Close()
	env := unlimited
	if l.throttle > 0 {
		env, l.turns = nil, l.conversations
	}
	bots, server, err := l.on.start(ctx, program, dir, p.url(), env...)
	if err != nil {
		return r, err
	}
	defer server.kill()
	defer bots.kill()
	c, err := newCrowd(p, bots, l)
	if err != nil {
		return r, err
	}
	if l.profile != "" {
		go bots[0].profile(l.profile) //nolint:errcheck // the file stays empty
	}
	before := bots.spent(server)
	began := time.Now()
	if err := c.work(ctx); err != nil {
		return r, fmt.Errorf("%w; the bot says: %s", err, bots[0].lastWords())
	}
	r = newResult(l, c, time.Since(began), before, bots.spent(server))
	r.FlushMS = millis(flush)
	r.RefusedTooMany = p.refused.Load()
	if l.deaf { // the answers are still on their way, to workers who have left
		return r, nil
	}
	if err := bots.stop(); err != nil { // what is under way still arrives
		return r, err
	}
	r.Doubled += c.leftovers()
	return r, nil
}

// A crowd is the workers of one run.
type crowd struct {
	p     *platform
	bots  fleet
	load  load
	texts *script
	until time.Time

	left    atomic.Int64 // turns that nobody has begun
	begun   time.Time
	due     atomic.Int64 // turns that were begun, for the rate
	people  atomic.Int64
	lost    atomic.Int64
	doubled atomic.Int64
	mu      sync.Mutex
	took    []time.Duration
}

func newCrowd(p *platform, bots fleet, l load) (*crowd, error) {
	s, err := newScript()
	c := &crowd{p: p, bots: bots, load: l, texts: s}
	c.left.Store(int64(l.turns))
	if l.within > 0 {
		c.until = time.Now().Add(l.within)
	}
	return c, err
}

// work lets all of them report until the turns are used up.
func (c *crowd) work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	c.begun = time.Now()
	for range c.load.conversations {
		wg.Go(func() {
			if err := c.converse(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if c.p.strange.Load() > 0 {
		c.doubled.Add(c.p.strange.Swap(0))
	}
	return context.Cause(ctx)
}

// begin reports whether another turn is to be made.
func (c *crowd) begin(ctx context.Context) bool {
	if c.load.rate > 0 {
		at := c.begun.Add(time.Duration(c.due.Add(1)) * time.Second / time.Duration(c.load.rate))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(at)):
		}
	}
	return ctx.Err() == nil && c.left.Add(-1) >= 0 && (c.until.IsZero() || time.Now().Before(c.until))
}

// converse is one conversation after the other, each with a new worker who
// reports twice.
func (c *crowd) converse(ctx context.Context) error {
	hooks := c.bots.hooks()
	defer hooks.close()
	var took []time.Duration
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.took = append(c.took, took...)
	}()
	if c.load.deaf {
		var err error
		took, err = c.pour(ctx, hooks)
		return err
	}
	for ctx.Err() == nil {
		n := c.people.Add(1)
		w := newWorker(c.p, hooks, n)
		for _, m := range c.texts.moves(int(n)) {
			if !c.begin(ctx) {
				return nil // its chat stays open: what comes late is seen
			}
			d, err := w.make(ctx, m)
			switch {
			case errors.Is(err, errUnanswered):
				c.lost.Add(1)
				return nil
			case err != nil:
				return err
			}
			took = append(took, d)
		}
		c.doubled.Add(int64(w.twice))
		w.leave()
	}
	return nil
}

// leftovers counts what came for workers who waited for nothing any more.
func (c *crowd) leftovers() int64 { return c.p.strange.Load() + c.p.unread() }

// percentile returns the value below which a share of the sorted ds lie.
func percentile(ds []time.Duration, share float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	return ds[min(int(share*float64(len(ds))), len(ds)-1)]
}

func sorted[T cmp.Ordered](xs []T) []T {
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return xs
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
