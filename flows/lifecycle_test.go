package flows

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
)

// TestAdvance is the worker's part of the life of a case, entry by entry.
func TestAdvance(t *testing.T) {
	for _, test := range []struct {
		from  cases.Status
		entry cases.EntryKind
		want  cases.Status
		fails bool
	}{
		{"", cases.Opened, cases.Received, false},
		{"", cases.Alerted, cases.Received, false}, // danger, before there is a report
		{cases.Received, cases.Opened, cases.Received, false},
		{cases.Received, cases.Said, cases.Received, false},
		{cases.Received, cases.Withdrew, cases.Withdrawn, false},
		{cases.Received, cases.Resumed, cases.Received, true},
		{cases.Withdrawn, cases.Withdrew, cases.Withdrawn, true},
		{cases.Withdrawn, cases.Opened, cases.Withdrawn, true},
		{cases.Withdrawn, cases.Said, cases.Withdrawn, false}, // what a worker says is never refused
		{cases.Withdrawn, cases.Resumed, cases.Received, false},
		{cases.Withdrawn, cases.Erased, cases.Withdrawn, false},
		{cases.Satisfied, cases.Resumed, cases.Reopened, false},
		{cases.NotFixed, cases.Alerted, cases.Reopened, false},
		{cases.Clarification, cases.Said, cases.Heard, false},
		{"unheard of", cases.Withdrew, "unheard of", true},
	} {
		was := cases.Case{ID: "c", Status: test.from, Severity: cases.Serious}
		got, _, err := Advance(was, nil, cases.Entry{Case: "c", Kind: test.entry, Worker: "w", Severity: cases.Ordinary, At: noon})
		if got.Status != test.want || (err != nil) != test.fails || err != nil && !errors.Is(err, ErrNotNow) {
			t.Errorf("%s from %q: %q, %v", test.entry, test.from, got.Status, err)
		}
		if got.Severity != cases.Serious {
			t.Errorf("%s makes a case %s", test.entry, got.Severity)
		}
	}
}

// TestLifecycle holds the table against the vocabulary: an entry that is not in
// it could be made nowhere.
func TestLifecycle(t *testing.T) {
	for _, f := range LifecycleFaults() {
		t.Error(f)
	}
	src, err := os.ReadFile("../cases/entries.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[cases.EntryKind]bool{}
	for _, line := range strings.Split(string(src), "\n") {
		_, rest, ok := strings.Cut(line, `EntryKind = "`)
		if kind, _, _ := strings.Cut(rest, `"`); ok {
			known[cases.EntryKind(kind)] = true
			if !slices.ContainsFunc(ways, func(w Way) bool { return string(w.Event) == kind }) {
				t.Errorf("%s stands nowhere in lifecycle.tsv", kind)
			}
		}
	}
	for _, w := range ways {
		if !known[w.Event] {
			t.Errorf("lifecycle.tsv has %s, which is no kind of entry", w.Event)
		}
		if w.To == cases.Satisfied && w.From != cases.Satisfied && !slices.Equal(w.Who, []cases.Role{cases.System}) {
			t.Errorf("%v may close an issue as satisfied", w.Who)
		}
	}
	stuck := slices.DeleteFunc(Ways(), func(w Way) bool { return w.From == cases.Checking && !w.To.Open() || w.To == cases.Unverified })
	got := strings.Join(lifeFaults(stuck), "\n")
	if !strings.Contains(got, "no issue ever comes to closed_unverified") {
		t.Errorf("what nobody comes to is not found: %s", got)
	}
	stuck = slices.DeleteFunc(Ways(), func(w Way) bool { return w.From == cases.NoContact })
	if got := strings.Join(lifeFaults(stuck), "\n"); !strings.Contains(got, "cannot open again what is no_contact") {
		t.Errorf("what cannot be opened again is not found: %s", got)
	}
}

// TestMachine holds the machine to the table it was made of.
func TestMachine(t *testing.T) {
	for _, w := range ways {
		if to, err := life.next(stateOf(w.From), Event(w.Event)); err != nil || to != State(w.To) {
			t.Errorf("%s from %q leads to %q, %v; the table says %q", w.Event, w.From, to, err, w.To)
		}
	}
}

func TestBadTables(t *testing.T) {
	for _, table := range []string{"raised\tnowhere\traised\tworker", "raised\topen\tnowhere\tworker", "raised\topen\traised\tnobody", "raised\topen\traised",
		"raised\treceived\traised\tworker\nraised\treceived\tresponded\tworker"} {
		if fault := panics(func() { parseLifecycle(table) }); !strings.Contains(fault, "lifecycle.tsv line") {
			t.Errorf("%q passes: %s", table, fault)
		}
	}
	for _, table := range []string{"first\treceived\tperson\t1h", "first\tnowhere\tperson\t1h\t1h\t1h\t1h\t1h", "first\treceived\tnobody\t1h\t1h\t1h\t1h\t1h", "first\treceived\tbot\t1x\t1h\t1h\t1h\t1h"} {
		if fault := panics(func() { parseClocks(table) }); !strings.Contains(fault, "clocks.tsv line") {
			t.Errorf("%q passes: %s", table, fault)
		}
	}
}

func panics(f func()) (fault string) {
	defer func() { fault = fmt.Sprint(recover()) }()
	f()
	return ""
}

// A file is a case with its members, played without a store.
type file struct {
	c    cases.Case
	ms   map[cases.WorkerID]*cases.Member
	at   time.Time
	said []cases.Entry
}

func newFile() *file { return &file{ms: map[cases.WorkerID]*cases.Member{}, at: noon} }

func (f *file) enter(n cases.Entry) ([]Follow, error) {
	n.Case, n.Key = "c", fmt.Sprint("k", len(f.said))
	if n.At.IsZero() {
		n.At = f.at
	}
	w := About(n)
	ch, err := Live(f.c, f.ms[w], n)
	if err != nil {
		return nil, err
	}
	f.c = ch.Case
	f.said = append(f.said, ch.Entries...)
	if ch.Member != nil {
		f.ms[w] = ch.Member
		if ch.Member.Left && len(ch.Member.Claims) == 0 {
			delete(f.ms, w)
		}
	}
	return ch.Follow, nil
}

// staff is an entry by a person in a role.
func staff(role cases.Role, kind cases.EntryKind) cases.Entry {
	return cases.Entry{Kind: kind, By: "nay", Role: role, Reason: "because", Org: "clinic"}
}

// opensWith begins a case with workers who all agree to everything.
func (f *file) opensWith(t testing.TB, workers int, kinds ...cases.Code) {
	t.Helper()
	for i := range workers {
		w := cases.WorkerID(fmt.Sprint("w", i))
		n := cases.Entry{Kind: cases.Opened, Worker: w, Lang: "my", Report: &cases.Report{Kinds: kinds, Severity: cases.Serious,
			Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"some"}}}}}
		if i > 0 {
			n.Kind = cases.Joined
		}
		f.must(t, n)
	}
}

func (f *file) must(t testing.TB, n cases.Entry) []Follow {
	t.Helper()
	fs, err := f.enter(n)
	if err != nil {
		t.Fatalf("%s: %v", n.Kind, err)
	}
	return fs
}

// claims takes every issue to where the workers are asked.
func (f *file) claims(t testing.TB) {
	t.Helper()
	for _, n := range []cases.Entry{staff(cases.Helper, cases.Acknowledged), staff(cases.Helper, cases.Raised), staff(cases.Helper, cases.Responded),
		{Kind: cases.Planned, By: "nay", Role: cases.Helper, Promise: &cases.Promise{Texts: map[string]string{"en": "wages"}, Who: "factory", By: f.at.Add(48 * time.Hour)}},
		staff(cases.Helper, cases.Claimed)} {
		f.must(t, n)
	}
	f.tick(t, f.at.Add(5*24*time.Hour))
}

// asks puts the questions to everybody, as the bot does.
func (f *file) asks(t testing.TB) {
	for w := range f.ms {
		f.must(t, cases.Entry{Kind: cases.Polled, Member: w, Role: cases.System})
	}
}

// tick lets time pass, with all that the bot does meanwhile.
func (f *file) tick(t testing.TB, until time.Time) {
	t.Helper()
	for range 1000 {
		at := Next(f.c)
		if at.IsZero() || at.After(until) {
			f.at = until
			return
		}
		f.at = at
		var k cases.Clock
		for _, k = range f.c.Clocks {
			if !k.Human && k.At.Equal(at) {
				break
			}
		}
		n := Ring(f.c, k, at)
		if n.Kind != "" {
			if _, err := f.enter(n); err != nil {
				t.Errorf("%s by the clock %s of a case that is %s: %v", n.Kind, k.What, f.c.Status, err)
			}
		}
		f.c = Stop(f.c, k)
	}
	t.Errorf("the clocks of a case that is %s do not come to rest", f.c.Status)
}

func answers(w cases.WorkerID, issue cases.Code, fact, satisfied string) cases.Entry {
	return cases.Entry{Kind: cases.Answering, Worker: w, Issue: issue, Answer: &cases.Answered{Fact: fact, Satisfied: satisfied, Treated: "no"}}
}

// TestLife is a case of one worker from the report to the last question, twelve
// weeks after it was closed.
func TestLife(t *testing.T) {
	f := newFile()
	f.opensWith(t, 1, "pay.late")
	f.claims(t)
	if f.c.Status != cases.Checking || len(f.c.Tracks) != 1 || f.c.Tracks[0].State != cases.TrackAgreed {
		t.Fatalf("the workers are not asked: %s, %v", f.c.Status, f.c.Tracks)
	}
	f.asks(t)
	f.must(t, answers("w0", "pay.late", "all", "yes"))
	if f.c.Status != cases.Satisfied {
		t.Fatalf("a worker who has all of it leaves the case %s", f.c.Status)
	}
	f.tick(t, f.at.Add(100*24*time.Hour))
	if n := f.c.Issues[0].Weeks; n != 3 || f.c.Status != cases.Satisfied {
		t.Errorf("asked %d times whether it is still so, now %s", n, f.c.Status)
	}
	f.must(t, cases.Entry{Kind: cases.Answering, Worker: "w0", Answer: &cases.Answered{At: f.at, Again: "back"}})
	if f.c.Status != cases.Reopened {
		t.Errorf("it came back, and the case is %s", f.c.Status)
	}
}

// TestSilence closes a case whose worker says nothing, and never as satisfied.
func TestSilence(t *testing.T) {
	f := newFile()
	f.opensWith(t, 1, "pay.late")
	f.claims(t)
	f.asks(t)
	f.tick(t, f.at.Add(60*24*time.Hour))
	if f.c.Status != cases.Unverified {
		t.Errorf("after silence the case is %s", f.c.Status)
	}
	asked := 0
	for _, n := range f.said {
		if n.Kind == cases.Checked {
			asked++
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, not 3", asked)
	}
	f.must(t, answers("w0", "pay.late", "all", "yes")) // after all
	if f.c.Status != cases.Satisfied {
		t.Errorf("a late answer leaves the case %s", f.c.Status)
	}
}

// TestGuards is what may not happen, and the sentence that says what to do.
func TestGuards(t *testing.T) {
	f := newFile()
	n := cases.Entry{Kind: cases.Opened, Worker: "w", Severity: cases.Serious, Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}}
	f.must(t, n)
	f.must(t, staff(cases.Helper, cases.Acknowledged))
	refused := func(n cases.Entry, is error, why string) {
		t.Helper()
		was := fmt.Sprint(f.c)
		if _, err := f.enter(n); !errors.Is(err, is) || !strings.Contains(Why(err), why) {
			t.Errorf("%s by %s: %v, want one that says %q", n.Kind, n.Role, err, why)
		}
		if fmt.Sprint(f.c) != was {
			t.Errorf("%s was refused and has changed the case", n.Kind)
		}
	}
	raise, sup := staff(cases.Helper, cases.Raised), staff(cases.Supervisor, cases.Raised)
	refused(raise, ErrNotNow, "ask first")
	f.must(t, cases.Entry{Kind: cases.Chose, Worker: "w", Trigger: "raise yes"})
	refused(raise, ErrNotAllowed, "a supervisor decides")
	refused(sup, ErrNotNow, "may guess")
	f.must(t, cases.Entry{Kind: cases.Chose, Worker: "w", Trigger: "guess yes"})
	f.must(t, cases.Entry{Kind: cases.Alerted, Worker: "w", Severity: cases.Danger})
	refused(sup, ErrNotNow, "resolve that first")
	f.must(t, staff(cases.Helper, cases.Taken))
	f.must(t, staff(cases.Helper, cases.Resolved))
	lower := staff(cases.Helper, cases.Judged)
	lower.Severity = cases.Ordinary
	refused(lower, ErrNotAllowed, "supervisor")
	lower.Role = cases.Supervisor
	f.must(t, lower)
	f.must(t, sup)
	refused(staff(cases.Helper, cases.Claimed), ErrNotNow, "plan or in_progress")
	refused(staff(cases.Helper, cases.GaveUp), ErrNotAllowed, "supervisor")
	escalate := staff(cases.Supervisor, cases.Escalated)
	escalate.With = cases.Buyer
	refused(escalate, ErrNotNow, "ask first")
	f.must(t, cases.Entry{Kind: cases.Chose, Worker: "w", Trigger: "share yes", With: cases.Buyer})
	f.must(t, escalate)
	if len(f.c.Tracks) != 2 || f.c.Status != cases.WithEmployer {
		t.Errorf("with the buyer beside the employer: %s, %v", f.c.Status, f.c.Tracks)
	}
	for range rounds {
		f.must(t, staff(cases.Helper, cases.Responded))
		f.must(t, staff(cases.Helper, cases.Refused))
	}
	f.must(t, staff(cases.Helper, cases.Responded))
	refused(staff(cases.Helper, cases.Refused), ErrNotNow, "escalates it, or closes")
	refused(staff("", cases.Noted), ErrNotAllowed, "")
	refused(staff(cases.Helper, cases.Planned), ErrNotNow, "by when")
	refused(cases.Entry{Kind: cases.Validated, Role: cases.System, Issue: "pay.late"}, ErrNotNow, "")
}

// TestPunished pauses what goes on with the employer, gives the worker a case
// of her own, and waits for a supervisor.
func TestPunished(t *testing.T) {
	f := newFile()
	f.opensWith(t, 1, "pay.late")
	f.must(t, staff(cases.Helper, cases.Acknowledged))
	f.must(t, staff(cases.Helper, cases.Raised))
	fs := f.must(t, cases.Entry{Kind: cases.Retaliated, Worker: "w0"})
	i := slices.IndexFunc(fs, func(f Follow) bool { return f.What == FollowChild })
	if i < 0 || fs[i].Open.Case == "c" || fs[i].Open.Severity != cases.Violence || !f.c.Paused || !f.c.Tracks[0].Paused {
		t.Fatalf("a worker was punished: %v, paused %v", fs, f.c.Paused)
	}
	child, m, err := Advance(cases.Case{}, nil, *fs[i].Open)
	if err != nil || child.Parent != "c" || child.Kinds[0] != revenge || m.Worker != "w0" {
		t.Errorf("the case of its own: %v, %v", child, err)
	}
	deal := staff(cases.Helper, cases.Resolved)
	deal.Member = "w0"
	if _, err := f.enter(deal); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a caseworker deals with it: %v", err)
	}
	deal.Role = cases.Supervisor
	f.must(t, deal)
	if f.c.Paused || f.c.Tracks[0].Paused {
		t.Error("what a supervisor has dealt with still pauses the case")
	}
}

// TestClocks is when somebody has to act, and that it ends with the deed.
func TestClocks(t *testing.T) {
	f := newFile()
	f.opensWith(t, 6, "pay.late", "hours.long")
	due := func(what string) time.Duration {
		for _, k := range f.c.Clocks {
			if k.What == what {
				return k.At.Sub(noon)
			}
		}
		return 0
	}
	const day = 24 * time.Hour
	if due("first") != day || f.c.Due.Sub(noon) != day || due("news") != 5*day {
		t.Errorf("first reply after %v, news after %v", due("first"), due("news"))
	}
	worse := staff(cases.Helper, cases.Judged)
	worse.Severity = cases.Violence
	f.must(t, worse)
	if due("first") != 2*time.Hour {
		t.Errorf("a case that has become worse waits %v", due("first"))
	}
	f.at = noon.Add(time.Hour)
	f.must(t, staff(cases.Helper, cases.Acknowledged))
	if due("first") != 0 || due("plan") != 25*time.Hour || due("raise") != 25*time.Hour {
		t.Errorf("after the first reply: first %v, plan %v, raise %v", due("first"), due("plan"), due("raise"))
	}
	f.must(t, staff(cases.Helper, cases.Raised))
	if due("plan") != 0 || due("answer") != 25*time.Hour || due("reminder") != 13*time.Hour {
		t.Errorf("with the employer: plan %v, answer %v, reminder %v", due("plan"), due("answer"), due("reminder"))
	}
	f.tick(t, noon.Add(2*day))
	if f.c.Tracks[0].State != cases.TrackSilent || f.said[len(f.said)-1].Kind != cases.Lapsed {
		t.Errorf("an employer who does not answer: %v", f.c.Tracks)
	}
}
