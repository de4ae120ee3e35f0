package storetest

import (
	"fmt"
	"maps"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// takes the questions that wait for conversations, and returns what each is
// about.
func (t rig) questions() (got map[string]channels.Event) {
	t.Helper()
	got = map[string]channels.Event{}
	for {
		turn, err := t.s.Next(ctx, lease)
		t.must(err)
		if turn == nil {
			return got
		}
		for _, e := range turn.Events {
			if _, twice := got[turn.With.User+e.ID]; twice || e.Kind != channels.Brought {
				t.Fatalf("%s gets %v", turn.With.User, e)
			}
			got[turn.With.User+" "+e.What+" "+e.Topic] = e
		}
		t.end(turn, store.Outcome{Session: turn.Session})
	}
}

// inPages asks the workers of a case, a few at a time, and returns in how many
// pages.
func (t rig) inPages(a store.Asking, n int) (pages int) {
	t.Helper()
	for after := (store.Cursor{}); ; {
		next, err := t.s.Ask(ctx, a, after, n)
		t.must(err)
		pages++
		if next == (store.Cursor{}) {
			return pages
		}
		after = next
	}
}

// inquired asks 25 workers who joined a case, of whom one has no chat, in pages:
// also after a stop half way everybody is asked once and counted once.
func inquired(t rig) {
	t.group("c", "pay.late", "hours.long")
	for i := range 24 {
		t.joinsBy(fmt.Sprint("u", i), "c", "yes", "pay.late")
		t.c.Pass(time.Second)
	}
	t.files()
	t.does(nay, "c", cases.Entry{Kind: cases.Acknowledged})
	for _, k := range []cases.EntryKind{cases.Raised, cases.Responded, cases.Planned, cases.Claimed} {
		t.does(head, "c", cases.Entry{Kind: k, Issue: "pay.late", Promise: &cases.Promise{Texts: map[string]string{"my": "လစာ", "en": "wages"}, Who: "factory", By: t.c.Now().Add(time.Hour)}})
	}
	u3 := t.everybody("c")[0].Worker
	for _, m := range t.everybody("c") {
		if m.Chat != "" {
			u3 = m.Worker
		}
	}
	t.must(t.s.Promised(ctx, nay, "c", u3, "pay.late", "3,200 THB"))
	t.wantIs(t.s.Promised(ctx, other, "c", u3, "pay.late", "1 THB"), store.ErrDenied)
	t.wantIs(t.s.Promised(ctx, nay, "c", u3, "hours.long", "1 THB"), store.ErrNotFound)
	t.does(bot, "c", cases.Entry{Kind: cases.Checked, Key: "checked", At: t.c.Now()})
	a := store.Asking{Key: "checked", Case: "c", Issue: "pay.late", What: "check"}
	if _, err := t.s.Ask(ctx, a, store.Cursor{}, 10); err != nil { // and then the program stops
		t.Fatal(err)
	}
	first := t.questions()
	t.want(len(first), 9) // who reported has no chat
	t.want(t.inPages(a, 10) >= 3, true)
	got := t.questions()
	t.want(len(got), 15)
	amounts := 0
	maps.Copy(got, first)
	for _, e := range got {
		t.want(show(e.Text, e.Facts["round"]), "လစာ 1")
		if e.Facts["amount"] == "3,200 THB" {
			amounts++
		}
	}
	t.want(amounts, 1) // and nobody else hears of it
	t.want(t.inPages(a, 10) >= 3, true)
	t.want(len(t.questions()), 0)
	i := t.reads1("c").Issues[0]
	t.want(show(i.Tally.Members, i.Tally.Asked, i.Tally.Fixed, i.Check), "25 24 24 1")

	t.says("c", u3, "all", "yes", "no")
	t.c.Pass(7 * 24 * time.Hour)
	t.does(bot, "c", cases.Entry{Kind: cases.Checked, Issue: "pay.late", Key: "again", At: t.c.Now()})
	a.Key = "again"
	t.inPages(a, 10)
	t.want(len(t.questions()), 23) // and not the one who has answered
	t.inPages(store.Asking{Key: "x", Case: "c", What: "recheck"}, 10)
	t.want(len(t.questions()), 0) // nothing is closed
	t.inPages(store.Asking{Key: "x", Case: "c", Issue: "pay.late", What: "pressure", Worker: u3}, 10)
	t.want(len(t.questions()), 1)
	t.want(t.inPages(store.Asking{Key: "x", Case: "gone", What: "check"}, 10), 1)
}
