package redis

import "sync"

// A line has what comes while its trips are under way wait, and sends all of
// it with the next. So many callers share the price of one trip to a server.
type line[T any] struct {
	trips int // at most, at a time
	send  func([]T)

	mu      sync.Mutex
	waiting []T
	under   int // trips under way
}

// perTrip is the most of what waits that goes with one trip. A server answers
// all of a trip together: of long ones it and those who wait for it work in turn,
// each idle while the other does.
const perTrip = 16

// join has ts sent soon.
func (l *line[T]) join(ts ...T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, ts...)
	if l.under < l.trips {
		l.under++
		go l.drive()
	}
}

// drive makes trips as long as anything waits.
func (l *line[T]) drive() {
	for {
		l.mu.Lock()
		n := min(len(l.waiting), perTrip)
		ts := l.waiting[:n:n]
		if l.waiting = l.waiting[n:]; len(l.waiting) == 0 {
			l.waiting = nil
		}
		if n == 0 {
			l.under--
		}
		l.mu.Unlock()
		if n == 0 {
			return
		}
		l.send(ts)
	}
}
