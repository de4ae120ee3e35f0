package storetest

import (
	"errors"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var sending = []test{
	{"messages to one worker go in one parcel at a time", oneParcel},
	{"what comes while a parcel is out follows it", follows},
	{"a retried message keeps its place", retried},
	{"a lost claim settles nothing", lostClaim},
	{"pushes wait in a lane of their own, behind answers", pushed},
	{"what is held is due when the worker does something", heldBack},
	{"a woken turn does not deliver what is held", notRung},
	{"receipts are kept in order, ours and the platform's", receipts},
	{"a message that failed is told to the conversation", failedLater},
	{"a sender learns how the conversation stands", standing},
	{"a damaged lane does not hold up others", damagedLane},
	{"what waits is measured", stats},
	{"a channel's state survives, whoever changes it", channelState},
}

func oneParcel(t rig) {
	for _, u := range []string{"a", "b"} {
		turn, err := t.s.Begin(ctx, event(u, u))
		t.must(err)
		t.want(keys(t.end(turn, sends(u, u+"1", u+"2"))), u+"1 "+u+"2 ")
	}
	t.want(len(t.parcels()), 0)
	t.c.Pass(2 * lease) // both holders died
	ps := t.parcels()
	t.want(len(ps), 2)
	t.want(ps[0].Attempts, 2)
	t.want(len(t.parcels()), 0)
	t.want(keys(t.settle(store.Settlement{Parcel: ps[0], Gone: 2})[0]), "nothing")
	t.c.Pass(2 * lease)
	t.want(len(t.parcels()), 1)
}

func follows(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	p := t.end(turn, sends("a", "m1"))
	turn, err = t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.want(keys(t.end(turn, sends("a", "m2"))), "nothing")
	t.want(len(t.parcels()), 0)
	next := t.settle(store.Settlement{Parcel: *p, Gone: 1})[0]
	t.want(show(keys(next), next.Attempts), "m2  1")
	t.want(keys(t.settle(store.Settlement{Parcel: *next, Gone: 1})[0]), "nothing")
}

func retried(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	p := t.end(turn, sends("a", "m1", "m2"))
	t.want(keys(t.settle(store.Settlement{Parcel: *p, Retry: t.c.Now().Add(time.Second)})[0]), "nothing")
	t.want(len(t.parcels()), 0)
	t.c.Pass(2 * time.Second)
	ps := t.parcels()
	t.want(len(ps), 1)
	t.want(show(keys(&ps[0]), ps[0].Attempts), "m1 m2  2")
}

func lostClaim(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	p := t.end(turn, sends("a", "m1"))
	t.c.Pass(2 * lease)
	ps := t.parcels()
	for _, want := range []struct {
		store.Settlement
		kept bool
		next string
	}{
		{store.Settlement{Parcel: *p, Gone: 1}, false, "nothing"},
		{store.Settlement{Parcel: ps[0], Gone: 0}, true, "m1 "},
	} {
		rs, err := t.s.Settle(ctx, lease, want.Settlement)
		t.must(err)
		t.want(show(rs[0].Kept, keys(rs[0].Next)), show(want.kept, want.next))
	}
	silenced, err := store.New(silent{t.b}, store.Key{1}, t.c.Now)
	t.must(err)
	rs, err := silenced.Settle(ctx, lease, store.Settlement{Parcel: ps[0], Gone: 1})
	t.want(show(errors.Is(err, errSilent), rs[0].Kept), "true false")
}

func pushed(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1", "news", "nudge", "m2")
	o.Send[1].Class, o.Send[2].Class = channels.Push, channels.Nudge
	p := t.end(turn, o)
	t.want(show(keys(p), turn.Due), "m1 m2  true")
	ps := t.parcels()
	t.want(show(len(ps), keys(&ps[0])), "1 news nudge ")
	t.settle(store.Settlement{Parcel: *p, Retry: t.c.Now()}, store.Settlement{Parcel: ps[0], Retry: t.c.Now()})
	t.s.Due(*p)
	t.s.Due(ps[0])
	ps, err = t.s.Claim(ctx, "tg", 1, lease)
	t.must(err)
	t.want(show(len(ps), keys(&ps[0])), "1 m1 m2 ")
	t.want(keys(&t.parcels()[0]), "news nudge ")
}

func heldBack(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1", "news")
	o.Send[1].Class = channels.Push
	p := t.end(turn, o)
	push := t.parcels()[0]
	hours := t.c.Now().Add(10 * time.Hour) // the worker's evening
	t.settle(store.Settlement{Parcel: *p, Retry: store.Held}, store.Settlement{Parcel: push, Retry: hours})
	t.c.Pass(9 * time.Hour)
	t.want(len(t.parcels()), 0)
	for i, want := range []string{"2", "3"} {
		turn, err = t.s.Begin(ctx, event("a", want))
		t.must(err)
		t.want(keys(t.end(turn, store.Outcome{})), "nothing")
		t.want(turn.Due, true)
		ps := t.parcels()
		t.want(show(len(ps), keys(&ps[0]), keys(&ps[1]), ps[0].Attempts), show(2, "m1 ", "news ", i+2))
		t.settle(store.Settlement{Parcel: ps[0], Retry: store.Held}, store.Settlement{Parcel: ps[1], Retry: store.Held})
		t.want(len(t.parcels()), 0)
	}
	t.receive(event("a", "4")) // by the slow path too
	turn = t.next()
	t.end(turn, sends("a", "m2"))
	ps := t.parcels()
	t.want(show(len(ps), keys(&ps[0]), keys(&ps[1])), "2 m1 m2  news ")
}

func notRung(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1")
	o.Session.Alarms = []flows.Alarm{{At: t.c.Now().Add(time.Hour), What: "x"}}
	p := t.end(turn, o)
	t.settle(store.Settlement{Parcel: *p, Retry: store.Held})
	t.c.Pass(time.Hour)
	t.wakes()
	turn = t.next()
	t.want(ids(turn) != "nothing", true)
	t.end(turn, store.Outcome{})
	t.want(show(len(t.parcels()), turn.Due), "0 false")
	left := event("a", "2")
	left.Kind = channels.Left
	turn, err = t.s.Begin(ctx, left)
	t.must(err)
	t.end(turn, store.Outcome{})
	t.want(show(len(t.parcels()), turn.Due), "0 false")
}

func states(rs []store.Receipt) (s string) {
	for _, r := range rs {
		s += r.Key + ":" + r.State + " "
	}
	return s
}

func receipt(id string, k channels.Kind, key string) channels.Event {
	return channels.Event{ID: id, Kind: k, Key: key, From: event("a", "").From}
}

func (t rig) receipts(n int) []store.Receipt {
	t.Helper()
	rs, err := t.s.Receipts(ctx, event("a", "").From, n)
	t.must(err)
	return rs
}

func receipts(t rig) {
	t.want(len(t.receipts(5)), 0)
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	p := t.end(turn, sends("a", "m1", "m2"))
	t.settle(store.Settlement{Parcel: *p, Gone: 2, Sent: []store.Sent{
		{Key: "m1", MessageID: "77", State: store.SentState}, {Key: "m2", State: store.MaybeTwice, Reason: "no answer"},
	}})
	_, err = t.s.Begin(ctx, receipt("r1", channels.Delivered, "m1"))
	t.want(err, store.ErrStale) // it asks for no turn
	t.receive(receipt("r1", channels.Delivered, "m1"), receipt("r2", channels.Read, "m1"))
	t.receive(receipt("r1", channels.Delivered, "m1")) // repeated
	t.want(ids(t.next()), "nothing")
	t.want(states(t.receipts(10)), "m1:sent m2:maybe twice m1:delivered m1:read ")
	t.want(states(t.receipts(2)), "m1:delivered m1:read ")
	rs := t.receipts(4)
	t.want(show(rs[0].MessageID, rs[0].At.Equal(t.c.Now()), rs[1].Reason), "77 true no answer")
	lost := t.settle(store.Settlement{Parcel: *p, Gone: 2, Sent: []store.Sent{{Key: "m1", State: "never"}}})
	t.want(show(lost[0] == nil, len(t.receipts(10))), "true 4")
}

func failedLater(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	t.end(turn, store.Outcome{})
	f := receipt("r1", channels.Failed, "m1")
	f.Reason = channels.OutOfWindow
	t.receive(f)
	turn = t.next()
	t.want(show(turn.Events[0].Kind, turn.Events[0].Reason), "failed window")
	last := turn.Conversation.LastIn
	t.end(turn, store.Outcome{})
	f.ID, f.Key = "r2", "m2"
	turn, err = t.s.Begin(ctx, f) // by the fast path too
	t.must(err)
	t.want(turn.Conversation.LastIn.Equal(last), true)
	t.end(turn, store.Outcome{})
	t.want(states(t.receipts(10)), "m1:failed m2:failed ")
}

func standing(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1", "m2")
	o.Session.Lang = "my"
	p := t.end(turn, o)
	c, s, err := t.s.Standing(ctx, *p)
	t.must(err)
	t.want(show(c.With == turn.With, c.Epoch == p.Messages[0].Owner, s.Lang), "true true my")

	two, err := store.New(t.b, store.Key{1}, t.c.Now) // another process
	t.must(err)
	_, err = two.TakeOver(ctx, nay, c.ID, store.AnyEpoch)
	t.wantIs(err, store.ErrDenied) // nobody has routed it to an organisation
	c, err = two.TakeOver(ctx, bot, c.ID, store.AnyEpoch)
	t.must(err)
	t.want(show(c.Owner, c.Epoch), "bot 1")
	t.c.Pass(2 * time.Second)
	c, _, err = t.s.Standing(ctx, *p)
	t.must(err)
	t.want(show(c.Owner, c.Epoch), "bot 1") // so m1 and m2 must not be sent
	c, err = two.HandBack(ctx, bot, c.ID, 1, "", "")
	t.must(err)
	t.want(show(c.Owner, c.Epoch), " 2")

	t.c.Pass(2 * lease)
	ps, err := two.Claim(ctx, "tg", 1, lease) // another process claims what this one lost
	t.must(err)
	c, _, err = two.Standing(ctx, ps[0])
	t.must(err)
	t.want(c.Epoch, 2)
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	_, _, err = two.Standing(ctx, ps[0])
	t.want(err, store.ErrErased)
}

func damagedLane(t rig) {
	x := &tamper{Backend: t.b}
	s, err := store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	for _, u := range []string{"a", "b"} {
		t.must(s.Receive(ctx, event(u, u)))
		t.c.Pass(time.Second)
	}
	x.kind = "turns"
	for range 2 {
		turn, err := s.Next(ctx, lease)
		if turn == nil {
			t.wantIs(err, store.ErrDamaged)
			continue
		}
		t.want(ids(turn), "b ")
		_, err = s.Commit(ctx, turn, store.Outcome{}, lease)
		t.must(err)
	}
	x.kind = ""
	t.c.Pass(2 * lease)
	t.want(ids(t.next())+ids(t.next()), "a nothing")
}

func stats(t rig) {
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1", "news")
	o.Send[1].Class = channels.Push
	o.Summon = &store.Summon{}
	o.Fetch = []store.Fetch{{Media: channels.Media{Ref: "f"}}}
	p := t.end(turn, o)
	t.settle(store.Settlement{Parcel: *p, Retry: store.Held})
	t.receive(event("b", "2"))
	t.c.Pass(time.Minute)
	st, err := t.s.Stats(ctx)
	t.must(err)
	box := st.Outbox["tg"]
	t.want(show(st.Events, st.Waiting, box.Workers, box.Due, box.Held, box.Late, box.Fetches), "1 1 2 1 1 1m0s 1")
	_, err = t.s.TakeOver(ctx, bot, turn.Conversation.ID, store.AnyEpoch)
	t.must(err)
	st, err = t.s.Stats(ctx)
	t.must(err)
	t.want(st.Waiting, 0)
}

func channelState(t rig) {
	st, err := t.s.Channel(ctx, "tg")
	t.must(err)
	t.want(st, store.ChannelState{})
	two, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	t.must(t.s.PutChannel(ctx, "tg", func(st *store.ChannelState) {
		if st.Offset == "" { // the other is faster
			t.must(two.PutChannel(ctx, "tg", func(st *store.ChannelState) { st.Offset = "7" }))
		}
		st.QuotaUsed++
	}))
	st, err = two.Channel(ctx, "tg")
	t.must(err)
	t.want(show(st.Offset, st.QuotaUsed), "7 1")
}
