package storetest

import (
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var updating = []test{
	{"an update is handed out once, also after a crash", handedOut},
	{"a delivery is counted in one state, however often it is told", countedOnce},
	{"an update is changed until it is approved, by those who may", edited},
	{"what is known of an erased worker's deliveries is that there was one", forgotten},
}

// gather opens a case with n workers.
func (t rig) gather(n int) (users []string) {
	t.Helper()
	t.s.Home(nay.Org)
	for i := range n {
		user, kind := fmt.Sprint("w", i), cases.Joined
		if i == 0 {
			kind = cases.Opened
		}
		turn, err := t.s.Begin(ctx, event(user, "join"+user))
		t.must(err)
		e := cases.Entry{Key: "join/" + user, Case: "many", Worker: turn.Worker, Kind: kind, At: t.c.Now(), Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}}
		t.end(turn, store.Outcome{Session: flows.Session{State: "menu", Lang: "en"}, Entries: []cases.Entry{e}})
		users = append(users, user)
		t.c.Pass(time.Millisecond)
	}
	t.files()
	return users
}

func (t rig) approved() cases.Update {
	t.Helper()
	u, err := t.s.PutUpdate(ctx, nay, cases.Update{Case: "many", Kind: cases.Free, Texts: map[string]string{"en": "news"}})
	t.must(err)
	u, err = t.s.Approve(ctx, nay, "many", u.ID, u.Version)
	t.must(err)
	return u
}

// counts returns the counts of an update, after it has made sure that they are
// those of the lists and come to its Total.
func (t rig) counts(u cases.Update) string {
	t.Helper()
	counts, err := t.s.Counts(ctx, nay, "many", u.ID)
	t.must(err)
	now, err := t.s.Update(ctx, nay, "many", u.ID)
	t.must(err)
	sum, words := 0, ""
	for _, state := range cases.DeliveryStates {
		ds, _, err := t.s.Deliveries(ctx, nay, "many", u.ID, state, store.Cursor{}, 1000)
		t.must(err)
		t.want(len(ds), counts[state])
		if sum += len(ds); len(ds) > 0 {
			words += fmt.Sprint(len(ds), " ", state, " ")
		}
	}
	t.want(sum, now.Total)
	return words
}

// brought takes the turns of what was brought to conversations, and returns how
// many there were of each worker.
func (t rig) brought() map[string]int {
	t.Helper()
	seen := map[string]int{}
	for turn := t.next(); turn != nil; turn = t.next() {
		for _, e := range turn.Events {
			if e.Kind == channels.Brought {
				seen[e.From.User]++
			}
		}
		t.end(turn, store.Outcome{Session: turn.Session})
	}
	return seen
}

func handedOut(t rig) {
	users := t.gather(23)
	u := t.approved()
	stopped := u
	for range 2 {
		var err error
		stopped, _, err = t.s.HandOut(ctx, stopped, 5)
		t.must(err)
	}
	heard := t.brought()
	t.want(len(heard), stopped.Total)
	half := fmt.Sprint(stopped.Total, " queued ")
	t.want(t.counts(u), half)
	s, err := store.New(t.b, store.Key{1}, t.c.Now) // what has stopped before it could say so
	t.must(err)
	first, _, err := s.Going(ctx, store.Cursor{}, 10)
	t.must(err)
	again := first[0]
	again.After = u.After // as if the last page's end had not been kept
	_, _, err = s.HandOut(ctx, again, 5)
	t.must(err)
	t.want(t.counts(u), half)
	for more := true; more; {
		us, _, err := s.Going(ctx, store.Cursor{}, 10)
		t.must(err)
		if more = len(us) > 0; more {
			_, _, err = s.HandOut(ctx, us[0], 5)
			t.must(err)
		}
	}
	t.c.Pass(2 * time.Second) // so that t.s looks for what others have left
	for user, n := range t.brought() {
		heard[user] += n
	}
	for _, user := range users {
		t.want(show(user, heard[user]), show(user, 1))
	}
	t.want(t.counts(u), "23 queued ")
	done, err := t.s.Update(ctx, nay, "many", u.ID)
	t.must(err)
	t.want(done.State, cases.UpdateOut)
}

func countedOnce(t rig) {
	t.gather(1)
	u := t.approved()
	_, _, err := t.s.HandOut(ctx, u, 5)
	t.must(err)
	t.brought()
	n := 0
	stands := func(states ...cases.DeliveryState) {
		t.Helper()
		n++
		turn, err := t.s.Begin(ctx, event("w0", fmt.Sprint("stands", n)))
		t.must(err)
		o := store.Outcome{Session: turn.Session}
		for _, st := range states {
			o.Stands = append(o.Stands, flows.Stands{Case: "many", Update: u.ID, State: st})
		}
		t.end(turn, o)
		t.files()
	}
	stands(cases.ForHours, cases.ForHours)
	t.want(t.counts(u), "1 hours ")
	m := message("w0", store.DeliveryKey("k"))
	m.For, m.Class = "many/"+u.ID, channels.Push
	turn, err := t.s.Begin(ctx, event("w0", "sends"))
	t.must(err)
	t.end(turn, store.Outcome{Session: turn.Session, Send: []channels.Outbound{m}})
	ps, err := t.s.Claim(ctx, "tg", 1, lease)
	t.must(err)
	for range 2 { // the second settlement comes too late
		_, err = t.s.Settle(ctx, lease, store.Settlement{Parcel: ps[0], Gone: 1, Sent: []store.Sent{{Key: m.Key, MessageID: "1", State: store.SentState}}})
		t.must(err)
		t.files()
		t.want(t.counts(u), "1 sent ")
	}
	for _, step := range []struct {
		id   string
		kind channels.Kind
		want string
	}{{"r1", channels.Delivered, "1 delivered "}, {"r1", channels.Delivered, "1 delivered "}, {"r2", channels.Read, "1 read "}, {"r3", channels.Delivered, "1 read "}} {
		e := event("w0", step.id)
		e.Kind, e.Key, e.Text = step.kind, m.Key, ""
		t.must(t.s.Receive(ctx, e))
		t.files()
		t.want(t.counts(u), step.want)
	}
	stands(cases.ForWorker)
	t.want(t.counts(u), "1 read ")
}

func edited(t rig) {
	t.gather(1)
	union := cases.Caseworker{ID: "om", Org: "union", Role: cases.Helper}
	desk := cases.Caseworker{ID: "d", Org: nay.Org, Role: cases.Desk}
	draft := cases.Update{Case: "many", Kind: cases.Free, Texts: map[string]string{"en": "news"}}
	for _, by := range []cases.Caseworker{union, desk} {
		_, err := t.s.PutUpdate(ctx, by, draft)
		t.wantIs(err, store.ErrDenied)
	}
	one, err := t.s.PutUpdate(ctx, nay, draft)
	t.must(err)
	two, err := t.s.PutUpdate(ctx, nay, one)
	t.must(err)
	_, err = t.s.PutUpdate(ctx, nay, one)
	t.want(err, store.ErrStale)
	_, err = t.s.Approve(ctx, nay, "many", two.ID, one.Version)
	t.want(err, store.ErrStale)
	out, err := t.s.Approve(ctx, nay, "many", two.ID, two.Version)
	t.must(err)
	_, err = t.s.Approve(ctx, nay, "many", two.ID, out.Version)
	t.want(err, store.ErrApproved)
	_, err = t.s.PutUpdate(ctx, nay, out)
	t.want(err, store.ErrApproved)
	wrong := draft
	wrong.Wrong = two.ID
	wrong, err = t.s.PutUpdate(ctx, nay, wrong)
	t.must(err)
	wrong, err = t.s.Approve(ctx, nay, "many", wrong.ID, wrong.Version)
	t.must(err)
	was, err := t.s.Update(ctx, nay, "many", two.ID)
	t.must(err)
	t.want(was.Right, wrong.ID)
	told := 0
	for _, n := range t.timeline("many") {
		if n.Kind == cases.Updated && n.Other == two.ID || n.Kind == cases.Corrected && n.Other == wrong.ID {
			told++
		}
	}
	t.want(told, 2)
	for range 2 { // the bot's own are made once, however often it is asked
		t.must(t.s.Inform(ctx, cases.Update{ID: "b1", Case: "many", Kind: cases.StatusOnly}))
	}
	us, _, err := t.s.Updates(ctx, nay, "many", store.Cursor{}, 10)
	t.must(err)
	t.want(len(us), 3)
}

func forgotten(t rig) {
	t.gather(2)
	u := t.approved()
	_, _, err := t.s.HandOut(ctx, u, 5)
	t.must(err)
	t.must(t.s.Erase(ctx, event("w1", "").From, store.Everything))
	t.files()
	t.want(t.counts(u), "1 queued 1 gone ")
	ds, _, err := t.s.Deliveries(ctx, nay, "many", u.ID, cases.Gone, store.Cursor{}, 5)
	t.must(err)
	t.want(show(len(ds), ds[0].Worker == ""), "1 true")
}
