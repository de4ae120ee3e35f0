package storetest

import (
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

var looking = []test{
	{"prepared replies are changed by supervisors and seen by colleagues", prepared},
	{"how a worker is reached is shown for a reason, and not to copy them all", unmasked},
	{"what was attached is opened by place, and that is noted", openedByPlace},
}

func prepared(t rig) {
	r := store.Reply{Org: "clinic", Name: "payslip", Texts: map[string]string{"en": "Please send your payslip.", "my": "လစာစာရွက် ပို့ပေးပါ။"}, Checked: []string{"my"}}
	t.want(t.s.PutReply(ctx, nay, r), store.ErrDenied)
	t.want(t.s.PutReply(ctx, cases.Caseworker{ID: "x", Org: "union", Role: cases.Supervisor}, r), store.ErrDenied)
	t.must(t.s.PutReply(ctx, boss, r))
	r.Name = "another"
	t.must(t.s.PutReply(ctx, boss, r))
	rs, err := t.s.Replies(ctx, nay)
	t.must(err)
	t.want(show(len(rs), rs[0].Name, rs[1].Name, rs[1].Texts["en"], rs[1].By), "2 another payslip Please send your payslip. boss")
	none, err := t.s.Replies(ctx, other)
	t.want(show(len(none), err), "0 <nil>")
	again := rs[1]
	again.Texts["en"] = "Send your payslip, please."
	t.must(t.s.PutReply(ctx, boss, again))
	t.want(t.s.PutReply(ctx, boss, again), store.ErrStale)
	rs[0].Texts = nil
	t.must(t.s.PutReply(ctx, boss, rs[0]))
	rs, err = t.s.Replies(ctx, nay)
	t.must(err)
	t.want(show(len(rs), rs[0].Texts["en"]), "1 Send your payslip, please.")
}

// chatWith has a worker write to an organisation, and returns the conversation.
func (t rig) chatWith(user string, e channels.Event) string {
	t.Helper()
	t.s.Home("clinic")
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.end(turn, store.Outcome{Session: turn.Session})
	id, err := t.s.ChatOf(ctx, channels.Address{Channel: "tg", User: user})
	t.must(err)
	return id
}

func unmasked(t rig) {
	helper := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	id := t.chatWith("5550100", event("5550100", "1"))
	for _, reason := range []string{"", " ", "abc", "      "} {
		_, err := t.s.Unmask(ctx, helper, id, reason)
		t.want(err, store.ErrReason)
	}
	_, err := t.s.Unmask(ctx, cases.Caseworker{ID: "om", Org: "union", Role: cases.Helper}, id, "I want to know")
	t.wantIs(err, store.ErrNotFound)
	for range 20 {
		a, err := t.s.Unmask(ctx, helper, id, "she asked to be called")
		t.must(err)
		t.want(a.User, "5550100")
	}
	_, err = t.s.Unmask(ctx, helper, id, "she asked to be called")
	t.wantIs(err, store.ErrWait)
	t.c.Pass(2 * time.Minute)
	_, err = t.s.Unmask(ctx, helper, id, "she asked to be called")
	t.must(err)
	_, err = t.s.ChatTrail(ctx, helper, id, 5)
	t.wantIs(err, store.ErrNotFound)
	es, err := t.s.ChatTrail(ctx, boss, id, 100)
	t.must(err)
	n := 0
	for _, e := range es {
		if e.What == "unmasked: she asked to be called" && e.By.ID == "nay" {
			n++
		}
	}
	t.want(n, 21)
}

func openedByPlace(t rig) {
	f, _ := t.folder()
	helper := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	t.chatWith("a", event("a", "0"))
	e := event("a", "1")
	e.Media = []channels.Media{{Ref: "f1"}, {Ref: "f2"}}
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.end(turn, store.Outcome{Session: turn.Session, Fetch: []store.Fetch{{Media: channels.Media{Ref: "f1"}}}})
	id, err := t.s.ChatOf(ctx, channels.Address{Channel: "tg", User: "a"})
	t.must(err)
	_, err = t.s.ChatMedia(ctx, helper, id, 1, 0) // not downloaded yet
	t.want(err, store.ErrNotFound)
	j := t.fetches()[0]
	a := t.puts(f, j, "the contract")
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: a}))
	got, err := t.s.ChatMedia(ctx, helper, id, 1, 0)
	t.must(err)
	t.want(got.Ref, a.Ref)
	for _, at := range [][2]int{{1, 1}, {1, 2}, {1, -1}, {0, 0}, {7, 0}, {-1, 0}} {
		_, err = t.s.ChatMedia(ctx, helper, id, int64(at[0]), at[1])
		t.want(fmt.Sprint(at, err), fmt.Sprint(at, store.ErrNotFound))
	}
	_, err = t.s.ChatMedia(ctx, other, id, 1, 0)
	t.wantIs(err, store.ErrNotFound)
	kept, err := t.s.ChatKept(ctx, helper, id, []string{"f1", "f2"})
	t.must(err)
	t.want(show(kept["f1"], kept["f2"]), "true false")
	es, err := t.s.ChatTrail(ctx, boss, id, 100)
	t.must(err)
	t.want(es[len(es)-1].What, "opened attachment 1/0")
}
