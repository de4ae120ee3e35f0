package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/translations"
)

// FuzzStep plays whatever a worker, a platform and an older version of this
// program may come up with: a stored session, whole or broken, and a number of
// events. Whatever they are, a step comes to an end, gives the same answer
// when it is taken again, leaves the session that it was given as it was, says
// only what the catalogue has, and makes a session that can be stored.
//
// Each event is four bytes of the script: what kind, which one, how much later,
// and what else comes with it.
func FuzzStep(f *testing.F) {
	texts, err := translations.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range scripts {
		f.Add("", []byte(script))
	}
	for i, stored := range broken {
		f.Add(stored, []byte(scripts[i%len(scripts)]))
	}
	for _, s := range starts() {
		f.Add(string(encode(f, s)), []byte("b\x00\x01\x00t\x01\x01\x00b\x02\x01\x00v\x00\x01\x00c\x00\x01\x00b\x01\x01\x00"))
	}
	f.Fuzz(func(t *testing.T, stored string, script []byte) {
		follow(t)
		var s Session
		_ = json.Unmarshal([]byte(stored), &s) // what can be read of it
		at := noon
		for n := 0; len(script) >= 4 && n < 40; n++ {
			e := scripted(s, script[:4], &at)
			e.ID = fmt.Sprint("e", n)
			script = script[4:]
			s = stepped(t, texts, s, e)
		}
	})
}

// stepped takes one step, and holds it to its promises.
func stepped(t *testing.T, texts *translations.Catalog, s Session, e channels.Event) Session {
	t.Helper()
	before := encode(t, s)
	next, fx := Step(s, e)
	after, did := encode(t, next), list(t, fx)

	if again := string(encode(t, s)); again != string(before) {
		t.Fatalf("the step has changed the session that it was given:\n was %s\nnow %s", before, again)
	}
	twin, twinFx := Step(s, e)
	if got := string(encode(t, twin)) + list(t, twinFx); got != string(after)+did {
		t.Fatalf("the same step came to something else:\n%s\n%s%s", got, after, did)
	}
	other := e
	other.ID, other.Text, other.Choice, other.Intent = "other", "something quite different", "", ""
	Step(s, other)
	Step(next, other)
	if got := string(encode(t, next)) + list(t, fx); got != string(after)+did {
		t.Fatalf("another step has changed what this one came to:\n%s\n%s%s", got, after, did)
	}

	var back Session
	if err := json.Unmarshal(after, &back); err != nil {
		t.Fatalf("the session cannot be read back: %v\n%s", err, after)
	}
	one, oneFx := Step(next, other)
	two, twoFx := Step(back, other)
	if a, b := string(encode(t, one))+list(t, oneFx), string(encode(t, two))+list(t, twoFx); a != b {
		t.Fatalf("a session that was stored goes on in another way:\n%s\n%s", a, b)
	}
	if _, ok := screens[next.State]; !ok && next.State != "" {
		t.Fatalf("nobody can answer state %q", next.State)
	}
	for _, f := range fx {
		sound(t, texts, f)
	}
	return next
}

// sound holds an effect to what can be carried out.
func sound(t *testing.T, texts *translations.Catalog, f Effect) {
	t.Helper()
	has := func(key string) {
		if !texts.Has(key) {
			t.Errorf("there is no text %q", key)
		}
	}
	parts := func(ps []Part) {
		if len(ps) == 0 {
			t.Error("a message of nothing")
		}
		for _, p := range ps {
			has(p.Key)
			if p.Else != "" {
				has(p.Else)
			}
			for _, a := range p.Args {
				switch a := a.(type) {
				case Term:
					has(string(a))
				case Terms:
					for _, k := range a {
						has(k)
					}
				}
			}
		}
	}
	switch f := f.(type) {
	case Say:
		parts(f.Parts)
		values := map[string]bool{}
		for _, c := range f.Choices {
			if c.Text == "" {
				has(c.Key)
			}
			if c.Value == "" || values[c.Value] {
				t.Errorf("two buttons, or none, mean %q", c.Value)
			}
			values[c.Value] = true
		}
	case Show:
		parts(f.Parts)
	case Enter:
		if f.Entry.Case == "" || f.Entry.Kind == "" {
			t.Errorf("an entry of kind %q joins the case %q", f.Entry.Kind, f.Entry.Case)
		}
	case Keep:
		if len(f.Media) == 0 {
			t.Error("nothing is to be kept")
		}
	case Summon:
		if f.Severity == cases.Unjudged {
			t.Error("somebody is sent for, with no hurry said")
		}
	}
}

// scripted makes an event of four bytes.
func scripted(s Session, b []byte, at *time.Time) channels.Event {
	waits := []time.Duration{0, time.Second, 5 * time.Second, time.Minute, time.Hour, 20 * time.Hour, 3 * 24 * time.Hour, 40 * 24 * time.Hour}
	*at = at.Add(waits[int(b[2])%len(waits)])
	e := channels.Event{Kind: channels.Said, At: *at, Message: fmt.Sprintf("m%d", b[3]%4)}
	pick := func(ss []string) string { return ss[int(b[1])%len(ss)] }
	switch b[0] {
	case 'b': // a button on show
		if cs, _ := Choices(s); len(cs) > 0 {
			e.Choice = cs[int(b[1])%len(cs)].Value
		}
	case 'o': // a button of any state, of long ago or never
		states := States()
		e.Choice = string(states[int(b[1])%len(states)]) + ":" + []string{"yes", "no", "back", "menu", "skip", "else", "TH", "danger", "x", ""}[int(b[3])%10]
	case 't':
		e.Text = pick(said)
		e.Script = []string{"", "", "my", "km", "xx"}[int(b[3])%5]
	case 'i':
		e.Text, e.Intent = "word", pick(intents)
	case 'v':
		e.Media = []channels.Media{{Ref: fmt.Sprint("f", b[1]), Type: "audio/ogg", Voice: b[1]%2 == 0, Seconds: 3}}
	case 'p':
		e.Place = &channels.Place{Lat: 13.75, Lng: 100.5, Name: pick(said)}
	case 'w':
		e.Kind, e.What = channels.Said, []string{"sticker", "contact", "poll", "", "x"}[int(b[1])%5]
	case 'k':
		e.Kind = []channels.Kind{channels.Started, channels.Edited, channels.Unsent, channels.Reacted, channels.Odd, channels.Left, channels.Returned, channels.Grouped,
			channels.Moved, channels.Changed, channels.Accepted, channels.Failed, "", "unheard of"}[int(b[1])%14]
		e.Text, e.Ref, e.Locale = said[int(b[3])%len(said)], []string{"", "K7M2QX42"}[b[3]%2], []string{"", "my", "zz"}[b[3]%3]
	case 'q': // a case asks
		e.Kind, e.What, e.Text = channels.Brought, append(questionKinds, "x")[int(b[1])%5], said[int(b[3])%len(said)]
		e.Case, e.Topic = []string{"c", "b", "gone", ""}[int(b[3])%4], []string{"pay.ot", "gone", ""}[int(b[3])%3]
		e.Facts = map[string]string{"round": "1", "amount": []string{"", "5 THB"}[int(b[3])%2]}
	case 'c': // a time has come
		e.Kind, e.What = channels.Woke, []string{"", "nudge", "extra", "checkin", "nobody", "quiet", "x"}[int(b[1])%7]
		if w := s.Wake(); w.After(*at) {
			*at, e.At = w, w
		}
	default:
		valid := strings.ToValidUTF8(string(b), "?") // platforms send JSON
		e.Text, e.Choice, e.Intent = valid, valid[1:], valid[1:]
	}
	return e
}

var said = []string{
	"", ".", "hello", "they have not paid us since March and the boss shouts", "17", "15 years old", "မင်္ဂလာပါ ကျွန်တော် လစာ မရသေးဘူး",
	"\u0301\u0301", "👍🏽", "\x00", "mango tree", strings.Repeat("a very long story ", 20), "0", "-1", "Somchai 081 234 5678",
}

var intents = []string{
	"menu", "start", "language", "repeat", "hide", "person", "fee", "mycase", "settings", "delete", "delete?", "stop", "stop?", "skip", "back", "yes", "no", "done", "solved", "danger",
	"maybe danger", "maybe selfharm", "maybe child", "maybe child sexual", "maybe sexual", "maybe injured", "maybe detained", "maybe confined", "maybe ", "maybe", "?", "mushroom",
}

// scripts are conversations worth starting from.
var scripts = []string{
	// a report, all questions skipped, sent; its status; withdrawn
	"k\x00\x01\x00b\x04\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x01\x02\x00b\x01\x02\x00" + strings.Repeat("i\x0d\x02\x00", 26) + "b\x00\x02\x00i\x07\x02\x00b\x03\x02\x00b\x00\x02\x00b\x00\x02\x00",
	// danger before anything else, and what follows
	"i\x12\x00\x00t\x03\x02\x00c\x00\x03\x00b\x01\x02\x00c\x00\x03\x00c\x00\x03\x00b\x00\x02\x00",
	// a voice note as the first thing, then everything there is in settings
	"v\x00\x00\x00b\x01\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00i\x08\x02\x00b\x01\x02\x00b\x00\x02\x00i\x08\x02\x00b\x06\x02\x00b\x00\x02\x00i\x09\x02\x00b\x02\x02\x00b\x00\x02\x00",
	// a report left lying for 40 days, and an old button
	"t\x02\x00\x00b\x04\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x01\x02\x00c\x00\x05\x00o\x09\x07\x00b\x00\x02\x00b\x00\x02\x00",
	// a report is sent; whether it is fixed is asked in the evening, answered, and asked again
	"k\x00\x01\x00b\x04\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00b\x01\x02\x00b\x00\x02\x00q\x00\x04\x01t\x03\x02\x00b\x01\x02\x00b\x01\x02\x00b\x01\x02\x00b\x00\x02\x00b\x00\x02\x00b\x01\x02\x00q\x01\x04\x01c\x00\x05\x00b\x02\x02\x00",
	// another language, a child, self-harm, one after the other
	"t\x06\x00\x00b\x00\x02\x00b\x00\x02\x00b\x00\x02\x00t\x03\x02\x02b\x00\x02\x00i\x16\x02\x00t\x04\x02\x00b\x00\x02\x00i\x14\x02\x00b\x01\x02\x00",
}

// broken are sessions as nobody should have stored them.
var broken = []string{
	`{"state":"a state that was taken out","lang":"my","consent":{"given":true},"draft":{"ID":"c","Story":[{"Text":"told"}]}}`,
	`{"state":"check","lang":"en","mark":"a question that was taken out","consent":{"given":true}}`,
	`{"state":"sub","lang":"en","group":"gone","consent":{"given":true},"draft":{"ID":"c","Kinds":["gone.too"]}}`,
	`{"state":"site","lang":"en","extra":7,"mine":[{"id":"a","ref":"AAA-222","status":"received"}]}`,
	`{"state":"site","lang":"en","extra":-7,"topic":"setting"}`,
	`{"state":"status","lang":"en","mark":"???"}`,
	`{"state":"adding","lang":"en"}`,
	`{"state":"withdraw","lang":"en","consent":{"given":true}}`,
	`{"state":"forced","lang":"en"}`,
	`{"state":"person","lang":"en","mark":""}`,
	`{"state":"verify","lang":"en","word":"x","tries":-5,"mark":"gone"}`,
	`{"state":"numbers","lang":"xx","country":"ZZ","contact":{"Country":"ZZ","Times":["always"],"Rest":"9"}}`,
	`{"state":"switch","lang":"en","offer":""}`,
	`{"state":"mycase","lang":"","mine":[{},{"ref":"A","status":"gone"},{"ref":"A"}]}`,
	`{"state":"danger","danger":{}}`,
	`{"state":"welcome","place":[{"state":"gone"},{"state":"welcome"},{"state":""}],"draft":null}`,
	`{"state":"review","lang":"en","draft":{"ID":"","Answers":{"want":{"Choices":["gone"]},"country":{"Choices":[""]}},"Checks":null,"Skipped":["gone"]}}`,
	`{"state":"language","alarms":[{"at":"0001-01-01T00:00:00Z","what":"nudge"},{"what":"extra"},{"what":"gone"}],"picked":["a","a"]}`,
	`{"state":5,"lang":["en"],"mine":{},"draft":[],"alarms":"x"}`,
	`{"state":"review","lang":"en","draft":{"ID":"c","Kinds":["gone","pay.late","","gone.too"]}}`,
	`{"state":"more","lang":"en","draft":{"ID":"c","Kinds":["gone"]}}`,
	`{"state":"surely","mark":"gone","lang":"en"}`,
	`not JSON at all`,
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// list writes out effects with their kinds.
func list(t testing.TB, fx []Effect) string {
	t.Helper()
	var b strings.Builder
	for _, f := range fx {
		fmt.Fprintf(&b, "\n%T %s", f, encode(t, f))
	}
	return b.String()
}

// TestSpareRoom gives every list of a session room to grow in, where two steps
// from one session could write over each other.
func TestSpareRoom(t *testing.T) {
	texts, err := translations.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range starts() {
		s.Place, s.Early, s.Mine = slices.Grow(s.Place, 8), slices.Grow(s.Early, 8), slices.Grow(s.Mine, 8)
		s.Picked, s.Alarms, s.Refused = slices.Grow(s.Picked, 8), slices.Grow(s.Alarms, 8), slices.Grow(s.Refused, 8)
		if d := s.Draft; d != nil {
			d.Story, d.Skipped, d.Kinds = slices.Grow(d.Story, 8), slices.Grow(d.Skipped, 8), slices.Grow(d.Kinds, 8)
		}
		for i, e := range offers(s) {
			e.ID = fmt.Sprint("e", i)
			if e.At.IsZero() {
				e.At = noon
			}
			stepped(t, texts, s, e)
		}
	}
}
