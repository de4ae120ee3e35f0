package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// reported are the screens of the report around its questions.
var reported = map[State]screen{
	problem: {show: func(t *talk) { t.tell("intake.problem", nil) }, choices: problemChoices, read: readProblem, write: writeProblem},
	sub:     {show: func(t *talk) { t.tell("intake.sub", nil) }, choices: subChoices, read: readSub, write: writeProblem},
	check:   {show: showCheck, choices: checkChoices, read: readCheck, write: writeCheck},
	more: {
		show:    showMore,
		choices: buttons(more, "intake.another", "intake.no_more"),
		read: func(t *talk, v string) {
			if v == "another" {
				t.go2(yes)
			} else {
				t.done(no)
			}
		},
		write: func(t *talk) { t.note(more); t.done(no) },
	},
	quick: {
		show:    func(t *talk) { t.tell("intake.quick_or_full", nil) },
		choices: buttons(quick, "btn.send_now", "intake.answer_now", "btn.dont_send"),
		read:    readQuick,
		write:   func(t *talk) { t.note(quick); t.tell("intake.saved_story", nil); t.again() },
	},
	review: {
		show:    showReview,
		choices: buttons(review, "btn.send", "btn.change", "btn.dont_send"),
		read:    readReview,
		write:   func(t *talk) { t.note(review); t.tell("intake.saved_story", nil); t.again() },
	},
	change: {show: func(t *talk) { t.tell("review.change", nil) }, choices: changeChoices, read: readChange},
	sent: {
		show:    func(t *talk) { t.tell("receipt.brave", nil) },
		choices: sentChoices,
		read:    readSent,
		write:   writeMenu,
	},
	welcome: {
		show:    func(t *talk) { t.tell("start.hello_back", nil); t.tell("nudge.saved", nil) },
		choices: buttons(welcome, "btn.go_on", "btn.menu", "btn.dont_send"),
		read: func(t *talk, v string) {
			switch v {
			case "go_on":
				t.resume()
			case "menu":
				t.s.Place = nil
				t.open(menu)
			default:
				t.discard()
			}
		},
		write: func(t *talk) { t.note(welcome); t.again() },
	},
}

// welcomeBack takes up a report that was left lying. What the worker has just
// sent is kept, but not taken for an answer after so long a time.
func (t *talk) welcomeBack() {
	if t.e.Choice == "" && !(len(t.e.Media) == 0 && short(t.words())) {
		t.note(string(t.s.State))
	}
	t.interrupt(welcome)
	t.show()
}

// goOn goes back to the question that stood open before the reminder, without
// asking it again.
func (t *talk) goOn() {
	if n := len(t.s.Place); n > 0 {
		p := t.s.Place[n-1]
		t.s.Place = t.s.Place[:n-1]
		t.to(p.State)
		t.s.Mark = p.Mark
	}
}

func problemChoices(*Session) (cs []Choice) {
	for _, g := range cases.Kinds.Groups() {
		cs = append(cs, Choice{Key: "issue." + string(g), Value: "problem:" + string(g)})
	}
	return cs
}

func readProblem(t *talk, v string) {
	r := t.report()
	if len(cases.Kinds.Below(cases.Code(v))) == 0 { // in the worker's own words
		t.told(r, cases.Code(v))
		t.to(more)
		t.done(no)
		return
	}
	t.s.Group = cases.Code(v)
	t.go2(chosen)
}

func subChoices(s *Session) (cs []Choice) {
	for _, c := range cases.Kinds.Below(s.Group) {
		cs = append(cs, Choice{Key: "issue." + string(c), Value: "sub:" + string(c)})
	}
	return append(cs, Choice{Key: "intake.something_else", Value: "sub:else"}, Choice{Key: "btn.back", Value: "sub:back"})
}

func readSub(t *talk, v string) {
	switch v {
	case "back":
		t.go2(back)
		return
	case "else":
		v = string(t.s.Group)
	}
	r := t.report()
	t.told(r, cases.Code(v))
	t.step(chosen)
	c, _ := cases.Kinds.Find(cases.Code(v))
	_, asked := r.Checks[c.Check]
	if c.Check == "" || asked {
		t.go2(finish)
		return
	}
	t.s.Mark = c.Check
	t.show()
}

// told adds a kind of abuse to a report, five at most.
func (t *talk) told(r *cases.Report, c cases.Code) {
	if !slices.Contains(r.Kinds, c) && len(r.Kinds) < 5 {
		r.Kinds = append(slices.Clip(r.Kinds), c)
	}
	k, _ := cases.Kinds.Find(c)
	if k.Severity == cases.Unjudged {
		k.Severity = cases.Ordinary
	}
	r.Severity = r.Severity.Worse(k.Severity)
}

// writeProblem takes a story instead of a button: it is as good as a code.
func writeProblem(t *talk) {
	if !t.note(problem) {
		t.unclear()
		return
	}
	t.s.Voices++
	switch {
	case len(t.e.Media) > 0 && t.s.Voices < 2:
		t.tell("intake.voice_for_button", nil)
		t.again()
		return
	case len(t.e.Media) == 0 && short(t.e.Text):
		t.tapPlease()
		t.again()
		return
	}
	r := t.report()
	if len(r.Kinds) == 0 {
		t.told(r, "other")
	}
	t.tell("intake.saved_story", nil)
	t.to(more)
	t.done(no)
}

func showMore(t *talk) {
	r := t.report()
	if len(r.Kinds) >= 5 {
		t.done(no)
		return
	}
	t.tell("intake.problem_more", Args{"Issue": named(r.Kinds)})
}

// done leaves the choice of problems: to the questions, or back to the review
// that it was changed from.
func (t *talk) done(event Event) {
	if t.s.Edit {
		t.s.Edit = false
		event = finish
	}
	t.go2(event)
}

func readQuick(t *talk, v string) {
	switch v {
	case "send_now":
		t.send()
	case "answer_now":
		t.go2(answer)
	default:
		t.discard()
	}
}

func readReview(t *talk, v string) {
	switch v {
	case "send":
		t.send()
	case "change":
		t.go2(ask)
	default:
		t.discard()
	}
}

// discard throws away what was told and not sent.
func (t *talk) discard() {
	t.s.Draft, t.s.Place = nil, nil
	t.tell("review.discarded", nil)
	t.step(discard)
	t.show()
}

// limits are the times within which a person answers.
var limits = map[cases.Severity]time.Duration{
	cases.Danger: 15 * time.Minute, cases.Violence: 2 * time.Hour, cases.Serious: 24 * time.Hour,
	cases.Ordinary: 72 * time.Hour, cases.Information: 5 * 24 * time.Hour,
}

// due is when a person answers at the latest.
func (t *talk) due(v cases.Severity) time.Time {
	if v == cases.Unjudged {
		v = cases.Ordinary
	}
	return t.e.At.Add(limits[v])
}

// send hands the report to the caseworkers and gives the receipt: a number, and
// a time by which a person writes.
func (t *talk) send() {
	r := t.s.Draft
	if r == nil {
		t.open(menu)
		return
	}
	if len(r.Kinds) == 0 {
		t.told(r, "other")
	}
	r.Sent = t.e.At
	due := t.due(r.Severity)
	m := Mine{ID: r.ID, Ref: cases.RefOf(r.ID), Status: cases.Received, Severity: r.Severity, Report: r, News: t.e.At, Due: due}
	t.s.Mine = append(slices.DeleteFunc(t.s.Mine, func(o Mine) bool { return o.ID == r.ID }), m)
	t.s.Draft, t.s.Place = nil, nil
	t.enter(r.ID, cases.Entry{Kind: cases.Opened, Severity: r.Severity, Due: due, Report: r.Clone()})
	t.do(Count{t.s.Ref, "reported"})
	t.step(send)
	t.s.Mark = ""
	t.tell("receipt.done", Args{"Ref": m.Ref})
	t.tell("receipt.next", Args{"ByWhen": Moment{due, t.s.Contact.Country}})
	t.tell("receipt.brave", nil)
	if r.Severity >= cases.Serious && t.open1(r) != "" {
		t.alarm("extra", t.e.At.Add(20*time.Hour))
	}
}

func sentChoices(s *Session) []Choice {
	cs := []string{"btn.menu", "btn.hide"}
	if n := len(s.Mine); n > 0 && s.Mine[n-1].Severity >= cases.Serious {
		cs = append([]string{"btn.add_more"}, cs...)
	}
	return buttons(sent, cs...)(s)
}

func readSent(t *talk, v string) {
	switch v {
	case "menu":
		t.open(menu)
	case "hide":
		t.hide()
	default:
		t.extra(true)
	}
}

// showReview shows every answer that matters, in the worker's own words.
func showReview(t *talk) {
	r := t.report()
	t.tell("review.title", nil)
	t.tell("review.summary", summed(r))
	if few := r.First("howmany"); r.First("raise") == "yes" && (few == "me" || few == "few" || few == "") {
		t.tell("review.small_group", nil)
	}
}

// summed is what a report holds so far.
func summed(r *cases.Report) Args {
	place := clip(strings.Join(nonEmpty(r.Answers["site"].Text, r.Answers["area"].Text), ", "))
	return Args{
		"Issues": named(r.Kinds), "Place": orNone(place, r.Answers["country"]), "Count": answered(r, "howmany"),
		"Want": answered(r, "want"), "Privacy": answered(r, "privacy"), "Contact": answered(r, "reply"),
	}
}

// named returns the names of kinds of abuse, of those that there still are.
func named(kinds []cases.Code) (ts Terms) {
	for _, k := range kinds {
		if _, ok := cases.Kinds.Find(k); ok {
			ts = append(ts, "issue."+string(k))
		}
	}
	return ts
}

// clip shortens what a worker wrote, where it is shown again: a whole story
// would fill several messages.
func clip(s string) string {
	short := channels.Limit{N: 200}
	if short.Fits(s) {
		return s
	}
	for i := range s {
		if i > 10*short.N { // more than enough to cut from
			s = s[:i]
			break
		}
	}
	return channels.Split(s, short)[0] + "…"
}

func nonEmpty(ss ...string) (out []string) {
	for _, s := range ss {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func orNone(s string, country cases.Answer) any {
	q, _ := find("country")
	switch {
	case s != "":
		return s
	case len(country.Choices) > 0 && q.option(country.Choices[0]) != "":
		return Term(q.option(country.Choices[0]))
	case country.Text != "":
		return clip(country.Text)
	}
	return Term("review.none")
}

// answered is how an answer stands in the review.
func answered(r *cases.Report, state string) any {
	q, _ := find(State(state))
	a := r.Answers[state]
	var ts Terms
	for _, c := range a.Choices {
		if o := q.option(c); o != "" {
			ts = append(ts, o)
		}
	}
	switch {
	case len(ts) > 0:
		return ts
	case a.Text != "":
		return clip(a.Text)
	case a.Voice:
		return Term("review.voice")
	}
	return Term("review.none")
}

// changeable are the answers that the review offers to change.
var changeable = []string{problem, "country", "site", "howmany", "want", "privacy", "reply", "times", "raise"}

func changeChoices(s *Session) (cs []Choice) {
	for _, c := range changeable {
		cs = append(cs, Choice{Key: "change." + c, Value: "change:" + c})
	}
	return append(cs, Choice{Key: "btn.back", Value: "change:back"})
}

func readChange(t *talk, v string) {
	if v == "back" {
		t.go2(back)
		return
	}
	t.s.Edit = true
	if v == problem {
		t.report().Kinds = nil
	}
	t.step(Event("edit " + v))
	t.again()
}
