package bot

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"workervoice/channels"
)

// figures are counters since the start, by name and one label. Labels are
// channels, reasons and keys of texts: never anything of a worker.
type figures struct {
	mu sync.Mutex
	n  map[[2]string]int64
}

// count adds one.
func (e *Engine) count(name, label string) {
	e.figures.mu.Lock()
	defer e.figures.mu.Unlock()
	if e.figures.n == nil {
		e.figures.n = make(map[[2]string]int64)
	}
	e.figures.n[[2]string{name, label}]++
}

// Counted returns a counter since the start, over all labels.
func (e *Engine) Counted(name string) (n int64) {
	e.figures.mu.Lock()
	defer e.figures.mu.Unlock()
	for k, v := range e.figures.n {
		if k[0] == name {
			n += v
		}
	}
	return n
}

// Metrics writes the counters in the text form that Prometheus reads.
func (e *Engine) Metrics(w io.Writer) error {
	e.figures.mu.Lock()
	n := maps.Clone(e.figures.n)
	e.figures.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(n), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	last := ""
	for _, k := range keys {
		if k[0] != last {
			if _, err := fmt.Fprintf(w, "# TYPE voice_%s_total counter\n", k[0]); err != nil {
				return err
			}
			last = k[0]
		}
		if _, err := fmt.Fprintf(w, "voice_%s_total{of=%q} %d\n", k[0], k[1], n[k]); err != nil {
			return err
		}
	}
	return nil
}

// Held reports why a channel sends nothing just now, in words, or "".
func (e *Engine) Held(id channels.ID) string {
	s := e.senders[id]
	switch {
	case s == nil:
		return "not set up"
	case s.noQuota.Load():
		return "this month's messages are used up"
	}
	s.rate.mu.Lock()
	defer s.rate.mu.Unlock()
	if s.rate.pause.After(e.Now()) {
		return "the platform asked for a pause until " + s.rate.pause.Format(time.TimeOnly)
	}
	return ""
}
