package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// An update goes out as a neutral line; what it says comes after the tap, and
// the buttons under it never go stale.
func TestUpdate(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	g.later(time.Hour)
	g.later(-30 * time.Minute) // 21:40 in Bangkok, and half an hour since the worker was here
	g.now = evening
	u := g.approves(g.writes(cases.Update{Kind: "plan", Texts: map[string]string{"en": "pay the overtime"}, Due: g.Now().Add(9 * 24 * time.Hour),
		Args: map[string]string{"Who": "the factory", "Due": g.Now().Add(7 * 24 * time.Hour).Format(time.RFC3339)}}))
	g.settle()
	ms := g.sent()
	if len(ms) != 1 || ms[0].Text != neutral || !ms[0].Silent || len(ms[0].Choices) != 2 || ms[0].Preview == "" {
		t.Fatalf("what shows is %v", ms)
	}
	g.want(u, "1 template")
	g.say("w", "[news:read]")
	ms = g.sent()
	if len(ms) != 1 || !strings.Contains(ms[0].Text, "pay the overtime") || !strings.Contains(ms[0].Text, "the factory") || !ms[0].Protect || len(ms[0].Choices) != 2 {
		t.Fatalf("after the tap comes %v", ms)
	}
	g.want(u, "1 read")
	agree := ms[0].Choices[0].Value
	if len(agree) > g.play.info.Value {
		t.Errorf("the button's value is too long: %s", agree)
	}
	g.say("w", "menu")
	g.pass(40 * 24 * time.Hour)
	g.sent()
	g.say("w", "["+agree+"]")
	g.say("w", "["+agree+"]")
	line, err := g.e.Store.Timeline(context.Background(), g.by, g.id, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	chose := 0
	for _, n := range line {
		if n.Kind == cases.Chose && n.Trigger == "plan yes" && n.Other == u.ID {
			chose++
		}
	}
	if chose != 1 {
		t.Errorf("the worker has agreed %d times", chose)
	}
	if _, err := g.e.Store.PutUpdate(context.Background(), g.by, u); err != store.ErrApproved {
		t.Errorf("an approved update is changed: %v", err)
	}
}

// A4: a worker is away for nine days, on WhatsApp. One template goes out at an
// hour that suits, and when the worker writes all that waits comes in order,
// within that contact, and counts as read.
func TestAwayForNineDays(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "whatsapp")), "w")
	g.now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) // 10:00 in Bangkok
	first := g.tells(map[string]string{"en": "first"})
	if got := g.shown(); got != "" {
		t.Fatalf("in working hours shows %q", got)
	}
	g.want(first, "1 hours")
	g.pass(8*time.Hour + 31*time.Minute) // 18:31
	if got := g.shown(); got != "<case_update>" {
		t.Fatalf("in the evening shows %q", got)
	}
	g.want(first, "1 template")
	g.pass(2 * 24 * time.Hour)
	second := g.tells(map[string]string{"en": "second"})
	g.want(second, "1 template")
	for range 4 {
		g.pass(24 * time.Hour)
	}
	third := g.tells(map[string]string{"en": "third"})
	if got := g.shown(); got != "" {
		t.Fatalf("while one line is unread shows %q", got)
	}
	g.restart()
	g.say("w", "hello")
	got := g.shown()
	if !strings.HasSuffix(got, "|first|second|third") {
		t.Errorf("when the worker writes comes %q", got)
	}
	for _, u := range []cases.Update{first, second, third} {
		g.want(u, "1 read")
	}
	g.pass(24 * time.Hour)
	if got := g.shown(); got != "" {
		t.Errorf("a day later comes %q", got)
	}
}

// A6: a worker blocks the bot. What waits is frozen and not tried again; after
// the return the bot greets, and brings the news on tap only.
func TestBlockedWhileNewsWait(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "line")), "w")
	g.now = evening
	g.hear(g.event("w", channels.Event{Kind: channels.Left}))
	u := g.tells(english)
	for range 12 { // after two weeks there would be more news
		g.pass(24 * time.Hour)
	}
	if got := g.shown(); got != "" {
		t.Fatalf("while blocked is sent %q", got)
	}
	g.want(u, "1 blocked")
	g.hear(g.event("w", channels.Event{Kind: channels.Returned}))
	if got := g.shown(); !strings.HasPrefix(got, "Hello again") || !strings.HasSuffix(got, neutral) || strings.Contains(got, content) {
		t.Fatalf("upon return comes %q", got)
	}
	g.want(u, "1 template")
	g.say("w", "[news:read]")
	if got := g.shown(); got != content {
		t.Errorf("after the tap comes %q", got)
	}
	g.want(u, "1 read")
}

// A platform tells only when something is sent that the worker has blocked it.
func TestFoundBlocked(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	g.now = evening
	tries := 0
	g.play.fail = func(channels.Outbound) error {
		tries++
		return &channels.SendError{Reason: channels.Unreachable, Err: context.Canceled}
	}
	u := g.tells(english)
	for range 5 {
		g.pass(24 * time.Hour)
	}
	g.want(u, "1 blocked")
	if tries != 1 {
		t.Errorf("it was tried %d times", tries)
	}
}

// A correction that is made while an update waits is what is read, once. Who
// has read the mistake is told so.
func TestCorrection(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "read", "waits")
	g.now = evening
	wrong := g.tells(map[string]string{"en": "Pay day is Monday."})
	g.say("read", "[news:read]")
	g.sent()
	g.later(time.Hour)
	right := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: map[string]string{"en": "Pay day is Friday."}, Wrong: wrong.ID}))
	g.settle()
	if got := g.shown(); got != neutral {
		t.Errorf("of the correction shows %q", got)
	}
	g.say("read", "[news:read]")
	if got := g.shown(); got != "Sorry, our last message had a mistake. Right is: Pay day is Friday." {
		t.Errorf("who has read the mistake is told %q", got)
	}
	g.say("waits", "[news:read]")
	if got := g.shown(); got != "Pay day is Friday." {
		t.Errorf("who has not read it is told %q", got)
	}
	g.want(wrong, "1 read, 1 replaced")
	g.want(right, "2 read")
	again := g.writes(cases.Update{Kind: cases.Free, Texts: english, Wrong: wrong.ID})
	if _, err := g.e.Approve(context.Background(), g.by, g.id, again.ID, again.Version); err == nil {
		t.Error("one mistake is corrected twice")
	}
}

// A correction that is read before it was brought to the conversation is not
// read a second time.
func TestCorrectionBeforeItIsBrought(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	g.now = evening
	wrong := g.tells(map[string]string{"en": "Pay day is Monday."})
	g.sent()
	g.later(time.Hour)
	right := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: map[string]string{"en": "Pay day is Friday."}, Wrong: wrong.ID}))
	if err := g.e.Deliver(context.Background(), g.event("w", channels.Event{Choice: "news:read"})); err != nil {
		t.Fatal(err)
	}
	g.settle()
	g.pass(24 * time.Hour)
	if got := g.shown(); got != "Pay day is Friday." {
		t.Errorf("the worker is told %q", got)
	}
	g.want(wrong, "1 replaced")
	g.want(right, "1 read")
}

// Workers in whose language nobody wrote are left out and shown, or told in
// the one that stands in.
func TestLanguageNobodyWrote(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ instead, want string }{{"", "1 template, 1 untold"}, {"en", "2 template"}} {
		g := newGroup(newStage(t, infoOf(t, "telegram")), "en")
		g.join("km", "km", nil)
		g.settle()
		g.now = evening
		draft := g.writes(cases.Update{Kind: cases.Free, Texts: english, Instead: test.instead})
		p, err := g.e.Plan(context.Background(), g.by, draft)
		if err != nil || p.Total != 2 || p.Unwritten["km"] != 1-len(test.instead)/2 || p.Languages["en"] != 1+len(test.instead)/2 {
			t.Errorf("the plan is %+v, %v", p, err)
		}
		u := g.approves(draft)
		g.settle()
		g.want(u, test.want)
	}
}

// A platform refuses the template: the news wait until the worker writes, and
// the caseworker sees why.
func TestTemplateRefused(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		g := newGroup(newStage(t, infoOf(t, "whatsapp")), "w")
		g.now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		g.play.fail = func(m channels.Outbound) error {
			if m.Template != nil && !later {
				return &channels.SendError{Reason: channels.Rejected, Err: context.Canceled}
			}
			return nil
		}
		u := g.tells(english)
		if later { // the platform takes it on, and refuses it after all
			ms := g.sent()
			g.hear(channels.Event{ID: "f", Kind: channels.Failed, From: g.address("w"), At: g.Now(), Key: ms[0].Key, Reason: channels.Rejected})
		}
		g.want(u, "1 contact")
		if got := g.why(u, cases.ForWorker); got != store.WaitsForTemplate {
			t.Errorf("it waits for %q", got)
		}
		for range 5 {
			g.pass(24 * time.Hour)
		}
		if got := g.shown(); got != "" {
			t.Errorf("after that is sent %q", got)
		}
		g.say("w", "hello")
		if got := g.shown(); !strings.HasSuffix(got, content) {
			t.Errorf("when the worker writes comes %q", got)
		}
		g.want(u, "1 read")
	}
}

// What a worker does while news wait.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want, shown string
		do                func(*group)
	}{
		{"erased", "1 gone", "", func(g *group) {
			if err := g.e.Store.Erase(context.Background(), g.address("w"), store.Everything); err != nil {
				g.Fatal(err)
			}
		}},
		{"deletes everything", "1 gone", "", func(g *group) {
			g.hear(g.event("w", channels.Event{Kind: channels.Edited, Text: "x"}))
			s := g.session("w")
			s.State, s.Mark = "surely", "all"
			g.put("w", s)
			g.say("w", "[surely:yes]")
			g.sent()
		}},
		{"changes language", "1 read", "အောင်မြင်ပါတယ်", func(g *group) {
			s := g.session("w")
			s.Lang = "my"
			g.put("w", s)
			g.say("w", "[news:read]")
		}},
		{"speaks a language that nobody wrote", "1 read", content, func(g *group) {
			s := g.session("w")
			s.Lang = "ne"
			g.put("w", s)
			g.say("w", "[news:read]")
		}},
		{"wants nothing for now", "1 contact", "", func(g *group) {
			s := g.session("w")
			s.State = "settings"
			g.put("w", s)
			g.say("w", "[settings:pause]")
			g.sent()
		}},
		{"wants it later", "1 hours", "", func(g *group) {
			g.say("w", "[news:later]")
			g.sent()
		}},
		{"is in danger", "1 contact", "", func(g *group) {
			g.say("w", "SOS")
			g.sent()
		}},
		{"withdraws", "1 gone", "", func(g *group) {
			s := g.session("w")
			s.State, s.Mark = "forced", cases.RefOf(g.id)
			g.put("w", s)
			g.say("w", "[forced:no]")
			g.sent()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
			g.now = evening
			u := g.tells(map[string]string{"en": content, "my": "အောင်မြင်ပါတယ်"})
			g.want(u, "1 template")
			g.sent()
			g.later(time.Hour)
			test.do(g)
			g.want(u, test.want)
			if got := g.shown(); got != test.shown {
				t.Errorf("the worker is told %q, want %q", got, test.shown)
			}
		})
	}
}

// session returns where a conversation stands.
func (g *group) session(user string) flows.Session {
	g.Helper()
	_, s := g.look(g.play.info.ID, user)
	return s
}

// put has a conversation stand somewhere.
func (g *group) put(user string, s flows.Session) {
	g.Helper()
	ctx := context.Background()
	g.n++
	turn, err := g.e.Store.Begin(ctx, channels.Event{ID: fmt.Sprint("put", g.n), Kind: channels.Woke, From: g.address(user), At: g.Now()})
	if err != nil {
		g.Fatal(err)
	}
	if _, err := g.e.Store.Commit(ctx, turn, store.Outcome{Session: s}, lease); err != nil {
		g.Fatal(err)
	}
}
