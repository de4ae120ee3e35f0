package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// long is a silence after which a report half told is not simply gone on with.
const long = 24 * time.Hour

// arrive takes in what the worker did: danger first, then commands, then
// buttons, then the answer to the question that stands open.
func (t *talk) arrive() {
	gap := t.e.At.Sub(t.s.Seen)
	first := t.s.State == ""
	t.s.Seen, t.s.Broken = t.e.At, false
	t.s.Contact.Paused = false
	t.alarm("nudge", time.Time{})
	defer t.remind()
	if first && t.e.Ref != "" {
		t.s.Ref = t.e.Ref
		t.do(Count{t.e.Ref, "opened"})
	}
	if t.urgent() {
		return
	}
	if first {
		t.begin()
		return
	}
	if t.newsChoice() {
		return
	}
	if t.s.Draft != nil && gap > long && (t.reporting() || t.s.State == welcome) {
		t.welcomeBack()
		return
	}
	if at, _, _ := strings.Cut(t.e.Choice, ":"); t.s.State == welcome && State(at) != welcome && t.e.Intent == "" {
		t.goOn() // the reminder was passed over: this answers the question before it
	}
	if t.command() {
		return
	}
	if t.e.Choice == "go:read" { // of a template: what waits behind it comes by itself
		return
	}
	if t.e.Choice != "" {
		t.press()
		return
	}
	if t.foreign() {
		return
	}
	t.written()
}

// reporting tells whether a report is being told.
func (t *talk) reporting() bool {
	_, q := find(t.s.State)
	return q || slices.Contains([]State{problem, sub, check, more, quick, review, change}, t.s.State)
}

// remind asks for one reminder of a report that was begun and not sent.
func (t *talk) remind() {
	if t.s.Draft != nil && t.reporting() && t.s.Extra == 0 && !t.s.Contact.Silent {
		t.alarm("nudge", t.e.At.Add(20*time.Hour).Truncate(15*time.Minute)) // roughly, so that few answers move it
	}
}

// press takes in a button. A button of another state never does harm: pressed
// twice in a hurry it counts once, and an old one only shows where we are.
func (t *talk) press() {
	at, v, _ := strings.Cut(t.e.Choice, ":")
	twice := t.s.Last == t.e.Choice && t.e.At.Sub(t.s.LastAt) < 15*time.Second
	if State(at) == t.s.State {
		cs, _ := t.s.choices()
		if slices.ContainsFunc(cs, func(c Choice) bool { return c.Value == t.e.Choice }) {
			t.s.Last, t.s.LastAt = t.e.Choice, t.e.At
			screens[t.s.State].read(t, v)
			return
		}
	}
	if twice {
		return
	}
	if at == menu && v != "report" && v != "draft" && !slices.Contains(opening, string(t.s.State)) { // the way to the menu stands open
		t.s.Extra = 0
		readMenu(t, v)
		return
	}
	t.tell("err.old_button", nil)
	t.again()
}

// written takes in words and whatever else is no button.
func (t *talk) written() {
	if t.e.Kind == channels.Odd || t.e.What != "" && t.e.Text == "" && len(t.e.Media) == 0 && t.e.Place == nil {
		if !t.flurry() {
			t.tell("err.not_text", Args{"Kind": Term(kindOf(t.e.What))})
			t.again()
		}
		return
	}
	if scr := screens[t.s.State]; scr.write != nil {
		scr.write(t)
		return
	}
	t.unclear()
}

// kindOf names what is no text: kind.sticker and the like.
func kindOf(what string) string {
	switch what {
	case "sticker", "contact", "poll", "location":
		return "kind." + what
	}
	return "kind.other"
}

// unclear keeps what was written and asks again.
func (t *talk) unclear() {
	t.s.Misses++
	kept := t.note(string(t.s.State))
	if t.flurry() {
		return
	}
	switch {
	case len(t.e.Media) > 0:
		t.tell("intake.voice_for_button", nil)
	case kept:
		t.tapPlease()
	}
	t.again()
}

// tapPlease asks for a button, and names Skip only where there is one.
func (t *talk) tapPlease() {
	cs, _ := Choices(t.s)
	if slices.ContainsFunc(cs, func(c Choice) bool { return c.Key == "btn.skip" }) {
		t.tell("intake.unclear_choice", nil)
		return
	}
	t.tell("intake.unclear_plain", nil)
}

// note keeps what the worker sent with the report being told, with the last
// report, or until consent is asked. It reports whether there was anything.
func (t *talk) note(asked string) bool {
	p := cases.Part{At: t.e.At, Message: t.e.Message, Asked: asked, Text: t.words(), Media: attachments(t.e.Media)}
	if p.Text == "" && len(p.Media) == 0 {
		return false
	}
	switch m := t.last(); {
	case t.s.Extra > 0 && t.s.Extra <= len(t.s.Mine):
		t.added(&t.s.Mine[t.s.Extra-1], p)
	case t.s.Draft != nil:
		t.s.Draft.Story = append(slices.Clip(t.s.Draft.Story), p)
		t.fetch(t.s.Draft.ID)
	case t.s.Danger != nil:
		t.enter(t.s.Danger.Case, cases.Entry{Kind: cases.Said, Text: p.Text})
		t.fetch(t.s.Danger.Case)
	case m != nil:
		t.added(m, p)
	case t.s.Consent.Given:
		t.draft()
		t.s.Draft.Story = append(t.s.Draft.Story, p)
		t.fetch(t.s.Draft.ID)
	case !t.s.Consent.Refused && len(t.s.Early) < 50:
		t.s.Early = append(slices.Clip(t.s.Early), p)
	}
	return true
}

// words are what the worker wrote, and where the place is that the worker shared.
func (t *talk) words() string {
	if p := t.e.Place; p != nil {
		return strings.TrimSpace(t.e.Text + " " + p.Name + " " + degrees(*p))
	}
	return t.e.Text
}

// added passes on to a caseworker what the worker adds to a report sent before.
func (t *talk) added(m *Mine, p cases.Part) {
	if p.Text != "" {
		t.enter(m.ID, cases.Entry{Kind: cases.Said, Text: p.Text})
	}
	t.fetch(m.ID)
}

// fetch has the attachments of this event kept with a case.
func (t *talk) fetch(id cases.ID) {
	if len(t.e.Media) > 0 {
		t.do(Keep{Case: id, Media: t.e.Media})
	}
}

// attachments names what is still on the platform by its place there.
func attachments(ms []channels.Media) (as []cases.Attachment) {
	for _, m := range ms {
		as = append(as, cases.Attachment{Ref: m.Ref, Type: m.Type, Size: m.Size, Seconds: m.Seconds, Voice: m.Voice})
	}
	return as
}

// keep notes something that needs no answer, such as the new text of a message.
func (t *talk) keep(asked string) {
	if t.s.Consent.Given || t.s.Danger != nil {
		t.note(asked)
	}
}

// retract forgets a message that the worker took back.
func (t *talk) retract() {
	is := func(p cases.Part) bool { return p.Message != "" && p.Message == t.e.Message }
	t.s.Early = slices.DeleteFunc(t.s.Early, is)
	if t.s.Join != nil {
		t.s.Join.Report.Story = slices.DeleteFunc(t.s.Join.Report.Story, is)
	}
	if t.s.Draft != nil {
		t.s.Draft.Story = slices.DeleteFunc(t.s.Draft.Story, is)
	}
	for i, m := range t.s.Mine {
		if m.Report != nil && slices.ContainsFunc(m.Report.Story, is) {
			t.s.Mine[i].Report = m.Report.Clone()
			t.s.Mine[i].Report.Story = slices.DeleteFunc(t.s.Mine[i].Report.Story, is)
			t.enter(m.ID, cases.Entry{Kind: cases.Told, Report: t.s.Mine[i].Report.Clone()})
		}
	}
	t.do(Retract{t.e.Message})
}

// draft begins a report, unless one is being told.
func (t *talk) draft() {
	if t.s.Draft != nil {
		return
	}
	t.s.Draft = &cases.Report{ID: t.newCase(), Begun: t.e.At, Answers: map[string]cases.Answer{}, Checks: map[string]string{}, Story: t.s.Early}
	t.s.Early, t.s.Extra = nil, 0
	if t.s.Prefs != nil {
		for q, a := range t.s.Prefs.Answers {
			t.s.Draft.Answers[q] = a
		}
	}
}

// report is what the questions are about: the draft, or one sent before.
func (t *talk) report() *cases.Report {
	if t.s.Extra > 0 && t.s.Extra <= len(t.s.Mine) {
		m := &t.s.Mine[t.s.Extra-1]
		m.Report = m.Report.Clone() // what a step is given it leaves as it was
		if m.Report == nil {
			m.Report = &cases.Report{ID: m.ID, Answers: map[string]cases.Answer{}, Checks: map[string]string{}}
		}
		return m.Report
	}
	if t.s.Extra < 0 {
		if t.s.Prefs == nil {
			t.s.Prefs = &cases.Report{Answers: map[string]cases.Answer{}, Checks: map[string]string{}}
		}
		return t.s.Prefs
	}
	t.draft()
	return t.s.Draft
}
