package flows

import (
	"slices"

	"workervoice/cases"
)

// A probe is the one question that some kinds of abuse bring with them.
type probe struct {
	text    string
	choices []string
	bad     string         // the answer that raises the severity
	to      cases.Severity // to this
	trigger string
}

// probes by the name that the taxonomy gives them.
var probes = map[string]probe{
	"danger":   {"urgent.check", []string{"urgent.now", "urgent.soon", "urgent.no"}, "now", cases.Danger, "danger"},
	"confined": {"check.confined", []string{"check.confined.yes", "check.confined.no"}, "no", cases.Danger, "confined"},
	"doctor":   {"check.doctor", []string{"check.doctor.yes", "check.doctor.no"}, "yes", cases.Violence, "injured"},
	"sexual":   {"urgent.sexual", []string{"urgent.woman", "urgent.man", "urgent.anyone"}, "", 0, "sexual"},
	"papers":   {"check.papers", []string{"check.papers.yes", "check.papers.no"}, "", 0, ""},
	"detained": {"check.detained", []string{"check.detained.yes", "check.detained.no"}, "yes", cases.Violence, "detained"},
	"shelter":  {"check.shelter", []string{"check.shelter.yes", "check.shelter.no"}, "no", cases.Violence, "shelter"},
	"food":     {"check.food", []string{"check.food.yes", "check.food.no"}, "no", cases.Violence, "food"},
	"penalty":  {"check.penalty", nil, "", 0, ""},
	"child":    {"check.child", []string{"check.child.yes", "check.child.no"}, "yes", cases.Danger, "child"},
	"phone":    {"check.phone", []string{"check.phone.yes", "check.phone.no"}, "no", cases.Violence, "phone"},
	"missing":  {"check.missing", nil, "", 0, ""},
}

func showCheck(t *talk) { t.tell(probes[t.s.Mark].text, nil) }

func checkChoices(s *Session) (cs []Choice) {
	for _, k := range probes[s.Mark].choices {
		cs = append(cs, Choice{Key: k, Value: "check:" + value(k)})
	}
	return append(cs, Choice{Key: "btn.skip", Value: "check:skip"})
}

func readCheck(t *talk, v string) {
	r, p, name := t.report(), probes[t.s.Mark], t.s.Mark
	r.Checks[name] = v
	if name == "sexual" && v != "skip" {
		r.Answers["helper"] = cases.Answer{Choices: []string{v}}
	}
	sent := t.checked()
	switch {
	case v == "soon":
		r.Severity = r.Severity.Worse(cases.Violence)
	case p.bad != "" && v == p.bad:
		r.Severity = r.Severity.Worse(p.to)
		if name == "phone" {
			t.s.Contact.Silent = true
		}
		trigger := p.trigger
		if slices.Contains(r.Kinds, "safety.fire") {
			trigger = "fire"
		}
		t.alert(trigger, p.to)
		return
	case r.Severity == cases.Danger: // the kind itself is one, whatever the answer
		trigger := p.trigger
		if slices.Contains(r.Kinds, "free.locked") || slices.Contains(r.Kinds, "free.sold") || slices.Contains(r.Kinds, "free.crime") {
			trigger = "confined"
		}
		t.alert(trigger, cases.Danger)
		return
	}
	t.afterCheck(sent)
}

// checked leaves the question. It returns the report, if that was sent before.
func (t *talk) checked() *Mine {
	if n := t.s.Extra; n > 0 && n <= len(t.s.Mine) {
		t.s.Extra = 0
		t.to(menu)
		return &t.s.Mine[n-1]
	}
	t.step(finish)
	return nil
}

// afterCheck goes on with the report being told, or says when somebody writes
// about the one that was sent.
func (t *talk) afterCheck(sent *Mine) {
	if sent != nil {
		t.enter(sent.ID, cases.Entry{Kind: cases.Told, Report: sent.Report.Clone(), Severity: sent.Severity})
		t.tell("receipt.next", Args{"ByWhen": Moment{sent.Due, t.s.Contact.Country}})
	}
	t.show()
}

// writeCheck takes the answer in the worker's own words.
func writeCheck(t *talk) {
	if !t.note("check." + t.s.Mark) {
		t.unclear()
		return
	}
	r := t.report()
	if len(probes[t.s.Mark].choices) == 0 || t.s.Misses > 0 {
		r.Checks[t.s.Mark] = "words"
		t.afterCheck(t.checked())
		return
	}
	t.s.Misses++
	if len(t.e.Media) > 0 {
		t.tell("intake.voice_for_button", nil)
	} else {
		t.tapPlease()
	}
	t.again()
}
