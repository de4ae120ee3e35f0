package flows

import (
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// What a case wants to know of a worker about a remedy comes as an event of
// kind Brought, once each time that it asks:
//
//	check     the employer says that it is fixed: Text is the promise in the worker's language, Facts "amount" what this worker was to get
//	recheck   some weeks after it was closed
//	safety    some time after the worker stopped the case
//	pressure  several answered within minutes, so somebody may have told them what to say
//
// Case and Topic say what it is about, Facts "round" in which round. It waits
// behind the same neutral line as news, for the worker's free hours or for the
// worker to write; and until nothing else is under way.
func init() {
	for _, what := range questionKinds {
		brought[what] = broughtCheck
	}
	brought["heard"] = broughtHeard
}

// broughtHeard takes in that a person has taken up what the worker reported:
// that person writes, so the bot says nothing.
func broughtHeard(t *talk) {
	if m := t.caseOf(cases.ID(t.e.Case)); m != nil && m.Status == cases.Received {
		m.Status = cases.Heard
	}
}

var questionKinds = []string{"check", "recheck", "safety", "pressure"}

// broughtCheck takes in that a case has a question.
func broughtCheck(t *talk) {
	id, m := cases.ID(t.e.Case), t.of(cases.ID(t.e.Case))
	if t.s.State == "" || t.s.Lang == "" || id == "" || m != nil && m.Status == cases.Withdrawn && t.e.What != "safety" {
		return
	}
	if m == nil { // taken into the case by a person
		t.s.Mine = append(slices.Clip(t.s.Mine), Mine{ID: id, Ref: cases.RefOf(id), Status: cases.Checking, Severity: cases.Ordinary, News: t.e.At})
		m = &t.s.Mine[len(t.s.Mine)-1]
	}
	c := t.about(id, cases.Code(t.e.Topic))
	round := t.e.Facts["round"]
	if t.e.What != "pressure" && (c.What != t.e.What || c.Round != round) { // else what was half answered is gone on with
		c.Answer = nil
	}
	c.What, c.Round, c.Open = t.e.What, round, true
	if t.e.What == "check" {
		c.Promise, c.Amount = t.e.Text, t.e.Facts["amount"]
		m.Status, m.News = cases.Checking, t.e.At
	}
	c.Knocked, c.After = time.Time{}, time.Time{}
	t.s.News.Later = 0
}

// opens reports whether a question waits.
func (t *talk) opens() bool {
	return slices.ContainsFunc(t.s.Checks, func(c Check) bool { return c.Open })
}

// questions ends every step after the news: what waits is asked if the worker
// is there and has time for it, and else announced as news are.
func (t *talk) questions(from State) {
	var at time.Time
	defer func() { t.alarmAt(questionAlarm, at) }()
	if !t.opens() || slices.Contains(aboutRemedy, t.s.State) || t.s.State == which {
		return
	}
	acted := t.e.Kind == channels.Said || t.e.Kind == channels.Started || t.e.Kind == channels.Odd
	taps := t.e.Choice == "news:read" && t.s.Danger == nil && t.s.State != person
	rests := t.s.State == menu || t.idle() && t.s.State == from // else the worker is on the way somewhere
	switch {
	case t.e.Choice == laterChoice:
		for i := range t.s.Checks {
			t.s.Checks[i].Knocked = time.Time{}
		}
		at = t.announceQuestion(false)
	case !taps && !t.idle(), acted && !t.reads(), acted && !taps && !rests:
		at = t.s.Contact.Free(t.e.At.Add(time.Hour))
	case taps && !t.locked(), acted && t.e.Kind != channels.Started && !t.s.News.NotYet.After(t.e.At) && !t.locked():
		if t.ask() {
			t.flush()
		} else {
			at = t.announceQuestion(false)
		}
	default:
		at = t.announceQuestion(acted && !t.s.News.NotYet.After(t.e.At))
	}
}

// announceQuestion sends the neutral line, unless one is unread, or returns
// when to.
func (t *talk) announceQuestion(here bool) (at time.Time) {
	knock := false
	unread := slices.ContainsFunc(t.s.Checks, func(c Check) bool { return c.Open && c.Knocked.After(t.s.Seen) })
	for i := range t.s.Checks {
		c := &t.s.Checks[i]
		if !c.Open || !c.Knocked.IsZero() && t.e.At.Sub(c.Knocked) < putOff {
			continue
		}
		state, until := t.s.Reach(c.Case, c.Issue, t.e.At)
		if c.After.After(t.e.At) {
			state, until = cases.ForHours, t.s.Contact.Free(c.After)
		}
		switch {
		case unread && state == cases.ToSend && c.Knocked.IsZero():
			c.Knocked = t.e.At
		case here, state == cases.ToSend && c.Knocked.IsZero() && t.s.News.Later < 2:
			knock, c.Knocked = true, t.e.At
		case state == cases.ForHours && c.Knocked.IsZero() && !until.IsZero() && (at.IsZero() || until.Before(at)):
			at = until
		}
	}
	if knock && t.s.News.Knocked.IsZero() {
		class := channels.Push
		if here {
			class = channels.Answer
		}
		t.do(Knock{Parts: []Part{{Key: "preview.open"}}, Class: class, Choices: []Choice{{Key: "btn.read_now", Value: "news:read"}, {Key: "btn.not_now", Value: laterChoice}}})
	}
	return at
}

const questionAlarm = "question"

// alarmAt sets an alarm, if it is another than stands already.
func (t *talk) alarmAt(what string, at time.Time) {
	i := slices.IndexFunc(t.s.Alarms, func(a Alarm) bool { return a.What == what })
	if i < 0 && at.IsZero() || i >= 0 && t.s.Alarms[i].At.Equal(at) {
		return
	}
	t.alarm(what, at)
}

// about returns what the bot asks about a problem, made anew if it never has.
// The oldest that is done with gives way where there are many.
func (t *talk) about(id cases.ID, issue cases.Code) *Check {
	for i := range t.s.Checks {
		if c := &t.s.Checks[i]; c.Case == id && c.Issue == issue {
			return c
		}
	}
	const most = 20
	if i := slices.IndexFunc(t.s.Checks, func(c Check) bool { return !c.Open }); i >= 0 && len(t.s.Checks) >= most {
		t.s.Checks = slices.Delete(t.s.Checks, i, i+1)
	}
	t.s.Checks = append(slices.Clip(t.s.Checks), Check{Case: id, Issue: issue, What: "own"})
	return &t.s.Checks[len(t.s.Checks)-1]
}

// idle reports whether nothing is under way that a question would break into:
// no report half told, no danger, no talk with a person.
func (t *talk) idle() bool {
	if t.reporting() && (t.s.Extra != 0 || t.e.At.Sub(t.s.Seen) > long) { // sent long ago, or left lying: it is gone on with afterwards
		return t.s.Danger == nil
	}
	return t.s.Danger == nil && slices.Contains([]State{menu, sent, status, mycase, sharing, numbers, helping, rights, topics, card, settings, mydata, pairing, declined}, t.s.State)
}

// aboutRemedy are the states that t.check says what they are about.
var aboutRemedy = []State{fact, amount, content, missing, treated, further, recheck, pressed, rating}

// ask begins with the first question that is open. It reports whether there is
// one.
func (t *talk) ask() bool {
	for i := range t.s.Checks {
		c := &t.s.Checks[i]
		if !c.Open || c.After.After(t.e.At) {
			continue
		}
		q := c.ahead()
		if q == "" {
			c.Open = false
			continue
		}
		key := c.key()
		if slices.Contains(aboutRemedy, t.s.State) {
			t.to(q)
		} else {
			t.interrupt(q)
		}
		t.s.Mark = key
		t.show()
		return true
	}
	return false
}

// own lets a worker say at any time that it is fixed, or that it is not.
func (t *talk) own(m *Mine, v string) {
	var issues []cases.Code
	if m.Report != nil {
		issues = slices.Clone(m.Report.Kinds)
	}
	for _, c := range t.s.Checks {
		if c.Case == m.ID && !slices.Contains(issues, c.Issue) {
			issues = append(issues, c.Issue)
		}
	}
	switch len(issues) {
	case 0:
		t.ownIssue(m, "other", v)
	case 1:
		t.ownIssue(m, issues[0], v)
	default:
		t.then(which)
		t.s.Mark, t.s.Picked = m.Ref, []string{v}
		for _, c := range issues {
			t.s.Picked = append(t.s.Picked, string(c))
		}
		t.show()
	}
}

// ownIssue takes up one problem. That it is not fixed is an answer by itself;
// that it is, is asked for.
func (t *talk) ownIssue(m *Mine, issue cases.Code, v string) {
	c := t.about(m.ID, issue)
	c.What, c.Answer, c.Open = "own", nil, true
	t.then(fact)
	t.s.Mark = c.key()
	if v == "notfixed" {
		t.begun(c).Fact = "none"
		t.answering(c)
		t.following(c)
		return
	}
	t.show()
}

// cooling is how long nothing is closed and nothing shows on the phone after
// somebody who may not be the worker wanted the case closed.
const cooling = 24 * time.Hour

// solved takes words that the case may be closed. Where there is a secret word
// it comes first: whoever holds the phone learns nothing, a person does.
func (t *talk) solved() bool {
	m := t.last()
	if m == nil || t.s.Danger != nil || t.reporting() || slices.Contains(aboutRemedy, t.s.State) {
		return false
	}
	if !t.locked() {
		t.own(m, "fixed")
		return true
	}
	t.s.Contact.Still = t.e.At.Add(cooling)
	due := t.due(cases.Violence)
	t.enter(m.ID, cases.Entry{Kind: cases.Pressured, Severity: cases.Violence, Trigger: "wants it closed", Text: t.words(), Due: due})
	t.tell("withdraw.forced", nil)
	if t.s.State != verify {
		t.interrupt(verify)
	}
	t.s.Mark = "solved"
	t.show()
	return true
}

func whichChoices(s *Session) (cs []Choice) {
	for i, k := range s.Picked {
		if _, ok := cases.Kinds.Find(cases.Code(k)); i > 0 && ok && len(cs) < 9 {
			cs = append(cs, Choice{Key: "issue." + k, Value: which + ":" + k})
		}
	}
	return append(cs, Choice{Key: "btn.menu", Value: which + ":menu"})
}

func readWhich(t *talk, v string) {
	if v == "menu" || len(t.s.Picked) == 0 {
		t.open(menu)
		return
	}
	t.ownIssue(t.marked(), cases.Code(v), t.s.Picked[0])
}

// watch asks later, when the worker is more likely alone, whether somebody
// said what to answer: where a good answer came in working hours from a phone
// that is not the worker's own.
func (t *talk) watch(c *Check) {
	shared := slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.Report != nil && m.Report.Checks["phone"] == "no" })
	if !shared || c.What == "pressure" || !t.working() {
		return
	}
	c.What, c.Open, c.Knocked, c.After = "pressure", true, time.Time{}, t.e.At.Add(time.Hour)
}

// working reports whether people are likely at work now.
func (t *talk) working() bool {
	local := t.e.At.In(cases.Zone(t.s.Contact.Country))
	rest := t.s.Contact.Rest
	if rest == "" {
		rest = "0"
	}
	free := t.s.Contact.Free(t.e.At)
	return local.Hour() >= 8 && local.Hour() < 17 && rest != string(rune('0'+int(local.Weekday()))) && !free.Equal(t.e.At)
}

// asks reports whether there is a question about what mark names.
func (s *Session) asks(mark string) bool {
	return slices.ContainsFunc(s.Checks, func(c Check) bool { return c.key() == mark })
}

// moveChecks has the questions of one case go on as those of another.
func (t *talk) moveChecks(from, into cases.ID) {
	for i := range t.s.Checks {
		c := &t.s.Checks[i]
		if c.Case != from {
			continue
		}
		was := c.key()
		c.Case = into
		if t.s.Mark == was {
			t.s.Mark = c.key()
		}
		for n := range t.s.Place {
			if t.s.Place[n].Mark == was {
				t.s.Place[n].Mark = c.key()
			}
		}
	}
}

// mendChecks drops what no case asks.
func (s *Session) mendChecks() {
	s.Checks = slices.DeleteFunc(s.Checks, func(c Check) bool { return c.Case == "" })
	for i := range s.Checks {
		if c := &s.Checks[i]; !slices.Contains(append(questionKinds, "own"), c.What) {
			c.What = "own"
		}
	}
}
