// Crowd plays the story of a group: 1,800 workers on three strict platforms
// join one case by its code, and one update goes to all of them while the
// program is killed. It needs the test rig beside the repository:
//
//	cd .ci/crowd && go run .
//
// That takes five minutes on two cores, so it is run by hand. A small one:
//
//	go run . -whatsapp 60 -line 60 -telegram 30 -quota 40 -tier 20 -together 20
//
// The program is built as it is, with one difference: its clock on the wall
// can go ahead (see build). So the story always begins at 20:15 in Bangkok,
// and days pass by starting the program again. The platforms' clock goes with
// it; what waits for seconds waits for real seconds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"chatrig/rig"
)

// A crowd is the story under way.
type crowd struct {
	ctx     context.Context
	r       *rig.Rig
	bot     *bot
	dir     string
	workers []*worker
	desk    *desk
	wrong   []string
	mu      sync.Mutex
	answers map[rig.Platform][]time.Duration // how long workers waited for an answer
	spread  int                              // workers who join at the same time
}

var (
	whatsapp = flag.Int("whatsapp", 900, "workers on WhatsApp")
	line     = flag.Int("line", 600, "workers on LINE")
	telegram = flag.Int("telegram", 300, "workers on Telegram")
	quota    = flag.Int("quota", 200, "messages a month that LINE sells")
	tier     = flag.Int("tier", 250, "workers a day to whom WhatsApp lets an account send a template")
	together = flag.Int("together", 60, "workers who join at the same time")
	specs    = flag.String("specs", "../../../shared/specs", "the platforms' official descriptions")
	program  = flag.String("program", "", "the built program; built if empty")
)

func main() {
	flag.Parse()
	begin := time.Now()
	c := &crowd{ctx: context.Background(), spread: *together}
	if err := c.play(); err != nil {
		c.fail("%v", err)
	}
	c.end()
	fmt.Printf("all of it took %v\n", time.Since(begin).Round(time.Second))
	for _, w := range c.wrong {
		fmt.Println("WRONG", w)
	}
	if len(c.wrong) > 0 {
		os.Exit(1)
	}
	fmt.Println("ok")
}

// fail notes what is wrong, the first twenty times.
func (c *crowd) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wrong) < 20 {
		c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
	}
}

func (c *crowd) play() (err error) {
	if c.dir, err = os.MkdirTemp("", "crowd"); err != nil {
		return err
	}
	if *program == "" {
		*program = filepath.Join(c.dir, "workervoice")
		if err := build(*program); err != nil {
			return err
		}
	}
	path, err := filepath.Abs(*specs)
	if err != nil {
		return err
	}
	c.r, err = rig.New(rig.Config{SpecsDir: path, Seed: 8, TelegramSecret: "crowd-telegram-secret", Limits: rig.Limits{LINEMonthlyQuota: *quota}})
	if err != nil {
		return err
	}
	c.r.AddTemplate("case_update", "en", "UTILITY", "Hello, there is an update on your request {{1}}. Tap to read it when you have time.", "Read now")
	if c.bot, err = newBot(c); err != nil {
		return err
	}
	c.clock(evening(time.Now()))
	if err := c.bot.start(); err != nil {
		return err
	}
	for _, step := range []func() error{c.gather, c.join, c.later, c.approve, c.read, c.days} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// evening is 20:15 of a day in Bangkok.
func evening(now time.Time) time.Time {
	l := now.In(bangkok)
	return time.Date(l.Year(), l.Month(), l.Day(), 20, 15, 0, 0, bangkok)
}

var bangkok = time.FixedZone("ICT", 7*3600)

// clock lets the platforms' clock be at, and the program's when it starts next.
func (c *crowd) clock(at time.Time) {
	c.r.Clock().Advance(at.Sub(c.r.Clock().Now()))
	c.bot.ahead = at.Sub(time.Now())
}

// gather lets the first worker report, and a caseworker open joining.
func (c *crowd) gather() error {
	first := c.worker(rig.Telegram, 0)
	if err := first.report(); err != nil {
		return err
	}
	c.workers = append(c.workers, first)
	var err error
	if c.desk, err = c.sit("supervisor"); err != nil {
		return err
	}
	return c.desk.openJoining()
}

// join lets everybody else join at the same time, as fast as the machine takes it.
func (c *crowd) join() error {
	for i := 1; i < *telegram+*line+*whatsapp; i++ {
		p := rig.WhatsApp
		switch k := (i * 7) % (*telegram + *line + *whatsapp); { // mixed
		case k < *telegram:
			p = rig.Telegram
		case k < *telegram+*line:
			p = rig.LINE
		}
		c.workers = append(c.workers, c.worker(p, i))
	}
	begin := time.Now()
	var done []time.Time
	c.each(c.workers[1:], func(w *worker) error {
		if err := w.join(c.desk.code); err != nil {
			return err
		}
		c.mu.Lock()
		done = append(done, time.Now())
		c.mu.Unlock()
		if w.morning {
			return w.choose()
		}
		return nil
	})
	took := time.Since(begin)
	c.r.Settle(30 * time.Second)
	members, err := c.desk.members()
	if err != nil {
		return err
	}
	fmt.Printf("joining: %d of %d workers are members after %v, %.1f a second, at the peak %d within a second, %d within ten\n",
		members, len(c.workers), took.Round(time.Second), float64(len(done))/took.Seconds(), most(done, time.Second), most(done, 10*time.Second))
	c.latency("joining: an answer came")
	if members != len(c.workers) {
		c.fail("%d workers are members, not %d", members, len(c.workers))
	}
	return nil
}

// later lets a day pass. Some have blocked the bot meanwhile, and the bot asks
// what it asks in the evening.
func (c *crowd) later() error {
	for _, w := range c.workers {
		if w.blocks {
			w.Block()
		}
	}
	c.r.Settle(30 * time.Second)
	if err := c.next(24*time.Hour + 15*time.Minute); err != nil {
		return err
	}
	c.quiet(4 * time.Second)
	d, err := c.sit("colleague") // who signed in yesterday has to do so again
	if err != nil {
		return err
	}
	d.id, c.desk = c.desk.id, d
	n := 0
	for _, w := range c.workers {
		w.mark()
		n += w.asked()
	}
	fmt.Printf("the next evening: %d were asked one more question, %d of LINE's %d messages are used\n", n, c.pushes(), *quota)
	return nil
}

// next stops the program and starts it when d has passed.
func (c *crowd) next(d time.Duration) error {
	if err := c.bot.stop(); err != nil {
		return err
	}
	c.clock(c.r.Clock().Now().Add(d))
	return c.bot.start()
}

// each has workers do something, some at the same time.
func (c *crowd) each(ws []*worker, do func(*worker) error) {
	var wait sync.WaitGroup
	turn := make(chan struct{}, c.spread)
	for _, w := range ws {
		turn <- struct{}{}
		wait.Go(func() {
			defer func() { <-turn }()
			if err := do(w); err != nil {
				c.fail("%v", err)
			}
		})
	}
	wait.Wait()
}

// latency tells how long workers waited since the last time.
func (c *crowd) latency(what string) {
	c.mu.Lock()
	all := c.answers
	c.answers = nil
	c.mu.Unlock()
	for _, p := range []rig.Platform{rig.Telegram, rig.LINE, rig.WhatsApp} {
		as := all[p]
		if len(as) == 0 {
			continue
		}
		slices.Sort(as)
		at := func(part float64) time.Duration {
			return as[min(int(part*float64(len(as))), len(as)-1)].Round(time.Millisecond)
		}
		fmt.Printf("%s %d times on %s: half of them within %v, 99 %% within %v, all within %v\n", what, len(as), p, at(.5), at(.99), at(1))
	}
}

// most is how many times lie within a span.
func most(ts []time.Time, span time.Duration) (n int) {
	slices.SortFunc(ts, time.Time.Compare)
	for i, j := 0, 0; j < len(ts); j++ {
		for ts[j].Sub(ts[i]) > span {
			i++
		}
		n = max(n, j-i+1)
	}
	return n
}

// end looks at what the platforms have to say.
func (c *crowd) end() {
	if c.r == nil {
		return
	}
	c.r.Settle(10 * time.Second)
	if c.bot != nil {
		if err := errors.Join(c.bot.stop()); err != nil {
			c.fail("%v", err)
		}
		c.bot.tell(c)
	}
	errs := c.r.Errors()
	kinds := map[string]int{}
	for _, v := range c.r.Violations() {
		kinds[string(v.Severity)+" "+v.Code]++
	}
	fmt.Printf("the platforms: %d errors, %d buttons unanswered, %v\n", len(errs), len(c.r.UnansweredCallbacks()), kinds)
	for _, v := range errs[:min(5, len(errs))] {
		c.fail("%v", v)
	}
	if n := len(c.r.UnansweredCallbacks()); n > 0 {
		c.fail("%d buttons still turn", n)
	}
	c.r.Close()
	if len(c.wrong) == 0 {
		os.RemoveAll(c.dir)
	} else {
		fmt.Println("what is left lies in", c.dir)
	}
}
