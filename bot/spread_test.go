package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// A worker who is only to hear of it when writing, or whose case must not show,
// gets nothing before, and all of it then.
func TestSilent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*flows.Session){
		"on choice":  func(s *flows.Session) { s.Contact.Silent = true },
		"harassment": func(s *flows.Session) { s.Mine[0].Report = &cases.Report{Kinds: []cases.Code{"sex.touch"}} },
		"house work": func(s *flows.Session) {
			s.Mine[0].Report = &cases.Report{Answers: map[string]cases.Answer{"sector": {Choices: []string{"home"}}}}
		},
		"the boss knows": func(s *flows.Session) {
			s.Mine[0].Report = &cases.Report{Answers: map[string]cases.Answer{"bossknows": {Choices: []string{"yes"}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
			session := g.session("w")
			change(&session)
			g.put("w", session)
			g.now = evening
			u := g.tells(english)
			g.pass(48 * time.Hour)
			if got := g.shown(); got != "" {
				t.Fatalf("on the phone shows %q", got)
			}
			g.want(u, "1 contact")
			g.say("w", "menu")
			if got := g.shown(); !strings.HasSuffix(got, content) {
				t.Errorf("when the worker writes comes %q", got)
			}
			g.want(u, "1 read")
		})
	}
}

// Who has opted in gets the news at once; the platform's receipts tell how far
// they came.
func TestOptedIn(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "whatsapp")))
	g.users = []string{"w"}
	g.join("w", "en", func(s *flows.Session) { s.Contact.Open = true })
	g.settle()
	g.later(time.Hour - 50*time.Minute)
	u := g.tells(english)
	ms := g.sent()
	if len(ms) != 1 || ms[0].Text != content {
		t.Fatalf("sent %v", ms)
	}
	g.want(u, "1 sent")
	for i, step := range []struct {
		kind channels.Kind
		want string
	}{{channels.Delivered, "1 delivered"}, {channels.Delivered, "1 delivered"}, {channels.Read, "1 read"}, {channels.Delivered, "1 read"}} {
		g.hear(channels.Event{ID: fmt.Sprint("r", i), Kind: step.kind, From: g.address("w"), At: g.Now(), Key: ms[0].Key, Message: "m1"})
		g.want(u, step.want)
	}
}

// When the month's messages are used up, the rest hears of it on contact.
func TestUpdateOverQuota(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "line")), "a", "b", "c")
	g.now = evening
	sent := 0
	g.play.fail = func(m channels.Outbound) error {
		if m.Class == channels.Push {
			if sent++; sent > 2 {
				return &channels.SendError{Reason: channels.NoQuota, Err: context.Canceled}
			}
		}
		return nil
	}
	u := g.tells(english)
	g.want(u, "1 contact, 2 template")
	if got := g.why(u, cases.ForWorker); got != store.WaitsForQuota {
		t.Errorf("the rest waits for %q", got)
	}
	g.sent()
	for _, w := range g.users {
		g.say(w, "hello")
	}
	if got := g.shown(); strings.Count(got, content) != 3 || strings.Contains(got, neutral) {
		t.Errorf("when they write comes %q", got)
	}
	g.want(u, "3 read")
}

// T18: an update to many is stopped half way by a crash and goes on where it
// was: each worker hears of it once, and those who want nothing hear nothing.
func TestFanOutKilled(t *testing.T) {
	t.Parallel()
	const all, until = 500, 150
	info := infoOf(t, "telegram")
	info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{} // the clock stands still
	g := newGroup(newStage(t, info))
	quiet := 0
	for i := range all {
		g.users = append(g.users, fmt.Sprint("w", i))
		g.join(g.users[i], "en", func(s *flows.Session) {
			if s.Contact.Paused = i%10 == 0; s.Contact.Paused {
				quiet++
			}
		})
	}
	g.settle()
	g.now = evening
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	for range until / page {
		if !g.e.fan(context.Background()) {
			t.Fatal("nothing is handed out")
		}
		for g.e.answer(context.Background()) {
		}
	}
	g.restart()
	now, err := g.e.Store.Update(context.Background(), g.by, g.id, u.ID)
	if err != nil || now.Total != until || now.State != cases.UpdateGoing {
		t.Fatalf("after the crash it has come to %d of %d, %v", now.Total, until, err)
	}
	g.settle()
	heard := map[string]int{}
	for _, m := range g.sent() {
		heard[m.To.User]++
	}
	if len(heard) != all-quiet {
		t.Errorf("%d of %d have heard of it", len(heard), all-quiet)
	}
	for user, n := range heard {
		if n != 1 {
			t.Errorf("%s has heard of it %d times", user, n)
		}
	}
	g.want(u, fmt.Sprintf("%d contact, %d template", quiet, all-quiet))
	if done, err := g.e.Store.Update(context.Background(), g.by, g.id, u.ID); err != nil || done.State != cases.UpdateOut {
		t.Errorf("it is %s, %v", done.State, err)
	}
}

// Steps of the case reach the worker by themselves, and "my case" is right.
func TestTidings(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	g.now = evening
	for _, kind := range []cases.EntryKind{cases.Acknowledged, cases.Informed} {
		n := cases.Entry{Key: string(kind), Case: g.id, Kind: kind, Text: "dear worker", Reason: "only information was wanted"}
		if _, err := g.e.Do(context.Background(), g.by, n); err != nil {
			t.Fatal(kind, err, flows.Why(err))
		}
		g.settle()
	}
	if got := g.shown(); got != neutral {
		t.Errorf("of the end shows %q", got)
	}
	s := g.session("w")
	if s.Mine[0].Status != cases.Advised || !s.Mine[0].Due.IsZero() {
		t.Errorf("the conversation knows %s, due %v", s.Mine[0].Status, s.Mine[0].Due)
	}
	g.say("w", "[news:read]")
	if got := g.shown(); !strings.Contains(got, "🏁 Closed") || strings.Contains(got, "Next news") {
		t.Errorf("the worker is told %q", got)
	}
}

// Two tabs edit one draft: the second is told.
func TestDraftInTwoTabs(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	ctx := context.Background()
	u := g.writes(cases.Update{Kind: cases.Free, Texts: english})
	g.writes(u)
	if _, err := g.e.Store.PutUpdate(ctx, g.by, u); err != store.ErrStale {
		t.Errorf("the second tab: %v", err)
	}
	if _, err := g.e.Approve(ctx, g.by, g.id, u.ID, u.Version); err != store.ErrStale {
		t.Errorf("what was not seen is approved: %v", err)
	}
	other := cases.Caseworker{ID: "om", Org: "union", Role: cases.Helper}
	if _, err := g.e.Approve(ctx, other, g.id, u.ID, u.Version+1); !errors.Is(err, store.ErrDenied) {
		t.Errorf("another organisation approves: %v", err)
	}
	if empty := g.writes(cases.Update{Kind: cases.Free}); true {
		if _, err := g.e.Approve(ctx, g.by, g.id, empty.ID, empty.Version); err != store.ErrEmpty {
			t.Errorf("nothing is approved: %v", err)
		}
	}
	us, _, err := g.e.Store.Updates(ctx, g.by, g.id, store.Cursor{}, 10)
	if err != nil || len(us) != 2 || !slices.ContainsFunc(us, func(o cases.Update) bool { return o.ID == u.ID && o.Author == g.by.ID }) {
		t.Errorf("the case has %v, %v", us, err)
	}
}
