package bot

import (
	"sync"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// A rater spaces messages as a platform allows: a bucket for the channel and
// one for each worker. It holds what was used in the last moments only, so a
// restart costs no more than one burst.
type rater struct {
	mu    sync.Mutex
	all   channels.Rate
	one   channels.Rate
	next  time.Time            // of the channel: the theoretical arrival time of its bucket
	chats map[string]time.Time // the same for each worker
	swept time.Time
	pause time.Time // until which the platform told us to be quiet

	asked atomic.Int32 // answers and alerts that wait: news give way to them
}

func newRater(i channels.Info) *rater {
	return &rater{all: i.Rate, one: i.ChatRate, chats: make(map[string]time.Time)}
}

// take asks to send n messages to a worker now: such that were asked for, or
// others. It returns zero and counts them, or how long to wait, counting
// nothing. chat says that only this worker has to wait.
func (r *rater) take(user string, n int, now time.Time, asked bool) (wait time.Duration, chat bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.pause.Sub(now); r.pause.After(now) {
		return d, false
	}
	mine, all := r.chats[user], r.next
	if d := due(r.one, mine, now); d > 0 {
		return d, true
	}
	if d := due(r.all, all, now); d > 0 {
		return d, false
	}
	if !asked && r.all.Messages > 0 && r.asked.Load() > 0 {
		return each(r.all), false
	}
	r.next = spend(r.all, all, n, now)
	if r.one.Messages > 0 {
		r.chats[user] = spend(r.one, mine, n, now)
	}
	if now.Sub(r.swept) > time.Minute {
		for u, t := range r.chats {
			if t.Before(now) {
				delete(r.chats, u)
			}
		}
		r.swept = now
	}
	return 0, false
}

// hold stops the channel until t, as the platform asked, and returns the later
// of that and what was asked before. Then messages go out one by one again: the
// platform has counted more than we have, and would refuse a burst.
func (r *rater) hold(t time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.After(r.pause) {
		r.pause = t
		if r.all.Messages > 0 {
			r.next = t.Add(each(r.all) * time.Duration(max(r.all.Burst, 1)-1))
		}
	}
	return r.pause
}

// due and spend are the generic cell rate algorithm (ITU-T I.371): a bucket is
// one time, at which it would be empty again.
func due(r channels.Rate, full, now time.Time) time.Duration {
	if r.Messages == 0 || !full.After(now) {
		return 0
	}
	return full.Sub(now) - each(r)*time.Duration(max(r.Burst, 1)-1)
}

func spend(r channels.Rate, full time.Time, n int, now time.Time) time.Time {
	if r.Messages == 0 {
		return full
	}
	if full.Before(now) {
		full = now
	}
	return full.Add(each(r) * time.Duration(n))
}

// each is the time between two messages, rounded up: one too early is refused.
func each(r channels.Rate) time.Duration {
	n := time.Duration(r.Messages)
	return (r.Per + n - 1) / n
}
