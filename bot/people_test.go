package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var (
	nan = cases.Caseworker{ID: "nan", Org: "home", Role: cases.Helper}
	om  = cases.Caseworker{ID: "om", Org: "home", Role: cases.Helper}
	far = cases.Caseworker{ID: "far", Org: "union", Role: cases.Supervisor}
)

// newDesk returns a stage whose conversations belong to an organisation.
func newDesk(t *testing.T, platform string) *stage {
	t.Helper()
	s := newStage(t, infoOf(t, platform))
	s.e.Store.Home("home")
	return s
}

// newTaken returns a stage on which a caseworker has taken over from the bot in
// the middle of w's report.
func newTaken(t *testing.T) *stage {
	t.Helper()
	s := newDesk(t, "telegram")
	s.reports("w")
	s.take(nan, "w")
	s.sent()
	return s
}

// id returns the name of a worker's conversation for caseworkers.
func (s *stage) id(user string) string {
	s.Helper()
	id, err := s.e.Store.ChatOf(context.Background(), s.address(user))
	if err != nil {
		s.Fatal(err)
	}
	return id
}

// chat returns a conversation as a caseworker sees it.
func (s *stage) chat(user string) (store.Conversation, flows.Session) {
	s.Helper()
	c, session, err := s.e.Store.Chat(context.Background(), nan, s.id(user))
	if err != nil {
		s.Fatal(err)
	}
	return c, session
}

// reports brings a worker to a question of the report.
func (s *stage) reports(user string, more ...string) {
	s.Helper()
	for _, what := range append([]string{"hello", "[language:en]", "[safety:yes]", "[consent:agree]", "[menu:report]", "[problem:pay]", "[sub:pay.unpaid]"}, more...) {
		s.say(user, what)
	}
	s.sent()
}

func (s *stage) take(by cases.Caseworker, user string) store.Conversation {
	s.Helper()
	c, _ := s.chat(user)
	c, err := s.e.Take(context.Background(), by, s.id(user), c.Epoch)
	if err != nil {
		s.Fatal(err)
	}
	s.pass(3 * time.Second)
	return c
}

func (s *stage) handBack(by cases.Caseworker, user, how string) {
	s.Helper()
	c, _ := s.chat(user)
	if _, err := s.e.HandBack(context.Background(), by, s.id(user), c.Epoch, how); err != nil {
		s.Fatal(err)
	}
	s.pass(3 * time.Second)
}

func (s *stage) writes(by cases.Caseworker, user, key string, w Words) Reply {
	s.Helper()
	r, err := s.e.Write(context.Background(), by, s.id(user), key, w)
	if err != nil {
		s.Fatal(err)
	}
	s.pass(3 * time.Second)
	return r
}

// texts returns what was sent since the last call.
func (s *stage) texts() (ts []string) {
	for _, m := range s.sent() {
		ts = append(ts, m.Text)
	}
	return ts
}

func (s *stage) silent(after string) {
	s.Helper()
	if ts := s.texts(); len(ts) > 0 {
		s.Errorf("after %s the bot says %q", after, ts)
	}
}

func (s *stage) saysOnce(want ...string) {
	s.Helper()
	ts := s.texts()
	if len(ts) != len(want) {
		s.Fatalf("%d messages, want %d: %q", len(ts), len(want), ts)
	}
	for i, w := range want {
		if !strings.Contains(ts[i], w) {
			s.Errorf("message %d is %q, want %q in it", i, ts[i], w)
		}
	}
}

// T7: a caseworker takes over while answers of the bot wait to be sent. They are
// not sent, and the conversation shows that they were superseded.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	s.reports("w")
	s.play.fail = func(channels.Outbound) error {
		return &channels.SendError{Reason: channels.Busy, After: 10 * time.Second, Err: errors.New("429")}
	}
	s.say("w", "[menu:report]") // an answer that has to wait
	s.play.fail = nil
	s.take(nan, "w")
	s.pass(time.Minute)
	s.saysOnce("You are now talking with nan")
	page, err := s.e.Store.ChatLog(context.Background(), nan, s.id("w"), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	last := page.Exchanges[len(page.Exchanges)-2]
	if len(last.Sent) == 0 || page.States[last.Sent[0].Key].State != store.Superseded {
		t.Errorf("the answer that was not sent stands as %v", page.States)
	}
	if took := page.Exchanges[len(page.Exchanges)-1]; took.What != store.TookOver || took.By != nan.ID {
		t.Errorf("the takeover stands as %q by %q", took.What, took.By)
	}
	if s.e.Counted("messages_dropped") == 0 {
		t.Error("nothing is counted")
	}
}

// What the bot decided before a takeover does not come up again when the bot has
// the conversation back either.
func TestSupersededForGood(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	s.reports("w")
	s.play.fail = func(channels.Outbound) error {
		return &channels.SendError{Reason: channels.Busy, After: 10 * time.Second, Err: errors.New("429")}
	}
	s.say("w", "[menu:rights]")
	s.sent()
	id := s.id("w")
	for _, f := range []func() error{
		func() error { _, err := s.e.Store.TakeOver(context.Background(), nan, id, store.AnyEpoch); return err },
		func() error {
			_, err := s.e.Store.HandBack(context.Background(), nan, id, store.AnyEpoch, "", "")
			return err
		},
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	s.play.fail = nil
	s.pass(time.Minute)
	for _, text := range s.texts() {
		if !strings.Contains(text, "left the chat") {
			t.Errorf("an old answer came after all: %q", text)
		}
	}
}

// T8: words that are commands, and buttons, start nothing while a person is
// there. The caseworker sees what was asked for.
func TestKeptMeanwhile(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"telegram", "line", "whatsapp"} {
		s := newDesk(t, platform)
		s.reports("w")
		_, before := s.chat("w")
		s.take(nan, "w")
		s.saysOnce("You are now talking with nan from Sunrise Legal Aid")
		for _, what := range []string{"MENU", "0", "/start", "[menu:rights]", "[more:no_more]", "STOP", "hello sister", "1"} {
			s.say("w", what)
			s.silent(what)
		}
		s.hear(s.event("w", channels.Event{Kind: channels.Started}))
		s.hear(s.event("w", channels.Event{Kind: channels.Returned}))
		s.hear(s.event("w", channels.Event{Kind: channels.Reacted, Text: "👍"}))
		s.pass(26 * time.Hour) // reminders are due
		s.silent("a day")
		_, now := s.chat("w")
		if now.State != before.State || now.Mark != before.Mark {
			t.Errorf("the question moved from %s to %s", before.State, now.State)
		}
		for _, want := range []string{"menu", "start", "stop"} {
			if !slices.ContainsFunc(now.Taps, func(p flows.Tap) bool { return p.Intent == want }) {
				t.Errorf("the caseworker is not shown that %q was asked for: %v", want, now.Taps)
			}
		}
		if !slices.ContainsFunc(now.Taps, func(p flows.Tap) bool { return p.Choice == "menu:rights" }) {
			t.Error("the button is not kept")
		}
		row, err := s.e.Store.ChatRow(context.Background(), nan, s.id("w"))
		if err != nil || row.Unread == 0 || row.Since.IsZero() || row.Line.Text != "1" {
			t.Errorf("the list shows %d unread, last %q (%v)", row.Unread, row.Line.Text, err)
		}
		for range 40 {
			s.say("w", "MENU")
		}
		if _, now = s.chat("w"); len(now.Taps) != 20 {
			t.Errorf("%d are kept", len(now.Taps))
		}
	}
}

// What protects the worker is done whoever has the conversation.
func TestProtectedMeanwhile(t *testing.T) {
	t.Parallel()
	t.Run("danger", func(t *testing.T) {
		s := newDesk(t, "telegram")
		s.reports("w")
		_, before := s.chat("w")
		s.take(nan, "w")
		s.sent()
		s.say("w", "SOS")
		s.silent("SOS")
		c, session := s.chat("w")
		if c.Severity != cases.Danger || session.Danger == nil || session.State != before.State {
			t.Fatalf("severity %v, state %s", c.Severity, session.State)
		}
		line, err := s.e.Store.Timeline(context.Background(), cases.Bot, session.Danger.Case, 0, 50)
		if n := len(slices.DeleteFunc(line, func(e cases.Entry) bool { return e.Kind != cases.Alerted })); err != nil || n != 1 {
			t.Errorf("%d alerts (%v)", n, err)
		}
		s.pass(2 * time.Hour)
		s.silent("two hours")
	})
	t.Run("hide", func(t *testing.T) {
		s := newTaken(t)
		s.say("w", "HIDE")
		if len(s.play.gone) == 0 {
			t.Error("nothing is taken off the phone")
		}
		s.saysOnce("") // the last line looks harmless
	})
	t.Run("unsent", func(t *testing.T) {
		s := newTaken(t)
		s.say("w", "my boss is called Somchai")
		s.hear(s.event("w", channels.Event{Kind: channels.Unsent, Message: s.spoke}))
		said, _ := s.transcript("telegram", "w")
		for _, e := range said {
			if strings.Contains(e.Text, "Somchai") {
				t.Error("what was taken back is still there")
			}
		}
	})
	t.Run("delete everything", func(t *testing.T) {
		s := newTaken(t)
		s.say("w", "DELETE")
		s.say("w", "[deleting:all]")
		s.say("w", "[surely:yes]")
		if got := s.last(); !strings.Contains(got, "eleted") {
			t.Errorf("the worker is told %q", got)
		}
		if _, session := s.chat("w"); session.State != "" || session.Draft != nil {
			t.Error("something is left")
		}
	})
	t.Run("delete, and keep after all", func(t *testing.T) {
		s := newDesk(t, "telegram")
		s.reports("w")
		_, before := s.chat("w")
		s.take(nan, "w")
		s.say("w", "DELETE")
		s.say("w", "[deleting:all]")
		s.say("w", "[surely:keep]")
		s.sent()
		s.say("w", "sister, are you there?")
		s.silent("words to the person")
		if _, now := s.chat("w"); now.State != before.State || now.Aside != nil {
			t.Errorf("the question moved from %s to %s", before.State, now.State)
		}
	})
}

// T9: handed back after nine days, the bot says so, what was told so far, and
// asks the same question; what was answered meanwhile is kept.
func TestHandedBack(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	s.reports("w", "[check:skip]")
	_, before := s.chat("w")
	s.take(nan, "w")
	s.say("w", "they owe me for three months")
	s.say("w", "[more:no_more]")
	s.pass(9 * 24 * time.Hour)
	s.say("w", "are you still there?")
	s.sent()
	s.handBack(nan, "w", flows.BackToStep)
	ms := s.sent()
	if len(ms) != 1 {
		t.Fatalf("%d messages", len(ms))
	}
	for _, want := range []string{"nan left the chat", "Problem:", "you pressed: "} {
		if !strings.Contains(ms[0].Text, want) {
			t.Errorf("the worker is told %q, without %q", ms[0].Text, want)
		}
	}
	if len(ms[0].Choices) == 0 || !strings.HasPrefix(ms[0].Choices[0].Value, string(before.State)+":") {
		t.Errorf("the buttons are %v", ms[0].Choices)
	}
	c, now := s.chat("w")
	if now.State != before.State || len(now.Taps) != 0 || c.Owner != "" || now.Draft == nil || len(now.Draft.Story) != 2 {
		t.Errorf("the bot is at %s, %d taps, owner %q", now.State, len(now.Taps), c.Owner)
	}
	s.say("w", "[more:no_more]")
	if _, now = s.chat("w"); now.State == before.State {
		t.Error("the bot does not go on")
	}
	s.sent()
	s.take(nan, "w")
	s.sent()
	s.handBack(nan, "w", flows.BackToMenu)
	if _, now = s.chat("w"); now.State != "menu" {
		t.Errorf("the bot is at %s", now.State)
	}
	s.saysOnce("left the chat")
	s.take(nan, "w")
	s.sent()
	s.handBack(nan, "w", flows.BackQuiet)
	s.saysOnce("left the chat")
}

// What a case brings while a person is there comes up when the bot is back.
func TestBroughtMeanwhile(t *testing.T) {
	t.Parallel()
	s := newTaken(t)
	ev := channels.Event{ID: "brought", Kind: channels.Brought, From: s.address("w"), What: "news of a test", At: s.Now()}
	if err := s.e.Store.Receive(context.Background(), ev); err != nil {
		t.Fatal(err)
	}
	s.settle()
	s.silent("news")
	if _, session := s.chat("w"); len(session.Later) != 1 || session.Later[0].What != ev.What {
		t.Errorf("kept for later: %v", session.Later)
	}
	s.handBack(nan, "w", flows.BackToStep)
	if _, session := s.chat("w"); len(session.Later) != 0 {
		t.Error("it is not taken up")
	}
}
