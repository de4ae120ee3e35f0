package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

var filed = []test{
	{"a case is changed from its last version only", raced1},
	{"an entry of a caseworker counts once", onceDone},
	{"what the table or a guard refuses changes nothing", refused},
	{"a counterpart hears no name that it may not, from those only who may speak with it", toldOutside},
	{"another organisation sees nothing", denied},
	{"what nobody has routed is for the bot and the desk alone", unrouted},
	{"seeing and doing leave an audit entry", audited},
	{"notes of what is looked at are gathered, and kept or not", notesKept},
	{"a conversation's entries reach the case once", entered},
	{"what the case's life does not allow is kept and changes nothing", notAllowed},
	{"a report is kept with the case, as last told", reported},
	{"lists of cases, their order, filters and counters", inViews},
	{"members are counted, listed, and gone with the worker", gathered},
	{"what an entry asks for beyond its case is done, also after a fault", asked},
	{"a worker who was punished gets a case of her own", punished},
	{"clocks become entries, each once", clocked},
	{"figures move with what they count", summedUp},
	{"who says no counts on in a case of their own", summedApart},
	{"workers are asked page by page, each once", inquired},
	{"every cell of the lifecycle holds in the store", everyCell},
	{"a damaged case does not hide others", damagedCase},
	{"a damaged entry does not hide others", damagedEntry},
}

var (
	bot   = cases.Bot
	nay   = cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	other = cases.Caseworker{ID: "om", Org: "union", Role: cases.Helper}
	head  = cases.Caseworker{ID: "head", Org: "clinic", Role: cases.Supervisor}
)

// open has a worker report to the clinic, and returns the case.
func (t rig) open(id cases.ID) cases.Case {
	t.Helper()
	return t.opens(id, cases.Entry{Report: &cases.Report{Story: []cases.Part{{Text: "passport kept"}}}})
}

func (t rig) opens(id cases.ID, n cases.Entry) cases.Case {
	t.Helper()
	n.Key, n.Case, n.Kind, n.At, n.Org = string(id), id, cases.Opened, t.c.Now(), nay.Org
	n.Worker = worker(string(id))
	c, err := t.s.Do(ctx, bot, n)
	t.must(err)
	return c
}

// worker returns the pseudonym of somebody who has no conversation.
func worker(name string) cases.WorkerID { return cases.WorkerID(name + "~w0") }

// does adds an entry of a kind.
func (t rig) does(by cases.Caseworker, id cases.ID, n cases.Entry) cases.Case {
	t.Helper()
	n.Case = id
	c, err := t.s.Do(ctx, by, n)
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

func raced1(t rig) {
	t.open("c")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := t.s.Do(ctx, nay, cases.Entry{Case: "c", Kind: cases.Noted, Key: fmt.Sprint(i / 2)}) // each one twice
			t.must(err)
		})
	}
	wg.Wait()
	c, err := t.s.Case(ctx, nay, "c")
	t.must(err)
	t.want(show(c.Version, len(t.timeline("c"))), "11 11")
}

func onceDone(t rig) {
	t.open("c")
	n := cases.Entry{Key: "click", Case: "c", Kind: cases.Acknowledged, Text: "called the clinic"}
	for range 2 {
		c := t.does(nay, "c", n)
		t.want(show(c.Status, c.Version), "acknowledged 2")
	}
	n.Kind = cases.Inquired // the same click, of another one's
	c := t.does(head, "c", n)
	t.want(show(c.Status, len(t.timeline("c"))), "clarification 3")
	c = t.does(head, "c", n) // by now it would be another question
	t.want(show(c.Status, c.Version, len(t.timeline("c"))), "clarification 3 3")
	line := t.timeline("c")
	t.want(show(line[1].By, line[1].Role, line[1].Org, line[1].Text, line[0].Report.Story[0].Text), "nay caseworker clinic called the clinic passport kept")
}

func refused(t rig) {
	t.open("c")
	for _, n := range []cases.Entry{{Kind: cases.Raised}, {Kind: cases.Validated}, {Kind: cases.Answering}, {Kind: cases.GaveUp, Reason: "old"}, {Kind: cases.Withdrew}} {
		n.Case, n.Key = "c", string(n.Kind)
		_, err := t.s.Do(ctx, nay, n)
		t.want(flows.Why(err) != "", true)
		n.Worker, n.Role, n.By = worker("c"), cases.Worker, "" // nobody speaks in a worker's name
		if n.Kind != cases.Withdrew {
			_, err = t.s.Do(ctx, nay, n)
			t.want(flows.Why(err) != "", true)
		}
	}
	c, err := t.s.Case(ctx, nay, "c")
	t.must(err)
	t.want(show(c.Version, c.Status, len(t.timeline("c"))), "1 received 1")
	_, err = t.s.Do(ctx, nay, cases.Entry{Case: "none", Kind: cases.Noted})
	t.wantIs(err, store.ErrNotFound)
	c = t.does(nay, "p", cases.Entry{Kind: cases.Proxied, Member: worker("phone"), Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}, Reason: "by telephone"})
	t.want(show(c.Status, c.Org, c.Size), "received clinic 1")
}

func denied(t rig) {
	t.open("c")
	_, err := t.s.Case(ctx, other, "c")
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Timeline(ctx, other, "c", 0, 10)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Report(ctx, other, "c", "w")
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Audit(ctx, other, "c", 10)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Desk(ctx, other, nay.ID, 10)
	t.wantIs(err, store.ErrDenied)
	for _, by := range []cases.Caseworker{other, {}, {ID: "x"}, {ID: "x", Role: cases.Supervisor}} {
		_, err = t.s.Do(ctx, by, cases.Entry{Case: "c", Kind: cases.Noted})
		t.wantIs(err, store.ErrDenied)
	}
	_, _, err = t.s.Members(ctx, other, "c", store.Cursor{}, 10)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Member(ctx, other, "c", worker("c"))
	t.wantIs(err, store.ErrDenied)
	_, _, err = t.s.Cases(ctx, other, store.OpenCases, store.CaseFilter{Org: "clinic"}, store.Cursor{}, 10)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Case(ctx, nay, "none")
	t.wantIs(err, store.ErrNotFound)
	cs, _, err := t.s.Cases(ctx, other, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
	mine, err := t.s.CasesOf(ctx, other, worker("c"))
	t.must(err)
	t.want(len(mine), 0)
	_, err = t.s.Case(ctx, desk, "c") // what it is about
	t.must(err)
	_, err = t.s.Timeline(ctx, desk, "c", 0, 10) // and no words
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Report(ctx, desk, "c", worker("c"))
	t.wantIs(err, store.ErrDenied)
	_, _, err = t.s.Members(ctx, desk, "c", store.Cursor{}, 10)
	t.wantIs(err, store.ErrDenied)
}

func unrouted(t rig) {
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	nobody := cases.Caseworker{ID: "guest"} // whose organisation is as empty as the case's
	_, err := t.s.Case(ctx, nobody, "c")
	t.wantIs(err, store.ErrDenied)
	_, _, err = t.s.Cases(ctx, nobody, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.wantIs(err, store.ErrDenied)
	cs, _, err := t.s.Cases(ctx, desk, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].ID), "1 c")
	t.does(desk, "c", cases.Entry{Kind: cases.Routed, Other: "union"})
	cs, _, err = t.s.Cases(ctx, other, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].ID), "1 c")
	t.s.Home(nay.Org)
	t.tells("b", "2", cases.Entry{Case: "d", Kind: cases.Opened})
	cs, _, err = t.s.Cases(ctx, nay, store.InStatus, store.CaseFilter{Status: cases.Received}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].ID), "1 d")
}

func audited(t rig) {
	t.open("c")
	_, err := t.s.Case(ctx, nay, "c")
	t.must(err)
	_, err = t.s.Timeline(ctx, nay, "c", 0, 10)
	t.must(err)
	_, err = t.s.Case(ctx, other, "c")
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Member(ctx, nay, "c", worker("c"))
	t.must(err)
	t.does(nay, "c", cases.Entry{Kind: cases.Noted})
	_, _, err = t.s.Cases(ctx, nay, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.must(err)
	seen, err := t.s.Audit(ctx, nay, "c", 10)
	t.must(err)
	var got string
	for _, a := range seen {
		got += fmt.Sprint(a.By.ID, " ", a.What, ", ")
		t.want(a.At.Equal(t.c.Now()), true)
	}
	t.want(got, "bot opened, nay read, nay timeline, nay member, nay noted, nay audit, ")
	seen, err = t.s.Desk(ctx, nay, nay.ID, 10)
	t.must(err)
	t.want(show(len(seen), seen[0].What), "1 list cases/clinic/open")

	mute, err := store.New(silent{t.b}, store.Key{1}, t.c.Now) // cannot write any more
	t.must(err)
	_, err = mute.Case(ctx, nay, "c")
	t.want(err, errSilent)
	line, err := mute.Timeline(ctx, nay, "c", 0, 10)
	t.want(show(err, len(line)), show(errSilent, 0))
	_, _, err = mute.Members(ctx, nay, "c", store.Cursor{}, 10)
	t.want(err, errSilent)
	t.c.Pass(2 * time.Hour)
	cs, _, err := mute.Cases(ctx, nay, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	t.want(show(err, len(cs)), show(errSilent, 0))
}

func notesKept(t rig) {
	t.open("c")
	trail := func() (got string) {
		seen, err := t.s.Audit(ctx, nay, "c", 10)
		t.must(err)
		for _, a := range seen {
			got += a.What + ", "
		}
		return got
	}
	page, keep := t.s.Gather(ctx)
	look := func(s *store.Store) {
		_, err := s.Case(page, nay, "c")
		t.must(err)
		_, err = s.Timeline(page, nay, "c", 0, 10)
		t.must(err)
	}
	look(t.s)
	t.want(trail(), "opened, audit, ")
	t.must(keep())
	t.must(keep()) // once
	t.want(trail(), "opened, audit, read, timeline, audit, ")
	look(t.s) // too late to be gathered
	t.want(trail(), "opened, audit, read, timeline, audit, read, timeline, audit, ")
	t.oneMoment()

	mute, err := store.New(silent{t.b}, store.Key{1}, t.c.Now) // cannot write any more
	t.must(err)
	page, keep = mute.Gather(ctx)
	look(mute)
	t.wantIs(keep(), errSilent)
	_, err = mute.Case(page, nay, "c")
	t.want(err, errSilent)
}

// oneMoment has a page see its case as it stood when it first looked, until its
// notes are kept, and nobody else's see it so.
func (t rig) oneMoment() {
	page, keep := t.s.Gather(ctx)
	first, err := t.s.Case(page, nay, "c")
	t.must(err)
	changed := t.does(nay, "c", cases.Entry{Kind: cases.Assigned, Other: "nan"})
	for want, at := range map[int64]context.Context{first.Version: page, changed.Version: ctx} {
		c, err := t.s.Case(at, nay, "c")
		t.must(err)
		t.want(c.Version, want)
	}
	_, err = t.s.Case(page, other, "c")
	t.wantIs(err, store.ErrDenied)
	t.must(keep())
	c, err := t.s.Case(page, nay, "c")
	t.must(err)
	t.want(c.Version, changed.Version)
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
	for n, want := range map[int]string{1: "said", 2: "opened said", 3: "opened said"} { // the last n
		line, err := t.s.Timeline(ctx, bot, "c", -1, n)
		t.must(err)
		var got []string
		for _, e := range line {
			got = append(got, string(e.Kind))
		}
		t.want(strings.Join(got, " "), want)
	}
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
	t.wantIs(err, store.ErrNotFound)
}

func damagedCase(t rig) {
	for i := range 3 {
		t.open(cases.ID(fmt.Sprint("c", i)))
		t.c.Pass(time.Second)
	}
	x := &tamper{Backend: t.b, kind: "case"}
	s, err := store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	cs, _, err := s.Cases(ctx, nay, store.InStatus, store.CaseFilter{Status: cases.Received}, store.Cursor{}, 10)
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
