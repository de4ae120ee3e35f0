package bot

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// A walked back end knows how often the list of updates that are on their way
// was read. One index of it may not answer.
type walked struct {
	store.Backend
	going int
	last  string // index that was read last
	mute  string
}

func (c *walked) List(ctx context.Context, index string, after store.Cursor, n int) ([]store.Record, []store.Cursor, error) {
	if c.last = index; index == "going" {
		c.going++
	}
	if index == c.mute {
		return nil, nil, errors.New("the disk does not answer")
	}
	return c.Backend.List(ctx, index, after, n)
}

// state returns how far an update has come.
func (g *group) state(u cases.Update) cases.UpdateState {
	g.Helper()
	now, err := g.e.Store.Told(context.Background(), u.Case, u.ID)
	if err != nil {
		g.Fatal(err)
	}
	return now.State
}

// fans has an engine hand out updates for as long as it says that there are some.
func (g *group) fans(e *Engine) {
	g.Helper()
	for n := 0; e.fan(context.Background()); n++ {
		if n == 1000 {
			g.Fatal("it comes to no end")
		}
		for e.answer(context.Background()) {
		}
	}
}

// Many updates are handed out with a few looks at their list. The first of them,
// whose workers cannot be read, holds up none of the others, and goes out when
// they can: here when another process looks.
func TestRoundOfUpdates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w")
	deaf := &group{stage: g.stage, by: g.by, id: "deaf", users: []string{"x"}}
	deaf.join("x", "en", nil)
	g.settle()
	g.now = evening
	c := &walked{Backend: g.db}
	g.e = g.engine(c)
	first := deaf.approves(deaf.writes(cases.Update{Kind: cases.Free, Texts: english}))
	if _, _, err := g.e.Store.Recipients(ctx, first, store.Cursor{}, 1); err != nil {
		t.Fatal(err)
	}
	c.mute = c.last
	g.later(time.Second)
	var us []cases.Update
	for i := range 2*abreast + 5 {
		us = append(us, g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: map[string]string{"en": fmt.Sprint("news ", i)}})))
	}
	c.going = 0
	g.fans(g.e)
	if c.going > 8 {
		t.Errorf("the list was read %d times for %d updates", c.going, len(us))
	}
	for i, u := range us {
		if got := g.state(u); got != cases.UpdateOut {
			t.Errorf("update %d is %s", i, got)
		}
	}
	if got := g.state(first); got != cases.UpdateGoing {
		t.Errorf("the one whose workers cannot be read is %s", got)
	}
	other := g.engine(g.db)
	g.fans(other)
	g.drive(other)
	if got := g.state(first); got != cases.UpdateOut {
		t.Errorf("when another process has looked it is %s", got)
	}
	deaf.want(first, "1 template")
	g.drive(g.e)
	g.want(us[0], "1 template")
}

// Two processes hand out the same updates page by page, each by what it has read
// before the other went on: every worker hears of each once.
func TestRoundInTwoProcesses(t *testing.T) {
	t.Parallel()
	const all = 4*page + 1
	info := infoOf(t, "telegram")
	info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{} // the clock stands still
	g := newGroup(newStage(t, info))
	for i := range all {
		g.users = append(g.users, fmt.Sprint("w", i))
		g.join(g.users[i], "en", nil)
	}
	g.settle()
	g.now = evening
	shared := struct{ store.Backend }{g.db}
	g.e = g.engine(shared)
	engines := []*Engine{g.e, g.engine(shared)}
	var us []cases.Update
	for i := range 3 {
		us = append(us, g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: map[string]string{"en": fmt.Sprint("news ", i)}})))
	}
	ctx := context.Background()
	for n, busy := 0, true; busy; n++ {
		busy = false
		for _, e := range engines {
			busy = e.fan(ctx) || busy
			for e.answer(ctx) {
			}
		}
		if n == 1000 {
			t.Fatal("it comes to no end")
		}
	}
	for i, u := range us {
		if got := g.state(u); got != cases.UpdateOut {
			t.Errorf("update %d is %s", i, got)
		}
	}
	for _, e := range engines {
		g.drive(e)
	}
	heard := map[string]int{}
	for _, m := range g.sent() {
		heard[m.To.User]++
	}
	for _, user := range g.users {
		if heard[user] != 1 { // the three of them are one line to open
			t.Errorf("%s was sent %d messages", user, heard[user])
		}
	}
	for _, u := range us {
		g.want(u, fmt.Sprint(all, " template"))
	}
}
