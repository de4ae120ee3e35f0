package console

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

const (
	breath    = 200 * time.Millisecond // between two hints, so that a busy hour does not drown pages
	lull      = time.Second            // between two hints about lists, which change with every conversation
	manyAtOne = 500                    // topics in one hint, beyond which everything is read again
	mostShown = 50                     // topics of one page
)

// A feed gathers what changes for all pages that may hear of the same, and
// writes each hint once.
type feed struct {
	stop context.CancelFunc
	bell chan struct{}

	mu     sync.Mutex
	topics map[string]bool // changed since the last hint
	pages  map[*livePage]bool
}

// A livePage is a page that hears of changes.
type livePage struct {
	feed   *feed
	hints  chan []byte
	missed atomic.Bool // it was too slow for a hint

	shows []string        // topics of what it shows; none: it hears of everything
	late  map[string]bool // lists of these that have changed, and of which it will hear
	told  time.Time       // when it last heard of a list
}

// audience is what of a person decides what a page of theirs hears of.
func audience(by cases.Caseworker) cases.Caseworker {
	if by.Role == cases.Desk {
		return cases.Caseworker{Role: cases.Desk}
	}
	return cases.Caseworker{Org: by.Org}
}

// open adds a page that shows topics, with a feed if it is the first of its
// audience.
func (x *exchange) open(by cases.Caseworker, shows []string) *livePage {
	x.mu.Lock()
	defer x.mu.Unlock()
	to := audience(by)
	f := x.feeds[to]
	if f == nil {
		f = &feed{bell: make(chan struct{}, 1), topics: map[string]bool{}, pages: map[*livePage]bool{}}
		var ctx context.Context
		ctx, f.stop = context.WithCancel(x.ctx)
		go f.watch(ctx, x.store.Watch(to))
		go f.send(ctx)
		x.feeds[to] = f
	}
	p := &livePage{feed: f, hints: make(chan []byte, 4), shows: shows, late: map[string]bool{}}
	p.told = time.Now().Add(-rand.N(lull)) // so that not all of them ask for their lists at the same moment
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages[p] = true
	return p
}

// shut takes a page away, and its feed with the last.
func (x *exchange) shut(p *livePage) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := p.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pages, p)
	if len(f.pages) == 0 {
		f.stop()
		maps.DeleteFunc(x.feeds, func(_ cases.Caseworker, other *feed) bool { return other == f })
	}
}

// watch gathers what the store hints at.
func (f *feed) watch(ctx context.Context, w *store.Watcher) {
	defer w.Close()
	for {
		hs, err := w.Next(ctx)
		if err != nil {
			return
		}
		for _, h := range hs {
			f.add(topicsOf(h)...)
		}
	}
}

func (f *feed) add(topics ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range topics {
		f.topics[t] = true
	}
	select {
	case f.bell <- struct{}{}:
	default:
	}
}

// send gives what was gathered to every page, and then takes a breath. What
// comes meanwhile waits for no longer than that.
func (f *feed) send(ctx context.Context) {
	var later <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.bell:
		case <-later:
		}
		later = nil
		if wait := f.pass(time.Now()); wait > 0 {
			later = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(breath):
		}
	}
}

// pass gives each page what it shows of what was gathered, and returns when
// somebody is to hear of a list later. It never waits for a page: one that is
// behind is told to read everything again.
func (f *feed) pass(now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.topics) > manyAtOne || f.topics["all"] {
		f.topics = map[string]bool{"all": true}
	}
	written := map[string][]byte{} // many pages show the same
	for p := range f.pages {
		topics, later := p.pick(f.topics, now)
		if later > 0 && (wait == 0 || later < wait) {
			wait = later
		}
		if len(topics) == 0 {
			continue
		}
		key := strings.Join(topics, " ")
		b := written[key]
		if b == nil {
			b = hintOf(topics...)
			written[key] = b
		}
		select {
		case p.hints <- b:
		default:
			p.missed.Store(true)
		}
	}
	clear(f.topics)
	return wait
}

// pick returns what a page hears of now, and how soon it is to hear of a list
// that has changed, if not now.
func (p *livePage) pick(changed map[string]bool, now time.Time) (topics []string, later time.Duration) {
	if len(p.shows) == 0 || changed["all"] {
		clear(p.late)
		return slices.Sorted(maps.Keys(changed)), 0
	}
	wait := lull - now.Sub(p.told)
	for _, t := range p.shows {
		if !changed[t] && !p.late[t] {
			continue
		}
		if list := !strings.Contains(t, ":"); list && wait > 0 {
			p.late[t], later = true, wait
			continue
		} else if list {
			p.told = now
			delete(p.late, t)
		}
		topics = append(topics, t)
	}
	return topics, later
}

// shownOf reads the topics that a page says it shows. One that says nothing, or
// too much, hears of everything.
func shownOf(said string) []string {
	topics := strings.Fields(said)
	if len(topics) > mostShown {
		return nil
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// hintOf writes topics as an event of a stream.
func hintOf(topics ...string) []byte {
	if topics == nil {
		topics = []string{}
	}
	b, _ := json.Marshal(topics) // strings
	return append(append([]byte("data: "), b...), "\n\n"...)
}
