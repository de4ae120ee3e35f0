package bot

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// A strict platform takes thirty messages a second, thirty at once, and refuses
// more with a pause that it insists on.
type strict struct {
	mu      sync.Mutex
	used    float64 // of thirty
	at      time.Time
	refused int
	lifted  time.Time // when the pause ends
	early   int       // requests in a pause
}

func (p *strict) take(channels.Outbound) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(p.lifted) {
		p.early++
		return &channels.SendError{Reason: channels.Busy, After: p.lifted.Sub(now), Err: errors.New("too early")}
	}
	p.used, p.at = max(0, p.used-30*now.Sub(p.at).Seconds()), now
	if p.used > 29 {
		p.refused++
		p.lifted = now.Add(2 * time.Second)
		return &channels.SendError{Reason: channels.Busy, After: 2 * time.Second, Err: errors.New("too many")}
	}
	p.used++
	return nil
}

// seen is how often it had to refuse, and how many requests came in a pause.
func (p *strict) seen() (refused, early int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused, p.early
}

// Three hundred messages wait for a platform that takes thirty a second.
// All get through in about ten seconds, and it does not have to refuse one.
func TestRate(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		p := &strict{}
		s.play.fail = p.take
		for i := range 300 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		stop := s.start()
		took := s.wait(30*time.Second, func() bool { return s.play.count() == 300 })
		stop()
		if refused, _ := p.seen(); took < 9*time.Second || took > 13*time.Second || refused > 0 {
			t.Errorf("it took %v, with %d refusals", took, refused)
		}
		if got := s.sent(); twice(got) != "" {
			t.Error("a message was sent twice")
		}
	})
}

// The program is started anew, five times within a second, while it sends as
// fast as the platform allows. It does not know what was sent a moment before,
// and sends no burst on top of that.
func TestStartedAnewInABurst(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		p := &strict{}
		s.play.fail = p.take
		for i := range 100 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		for range 5 {
			stop := s.start()
			elapse(200 * time.Millisecond)
			stop()
			s.restart()
		}
		stop := s.start()
		s.wait(30*time.Second, func() bool { return s.play.count() == 100 })
		stop()
		if refused, _ := p.seen(); refused > 0 {
			t.Errorf("%d messages were refused", refused)
		}
	})
}

// A platform asks for a pause, however short, and the program is started anew
// in the middle of it: the next request comes after its end.
func TestPauseOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		p := &strict{used: 30, at: time.Now()} // by the program before
		s.play.fail = p.take
		for i := range 50 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		stop := s.start()
		s.wait(time.Second, func() bool { refused, _ := p.seen(); return refused == 1 })
		stop()
		s.restart()
		_, early := p.seen() // had left when the refusal came
		stop = s.start()
		s.wait(time.Minute, func() bool { return s.play.count() == 50 })
		stop()
		if refused, then := p.seen(); refused != 1 || then != early {
			t.Errorf("the platform had to refuse %d times, and %d requests came in the pause", refused, then-early)
		}
	})
}

// A platform asks one of two processes for a pause while both send as fast as
// they may. The other sends at most what it had reserved, and after the pause
// they begin together as slowly as one would.
func TestPauseOfTwoProcesses(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		shared := struct{ store.Backend }{s.db} // other processes may use it
		p := &strict{}
		s.play.fail = p.take
		var stops []func()
		for range 2 {
			s.e = s.engine(shared)
			stops = append(stops, s.start())
			elapse(time.Second)
		}
		for i := range 400 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		elapse(2 * time.Second)
		p.mu.Lock()
		p.used, p.at = 60, time.Now() // by a program of which nobody knows
		p.mu.Unlock()
		s.wait(time.Second, func() bool { refused, _ := p.seen(); return refused == 1 })
		s.wait(time.Minute, func() bool { return s.play.count() == 400 })
		for _, stop := range stops {
			stop()
		}
		_, early := p.seen()
		if refused, _ := p.seen(); refused != 1 || early > 2*int(portion/each(s.play.info.Rate)) {
			t.Errorf("the platform had to refuse %d times, and %d requests came in the pause", refused, early)
		}
		if twice(s.sent()) != "" {
			t.Error("a message was sent twice")
		}
	})
}

// What a platform puts off for one worker holds up nobody else.
func TestPauseForOneWorker(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		first := true
		s.play.fail = func(m channels.Outbound) error {
			if m.To.User == "w0" && first {
				first = false
				return &channels.SendError{Reason: channels.Busy, After: 24 * time.Hour, One: true, Err: errors.New("held back")}
			}
			return nil
		}
		for i := range 10 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		stop := s.start()
		defer stop()
		if took := s.wait(time.Minute, func() bool { return s.play.count() == 9 }); took > 2*time.Second {
			t.Errorf("the others waited %v", took)
		}
		if took := s.wait(25*time.Hour, func() bool { return s.play.count() == 10 }); took < 23*time.Hour {
			t.Errorf("the worker was written to after %v", took)
		}
	})
}

// T11: Telegram asks for a pause of 38 minutes in the middle of a mailing. The
// mailing stops, also over a restart; what was said meanwhile to workers who
// wrote, or are in danger, goes out before it.
func TestLongPause(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		const pause = 2282 * time.Second
		asked, lifted := 0, time.Time{}
		s.play.fail = func(channels.Outbound) error {
			if asked++; time.Now().Before(lifted) || lifted.IsZero() {
				if lifted.IsZero() {
					lifted = time.Now().Add(pause)
				}
				return &channels.SendError{Reason: channels.Busy, After: time.Until(lifted), Err: errors.New("too many")}
			}
			return nil
		}
		for i := range 200 {
			s.owe(fmt.Sprint("w", i), channels.Push)
		}
		stop := s.start()
		elapse(5 * time.Minute)
		stop()
		if burst := s.play.info.Rate.Burst; asked == 0 || asked > burst {
			t.Errorf("the platform was asked %d times before the pause was heeded", asked)
		}
		was := asked
		s.restart()
		stop = s.start()
		elapse(5 * time.Minute)
		for i := range 20 {
			s.owe(fmt.Sprint("w", i), channels.Answer)
			s.owe(fmt.Sprint("danger", i), channels.Urgent)
		}
		elapse(20 * time.Minute)
		if asked != was || s.e.Held(s.play.info.ID) == "" {
			t.Errorf("the platform was asked %d times in the pause; it is held: %q", asked-was, s.e.Held(s.play.info.ID))
		}
		s.wait(time.Hour, func() bool { return s.play.count() == 240 })
		if late := time.Since(lifted); late > 20*time.Second {
			t.Errorf("after the pause it took %v", late)
		}
		stop()
		got := s.sent()
		news := 0
		for _, m := range got[:min(40, len(got))] {
			if m.Class == channels.Push {
				news++
			}
		}
		if news > 2 { // one or two may have been on their way
			t.Errorf("%d of the first 40 messages after the pause are news that could have waited", news)
		}
		if twice(got) != "" {
			t.Error("a message was sent twice")
		}
	})
}
