package flows

import (
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A Joining is a worker on the way into somebody else's case, with the answers
// given so far.
type Joining struct {
	cases.Invite
	N      int           `json:"n,omitempty"` // which of Kinds is asked
	Report *cases.Report `json:"report"`      // what this worker says
}

func (j *Joining) clone() *Joining {
	if j == nil {
		return nil
	}
	c := *j
	c.Kinds, c.Report = slices.Clone(j.Kinds), j.Report.Clone()
	return &c
}

// joined are the screens between a case's code and taking part.
var joined = map[State]screen{
	joining: {
		show:    func(t *talk) { t.tell("join.ask", Args{"Code": t.s.Join.Code}) },
		choices: buttons(joining, "join.yes", "join.no"),
		read:    readJoining,
		write:   writeJoin,
	},
	joinissue: {
		show:    func(t *talk) { t.tell("join.issue", Args{"Issue": Term("issue." + string(t.s.Join.kind()))}) },
		choices: joinChoices,
		read:    readJoinIssue,
		write:   writeJoin,
	},
	joinname: {
		show:    func(t *talk) { t.tell("intake.name_privacy", nil) },
		choices: asked(joinname, "privacy"),
		read:    func(t *talk, v string) { t.joinAnswer("privacy", v) },
		write:   writeJoin,
	},
	joinreply: {
		show:    func(t *talk) { t.tell("intake.reply_here", nil) },
		choices: asked(joinreply, "reply"),
		read:    func(t *talk, v string) { t.joinAnswer("reply", v) },
		write:   writeJoin,
	},
	joincode: {
		show:    func(t *talk) { t.tell("join.type_code", nil) },
		choices: buttons(joincode, "btn.skip"),
		read:    func(t *talk, _ string) { t.open(t.home()) },
		write:   writeCode,
		free:    true,
	},
}

// Join is the answer to the code of a case, however it came: the worker is
// asked whether it is the same problem, after language, safety and consent.
// Whoever takes part already, or comes to a code that is closed, is told so.
func Join(s Session, e channels.Event, v cases.Invite) (Session, []Effect) {
	t := &talk{s: s.clone(), e: e}
	t.mend()
	first := t.s.State == ""
	t.s.Seen, t.s.Broken, t.s.Contact.Paused = e.At, false, false
	t.alarm("nudge", time.Time{})
	if !slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.ID == v.Case }) {
		v.Kinds = slices.Clone(v.Kinds)
		t.s.Join = &Joining{Invite: v, Report: &cases.Report{ID: v.Case, Begun: e.At, Answers: map[string]cases.Answer{}, Checks: map[string]string{}}}
	}
	switch {
	case first:
		t.begin()
	case !t.s.Consent.Given:
		t.again()
	case t.s.Join == nil:
		t.mine("status")
	default:
		t.invited()
	}
	t.flush()
	return t.s, t.fx
}

// invited asks whether the worker takes part in the case whose code was brought
// along, once there is consent. It reports whether there was any.
func (t *talk) invited() bool {
	switch j := t.s.Join; {
	case j == nil:
		return false
	case !j.Open:
		t.s.Join = nil
		t.tell("join.full", nil)
		t.open(menu)
	case t.reporting() || t.s.State == person || t.s.State == adding: // gone on with afterwards
		t.interrupt(joining)
		t.show()
	default:
		t.open(joining)
	}
	return true
}

// writeCode takes in what is no code: one that is right comes in by [Join].
// Whatever could not be a slip of the finger is kept like words in the menu.
func writeCode(t *talk) {
	if len(t.e.Media) == 0 && t.e.Place == nil && short(t.e.Text) {
		t.again()
		return
	}
	t.to(menu)
	writeMenu(t)
}

// kind is the kind of abuse that is asked about.
func (j *Joining) kind() cases.Code {
	if j == nil || j.N >= len(j.Kinds) {
		return "other"
	}
	return j.Kinds[j.N]
}

func readJoining(t *talk, v string) {
	j := t.s.Join
	if v == "no" {
		t.notMe()
		return
	}
	j.N, j.Report.Kinds = 0, nil
	if len(j.Kinds) == 0 {
		t.go2(next)
		return
	}
	t.go2(yes)
}

// joinChoices carry the place of the question: an answer that was pressed twice
// is not the answer to the next one.
func joinChoices(s *Session) []Choice {
	n := 0
	if s.Join != nil {
		n = s.Join.N
	}
	at := "/" + string(rune('0'+min(n, 9)))
	return []Choice{{Key: "join.yes", Value: joinissue + ":yes" + at}, {Key: "join.no", Value: joinissue + ":no" + at}}
}

func readJoinIssue(t *talk, v string) {
	j := t.s.Join
	if v[:1] == "y" {
		t.told(j.Report, j.kind())
	}
	if j.N++; j.N < len(j.Kinds) {
		t.again()
		return
	}
	if len(j.Report.Kinds) == 0 {
		t.notMe()
		return
	}
	t.go2(next)
}

// notMe leaves a case that the worker does not take part in: nothing is kept of
// the answers. What the worker wrote meanwhile is the worker's own report.
func (t *talk) notMe() {
	told := t.s.Join.Report.Story
	t.s.Join = nil
	t.tell("join.not", nil)
	if len(told) > 0 {
		t.draft()
		t.s.Draft.Story = append(slices.Clip(t.s.Draft.Story), told...)
		if len(t.s.Place) == 0 {
			t.tell("consent.kept", nil)
			t.open(quick)
			return
		}
	}
	if len(t.s.Place) > 0 {
		t.resume()
		return
	}
	t.go2(no)
}

// asked are the answers of a question of the report.
func asked(at State, question State) func(*Session) []Choice {
	return func(*Session) (cs []Choice) {
		q, _ := find(question)
		for _, o := range q.options {
			cs = append(cs, Choice{Key: o, Value: string(at) + ":" + value(o)})
		}
		return append(cs, Choice{Key: "btn.skip", Value: string(at) + ":skip"})
	}
}

// joinAnswer keeps an answer to a question of the report and goes on. What was
// told before about how to answer holds here, too.
func (t *talk) joinAnswer(question State, v string) {
	r := t.s.Join.Report
	if v != "skip" {
		r.Answers[string(question)] = cases.Answer{Choices: []string{v}}
	}
	n := len(t.s.Mine)
	if question == "privacy" && (n == 0 || !t.s.Mine[n-1].Report.Has("reply")) {
		t.go2(next)
		return
	}
	if question == "reply" && v != "skip" {
		t.s.Contact.Silent, t.s.Contact.Call = v == "only_when_i_write", v == "call"
	}
	t.join()
}

// join brings the worker into the case. What the worker reported before stays:
// the case is told of it, so that a person may put the two together.
func (t *talk) join() {
	j := t.s.Join
	r := j.Report
	r.Sent = t.e.At
	if r.Severity == cases.Unjudged {
		r.Severity = cases.Ordinary
	}
	for _, q := range intake {
		if !r.Has(string(q.state)) && !slices.Contains(afterJoining, q.state) {
			r.Skipped = append(r.Skipped, string(q.state)) // others have told it
		}
	}
	n := cases.Entry{Kind: cases.Joined, Severity: r.Severity, Report: r.Clone(), Other: string(t.same(r))}
	due := j.Due
	if j.Ask {
		n.Trigger = Held
	}
	if j.Ask || !due.After(t.e.At) {
		due = t.due(r.Severity)
	}
	t.enter(j.Case, n)
	t.s.Mine = append(t.s.Mine, Mine{ID: j.Case, Ref: cases.RefOf(j.Case), Status: or1(j.Status, cases.Received), Severity: r.Severity, Report: r, News: t.e.At, Due: due})
	t.do(Count{t.s.Ref, "joined"})
	if j.Ask {
		t.tell("join.wait", nil)
	} else {
		t.tell("join.done", nil)
		if j.Band != "" {
			t.tell("join.count", Args{"CountBand": j.Band})
		}
	}
	t.s.Join = nil
	t.alarm("extra", t.e.At.Add(20*time.Hour))
	if len(t.s.Place) > 0 {
		t.resume()
		return
	}
	t.step(send)
	t.s.Mark = ""
}

// Held is the trigger of an entry that brings a worker to a case who waits
// until a person has looked.
const Held = "held"

// afterJoining are the questions left for later, one at a time: whether the
// employer may hear of it, and when the worker may be written to.
var afterJoining = []State{"raise", "times", "restday"}

func or1(a, b cases.Status) cases.Status {
	if a != "" {
		return a
	}
	return b
}

// same returns the worker's own case about the same kind of abuse, or "".
func (t *talk) same(r *cases.Report) cases.ID {
	for _, m := range t.s.Mine {
		if m.Status.Open() && m.Report != nil && slices.ContainsFunc(m.Report.Kinds, func(k cases.Code) bool { return slices.Contains(r.Kinds, k) }) {
			return m.ID
		}
	}
	return ""
}

// writeJoin keeps with the answers what the worker sends instead of pressing.
// It reaches the case only if the worker joins.
func writeJoin(t *talk) {
	p := cases.Part{At: t.e.At, Message: t.e.Message, Asked: string(t.s.State), Text: t.words(), Media: attachments(t.e.Media)}
	if p.Text == "" && len(p.Media) == 0 {
		t.again()
		return
	}
	r := t.s.Join.Report
	r.Story = append(slices.Clip(r.Story), p)
	if len(p.Media) > 0 {
		t.do(Keep{Media: t.e.Media})
	}
	if !t.flurry() {
		t.tapPlease()
		t.again()
	}
}

// mendJoin takes out of a stored session what no case asks any more.
func (t *talk) mendJoin() {
	j := t.s.Join
	if j == nil {
		return
	}
	if j.Case == "" || j.Report == nil {
		t.s.Join = nil
		return
	}
	j.Kinds = slices.DeleteFunc(j.Kinds, func(c cases.Code) bool { return !c.Spoken() })
	if j.N < 0 || j.N > len(j.Kinds) {
		j.N = 0
	}
	if j.Report.Answers == nil {
		j.Report.Answers = map[string]cases.Answer{}
	}
}
