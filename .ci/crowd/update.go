package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"chatrig/rig"
)

// approve writes the update, looks at the plan, approves it once, and kills the
// program while it goes out.
func (c *crowd) approve() error {
	p, err := c.desk.write()
	if err != nil {
		return err
	}
	fmt.Printf("the plan, shown after %v: %s\n", p.took.Round(time.Millisecond), p.words)
	if sum := p.now + p.later + p.contact + p.merged + p.blocked + p.left; sum != len(c.workers) || p.total != len(c.workers) {
		c.fail("the plan is for %d workers and its parts are %d, not %d", p.total, sum, len(c.workers))
	}
	c.expect(p)
	before, begin := c.pushes(), c.r.Clock().Now()
	if err := c.desk.Fill(c.ctx, "/approve", nil); err != nil {
		return err
	}
	watch := c.watch()
	for c.knocked(begin) < p.now/3 {
		time.Sleep(100 * time.Millisecond)
	}
	c.bot.kill()
	killed, at := c.r.Clock().Now(), c.knocked(begin)
	if err := c.bot.start(); err != nil {
		return err
	}
	fmt.Printf("killed when %d of %d had heard of it, up again after %v\n", at, p.now, c.r.Clock().Now().Sub(killed).Round(time.Millisecond))
	c.quiet(8 * time.Second)
	last := watch()
	c.compare(p, begin, killed, c.pushes()-before, last)
	return nil
}

// expect fails where the plan is not what the workers have chosen.
func (c *crowd) expect(p plan) {
	silent, blocked := 0, 0
	for _, w := range c.workers {
		switch {
		case w.blocks:
			blocked++
		case w.silent:
			silent++
		}
	}
	if p.blocked != blocked {
		c.fail("the plan says that %d have blocked us, it is %d", p.blocked, blocked)
	}
	if p.contact != silent+p.over {
		c.fail("the plan says that %d hear of it when they write: %d chose so and %d are beyond the quota", p.contact, silent, p.over)
	}
	if p.quota > 0 && p.pushes > p.quota {
		c.fail("the plan uses %d of %d messages", p.pushes, p.quota)
	}
}

// watch reads the counters again and again until it is called, and returns the
// last ones: they must add up each time.
func (c *crowd) watch() func() counters {
	var last counters
	var wait sync.WaitGroup
	over := make(chan struct{})
	reads, most := 0, 0
	look := func() error {
		k, err := c.desk.counts()
		if err != nil {
			return err
		}
		reads++
		if k.sum() != k.total {
			c.fail("the counters add up to %d of %d: %s", k.sum(), k.total, k.words)
		}
		if k.total < most || !k.going && k.total != len(c.workers) {
			c.fail("the counters are of %d workers, after %d", k.total, most)
		}
		most, last = max(most, k.total), k
		return nil
	}
	wait.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(100 * time.Millisecond):
				look() //nolint:errcheck // the program may just have been killed
			}
		}
	})
	return func() counters {
		close(over)
		wait.Wait()
		if err := look(); err != nil {
			c.fail("%v", err)
		}
		fmt.Printf("the counters, read %d times: %s\n", reads, last.words)
		return last
	}
}

// knocked is how many workers have heard since a moment that there are news.
func (c *crowd) knocked(since time.Time) (n int) {
	for _, w := range c.workers {
		if ks := w.knocks(); len(ks) > 0 && ks[len(ks)-1].At.After(since) {
			n++
		}
	}
	return n
}

// compare holds the plan against what has happened.
func (c *crowd) compare(p plan, begin, killed time.Time, pushed int, last counters) {
	var at []time.Time
	by := map[rig.Platform]int{}
	lastBy := map[rig.Platform]time.Time{}
	twice := map[rig.Platform]int{}
	for _, w := range c.workers {
		ks := w.knocks()
		if n := w.told(); n > 0 {
			c.fail("%s %s was shown the news without having written", w.Platform, w.Name)
		}
		if len(ks) == 0 {
			continue
		}
		by[w.Platform]++
		at = append(at, ks[0].At)
		if ks[0].At.After(lastBy[w.Platform]) {
			lastBy[w.Platform] = ks[0].At
		}
		if w.silent || w.blocks || w.morning {
			c.fail("%s %s was written to although silent %v, away %v, blocked %v", w.Platform, w.Name, w.silent, w.morning, w.blocks)
		}
		if len(ks) > 1 {
			twice[w.Platform]++
			if d := ks[0].At.Sub(killed).Abs(); w.Platform != rig.Telegram || d > time.Second {
				c.fail("%s %s heard of it %d times, first %v from the kill, then after %v", w.Platform, w.Name, len(ks), d, ks[1].At.Sub(ks[0].At))
			}
		}
	}
	if len(at) == 0 {
		c.fail("nobody has heard of it")
		return
	}
	slices.SortFunc(at, time.Time.Compare)
	fmt.Printf("heard of it at once: %d, planned %d; %v; the last after %v (", len(at), p.now, by, at[len(at)-1].Sub(begin).Round(100*time.Millisecond))
	for _, q := range []rig.Platform{rig.Telegram, rig.LINE, rig.WhatsApp} {
		fmt.Printf("%s %v ", q, lastBy[q].Sub(begin).Round(100*time.Millisecond))
	}
	fmt.Printf("); LINE's messages: %d, planned %d; twice: %v\n", pushed, p.pushes, twice)
	if len(at) != p.now {
		c.fail("%d heard of it at once, planned were %d", len(at), p.now)
	}
	if pushed != p.pushes-c.linesLater() && p.over == 0 || pushed > p.pushes {
		c.fail("%d of LINE's messages were used, planned were %d", pushed, p.pushes)
	}
	n := last.n
	away := 0 // those beyond the quota who find so in their free hours only
	if p.over > 0 {
		away = n["Wait for free hours"] - p.later // all in all
	}
	if n["Wait until they write"]+away != p.contact || n["Blocked us"] != p.blocked || n["Wait for free hours"]-away != p.later || away > c.linesLater() || n["Queued"] > 0 {
		c.fail("the counters and the plan differ: %v, %+v", n, p)
	}
}

// linesLater are those on LINE whose free hours come.
func (c *crowd) linesLater() (n int) {
	for _, w := range c.workers {
		if w.Platform == rig.LINE && w.morning && !w.blocks {
			n++
		}
	}
	return n
}

// pushes is how many messages LINE has sold.
func (c *crowd) pushes() (n int) {
	for _, x := range c.r.Exchanges() {
		if x.Platform == rig.LINE && x.What == "pushMessage" && x.Status == 200 {
			n++
		}
	}
	return n
}

// read lets workers write who wait, and those look who have heard of it.
func (c *crowd) read() error {
	var waits, heard []*worker
	for _, w := range c.workers {
		switch {
		case w.blocks:
		case len(w.knocks()) > 0:
			heard = append(heard, w)
		case w.silent || w.Platform == rig.LINE && !w.morning || w.n%20 == 0: // the others hear of it in time
			waits = append(waits, w)
		}
	}
	waits, heard = waits[:min(300, len(waits))], heard[:min(300, len(heard))]
	c.each(waits, func(w *worker) error {
		begin := time.Now()
		w.Say("hello")
		return w.hears(begin)
	})
	c.latency("those who wrote had their news")
	c.each(heard, func(w *worker) error {
		begin := time.Now()
		ks := w.knocks()
		if err := w.press(&ks[0], []string{"news:read", "go:read"}); err != nil {
			return err
		}
		return w.hears(begin)
	})
	c.latency("those who looked had their news")
	c.quiet(3 * time.Second)
	for _, w := range append(waits, heard...) {
		if n := w.told(); n != 1 {
			c.fail("%s %s was shown the news %d times", w.Platform, w.Name, n)
		}
	}
	k, err := c.desk.counts()
	if err == nil && k.sum() != len(c.workers) {
		c.fail("the counters add up to %d: %s", k.sum(), k.words)
	}
	fmt.Println("then the counters:", k.words)
	return err
}

// hears waits for the update itself, and keeps how long it took.
func (w *worker) hears(begin time.Time) error {
	for time.Since(begin) < 30*time.Second {
		if w.told() > 0 {
			w.waited(begin)
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("%s %s wrote and was not told the news", w.Platform, w.Name)
}

// days lets the mornings and evenings come that the rest waits for.
func (c *crowd) days() error {
	heard := c.knockers()
	for _, step := range []struct {
		name string
		d    time.Duration
	}{{"the morning after", 10*time.Hour + 30*time.Minute}, {"that evening", 14 * time.Hour}, {"the second morning", 10 * time.Hour}, {"that evening", 14*time.Hour + 10*time.Minute},
		{"the third morning", 10 * time.Hour}, {"that evening", 14 * time.Hour}, {"the fourth morning", 10 * time.Hour}, {"that evening", 14 * time.Hour}} {
		if err := c.next(step.d); err != nil {
			return err
		}
		c.quiet(8 * time.Second)
		now := c.knockers()
		by := map[rig.Platform]int{}
		for w := range now {
			if !heard[w] {
				by[w.Platform]++
				if w.silent || w.blocks {
					c.fail("%s %s was written to although silent %v, blocked %v", w.Platform, w.Name, w.silent, w.blocks)
				}
			}
		}
		fmt.Printf("%s, %s: %v more heard of it\n", name(c.r.Clock().Now()), step.name, by)
		if by[rig.WhatsApp] > *tier {
			c.fail("%d templates in a day", by[rig.WhatsApp])
		}
		heard = now
	}
	for _, w := range c.workers {
		if !heard[w] && w.told() == 0 && !w.silent && !w.blocks && w.Platform != rig.LINE {
			c.fail("%s %s was forgotten", w.Platform, w.Name)
		}
		if ks := w.knocks(); len(ks) > 1 && w.Platform != rig.Telegram {
			c.fail("%s %s heard of one update %d times", w.Platform, w.Name, len(ks))
		}
		if d := w.Duplicates(); len(d) > 0 && w.Platform != rig.Telegram {
			c.fail("%s %s was shown the same twice: %s", w.Platform, w.Name, strings.TrimSpace(d[0].String()))
		}
	}
	if n := c.pushes(); n > *quota {
		c.fail("LINE has sold %d messages", n)
	}
	return nil
}

func name(at time.Time) string { return at.In(bangkok).Format("Mon 15:04") }

func (c *crowd) knockers() map[*worker]bool {
	m := map[*worker]bool{}
	for _, w := range c.workers {
		if len(w.knocks()) > 0 {
			m[w] = true
		}
	}
	return m
}

// quiet waits until the program has asked nothing of a platform for d.
func (c *crowd) quiet(d time.Duration) {
	for n, since := -1, time.Now(); time.Since(since) < d; time.Sleep(100 * time.Millisecond) {
		if now := len(c.r.Exchanges()); now != n {
			n, since = now, time.Now()
		}
	}
}
