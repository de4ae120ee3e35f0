package bot

import (
	"context"
	"fmt"
	"strings"
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
		Severity: cases.Ordinary, Report: &cases.Report{ID: g.id, Kinds: []cases.Code{"pay.late"}, Sent: g.Now(),
			Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"many"}}}}}
	if _, err := g.e.Store.Commit(ctx, turn, store.Outcome{Session: s, Entries: []cases.Entry{n}}, lease); err != nil {
		g.Fatal(err)
	}
}

// evening is the day after, at 19:00 in Bangkok: a time at which news may come.
var evening = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

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
