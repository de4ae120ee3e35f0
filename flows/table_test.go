package flows

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

var update = flag.Bool("update", false, "write the diagram anew")

// noon is when conversations in these tests begin.
var noon = time.Date(2026, 11, 19, 5, 0, 0, 0, time.UTC)

// follow has every event that the table does not have fail the test, and
// returns the rows of the table that are used from now on.
func follow(t testing.TB) (used map[string]bool) {
	t.Helper()
	was := followed
	used = map[string]bool{}
	followed = func(from State, e Event, to State, err error) {
		if err != nil {
			t.Errorf("%q may not happen in state %q, and was passed over in silence", e, from)
		}
		used[fmt.Sprintf("%s -%s-> %s", from, e, to)] = true
	}
	t.Cleanup(func() { followed = was })
	return used
}

// TestTable holds the table against the screens: a state that one has and the
// other has not would be one that nobody gets out of, and an event that the
// table does not have would change nothing and tell nobody.
func TestTable(t *testing.T) {
	used, known := follow(t), map[string]bool{}
	for _, e := range transitions(intake) {
		for _, src := range e.Src {
			known[src] = true
		}
		known[e.Dst] = true
	}
	for _, s := range States() {
		if !known[string(s)] {
			t.Errorf("state %s has a screen and is not in the table", s)
		}
		delete(known, string(s))
		switch scr := screens[s]; {
		case s == grouped: // nothing is asked there
		case scr.show == nil || scr.choices == nil || scr.read == nil:
			t.Errorf("state %s asks nothing, or cannot be answered with a button", s)
		}
	}
	for s := range known {
		t.Errorf("state %s is in the table and has no screen", s)
	}
	for s := range passing {
		if screens[s].read == nil && s != grouped {
			t.Errorf("nothing comes back to %s, which does not exist", s)
		}
	}
	walk(5000)
	for _, row := range rows() {
		if !used[row] {
			t.Errorf("the table has %s, which no conversation uses", row)
		}
	}
}

// rows are the lines of the table that lead somewhere by themselves, one for
// each state in which an event may happen.
func rows() (rs []string) {
	for _, e := range transitions(intake) {
		if strings.HasPrefix(e.Name, "to ") || strings.HasPrefix(e.Name, "edit ") {
			continue
		}
		for _, src := range e.Src {
			if _, q := find(State(src)); q && e.Name == finish { // of every question, whether the review offers it or not
				continue
			}
			rs = append(rs, src+" -"+e.Name+"-> "+e.Dst)
		}
	}
	return rs
}

// walk presses every button it comes to and sends everything a worker may, in
// up to n conversations.
func walk(n int) {
	seen := map[string]bool{}
	for queue := starts(); len(queue) > 0 && n > 0; n-- {
		s := queue[0]
		queue = queue[1:]
		for i, e := range offers(s) {
			e.ID = fmt.Sprint(n, "/", i)
			if e.At.IsZero() {
				e.At = noon
			}
			next, _ := Step(s, e)
			next.LastAt = time.Time{} // nobody presses in a hurry
			if sig := sketch(next); !seen[sig] {
				seen[sig] = true
				queue = append(queue, next)
			}
		}
	}
}

// starts are where walks begin: with nothing, and at every question of a report.
func starts() (ss []Session) {
	ss = []Session{{}}
	for _, state := range States() {
		s := Session{State: state, Lang: "en", Seen: noon, Consent: Consent{Given: true}, Country: "TH", Mark: "danger",
			Draft:  &cases.Report{ID: "c", Kinds: []cases.Code{"sex.words"}},
			Refers: []Refer{{Case: "b", Org: "legal", Name: "Legal Clinic"}},
			Join:   &Joining{Invite: cases.Invite{Case: "j", Code: "K7M2QX42", Open: true, Kinds: []cases.Code{"pay.ot", "hours.norest"}, Band: "11-50"}, Report: &cases.Report{ID: "j"}}}
		ss = append(ss, s)
		s.Mine = []Mine{{ID: "b", Ref: "AAA-222", Status: cases.Received, Severity: cases.Serious, Report: &cases.Report{ID: "b"}}}
		ss = append(ss, s)
	}
	bare := Session{State: joining, Lang: "en", Seen: noon, Consent: Consent{Given: true}, Join: &Joining{Invite: cases.Invite{Case: "j", Open: true}, Report: &cases.Report{ID: "j"}}}
	last := bare.Copy()
	last.State, last.Join.Kinds = joinissue, []cases.Code{"pay.ot"}
	again := bare.Copy()
	again.State, again.Mine = joinname, []Mine{{ID: "b", Ref: "AAA-222", Status: cases.Received, Severity: cases.Serious, Report: &cases.Report{ID: "b", Answers: map[string]cases.Answer{"reply": {Choices: []string{"yes"}}}}}}
	return append(append(asked1(), ss...), bare, last, again)
}

// offers are what a worker may do in s: press, write, record, send what is no
// text, use words that are commands, wait.
func offers(s Session) (es []channels.Event) {
	cs, _ := Choices(s)
	for _, c := range cs {
		es = append(es, channels.Event{Kind: channels.Said, Choice: c.Value})
	}
	es = append(es,
		channels.Event{Kind: channels.Said, Text: "they have not paid us since March"},
		channels.Event{Kind: channels.Said, Media: []channels.Media{{Ref: "v", Type: "audio/ogg", Voice: true}}},
		channels.Event{Kind: channels.Said, Intent: "maybe danger", Text: "he will kill me"},
		channels.Event{Kind: channels.Said, Script: "km", Text: "ខ្ញុំចង់និយាយភាសាខ្មែរ"},
		channels.Event{Kind: channels.Odd, What: "sticker"},
		channels.Event{Kind: channels.Woke, At: s.Wake()},
	)
	for _, in := range []string{"danger", "menu", "language", "repeat", "hide", "person", "fee", "mycase", "settings", "delete", "stop", "skip", "back", "yes", "no", "done", "start", "solved"} {
		es = append(es, channels.Event{Kind: channels.Said, Intent: in, Text: in})
	}
	return es
}

// sketch is what of s decides, roughly, how it goes on.
func sketch(s Session) string {
	r, about := s.Draft, ""
	if i := slices.IndexFunc(s.Checks, func(c Check) bool { return c.key() == s.Mark }); i >= 0 {
		about = s.Checks[i].What + Says(s.Checks[i].Answer)
	}
	return fmt.Sprint(s.State, about, s.Mark == "told", s.Lang == "", s.Consent.Given, len(s.Mine) > 0, r != nil, s.Danger != nil, s.Extra > 0, s.Edit, s.Word != "",
		r != nil && len(r.Kinds) > 0, len(s.Place) > 0, s.Join != nil && s.Join.N > 0)
}

// TestDiagram holds the drawing in the documentation to the table.
func TestDiagram(t *testing.T) {
	const file = "testdata/conversation.mmd"
	got := Diagram()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the conversation has changed: read the difference, then run go test ./flows -update\n%s", got)
	}
}
