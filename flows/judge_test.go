package flows

import (
	"fmt"
	"math"
	"testing"
	"time"

	"workervoice/cases"
)

// say is what a worker answers, in short: without retaliation.
func say(at time.Time, fact, satisfied string) cases.Answered {
	return cases.Answered{At: at, Fact: fact, Satisfied: satisfied, Treated: "no"}
}

// TestEveryAnswer goes through all combinations of what a single worker can
// answer about a single problem, and what becomes of both.
func TestEveryAnswer(t *testing.T) {
	n := 0
	for _, fact := range []string{"", "all", "some", "none"} {
		for _, got := range []string{"", "all", "some", "none"} {
			for _, satisfied := range []string{"", "yes", "partly", "no"} {
				for _, treated := range []string{"", "yes", "no", "secret"} {
					for _, further := range []string{"", "on", "enough"} {
						for _, pressed := range []string{"", "yes", "no"} {
							n++
							a := cases.Answered{At: noon, Fact: fact, Got: got, Satisfied: satisfied, Treated: treated, Further: further, Pressed: pressed}
							everyAnswer(t, a)
						}
					}
				}
			}
		}
	}
	if n != 4*4*4*4*3*3 {
		t.Fatal(n, "combinations")
	}
}

func everyAnswer(t *testing.T, a cases.Answered) {
	t.Helper()
	full := a.Fact == "all" && a.Satisfied == "yes" && (a.Got == "" || a.Got == "all")
	bad := a.Fact == "none" || a.Satisfied == "no"
	partly := !bad && (a.Fact == "some" || a.Satisfied == "partly" || a.Got == "some" || a.Got == "none")
	i := cases.Issue{Kind: "pay.ot", Status: cases.Checking, Since: noon.Add(-time.Hour), Round: 1, Check: 1, Tally: cases.Tally{Members: 1, Asked: 1, Fixed: 1}}
	i, c, v := Answer(i, cases.Claim{Issue: "pay.ot", Status: cases.Checking, Round: 1, Asked: 1, Fixed: true}, a, false)
	var claim cases.Status
	var then cases.EntryKind
	switch {
	case a.Pressed == "yes":
		claim, then = cases.Reopened, cases.Disputed
	case bad, partly && a.Further != "enough":
		claim, then = cases.Reopened, cases.Disputed
	case !full && !partly: // too early to say
		claim, then = cases.Checking, ""
	case a.Treated == "yes", full && a.Treated == "":
		claim, then = cases.Checking, ""
	case full:
		claim, then = cases.Satisfied, cases.Validated
	default:
		claim, then = cases.Partly, cases.Settled
	}
	if c.Status != claim || v.Then != then || (c.Hurt == "open") != (a.Treated == "yes") {
		t.Errorf("%+v: the claim is %s and %q, the issue %q; want %s, %q", a, c.Status, c.Hurt, v.Then, claim, then)
	}
	if (v.Then == cases.Validated || c.Status == cases.Satisfied || i.Tally.All > 0) && !full {
		t.Errorf("%+v counts as satisfied", a)
	}
}

// TestNoMonthsLater reopens what was closed, in a new round; what was said
// before is kept, and the worker may say yes again.
func TestNoMonthsLater(t *testing.T) {
	i := cases.Issue{Kind: "pay.ot", Status: cases.Checking, Round: 1, Check: 1, Since: noon, Tally: cases.Tally{Members: 1}}
	c := Asks(cases.Claim{Issue: "pay.ot"}, 1, true)
	i.Tally = Retally(i.Tally, cases.Claim{}, c, 1, false)
	i.Tally.Members = 1
	i, c, v := Answer(i, c, say(noon.Add(time.Hour), "all", "yes"), false)
	if v.Then != cases.Validated || c.Status != cases.Satisfied {
		t.Fatal(v, c.Status)
	}
	i.Status = cases.Satisfied
	later := noon.AddDate(0, 7, 0)
	i, c, v = Answer(i, c, cases.Answered{At: later, Fact: "none"}, false)
	if v.Then != cases.Disputed || c.Status != cases.Reopened || i.Round != 2 || c.Round != 2 || c.Last.Round != 2 {
		t.Fatalf("%+v, claim %s in round %d, issue in %d", v, c.Status, c.Round, i.Round)
	}
	if len(c.Before) != 1 || !c.Before[0].Full() || c.Before[0].Round != 1 {
		t.Errorf("before: %+v", c.Before)
	}
	if want := (cases.Tally{Members: 1, Fixed: 1, Asked: 1, Answers: 1, None: 1}); i.Tally != want {
		t.Errorf("tally %+v, want %+v", i.Tally, want)
	}
	i.Status = cases.Reopened
	_, c, v = Answer(i, c, say(later.Add(time.Hour), "all", "yes"), false)
	if v.Then != cases.Validated || len(c.Before) != 2 {
		t.Errorf("%+v after %d answers", v, len(c.Before))
	}
}

// TestHistory grows an answer step by step, changes it, and lets one come late.
func TestHistory(t *testing.T) {
	c := cases.Claim{Status: cases.Checking, Round: 1}
	for _, a := range []cases.Answered{{At: noon, Fact: "all"}, say(noon, "all", "yes"), {At: noon, Fact: "all", Satisfied: "yes", Treated: "no"}} {
		c = Claimed(c, a)
	}
	if len(c.Before) != 0 || c.Last.Treated != "no" {
		t.Fatalf("an answer that grows is %d answers", len(c.Before)+1)
	}
	c = Claimed(c, say(noon.Add(time.Hour), "some", "partly"))
	c = Claimed(c, say(noon.Add(-time.Hour), "all", "yes"))
	if c.Status != cases.Reopened || len(c.Before) != 2 || c.Last.Fact != "some" {
		t.Errorf("%s after %d answers: what comes late outdoes what was said since", c.Status, len(c.Before))
	}
	for n := range 100 {
		c = Claimed(c, say(noon.Add(time.Duration(n+2)*time.Hour), "some", "no"))
	}
	if len(c.Before) != history {
		t.Errorf("%d answers are kept", len(c.Before))
	}
}

// TestProxy is an answer that a caseworker was told by telephone.
func TestProxy(t *testing.T) {
	asked := cases.Claim{Status: cases.Checking, Round: 1, Asked: 1}
	told := func(c cases.Claim, fact, satisfied string) cases.Claim {
		a := say(noon.Add(time.Hour), fact, satisfied)
		a.Proxy = "mya"
		return Claimed(c, a)
	}
	c := told(asked, "all", "yes")
	if c.Status != cases.Checking {
		t.Error("good news closes before anybody has confirmed it:", c.Status)
	}
	if _, ok := Confirms(c, "mya"); ok {
		t.Error("who was told confirms it alone")
	}
	c, ok := Confirms(c, "aung")
	if got := Counted(c, 1, false); !ok || c.Status != cases.Unverified || got.Proxy != 1 || got.All != 0 || got.Answers != 0 {
		t.Errorf("%v: %s, counted %+v", ok, c.Status, got)
	}
	if _, ok := Confirms(c, "nok"); ok {
		t.Error("it is confirmed twice")
	}
	if c := told(asked, "none", ""); c.Status != cases.Reopened {
		t.Error("bad news waits for a second person")
	}
	c = told(Claimed(asked, say(noon, "none", "")), "all", "yes")
	if c.Status != cases.Reopened || c.Last.Proxy != "" || len(c.Before) != 1 {
		t.Error("a caseworker outdoes what the worker said")
	}
	c = Claimed(told(asked, "all", "yes"), say(noon.Add(2*time.Hour), "all", "yes"))
	if c.Status != cases.Satisfied || Counted(c, 1, false).All != 1 {
		t.Error("the worker's own answer does not count after one by telephone")
	}
}

// TestRecheck asks again some weeks later.
func TestRecheck(t *testing.T) {
	closed := Claimed(cases.Claim{Status: cases.Checking, Round: 1, Asked: 1}, say(noon, "all", "yes"))
	weeks := noon.AddDate(0, 0, 14)
	for again, want := range map[string]cases.Status{"ok": cases.Satisfied, "back": cases.Reopened, "punished": cases.Checking} {
		c := Claimed(closed, cases.Answered{At: weeks, Again: again})
		if c.Status != want || len(c.Before) != 1 || (c.Hurt == "open") != (again == "punished") {
			t.Errorf("%s: %s, %q, %d before", again, c.Status, c.Hurt, len(c.Before))
		}
	}
	if at := Rechecks(cases.Serious, noon); len(at) != 3 || !at[0].Equal(weeks) || !at[2].Equal(noon.AddDate(0, 0, 84)) {
		t.Error("S2 is asked at", at)
	}
	if at := Rechecks(cases.Ordinary, noon); len(at) != 2 || !at[0].Equal(noon.AddDate(0, 0, 42)) {
		t.Error("S3 is asked at", at)
	}
	if at := Rechecks(cases.Danger, noon); len(at) != 4 || !at[0].Equal(noon.AddDate(0, 0, 3)) {
		t.Error("S0 is asked at", at)
	}
}

// a8 is the group of 900 of whom 410 answer, 3 of them with retaliation.
func a8() (i cases.Issue, cs []cases.Claim, v Verdict) {
	i = cases.Issue{Kind: "pay.ot", Status: cases.Checking, Since: noon, Round: 1, Check: 1}
	for range 900 {
		c := Asks(cases.Claim{Issue: "pay.ot"}, 1, true)
		i.Tally = i.Tally.Plus(Counted(c, 1, false))
		cs = append(cs, c)
	}
	for n := range 410 {
		at := noon.Add(time.Duration(n) * time.Minute)
		a := say(at, "all", "yes")
		switch {
		case n >= 383:
			a = cases.Answered{At: at, Fact: "none"}
		case n >= 331:
			a = say(at, "some", "partly")
		}
		if n >= 330 && n < 333 {
			a.Treated = "yes"
		}
		i, cs[n], v = Answer(i, cs[n], a, false)
	}
	return i, cs, v
}

// TestGroupOf900 is acceptance story A8 in figures.
func TestGroupOf900(t *testing.T) {
	i, cs, v := a8()
	if v.Then != "" {
		t.Error("closed within the day:", v)
	}
	if v := Judge(i, noon.AddDate(0, 0, 7)); v.Then != "" || v.Why != "retaliation" {
		t.Errorf("a week later %+v: 3 retaliations do not hold it up", v)
	}
	open, hurt := 0, 0
	for n := range cs {
		if cs[n].Status == cases.Reopened {
			open++
		}
		if cs[n].Hurt == "open" {
			hurt++
			is := Dealt(cs[n])
			i.Tally = Retally(i.Tally, cs[n], is, i.Round, false)
			cs[n] = is
		}
	}
	if open != 79 || hurt != 3 {
		t.Errorf("%d claims are open, %d workers were treated badly", open, hurt)
	}
	if v := Judge(i, noon.AddDate(0, 0, 7)); v.Then != cases.Validated || !v.Split {
		t.Errorf("once they are dealt with: %+v", v)
	}
	ta := i.Tally
	if ta.Asked != 900 || ta.Answers != 410 || ta.All != 331 || ta.Some != 52 || ta.None != 27 || ta.Fixed != 900 || ta.Retaliation != 3 || ta.Open != 0 {
		t.Errorf("tally %+v", ta)
	}
	r := ta.Rates()
	for what, got := range map[string][2]float64{"satisfied": {r.Validated, .81}, "answered": {r.Response, .46}, "claimed": {r.Claimed, 1},
		"gap": {r.Gap, .19}, "from": {r.Low, .78}, "to": {r.High, .83}} {
		if math.Round(got[0]*100) != math.Round(got[1]*100) {
			t.Errorf("%s: %.3f, want %.2f", what, got[0], got[1])
		}
	}
}

// TestGroupRule is R1 at its bounds.
func TestGroupRule(t *testing.T) {
	week, end := 8*24*time.Hour, 22*24*time.Hour
	for _, x := range []struct {
		name  string
		t     cases.Tally
		check int
		after time.Duration
		want  cases.EntryKind
		split bool
	}{
		{"nobody has answered", cases.Tally{Members: 3, Asked: 3}, 1, week, "", false},
		{"nobody in three weeks", cases.Tally{Members: 3, Asked: 3}, 3, end, cases.Unanswered, false},
		{"asked only twice", cases.Tally{Members: 3, Asked: 3}, 2, end, "", false},
		{"all of 9", cases.Tally{Members: 9, Asked: 9, Answers: 9, All: 9}, 1, 0, cases.Validated, false},
		{"8 of 9", cases.Tally{Members: 9, Asked: 9, Answers: 8, All: 8}, 1, week, "", false},
		{"8 of 9 in the end", cases.Tally{Members: 9, Asked: 9, Answers: 8, All: 8}, 3, end, cases.Unanswered, false},
		{"4 of 5, one no", cases.Tally{Members: 5, Asked: 5, Answers: 5, All: 4, None: 1}, 1, 0, cases.Validated, true},
		{"3 of 4, one no", cases.Tally{Members: 4, Asked: 4, Answers: 4, All: 3, None: 1}, 1, 0, cases.Disputed, false},
		{"one no of 4 is enough", cases.Tally{Members: 4, Asked: 4, Answers: 1, None: 1}, 1, 0, cases.Disputed, false},
		{"10 of 50", cases.Tally{Members: 50, Asked: 50, Answers: 10, All: 10}, 1, week, cases.Validated, false},
		{"10 of 50 at once", cases.Tally{Members: 50, Asked: 50, Answers: 10, All: 10}, 1, time.Hour, "", false},
		{"9 of 45", cases.Tally{Members: 45, Asked: 45, Answers: 9, All: 9}, 1, week, "", false},
		{"10 of 51", cases.Tally{Members: 51, Asked: 51, Answers: 10, All: 10}, 1, week, "", false},
		{"80 of 100", cases.Tally{Members: 400, Asked: 400, Answers: 100, All: 80, Some: 20}, 1, week, cases.Validated, true},
		{"79 of 100", cases.Tally{Members: 400, Asked: 400, Answers: 100, All: 79, Some: 21}, 1, week, "", false},
		{"79 of 100 in the end", cases.Tally{Members: 400, Asked: 400, Answers: 100, All: 79, Some: 21}, 3, end, cases.Disputed, false},
		{"not all asked yet", cases.Tally{Members: 400, Asked: 399, Answers: 399, All: 399}, 1, week, "", false},
		{"one cannot be reached", cases.Tally{Members: 400, Asked: 399, Answers: 399, All: 399, Lost: 1}, 1, 0, cases.Validated, false},
		{"retaliation is open", cases.Tally{Members: 2, Asked: 2, Answers: 2, All: 2, Open: 1, Retaliation: 1}, 1, week, "", false},
		{"retaliation was dealt with", cases.Tally{Members: 2, Asked: 2, Answers: 2, All: 2, Retaliation: 1}, 1, week, cases.Validated, false},
		{"retaliation does not hide a no", cases.Tally{Members: 1, Asked: 1, Answers: 1, None: 1, Open: 1, Retaliation: 1}, 1, 0, cases.Disputed, false},
		{"not to the end of the questions", cases.Tally{Members: 1, Asked: 1, Answers: 1, All: 1, Half: 1}, 1, 0, "", false},
		{"nor a week later", cases.Tally{Members: 1, Asked: 1, Answers: 1, All: 1, Half: 1}, 1, week, cases.Validated, false},
		{"it is enough", cases.Tally{Members: 1, Asked: 1, Answers: 1, Some: 1, Enough: 1}, 1, 0, cases.Settled, false},
		{"enough for two of three", cases.Tally{Members: 3, Asked: 3, Answers: 3, All: 1, Some: 2, Enough: 2}, 1, 0, cases.Settled, false},
		{"somebody was told what to say", cases.Tally{Members: 2, Asked: 2, Answers: 1, All: 1, Pressed: 1}, 1, 0, cases.Disputed, false},
		{"only by telephone", cases.Tally{Members: 1, Asked: 1, Proxy: 1}, 1, week, "", false},
		{"only by telephone, in the end", cases.Tally{Members: 1, Asked: 1, Proxy: 1}, 3, end, cases.Unanswered, false},
	} {
		i := cases.Issue{Status: cases.Checking, Since: noon, Check: x.check, Tally: x.t}
		if v := Judge(i, noon.Add(x.after)); v.Then != x.want || v.Split != x.split {
			t.Errorf("%s: %+v, want %q and split %v", x.name, v, x.want, x.split)
		}
	}
}

// TestOneNoOfMany reopens the claim of one worker of a group that was closed,
// and takes that worker out of it, until there are too many to be a few.
func TestOneNoOfMany(t *testing.T) {
	i := cases.Issue{Status: cases.Satisfied, Since: noon, Round: 1, Check: 1, Tally: cases.Tally{Members: 40, Asked: 40, Fixed: 40, Answers: 40, All: 40}}
	for n := range 9 {
		c := cases.Claim{Status: cases.Satisfied, Round: 1, Asked: 1, Fixed: true}
		a := say(noon, "all", "yes")
		c.Last = &a
		var v Verdict
		i, c, v = Answer(i, c, cases.Answered{At: noon.AddDate(0, 5, n), Again: "back"}, false)
		if c.Status != cases.Reopened {
			t.Fatal("claim", n, "is", c.Status)
		}
		if last := n == 8; last != (v.Then == cases.Disputed) || last == v.Split || last != (i.Round == 2) {
			t.Errorf("no %d of 40: %+v in round %d", n+1, v, i.Round)
		}
	}
}

// TestNothingElseCloses goes through everything that can be done to an issue
// whose workers have not all said that they have all of it: none of it is
// counted as satisfied.
func TestNothingElseCloses(t *testing.T) {
	for members := range 4 {
		for all := range members + 1 {
			for other := range members - all + 1 {
				for _, status := range Statuses() {
					for check := range 4 {
						ta := cases.Tally{Members: members, Asked: members, Fixed: members, Answers: all + other, All: all, Some: other, Proxy: members - all - other}
						i := cases.Issue{Status: status, Since: noon, Check: check, Tally: ta}
						v := Judge(i, noon.AddDate(1, 0, 0))
						if v.Then == cases.Validated && (all == 0 || 100*all < 80*(all+other)) {
							t.Errorf("%s with %+v is closed as satisfied", status, ta)
						}
					}
				}
			}
		}
	}
}

// TestInterval compares with figures worked out by hand.
func TestInterval(t *testing.T) {
	for _, x := range []struct {
		full, answers, asked int
		low, high            string
	}{
		{9, 11, 1 << 40, "0.523", "0.949"}, // among many more
		{0, 0, 5, "0.000", "1.000"},
		{4, 5, 5, "0.800", "0.800"},
		{288, 360, 1800, "0.761", "0.834"},
	} {
		low, high := cases.Interval(x.full, x.answers, x.asked)
		if l, h := fmt.Sprintf("%.3f", low), fmt.Sprintf("%.3f", high); l != x.low || h != x.high {
			t.Errorf("%d of %d: %s to %s, want %s to %s", x.full, x.answers, l, h, x.low, x.high)
		}
	}
	full := cases.Tally{Members: 1, Fixed: 2, Asked: 3, Answers: 4, All: 5, Some: 6, None: 7, Enough: 8, Open: 9, Retaliation: 10, Secret: 11, Proxy: 12, Pressed: 13, Lost: 14, Half: 15}
	if got := cases.TallyOf(full.Numbers()); got != full || len(full.Numbers()) != len(cases.TallyNames) || full.Minus(full) != (cases.Tally{}) {
		t.Errorf("%+v", got)
	}
}
