package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// alarmed are the screens of danger.
var alarmed = map[State]screen{
	danger:   {show: showDanger, choices: dangerChoices, read: readDanger, write: writeDanger},
	checkin:  {show: func(t *talk) { t.tell("urgent.checkin", nil) }, choices: buttons(checkin, "urgent.ok_now", "urgent.still"), read: readCheckin, write: writeDanger},
	selfharm: {show: func(t *talk) { t.tell("urgent.selfharm", nil) }, choices: buttons(selfharm, "selfharm.yes", "selfharm.no", "btn.person"), read: readSelfharm, write: func(t *talk) { t.note(selfharm); t.again() }},
	childask: {show: func(t *talk) { t.tell("urgent.child_ask", nil) }, choices: buttons(childask, "urgent.child_under", "urgent.child_adult", "btn.skip"), read: readChild, write: writeChild},
}

// urgent sees whether the worker is in danger: before language, before
// consent, whoever holds the conversation, whatever question stands open.
func (t *talk) urgent() bool {
	_, v, _ := strings.Cut(t.e.Choice, ":")
	switch {
	case t.e.Intent == "danger" || v == "danger":
		t.alert("button", cases.Danger)
	case t.s.State == danger || t.s.State == checkin || t.s.State == selfharm || t.s.State == childask || t.s.State == check:
		return false // asked already
	case !strings.HasPrefix(t.e.Intent, "maybe ") || t.s.Danger != nil:
		return false
	case t.hints("selfharm"):
		t.note("words")
		t.interrupt(selfharm)
		t.show()
	case (t.hints("child") || t.hints("sexual") && under(t.e.Text)) && t.s.Lang != "":
		t.note("words")
		t.interrupt(childask)
		t.s.Mark = "child"
		if t.hints("sexual") {
			t.s.Mark = "child sexual"
		}
		if under(t.e.Text) {
			readChild(t, "child_under")
			return true
		}
		t.show()
	case t.s.Lang != "" && t.s.Consent.Given:
		return t.suspect()
	default:
		return false
	}
	return true
}

// hints reports whether a word of the worker hints at what.
func (t *talk) hints(what string) bool {
	return strings.HasPrefix(t.e.Intent, "maybe ") && slices.Contains(strings.Fields(t.e.Intent), what)
}

// under finds an age below 18 in a text.
func under(text string) bool {
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(f); err == nil && n >= 5 && n < 18 {
			return true
		}
	}
	return false
}

// suspect asks, once a report, about what a word in a story hints at. A word
// alone alerts nobody.
func (t *talk) suspect() bool {
	_, hints, _ := strings.Cut(t.e.Intent, " ")
	hint, _, _ := strings.Cut(hints, " ")
	name := map[string]string{"sexual": "sexual", "injured": "doctor", "detained": "detained", "confined": "confined"}[hint]
	if name == "" {
		name = "danger"
	}
	if m := t.last(); t.s.Draft == nil && m != nil {
		return false // it is added to a case that a person reads
	}
	t.draft()
	if _, asked := t.s.Draft.Checks[name]; asked {
		return false
	}
	t.note("words")
	t.told(t.s.Draft, "other")
	t.to(check)
	t.s.Mark = name
	t.show()
	return true
}

// alert sends for a person at once, and tells the worker so in two short
// messages. It asks for no story and no name.
func (t *talk) alert(trigger string, level cases.Severity) {
	id := t.s.alertCase()
	if id == "" {
		id = t.newCase()
	}
	again := t.s.Danger != nil && t.s.Danger.Level <= level && t.e.At.Sub(t.s.Danger.At) < time.Hour
	t.s.Danger = &Danger{Trigger: trigger, At: t.e.At, Case: id, Level: level}
	due := t.due(level)
	t.enter(id, cases.Entry{Kind: cases.Alerted, Severity: level, Trigger: trigger, Due: due, Text: t.words()})
	t.fetch(id)
	t.do(Summon{Case: id, Severity: level})
	if !slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.ID == id }) && (t.s.Draft == nil || t.s.Draft.ID != id) {
		t.s.Mine = append(t.s.Mine, Mine{ID: id, Ref: cases.RefOf(id), Status: cases.Received, Severity: level, News: t.e.At, Due: due})
	}
	t.interrupt(danger)
	t.s.Mark = ""
	t.class = channels.Urgent
	if again {
		t.tell("urgent.noted", nil)
		return
	}
	t.first(trigger)
	t.cut()
	t.class = channels.Urgent
	t.show()
	if level == cases.Danger {
		t.alarm("nobody", t.e.At.Add(15*time.Minute))
	}
	if !t.s.Contact.Silent {
		t.alarm("checkin", t.e.At.Add(10*time.Minute))
	}
}

// alertCase is the case that an alert belongs to, if there is one.
func (s *Session) alertCase() cases.ID {
	switch {
	case s.Danger != nil:
		return s.Danger.Case
	case s.Draft != nil:
		return s.Draft.ID
	case len(s.Mine) > 0:
		return s.Mine[len(s.Mine)-1].ID
	}
	return ""
}

// first is the first of the two messages, by what set the alert off.
func (t *talk) first(trigger string) {
	if t.s.Lang == "" { // nobody knows yet what the worker reads
		if l := t.guess(); l != "" {
			t.s.Lang = l
		} else {
			for _, l := range Languages {
				t.parts = append(t.parts, Part{Key: "urgent.first", Lang: l})
			}
			return
		}
	}
	t.tell("urgent.first", nil)
	place := t.s.Contact.Country
	switch trigger {
	case "confined":
		t.tell("urgent.cannot_leave", nil)
		t.tell("urgent.dont_call_police", nil)
	case "injured":
		t.parts = append(t.parts, Part{Key: "urgent.medical", Args: Args{"AmbulanceNumber": Fact{"ambulance", place}}, Else: "urgent.medical_plain"})
	case "detained":
		t.tell("urgent.detained", nil)
	case "phone":
		t.tell("urgent.phone", nil)
	case "selfharm":
		t.parts = []Part{{Key: "urgent.selfharm_yes", Args: Args{"CrisisName": Fact{"crisis.name", place}, "CrisisNumber": Fact{"crisis", place}}, Else: "urgent.selfharm_plain"}}
		return
	case "child":
		t.parts = []Part{{Key: "urgent.child_info"}}
	case "child sexual":
		t.parts = []Part{{Key: "urgent.believe"}, {Key: "urgent.child_info"}}
	case "sexual":
		t.tell("urgent.believe", nil)
	case "fire":
		t.tell("urgent.fire", nil)
	}
	t.parts = append(t.parts, Part{Key: "urgent.numbers", Else: "urgent.no_numbers", Args: Args{
		"EmergencyName": Fact{"emergency.name", place}, "EmergencyNumber": Fact{"emergency", place},
		"HotlineName": Fact{"hotline.name", place}, "HotlineNumber": Fact{"hotline", place},
	}})
}

func showDanger(t *talk) {
	if t.s.Lang == "" {
		for _, l := range Languages {
			t.parts = append(t.parts, Part{Key: "lang.choose", Lang: l})
		}
		return
	}
	t.tell("urgent.where", nil)
	t.tell("urgent.quiet", nil)
}

func dangerChoices(s *Session) []Choice {
	if s.Lang == "" {
		return languageChoices(danger)(s)
	}
	return buttons(danger, "btn.not_danger", "btn.hide", "btn.skip")(s)
}

func readDanger(t *talk, v string) {
	switch v {
	case "not_danger":
		t.calm()
	case "hide":
		t.hide()
	case "skip":
		t.class = channels.Urgent
		t.tell("urgent.noted", nil)
	default: // a language
		t.s.Lang = v
		t.class = channels.Urgent
		t.show()
	}
}

// writeDanger passes everything on: one dot is enough.
func writeDanger(t *talk) {
	if t.s.Danger == nil {
		t.note(danger)
		t.resume()
		return
	}
	t.step("to danger")
	t.enter(t.s.Danger.Case, cases.Entry{Kind: cases.Said, Text: t.words()})
	t.fetch(t.s.Danger.Case)
	t.class = channels.Urgent
	if t.s.Lang == "" {
		t.show()
		return
	}
	t.tell("urgent.noted", nil)
}

// calm takes the worker's word that there is no danger; a person still looks,
// and "my case" says so, though the report that the alert came in the middle of
// is not sent.
func (t *talk) calm() {
	if d := t.s.Danger; d != nil {
		due := t.e.At.Add(2 * time.Hour)
		t.enter(d.Case, cases.Entry{Kind: cases.Calmed, Due: due})
		if !slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.ID == d.Case }) {
			t.s.Mine = append(t.s.Mine, Mine{ID: d.Case, Ref: cases.RefOf(d.Case), Status: cases.Received, Severity: d.Level, News: t.e.At, Due: due})
		}
	}
	t.s.Danger = nil
	t.alarm("nobody", time.Time{})
	t.alarm("checkin", time.Time{})
	t.tell("urgent.false_alarm", nil)
	t.resume()
}

func readCheckin(t *talk, v string) {
	if v == "ok_now" {
		t.calm()
		return
	}
	t.alert("still", cases.Danger)
}

func readSelfharm(t *talk, v string) {
	switch v {
	case "no":
		t.tell("selfharm.ok", nil)
		t.resume()
	case "person":
		t.summon()
	default:
		t.alert("selfharm", cases.Danger)
	}
}

func readChild(t *talk, v string) {
	if v == "child_under" {
		level, trigger := cases.Violence, "child"
		if strings.Contains(t.s.Mark, "sexual") {
			level, trigger = cases.Danger, "child sexual"
		}
		if t.s.Draft != nil {
			t.s.Draft.Checks["age"] = "under"
			if slices.ContainsFunc(t.s.Draft.Kinds, func(c cases.Code) bool { return c.Group() == "sex" }) {
				level, trigger = cases.Danger, "child sexual"
			}
		}
		t.alert(trigger, level)
		return
	}
	if t.s.Draft != nil {
		t.s.Draft.Checks["age"] = v
	}
	t.resume()
}

// writeChild reads an age.
func writeChild(t *talk) {
	var age int
	if n, _ := fmt.Sscan(t.e.Text, &age); n == 1 && age > 0 && age < 120 {
		if age < 18 {
			readChild(t, "child_under")
		} else {
			readChild(t, "child_adult")
		}
		return
	}
	t.note(childask)
	t.again()
}

func degrees(p channels.Place) string { return fmt.Sprintf("%.5f, %.5f", p.Lat, p.Lng) }
