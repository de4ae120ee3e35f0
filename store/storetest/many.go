package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var many = []test{
	{"a case is joined by its code while it is open, and keeps the code", joinable},
	{"what a mobilizer's link carries is no case's code", linkCode},
	{"too many by one code within a minute are held", flooded},
	{"many who join at once are each counted once", crowd},
	{"who is held is let in or not", letIn},
	{"workers of a merged case go on in the other with what they allowed", merged},
	{"a merge never widens who can read", narrow},
	{"a merge that stops half way is gone on with", mergedLater},
	{"who says that it is not fixed goes on in a case of their own", splitOff},
	{"nobody is split off where nobody says no", noSplit},
	{"a link between cases can be taken back", linkedCases},
}

// draw returns codes that tests can foresee.
func draw(codes ...string) func() string {
	return func() string {
		c := codes[0]
		codes = codes[1:]
		return c
	}
}

// group opens a case of the clinic with kinds of abuse.
func (t rig) group(id cases.ID, kinds ...cases.Code) {
	t.Helper()
	t.opens(id, cases.Entry{Report: &cases.Report{Kinds: kinds, Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}}}})
}

// joinsBy has a worker at a chat join a case by an entry of the conversation.
func (t rig) joinsBy(user string, id cases.ID, raise string, kinds ...cases.Code) *store.Turn {
	t.Helper()
	r := &cases.Report{ID: id, Kinds: kinds, Answers: map[string]cases.Answer{"site": {Text: "shed of " + user}}}
	if raise != "" {
		r.Answers["raise"] = cases.Answer{Choices: []string{raise}}
	}
	turn, err := t.s.Begin(ctx, event(user, "join "+string(id)))
	t.must(err)
	t.end(turn, store.Outcome{Session: flows.Session{State: "menu", Lang: "my", Mine: []flows.Mine{{ID: id, Ref: cases.RefOf(id), Status: cases.Received}}},
		Entries: []cases.Entry{{Key: user + string(id), Case: id, Worker: turn.Worker, Kind: cases.Joined, At: t.c.Now(), Lang: "my", Report: r}}})
	return turn
}

func (t rig) reads1(id cases.ID) cases.Case {
	t.Helper()
	c, err := t.s.Case(ctx, bot, id)
	t.must(err)
	return c
}

func (t rig) everybody(id cases.ID) (ms []cases.Member) {
	t.Helper()
	ms, _, err := t.s.MembersOf(ctx, id, store.Cursor{}, 1000)
	t.must(err)
	return ms
}

func joinable(t rig) {
	t.group("c", "pay.ot", "sex.touch")
	code, err := t.s.OpenJoining(ctx, nay, "c", false, false, draw("AAAA2222"))
	t.must(err)
	v, err := t.s.Invited(ctx, code)
	t.must(err)
	t.want(show(v.Case, v.Code, v.Open, v.Ask, v.Kinds, v.Band), "c AAAA2222 true false [pay.ot] ")
	t.must(t.s.CloseJoining(ctx, nay, "c"))
	v, err = t.s.Invited(ctx, code)
	t.must(err)
	t.want(v.Open, false)
	code, err = t.s.OpenJoining(ctx, nay, "c", true, false, draw("BBBB3333"))
	t.must(err)
	v, err = t.s.Invited(ctx, code)
	t.must(err)
	t.want(show(code, v.Open, v.Ask), "AAAA2222 true true") // the poster is good again
	code, err = t.s.OpenJoining(ctx, nay, "c", false, true, draw("CCCC4444"))
	t.must(err)
	v, err = t.s.Invited(ctx, "AAAA2222") // it fell into the wrong hands
	t.must(err)
	t.want(show(code, v.Open), "CCCC4444 false")
	_, err = t.s.OpenJoining(ctx, other, "c", false, false, draw("DDDD5555"))
	t.wantIs(err, store.ErrNotFound)
	_, err = t.s.Invited(ctx, "DDDD5555")
	t.want(err, store.ErrNotFound)
	ls, _, err := t.s.Links(ctx, store.Cursor{}, 10)
	t.must(err)
	t.want(len(ls), 0) // none of them is a mobilizer's
}

func linkCode(t rig) {
	t.must(t.s.PutLink(ctx, nay, store.Link{Code: "AAAA2222", Lang: "my", Made: t.c.Now()}))
	_, err := t.s.Invited(ctx, "AAAA2222")
	t.want(err, store.ErrNotFound)
	_, err = t.s.Invited(ctx, "NONE2222")
	t.want(err, store.ErrNotFound)
}

func flooded(t rig) {
	t.s.HoldJoins(5)
	t.group("c", "pay.ot")
	code, err := t.s.OpenJoining(ctx, nay, "c", false, false, draw("AAAA2222"))
	t.must(err)
	var asked string
	for range 7 {
		v, err := t.s.Invited(ctx, code)
		t.must(err)
		asked += fmt.Sprint(v.Ask, " ")
	}
	t.want(asked, "false false false false false true true ")
	t.c.Pass(time.Minute)
	v, err := t.s.Invited(ctx, code)
	t.must(err)
	t.want(v.Ask, false)
}

func crowd(t rig) {
	const n = 60
	t.group("c", "pay.ot", "hours.norest")
	for i := range n {
		t.joinsBy(fmt.Sprint("w", i), "c", []string{"yes", "no", ""}[i%3], "pay.ot")
	}
	var wg sync.WaitGroup
	for range 4 { // several engines
		wg.Go(func() {
			for more := true; more; {
				var err error
				if more, err = t.s.File(ctx, 8, lease); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t.files()
	c := t.reads1("c")
	t.want(show(c.Size, c.Issues[0].Tally.Members, c.Issues[1].Tally.Members, c.Allow[cases.Raise]), show(n+1, n+1, 1, n/3+1))
	t.want(len(t.everybody("c")), n+1)
	for _, m := range t.everybody("c") {
		if !m.Lead && m.Chat == "" {
			t.Fatal("a worker who joined cannot be reached")
		}
	}
}

func letIn(t rig) {
	t.group("c", "pay.ot")
	_, err := t.s.OpenJoining(ctx, nay, "c", true, false, draw("AAAA2222"))
	t.must(err)
	a, b := t.joinsBy("a", "c", "yes", "pay.ot"), t.joinsBy("b", "c", "yes", "pay.ot")
	t.files()
	c := t.reads1("c")
	held, err := t.s.HeldMembers(ctx, nay, "c", 10)
	t.must(err)
	t.want(show(c.Size, c.Held, len(held), c.Allow[cases.Raise]), "1 2 2 1") // nobody is counted before that
	t.does(nay, "c", cases.Entry{Kind: cases.Admitted, Member: a.Worker})
	t.does(nay, "c", cases.Entry{Kind: cases.Rejected, Member: b.Worker})
	_, err = t.s.Do(ctx, nay, cases.Entry{Case: "c", Kind: cases.Admitted, Member: a.Worker})
	t.wantIs(err, flows.ErrNotNow)
	c = t.reads1("c")
	t.want(show(c.Size, c.Held, c.Allow[cases.Raise]), "2 0 2")
	held, err = t.s.HeldMembers(ctx, nay, "c", 10)
	t.must(err)
	t.want(len(held), 0)
}

// pair opens two cases about the same, each with workers who allow different
// things, and returns those of the first.
func (t rig) pair() (from []*store.Turn) {
	t.Helper()
	t.group("from", "pay.ot", "hours.norest")
	t.group("into", "pay.ot")
	for i, raise := range []string{"yes", "no", ""} {
		from = append(from, t.joinsBy(fmt.Sprint("f", i), "from", raise, "pay.ot", "hours.norest"))
		t.joinsBy(fmt.Sprint("i", i), "into", "yes", "pay.ot")
	}
	t.files()
	return from
}

func merged(t rig) {
	from := t.pair()
	_, err := t.s.OpenJoining(ctx, nay, "from", false, false, draw("AAAA2222"))
	t.must(err)
	_, err = t.s.OpenJoining(ctx, nay, "into", false, false, draw("BBBB3333"))
	t.must(err)
	t.must(t.s.Merge(ctx, nay, "from", "into", "k", "the same shed"))
	t.must(t.s.Merge(ctx, nay, "from", "into", "k", "the same shed")) // pressed twice
	t.files()
	was, c := t.reads1("from"), t.reads1("into")
	t.want(show(was.Status, was.Into, was.Status.Open()), "merged into false")
	t.want(show(c.Size, c.Issue("pay.ot").Tally.Members, c.Issue("hours.norest").Tally.Members, c.Allow[cases.Raise]), "8 8 4 6")
	for i, raise := range []string{"yes", "no", ""} {
		m, err := t.s.Member(ctx, nay, "into", from[i].Worker)
		t.must(err)
		r, err := t.s.Report(ctx, nay, "into", from[i].Worker)
		t.must(err)
		t.want(show(m.Consent.Employer, m.Lead, r.Answers["site"].Text), show(raise, false, fmt.Sprint("shed of f", i)))
	}
	turn, err := t.s.Next(ctx, lease)
	t.must(err)
	got := turn.Events[0]
	t.want(show(got.Kind, got.What, got.Case, got.Topic), "brought moved into from")
	v, err := t.s.Invited(ctx, "AAAA2222") // the poster on the wall
	t.must(err)
	t.want(show(v.Case, v.Open), "into true")
	t.wantIs(t.s.Merge(ctx, nay, "into", "from", "k2", ""), flows.ErrNotNow)
}

func narrow(t rig) {
	t.pair()
	t.wantIs(t.s.Merge(ctx, other, "from", "into", "k", ""), store.ErrNotFound)
	t.opens("foreign", cases.Entry{Report: &cases.Report{Kinds: []cases.Code{"fees.recruit"}}})
	t.wantIs(t.s.Merge(ctx, nay, "from", "foreign", "k", ""), flows.ErrNotNow)
	t.want(t.reads1("from").Into, "")
	a := cases.Case{ID: "a", Org: "clinic", Status: cases.Received, Issues: []cases.Issue{{Kind: "pay.ot", Status: cases.Received}}}
	b := a
	b.ID, b.Teams = "b", []cases.OrgID{"union"}
	t.wantIs(flows.MayMerge(a, b), flows.ErrNotAllowed)
	t.must(flows.MayMerge(b, a))
	b.Org = "union"
	t.wantIs(flows.MayMerge(b, a), flows.ErrNotAllowed)
}

// A breaking back end fails every so many commits, as a network does.
type breaking struct {
	store.Backend
	mu    *sync.Mutex
	n     *int
	every int
}

var errBroken = errors.New("connection lost")

func (b breaking) Commit(ctx context.Context, bs ...store.Batch) []store.Result {
	b.mu.Lock()
	*b.n++
	fails := *b.n%b.every == 0
	b.mu.Unlock()
	rs := make([]store.Result, len(bs))
	if !fails {
		return b.Backend.Commit(ctx, bs...)
	}
	if *b.n%2 == 0 { // nobody knows whether it was done
		b.Backend.Commit(ctx, bs...)
	}
	for i := range rs {
		rs[i].Err = errBroken
	}
	return rs
}

func mergedLater(t rig) {
	t.pair()
	for i := range 20 {
		t.joinsBy(fmt.Sprint("more", i), "from", "yes", "pay.ot")
	}
	t.files()
	t.must(t.s.Merge(ctx, nay, "from", "into", "k", ""))
	s, err := store.New(breaking{t.b, new(sync.Mutex), new(int), 5}, store.Key{1}, t.c.Now)
	t.must(err)
	faults := 0
	for more := true; more; {
		if more, err = s.File(ctx, 10, lease); err != nil {
			faults++
			more = true
		}
		t.c.Pass(2 * time.Minute) // the lease of what was left lying runs out
	}
	if faults < 2 {
		t.Fatalf("only %d faults: the test tests nothing", faults)
	}
	c := t.reads1("into")
	t.want(show(c.Size, c.Issue("pay.ot").Tally.Members, len(t.everybody("into"))), "28 28 28")
	joined := 0
	for _, n := range t.timeline("into") {
		if n.Trigger == "merged" {
			joined++
		}
	}
	t.want(joined, 24)
	told := map[channels.Address]int{}
	for turn, err := t.s.Next(ctx, lease); turn != nil; turn, err = t.s.Next(ctx, lease) {
		t.must(err)
		told[turn.With] += len(turn.Events)
		t.end(turn, store.Outcome{Session: turn.Session})
	}
	t.want(len(told), 23)
	for _, n := range told {
		t.want(n, 1)
	}
}

// noSplit has nothing come of a split of those who say no where nobody does:
// neither a line in the timeline nor a case.
func noSplit(t rig) {
	t.group("c", "pay.ot", "hours.norest")
	turn := t.joinsBy("w", "c", "yes", "pay.ot", "hours.norest")
	t.files()
	split := func(issue cases.Code, key string) cases.ID {
		id, err := t.s.Split(ctx, nay, "c", issue, nil, key, "they say no")
		t.wantIs(err, flows.ErrNotNow)
		return id
	}
	lines := len(t.timeline("c"))
	for _, issue := range []cases.Code{"pay.ot", ""} {
		split(issue, "early"+string(issue))
	}
	t.does(bot, "c", cases.Entry{Key: "no", Worker: turn.Worker, Kind: cases.Answering, Issue: "pay.ot", Answer: &cases.Answered{Fact: "none", Satisfied: "no"}})
	split("hours.norest", "other")
	t.files()
	t.want(len(t.timeline("c")), lines+1) // what the worker said
	t.want(t.reads1("c").Size, 2)

	var id cases.ID
	for range 2 { // the second finds nobody left who says no, and is the first
		into, err := t.s.Split(ctx, nay, "c", "pay.ot", nil, "now", "they say no")
		t.must(err)
		t.files()
		id = into
	}
	c := t.reads1("c")
	t.want(show(t.reads1(id).Size, c.Issue("pay.ot").Tally.Members), "1 1")
	gone := split("pay.ot", "late")
	_, err := t.s.Case(ctx, bot, gone)
	t.wantIs(err, store.ErrNotFound)
}

func splitOff(t rig) {
	t.group("c", "pay.ot", "hours.norest")
	var turns []*store.Turn
	for i := range 12 {
		turns = append(turns, t.joinsBy(fmt.Sprint("w", i), "c", "yes", "pay.ot", "hours.norest"))
	}
	t.files()
	for i, turn := range turns[:4] {
		t.does(bot, "c", cases.Entry{Key: fmt.Sprint("answer", i), Worker: turn.Worker, Kind: cases.Answering, Issue: "pay.ot", Answer: &cases.Answered{Fact: []string{"none", "all"}[i/2], Satisfied: []string{"no", "yes"}[i/2]}})
	}
	id, err := t.s.Split(ctx, bot, "c", "pay.ot", nil, "verdict", "")
	t.must(err)
	again, err := t.s.Split(ctx, bot, "c", "pay.ot", nil, "verdict", "")
	t.must(err)
	t.want(again, id)
	t.files()
	child, c := t.reads1(id), t.reads1("c")
	t.want(show(child.Parent, child.Org, child.Size, child.Kinds, child.Allow[cases.Raise]), "c clinic 2 [pay.ot] 2")
	t.want(show(c.Size, c.Issue("pay.ot").Tally.Members, c.Issue("hours.norest").Tally.Members), "13 11 13") // their other claims stay
	m, err := t.s.Member(ctx, nay, id, turns[0].Worker)
	t.must(err)
	t.want(show(len(m.Claims), m.Claims[0].Issue), "1 pay.ot")
	late, err := t.s.Split(ctx, bot, "c", "pay.ot", nil, "verdict again", "")
	t.must(err)
	t.files()
	_, err = t.s.Case(ctx, bot, late) // all who say no have gone
	t.wantIs(err, store.ErrNotFound)

	id, err = t.s.Split(ctx, nay, "c", "", []cases.WorkerID{turns[8].Worker, turns[9].Worker}, "wrong", "another workplace")
	t.must(err)
	t.files()
	c = t.reads1("c")
	t.want(show(t.reads1(id).Size, c.Size, c.Issue("pay.ot").Tally.Members), "2 11 9")
	_, err = t.s.Split(ctx, other, "c", "", nil, "x", "")
	t.wantIs(err, store.ErrNotFound)
}

func linkedCases(t rig) {
	t.open("a")
	t.open("b")
	t.must(t.s.LinkCases(ctx, nay, "a", "b", false, "the same owner"))
	t.files()
	t.want(show(t.reads1("a").Links, t.reads1("b").Links), "[b] [a]")
	t.must(t.s.LinkCases(ctx, nay, "b", "a", true, "a mistake"))
	t.files()
	t.want(show(t.reads1("a").Links, t.reads1("b").Links), "[] []")
	t.wantIs(t.s.LinkCases(ctx, other, "a", "b", false, ""), store.ErrNotFound)
	if n := strings.Count(fmt.Sprint(kindsOf(t.timeline("a"))), "linked"); n != 2 {
		t.Errorf("the timeline tells of it %d times", n)
	}
}

func kindsOf(ns []cases.Entry) (ks []cases.EntryKind) {
	for _, n := range ns {
		ks = append(ks, n.Kind)
	}
	return ks
}
