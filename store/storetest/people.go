package storetest

import (
	"fmt"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var people = append([]test{
	{"one worker with several names is one conversation", names},
	{"names learnt at the same time lead to one conversation", raced},
	{"two workers who turn out to be one stay two", notMerged},
	{"a worker who moved takes the conversation along", moved},
	{"a name given up is another worker's", recycled},
	{"events on their way follow a name that leads elsewhere", forwarded},
	{"a person is summoned, takes over and hands back", summoned},
	{"another app goes on with a conversation, once", paired},
	{"codes cannot be guessed", guessed},
	{"a link counts how many came, exactly once", linked},
}, chats...)

const wa = channels.ID("wa")

// by is an event from a name, that tells another one too, or none.
func by(id, user, alias string) channels.Event {
	return channels.Event{ID: id, Kind: channels.Said, From: channels.Address{Channel: wa, User: user}, Alias: alias, Text: id}
}

func movedTo(id, user, old string) channels.Event {
	e := by(id, user, old)
	e.Kind = channels.Moved
	return e
}

// hears takes the turn of e, at once or as one that was received, and returns
// what the conversation had heard before.
func (t rig) hears(s *store.Store, e channels.Event, atOnce bool) (heard string, c store.Conversation) {
	t.Helper()
	var turn *store.Turn
	var err error
	if atOnce {
		turn, err = s.Begin(ctx, e)
	} else {
		t.must(s.Receive(ctx, e))
		turn, err = s.Next(ctx, lease)
	}
	t.must(err)
	heard = turn.Session.Lang
	turn.Session.Lang += e.ID + " "
	_, err = s.Commit(ctx, turn, store.Outcome{Session: turn.Session}, lease)
	t.must(err)
	return heard, turn.Conversation
}

func names(t rig) {
	for i, test := range [][]channels.Event{
		{by("1", "TH.77", ""), by("2", "TH.77", "6681"), by("3", "6681", ""), by("4", "TH.77", "")},
		{by("1", "6681", ""), by("2", "TH.77", "6681"), by("3", "TH.77", ""), by("4", "6681", "TH.77")},
		{by("1", "TH.77", "6681"), by("2", "6681", ""), by("3", "TH.77", ""), by("4", "6681", "TH.77")},
	} {
		for _, atOnce := range []bool{true, false} {
			var worker cases.WorkerID
			want := ""
			for _, e := range test {
				e.ID = fmt.Sprint(e.ID, i, atOnce)
				e.From.Channel = channels.ID(fmt.Sprint("wa", i, atOnce))
				s, err := store.New(t.b, store.Key{1}, t.c.Now) // with nothing at hand
				t.must(err)
				heard, c := t.hears(s, e, atOnce)
				t.want(heard, want)
				t.want(c.With == e.From, true)
				if worker != "" {
					t.want(c.Worker, worker)
				}
				worker, want = c.Worker, want+e.ID+" "
			}
		}
	}
}

// raced has several processes hear of a worker at once, under one name and
// under two, by the fast path and by the slow one, every event twice.
func raced(t rig) {
	const each = 8
	for round := range 5 {
		ch := channels.ID(fmt.Sprint("wa", round))
		var wg sync.WaitGroup
		for i := range 4 {
			s, err := store.New(t.b, store.Key{1}, t.c.Now)
			t.must(err)
			wg.Go(func() {
				for j := range each {
					e := by(fmt.Sprint(round, "-", i, "-", j), "6681", "")
					if i%2 == 0 {
						e = by(e.ID, "TH.77", "6681")
					}
					e.From.Channel = ch
					for range 2 {
						if err := hear(s, e, j%2 == 0, store.Outcome{}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		t.c.Pass(2 * time.Second) // so that t.s looks for what others have left
		for turn := t.next(); turn != nil; turn = t.next() {
			t.end(turn, store.Outcome{Session: turn.Session})
		}
		heard := map[string]int{}
		for _, user := range []string{"6681", "TH.77"} {
			xs, err := t.s.Transcript(ctx, channels.Address{Channel: ch, User: user}, 0, 1000)
			t.must(err)
			for _, x := range xs {
				for _, e := range x.Said {
					heard[user+" "+e.ID]++
				}
			}
		}
		t.want(len(heard), 2*4*each) // the same under both names
		for id, n := range heard {
			if n != 1 {
				t.Errorf("%s was heard %d times", id, n)
			}
		}
	}
}

func notMerged(t rig) {
	t.hears(t.s, by("1", "6681", ""), true)
	t.hears(t.s, by("2", "TH.77", ""), true)
	heard, _ := t.hears(t.s, by("3", "TH.77", "6681"), true)
	t.want(heard, "2 ")
	heard, _ = t.hears(t.s, by("4", "6681", ""), true)
	t.want(heard, "1 ")
}

func moved(t rig) {
	for i, atOnce := range []bool{true, false} {
		old, now := fmt.Sprint("old", i), fmt.Sprint("new", i)
		t.hears(t.s, by("1"+old, old, ""), atOnce)
		heard, c := t.hears(t.s, movedTo("2"+old, now, old), atOnce)
		t.want(show(heard, c.With.User), "1"+old+"  "+now)
		heard, _ = t.hears(t.s, by("3"+old, now, ""), atOnce)
		t.want(heard, "1"+old+" 2"+old+" ")
	}
}

// recycled checks that who gets a worker's old number does not get the
// worker's conversation.
func recycled(t rig) {
	for i, first := range [][]channels.Event{
		{by("1", "6681", ""), movedTo("2", "6699", "6681")},                             // kept under the number
		{by("1", "TH.77", "6681"), movedTo("2", "TH.77", "6681")},                       // the number only led there
		{by("1", "6681", ""), by("1b", "TH.77", "6681"), movedTo("2", "TH.77", "6681")}, // both
		{by("1", "6681", ""), by("1b", "TH.77", ""), movedTo("2", "TH.77", "6681")},     // two conversations
	} {
		at := func(e channels.Event) channels.Event {
			e.ID, e.From.Channel = fmt.Sprint(i, e.ID), channels.ID(fmt.Sprint("wa", i))
			return e
		}
		var worker cases.WorkerID
		for _, e := range first {
			_, c := t.hears(t.s, at(e), true)
			worker = c.Worker
		}
		s, err := store.New(t.b, store.Key{1}, t.c.Now)
		t.must(err)
		heard, c := t.hears(s, at(by("3", "6681", "")), true)
		t.want(show(heard, c.Worker != "", c.Worker != worker), " true true")
		heard, _ = t.hears(s, at(by("4", "LA.5", "6681")), false)
		t.want(heard, show(i)+"3 ")
		last := first[len(first)-1]
		heard, _ = t.hears(s, at(by("5", last.From.User, "")), true)
		t.want(len(heard) >= 4, true)
	}
}

func forwarded(t rig) {
	t.receive(by("1", "6681", ""))
	t.receive(by("2", "6681", ""))
	two, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	heard, c := t.hears(two, by("3", "TH.77", "6681"), true) // nobody knows yet of 1 and 2
	t.want(heard, "")
	turn := t.next()
	t.want(show(ids(turn), turn.Session.Lang, turn.Worker == c.Worker), "1 2  3  true")
	t.end(turn, store.Outcome{})
	t.receive(by("1", "6681", "")) // the platform repeats itself
	t.want(ids(t.next()), "nothing")
}

func summoned(t rig) {
	t.s.Home(nay.Org)
	turn, err := t.s.Begin(ctx, event("a", "1"))
	t.must(err)
	o := sends("a", "m1")
	o.Summon = &store.Summon{Severity: cases.Violence}
	p := t.end(turn, o)
	t.want(p.Messages[0].Owner, 1) // said after the summons, so it may be sent
	t.c.Pass(time.Minute)
	turn, err = t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.end(turn, store.Outcome{Summon: &store.Summon{Severity: cases.Danger}}) // again

	cs, _, err := t.s.Waiting(ctx, nay, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].With == turn.With, cs[0].Severity, cs[0].Epoch, t.c.Now().Sub(cs[0].Waiting)), "1 true S0 1 1m0s")
	cs0 := cs[0]
	cs, _, err = t.s.Waiting(ctx, other, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
	id := cs0.ID
	_, err = t.s.TakeOver(ctx, other, id, 1)
	t.wantIs(err, store.ErrDenied)
	c, err := t.s.TakeOver(ctx, nay, id, 1)
	t.must(err)
	t.want(show(c.Owner, c.Epoch, c.Waiting.IsZero()), "nay 2 true")
	c, err = t.s.TakeOver(ctx, nay, id, 1) // a double click
	t.must(err)
	t.want(c.Epoch, 2)
	cs, _, err = t.s.Waiting(ctx, nay, store.Cursor{}, 10)
	t.must(err)
	t.want(len(cs), 0)
	turn, err = t.s.Begin(ctx, event("a", "3"))
	t.must(err)
	t.want(turn.Conversation.Owner, "nay")
	t.end(turn, store.Outcome{Summon: &store.Summon{}}) // a person has it already
	c, err = t.s.HandBack(ctx, nay, id, 2, "resume", "Nay")
	t.must(err)
	t.want(show(c.Owner, c.Epoch), " 3")
	_, err = t.s.TakeOver(ctx, nay, "nobody", 3)
	t.wantIs(err, store.ErrNotFound)
	for _, name := range []cases.CaseworkerID{"", store.Queued} { // names that mean something else
		_, err = t.s.TakeOver(ctx, cases.Caseworker{ID: name, Org: nay.Org}, id, 3)
		t.wantIs(err, store.ErrDenied)
	}
	seen, err := t.s.Desk(ctx, nay, "nay", 10)
	t.must(err)
	t.want(show(len(seen), seen[0].What), "2 list waiting")
}

// offers has a worker on Telegram ask for a code.
func (t rig) offers(code string) *store.Turn {
	t.Helper()
	turn, err := t.s.Begin(ctx, event("a", "offers "+code))
	t.must(err)
	t.end(turn, store.Outcome{
		Session: flows.Session{Lang: "km"}, Pair: &store.Pair{Code: code, Until: t.c.Now().Add(10 * time.Minute)},
	})
	return turn
}

func paired(t rig) {
	from := t.offers("K7M24P")
	e := by("1", "TH.77", "")
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.want(turn.Worker != from.Worker, true)
	two, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	for _, s := range []*store.Store{two, t.s, t.s} { // the first one dies before it commits
		s, c, err := s.Paired(ctx, "K7M24P", e)
		t.must(err)
		t.want(show(s.Lang, c.Worker == from.Worker, c.With == from.With), "km true true")
	}
	t.end(turn, store.Outcome{Session: flows.Session{Lang: "km"}})
	turn, err = t.s.Begin(ctx, by("2", "TH.77", ""))
	t.must(err)
	t.want(turn.Worker, from.Worker)
	_, _, err = t.s.Paired(ctx, "K7M24P", by("3", "TH.99", ""))
	t.wantIs(err, store.ErrNotFound) // it was used
	cs, err := t.s.Reach(ctx, bot, from.Worker)
	t.must(err)
	t.want(show(len(cs), cs[0].With == from.With, cs[1].With == e.From), "2 true true")
	_, err = t.s.Reach(ctx, nay, from.Worker)
	t.want(err, store.ErrDenied)

	t.offers("LATE")
	t.c.Pass(11 * time.Minute)
	_, _, err = t.s.Paired(ctx, "LATE", by("4", "TH.99", ""))
	t.wantIs(err, store.ErrNotFound)
	t.offers("GONE")
	t.must(t.s.Erase(ctx, from.With, store.Everything))
	_, _, err = t.s.Paired(ctx, "GONE", by("5", "TH.99", ""))
	t.wantIs(err, store.ErrNotFound)
	_, _, err = t.s.Look(ctx, e.From)
	t.want(err, store.ErrNotFound) // it was the same worker's
}

func guessed(t rig) {
	t.offers("K7M24P")
	for i := range 5 {
		_, _, err := t.s.Paired(ctx, fmt.Sprint("wrong", i), by(fmt.Sprint(i), "TH.77", ""))
		t.wantIs(err, store.ErrNotFound)
	}
	_, _, err := t.s.Paired(ctx, "K7M24P", by("6", "TH.77", ""))
	t.want(err, store.ErrDenied)
	_, _, err = t.s.Paired(ctx, "nothing", by("7", "TH.99", "")) // somebody else may
	t.wantIs(err, store.ErrNotFound)
	t.c.Pass(16 * time.Minute)
	t.offers("NEWONE")
	_, _, err = t.s.Paired(ctx, "NEWONE", by("8", "TH.77", ""))
	t.must(err)
}

func linked(t rig) {
	_, err := t.s.Link(ctx, "mango")
	t.want(err, store.ErrNotFound)
	l := store.Link{Code: "mango", Lang: "km", Name: "Srey", Made: t.c.Now()}
	t.must(t.s.PutLink(ctx, nay, l))
	l.Name, l.Made = "Srey Mom", l.Made.Add(time.Second)
	t.must(t.s.PutLink(ctx, nay, l))
	t.must(t.s.PutLink(ctx, nay, store.Link{Code: "lotus", Made: t.c.Now()}))
	got, err := t.s.Link(ctx, "mango")
	t.must(err)
	t.want(show(got.Name, got.Lang), "Srey Mom km")
	ls, _, err := t.s.Links(ctx, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(ls), ls[0].Code, ls[1].Code), "2 lotus mango")
	for _, u := range []string{"a", "b"} {
		turn, err := t.s.Begin(ctx, event(u, u))
		t.must(err)
		again, err := t.s.Begin(ctx, event(u, u))
		t.must(err)
		o := store.Outcome{Came: []store.Came{{Link: "mango", Stage: "visited"}}}
		t.end(turn, o)
		_, err = t.s.Commit(ctx, again, o, lease)
		t.want(err != nil, true)
	}
	t.must(t.s.Visited(ctx, "mango"))
	n, err := t.s.Reached(ctx, "mango", "visited")
	t.must(err)
	m, err := t.s.Reached(ctx, "lotus", "visited")
	t.must(err)
	t.want(show(n, m), "3 0")
}
