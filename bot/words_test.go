package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

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
