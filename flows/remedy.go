package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// A Check is what the bot asks a worker about one problem that is said to be
// fixed, or was, and what the worker answered last.
type Check struct {
	Case    cases.ID        `json:"case"`
	Issue   cases.Code      `json:"issue,omitempty"`
	Round   string          `json:"round,omitempty"`
	What    string          `json:"what"`              // check, recheck, safety, pressure; own: the worker says it unasked
	Promise string          `json:"promise,omitempty"` // what was to be done, in the worker's language
	Amount  string          `json:"amount,omitempty"`  // what this worker was to get
	Open    bool            `json:"open,omitempty"`    // not asked yet, or not to the end
	Knocked time.Time       `json:"knocked,omitzero"`  // when the worker was told that there is a question
	Answer  *cases.Answered `json:"answer,omitempty"`  // so far
	After   time.Time       `json:"after,omitzero"`    // not asked before
	Hurt    time.Time       `json:"hurt,omitzero"`     // the answer with which retaliation was told
}

// remedied are the questions about a remedy. Facts come first, then whether it
// is enough: nothing before an answer thanks, or says what to answer.
var remedied = map[State]screen{
	fact: {show: showFact, choices: picks(fact, "remedy.all", "all", "remedy.some", "some", "remedy.none", "none"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Fact = v })},
	amount: {show: func(t *talk) { t.tell("remedy.amount", Args{"Amount": t.check().Amount}) },
		choices: picks(amount, "remedy.all", "all", "remedy.some", "some", "remedy.none", "none"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Got = v })},
	content: {show: func(t *talk) { t.tell("remedy.satisfied", nil) },
		choices: picks(content, "remedy.sat_yes", "yes", "remedy.sat_partly", "partly", "remedy.sat_no", "no"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Satisfied = v })},
	missing: {show: func(t *talk) { t.tell("remedy.why", nil) }, choices: missingChoices, read: readMissing, write: writeMissing},
	treated: {show: func(t *talk) { t.tell("remedy.retaliation", nil) },
		choices: picks(treated, "remedy.ret_yes", "yes", "remedy.ret_no", "no", "remedy.ret_private", "secret"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Treated = v })},
	further: {show: func(t *talk) { t.tell("remedy.partly_choice", nil) },
		choices: picks(further, "remedy.go_on", "go_on", "remedy.enough", "enough"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Further = strings.TrimPrefix(v, "go_") })},
	pressed: {show: func(t *talk) { t.tell("remedy.pressure", nil) },
		choices: picks(pressed, "remedy.pressure_yes", "yes", "remedy.pressure_no", "no"), write: writeRemedy, read: readPressed},
	recheck: {show: func(t *talk) { t.tell("recheck.ask", nil) },
		choices: picks(recheck, "recheck.ok", "ok", "recheck.back", "came_back", "recheck.punished", "punished"), write: writeRemedy,
		read: taking(func(a *cases.Answered, v string) { a.Again = strings.TrimPrefix(v, "came_") })},
	rating: {show: func(t *talk) { t.tell("rating.ask", nil) },
		choices: picks(rating, "rating.good", "good", "rating.ok", "ok", "rating.bad", "bad", "btn.skip", "skip"), write: writeRemedy, read: readRating},
	which: {show: func(t *talk) { t.tell("remedy.which", nil) }, choices: whichChoices, read: readWhich, write: writeAdding},
}

// picks makes choices of pairs: a label and what it means. Each says which
// problem it is about, so that a button of the question before, pressed once
// more, answers nothing.
func picks(at State, pairs ...string) func(*Session) []Choice {
	return func(s *Session) (cs []Choice) {
		for i := 0; i+1 < len(pairs); i += 2 {
			cs = append(cs, Choice{Key: pairs[i], Value: string(at) + ":" + pairs[i+1] + "/" + s.about()})
		}
		return cs
	}
}

// about tells the problem under way from the others of this worker.
func (s *Session) about() string {
	i := slices.IndexFunc(s.Checks, func(c Check) bool { return c.key() == s.Mark })
	return string(rune('a' + max(0, i)%26))
}

func (c Check) key() string { return string(c.Case) + "/" + string(c.Issue) }

// check is what the questions are about.
func (t *talk) check() *Check {
	for i := range t.s.Checks {
		if t.s.Checks[i].key() == t.s.Mark {
			return &t.s.Checks[i]
		}
	}
	return &Check{}
}

// of returns the worker's case with an id, or nil.
func (t *talk) of(id cases.ID) *Mine {
	for i := range t.s.Mine {
		if t.s.Mine[i].ID == id {
			return &t.s.Mine[i]
		}
	}
	return nil
}

// showFact asks whether it happened. Only where the employer says so does the
// bot say that the employer does.
func showFact(t *talk) {
	c := t.check()
	issue := Args{"Issue": Term("issue." + string(c.Issue))}
	if _, ok := cases.Kinds.Find(c.Issue); !ok {
		issue = Args{"Issue": Term("issue.other")}
	}
	switch {
	case c.What == "check" && c.Promise != "":
		t.tell("remedy.intro", Args{"Promise": c.Promise})
		t.tell("remedy.fact", Args{"Promise": c.Promise})
	case c.What == "check":
		t.tell("remedy.intro_plain", nil)
		t.tell("remedy.fact_issue", issue)
	default:
		t.tell("remedy.fact_issue", issue)
		t.tell("remedy.no_wrong", nil)
	}
}

// taking takes in the answer to one question, and goes on to the next.
func taking(take func(a *cases.Answered, v string)) func(*talk, string) {
	return func(t *talk, v string) {
		v, _, _ = strings.Cut(v, "/")
		c := t.check()
		take(t.begun(c), v)
		t.answering(c)
		t.following(c)
	}
}

// begun returns the answer under way, to be added to.
func (t *talk) begun(c *Check) *cases.Answered {
	a := cases.Answered{At: t.e.At}
	if c.Answer != nil {
		a = *c.Answer
		a.Missing = slices.Clone(a.Missing)
	}
	c.Answer = &a
	return &a
}

// answering passes on the answer as far as it goes: half of it is not lost.
func (t *talk) answering(c *Check) {
	a := *c.Answer
	a.Missing = slices.Clone(a.Missing)
	n := cases.Entry{Kind: cases.Answering, Issue: c.Issue, Answer: &a}
	m := t.of(c.Case)
	if word := Says(&a); m != nil && (word == WordPart || word == WordNone || word == WordForced) && m.Status != cases.Reopened {
		m.Status, m.News, m.Due = cases.Reopened, t.e.At, t.e.At.Add(Reply(m.Severity))
		n.Due = m.Due
	}
	t.enter(c.Case, n)
	if hurt(&a) && !c.Hurt.Equal(a.At) { // the case opens one of its own about it, and pauses: see Advance
		c.Hurt = a.At
		t.do(Summon{Case: c.Case, Severity: cases.Violence})
	}
}

// following are the questions about a remedy, in order, and when each applies.
var following = []struct {
	state State
	asks  func(c *Check, a *cases.Answered) bool
}{
	{fact, func(c *Check, a *cases.Answered) bool { return a.Fact == "" }},
	{amount, func(c *Check, a *cases.Answered) bool { return c.Amount != "" && a.Fact != "none" && a.Got == "" }},
	{content, func(c *Check, a *cases.Answered) bool { return a.Fact != "none" && a.Satisfied == "" }},
	{missing, func(c *Check, a *cases.Answered) bool { return !a.Full() && !a.Told }},
	{treated, func(c *Check, a *cases.Answered) bool { return a.Treated == "" }},
	{further, func(c *Check, a *cases.Answered) bool {
		return Says(a) == WordPart && a.Further == "" && a.Treated != "yes"
	}},
}

// ahead returns the next question about c, or "" when all is answered.
func (c *Check) ahead() State {
	a := c.Answer
	if a == nil {
		a = &cases.Answered{}
	}
	switch c.What {
	case "pressure":
		return one1(a.Pressed == "", pressed)
	case "recheck":
		return one1(a.Again == "", recheck)
	case "safety":
		return one1(a.Treated == "", treated)
	}
	for _, q := range following {
		if q.asks(c, a) {
			return q.state
		}
	}
	return ""
}

func one1(asks bool, s State) State {
	if asks {
		return s
	}
	return ""
}

// following goes on to the next question, or says what comes of the answers.
func (t *talk) following(c *Check) {
	if q := c.ahead(); q != "" {
		t.then(q)
		t.show()
		return
	}
	t.answeredAll(c)
}

// then goes to another question about the same problem.
func (t *talk) then(q State) {
	mark, event := t.s.Mark, Event(then+string(q))
	if _, err := conversation.next(t.s.State, event); err != nil { // taken up in the middle
		event = Event("to " + string(q))
	}
	t.step(event)
	t.s.Mark = mark
}

// answeredAll ends the questions about one problem.
func (t *talk) answeredAll(c *Check) {
	a, m := c.Answer, t.of(c.Case)
	c.Open = false
	if m == nil {
		m = &Mine{Ref: cases.RefOf(c.Case)}
	}
	word := Says(a)
	switch {
	case hurt(a):
		t.tell("remedy.hurt", Args{"ByWhen": Moment{t.e.At.Add(limits[cases.Violence]), t.s.Contact.Country}})
	case c.What == "safety":
		t.tell("intake.ok", nil)
	case a.Again == "ok":
		t.tell("recheck.good", nil)
	case word == WordFull:
		t.tell("remedy.noted_yes", nil)
	case word == WordEnough:
		t.tell("remedy.noted_enough", nil)
	default:
		due := m.Due
		if !due.After(t.e.At) {
			due = t.e.At.Add(Reply(m.Severity))
		}
		t.tell("remedy.reopened", Args{"Ref": m.Ref, "ByWhen": Moment{due, t.s.Contact.Country}})
	}
	closes := (word == WordFull || word == WordEnough) && !hurt(a) && c.What != "safety"
	happy := closes || a.Again == "ok"
	if closes {
		m.Status, m.News, m.Due = map[string]cases.Status{WordFull: cases.Satisfied, WordEnough: cases.Partly}[word], t.e.At, time.Time{}
		t.watch(c)
	}
	switch {
	case t.ask():
	case happy && !m.Rated:
		m.Rated = true
		t.cut()
		t.then(rating)
		t.show()
	default:
		t.resume()
	}
}

func missingChoices(s *Session) (cs []Choice) {
	c := (&talk{s: *s}).check()
	picked := 0
	for _, k := range []string{"amount", "notall", "again", "late", "rude", "neverasked"} {
		if c.Answer != nil && slices.Contains(c.Answer.Missing, k) {
			picked++
			continue
		}
		cs = append(cs, Choice{Key: "remedywhy." + k, Value: missing + ":" + k + "/" + s.about()})
	}
	end := Choice{Key: "btn.skip", Value: missing + ":skip/" + s.about()}
	if picked > 0 {
		end = Choice{Key: "btn.done", Value: missing + ":done/" + s.about()}
	}
	return append(cs, end)
}

func readMissing(t *talk, v string) {
	v, _, _ = strings.Cut(v, "/")
	c := t.check()
	a := t.begun(c)
	if v == "skip" || v == "done" {
		a.Told = true
		t.following(c)
		return
	}
	a.Missing = append(a.Missing, v)
	t.answering(c)
	t.tell("intake.pick_more", nil)
}

// writeMissing takes in what is missing in the worker's own words.
func writeMissing(t *talk) {
	c := t.check()
	voice := len(t.e.Media) > 0
	if t.words() == "" && !voice {
		t.again()
		return
	}
	a := t.begun(c)
	a.Words, a.Voice, a.Told = strings.TrimSpace(a.Words+"\n"+t.words()), a.Voice || voice, true
	if voice {
		t.do(Keep{Case: c.Case, Media: t.e.Media})
	}
	t.answering(c)
	t.following(c)
}

// writeRemedy keeps what is no button for a person, and asks again.
func writeRemedy(t *talk) {
	c := t.check()
	if t.words() == "" && len(t.e.Media) == 0 {
		t.again()
		return
	}
	if t.words() != "" {
		t.enter(c.Case, cases.Entry{Kind: cases.Said, Issue: c.Issue, Text: t.words()})
	}
	if len(t.e.Media) > 0 {
		t.do(Keep{Case: c.Case, Media: t.e.Media})
	}
	switch {
	case t.flurry():
		return
	case len(t.e.Media) > 0:
		t.tell("intake.voice_for_button", nil)
	default:
		t.tapPlease()
	}
	t.again()
}

func readPressed(t *talk, v string) {
	v, _, _ = strings.Cut(v, "/")
	c := t.check()
	a := t.begun(c)
	a.Pressed = v
	t.answering(c)
	c.Open = false
	if m := t.of(c.Case); v == "yes" && m != nil {
		t.pressured(m)
		return
	}
	t.tell("intake.ok", nil)
	t.resume()
}

func readRating(t *talk, v string) {
	v, _, _ = strings.Cut(v, "/")
	if c := t.check(); v != "skip" && c.Answer != nil {
		t.begun(c).Helped = v
		t.answering(c)
		t.tell("intake.ok", nil)
	}
	t.resume()
}
