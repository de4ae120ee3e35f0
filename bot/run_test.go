package bot

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// inBubble plays with engines that really run, in a bubble whose clock goes on
// as soon as everybody waits: minutes pass at once, and always in the same way.
func inBubble(t *testing.T, info channels.Info, play func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, info)
		s.now = time.Time{}
		s.e = s.engine(s.db) // which began now
		play(s)
	})
}

// elapse lets d pass in the bubble, with all that is due meanwhile. The bubble's
// clock jumps to the end of the next timer as soon as everybody in it waits, so
// this takes no time; where there is no bubble it panics and does not wait.
func elapse(d time.Duration) {
	synctest.Wait()
	<-time.After(d)
}

// start runs the engine. The function that it returns stops it and waits until
// it has stopped.
func (s *stage) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.e.Run(ctx) }()
	return func() {
		s.Helper()
		cancel()
		if err := <-done; err != nil {
			s.Error(err)
		}
	}
}

// owe puts a message to a worker into the outbox. The worker may be written to
// from morning to night.
func (s *stage) owe(user string, class channels.Class) {
	s.Helper()
	s.oweTo(s.address(user), class, fmt.Sprintf("%s %d", class, s.n+1))
}

// oweTo is owe for any address and text. It returns the message's key.
func (s *stage) oweTo(to channels.Address, class channels.Class, text string) (key string) {
	s.Helper()
	s.n++
	key = fmt.Sprint("key", s.n, "/0")
	ev := channels.Event{ID: fmt.Sprint("owe", s.n), Kind: channels.Said, From: to, At: s.Now()}
	turn, err := s.e.Store.Begin(context.Background(), ev)
	if err != nil {
		s.Fatal(err)
	}
	turn.Session.State, turn.Session.Lang, turn.Session.Contact = "menu", "en", cases.Contact{Times: []string{"any"}}
	p, err := s.e.Store.Commit(context.Background(), turn, store.Outcome{Session: turn.Session, Send: []channels.Outbound{
		{Key: key, To: ev.From, Text: text, Class: class},
	}}, lease)
	if err != nil {
		s.Fatal(err)
	}
	if p != nil {
		s.e.senders[to.Channel].take(*p)
	}
	return key
}

// wait lets the bubble's clock run until something is so, for so long at most,
// and returns how long it took.
func (s *stage) wait(most time.Duration, so func() bool) time.Duration {
	s.Helper()
	from := time.Now()
	for !so() {
		if time.Since(from) > most {
			s.Errorf("not so after %v", most)
			break
		}
		elapse(max(10*time.Millisecond, most/1000))
	}
	return time.Since(from)
}

// count returns how many messages the platform has taken.
func (p *platform) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// One platform takes half a minute for a message, and one worker's phone waits
// behind it; everybody elsewhere is answered at once.
func TestSlowPlatform(t *testing.T) {
	t.Parallel()
	slow := infoOf(t, "telegram")
	inBubble(t, infoOf(t, "line"), func(s *stage) {
		other := &platform{info: slow, slow: 29 * time.Second}
		s.cast = func() []channels.Adapter { return []channels.Adapter{s.play, other} }
		s.e = s.engine(s.db)
		stop := s.start()
		hello := func(ch channels.ID, user string) {
			ev := channels.Event{ID: "hello " + user, Kind: channels.Said, From: channels.Address{Channel: ch, User: user}, At: s.Now(), Text: "hello"}
			if err := s.e.Deliver(context.Background(), ev); err != nil {
				t.Error(err)
			}
		}
		for i := range 2 * sending {
			hello(slow.ID, fmt.Sprint("slow", i))
		}
		for i := range 20 {
			hello(s.play.info.ID, fmt.Sprint("quick", i))
		}
		if took := s.wait(time.Minute, func() bool { return s.play.count() == 20 }); took > time.Second {
			t.Errorf("the quick platform's workers waited %v", took)
		}
		if other.count() != 0 {
			t.Error("the slow platform was not slow")
		}
		s.wait(5*time.Minute, func() bool { return other.count() == 2*sending })
		stop()
		if twice(other.take()) != "" {
			t.Error("the slow platform was sent something twice")
		}
	})
}

// The program is told to stop while messages are on their way. What has begun
// is finished and written down, and nothing that waits is held back from the
// next start.
func TestStop(t *testing.T) {
	t.Parallel()
	info := infoOf(t, "telegram")
	info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{}
	inBubble(t, info, func(s *stage) {
		s.play.slow = 5 * time.Second
		for i := range sending + 100 {
			s.owe(fmt.Sprint("w", i), channels.Answer)
		}
		stop := s.start()
		elapse(time.Second)
		from := time.Now()
		stop()
		if took := time.Since(from); took > 10*time.Second {
			t.Errorf("to stop took %v", took)
		}
		first := s.sent()
		if len(first) != sending {
			t.Errorf("%d messages were on their way, %d arrived", sending, len(first))
		}
		for _, m := range first {
			if states := s.states(m.To.User, m.Key); len(states) != 1 || states[0] != store.SentState {
				t.Errorf("a message that was finished is kept as %v", states)
			}
		}
		s.restart()
		s.play.slow = 0
		stop = s.start()
		if took := s.wait(time.Minute, func() bool { return s.play.count() == 100 }); took > time.Second {
			t.Errorf("the rest was held for %v", took)
		}
		stop()
		if twice(append(first, s.sent()...)) != "" {
			t.Error("a message was sent twice")
		}
	})
}

// A turn that has begun when the program is told to stop is finished; one that
// has not is taken by the next start at once.
func TestStopBetweenTurns(t *testing.T) {
	t.Parallel()
	inBubble(t, infoOf(t, "line"), func(s *stage) {
		for i := range 50 {
			ev := channels.Event{ID: "1", Kind: channels.Said, From: s.address(fmt.Sprint("w", i)), At: s.Now(), Text: "hello"}
			if err := s.e.Store.Receive(context.Background(), ev); err != nil {
				t.Fatal(err)
			}
		}
		stop := s.start()
		stop() // at once
		before := len(s.sent())
		s.restart()
		stop = s.start()
		if took := s.wait(time.Minute, func() bool { return s.play.count()+before == 50 }); took > time.Second {
			t.Errorf("what was not answered waited %v", took)
		}
		stop()
	})
}
