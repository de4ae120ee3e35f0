package bot

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// halfway brings a worker to the question in which area the work is, in the
// middle of a report.
func (s *stage) halfway(user string) {
	s.Helper()
	for _, what := range []string{"hello", "[language:en]", "[safety:yes]", "[consent:agree]", "[menu:report]", "[problem:pay]", "[sub:pay.late]",
		"[more:no_more]", "[quick:answer_now]", "the owner has not paid us since the rains began", "[story:done]", "[country:TH]"} {
		s.say(user, what)
	}
	if _, session := s.look(s.play.info.ID, user); session.State != "area" {
		s.Fatalf("in %s", session.State)
	}
	s.sent()
}

// T10: a worker falls silent in the middle of a report, and forty days later
// presses a button of weeks ago. Nothing of the report is lost or answered by
// it: the bot asks whether to go on, and goes on where it was.
func TestFortyDaysLater(t *testing.T) {
	t.Parallel()
	for _, old := range []string{"problem:fees", "area:skip", "quick:dont_send", "consent:refuse"} {
		t.Run(old, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, infoOf(t, "telegram"))
			s.halfway("w")
			_, before := s.look("telegram", "w")
			reminders := 0
			for range 40 {
				s.pass(24 * time.Hour)
				reminders += len(s.sent())
			}
			if reminders > 1 {
				t.Errorf("%d reminders in forty days", reminders)
			}
			s.restart()
			s.hear(s.event("w", channels.Event{Choice: old, Callback: "press"}))
			s.e.acks.wait()
			if s.play.acks != 1 {
				t.Errorf("the button was told %d times that it may stop turning", s.play.acks)
			}
			_, after := s.look("telegram", "w")
			if after.State != "welcome" || after.Draft == nil || !reflect.DeepEqual(after.Draft, before.Draft) {
				t.Fatalf("in %s, and the report is another", after.State)
			}
			if got := s.sent(); len(got) != 1 || len(got[0].Choices) != 3 || got[0].Choices[0].Value != "welcome:go_on" {
				t.Fatalf("the worker is asked %v", got)
			}
			s.say("w", "[welcome:go_on]")
			if _, session := s.look("telegram", "w"); session.State != "area" {
				t.Errorf("the bot goes on in %s", session.State)
			}
			if got := s.last(); !strings.Contains(got, "city") {
				t.Errorf("the worker is asked %q", got)
			}
		})
	}
}

// news decides on a message to a worker who has done nothing.
func (s *stage) news(user, text string) {
	s.Helper()
	s.tells(user, text, channels.Push)
}

// tells decides on a message of a class.
func (s *stage) tells(user, text string, class channels.Class) {
	s.Helper()
	s.n++
	turn, err := s.e.Store.Begin(context.Background(), channels.Event{ID: fmt.Sprint("news", s.n), Kind: channels.Woke, From: s.address(user), At: s.Now()})
	if err != nil {
		s.Fatal(err)
	}
	m := channels.Outbound{Key: fmt.Sprintf("news%d/0", s.n), To: turn.With, Text: text, Class: class}
	if _, err := s.e.Store.Commit(context.Background(), turn, store.Outcome{Session: turn.Session, Send: []channels.Outbound{m}}, lease); err != nil {
		s.Fatal(err)
	}
}

// T13: WhatsApp's window closes between the moment when news are written and
// that when they go out. One neutral template asks the worker to look, however
// much waits, also over a restart; its button brings all of it.
func TestWindowCloses(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "whatsapp"))
	s.halfway("w")
	s.say("w", "menu")
	s.later(23*time.Hour + 40*time.Minute) // the next evening, while it is open
	s.sent()
	for _, text := range []string{"the first news", "the second news"} {
		s.news("w", text)
	}
	s.pass(25 * time.Minute) // and now it is not, still in the evening
	s.news("w", "the third news")
	s.settle()
	s.restart()
	for range 3 {
		s.pass(24 * time.Hour)
	}
	got := s.sent()
	if len(got) != 1 || got[0].Template == nil || got[0].Template.Name != "case_update" || got[0].Text != "" {
		t.Fatalf("%d messages outside the window, want one template: %v", len(got), got)
	}
	for _, p := range got[0].Template.Params {
		if strings.Contains(p, "news") || strings.Contains(p, "pay") {
			t.Errorf("the template says %q", p)
		}
	}
	s.say("w", "["+got[0].Template.Choices[0]+"]")
	var texts []string
	for _, m := range s.sent() {
		texts = append(texts, m.Text)
	}
	if strings.Join(texts, "|") != "the first news|the second news|the third news" {
		t.Errorf("the button brings %q", texts)
	}
	s.pass(24 * time.Hour)
	s.news("w", "the fourth news")
	s.settle()
	if got := s.sent(); len(got) != 1 || got[0].Template == nil {
		t.Errorf("when it has closed again the worker gets %v", got)
	}
}

// T13, where Meta has taken the message on and says only later that the window
// was closed.
func TestWindowWasClosed(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "whatsapp"))
	s.halfway("w")
	s.news("w", "the news")
	s.settle()
	got := s.sent()
	if len(got) != 1 || got[0].Text != "the news" {
		t.Fatalf("sent %v", got)
	}
	ev := channels.Event{ID: "failed", Kind: channels.Failed, From: s.address("w"), At: s.Now(), Key: got[0].Key, Message: "m", Reason: channels.OutOfWindow}
	s.hear(ev)
	s.pass(time.Hour)
	if got := s.sent(); len(got) != 1 || got[0].Template == nil {
		t.Fatalf("after the refusal is sent %v", got)
	}
	s.readsTheNews()
}

// readsTheNews has the worker press the button under the template.
func (s *stage) readsTheNews() {
	s.Helper()
	s.say("w", "[go:read]")
	if got := s.sent(); len(got) != 1 || got[0].Text != "the news" {
		s.Errorf("the button brings %v", got)
	}
}

// A worker who blocks the bot gets nothing more, and all of it upon return.
func TestBlocked(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	s.halfway("w")
	s.play.fail = func(channels.Outbound) error {
		return &channels.SendError{Reason: channels.Unreachable, Err: context.Canceled}
	}
	s.news("w", "the news")
	s.settle()
	if c, _ := s.look("telegram", "w"); !c.Gone {
		t.Fatal("nobody noticed that the worker cannot be reached")
	}
	s.play.fail = nil
	s.news("w", "more news")
	s.pass(24 * time.Hour)
	if got := s.sent(); len(got) != 0 {
		t.Fatalf("sent %v", got)
	}
	s.hear(s.event("w", channels.Event{Kind: channels.Returned}))
	var all []string
	for _, m := range s.sent() {
		all = append(all, m.Text)
	}
	if text := strings.Join(all, "|"); !strings.Contains(text, "the news|more news") {
		t.Errorf("upon return come %q", all)
	}
}

// A worker has everything deleted while news wait: they are not sent, nor is it
// tried for ever, and the worker who comes back is somebody new.
func TestErasedWhileNewsWait(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	s.halfway("w")
	s.play.fail = func(m channels.Outbound) error {
		if m.Class == channels.Push {
			return &channels.SendError{Reason: channels.Busy, Err: context.Canceled}
		}
		return nil
	}
	s.news("w", "the news")
	for _, what := range []string{"menu", "[menu:settings]", "[settings:delete]", "[deleting:all]", "[surely:yes]"} {
		s.say("w", what)
	}
	if got := s.last(); !strings.Contains(got, "30 days") {
		t.Fatalf("the last words are %q", got)
	}
	s.play.fail = nil
	s.restart()
	for range 3 {
		s.pass(24 * time.Hour)
	}
	if got := s.sent(); len(got) != 0 {
		t.Errorf("after the deletion is sent %v", got)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("something is tried for ever:\n%.1500s", log)
	}
	s.say("w", "hello")
	if _, session := s.look("telegram", "w"); session.State != "language" || session.Draft != nil {
		t.Errorf("the worker who comes back is known, in %s", session.State)
	}
}
