package storetest

import (
	"bytes"
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

var (
	nay   = cases.Caseworker{ID: "nay", Org: "clinic"}
	other = cases.Caseworker{ID: "om", Org: "union"}
)

func (t rig) open(id cases.ID) cases.Case {
	t.Helper()
	n := cases.Entry{Key: string(id), Case: id, Kind: cases.Opened, At: t.c.Now(), Report: &cases.Report{Story: []cases.Part{{Text: "passport kept"}}}}
	c, err := flows.Advance(cases.Case{ID: id, Org: nay.Org}, n)
	t.must(err)
	t.must(t.s.Record(ctx, nay, c, n))
	c, err = t.s.Case(ctx, nay, id)
	t.must(err)
	return c
}

func recorded(t rig) {
	for i := range 5 {
		t.open(cases.ID(fmt.Sprint("c", i)))
		t.c.Pass(time.Second)
	}
	c, err := t.s.Case(ctx, nay, "c2")
	t.must(err)
	n := cases.Entry{Key: "k", Case: c.ID, Kind: cases.Withdrew, By: nay.ID}
	next, err := flows.Advance(c, n)
	t.must(err)
	t.must(t.s.Record(ctx, nay, next, n))
	t.want(t.s.Record(ctx, nay, next, n), store.ErrStale)
	var got string
	for after, more := (store.Cursor{}), true; more; {
		var cs []cases.Case
		cs, after, err = t.s.List(ctx, nay, cases.Received, after, 2)
		t.must(err)
		for _, c := range cs {
			got += string(c.ID) + " "
		}
		more = len(cs) > 0
	}
	t.want(got, "c0 c1 c3 c4 ")
	open, err := t.s.Count(ctx, cases.Received)
	t.must(err)
	active, err := t.s.Count(ctx, cases.Withdrawn)
	t.must(err)
	t.want(show(open, active), "4 1")
	line, err := t.s.Timeline(ctx, nay, "c2", 0, 10)
	t.must(err)
	t.want(show(len(line), line[1].Kind), "2 withdrew")
}

func denied(t rig) {
	c := t.open("c")
	_, err := t.s.Case(ctx, other, "c")
	t.want(err, store.ErrDenied)
	_, err = t.s.Timeline(ctx, other, "c", 0, 10)
	t.want(err, store.ErrDenied)
	t.want(t.s.Record(ctx, other, c, cases.Entry{Kind: cases.Asked}), store.ErrDenied)
	_, err = t.s.Case(ctx, nay, "none")
	t.want(err, store.ErrNotFound)
	cs, _, err := t.s.List(ctx, other, cases.Received, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
}

func filed(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	t.end(turn, store.Outcome{Entries: []cases.Entry{
		{Key: "1/0", Case: "c", Kind: cases.Opened, Report: &cases.Report{}},
		{Key: "1/1", Case: "c", Kind: cases.Said, Text: "and more"},
		{Key: "1/1", Case: "c", Kind: cases.Said, Text: "and more"}, // as after a crash
	}})
	some, err := t.s.File(ctx, 10, lease)
	t.must(err)
	t.want(some, true)
	some, err = t.s.File(ctx, 10, lease)
	t.must(err)
	t.want(some, false)
	line, err := t.s.Timeline(ctx, cases.Bot, "c", 0, 10)
	t.must(err)
	c, err := t.s.Case(ctx, cases.Bot, "c")
	t.must(err)
	t.want(show(len(line), c.Status, c.Version), "2 received 2")
}

// A spy keeps whatever reaches the back end below the seal.
type spy struct {
	store.Backend
	seen *bytes.Buffer
}

func sealedUp(t rig) {
	secrets := []string{"5550100", "wamid.5550100", "boss took", "we can help", "passport kept"}
	seen := new(bytes.Buffer)
	s, err := store.New(spy{t.b, seen}, store.Key{2}, t.c.Now)
	t.must(err)
	e := event("5550100", "wamid.5550100")
	e.Text = "my boss took my passport"
	m := message("5550100", "k")
	m.Text = "we can help"
	turn, err := s.Begin(ctx, e)
	t.must(err)
	_, err = s.Commit(ctx, turn, store.Outcome{Send: append(sends("5550100").Send, m), Entries: []cases.Entry{{Case: "c", Text: "passport kept"}}}, lease)
	t.must(err)
	t.must(s.Receive(ctx, event("5550100", "2")))
	for _, secret := range secrets {
		if bytes.Contains(seen.Bytes(), []byte(secret)) {
			t.Fatalf("%q reached the back end", secret)
		}
	}
	t.want(seen.Len() > 500, true)
}

// inPlace puts one worker's session where another's was.
func inPlace(t rig) {
	b := swap{t.b, new([]string)}
	for _, u := range []string{"a", "b"} {
		s, err := store.New(b, store.Key{1}, t.c.Now)
		t.must(err)
		turn, err := s.Begin(ctx, event(u, u))
		t.must(err)
		_, err = s.Commit(ctx, turn, store.Outcome{Session: flows.Session{Lang: u}}, lease)
		t.must(err)
	}
	s, err := store.New(b, store.Key{1}, t.c.Now) // which has nothing at hand
	t.must(err)
	if _, err = s.Begin(ctx, event("a", "2")); err == nil {
		t.Fatal("another worker's session was taken for this one's")
	}
}

func erased(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1", "m2")
	o.Session.Lang = "my"
	t.end(turn, o)
	t.receive(event("a", "2"))
	t.must(t.s.Erase(ctx, event("a", "").From, store.Everything))
	xs, err := t.s.Transcript(ctx, event("a", "").From, 0, 10)
	t.must(err)
	t.want(len(xs), 0)
	t.want(ids(t.next()), "nothing")
	t.c.Pass(2 * lease)
	t.want(len(t.parcels()), 0)
	turn, err = t.s.Begin(ctx, event("a", "3")) // the worker writes again
	t.must(err)
	t.want(turn.Session.Lang, "")
	t.end(turn, store.Outcome{Session: flows.Session{Lang: "ne"}})
	turn, err = t.s.Begin(ctx, event("a", "4"))
	t.must(err)
	t.want(turn.Session.Lang, "ne")
}
