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

// A group is a case with workers who have each reported it, in conversations
// with the bot.
type group struct {
	*stage
	by    cases.Caseworker
	id    cases.ID
	users []string
}

// newGroup returns a case in which users take part, in the evening.
func newGroup(s *stage, users ...string) *group {
	s.Helper()
	s.e.Store.Home("clinic")
	g := &group{stage: s, by: cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}, id: "group", users: users}
	for _, u := range users {
		g.join(u, "en", nil)
	}
	s.settle()
	s.sent()
	return g
}

// join has a worker take part, with a session as after a report.
func (g *group) join(user, lang string, change func(*flows.Session)) {
	g.Helper()
	ctx := context.Background()
	g.n++
	ev := channels.Event{ID: fmt.Sprint("join", g.n), Kind: channels.Said, From: g.address(user), At: g.Now()}
	turn, err := g.e.Store.Begin(ctx, ev)
	if err != nil {
		g.Fatal(err)
	}
	s := flows.Session{State: "menu", Lang: lang, Seed: []byte("0123456789abcdef"), Consent: flows.Consent{Given: true}, Seen: g.Now(),
		Mine: []flows.Mine{{ID: g.id, Ref: cases.RefOf(g.id), Status: cases.Received, Severity: cases.Ordinary, News: g.Now(), Due: g.Now().Add(72 * time.Hour)}}}
	if change != nil {
		change(&s)
	}
	kind := cases.Joined
	if len(g.users) > 0 && user == g.users[0] {
		kind = cases.Opened
	}
	n := cases.Entry{Key: "join/" + user, Case: g.id, Worker: turn.Worker, Kind: kind, At: g.Now(), Lang: lang, Channel: string(g.play.info.Platform),
		Severity: cases.Ordinary, Report: &cases.Report{ID: g.id, Kinds: []cases.Code{"pay.late"}, Sent: g.Now()}}
	if _, err := g.e.Store.Commit(ctx, turn, store.Outcome{Session: s, Entries: []cases.Entry{n}}, lease); err != nil {
		g.Fatal(err)
	}
}

// writes makes a draft.
func (g *group) writes(u cases.Update) cases.Update {
	g.Helper()
	u.Case = g.id
	u, err := g.e.Store.PutUpdate(context.Background(), g.by, u)
	if err != nil {
		g.Fatal(err)
	}
	return u
}

// tells sends an update in the words of a caseworker on its way.
func (g *group) tells(texts map[string]string) cases.Update {
	g.Helper()
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: texts}))
	g.settle()
	return u
}

func (g *group) approves(u cases.Update) cases.Update {
	g.Helper()
	u, err := g.e.Approve(context.Background(), g.by, g.id, u.ID, u.Version)
	if err != nil {
		g.Fatal(err)
	}
	return u
}

// stands returns how many workers an update stands at in each state, in words,
// after it has made sure that none is counted twice.
func (g *group) stands(u cases.Update) string {
	g.Helper()
	ctx := context.Background()
	counts, err := g.e.Store.Counts(ctx, g.by, g.id, u.ID)
	if err != nil {
		g.Fatal(err)
	}
	now, err := g.e.Store.Update(ctx, g.by, g.id, u.ID)
	if err != nil {
		g.Fatal(err)
	}
	sum := 0
	var words []string
	for _, state := range cases.DeliveryStates {
		n := counts[state]
		ds, _, err := g.e.Store.Deliveries(ctx, g.by, g.id, u.ID, state, store.Cursor{}, 10_000)
		if err != nil || len(ds) != n {
			g.Errorf("%d are counted as %s and %d are listed, %v", n, state, len(ds), err)
		}
		if sum += n; n > 0 {
			words = append(words, fmt.Sprint(n, " ", state))
		}
	}
	if sum != now.Total {
		g.Errorf("%d workers are counted, of %d", sum, now.Total)
	}
	return strings.Join(words, ", ")
}

// why returns the reason of the only delivery in a state.
func (g *group) why(u cases.Update, state cases.DeliveryState) string {
	g.Helper()
	ds, _, err := g.e.Store.Deliveries(context.Background(), g.by, g.id, u.ID, state, store.Cursor{}, 2)
	if err != nil || len(ds) != 1 {
		g.Fatalf("%d are %s, %v", len(ds), state, err)
	}
	return ds[0].Why
}

func (g *group) want(u cases.Update, want string) {
	g.Helper()
	if got := g.stands(u); got != want {
		g.Errorf("the update stands at %q, want %q", got, want)
	}
}

// shown returns the texts that a worker was sent since the last call.
func (g *group) shown() string {
	var texts []string
	for _, m := range g.sent() {
		switch {
		case m.Template != nil:
			texts = append(texts, "<"+m.Template.Name+">")
		default:
			texts = append(texts, m.Text)
		}
	}
	return strings.Join(texts, "|")
}

const (
	neutral = "💬 You have news. Open it when you are alone."
	content = "The owner pays on Friday."
)

var english = map[string]string{"en": content}

// An update goes out as a neutral line; what it says comes after the tap, and
// the buttons under it never go stale.
func TestUpdate(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	g.later(time.Hour)
	g.later(-30 * time.Minute) // 21:40 in Bangkok, and half an hour since the worker was here
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
		g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
			g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
			g := newGroup(newStage(t, infoOf(t, "telegram")))
			g.users = []string{"w"}
			g.join("w", "en", change)
			g.settle()
			g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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

// The day's templates are spread over days as the plan says.
func TestTier(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "whatsapp")))
	g.e.Tier = 12
	for i := range 20 {
		g.users = append(g.users, fmt.Sprint("w", i))
		g.join(g.users[i], "en", nil)
	}
	g.settle()
	g.now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) // 19:00
	draft := g.writes(cases.Update{Kind: cases.Free, Texts: english})
	p, err := g.e.Plan(context.Background(), g.by, draft)
	if err != nil {
		t.Fatal(err)
	}
	ch := p.Channels[0]
	if ch.Templates != 20 || len(ch.Days) != 2 || ch.Days[0].N != 12 || ch.Days[1].N != 8 || ch.Now != 12 {
		t.Fatalf("the plan is %+v", ch)
	}
	u := g.approves(draft)
	g.settle()
	if got := len(g.sent()); got != 12 {
		t.Errorf("today go out %d", got)
	}
	g.want(u, "8 hours, 12 template")
	g.restart()
	g.e.Tier = 12
	g.pass(ch.Later[0].At.Sub(g.Now()) - time.Second)
	if got := len(g.sent()); got != 0 {
		t.Errorf("before the time of the plan go out %d", got)
	}
	g.pass(2 * time.Second)
	if got := len(g.sent()); got != 8 {
		t.Errorf("tomorrow go out %d", got)
	}
	g.want(u, "20 template")
}

// When the month's messages are used up, the rest hears of it on contact.
func TestUpdateOverQuota(t *testing.T) {
	t.Parallel()
	g := newGroup(newStage(t, infoOf(t, "line")), "a", "b", "c")
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
	g.now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
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
