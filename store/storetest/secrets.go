package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var secrets = []test{
	{"the back end sees nothing without the key", sealedUp},
	{"values cannot change places", inPlace},
	{"another master key reads nothing", otherKey},
	{"an erased chat cannot be read, the reports can", chatErased},
	{"an erased worker is gone everywhere", erased},
	{"an erased worker is gone under every name", namesErased},
	{"what is printed says nothing of a worker", printed},
	{"an erasure with a turn says goodbye and loses nothing new", erasedInTurn},
	{"an erasure cut short is finished", erasureResumed},
	{"another process forgets an erased worker", erasedElsewhere},
	{"a message taken back is gone everywhere", takenBack},
	{"an attachment taken back before it arrives is not kept", takenBackEarly},
}

// looks are tests of what the back end's files hold.
var looks = []test{
	{"the files show nothing without the key", concealed},
	{"what was taken back or erased is gone from the files", scrubbed},
}

// canaries are what no file and no message to the back end may hold in clear.
var canaries = []string{
	"5550100", "wamid.5550100", "boss took", "we can help", "passport kept", "TH.CANARY", "Srey Canary", "case-canary",
	"message-canary", "media-canary", "canary.jpg", "code-canary", "nay-canary", "shrimp shed",
}

// speaks has a worker with telling names do all there is.
func (t rig) speaks(s *store.Store) {
	t.Helper()
	e := event("5550100", "wamid.5550100")
	e.Text, e.Alias, e.Message = "my boss took my passport", "TH.CANARY", "message-canary"
	e.Media = []channels.Media{{Ref: "media-canary", Name: "canary.jpg"}}
	turn, err := s.Begin(ctx, e)
	t.must(err)
	m := message("5550100", "k")
	m.Text = "we can help"
	push := m
	push.Class = channels.Push
	r := &cases.Report{Story: []cases.Part{{Text: "passport kept"}}, Answers: map[string]cases.Answer{"site": {Text: "shrimp shed"}}}
	_, err = s.Commit(ctx, turn, store.Outcome{
		Session: flows.Session{Draft: r, Alarms: []flows.Alarm{{At: t.c.Now(), What: "x"}}},
		Send:    append(sends("5550100").Send, m, push),
		Entries: []cases.Entry{{Key: "wamid.5550100/0", Case: "case-canary", Kind: cases.Opened, Worker: turn.Worker, Text: "passport kept", Report: r}},
		Fetch:   []store.Fetch{{Media: e.Media[0], Case: "case-canary"}},
		Pair:    &store.Pair{Code: "code-canary", Until: t.c.Now()}, Summon: &store.Summon{},
	}, lease)
	t.must(err)
	t.must(s.Receive(ctx, event("5550100", "2"), channels.Event{ID: "r5550100", Kind: channels.Read, From: e.From, Key: "k", Message: "message-canary"}))
	_, err = s.Wakes(ctx, 1)
	t.must(err)
	_, err = s.File(ctx, 10, lease)
	t.must(err)
	c := cases.Caseworker{ID: "nay-canary", Org: "clinic"}
	_, _, err = s.List(ctx, c, cases.Received, store.Cursor{}, 1)
	t.must(err)
	t.must(s.PutLink(ctx, c, store.Link{Code: "mango", Name: "Srey Canary"}))
	js, err := s.ClaimFetch(ctx, "tg", 1, lease)
	t.must(err)
	t.must(s.SettleFetch(ctx, js[0], store.Fetched{Attachment: &cases.Attachment{Ref: "kept"}}))
}

func sealedUp(t rig) {
	seen := new(bytes.Buffer)
	s, err := store.New(spy{t.b, seen}, store.Key{2}, t.c.Now)
	t.must(err)
	t.speaks(s)
	for _, secret := range canaries {
		if bytes.Contains(seen.Bytes(), []byte(secret)) {
			t.Errorf("%q reached the back end", secret)
		}
	}
	t.want(seen.Len() > 5000, true)
}

// held returns all that the files of the back end hold.
func (t rig) held() []byte {
	t.Helper()
	var all []byte
	for _, name := range t.names(t.dir) {
		b, err := os.ReadFile(name)
		if !errors.Is(err, fs.ErrNotExist) { // written anew just now
			t.must(err)
		}
		all = append(all, b...)
	}
	return all
}

func concealed(t rig) {
	t.speaks(t.s)
	before := t.held()
	t.must(t.s.Close())
	all := append(before, t.held()...)
	for _, secret := range canaries {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("%q stands in a file", secret)
		}
	}
	t.want(bytes.Contains(all, []byte("cases//received")), true) // these are the right files
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
	_, err = s.Begin(ctx, event("a", "2"))
	t.wantIs(err, store.ErrDamaged)
}

func otherKey(t rig) {
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	s, err := store.New(t.b, store.Key{7}, t.c.Now)
	t.must(err)
	_, err = s.Case(ctx, bot, "c")
	t.want(err, store.ErrNotFound) // even names are other ones
	_, _, err = s.List(ctx, bot, cases.Received, store.Cursor{}, 10)
	t.wantIs(err, store.ErrDamaged)
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
	t.want(err, store.ErrNotFound)
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
	t.c.Pass(2 * lease)
	t.want(show(len(t.parcels()), len(t.fetches()), len(t.receipts(10))), "0 0 0")
	_, err = t.s.Report(ctx, bot, "c", turn.Worker)
	t.want(err, store.ErrNotFound)
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	line := t.timeline("c")
	t.want(show(c.Status, len(line), line[0].Kind, line[0].Text == "", line[0].Report == nil, line[0].Worker == "", len(line[1].Media)), "received 2 opened true true true 0")
	n := cases.Entry{Case: "c", Kind: cases.Said, Worker: turn.Worker, Text: "quoted"}
	t.want(t.s.Record(ctx, bot, c, n), store.ErrErased)

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

func namesErased(t rig) {
	_, c := t.hears(t.s, by("1", "6681", ""), true)
	t.hears(t.s, by("2", "TH.77", "6681"), true)
	t.must(t.s.Erase(ctx, channels.Address{Channel: wa, User: "TH.77"}, store.Everything))
	for _, user := range []string{"6681", "TH.77"} {
		_, _, err := t.s.Look(ctx, channels.Address{Channel: wa, User: user})
		t.want(err, store.ErrNotFound)
	}
	heard, now := t.hears(t.s, by("3", "TH.77", ""), true)
	t.want(show(heard == "", now.Worker != c.Worker), "true true")
	heard, again := t.hears(t.s, by("4", "6681", "TH.77"), true)
	t.want(show(heard, again.Worker == now.Worker), "3  true")
}

func printed(t rig) {
	e := event("5550100", "wamid.5550100")
	e.Text, e.Message, e.Media = "my boss took my passport", "message-canary", []channels.Media{{Ref: "media-canary", Name: "canary.jpg"}}
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	turn.Session.Draft = &cases.Report{Story: []cases.Part{{Text: "passport kept"}}}
	o := store.Outcome{
		Session: turn.Session, Send: []channels.Outbound{{Key: "k", To: e.From, Text: "we can help"}},
		Entries: []cases.Entry{{Case: "case-canary", Text: "passport kept"}}, Fetch: []store.Fetch{{Media: e.Media[0]}},
	}
	p := t.end(turn, o)
	j := t.fetches()[0]
	xs, err := t.s.Transcript(ctx, e.From, 0, 1)
	t.must(err)
	for _, v := range []any{turn, *turn, o, &o, p, *p, j, &j, xs[0], &xs[0], turn.Conversation, store.Settlement{Parcel: *p}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			out := fmt.Sprintf(format, v)
			for _, secret := range canaries {
				if strings.Contains(out, secret) {
					t.Errorf("%s of %T shows %q", format, v, secret)
				}
			}
		}
	}
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
	t.want(show(line[0].Text == "", line[len(line)-1].Kind, len(cs.Workers), len(t.names(dir))), "true erased 0 0")
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
	t.want(err, store.ErrNotFound)
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
	t.want(err, store.ErrNotFound)
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

// scrubbed looks for sealed values that were replaced, in a store grown so
// that its pages have been split and moved.
func scrubbed(t rig) {
	x := &collector{Backend: t.b, was: map[string][][]byte{}}
	var err error
	t.s, err = store.New(x, store.Key{1}, t.c.Now)
	t.must(err)
	for i := range 40 {
		for u := range 12 {
			e := event(fmt.Sprint("u", u), fmt.Sprint(u, "-", i))
			e.Text, e.Message = strings.Repeat("word ", i*u%97), fmt.Sprint("m", i)
			turn, err := t.s.Begin(ctx, e)
			t.must(err)
			turn.Session.Lang += "x"
			t.end(turn, store.Outcome{Session: turn.Session})
		}
	}
	for u := range 12 {
		at := event(fmt.Sprint("u", u), "").From
		if u%3 == 0 {
			t.must(t.s.Erase(ctx, at, store.Everything))
			continue
		}
		turn, err := t.s.Begin(ctx, channels.Event{ID: fmt.Sprint("un", u), Kind: channels.Unsent, From: at, Message: "m7"})
		t.must(err)
		t.end(turn, store.Outcome{Session: turn.Session, Retract: []string{"m7"}})
	}
	t.files()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var all []byte
	found := len(x.replaced)
	for end := time.Now().Add(20 * time.Second); found > 0 && time.Now().Before(end); <-tick.C { // it is done when there is time
		all, found = t.held(), 0
		for _, value := range x.replaced {
			if bytes.Contains(all, value[len(value)-24:]) {
				found++
			}
		}
	}
	if found > 0 || len(x.replaced) < 500 {
		t.Errorf("%d of %d values that were replaced or removed still stand in the files", found, len(x.replaced))
	}
	t.want(bytes.Contains(all, x.last), true) // these are the right files
}
