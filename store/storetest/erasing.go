package storetest

import (
	"fmt"
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var erasing = []test{
	{"an erased chat cannot be read, the reports can", chatErased},
	{"an erased worker is gone everywhere", erased},
	{"an erased worker leaves no report and no membership, not even unreadable", rowsErased},
	{"an erased worker is gone under every name", namesErased},
	{"a worker who deletes name and contact leaves the report", unnamed},
	{"an erasure with a turn says goodbye and loses nothing new", erasedInTurn},
	{"an erasure cut short is finished", erasureResumed},
	{"another process forgets an erased worker", erasedElsewhere},
	{"a message taken back is gone everywhere", takenBack},
	{"an attachment taken back before it arrives is not kept", takenBackEarly},
}

// told has a worker report, with an attachment, and be answered.
func (t rig) told(f *store.Files) (*store.Turn, cases.Attachment) {
	t.Helper()
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened, Text: "passport kept", Report: &cases.Report{Story: []cases.Part{{Text: "passport kept"}}}})
	t.attaches("a", "2", "f1", store.Outcome{
		Session: flows.Session{Lang: "my", Mine: []flows.Mine{{ID: "c"}}, Alarms: []flows.Alarm{{At: t.c.Now(), What: "x"}}},
		Fetch:   []store.Fetch{{Media: channels.Media{Ref: "f1"}, Case: "c"}, {Media: channels.Media{Ref: "f2"}}},
	})
	j := t.fetches()[0]
	a := t.puts(f, j, "the contract")
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: a}))
	t.files()
	return turn, *a
}

func chatErased(t rig) {
	f, dir := t.folder()
	turn, a := t.told(f)
	t.must(t.s.Erase(ctx, turn.With, store.Chat))
	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	_, err = f.Open(ctx, store.SubjectOf(a.Ref), a.Ref)
	t.want(show(len(xs), err, len(t.names(dir))), show(0, store.ErrNotFound, 0))
	_, err = t.s.Attachment(ctx, turn.With, "f1")
	t.wantIs(err, store.ErrNotFound)
	t.c.Pass(2 * lease)
	t.want(len(t.fetches()), 0) // of the two, one was still to come
	r, err := t.s.Report(ctx, bot, "c", turn.Worker)
	t.must(err)
	t.want(r.Story[0].Text, "passport kept")
	c, s, err := t.s.Look(ctx, turn.With)
	t.must(err)
	t.want(show(s.Lang, c.Talk, c.Worker == turn.Worker), "my 1 true")
	next, err := t.s.Begin(ctx, event("a", "3"))
	t.must(err)
	t.end(next, store.Outcome{Session: next.Session})
	xs, err = t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(xs), xs[0].Said[0].Text), "1 3")
	es, err := t.s.Erasures(ctx, 10)
	t.must(err)
	t.want(show(len(es), es[0].What), "1 erased by subject")
	t.want(t.s.Erase(ctx, turn.With, "everything") != nil, true) // a word that means nothing erases nothing
}

func erased(t rig) {
	f, dir := t.folder()
	turn, _ := t.told(f)
	next, err := t.s.Begin(ctx, event("a", "3"))
	t.must(err)
	o := sends("a", "m1", "m2")
	o.Session = next.Session
	o.Send[1].Class = channels.Push
	p := t.end(next, o)
	t.receive(event("a", "4"), receipt("r1", channels.Read, "m1"))
	t.must(t.s.Erase(ctx, turn.With, store.Everything))

	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(xs), len(t.receipts(10)), len(t.names(dir)), t.wakes().IsZero(), ids(t.next())), "0 0 0 true nothing")
	_, _, err = t.s.Standing(ctx, *p)
	t.want(err, store.ErrErased)
	t.settle(store.Settlement{Parcel: *p, Gone: 1, Sent: []store.Sent{{Key: "m1", State: store.SentState}}})
	t.receive(receipt("r2", channels.Read, "m1"), receipt("r3", channels.Failed, "m1")) // too late
	t.want(ids(t.next()), "nothing")
	t.c.Pass(2 * lease)
	t.want(show(len(t.parcels()), len(t.fetches()), len(t.receipts(10))), "0 0 0")
	_, err = t.s.Report(ctx, bot, "c", turn.Worker)
	t.wantIs(err, store.ErrNotFound)
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	line := t.timeline("c")
	t.want(show(c.Status, len(line), line[0].Kind, line[0].Text == "", line[0].Report == nil, line[0].Worker == "", len(line[1].Media)), "withdrawn 3 opened true true true 0")
	_, err = t.s.Do(ctx, bot, cases.Entry{Case: "c", Kind: cases.Said, Worker: turn.Worker, Text: "quoted"})
	t.want(err, store.ErrErased)

	next, err = t.s.Begin(ctx, event("a", "5")) // the worker writes again
	t.must(err)
	t.want(show(next.Session.Lang == "", next.Worker != turn.Worker), "true true")
	worker := next.Worker
	t.end(next, store.Outcome{Session: flows.Session{Lang: "ne"}, Entries: []cases.Entry{{Key: "x", Case: "d", Kind: cases.Opened, Worker: worker, Text: "anew"}}})
	t.files()
	next, err = t.s.Begin(ctx, event("a", "6"))
	t.must(err)
	t.want(show(next.Session.Lang, next.Worker == worker, t.timeline("d")[0].Text), "ne true anew")
	t.must(t.s.Erase(ctx, turn.With, store.Everything)) // and again
	t.want(t.timeline("d")[0].Text, "")
	es, err := t.s.Erasures(ctx, 10)
	t.must(err)
	t.want(len(es), 2)
}

// rowsErased looks at what stands under the worker's name: that it stands in a
// case would tell who has the master key that this worker spoke there.
func rowsErased(t rig) {
	x := &collector{Backend: t.b, was: map[string][][]byte{}}
	var err error
	t.s, err = store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	f, _ := t.folder()
	turn, _ := t.told(f)
	rows := func() (kinds []string) {
		for name, bodies := range x.was {
			kind, id, _ := strings.Cut(name, " ")
			if strings.HasSuffix(id, "~"+string(turn.Worker)) && len(bodies) > 0 && bodies[0] != nil {
				kinds = append(kinds, kind)
			}
		}
		slices.Sort(kinds)
		return kinds
	}
	t.want(rows(), "[member report]")
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	t.want(rows(), "[]")
}

func unnamed(t rig) {
	r := &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}, Story: []cases.Part{{Text: "not paid"}}, Answers: map[string]cases.Answer{"name": {Text: "Srey Mom"}, "site": {Text: "the shrimp shed"}}}
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened, Report: r})
	said, err := t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.end(said, store.Outcome{Session: flows.Session{Lang: "km", Mine: []flows.Mine{{ID: "c", Report: r}}}})
	last, err := t.s.Begin(ctx, event("a", "3"))
	t.must(err)
	o := sends("a", "goodbye")
	o.Erase = store.Contact
	without := r.Clone()
	delete(without.Answers, "name")
	o.Entries = []cases.Entry{{Key: "3/0", Case: "c", Kind: cases.Told, Worker: turn.Worker, Report: without},
		{Key: "3/1", Case: "c", Kind: cases.Unreachable, Worker: turn.Worker, Trigger: flows.Unnamed}}
	t.want(keys(t.end(last, o)), "goodbye ")
	t.files()
	line := t.timeline("c")
	kept, err := t.s.Report(ctx, bot, "c", turn.Worker)
	t.must(err)
	t.want(show(strings.Contains(string(encode(line)), "Srey"), kept.Story[0].Text, line[0].Report.Answers["site"].Text, len(line)), "false not paid the shrimp shed 3")
	m, err := t.s.Member(ctx, bot, "c", turn.Worker)
	t.must(err)
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	t.want(show(m.Lost == flows.Unnamed, m.Chat, c.Size, c.Lost, c.Status), "true  1 1 received")
	at, err := t.s.Reach(ctx, bot, turn.Worker)
	t.must(err)
	now, err := t.s.Begin(ctx, event("a", "4"))
	t.must(err)
	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(at), now.Worker != turn.Worker, len(now.Session.Mine), len(xs)), "0 true 0 1")
	t.must(t.s.Erase(ctx, now.With, store.Contact)) // by hand, with nothing to say
}

func namesErased(t rig) {
	_, c := t.hears(t.s, by("1", "6681", ""), true)
	t.hears(t.s, by("2", "TH.77", "6681"), true)
	t.must(t.s.Erase(ctx, channels.Address{Channel: wa, User: "TH.77"}, store.Everything))
	for _, user := range []string{"6681", "TH.77"} {
		_, _, err := t.s.Look(ctx, channels.Address{Channel: wa, User: user})
		t.wantIs(err, store.ErrNotFound)
	}
	heard, now := t.hears(t.s, by("3", "TH.77", ""), true)
	t.want(show(heard == "", now.Worker != c.Worker), "true true")
	heard, again := t.hears(t.s, by("4", "6681", "TH.77"), true)
	t.want(show(heard, again.Worker == now.Worker), "3  true")
}

func erasedInTurn(t rig) {
	f, dir := t.folder()
	turn, _ := t.told(f)
	t.receive(event("a", "3"))
	del := t.next()
	t.receive(event("a", "4")) // comes while the worker's wish is carried out
	o := sends("a", "goodbye")
	o.Session, o.Erase = flows.Session{Lang: "my"}, store.Everything
	o.Entries = []cases.Entry{{Key: "3/0", Case: "c", Kind: cases.Erased, Worker: turn.Worker}}
	p := t.end(del, o)
	t.want(keys(p), "goodbye ")
	c, s, err := t.s.Standing(ctx, *p)
	t.must(err)
	t.want(show(s.Lang, c.Epoch == p.Messages[0].Owner, c.Worker != turn.Worker), "my true true")
	t.files()
	t.settle(store.Settlement{Parcel: *p, Gone: 1})
	line := t.timeline("c")
	cs, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	t.want(show(line[0].Text == "", line[len(line)-1].Kind, cs.Size, len(t.names(dir))), "true erased 0 0")
	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(xs), len(xs[0].Sent)), "1 1") // nothing but the last turn
	next := t.next()
	t.want(show(ids(next), next.Session.Lang, next.Worker == c.Worker), "4  my true")
}

func erasureResumed(t rig) {
	f, dir := t.folder()
	turn, _ := t.told(f)
	del, err := t.s.Begin(ctx, event("a", "3"))
	t.must(err)
	t.end(del, store.Outcome{Erase: store.Everything}) // and the process dies
	t.want(show(len(t.names(dir)), t.timeline("c")[0].Text), "1 passport kept")
	t.files()
	t.want(show(len(t.names(dir)), t.timeline("c")[0].Text), "0 ")
	_, err = t.s.Report(ctx, bot, "c", turn.Worker)
	t.wantIs(err, store.ErrNotFound)
}

func erasedElsewhere(t rig) {
	f, _ := t.folder()
	turn, _ := t.told(f)
	two, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	begun, err := two.Begin(ctx, event("a", "3"))
	t.must(err)
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	_, err = two.Commit(ctx, begun, store.Outcome{Session: begun.Session}, lease)
	t.want(err, store.ErrStale)
	t.must(two.Receive(ctx, event("a", "3")))
	next, err := two.Next(ctx, lease)
	t.must(err)
	t.want(show(ids(next), next.Session.Lang), "3  ")
	_, err = two.Commit(ctx, next, store.Outcome{Session: flows.Session{Lang: "ne"}}, lease)
	t.must(err)
	c, s, err := t.s.Look(ctx, turn.With)
	t.must(err)
	t.want(show(s.Lang, c.Worker == next.Worker), "ne true")

	three, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	_, _, err = three.Look(ctx, turn.With) // three has the key at hand
	t.must(err)
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	begun, err = three.Begin(ctx, event("a", "4"))
	t.must(err)
	if _, err = three.Commit(ctx, begun, store.Outcome{}, lease); err != nil {
		begun, err = three.Begin(ctx, event("a", "4"))
		t.must(err)
		_, err = three.Commit(ctx, begun, store.Outcome{}, lease)
		t.must(err)
	}
	_, _, err = t.s.Look(ctx, turn.With) // what three wrote can be read
	t.must(err)
}

// takenBack has a worker say and attach something in every way, and unsend it.
func takenBack(t rig) {
	f, dir := t.folder()
	said := func(id, text, ref string) channels.Event {
		e := event("a", id)
		e.Text, e.Message = text, "m"+id
		if ref != "" {
			e.Media = []channels.Media{{Ref: ref}}
		}
		return e
	}
	commit := func(e channels.Event, o store.Outcome) *store.Turn {
		turn, err := t.s.Begin(ctx, e)
		t.must(err)
		t.end(turn, o)
		t.files()
		return turn
	}
	const secret, keep = "Mr Canary locked the door", "the food is bad"
	story := []cases.Part{{Message: "m1", Text: secret, Media: []cases.Attachment{{Ref: "f1"}}}, {Message: "m2", Text: keep}}
	report := &cases.Report{ID: "c", Story: story, Answers: map[string]cases.Answer{"site": {Text: secret}}}
	echo := sends("a", "echo")
	echo.Send[0].Text = "You said: " + secret
	echo.Session.Draft = report
	echo.Fetch = []store.Fetch{{Media: channels.Media{Ref: "f1"}, Case: "c"}}
	turn := commit(said("1", secret, "f1"), echo)
	j := t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: t.puts(f, j, "the photo")}))
	mine := flows.Session{Mine: []flows.Mine{{ID: "c", Report: report}}}
	commit(said("2", keep, ""), store.Outcome{Session: mine, Entries: []cases.Entry{
		{Key: "2/0", Case: "c", Kind: cases.Opened, Worker: turn.Worker, Report: report},
		{Key: "2/1", Case: "c", Kind: cases.Said, Worker: turn.Worker, Text: keep},
		{Key: "1/9", Case: "c", Kind: cases.Said, Worker: turn.Worker, Text: secret},
	}})
	edit := said("1", secret+", he did", "")
	edit.ID, edit.Kind = "3", channels.Edited
	commit(edit, store.Outcome{Session: mine})
	unsend := channels.Event{ID: "4", Kind: channels.Unsent, From: turn.With, Message: "m1"}
	commit(unsend, store.Outcome{Session: mine, Retract: []string{"m1"}})

	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	_, s, err := t.s.Look(ctx, turn.With)
	t.must(err)
	r, err := t.s.Report(ctx, bot, "c", turn.Worker)
	t.must(err)
	line := t.timeline("c")
	all := fmt.Sprintf("%s%s%s%s", encode(xs), encode(s), encode(r), encode(line))
	t.want(show(strings.Contains(all, "Canary"), strings.Contains(all, `"f1"`), len(t.names(dir))), "false false 0")
	t.want(show(len(xs), xs[1].Said[0].Text, len(line), line[1].Text, r.Story[0].Text, s.Mine[0].Report.Story[0].Text),
		show(4, keep, 3, keep, keep, keep))
	_, err = t.s.Attachment(ctx, turn.With, "f1")
	t.wantIs(err, store.ErrNotFound)
	last, err := t.s.Begin(ctx, event("a", "5")) // all at once
	t.must(err)
	t.end(last, store.Outcome{Session: last.Session, Retract: []string{"m2"}, Erase: store.Chat})
	xs, err = t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(xs), xs[0].Said[0].Text), "1 5")
}

func takenBackEarly(t rig) {
	f, dir := t.folder()
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	e := event("a", "2")
	e.Message, e.Media = "m2", []channels.Media{{Ref: "f1"}}
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.end(turn, store.Outcome{Fetch: []store.Fetch{{Media: e.Media[0], Case: "c"}}})
	turn, err = t.s.Begin(ctx, channels.Event{ID: "3", Kind: channels.Unsent, From: e.From, Message: "m2"})
	t.must(err)
	t.end(turn, store.Outcome{Retract: []string{"m2"}})
	t.files()
	j := t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: t.puts(f, j, "the photo")}))
	t.files()
	t.want(show(len(t.names(dir)), len(t.timeline("c"))), "0 1")
}
