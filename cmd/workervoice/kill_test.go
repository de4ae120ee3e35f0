package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/flows"
	"workervoice/translations"
)

// TestKill kills the bot with -9 again and again while workers report, and
// starts it on what is left. Telegram is played as it is: it calls until it
// hears 200, and sometimes once more. In the end every message of a worker has
// its answer, in order. An answer comes twice only where the bot was killed
// between sending it and writing that down, which no client of Telegram's can
// tell from an answer that was never sent.
//
// VOICE_KILLS says how often the bot is killed on each store; 4 times if empty.
func TestKill(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { kills(t, ground{}) })
	t.Run("redis", func(t *testing.T) { kills(t, ground{redis: true}) })
}

func kills(t *testing.T, on ground) {
	kills := 4
	if n, _ := strconv.Atoi(os.Getenv("VOICE_KILLS")); n > 0 {
		kills = n
	}
	s := newSiege(t, on)
	for i := range 12 {
		s.workers.Go(func() { s.report(i) })
	}
	for range 8 {
		s.workers.Go(s.hurry)
	}
	for range kills {
		s.until(s.answered.Load() + 60 + rand.Int64N(300))
		s.murder()
		s.revive()
	}
	s.until(s.answered.Load() + 100)
	s.end(s.bot.stop)
	t.Logf("killed %d times; %d messages of workers answered in order, none lost; %d repeated webhooks answered once; %d answers came twice, all under way at a kill",
		kills, s.answered.Load(), s.repeated.Load(), s.twice.Load())
}

// A siege is a bot that is killed and the workers who talk with it.
type siege struct {
	*testing.T
	p       *platform
	texts   *script
	workers sync.WaitGroup
	over    atomic.Bool // workers write no more
	bot     *process

	people, answered, repeated, twice atomic.Int64

	mu      sync.Mutex
	callers []*caller
}

func newSiege(t *testing.T, on ground) *siege {
	t.Helper()
	program := build(t)
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	s := &siege{T: t, p: p}
	if s.texts, err = newScript(); err != nil {
		t.Fatal(err)
	}
	bots, server, err := on.start(t.Context(), program, t.TempDir(), p.url(), unlimited...)
	if err != nil {
		t.Fatal(err)
	}
	s.bot = bots[0]
	t.Cleanup(func() { s.bot.kill(); server.kill() })
	t.Cleanup(func() { s.over.Store(true); s.workers.Wait() }) // what they have to say comes before the test's end
	return s
}

// end lets the workers come to their end, stops the bot, and looks for what
// nobody waited for.
func (s *siege) end(stop func() error) {
	s.Helper()
	s.over.Store(true)
	s.workers.Wait()
	if err := stop(); err != nil {
		s.Error(err)
	}
	s.leftovers()
	if n := s.p.strange.Load(); n > 0 {
		s.Errorf("%d messages came that nobody waited for", n)
	}
}

// until waits for a number of answers.
func (s *siege) until(n int64) {
	s.Helper()
	late := time.Now().Add(2 * patience)
	for s.answered.Load() < n {
		if s.Failed() || time.Now().After(late) {
			s.over.Store(true)
			s.Fatalf("%d messages are answered, not %d; the bot says: %s", s.answered.Load(), n, s.bot.lastWords())
		}
		wait()
	}
}

// wait is a moment between two looks at something.
func wait() { <-time.After(time.Millisecond) }

// murder kills the bot at any moment of its work.
func (s *siege) murder() {
	<-time.After(time.Duration(rand.IntN(20_000)) * time.Microsecond)
	s.bot.kill()
}

// revive starts the bot on what is left.
func (s *siege) revive() {
	s.Helper()
	s.p.life.Add(1)
	if err := s.bot.start(s.Context()); err != nil {
		s.over.Store(true)
		s.Fatal(err)
	}
}

// deliver calls the bot until it answers 200, as Telegram does, and now and
// then once more.
func (s *siege) deliver(h *hook, update []byte) {
	late := time.Now().Add(patience)
	for {
		status, _, err := h.post(update)
		if err == nil && status == http.StatusOK {
			break
		}
		if err == nil && status != http.StatusServiceUnavailable {
			s.Errorf("a webhook was answered with %d", status)
			return
		}
		if time.Now().After(late) {
			s.Errorf("a webhook was not taken: %d %v", status, err)
			return
		}
		wait()
	}
	if rand.IntN(8) == 0 {
		if status, _, err := h.post(update); err == nil && status == http.StatusOK {
			s.repeated.Add(1)
		}
	}
}

// A caller is one worker during the siege.
type caller struct {
	*worker
	s *siege
}

func (s *siege) caller(h *hook) *caller {
	c := &caller{newWorker(s.p, hooks{h}, s.people.Add(1)), s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers = append(s.callers, c)
	return c
}

// leftovers looks at what came after a worker had read the last answer: only
// that answer once more, from a bot that was started since.
func (s *siege) leftovers() {
	for _, c := range s.callers {
		for len(c.in) > 0 {
			m := <-c.in
			if !c.begun || !m.same(c.last) || m.life == c.last.life {
				s.Errorf("worker %d got a message that nobody waited for: it asks for %q", c.chat, m.state())
				continue
			}
			c.last.life = m.life
			s.twice.Add(1)
		}
	}
}

// next returns the next answer. One that is the same as the answer before must
// come from a bot that was started since.
func (c *caller) next() (message, bool) {
	late := time.After(2 * patience)
	for {
		select {
		case m := <-c.in:
			if !c.begun || !m.same(c.last) {
				c.last, c.begun = m, true
				c.s.answered.Add(1)
				return m, true
			}
			if m.life == c.last.life {
				c.s.Errorf("worker %d got an answer twice from one bot: it asks for %q", c.chat, m.state())
				return m, false
			}
			c.last.life, c.last.id = m.life, m.id
			c.s.twice.Add(1)
		case <-late:
			c.s.Errorf("worker %d has no answer, the last asked for %q", c.chat, c.last.state())
			return message{}, false
		}
	}
}

// do makes a move and looks at its answer.
func (c *caller) do(m move) bool {
	c.s.deliver(c.hook(), c.update(m))
	got, ok := c.next()
	if ok && got.state() != m.expect {
		c.s.Errorf("worker %d: after %s%s the bot asks for %q, not for %q", c.chat, m.press, m.write, got.state(), m.expect)
		return false
	}
	return ok
}

// report is workers who answer question after question.
func (s *siege) report(i int) {
	h := &hook{addr: s.bot.hooks}
	defer h.close()
	for !s.over.Load() && !s.Failed() {
		c := s.caller(h)
		for _, m := range s.texts.moves(i) {
			if s.over.Load() || !c.do(m) {
				return
			}
		}
	}
}

// hurry is workers who write on before they have their answers. What they write
// does not fit the question, so that each answer quotes it.
func (s *siege) hurry() {
	h := &hook{addr: s.bot.hooks}
	defer h.close()
	english := s.texts.moves(slices.Index(flows.Languages, translations.English))
	for !s.over.Load() && !s.Failed() {
		c := s.caller(h)
		for _, m := range english {
			if s.over.Load() || !c.do(m) {
				return
			}
			if m.expect == "employer" && !c.chatter(30, 4) {
				return
			}
		}
	}
}

// chatter writes n messages, of which at most ahead wait for their answers.
func (c *caller) chatter(n, ahead int) bool {
	quoted := func(i int) string { return fmt.Sprintf("and then number %d.", i) }
	read := 0
	for wrote := 0; read < n; {
		if wrote < n && wrote-read < ahead {
			c.s.deliver(c.hook(), c.update(move{write: quoted(wrote)}))
			wrote++
			continue
		}
		m, ok := c.next()
		if !ok {
			return false
		}
		if !strings.Contains(m.text, quoted(read)) {
			c.s.Errorf("worker %d: the answer to message %d is %q", c.chat, read, m.text)
			return false
		}
		read++
	}
	return true
}

// TestStop asks the bot to stop while workers report: it finishes what it has
// begun, so that no answer comes twice after the next start.
func TestStop(t *testing.T) {
	s := newSiege(t, ground{})
	for i := range 8 {
		s.workers.Go(func() { s.report(i) })
	}
	for range 2 {
		s.until(s.answered.Load() + 100)
		if err := s.bot.stop(); err != nil {
			t.Fatal(err)
		}
		s.revive()
	}
	s.until(s.answered.Load() + 100)
	s.over.Store(true)
	s.workers.Wait()
	if n := s.twice.Load(); n > 0 {
		t.Errorf("%d answers came twice", n)
	}
}
