package console

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

const (
	breath    = 200 * time.Millisecond // between two hints, so that a busy hour does not drown pages
	manyAtOne = 500                    // topics in one hint, beyond which everything is read again
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
}

// audience is what of a person decides what a page of theirs hears of.
func audience(by cases.Caseworker) cases.Caseworker {
	if by.Role == cases.Desk {
		return cases.Caseworker{Role: cases.Desk}
	}
	return cases.Caseworker{Org: by.Org}
}

// open adds a page, with a feed if it is the first of its audience.
func (x *exchange) open(by cases.Caseworker) *livePage {
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
	p := &livePage{feed: f, hints: make(chan []byte, 4)}
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
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.bell:
		}
		f.pass()
		select {
		case <-ctx.Done():
			return
		case <-time.After(breath):
		}
	}
}

// pass never waits for a page: one that is behind is told to read everything
// again.
func (f *feed) pass() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.topics) > manyAtOne || f.topics["all"] {
		f.topics = map[string]bool{"all": true}
	}
	b := hintOf(slices.Sorted(maps.Keys(f.topics))...)
	clear(f.topics)
	for p := range f.pages {
		select {
		case p.hints <- b:
		default:
			p.missed.Store(true)
		}
	}
}

// hintOf writes topics as an event of a stream.
func hintOf(topics ...string) []byte {
	if topics == nil {
		topics = []string{}
	}
	b, _ := json.Marshal(topics) // strings
	return append(append([]byte("data: "), b...), "\n\n"...)
}
