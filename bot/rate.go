package bot

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// A rater spaces messages as a platform allows: a bucket for the channel and
// one for each worker. It begins with nothing to spare for the channel: what
// the program sent before it was started anew nobody knows, and a burst on top
// of that would be refused.
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

func newRater(i channels.Info, now time.Time) *rater {
	return &rater{all: i.Rate, one: i.ChatRate, next: oneByOne(i.Rate, now), chats: make(map[string]time.Time)}
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

// hold stops the channel until t, as the platform asked. It reports false if
// that was known. Then messages go out one by one again: the platform has
// counted more than we have, and would refuse a burst.
func (r *rater) hold(t time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !t.After(r.pause) {
		return false
	}
	r.pause, r.next = t, oneByOne(r.all, t)
	return true
}

// oneByOne is a bucket that lets one message pass at a time, and one more after
// each of what the rate leaves between two.
func oneByOne(r channels.Rate, at time.Time) time.Time {
	if r.Messages == 0 {
		return at
	}
	return at.Add(each(r) * time.Duration(max(r.Burst, 1)-1))
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

// busy stops the whole channel as the platform asked, also over a restart and in
// other processes. Who are told so at the same time are told to wait until the
// same second, and it is kept once.
func (s *sender) busy(ctx context.Context, until time.Time) {
	if whole := until.Truncate(time.Second); whole.Before(until) {
		until = whole.Add(time.Second)
	}
	if !s.rate.hold(until) {
		return
	}
	if err := s.e.Store.Pause(context.WithoutCancel(ctx), s.info.ID, until); err != nil {
		s.e.Log.Error("the platform's pause is not kept over a restart, nor told to other processes: look at the store", "channel", s.info.ID, "err", err)
	}
}

// paused takes up a pause that the platform asked another process for.
func (e *Engine) paused(ch channels.ID, until time.Time) {
	if s := e.senders[ch]; s != nil {
		s.rate.hold(until)
	}
}

// recall takes up the pause that a platform asked for before the program was
// started anew. Until it is read nothing may be sent.
func (s *sender) recall(ctx context.Context) {
	for ctx.Err() == nil {
		st, err := s.e.Store.Channel(ctx, s.info.ID)
		if err == nil {
			s.rate.hold(st.BusyUntil)
			return
		}
		s.e.Log.Error("whether a platform asked for a pause cannot be read, its messages wait: look at the store", "channel", s.info.ID, "err", err)
		t := time.NewTimer(tick)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}
