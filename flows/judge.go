package flows

import (
	"slices"
	"time"

	"workervoice/cases"
)

// What a worker's answers about a remedy come to. Only these close an issue:
// the employer's word and a caseworker's never do.
const (
	WordFull   = "full"   // all of it, and satisfied
	WordPart   = "part"   // partly, in fact or in feeling: the claim stays open
	WordEnough = "enough" // partly, and the worker wants no more
	WordNone   = "none"   // not fixed, or not satisfied: the claim stays open
	WordForced = "forced" // somebody told the worker what to answer: nobody's word
)

// Says returns what an answer comes to, or "" while it is too early to say.
// Half an answer that is bad news already counts.
func Says(a *cases.Answered) string {
	switch {
	case a == nil:
		return ""
	case a.Again == "back":
		return WordNone
	case a.Pressed == "yes":
		return WordForced
	case a.Fact == "none" || a.Satisfied == "no":
		return WordNone
	case a.Full():
		return WordFull
	case a.Fact == "some" || a.Got == "some" || a.Got == "none" || a.Satisfied == "partly":
		if a.Further == "enough" {
			return WordEnough
		}
		return WordPart
	}
	return ""
}

// good reports whether a would close the claim. Of what a caseworker was told,
// only bad news is as good as the worker's own word.
func good(a *cases.Answered) bool { return Says(a) == WordFull || Says(a) == WordEnough }

// half reports whether the worker has yet to say if there was any retaliation:
// nothing closes between two questions.
func half(a *cases.Answered) bool {
	return Says(a) == WordFull && a.Treated == "" && a.Again == "" && a.Proxy == ""
}

// hurt reports whether the worker was treated badly for having asked for help.
func hurt(a *cases.Answered) bool { return a.Treated == "yes" || a.Again == "punished" }

// history is how many earlier answers a claim keeps. The timeline keeps all.
const history = 30

// Claimed returns c after the answer a. An answer that grows step by step keeps
// its At; one with another At replaces the answer before, which is kept. What
// comes late from another of the worker's phones changes nothing that the
// worker has said since, and good news that a caseworker was told nothing that
// the worker has said at all.
func Claimed(c cases.Claim, a cases.Answered) cases.Claim {
	a.Round = c.Round
	last := c.Last
	if last != nil && a.Again != "" { // some weeks later: the answer before holds, unless it came back
		a.Fact, a.Got, a.Satisfied, a.Further = last.Fact, last.Got, last.Satisfied, last.Further
	}
	grows := last != nil && last.At.Equal(a.At) && last.Proxy == a.Proxy
	outdone := last != nil && a.Proxy != "" && last.Proxy == "" && Says(last) != "" && good(&a)
	switch {
	case last != nil && !grows && a.At.Before(last.At), outdone:
		c.Before = append(slices.Clip(c.Before), a)
		return c
	case last != nil && !grows:
		c.Before = append(slices.Clip(c.Before), *last)
	}
	if n := len(c.Before); n > history {
		c.Before = slices.Clone(c.Before[n-history:])
	}
	if hurt(&a) && !(grows && hurt(last)) {
		c.Hurt = "open"
	}
	c.Last = &a
	c.Status = stands(c)
	return c
}

// stands returns the status of a claim by what the worker said last.
func stands(c cases.Claim) cases.Status {
	switch word := Says(c.Last); {
	case word == WordPart || word == WordNone || word == WordForced:
		return cases.Reopened
	case word == "":
		return c.Status
	case c.Hurt == "open": // nothing closes over it
		return cases.Checking
	case c.Last.Proxy != "" && c.Last.Second == "":
		return cases.Checking
	case c.Last.Proxy != "": // confirmed, and still not the worker's own word
		return cases.Unverified
	case word == WordEnough:
		return cases.Partly
	case half(c.Last):
		return cases.Checking
	}
	return cases.Satisfied
}

// Dealt returns c after a supervisor has dealt with the retaliation in it.
func Dealt(c cases.Claim) cases.Claim {
	if c.Hurt == "open" {
		c.Hurt = "dealt"
		c.Status = stands(c)
	}
	return c
}

// Confirms returns c after a second person has confirmed an answer that a
// caseworker was told by telephone: good news that nobody has confirmed closes
// nothing, and bad news needs no second person. It returns false to the one who
// was told, and where there is nothing to confirm.
func Confirms(c cases.Claim, by cases.CaseworkerID) (cases.Claim, bool) {
	if c.Last == nil || c.Last.Proxy == "" || c.Last.Second != "" || by == "" || string(by) == c.Last.Proxy {
		return c, false
	}
	a := *c.Last
	a.Second = string(by)
	c.Last = &a
	c.Status = stands(c)
	return c, true
}

// Asks returns c after the worker was asked in round: what was said in an
// earlier round is kept, and counts no more.
func Asks(c cases.Claim, round int, claimed bool) cases.Claim {
	if c.Round != round {
		if c.Last != nil {
			c.Before = append(slices.Clip(c.Before), *c.Last)
		}
		c.Last, c.Asked, c.Round = nil, 0, round
	}
	c.Asked++
	c.Fixed = claimed
	if c.Last == nil {
		c.Status = cases.Checking
	}
	return c
}

// Counted returns what one claim adds to the Tally of its issue in a round.
// lost says that the worker cannot be asked.
func Counted(c cases.Claim, round int, lost bool) (t cases.Tally) {
	t.Members = 1
	t.Lost = one(lost)
	t.Open = one(c.Hurt == "open")
	t.Retaliation = one(c.Hurt != "")
	if c.Round != round {
		return t
	}
	a := c.Last
	told := a != nil && a.Proxy != ""
	word := Says(a)
	t.Fixed = one(c.Fixed)
	t.Asked = one(c.Asked > 0 || a != nil)
	switch {
	case word == WordForced:
		t.Pressed = 1
		return t
	case told && good(a):
		t.Proxy = one(a.Second != "")
		return t
	}
	t.Answers = one(word != "")
	t.All = one(word == WordFull)
	t.Some = one(word == WordPart || word == WordEnough)
	t.None = one(word == WordNone)
	t.Enough = one(word == WordEnough)
	t.Half = one(half(a))
	t.Secret = one(a != nil && a.Treated == "secret")
	return t
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Retally moves a tally by what has become of one claim.
func Retally(t cases.Tally, was, is cases.Claim, round int, lost bool) cases.Tally {
	return t.Plus(Counted(is, round, lost)).Minus(Counted(was, round, lost))
}

// Anew returns i at the beginning of a new round: what the workers said in the
// last one counts no more; who takes part, and retaliation, does.
func Anew(i cases.Issue) cases.Issue {
	i.Round++
	i.Check = 0
	t := i.Tally
	i.Tally = cases.Tally{Members: t.Members, Lost: t.Lost, Open: t.Open, Retaliation: t.Retaliation}
	return i
}

// A Verdict is what the workers' answers about an issue come to.
type Verdict struct {
	Then  cases.EntryKind // Validated, Settled, Disputed or Unanswered; empty: nothing yet
	Split bool            // those who said partly or no go on in a case of their own
	Why   string          // a code for the console: unasked, asking, retaliation, few, rule, enough, disputed, silence
}

// The group rule, R1: of the workers asked, at least a fifth and at least ten
// have answered, or all if they are fewer; four in five of them have all of it
// and are satisfied; no retaliation is open. Those who said otherwise are not
// outvoted: their claims stay open.
const (
	leastAnswers = 10
	leastShare   = 20                  // per cent of those who take part
	leastFull    = 80                  // per cent of the answers
	firstWait    = 7 * 24 * time.Hour  // the quick are not to answer for the slow
	lastWait     = 21 * 24 * time.Hour // then silence is taken for silence
	asks         = 3
)

// Judge says what the answers about i come to at a time. i.Since is when the
// check was opened, if one is.
func Judge(i cases.Issue, now time.Time) Verdict {
	t := i.Tally
	n := t.Members - t.Lost - t.Proxy
	dissent := t.Some + t.None - t.Enough + t.Pressed
	every := t.Answers+t.Pressed >= n
	checking := i.Status == cases.Checking
	switch {
	case i.Status == cases.MergedInto:
		return Verdict{}
	case dissent > 0 && hopeless(t, n):
		return disputed(i)
	case dissent > 0 && !i.Status.Open():
		return Verdict{Split: true, Why: "disputed"}
	case t.Open > 0:
		return Verdict{Why: "retaliation"}
	case t.Asked == 0 && t.Answers == 0 && !checking:
		return Verdict{Why: "unasked"}
	case t.Asked < n || t.Answers == 0 && !checking:
		return Verdict{Why: "asking"}
	case (!every || t.Half > 0) && checking && now.Sub(i.Since) < firstWait, t.Half > 0 && !checking:
		return Verdict{Why: "asking"}
	case rule(t, n):
		return closes(i, cases.Satisfied, Verdict{Then: cases.Validated, Split: dissent > 0, Why: "rule"})
	case every && dissent == 0 && t.Answers > 0:
		return closes(i, cases.Partly, Verdict{Then: cases.Settled, Why: "enough"})
	case !checking, i.Check < asks || now.Sub(i.Since) < lastWait:
		return Verdict{Why: "few"}
	case dissent > 0:
		return disputed(i)
	}
	return Verdict{Then: cases.Unanswered, Why: "silence"}
}

// rule reports whether R1 holds, retaliation apart.
func rule(t cases.Tally, n int) bool {
	enough := t.Answers >= min(n, leastAnswers) && 100*t.Answers >= leastShare*n
	if n < leastAnswers {
		enough = t.Answers >= n
	}
	return enough && t.Answers > 0 && 100*t.All >= leastFull*t.Answers
}

// hopeless reports whether R1 cannot hold any more, whatever the rest answer.
func hopeless(t cases.Tally, n int) bool {
	n = max(n, t.Answers+t.Pressed)
	return 100*(n-(t.Some+t.None+t.Pressed)) < leastFull*n
}

// closes is v, unless i is closed in that way already.
func closes(i cases.Issue, as cases.Status, v Verdict) Verdict {
	if i.Status == as {
		v.Then = ""
	}
	return v
}

// disputed reopens what was closed or said to be fixed. What is being worked
// on goes on as it is: nobody had said that it was done.
func disputed(i cases.Issue) Verdict {
	if i.Status == cases.SaidFixed || i.Status == cases.Checking || !i.Status.Open() {
		return Verdict{Then: cases.Disputed, Why: "disputed"}
	}
	return Verdict{Why: "disputed"}
}

// Answer returns an issue and a worker's claim in it after the answer a, and
// what the answers of all come to then. Where it reopens what was closed, a
// new round begins with it, and the one before is kept with the claims.
func Answer(i cases.Issue, c cases.Claim, a cases.Answered, lost bool) (cases.Issue, cases.Claim, Verdict) {
	is := Claimed(c, a)
	i.Tally = Retally(i.Tally, c, is, i.Round, lost)
	v := Judge(i, a.At)
	if v.Then == cases.Disputed && !i.Status.Open() {
		i = Anew(i)
		was := is
		is.Round, is.Asked = i.Round, 0
		if is.Last != nil {
			l := *is.Last
			l.Round = i.Round
			is.Last = &l
		}
		i.Tally = Retally(i.Tally, was, is, i.Round, lost)
	}
	return i, is, v
}

// Reply is how soon a person writes to a worker who says that it is not fixed.
func Reply(v cases.Severity) time.Duration {
	if v == cases.Unjudged || limits[v] > limits[cases.Serious] {
		v = cases.Serious
	}
	return limits[v]
}

// Look is how soon a person has to have seen that a worker says no.
const Look = time.Hour

// Rechecks returns when the workers of an issue closed at a time are asked
// whether it is still so.
func Rechecks(v cases.Severity, closed time.Time) (at []time.Time) {
	for _, weeks := range []int{2, 6, 12} {
		if weeks == 2 && v >= cases.Ordinary {
			continue
		}
		at = append(at, closed.AddDate(0, 0, 7*weeks))
	}
	if v == cases.Danger {
		at = append([]time.Time{closed.AddDate(0, 0, 3)}, at...)
	}
	return at
}
