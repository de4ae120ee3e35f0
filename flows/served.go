package flows

import (
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// served are the screens for a worker who is not telling a report: the case,
// a person, numbers, rights.
var served = map[State]screen{
	person: {
		show:    func(t *talk) {},
		choices: buttons(person, "btn.menu", "btn.danger"),
		read:    func(t *talk, v string) { t.open(t.home()) },
		write:   writePerson,
	},
	mycase: {
		show:    func(t *talk) { t.tell("case.list", nil) },
		choices: caseChoices,
		read: func(t *talk, v string) {
			t.s.Mark = v
			t.step(chosen)
			t.s.Mark = v
			t.show()
		},
	},
	status: {show: showStatus, choices: statusChoices, read: readStatus, write: writeAdding},
	adding: {
		show:    func(t *talk) { t.tell("case.tell", nil) },
		choices: buttons(adding, "btn.done"),
		read:    func(t *talk, _ string) { t.open(menu) },
		write:   writeAdding,
		free:    true,
	},
	withdraw: {
		show:    func(t *talk) { t.tell("withdraw.ask", Args{"Ref": t.marked().Ref}) },
		choices: buttons(withdraw, "withdraw.yes", "withdraw.keep"),
		read: func(t *talk, v string) {
			if v == "yes" {
				mark := t.s.Mark
				t.step(yes)
				t.s.Mark = mark
				t.show()
				return
			}
			t.tell("intake.ok", nil)
			t.open(menu)
		},
	},
	forced: {
		show:    func(t *talk) { t.tell("withdraw.forced", nil) },
		choices: buttons(forced, "forced.yes", "forced.no"),
		read:    readForced,
	},
	verify: {
		show:    func(t *talk) { t.tell("person.verify", nil) },
		choices: buttons(verify, "btn.person", "btn.menu"),
		read: func(t *talk, v string) {
			if v == "person" {
				t.summon()
				return
			}
			t.open(menu)
		},
		write: writeVerify,
		free:  true,
	},
	helping: {
		show:    func(t *talk) { t.tell("help.country", nil) },
		choices: countryChoices(helping),
		read:    func(t *talk, v string) { lookUp(t, v, numbers) },
	},
	numbers: {
		show: func(t *talk) {
			t.parts = append(t.parts, Part{Key: "help.list", Else: "help.none", Args: Args{"Country": Term("country." + t.s.Country), "": Listing{"numbers", t.s.Country, ""}}})
		},
		choices: buttons(numbers, "btn.person", "help.wrong", "btn.back", "btn.menu"),
		read:    readNumbers,
	},
	rights: {
		show:    func(t *talk) { t.tell("rights.country", nil) },
		choices: countryChoices(rights),
		read:    func(t *talk, v string) { lookUp(t, v, topics) },
	},
	topics: {
		show:    func(t *talk) { t.tell("rights.topic", nil) },
		choices: buttons(topics, "rights.wages", "rights.hours", "rights.papers", "rights.leave", "rights.fees", "rights.safety", "rights.end", "rights.sex", "rights.union", "btn.back"),
		read: func(t *talk, v string) {
			if v == "back" {
				t.go2(back)
				return
			}
			t.s.Topic = v
			t.go2(chosen)
		},
	},
	card: {
		show: func(t *talk) {
			t.parts = append(t.parts, Part{Key: "rights.report_after", Else: "rights.none", Args: Args{"": Listing{"rights", t.s.Country, t.s.Topic}}})
		},
		choices: buttons(card, "menu.report", "btn.person", "btn.back", "btn.menu"),
		read: func(t *talk, v string) {
			switch v {
			case "back":
				t.go2(back)
			case "report":
				t.report1()
			case "person":
				t.summon()
			default:
				t.open(t.home())
			}
		},
	},
	sharing: {
		show:    func(t *talk) {},
		choices: buttons(sharing, "join.code", "btn.menu"),
		read: func(t *talk, v string) {
			if v == "code" {
				t.go2(ask)
				return
			}
			t.open(t.home())
		},
	},
	complaint: {
		show:    func(t *talk) { t.tell("abuse.about_us", Args{"IndependentOrg": Fact{Name: "independent"}}) },
		choices: buttons(complaint, "btn.skip", "btn.menu"),
		read:    func(t *talk, _ string) { t.resume() },
		write: func(t *talk) {
			t.complain("complaint")
			t.tell("abuse.got", nil)
			t.resume()
		},
		free: true,
	},
}

// report1 begins a report, after consent.
func (t *talk) report1() {
	if !t.s.Consent.Given {
		t.open(consent)
		return
	}
	t.draft()
	t.open(problem)
}

// summon puts the worker in the queue for a person and says when one answers.
func (t *talk) summon() {
	severity := cases.Information
	m := t.last()
	var id cases.ID
	switch {
	case t.s.Danger != nil:
		id, severity = t.s.Danger.Case, t.s.Danger.Level
	case t.s.Draft != nil:
		id, severity = t.s.Draft.ID, t.s.Draft.Severity.Worse(cases.Information)
	case m != nil:
		id, severity = m.ID, m.Severity
	default:
		id = t.newCase()
	}
	due := t.due(severity)
	t.enter(id, cases.Entry{Kind: cases.Asked, Severity: severity, Due: due})
	if !slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.ID == id }) { // also of a report that is not sent: a person looks at it now
		t.s.Mine = append(t.s.Mine, Mine{ID: id, Ref: cases.RefOf(id), Status: cases.Received, Severity: severity, News: t.e.At, Due: due})
	}
	t.s.Waits = true
	t.interrupt(person)
	t.s.Mark = string(id)
	t.do(Summon{Case: id, Severity: severity})
	t.promised(severity)
}

// writePerson keeps what the worker has to say to a person. The bot thanks
// once and then stays out of it.
func writePerson(t *talk) {
	id := cases.ID(t.s.Mark)
	t.enter(id, cases.Entry{Kind: cases.Said, Text: t.words()})
	t.fetch(id)
	t.s.Misses++
	if t.s.Misses == 1 {
		t.tell("person.noted", nil)
	}
}

// mine shows the worker's case, or the question which; with a secret word, the
// word comes first.
func (t *talk) mine(then string) {
	if t.s.Word != "" && t.e.At.Sub(t.s.Proven) > time.Hour {
		t.interrupt(verify)
		t.s.Mark = then
		t.show()
		return
	}
	switch {
	case len(t.s.Mine) == 0 && t.s.Danger != nil: // a person has the alert, though no report was sent
		t.class = channels.Urgent
		t.open(danger)
		t.tell("urgent.noted", nil)
	case len(t.s.Mine) == 0:
		t.tell("case.none", nil)
		t.open(menu)
	case len(t.s.Mine) == 1:
		t.to(status)
		t.s.Mark = t.s.Mine[0].Ref
		t.show()
	default:
		t.open(mycase)
	}
}

func caseChoices(s *Session) (cs []Choice) {
	for i := len(s.Mine) - 1; i >= 0 && len(cs) < 9; i-- {
		cs = append(cs, Choice{Text: s.Mine[i].Ref, Value: "mycase:" + s.Mine[i].Ref})
	}
	return cs
}

// marked is the case that the talk is about.
func (t *talk) marked() *Mine {
	for i := range t.s.Mine {
		if t.s.Mine[i].Ref == t.s.Mark {
			return &t.s.Mine[i]
		}
	}
	if len(t.s.Mine) > 0 {
		return &t.s.Mine[len(t.s.Mine)-1]
	}
	return &Mine{}
}

func showStatus(t *talk) {
	m := t.marked()
	place := t.s.Contact.Country
	if m.Due.IsZero() && !m.Status.Open() {
		t.tell("case.status_end", Args{"Ref": m.Ref, "Status": StatusText(m.Status), "LastDate": Moment{m.News, place}})
	} else if m.Due.Before(t.e.At) { // never show a date that is gone
		t.tell("case.status_late", Args{"Ref": m.Ref, "Status": StatusText(m.Status), "LastDate": Moment{m.News, place}})
	} else {
		t.tell("case.status", Args{"Ref": m.Ref, "Status": StatusText(m.Status), "LastDate": Moment{m.News, place}, "NextDate": Moment{m.Due, place}})
	}
	t.tell("case.actions", nil)
}

func statusChoices(s *Session) []Choice {
	i := slices.IndexFunc(s.Mine, func(m Mine) bool { return m.Ref == s.Mark })
	if i >= 0 && s.Mine[i].Status == cases.Withdrawn {
		return buttons(status, "case.resume", "btn.person", "btn.menu")(s)
	}
	return buttons(status, "case.add", "case.ask", "case.fixed", "case.notfixed", "case.pressure", "case.withdraw", "btn.menu")(s)
}

func readStatus(t *talk, v string) {
	m := t.marked()
	mark := t.s.Mark
	switch v {
	case "add":
		t.to(adding)
		t.s.Mark = mark
		t.show()
	case "ask", "person":
		t.summon()
	case "fixed", "notfixed":
		t.own(m, v)
	case "pressure":
		t.pressured(m)
	case "withdraw":
		t.step(ask)
		t.s.Mark = mark
		t.show()
	case "resume":
		m.Status, m.Due = cases.Received, t.due(m.Severity)
		t.enter(m.ID, cases.Entry{Kind: cases.Resumed, Due: m.Due})
		t.tell("receipt.next", Args{"ByWhen": Moment{m.Due, t.s.Contact.Country}})
		t.open(menu)
	default:
		t.open(menu)
	}
}

// pressured stops everything that could show on the phone, and asks whether
// there is danger.
func (t *talk) pressured(m *Mine) {
	t.s.Contact.Silent = true
	m.Due = t.due(cases.Violence)
	t.enter(m.ID, cases.Entry{Kind: cases.Pressured, Severity: cases.Violence, Due: m.Due})
	t.tell("case.pressure_noted", nil)
	t.draft1(m)
	t.to(check)
	t.s.Mark = "danger"
	t.show()
}

// draft1 lets questions be about a report sent before.
func (t *talk) draft1(m *Mine) {
	for i := range t.s.Mine {
		if t.s.Mine[i].ID == m.ID {
			t.s.Extra = i + 1
		}
	}
}

func writeAdding(t *talk) {
	m := t.marked()
	t.enter(m.ID, cases.Entry{Kind: cases.Said, Text: t.words()})
	t.fetch(m.ID)
	mark := t.s.Mark
	t.to(adding)
	t.s.Mark = mark
	if !t.flurry() {
		t.tell("intake.story_more", nil)
	}
}

func readForced(t *talk, v string) {
	m := t.marked()
	if v == "yes" { // nothing is stopped on somebody else's word
		t.pressured(m)
		return
	}
	if d := t.s.Draft; d != nil && d.ID == m.ID { // what is told on is no more of that case
		d.ID = t.newCase()
	}
	m.Status, m.Due = cases.Withdrawn, time.Time{}
	t.enter(m.ID, cases.Entry{Kind: cases.Withdrew})
	t.alarm("extra", time.Time{})
	t.tell("withdraw.done", nil)
	t.open(menu)
}

var countries = []string{"TH", "MY", "SG", "TW", "KR", "AE", "QA", "SA"}

func countryChoices(at State) func(*Session) []Choice {
	return func(s *Session) (cs []Choice) {
		cs = append(cs, Choice{Key: "country." + or(s.Contact.Country, countries[0]), Value: string(at) + ":" + or(s.Contact.Country, countries[0])})
		for _, c := range countries {
			if c != or(s.Contact.Country, countries[0]) && len(cs) < 9 {
				cs = append(cs, Choice{Key: "country." + c, Value: string(at) + ":" + c})
			}
		}
		return append(cs, Choice{Key: "btn.menu", Value: string(at) + ":menu"})
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func lookUp(t *talk, v string, then State) {
	if v == "menu" {
		t.open(t.home())
		return
	}
	t.s.Country = v
	t.step(chosen)
	t.show()
}

func readNumbers(t *talk, v string) {
	switch v {
	case "back":
		t.go2(back)
	case "person":
		t.summon()
	case "wrong":
		t.enter(t.newCase(), cases.Entry{Kind: cases.Complained, Org: cases.Independent, Severity: cases.Information, Trigger: "number " + t.s.Country})
		t.tell("help.wrong_noted", nil)
	default:
		t.open(t.home())
	}
}

// share sends a link that brings others here. It tells nothing about who gave it.
func (t *talk) share() {
	t.to(sharing)
	t.do(Show{Parts: []Part{{Key: "share.text", Args: Args{"Link": Fact{Name: "link"}}}, {Key: "abuse.fees"}}})
	t.tell("share.card", nil)
}

// complain takes something about ourselves to the independent contact.
func (t *talk) complain(trigger string) {
	id := t.newCase()
	t.enter(id, cases.Entry{Kind: cases.Complained, Org: cases.Independent, Severity: cases.Serious, Trigger: trigger, Text: t.words(), Due: t.due(cases.Serious)})
	t.fetch(id)
}
