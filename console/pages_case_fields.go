package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// entry makes an entry of what was typed into a form, or says what is wrong
// with that.
func (c *caseView) entry(a act) (n cases.Entry, wrong string) {
	get := func(name string) string { return strings.TrimSpace(c.R.PostFormValue(name)) }
	n = cases.Entry{Key: get("key"), Case: c.C.ID, Kind: a.Kind, Issue: cases.Code(get("issue")), Text: upTo(get("text"), 8000), Reason: upTo(get("reason"), 2000),
		Other: upTo(get("other"), 200), With: cases.Party(get("with")), Member: cases.WorkerID(get("member")), Trigger: get("trigger")}
	if get("all") != "" {
		n.Issue = ""
	}
	for _, name := range a.Need {
		given := get(name) != ""
		switch name {
		case "promise", "summary", "question":
			given = len(texts(c.R.PostForm, name)) > 0
		}
		if !given {
			return n, c.T("act.need", "Field", (&form{act: a, c: c}).Label(name))
		}
	}
	if n.With != "" && !slices.Contains(parties, n.With) {
		return n, c.T("act.odd")
	}
	for name, at := range map[string]*time.Time{"due": &n.Due} {
		if wrong = c.dated(name, get(name), at); wrong != "" {
			return n, wrong
		}
	}
	switch a.Key {
	case "judge":
		s, err := strconv.Atoi(get("severity"))
		if err != nil || s < int(cases.Danger) || s > int(cases.Information) {
			return n, c.T("act.need", "Field", c.T("field.severity"))
		}
		n.Severity = cases.Severity(s)
	case "plan":
		return c.promise(n, get)
	case "inquire":
		n.Text, _ = inAny(texts(c.R.PostForm, "question"), c.Lang)
	case "alert":
		n.Trigger, n.Severity = "caseworker", cases.Danger
	case "told":
		return c.told(n, get)
	case "choose":
		if n.Trigger == "" {
			n.Trigger = get("what") + " " + get("answer")
		}
		if what, party, ok := strings.Cut(get("what"), ":"); ok {
			n.Trigger = what + " " + get("answer")
			if slices.Contains(parties, cases.Party(party)) {
				n.With = cases.Party(party)
			} else {
				n.Other = party
			}
		}
	}
	return n, ""
}

// promise takes down a plan.
func (c *caseView) promise(n cases.Entry, get func(string) string) (cases.Entry, string) {
	p := &cases.Promise{Texts: texts(c.R.PostForm, "promise"), Who: upTo(get("who"), 200), Amount: upTo(get("amount"), 100), Shown: upTo(get("shown"), 500)}
	n.Promise, n.Text = p, ""
	if wrong := c.dated("by", get("by"), &p.By); wrong != "" {
		return n, wrong
	}
	return n, c.dated("payday", get("payday"), &p.PayDay)
}

// told takes down what a worker said of a remedy by telephone.
func (c *caseView) told(n cases.Entry, get func(string) string) (cases.Entry, string) {
	n.Answer = &cases.Answered{Fact: get("fact"), Satisfied: get("satisfied"), Got: get("got"), Treated: get("treated"), Further: get("further"), Words: n.Text}
	for value, allowed := range map[string][]string{n.Answer.Fact: {"all", "some", "none"}, n.Answer.Satisfied: {"yes", "partly", "no"}} {
		if !slices.Contains(allowed, value) {
			return n, c.T("act.need", "Field", c.T("field.fact"))
		}
	}
	return n, ""
}

// dated reads a day, which ends at midnight where the person is; it must be to
// come.
func (c *caseView) dated(name, text string, at *time.Time) string {
	if text == "" {
		return ""
	}
	t, ok := c.day(text)
	if !ok {
		return c.T("act.date", "Field", c.T("field."+name))
	}
	if !t.After(c.Now()) {
		return c.T("act.past", "Field", c.T("field."+name))
	}
	*at = t
	return ""
}

// day reads a day, or a time of a day.
func (v *visit) day(text string) (time.Time, bool) {
	if t, err := time.ParseInLocation("2006-01-02T15:04", text, v.zone()); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, text, v.zone())
	return t.Add(24*time.Hour - time.Minute), err == nil
}

// texts are the texts in several languages that a form holds: NAME.my and the like.
func texts(form url.Values, name string) map[string]string {
	m := map[string]string{}
	for _, l := range consoleLanguages {
		if t := strings.TrimSpace(form.Get(name + "." + l)); t != "" {
			m[l] = upTo(t, 4000)
		}
	}
	return m
}

func upTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// A formChoice is something to choose in a form.
type formChoice struct {
	Value, Label string
	Not          string // why it cannot be chosen now
	Picked       bool
}

// picked marks the one that was chosen.
func (f *form) picked(name string, cs []formChoice) []formChoice {
	for i := range cs {
		cs[i].Picked = cs[i].Value == f.V(name)
	}
	return cs
}

// Employers are those to whom a case can be put first.
func (f *form) Employers() []formChoice {
	return f.picked("with", []formChoice{{Value: string(cases.Employer), Label: f.T("party.employer")}, {Value: string(cases.Agency), Label: f.T("party.agency")}})
}

// Parties are the counterparts to whom a case may go beside the employer, with
// what stands in the way.
func (f *form) Parties() (cs []formChoice) {
	n := f.c.sample(f.act, f.Issue)
	for _, p := range parties[1:] {
		n.With = p
		_, _, err := flows.Advance(f.c.C, nil, n)
		cs = append(cs, formChoice{Value: string(p), Label: f.T("party." + string(p)), Not: f.c.whyNot(err)})
	}
	return f.picked("with", cs)
}

// Tracks are the counterparts with whom something goes on.
func (f *form) Tracks() (cs []formChoice) {
	for _, t := range f.c.C.Tracks {
		cs = append(cs, formChoice{Value: string(t.With), Label: f.T("party." + string(t.With))})
	}
	return f.picked("with", cs)
}

// Steps are where a track can go.
func (f *form) Steps() (cs []formChoice) {
	for _, s := range trackSteps {
		cs = append(cs, formChoice{Value: string(s), Label: f.T("step." + string(s))})
	}
	return f.picked("trigger", cs)
}

// Colleagues are the people of the organisation.
func (f *form) Colleagues() (cs []formChoice) {
	ps, _, err := f.c.Store.People(f.c.Ctx(), f.c.By(), store.Cursor{}, 200)
	if err != nil {
		f.c.Log.Error("console: people cannot be listed", "err", err)
	}
	for _, p := range ps {
		if p.Disabled || p.Name == "" {
			continue
		}
		label := p.Name
		if p.ID == f.c.Me.ID {
			label = f.T("who.you", "Name", p.Name)
		}
		cs = append(cs, formChoice{Value: string(p.ID), Label: label})
	}
	return f.picked("other", cs)
}

// others are the organisations that the case can be given to.
func (c *caseView) others() (out []cases.Organisation) {
	os, _, err := c.Store.Organisations(c.Ctx(), store.Cursor{}, 200)
	if err != nil {
		c.Log.Error("console: organisations cannot be listed", "err", err)
	}
	for _, o := range os {
		if o.ID != c.C.Org {
			out = append(out, o)
		}
	}
	return out
}

// Organisations are those to whom the case can be given, with what stands in
// the way.
func (f *form) Organisations() (cs []formChoice) {
	n := f.c.sample(f.act, "")
	for _, o := range f.c.others() {
		n.Other = string(o.ID)
		_, _, err := flows.Advance(f.c.C, nil, n)
		cs = append(cs, formChoice{Value: string(o.ID), Label: o.Name, Not: f.c.whyNot(err)})
	}
	return f.picked("other", cs)
}

// Severities are those to choose from.
func (f *form) Severities() (cs []formChoice) {
	for s := cases.Danger; s <= cases.Information; s++ {
		c := formChoice{Value: strconv.Itoa(int(s)), Label: f.c.SevName(s)}
		c.Picked = f.V("severity") == c.Value || f.V("severity") == "" && s == f.c.C.Severity
		cs = append(cs, c)
	}
	return cs
}

// A written is a text in one language, as a form asks for it.
type written struct{ Lang, Name, Text string }

// Texts are the languages in which something is said to the workers: those of
// the workers, as far as they are known, before the others.
func (f *form) Texts(name string) (ws []written) {
	for _, l := range f.c.workerLangs() {
		ws = append(ws, written{l, f.c.LangName(l), f.V(name + "." + l)})
	}
	return ws
}

// workerLangs are the languages of the console, that of the worker who
// reported first in front.
func (c *caseView) workerLangs() []string {
	out := []string{}
	for _, l := range append([]string{c.C.Lang}, "my", "km", "ne", "th", "en") {
		if l != "" && slices.Contains(consoleLanguages, l) && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// Tomorrow is the first day that can be chosen.
func (f *form) Tomorrow() string {
	return f.c.Now().In(f.c.zone()).AddDate(0, 0, 1).Format(time.DateOnly)
}

// DueDay is the day that is proposed for an answer of the employer.
func (f *form) DueDay() string {
	if d := f.V("due"); d != "" {
		return d
	}
	days := map[cases.Severity]int{cases.Danger: 1, cases.Violence: 1, cases.Serious: 5}[f.c.C.Severity]
	if days == 0 {
		days = 10
	}
	return f.c.Now().In(f.c.zone()).AddDate(0, 0, days).Format(time.DateOnly)
}

// Several reports whether the case has more issues than one that are open.
func (f *form) Several() bool {
	open := 0
	for _, i := range f.c.C.Issues {
		if i.Status.Open() {
			open++
		}
	}
	return f.Issue != "" && open > 1
}
