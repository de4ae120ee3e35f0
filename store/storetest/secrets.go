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
	{"what is printed says nothing of a worker", printed},
}

// looks are tests of what the back end's files hold.
var looks = []test{
	{"the files show nothing without the key", concealed},
	{"what was taken back or erased is gone from the files", scrubbed},
}

// canaries are what no file and no message to the back end may hold in clear.
var canaries = []string{
	"5550100", "wamid.5550100", "boss took", "we can help", "passport kept", "TH.CANARY", "Srey Canary", "case-canary",
	"message-canary", "media-canary", "canary.jpg", "code-canary", "nay-canary", "shrimp shed", "POSTER77", "DOORS888", "wages come", "he sounded afraid", "dear Srey",
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
	c := cases.Caseworker{ID: "nay-canary", Org: "clinic", Role: cases.Helper}
	_, _, err = s.Cases(ctx, c, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 1)
	t.must(err)
	t.must(s.PutLink(ctx, c, store.Link{Code: "POSTER77", Name: "Srey Canary"}))
	t.must(s.Visited(ctx, "POSTER77"))
	t.works(s, c, turn.Worker)
	js, err := s.ClaimFetch(ctx, "tg", 1, lease)
	t.must(err)
	t.must(s.SettleFetch(ctx, js[0], store.Fetched{Attachment: &cases.Attachment{Ref: "kept"}}))
}

// works has a caseworker do what is kept: open a case to others, write to its
// workers, and leave notes and half a letter in the conversation.
func (t rig) works(s *store.Store, by cases.Caseworker, w cases.WorkerID) {
	t.Helper()
	_, err := s.Do(ctx, desk, cases.Entry{Case: "case-canary", Kind: cases.Routed, Other: string(by.Org)})
	t.must(err)
	code, err := s.OpenJoining(ctx, by, "case-canary", false, false, draw("DOORS888"))
	t.must(err)
	_, err = s.Invited(ctx, code)
	t.must(err)
	u, err := s.PutUpdate(ctx, by, cases.Update{Case: "case-canary", Kind: cases.Free, Texts: map[string]string{"en": "wages come"}})
	t.must(err)
	_, err = s.Approve(ctx, by, "case-canary", u.ID, u.Version)
	t.must(err)
	chat := string(w[:strings.Index(string(w), "~")])
	_, err = s.Transfer(ctx, desk, chat, store.AnyEpoch, by.Org)
	t.must(err)
	t.must(s.Note(ctx, by, chat, "1", "he sounded afraid"))
	_, err = s.KeepDraft(ctx, by, chat, store.Draft{Text: "dear Srey"})
	t.must(err)
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
	t.wantIs(err, store.ErrNotFound) // even names are other ones
	_, _, err = s.Cases(ctx, bot, store.InStatus, store.CaseFilter{Status: cases.Received}, store.Cursor{}, 10)
	t.wantIs(err, store.ErrDamaged)
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
	for end := time.Now().Add(3 * time.Minute); found > 0 && time.Now().Before(end); <-tick.C { // it is done when there is time
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
