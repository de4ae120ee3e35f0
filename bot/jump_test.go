package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workervoice/channels"
)

// A wall is the clock of a machine, which somebody sets while the program runs:
// every comparison goes by what it shows, as for times that come from the store.
type wall struct{ off atomic.Int64 }

func (w *wall) now() time.Time { return time.Now().Round(0).Add(time.Duration(w.off.Load())) }

// onWall plays with an engine that really runs by a clock that can be set.
func onWall(t *testing.T, play func(s *stage, w *wall)) {
	synctest.Test(t, func(t *testing.T) {
		w := &wall{}
		<-time.After(12*time.Hour + 30*time.Minute) // half past seven in the evening: answers that come late wait for free hours
		s := newStage(t, infoOf(t, "telegram"))
		s.clock = w.now
		s.e = s.engine(s.db) // which began now
		play(s, w)
	})
}

// hello has a worker write something new.
func (s *stage) hello(user string, n int) channels.Event {
	s.Helper()
	ev := channels.Event{ID: fmt.Sprint(user, " ", n), Kind: channels.Said, From: s.address(user), At: time.Now(), Text: "hello", Message: fmt.Sprint(n)}
	if err := s.e.Deliver(context.Background(), ev); err != nil {
		s.Fatal(err)
	}
	return ev
}

// TestClockJumps sets the clock an hour forward or back while the bot works:
// while messages are under way, wait for the rate, wait for another attempt, or
// were taken by a process that was killed. Each message comes, and none waits
// longer than the jump and a lease. None comes twice: when the clock goes forward
// the leases end of what is under way, but who claims it once more is who has it
// in hand.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		for what, killed := range map[string]bool{"": false, ", after a kill": true} {
			t.Run(name+what, func(t *testing.T) {
				t.Parallel()
				onWall(t, func(s *stage, w *wall) { s.jumps(w, jump, killed) })
			})
		}
	}
}

const crowded = 120 // workers: more than the rate takes before the jump

func (s *stage) jumps(w *wall, jump time.Duration, killed bool) {
	s.play.slow = time.Second
	refused := 0
	s.play.fail = func(channels.Outbound) error { // the first ones wait for another attempt
		if refused++; refused <= 10 {
			return &channels.SendError{Reason: channels.Busy, One: true, After: 3 * time.Second, Err: errors.New("busy")}
		}
		return nil
	}
	var said []channels.Event
	for i := range crowded {
		said = append(said, s.hello(fmt.Sprint("w", i), 1))
	}
	if killed { // before anything was sent, and what it held is held
		s.restart()
	}
	stop := s.start()
	elapse(2500 * time.Millisecond) // what follows is not of one breath with the first
	w.off.Add(int64(jump))
	for i := range crowded {
		said = append(said, s.hello(fmt.Sprint("w", i), 2), s.hello(fmt.Sprint("late", i), 1))
	}
	took := s.wait(jump.Abs()+lease+time.Minute, func() bool { return s.play.different() == len(said) })
	for _, ev := range said { // as platforms repeat
		if err := s.e.Deliver(context.Background(), ev); err != nil {
			s.Fatal(err)
		}
	}
	elapse(2 * lease)
	stop()
	seen := make(map[string]bool)
	for _, m := range s.sent() {
		if seen[m.Key] {
			s.Errorf("%s came twice", m.Key)
		}
		seen[m.Key] = true
	}
	if n := s.e.Counted("messages_maybe_twice"); n > 0 && !killed {
		s.Errorf("%d messages are marked as if they might have come twice", n)
	}
	if len(seen) != len(said) {
		s.Errorf("%d messages came of %d", len(seen), len(said))
	}
	if took > jump.Abs()+lease {
		s.Errorf("after the jump the last message came after %v", took)
	}
	s.Logf("the last of %d messages came %v after the jump", len(said), took.Round(time.Second))
}

// different counts the messages that have come, each once.
func (p *platform) different() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := make(map[string]bool)
	for _, m := range p.got {
		keys[m.Key] = true
	}
	return len(keys)
}

// TestReminderAfterAJump sets the clock forth and back between a report that is
// begun and its reminder: it comes once.
func TestReminderAfterAJump(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, infoOf(t, "telegram"))
			s.halfway("w")
			reminders := 0
			for hour := range 72 {
				switch hour % 8 {
				case 3:
					s.pass(jump)
				case 5:
					s.pass(-jump)
				}
				s.pass(time.Hour)
				reminders += len(s.sent())
			}
			if reminders != 1 {
				t.Errorf("%d reminders", reminders)
			}
		})
	}
}
