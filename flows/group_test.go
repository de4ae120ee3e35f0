package flows

import (
	"fmt"
	"testing"
	"time"

	"workervoice/cases"
)

// A group is a case with its members, driven entry by entry as the store does.
type group struct {
	*testing.T
	c  cases.Case
	ms map[cases.WorkerID]*cases.Member
	at time.Time
	n  int
}

func (g *group) does(n cases.Entry) (kinds []cases.EntryKind, fs []Follow) {
	g.Helper()
	g.n++
	n.Case, n.Key = "c", fmt.Sprint("e", g.n)
	if n.At.IsZero() {
		n.At = g.at
	}
	w := About(n)
	ch, err := Live(g.c, g.ms[w], n)
	if err != nil {
		g.Fatalf("%s: %v", n.Kind, err)
	}
	g.c = ch.Case
	if w != "" && ch.Member != nil {
		g.ms[w] = ch.Member
	}
	for _, e := range ch.Entries {
		kinds = append(kinds, e.Kind)
	}
	return kinds, ch.Follow
}

func (g *group) staff(by cases.Role, n cases.Entry) ([]cases.EntryKind, []Follow) {
	g.Helper()
	n.By, n.Role, n.Org = "nay", by, "clinic"
	return g.does(n)
}

func (g *group) says(w cases.WorkerID, fact, satisfied, treatedBadly string) ([]cases.EntryKind, []Follow) {
	g.Helper()
	return g.does(cases.Entry{Kind: cases.Answering, Worker: w, Issue: "pay.ot", Answer: &cases.Answered{At: g.at, Fact: fact, Satisfied: satisfied, Treated: treatedBadly}})
}

// newGroup has n workers whose employer says that it is fixed, and who have
// been asked.
func newGroup(t *testing.T, n int) *group {
	g := &group{T: t, ms: map[cases.WorkerID]*cases.Member{}, at: evening}
	for i := range n {
		r := &cases.Report{Kinds: []cases.Code{"pay.ot"}, Severity: cases.Serious, Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"many"}}}}
		kind := cases.Joined
		if i == 0 {
			kind = cases.Opened
		}
		g.does(cases.Entry{Kind: kind, Worker: cases.WorkerID(fmt.Sprint("w", i)), Org: "clinic", Report: r})
	}
	for _, k := range []cases.EntryKind{cases.Acknowledged, cases.Raised, cases.Responded, cases.Planned, cases.Claimed} {
		g.staff(cases.Helper, cases.Entry{Kind: k, Promise: &cases.Promise{Texts: map[string]string{"en": "back pay"}, Who: "factory", By: g.at.Add(time.Hour)}})
	}
	g.at = g.at.AddDate(0, 0, 4)
	g.does(cases.Entry{Kind: cases.Checked, Role: cases.System})
	for i := range n {
		g.does(cases.Entry{Kind: cases.Polled, Role: cases.System, Member: cases.WorkerID(fmt.Sprint("w", i))})
	}
	return g
}

// rings lets time go on, and the case's clocks ring.
func (g *group) rings(d time.Duration) (fs []Follow) {
	g.Helper()
	end := g.at.Add(d)
	for next := Next(g.c); !next.IsZero() && !next.After(end); next = Next(g.c) {
		g.at = next
		for _, k := range g.c.Clocks {
			if !k.Human && !k.At.After(g.at) {
				if n := Ring(g.c, k, g.at); n.Kind != "" && n.Kind != cases.Silent {
					_, more := g.does(n)
					fs = append(fs, more...)
				}
				g.c = Stop(g.c, k)
				break
			}
		}
	}
	g.at = end
	return fs
}

// TestStoryOf900 is acceptance story A8 from the employer's word to the end: of
// 900 who are asked 410 answer, 331 of them in full; 79 keep what is open to
// them, and 3 who were punished hold the closing until a supervisor has seen
// to it.
func TestStoryOf900(t *testing.T) {
	g := newGroup(t, 900)
	children, splits := 0, 0
	for n := range 410 {
		fact, satisfied, treated := "all", "yes", "no"
		switch {
		case n >= 383:
			fact, satisfied = "none", ""
		case n >= 331:
			fact, satisfied = "some", "partly"
		}
		if n >= 330 && n < 333 {
			treated = "yes"
		}
		g.at = g.at.Add(time.Minute)
		_, fs := g.says(cases.WorkerID(fmt.Sprint("w", n)), fact, satisfied, treated)
		for _, f := range fs {
			children += one(f.What == FollowChild)
		}
	}
	i := g.c.Issue("pay.ot")
	if i.Status != cases.Checking || children != 3 || !g.c.Paused || g.c.Track(cases.Employer) == nil || !g.c.Track(cases.Employer).Paused {
		t.Fatalf("%s, %d cases of retaliation, paused %v", i.Status, children, g.c.Paused)
	}
	looks := 0
	for _, k := range g.c.Clocks {
		looks += one(k.What == "look" && k.Human)
	}
	if looks != 1 {
		t.Errorf("%d clocks call a person to those who say no", looks)
	}
	g.rings(8 * 24 * time.Hour)
	if i := g.c.Issue("pay.ot"); i.Status != cases.Checking {
		t.Fatal("it is closed though workers were punished:", i.Status)
	}
	for n := range 3 {
		kinds, fs := g.staff(cases.Supervisor, cases.Entry{Kind: cases.Resolved, Member: cases.WorkerID(fmt.Sprint("w", 330+n)), Reason: "moved to another line"})
		for _, f := range fs {
			splits += one(f.What == FollowSplit)
		}
		if done := len(kinds) > 1 && kinds[1] == cases.Validated; done != (n == 2) {
			t.Errorf("after %d of 3 are dealt with: %v", n+1, kinds)
		}
	}
	i = g.c.Issue("pay.ot")
	if i.Status != cases.Satisfied || g.c.Paused || splits != 1 {
		t.Fatalf("%s, paused %v, split %d times", i.Status, g.c.Paused, splits)
	}
	open := 0
	for _, m := range g.ms {
		open += one(m.Claims[0].Status == cases.Reopened)
	}
	r := i.Tally.Rates()
	if got := fmt.Sprintf("%d open, %.0f %% of %.0f %% satisfied, %.0f to %.0f, gap %.0f", open, 100*r.Validated, 100*r.Response, 100*r.Low, 100*r.High, 100*r.Gap); got !=
		"79 open, 81 % of 46 % satisfied, 78 to 83, gap 19" {
		t.Error(got)
	}
}

// TestPartsOnce closes the issue of a group by its clock, in which some have
// said no: they are sent off once, and again only when one more says no.
func TestPartsOnce(t *testing.T) {
	g := newGroup(t, 100)
	splits := func(fs []Follow) (n int) {
		for _, f := range fs {
			n += one(f.What == FollowSplit && f.Issue == "pay.ot")
		}
		return n
	}
	for n := range 40 {
		fact, satisfied := "all", "yes"
		if n < 3 {
			fact, satisfied = "none", ""
		}
		g.at = g.at.Add(time.Hour)
		if _, fs := g.says(cases.WorkerID(fmt.Sprint("w", n)), fact, satisfied, "no"); splits(fs) != 0 {
			t.Fatal("somebody is sent off while others are still asked")
		}
	}
	fs := g.rings(8 * 24 * time.Hour)
	if i := g.c.Issue("pay.ot"); i.Status != cases.Satisfied || splits(fs) != 1 {
		t.Fatalf("a week later it is %s, and %d times somebody is sent off", i.Status, splits(fs))
	}
	for n, c := range []struct {
		fact, satisfied string
		want            int
	}{{"all", "yes", 0}, {"none", "", 1}, {"all", "yes", 0}} {
		g.at = g.at.Add(time.Hour)
		if _, fs := g.says(cases.WorkerID(fmt.Sprint("w", 50+n)), c.fact, c.satisfied, "no"); splits(fs) != c.want {
			t.Errorf("later word %d, %q: %d times somebody is sent off, want %d", n, c.fact, splits(fs), c.want)
		}
	}
	if _, fs := g.says("w51", "none", "", "yes"); splits(fs) != 0 {
		t.Error("more words of the same worker send the worker off again")
	}
	if _, fs := g.does(cases.Entry{Kind: cases.Split, Role: cases.System, Issue: "pay.ot", Other: "c2"}); splits(fs) != 0 {
		t.Error("that some were sent off sends them off again, and so for ever")
	}
	for _, name := range []string{FollowChild, FollowSplit, FollowPressure} {
		if concerns[cases.EntryKind(name)] {
			t.Errorf("%s is also the name of an entry", name)
		}
	}
}

// TestNobodyAnswers asks three times in three weeks, and then closes without calling
// anybody satisfied. Whoever answers later is heard.
func TestNobodyAnswers(t *testing.T) {
	g := newGroup(t, 3)
	g.rings(30 * 24 * time.Hour)
	if i := g.c.Issue("pay.ot"); i.Status != cases.Unverified || i.Tally.All != 0 {
		t.Fatalf("%s, %+v", i.Status, i.Tally)
	}
	g.says("w1", "none", "", "no")
	if i := g.c.Issue("pay.ot"); i.Status != cases.Reopened || g.ms["w1"].Claims[0].Status != cases.Reopened {
		t.Error("a no after the silence leaves it", i.Status)
	}
}

// TestRush asks those who give good answers within minutes of one another
// whether somebody said what to answer.
func TestRush(t *testing.T) {
	for name, c := range map[string]struct {
		of   int
		gap  time.Duration
		want int
	}{
		"five of six within minutes":   {6, time.Minute, 3},
		"five of six within some days": {6, 20 * time.Hour, 0},
		"five of a hundred":            {100, time.Minute, 0},
	} {
		g := newGroup(t, c.of)
		asked := 0
		for n := range 5 {
			g.at = g.at.Add(c.gap)
			_, fs := g.says(cases.WorkerID(fmt.Sprint("w", n)), "all", "yes", "no")
			for _, f := range fs {
				asked += one(f.What == FollowPressure && f.Worker == cases.WorkerID(fmt.Sprint("w", n)))
			}
		}
		if asked != c.want {
			t.Errorf("%s: %d are asked, want %d", name, asked, c.want)
		}
	}
}

// TestOwnWordCloses lets the only worker of a case say that it is fixed before
// the employer has said anything, and then that it is not.
func TestOwnWordCloses(t *testing.T) {
	g := &group{T: t, ms: map[cases.WorkerID]*cases.Member{}, at: evening}
	g.does(cases.Entry{Kind: cases.Opened, Worker: "w0", Org: "clinic", Report: &cases.Report{Kinds: []cases.Code{"pay.ot"}}})
	if kinds, _ := g.says("w0", "all", "yes", ""); len(kinds) != 1 {
		t.Error("closed between two questions:", kinds)
	}
	if kinds, _ := g.says("w0", "all", "yes", "no"); g.c.Status != cases.Satisfied {
		t.Errorf("%v leaves it %s", kinds, g.c.Status)
	}
	g.at = g.at.AddDate(0, 9, 0)
	if kinds, _ := g.says("w0", "none", "", ""); g.c.Status != cases.Reopened || g.c.Issues[0].Round != 1 {
		t.Errorf("%v leaves it %s in round %d", kinds, g.c.Status, g.c.Issues[0].Round)
	}
	if due := g.c.Due.Sub(g.at); due <= 0 || due > time.Hour {
		t.Error("a person looks within", due)
	}
	g.staff(cases.Helper, cases.Entry{Kind: cases.Answering, Member: "w0", Issue: "pay.ot", Answer: &cases.Answered{At: g.at.Add(time.Hour), Fact: "all", Satisfied: "yes"}})
	if g.c.Status != cases.Reopened {
		t.Error("a caseworker's word outdoes the worker's:", g.c.Status)
	}
}

// TestPunishedAfterStopping hears a worker who stopped the case, and is asked
// two weeks later: a case of its own is opened about it.
func TestPunishedAfterStopping(t *testing.T) {
	g := &group{T: t, ms: map[cases.WorkerID]*cases.Member{}, at: evening}
	g.does(cases.Entry{Kind: cases.Opened, Worker: "w0", Org: "clinic", Report: &cases.Report{Kinds: []cases.Code{"pay.ot"}}})
	g.does(cases.Entry{Kind: cases.Withdrew, Worker: "w0"})
	children := 0
	_, fs := g.says("w0", "", "", "yes")
	for _, f := range fs {
		children += one(f.What == FollowChild)
	}
	if children != 1 || g.c.Status != cases.Withdrawn {
		t.Errorf("%d cases are opened; the one that was stopped is %s", children, g.c.Status)
	}
}
