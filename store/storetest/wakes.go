package storetest

import (
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var waking = []test{
	{"an alarm becomes an event, once", woken},
	{"alarms come in their order and tell when the next is due", alarms},
	{"an alarm set anew to a time past does not run hot", hotAlarm},
	{"an alarm that a turn overtakes is looked for again", overtaken},
	{"a damaged conversation does not stop the alarms of others", damagedAlarm},
}

func withAlarms(as ...flows.Alarm) store.Outcome {
	return store.Outcome{Session: flows.Session{Alarms: as}}
}

// wakes has due alarms become events, and returns when the next is due.
func (t rig) wakes() time.Time {
	t.Helper()
	next, err := t.s.Wakes(ctx, 10)
	t.must(err)
	return next
}

func woken(t rig) {
	t.want(t.wakes().IsZero(), true)
	at := t.c.Now().Add(time.Hour)
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	t.end(turn, withAlarms(flows.Alarm{At: at, What: "remind"}))
	t.want(t.wakes().Equal(at), true)
	t.want(ids(t.next()), "nothing")
	t.c.Pass(time.Hour)
	t.want(t.wakes().IsZero(), true)
	t.want(t.wakes().IsZero(), true)
	turn = t.next()
	e := turn.Events[0]
	t.want(show(len(turn.Events), e.Kind, e.What, e.At.Equal(at), e.From == turn.With, turn.With.User), "1 woke remind true true a")
	last := turn.Conversation.LastIn
	t.end(turn, store.Outcome{Session: turn.Session}) // which leaves the alarm in place
	t.want(t.wakes().IsZero(), true)
	t.want(ids(t.next()), "nothing")
	c, _, err := t.s.Look(ctx, turn.With)
	t.must(err)
	t.want(c.LastIn.Equal(last), true) // waking is nothing that the worker did
	turn, err = t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.end(turn, store.Outcome{Session: turn.Session})
	t.want(t.wakes().IsZero(), true)
	t.want(ids(t.next()), "nothing")
}

func alarms(t rig) {
	now := t.c.Now()
	for i, u := range []string{"a", "b", "c"} {
		turn, err := t.s.Begin(ctx, event(u, u))
		t.must(err)
		t.end(turn, withAlarms(flows.Alarm{At: now.Add(time.Duration(3-i) * time.Minute), What: "x"}, flows.Alarm{At: now.Add(time.Hour), What: "y"}))
	}
	t.c.Pass(3 * time.Minute)
	next, err := t.s.Wakes(ctx, 2)
	t.must(err)
	t.want(next.After(t.c.Now()), false) // there is more to do
	t.want(t.wakes().Equal(now.Add(time.Hour)), true)
	woke := map[string]bool{}
	for range 3 {
		turn := t.next()
		woke[turn.With.User] = true
		t.end(turn, store.Outcome{Session: turn.Session})
	}
	t.want(show(len(woke), ids(t.next())), "3 nothing")
	t.c.Pass(time.Hour)
	t.wakes()
	t.want(t.next().Events[0].What, "y")
}

func hotAlarm(t rig) {
	a := flows.Alarm{At: t.c.Now().Add(time.Minute), What: "x"}
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	t.end(turn, withAlarms(a))
	t.c.Pass(time.Minute)
	t.wakes()
	t.end(t.next(), store.Outcome{}) // the flow takes it away
	turn, err = t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.end(turn, withAlarms(a)) // and sets it to the same time again
	t.wakes()
	t.want(show(t.wakes().IsZero(), ids(t.next())), "true nothing")
}

func overtaken(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	t.end(turn, withAlarms(flows.Alarm{At: t.c.Now(), What: "x"}))
	s, err := store.New(&hurried{Backend: t.b}, store.Key{1}, t.c.Now)
	t.must(err)
	next, err := s.Wakes(ctx, 10)
	t.must(err)
	t.want(next.Equal(t.c.Now()), true)
	next, err = s.Wakes(ctx, 10)
	t.must(err)
	t.want(next.IsZero(), true)
	turn, err = s.Next(ctx, lease)
	t.must(err)
	t.want(turn.Events[0].Kind, channels.Woke)
}

func damagedAlarm(t rig) {
	x := &tamper{Backend: t.b}
	s, err := store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	for _, u := range []string{"a", "b"} {
		turn, err := s.Begin(ctx, event(u, u))
		t.must(err)
		_, err = s.Commit(ctx, turn, withAlarms(flows.Alarm{At: t.c.Now(), What: "x"}), lease)
		t.must(err)
	}
	x.kind = "session" // the first of them
	_, err = s.Wakes(ctx, 10)
	t.wantIs(err, store.ErrDamaged)
	x.kind = ""
	t.want(t.next().Events[0].Kind, channels.Woke)
	t.want(ids(t.next()), "nothing")
}
