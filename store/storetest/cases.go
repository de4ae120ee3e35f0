package storetest

import (
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

var filed = []test{
	{"a case is recorded from its last version only", recorded},
	{"an entry of a caseworker counts once", onceRecorded},
	{"another organisation sees nothing", denied},
	{"what nobody has routed is for the bot alone", unrouted},
	{"seeing and doing leave an audit entry", audited},
	{"a conversation's entries reach the case once", entered},
	{"what the case's life does not allow is kept and changes nothing", notAllowed},
	{"a report is kept with the case, as last told", reported},
	{"urgent and due cases are listed in their order", pressing},
	{"a damaged case does not hide others", damagedCase},
	{"a damaged entry does not hide others", damagedEntry},
}

var (
	bot   = cases.Bot
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

// files takes what conversations had for cases to them.
func (t rig) files() {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = t.s.File(ctx, 10, lease)
		t.must(err)
	}
}

func (t rig) timeline(id cases.ID) []cases.Entry {
	t.Helper()
	line, err := t.s.Timeline(ctx, bot, id, 0, 100)
	t.must(err)
	return line
}

// tells commits a turn of a worker with entries, and files them.
func (t rig) tells(user, id string, ns ...cases.Entry) *store.Turn {
	t.Helper()
	turn, err := t.s.Begin(ctx, event(user, id))
	t.must(err)
	for i := range ns {
		ns[i].Worker, ns[i].Key = turn.Worker, fmt.Sprint(id, "/", i)
	}
	t.end(turn, store.Outcome{Session: turn.Session, Entries: ns})
	t.files()
	return turn
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
	received, err := t.s.Count(ctx, cases.Received)
	t.must(err)
	withdrawn, err := t.s.Count(ctx, cases.Withdrawn)
	t.must(err)
	t.want(show(received, withdrawn), "4 1")
	st, err := t.s.Stats(ctx)
	t.must(err)
	t.want(st.Open[cases.Unjudged], 4)
	line, err := t.s.Timeline(ctx, nay, "c2", 0, 10)
	t.must(err)
	t.want(show(len(line), line[0].Report.Story[0].Text, line[1].Kind), "2 passport kept withdrew")
}

func onceRecorded(t rig) {
	c := t.open("c")
	n := cases.Entry{Key: "click", Case: "c", Kind: cases.Said, By: nay.ID, Text: "called the clinic"}
	t.must(t.s.Record(ctx, nay, c, n))
	c, err := t.s.Case(ctx, nay, "c")
	t.must(err)
	t.want(t.s.Record(ctx, nay, c, n), store.ErrSeen)
	t.want(len(t.timeline("c")), 2)
}

func denied(t rig) {
	c := t.open("c")
	_, err := t.s.Case(ctx, other, "c")
	t.want(err, store.ErrDenied)
	_, err = t.s.Timeline(ctx, other, "c", 0, 10)
	t.want(err, store.ErrDenied)
	_, err = t.s.Report(ctx, other, "c", "w")
	t.want(err, store.ErrDenied)
	_, err = t.s.Audit(ctx, other, "c", 10)
	t.want(err, store.ErrDenied)
	_, err = t.s.Desk(ctx, other, nay.ID, 10)
	t.want(err, store.ErrDenied)
	t.want(t.s.Record(ctx, other, c, cases.Entry{Kind: cases.Asked}), store.ErrDenied)
	c.ID = "mine"
	c.Version = 0
	t.want(t.s.Record(ctx, other, c, cases.Entry{Kind: cases.Opened}), store.ErrDenied) // made in another's name
	_, err = t.s.Case(ctx, nay, "none")
	t.want(err, store.ErrNotFound)
	cs, _, err := t.s.List(ctx, other, cases.Received, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
}

func unrouted(t rig) {
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	nobody := cases.Caseworker{ID: "guest"} // whose organisation is as empty as the case's
	_, err := t.s.Case(ctx, nobody, "c")
	t.want(err, store.ErrDenied)
	cs, _, err := t.s.List(ctx, nobody, cases.Received, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
	t.s.Home(nay.Org)
	t.tells("b", "2", cases.Entry{Case: "d", Kind: cases.Opened})
	cs, _, err = t.s.List(ctx, nay, cases.Received, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].ID), "1 d")
}

func audited(t rig) {
	t.open("c") // which also reads it
	_, err := t.s.Timeline(ctx, nay, "c", 0, 10)
	t.must(err)
	_, err = t.s.Case(ctx, other, "c")
	t.want(err, store.ErrDenied)
	_, _, err = t.s.List(ctx, nay, cases.Received, store.Cursor{}, 10)
	t.must(err)
	seen, err := t.s.Audit(ctx, nay, "c", 10)
	t.must(err)
	var got string
	for _, a := range seen {
		got += fmt.Sprint(a.By.ID, " ", a.What, ", ")
		t.want(a.At.Equal(t.c.Now()), true)
	}
	t.want(got, "nay opened, nay read, nay timeline, nay audit, ")
	seen, err = t.s.Desk(ctx, nay, nay.ID, 10)
	t.must(err)
	t.want(show(len(seen), seen[0].What), "1 list cases/clinic/received")

	mute, err := store.New(silent{t.b}, store.Key{1}, t.c.Now) // cannot write any more
	t.must(err)
	_, err = mute.Case(ctx, nay, "c")
	t.want(err, errSilent)
	line, err := mute.Timeline(ctx, nay, "c", 0, 10)
	t.want(show(err, len(line)), show(errSilent, 0))
	cs, _, err := mute.List(ctx, nay, cases.Received, store.Cursor{}, 10)
	t.want(show(err, len(cs)), show(errSilent, 0))
}

func entered(t rig) {
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
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	t.want(show(len(t.timeline("c")), c.Status, c.Version), "2 received 2")
}

func notAllowed(t rig) {
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	t.tells("a", "2", cases.Entry{Case: "c", Kind: cases.Resumed, Severity: cases.Danger}) // it is not withdrawn
	t.tells("a", "3", cases.Entry{Case: "c", Kind: cases.Said})
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	line := t.timeline("c")
	t.want(show(len(line), line[1].Kind, c.Status, c.Severity), "3 resumed received S?")
}

func reported(t rig) {
	r := cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}, Answers: map[string]cases.Answer{"site": {Text: "the shrimp shed"}}}
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened, Report: &r})
	r.Answers = map[string]cases.Answer{"site": {Text: "the other shed"}}
	t.tells("a", "2", cases.Entry{Case: "c", Kind: cases.Told, Report: &r})
	got, err := t.s.Report(ctx, bot, "c", turn.Worker)
	t.must(err)
	t.want(got.Answers["site"].Text, "the other shed")
	t.want(t.timeline("c")[0].Report.Answers["site"].Text, "the shrimp shed")
	_, err = t.s.Report(ctx, bot, "c", "somebody")
	t.want(err, store.ErrNotFound)
}

func pressing(t rig) {
	t.s.Home(nay.Org)
	now := t.c.Now()
	for i, hours := range []int{5, 2, 0, 9} {
		n := cases.Entry{Case: cases.ID(fmt.Sprint("c", i)), Kind: cases.Opened, At: now.Add(time.Duration(i) * time.Second)}
		if hours > 0 {
			n.Due = now.Add(time.Duration(hours) * time.Hour)
		}
		t.tells("a", fmt.Sprint(i), n)
	}
	t.tells("a", "x", cases.Entry{Case: "c3", Kind: cases.Alerted}, cases.Entry{Case: "c0", Kind: cases.Alerted}, cases.Entry{Case: "c1", Kind: cases.Withdrew})
	for _, by := range []cases.Caseworker{nay, bot} {
		cs, after, err := t.s.DueCases(ctx, by, store.Cursor{}, 1)
		t.must(err)
		t.want(show(len(cs), cs[0].ID), "1 c0")
		cs, _, err = t.s.DueCases(ctx, by, after, 10)
		t.must(err)
		t.want(show(len(cs), cs[0].ID), "1 c3")
		cs, _, err = t.s.UrgentCases(ctx, by, store.Cursor{}, 10)
		t.must(err)
		t.want(show(len(cs), cs[0].ID, cs[1].ID), "2 c0 c3")
	}
	cs, _, err := t.s.UrgentCases(ctx, other, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
}

func damagedCase(t rig) {
	for i := range 3 {
		t.open(cases.ID(fmt.Sprint("c", i)))
		t.c.Pass(time.Second)
	}
	x := &tamper{Backend: t.b, kind: "case"}
	s, err := store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	cs, _, err := s.List(ctx, nay, cases.Received, store.Cursor{}, 10)
	t.wantIs(err, store.ErrDamaged)
	t.want(show(len(cs), cs[0].ID, cs[1].ID), "2 c1 c2")
	_, err = s.Case(ctx, nay, "c0")
	t.wantIs(err, store.ErrDamaged)
}

func damagedEntry(t rig) {
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened}, cases.Entry{Case: "c", Kind: cases.Said, Text: "more"})
	t.tells("a", "2")
	s, err := store.New(&tamper{Backend: t.b, kind: "log"}, store.Key{1}, t.c.Now)
	t.must(err)
	line, err := s.Timeline(ctx, bot, "c", 0, 10)
	t.wantIs(err, store.ErrDamaged)
	t.want(show(len(line), line[1].Text), "2 more")
	s, err = store.New(&tamper{Backend: t.b, kind: "log"}, store.Key{1}, t.c.Now)
	t.must(err)
	xs, err := s.Transcript(ctx, turn.With, 0, 10)
	t.wantIs(err, store.ErrDamaged)
	t.want(show(len(xs), xs[0].Place, xs[0].Said[0].Text), "1 1 2")
}
