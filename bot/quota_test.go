package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

// T19: LINE's messages of the month are used up. Whoever writes is answered, as
// replies are free, also what came too late for its own reply; what nobody has
// asked for is held and comes when there are messages again; the operator is
// told.
func TestQuotaUsedUp(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	id := 0
	say := func(text string) {
		t.Helper()
		id++
		s.later(5 * time.Second)
		n.hook(t, "line", onLINE(id, "Uworker", s.Now(), fmt.Sprintf(`"type":"text","text":%q`, text)))
	}
	for _, text := range []string{"hello there", "English"} {
		say(text)
		s.settle()
	}
	n.phones()
	pushes := 0
	n.refuse = func(path, _ string) (int, string) {
		if strings.HasSuffix(path, "/push") {
			pushes++
			return 429, `{"message":"You have reached your monthly limit."}`
		}
		return 0, ""
	}
	snd := s.e.senders["line"]
	s.play.info = snd.info // whose worker news are for
	s.news("Uworker", "news of your case")
	s.settle()
	if pushes != 1 || s.e.Held("line") == "" {
		t.Errorf("%d pushes are tried, and the channel is held: %q", pushes, s.e.Held("line"))
	}
	if log := s.log.String(); !strings.Contains(log, "the operator must act") || !strings.Contains(log, "reason=quota") {
		t.Errorf("the operator is told\n%s", log)
	}

	say("1") // safe
	s.settle()
	if got := n.phones(); len(got) == 0 || !got[0].reply || shows(got, "news of your case") {
		t.Errorf("the worker is answered with %v", got)
	}

	say("what is this for?")
	s.later(2 * time.Minute) // and the answer is late: its reply token is dead
	s.settle()
	if got := n.phones(); len(got) != 0 {
		t.Errorf("without a message left comes %v", got)
	}
	say("hello?")
	s.settle()
	got := n.phones()
	if len(got) != 2 || !got[0].reply || !got[1].reply {
		t.Errorf("one reply brings %v, want the late answer and the new one", got)
	}

	was := pushes
	for range 10 {
		s.pass(time.Minute)
	}
	if pushes-was > 2 {
		t.Errorf("in ten minutes %d pushes are tried", pushes-was)
	}
	n.refuse = nil // a new month
	snd.measure(t.Context(), snd.a.(channels.Meter))
	s.pass(22 * time.Hour) // the worker's free time, the next day
	if got := n.phones(); len(got) != 1 || got[0].reply || !shows(got, "news of your case") {
		t.Errorf("in the new month comes %v", got)
	}
	if s.e.Held("line") != "" {
		t.Errorf("the channel is still held: %s", s.e.Held("line"))
	}
}

// The operator hears of it before the messages of the month are used up.
func TestQuotaRunsLow(t *testing.T) {
	t.Parallel()
	s, _ := onInternet(t)
	snd := s.e.senders["line"]
	snd.measure(t.Context(), snd.a.(channels.Meter))
	if log := s.log.String(); !strings.Contains(log, "little is left of this month's messages") || !strings.Contains(log, "left=10") {
		t.Errorf("the operator is told\n%s", log)
	}
	st, err := s.e.Store.Channel(t.Context(), "line")
	if err != nil || st.QuotaLimit != 200 || st.QuotaUsed != 190 {
		t.Errorf("of the quota is kept %+v, %v", st, err)
	}
}

// A month of which little is left is kept for news: reminders and optional
// questions are dropped, also those that the platform refuses, and news behind
// them do not wait. What is left is known without asking again.
func TestQuotaIsForNews(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	id := 0
	for _, text := range []string{"hello there", "English"} {
		id++
		s.later(5 * time.Second)
		n.hook(t, "line", onLINE(id, "Uworker", s.Now(), fmt.Sprintf(`"type":"text","text":%q`, text)))
		s.settle()
	}
	n.phones()
	snd := s.e.senders["line"]
	s.play.info = snd.info
	s.later(3 * time.Minute)
	s.tells("Uworker", "one more question", channels.Nudge) // nobody knows yet what is left
	s.settle()
	if got := n.phones(); len(got) != 1 {
		t.Fatalf("while nobody knows what is left come %v", got)
	}
	snd.measure(t.Context(), snd.a.(channels.Meter)) // 190 of 200
	s.tells("Uworker", "one more question", channels.Nudge)
	s.tells("Uworker", "news of your case", channels.Push)
	s.settle()
	if got := n.phones(); len(got) != 1 || !shows(got, "news of your case") {
		t.Errorf("where little is left come %v, want the news alone", got)
	}
	st, err := s.e.Store.Channel(t.Context(), "line")
	if left := snd.messagesLeft(t.Context(), st); err != nil || left != 9 {
		t.Errorf("%d messages are left, %v, want 9", left, err)
	}

	snd.month.Store(nil) // nobody knows again, and the platform refuses
	asked := 0
	n.refuse = func(path, _ string) (int, string) {
		if strings.HasSuffix(path, "/push") {
			asked++
			return 429, `{"message":"You have reached your monthly limit."}`
		}
		return 0, ""
	}
	s.tells("Uworker", "one more question", channels.Nudge)
	s.settle()
	for range 3 {
		s.tells("Uworker", "more news", channels.Push)
		s.settle()
	}
	if asked != 1 {
		t.Errorf("the platform was asked %d times, want once", asked)
	}
	n.refuse = nil
	snd.measure(t.Context(), snd.a.(channels.Meter))
	s.pass(22 * time.Hour)
	if got := n.phones(); len(got) != 3 || shows(got, "question") {
		t.Errorf("when there are messages again come %v, want the news", got)
	}
}
