package flows

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"workervoice/cases"
)

// TestTallies plays whatever people, workers and time may do, in any order. The
// case counts at any time what its members say, and no issue is closed as
// satisfied but by the answers of its workers.
func TestTallies(t *testing.T) {
	roles := []cases.Role{cases.Helper, cases.Supervisor, cases.Partner, cases.Desk, cases.System}
	var kinds []cases.EntryKind
	for _, w := range ways {
		if !slices.Contains(kinds, w.Event) {
			kinds = append(kinds, w.Event)
		}
	}
	done := map[cases.EntryKind]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		f := newFile()
		f.opensWith(t, rapid.IntRange(1, 14).Draw(rt, "workers"), "pay.late", "hours.long")
		if rapid.IntRange(0, 3).Draw(rt, "far") > 0 {
			f.claims(t)
			f.asks(t)
		}
		spoken := false
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			was := f.c
			if rapid.IntRange(0, 5).Draw(rt, "wait") == 0 {
				f.tick(t, f.at.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "days"))*24*time.Hour))
			}
			n := anyEntry(rt, f, kinds, roles)
			if _, err := f.enter(n); err == nil {
				done[n.Kind] = true
				spoken = spoken || n.Kind == cases.Answering && n.Worker != ""
			}
			f.holds(rt)
			for _, i := range f.c.Issues {
				if old := was.Issue(i.Kind); i.Status == cases.Satisfied && (old == nil || old.Status != i.Status) && (!spoken || i.Tally.All == 0) {
					rt.Fatalf("%s was closed as satisfied by %s without a worker's word: %+v", i.Kind, n.Kind, i.Tally)
				}
			}
		}
	})
	if len(done) < 15 {
		t.Errorf("only %d kinds of entries could happen: %v", len(done), done)
	}
}

// TestStaffAlone lets people and time do all they can, telephone answers and
// their confirmation among it, while no worker says a word: nothing is closed
// as if a worker had been content.
func TestStaffAlone(t *testing.T) {
	kinds := make([]cases.EntryKind, 0, len(ways))
	for _, w := range ways {
		kinds = append(kinds, w.Event)
	}
	ended := map[cases.Status]int{}
	rapid.Check(t, func(rt *rapid.T) {
		f := newFile()
		f.opensWith(t, rapid.IntRange(1, 3).Draw(rt, "workers"), "pay.late")
		f.claims(t)
		f.asks(t)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "wait") == 0 {
				f.tick(t, f.at.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "days"))*24*time.Hour))
			}
			n := anyEntry(rt, f, kinds, []cases.Role{cases.Helper, cases.Supervisor, cases.System})
			if n.Worker != "" {
				continue
			}
			f.enter(n)
			if f.c.Status == cases.Satisfied || f.c.Status == cases.Partly {
				rt.Fatalf("%s by %s has closed the case as %s", n.Kind, n.Role, f.c.Status)
			}
		}
		ended[f.c.Status]++
	})
	if len(ended) < 2 {
		t.Errorf("hardly anything has happened: %v", ended)
	}
}

// TestTotal gives cases and members as no program has written them to every
// kind of entry. Advance never fails but with a refusal, comes to the same when
// asked again, and leaves what it was given as it was.
func TestTotal(t *testing.T) {
	kinds := []cases.EntryKind{"", "unheard of"}
	for _, w := range ways {
		kinds = append(kinds, w.Event)
	}
	status := rapid.SampledFrom(append(Statuses(), "", "unheard of"))
	code := rapid.SampledFrom([]cases.Code{"pay.late", "hours.long", unnamed, ""})
	rapid.Check(t, func(rt *rapid.T) {
		c := cases.Case{ID: "c", Status: status.Draw(rt, "status"), Severity: cases.Severity(rapid.IntRange(0, 5).Draw(rt, "severity")), Size: rapid.IntRange(0, 3).Draw(rt, "size")}
		for range rapid.IntRange(0, 3).Draw(rt, "issues") {
			c.Issues = append(c.Issues, cases.Issue{Kind: code.Draw(rt, "kind"), Status: status.Draw(rt, "of"), Check: rapid.IntRange(0, 5).Draw(rt, "check")})
			c.Clocks = append(c.Clocks, cases.Clock{What: rapid.SampledFrom([]string{"answer", "again", "what"}).Draw(rt, "clock"), Issue: code.Draw(rt, "clocked"), At: noon})
			c.Tracks = append(c.Tracks, cases.Track{With: rapid.SampledFrom([]cases.Party{cases.Employer, cases.Buyer, ""}).Draw(rt, "track")})
		}
		var m *cases.Member
		if rapid.Bool().Draw(rt, "member") {
			m = &cases.Member{Worker: "w3", Held: rapid.Bool().Draw(rt, "held"), Left: rapid.Bool().Draw(rt, "left"), Claims: []cases.Claim{{Issue: code.Draw(rt, "claim"), Status: status.Draw(rt, "claimed")}}}
		}
		n := anyEntry(rt, &file{at: noon}, kinds, []cases.Role{"", cases.Helper, cases.Supervisor, cases.System, cases.Worker, cases.Desk, "nobody"})
		n.Case, n.Key = "c", "k"
		if rapid.Bool().Draw(rt, "tells") {
			n.Report = &cases.Report{Kinds: []cases.Code{code.Draw(rt, "told")}, Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}}}
		}
		before := string(encode(t, c)) + string(encode(t, m))
		x, y, err := Advance(c, m, n)
		if err != nil && Why(err) == "" {
			rt.Fatalf("%s: %v is no refusal", n.Kind, err)
		}
		if string(encode(t, c))+string(encode(t, m)) != before {
			rt.Fatalf("%s has changed what it was given", n.Kind)
		}
		x2, y2, _ := Advance(c, m, n)
		if string(encode(t, x))+string(encode(t, y)) != string(encode(t, x2))+string(encode(t, y2)) {
			rt.Fatalf("%s comes to something else when asked again", n.Kind)
		}
	})
}

func anyEntry(rt *rapid.T, f *file, kinds []cases.EntryKind, roles []cases.Role) cases.Entry {
	w := cases.WorkerID(fmt.Sprint("w", rapid.IntRange(0, 15).Draw(rt, "who")))
	issue := rapid.SampledFrom([]cases.Code{"", "pay.late", "hours.long"}).Draw(rt, "issue")
	f.at = f.at.Add(time.Minute)
	if rapid.Bool().Draw(rt, "answers") {
		a := cases.Answered{At: f.at, Fact: rapid.SampledFrom([]string{"all", "some", "none", ""}).Draw(rt, "fact"),
			Satisfied: rapid.SampledFrom([]string{"yes", "partly", "no", ""}).Draw(rt, "satisfied"), Treated: rapid.SampledFrom([]string{"no", "no", "yes", "secret", ""}).Draw(rt, "treated"),
			Further: rapid.SampledFrom([]string{"", "on", "enough"}).Draw(rt, "further"), Again: rapid.SampledFrom([]string{"", "", "ok", "back", "punished"}).Draw(rt, "again")}
		n := cases.Entry{Kind: cases.Answering, Issue: issue, Answer: &a}
		if rapid.IntRange(0, 3).Draw(rt, "told") == 0 {
			n.Member, n.By, n.Role = w, cases.CaseworkerID(rapid.SampledFrom([]string{"nay", "om"}).Draw(rt, "by")), cases.Helper
		} else {
			n.Worker = w
		}
		return n
	}
	n := cases.Entry{Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), Issue: issue, Role: rapid.SampledFrom(roles).Draw(rt, "role"), Reason: "because",
		With: rapid.SampledFrom([]cases.Party{"", cases.Employer, cases.Buyer}).Draw(rt, "with"), Other: rapid.SampledFrom([]string{"", "union", "clinic"}).Draw(rt, "other"),
		Org: "clinic", Severity: cases.Severity(rapid.IntRange(0, 5).Draw(rt, "severity")), By: cases.CaseworkerID(rapid.SampledFrom([]string{"nay", "om"}).Draw(rt, "by")),
		Trigger: rapid.SampledFrom([]string{"", "raise yes", "raise no", "guess yes", "share yes", "reminded", "answered"}).Draw(rt, "trigger"),
		Promise: &cases.Promise{Texts: map[string]string{"en": "x"}, Who: "factory", By: f.at.Add(time.Hour)}}
	switch rapid.IntRange(0, 2).Draw(rt, "about") {
	case 0:
		n.Member = w
	case 1:
		n.Worker, n.Role, n.By, n.Org = w, "", "", ""
	}
	if n.Role == cases.System {
		n.By = ""
	}
	return n
}

// holds compares what the case counts with what its members say.
func (f *file) holds(rt *rapid.T) {
	size, heldBack, gone := 0, 0, 0
	allow := map[string]int{}
	tallies := map[cases.Code]cases.Tally{}
	for _, m := range f.ms {
		switch {
		case m.Left:
			continue
		case m.Held:
			heldBack++
			continue
		}
		size++
		gone += one(m.Lost != "")
		for _, name := range m.Consent.Allows() {
			allow[name]++
		}
		for _, c := range m.Claims {
			if i := f.c.Issue(c.Issue); i != nil && c.Status != cases.Withdrawn {
				tallies[c.Issue] = tallies[c.Issue].Plus(Counted(c, i.Round, m.Lost != ""))
			}
		}
	}
	if size != f.c.Size || heldBack != f.c.Held || gone != f.c.Lost {
		rt.Fatalf("the case counts %d workers, %d held, %d lost; there are %d, %d, %d", f.c.Size, f.c.Held, f.c.Lost, size, heldBack, gone)
	}
	if fmt.Sprint(allow) != fmt.Sprint(f.c.Allow) {
		rt.Fatalf("the case counts what workers allow as %v, they allow %v", f.c.Allow, allow)
	}
	for _, i := range f.c.Issues {
		if got := i.Tally.Minus(i.Former); got != tallies[i.Kind] {
			rt.Fatalf("the tally of %s in round %d is %+v, its workers say %+v", i.Kind, i.Round, got, tallies[i.Kind])
		}
	}
}

// BenchmarkAdvance is one answer in a case of thousands. It should take less
// than 20 µs.
func BenchmarkAdvance(b *testing.B) {
	f := newFile()
	f.opensWith(b, 30, "pay.late", "hours.long")
	f.claims(b)
	f.asks(b)
	n := answers("w3", "pay.late", "all", "yes")
	n.Case, n.Key, n.At = "c", "k", f.at
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Live(f.c, f.ms["w3"], n); err != nil {
			b.Fatal(err)
		}
	}
}
