package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
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
		s := newDesk(t, "telegram")
		s.reports("w")
		s.take(nan, "w")
		s.sent()
		s.say("w", "HIDE")
		if len(s.play.gone) == 0 {
			t.Error("nothing is taken off the phone")
		}
		s.saysOnce("") // the last line looks harmless
	})
	t.Run("unsent", func(t *testing.T) {
		s := newDesk(t, "telegram")
		s.reports("w")
		s.take(nan, "w")
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
		s := newDesk(t, "telegram")
		s.reports("w")
		s.take(nan, "w")
		s.sent()
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
	s := newDesk(t, "telegram")
	s.reports("w")
	s.take(nan, "w")
	s.sent()
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

// T16: of two organisations neither sees what workers say to the other.
func TestTwoOrganisations(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	s.reports("w")
	s.e.Store.Home("union")
	s.hear(channels.Event{ID: "u1", Kind: channels.Said, From: channels.Address{Channel: "telegram", User: "v"}, At: s.Now(), Text: "hello"})
	for user, by := range map[string]cases.Caseworker{"w": far, "v": nan} {
		id := s.id(user)
		for what, err := range map[string]error{
			"take":      second(s.e.Take(context.Background(), by, id, store.AnyEpoch)),
			"hand back": second(s.e.HandBack(context.Background(), by, id, store.AnyEpoch, "")),
			"assign":    second(s.e.Assign(context.Background(), by, id, store.AnyEpoch, by)),
			"transfer":  second(s.e.Transfer(context.Background(), by, id, store.AnyEpoch, by.Org)),
			"write":     second(s.e.Write(context.Background(), by, id, "k", Words{Text: "hi"})),
			"attach":    second(s.e.Attach(context.Background(), by, id, strings.NewReader("x"), channels.File{Type: "image/png"})),
		} {
			if !errors.Is(err, store.ErrDenied) || !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s the other's: %v", what, err)
			}
		}
		rows, _, err := s.e.Store.Chats(context.Background(), by, store.All, store.Filter{}, store.Cursor{}, 10)
		if err != nil || len(rows) != 1 || rows[0].ID == id {
			t.Errorf("%s sees %d conversations (%v)", by.ID, len(rows), err)
		}
	}
}

func second[A any](_ A, err error) error { return err }

// T22: a double click on a line that repeats is one message.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "line")
	s.reports("w")
	var wg sync.WaitGroup
	replies := make(chan Reply, 8)
	for range 8 {
		wg.Go(func() {
			r, err := s.e.Write(context.Background(), nan, s.id("w"), "click", Words{Text: "Good evening."})
			if err != nil {
				t.Error(err)
			}
			replies <- r
		})
	}
	wg.Wait()
	s.settle()
	s.saysOnce("You are now talking with nan", "Good evening.")
	first := <-replies
	for range 7 {
		if r := <-replies; fmt.Sprint(r.Keys) != fmt.Sprint(first.Keys) {
			t.Error("the answers differ")
		}
	}
	r := s.writes(nan, "w", "click", Words{Text: "Good evening."}) // an hour later, from the phone's queue
	if s.silent("the repeat"); fmt.Sprint(r.Keys) != fmt.Sprint(first.Keys) {
		t.Error("the repeat is answered otherwise")
	}
}

// T13: the window closes between writing and sending. The words wait behind the
// neutral template, the caseworker is told so, and nothing is lost.
func TestWindowClosesBetween(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "whatsapp")
	s.reports("w")
	s.say("w", "[check:skip]")
	s.say("w", "[menu:person]")
	s.say("w", "MENU")
	s.take(nan, "w")
	s.sent()
	s.play.fail = func(channels.Outbound) error { // the platform is out of order for a day
		return &channels.SendError{Reason: channels.Busy, After: 25 * time.Hour, Err: errors.New("503")}
	}
	r := s.writes(nan, "w", "k1", Words{Text: "Please call me.", Urgent: true})
	if r.Why != "" || r.Closes.IsZero() {
		t.Errorf("the window is open: %+v", r.Outlook)
	}
	s.later(24 * time.Hour) // it closes meanwhile
	r = s.writes(nan, "w", "k2", Words{Text: "I can come on Monday.", Urgent: true})
	if r.Why != "window" || !r.Until.Equal(store.Held) || !r.Closes.IsZero() {
		t.Errorf("the window is closed: %+v", r.Outlook)
	}
	s.play.fail = nil
	s.pass(2 * time.Hour)
	ms := s.sent()
	if len(ms) != 1 || ms[0].Template == nil || strings.Contains(fmt.Sprint(ms[0].Template.Params), "Monday") {
		t.Fatalf("the worker is sent %v", ms)
	}
	s.say("w", "[go:read]") // of the template
	s.saysOnce("Please call me.", "I can come on Monday.")
	page, err := s.e.Store.ChatLog(context.Background(), nan, s.id("w"), 0, 20)
	if err != nil || page.States[r.Keys[0]].State != store.SentState {
		t.Errorf("the words stand as %v (%v)", page.States[r.Keys[0]], err)
	}
}

// A long text in Burmese is cut between sentences; what the channel cannot
// carry is refused before anything is sent; a photo goes and can be erased.
func TestCaseworkersWords(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	s.reports("w")
	s.take(nan, "w")
	s.sent()
	sentence := "သင့်လုပ်ခ အကြောင်း အလုပ်ရှင်နဲ့ စကားပြောထားပါတယ်။"
	s.writes(nan, "w", "long", Words{Text: strings.Repeat(sentence, 150)})
	s.pass(time.Minute) // the platform takes one a second
	ms := s.sent()
	if len(ms) < 2 {
		t.Fatalf("%d messages", len(ms))
	}
	joined := ""
	for _, m := range ms {
		if !s.play.info.Text.Fits(m.Text) || !strings.HasSuffix(m.Text, "။") || m.By != "nan" {
			t.Errorf("a part ends %q", m.Text[max(0, len(m.Text)-30):])
		}
		joined += m.Text
	}
	if joined != strings.Repeat(sentence, 150) {
		t.Error("something was lost at the cuts")
	}
	photo, err := s.e.Attach(context.Background(), nan, s.id("w"), strings.NewReader("picture"), channels.File{Type: "image/png", Name: "form.png"})
	if err != nil {
		t.Fatal(err)
	}
	s.writes(nan, "w", "photo", Words{Text: "Sign here", Files: []channels.File{photo}})
	ms = s.sent()
	if len(ms) != 1 || ms[0].File == nil || ms[0].Text != "Sign here" {
		t.Fatalf("sent %v", ms)
	}
	r, err := ms[0].File.Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(r); string(b) != "picture" {
		t.Errorf("the picture holds %q", b)
	}
	for _, w := range []Words{{}, {Text: " \n"}, {Text: "x", Files: []channels.File{{Type: "chemical/x-pdb"}}}, {Files: []channels.File{{Type: "image/png", Size: 1 << 40}}}} {
		if _, err := s.e.Write(context.Background(), nan, s.id("w"), "no", w); err == nil {
			t.Errorf("%v is sent", w)
		} else if len(w.Files) > 0 && !errors.Is(err, ErrCannotCarry) {
			t.Error(err)
		}
	}
	s.silent("what was refused")
	if err := s.e.Store.Erase(context.Background(), s.address("w"), store.Chat); err != nil {
		t.Fatal(err)
	}
	if _, err := ms[0].File.Open(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the photo outlives the chat: %v", err)
	}
}

// At night the bot does not promise an answer in the evening.
func TestOffHours(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	ctx := context.Background()
	var hours []cases.Hours
	for d := time.Monday; d <= time.Friday; d++ {
		hours = append(hours, cases.Hours{Day: d, From: 9 * 60, To: 17 * 60})
	}
	o := cases.Organisation{ID: "home", Name: "Sunrise", Hours: hours, Zone: "Asia/Bangkok"}
	if err := s.e.Store.PutOrganisation(ctx, cases.Bot, o); err != nil {
		t.Fatal(err)
	}
	s.reports("w", "[check:skip]")
	s.say("w", "[menu:person]") // Thursday 21:10
	got := s.last()
	if !strings.Contains(got, "Helpers sleep now") {
		t.Errorf("at night: %q", got)
	}
	s.pass(16 * time.Hour) // Friday afternoon
	s.say("v", "hello")
	for _, what := range []string{"[language:en]", "[safety:yes]", "[consent:agree]", "[menu:person]"} {
		s.say("v", what)
	}
	if got = s.last(); !strings.Contains(got, "I asked a helper for you") {
		t.Errorf("by day: %q", got)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, cases.Zone("TH")) }
	for _, test := range []struct{ now, opens time.Time }{
		{at(19, 21), at(20, 9)}, {at(20, 10), time.Time{}}, {at(20, 17), at(23, 9)}, {at(22, 8), at(23, 9)},
	} {
		if got := o.Opens(test.now, "en"); !got.Equal(test.opens) {
			t.Errorf("at %v it opens %v, want %v", test.now, got, test.opens)
		}
	}
	p := flows.Promised(flows.Session{}, cases.Violence, at(19, 21), at(20, 9))
	if due := p.Args["ByWhen"].(flows.Moment).At; due.Before(at(20, 9)) { // nobody is there before
		t.Errorf("promised for %v", due)
	}
}

// A12: a worker in the middle of the report asks for a person; two press Take;
// the worker taps on; the program is killed; the bot goes on where it was.
func TestStoryOfATakeover(t *testing.T) {
	t.Parallel()
	s := newDesk(t, "telegram")
	ctx := context.Background()
	s.reports("w", "[check:skip]", "[more:no_more]", "[quick:answer_now]")
	_, before := s.chat("w")
	s.say("w", "PERSON")
	s.saysOnce("I asked a helper for you")
	c, _ := s.chat("w")
	rows, _, err := s.e.Store.Chats(ctx, om, store.InQueue, store.Filter{}, store.Cursor{}, 10)
	if err != nil || len(rows) != 1 || rows[0].ID != c.ID || rows[0].Since.IsZero() {
		t.Fatalf("the queue holds %d (%v)", len(rows), err)
	}
	if _, err = s.e.Take(ctx, nan, c.ID, c.Epoch); err != nil {
		t.Fatal(err)
	}
	var taken *store.Taken
	if _, err = s.e.Take(ctx, om, c.ID, c.Epoch); !errors.As(err, &taken) || taken.By != "nan" {
		t.Errorf("the second is told %v", err)
	}
	s.settle()
	s.saysOnce("You are now talking with nan")
	tap := s.event("w", channels.Event{Choice: "menu:rights"})
	for range 3 { // the platform repeats itself
		s.hear(tap)
	}
	s.silent("an old button")
	if _, err := s.e.Write(ctx, nan, c.ID, "k", Words{Text: "Tell me what happened."}); err != nil {
		t.Fatal(err)
	}
	s.restart() // between saved and sent
	s.e.Store.Home("home")
	s.pass(2 * lease)
	s.saysOnce("Tell me what happened.")
	s.say("w", "they took my passport")
	s.handBack(nan, "w", flows.BackToStep)
	ms := s.sent()
	if len(ms) != 1 || !strings.Contains(ms[0].Text, "left the chat") {
		t.Fatalf("the worker is told %v", ms)
	}
	if _, now := s.chat("w"); now.State != before.State {
		t.Errorf("the bot goes on at %s, not at %s", now.State, before.State)
	}
	page, err := s.e.Store.ChatLog(ctx, nan, c.ID, 0, 6)
	if err != nil {
		t.Fatal(err)
	}
	who := ""
	for _, x := range page.Exchanges {
		for _, m := range x.Sent {
			who += m.By + ";"
		}
	}
	if !strings.Contains(who, "nan;") || !strings.HasSuffix(who, "nan;;") { // the last word is the bot's
		t.Errorf("who said what is not told apart: %q", who)
	}
}
