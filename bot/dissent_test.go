package bot

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// disputed returns a group of ten whose issue is closed by their words, while
// the first two of them have said that nothing was paid: what that asks for is
// still to be done.
func disputed(t *testing.T) *group {
	g := newGroup(newStage(t, infoOf(t, "telegram")), "w0")
	for i := range 9 {
		g.join(fmt.Sprint("w", i+1), "en", nil)
	}
	g.settle()
	do := func(by cases.Caseworker, n cases.Entry) {
		t.Helper()
		g.n++
		n.Key, n.Case, n.At = fmt.Sprint("e", g.n), g.id, g.Now()
		if _, err := g.e.Do(context.Background(), by, n); err != nil {
			t.Fatal(n.Kind, err)
		}
	}
	for _, k := range []cases.EntryKind{cases.Acknowledged, cases.Raised, cases.Responded, cases.Planned, cases.Claimed} {
		do(g.by, cases.Entry{Kind: k, Promise: &cases.Promise{Texts: map[string]string{"en": "back pay"}, Who: "factory", By: g.Now().Add(time.Hour)}})
	}
	g.pass(4 * 24 * time.Hour)
	g.pass(5 * time.Hour) // in the evening they are asked
	ms, _, err := g.e.Store.MembersOf(context.Background(), g.id, store.Cursor{}, 100)
	if err != nil || len(ms) != 10 {
		t.Fatal(len(ms), err)
	}
	slices.SortFunc(ms, func(a, b cases.Member) int { return a.Joined.Compare(b.Joined) })
	for i, m := range ms {
		a := &cases.Answered{Fact: "all", Satisfied: "yes", Treated: "no"}
		if i < 2 {
			a = &cases.Answered{Fact: "none", Treated: "no"}
		}
		a.At = g.Now()
		do(cases.Bot, cases.Entry{Kind: cases.Answering, Worker: m.Worker, Issue: "pay.late", Answer: a})
	}
	return g
}

// Who says no goes on in a case of their own, reopened, with all that they
// allowed: once, though the program is killed between any two of its steps;
// without FAULTS, after every third.
func TestPartedOnce(t *testing.T) {
	t.Parallel()
	g := disputed(t)
	ctx := context.Background()
	if err := g.e.Store.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(g.file)
	if err != nil {
		t.Fatal(err)
	}
	stride := int64(3)
	if os.Getenv("FAULTS") != "" {
		stride = 1
	}
	for steps, dead := int64(0), true; dead; steps += stride {
		g.file = filepath.Join(t.TempDir(), "voice.db")
		if err := os.WriteFile(g.file, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		g.open()
		dead = g.killedAfter(steps)
		for range 2 {
			g.pass(10 * time.Second)
		}
		g.later(-20 * time.Second)
		cs, _, err := g.e.Store.Cases(ctx, g.by, store.InStatus, store.CaseFilter{Status: cases.Reopened}, store.Cursor{}, 10)
		if err != nil || len(cs) != 1 {
			t.Fatalf("killed after %d steps: %d cases are reopened, %v", steps, len(cs), err)
		}
		apart, was := cs[0], g.caseOf(g.id)
		if i := apart.Issue("pay.late"); apart.Parent != g.id || apart.Size != 2 || i == nil || i.Tally.None != 2 || apart.Allow[cases.Raise] != 2 {
			t.Errorf("killed after %d steps: apart goes %+v", steps, apart)
		}
		if i := was.Issue("pay.late"); was.Size != 8 || i.Status != cases.Satisfied || i.Tally.None != 0 || was.Allow[cases.Raise] != 8 {
			t.Errorf("killed after %d steps: what is left is %+v", steps, was)
		}
		parted := 0
		line, err := g.e.Store.Timeline(ctx, cases.Bot, g.id, 0, 500)
		for _, n := range line {
			if n.Kind == cases.Split && flows.About(n) == "" { // and one for each who goes
				if parted++; flows.OffshootOf(g.id, n.Key) != apart.ID {
					t.Errorf("killed after %d steps: the case apart is not named after %s", steps, n.Key)
				}
			}
		}
		if err != nil || parted != 1 {
			t.Errorf("killed after %d steps: it is parted %d times, %v", steps, parted, err)
		}
		if err := g.e.Store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func (g *group) caseOf(id cases.ID) cases.Case {
	g.Helper()
	c, err := g.e.Store.Case(context.Background(), cases.Bot, id)
	if err != nil {
		g.Fatal(err)
	}
	return c
}
