package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// newsChoice takes in a button under news, however old. It reports whether
// there was one.
func (t *talk) newsChoice() bool {
	v, ok := strings.CutPrefix(t.e.Choice, "news:")
	if !ok || t.s.State == "" {
		return false
	}
	twice := t.s.Last == t.e.Choice && t.e.At.Sub(t.s.LastAt) < 15*time.Second
	t.s.Last, t.s.LastAt = t.e.Choice, t.e.At
	n := &t.s.News
	v, update, _ := strings.Cut(v, ":")
	switch {
	case twice && (v == "later" || len(n.Waits) == 0):
	case v == "later":
		t.later()
	case v == "read" && t.locked():
		t.interrupt(verify)
		t.s.Mark = "news"
		t.show()
	case v == "read" && slices.Contains(aboutRemedy, t.s.State): // begun already
		t.again()
	case v == "read" && len(n.Waits) == 0 && (t.opens() || len(t.s.Refers) > 0 && t.s.State != refer && t.s.Danger == nil): // asked when the step ends
	case v == "read" && len(n.Waits) == 0 && len(n.Told) > 0: // read before, and perhaps hidden since
		t.do(Tell{Waiting: n.Told[len(n.Told)-1]})
	case v == "read" && len(n.Waits) > 0: // told when the step ends
	default:
		t.choose(v, update)
	}
	return true
}

// later puts news off: to the next free hours once, then until the worker writes.
func (t *talk) later() {
	n := &t.s.News
	if len(n.Waits) == 0 && !t.opens() {
		t.tell("intake.ok", nil)
		return
	}
	n.Later++
	n.NotYet = t.e.At.Add(putOff)
	if n.Later > 1 || t.s.Contact.Silent {
		t.tell("intake.ok", nil)
		return
	}
	t.tell("remedy.not_now", nil)
}

// choose passes on what the worker thinks of a plan, or allows. A worker may
// think otherwise later.
func (t *talk) choose(v, update string) {
	told := t.s.News.Told
	i := slices.IndexFunc(told, func(w Waiting) bool { return w.Update == update })
	if i < 0 || !slices.Contains(choicesOf(told[i].Kind), v) {
		t.tell("err.old_button", nil)
		t.again()
		return
	}
	if told[i].Chose != v {
		told[i].Chose = v
		what, _, _ := strings.Cut(v, "_")
		n := cases.Entry{Kind: cases.Chose, Trigger: meanings[v], Other: update, Issue: told[i].Topic}
		if what == "escalate" {
			n.With = cases.Party(told[i].With)
		}
		t.enter(told[i].Case, n)
	}
	m := t.caseOf(told[i].Case)
	if v != "disagree" || m == nil {
		t.tell("intake.ok", nil)
		return
	}
	t.interrupt(adding)
	t.s.Mark = m.Ref
	t.show()
}

// newsButtons are what a worker can answer to a kind of update.
var newsButtons = map[string][]string{
	"responded": {"agree", "disagree"},
	"plan":      {"agree", "disagree"},
	"no_answer": {"escalate_yes", "escalate_no"},
}

// meanings are the answers as the case takes them down.
var meanings = map[string]string{"agree": "plan yes", "disagree": "plan no", "escalate_yes": "share yes", "escalate_no": "share no"}

func choicesOf(kind string) []string { return newsButtons[kind] }

// NewsChoices returns the buttons under an update. They never go stale.
func NewsChoices(kind, update string) (cs []Choice) {
	for _, v := range choicesOf(kind) {
		cs = append(cs, Choice{Key: "update." + v, Value: "news:" + v + ":" + update})
	}
	return cs
}

// Facts returns what a conversation needs to know of an update beside its
// name, for a worker who is told it in lang: what Brought carries.
func Facts(u cases.Update, c cases.Case, lang string) map[string]string {
	f := map[string]string{"kind": u.Kind, "lang": lang, "status": or(string(u.Status), string(c.Status))}
	if u.Wrong != "" {
		f["wrong"] = u.Wrong
	}
	if with, ok := strings.CutPrefix(u.Args["Others"], "text:others."); ok {
		f["with"] = with
	}
	if !u.Due.IsZero() {
		f["due"] = u.Due.UTC().Format(time.RFC3339)
	}
	return f
}

// mend drops what no update is named in.
func (n *News) mend() {
	none := func(w Waiting) bool { return w.Case == "" || w.Update == "" }
	n.Waits, n.Told = slices.DeleteFunc(n.Waits, none), slices.DeleteFunc(n.Told, none)
	n.Told = n.Told[max(0, len(n.Told)-remembered):]
}

// statusTexts are the texts of statuses that go by another name.
var statusTexts = map[cases.Status]string{
	cases.Clarification: "clarify", cases.Passed: "escalated", cases.Underway: "progress", cases.SaidFixed: "claimed", cases.Checking: "check",
	cases.Satisfied: "closed", cases.Partly: "closed", cases.Unverified: "closed", cases.Advised: "closed", cases.NotFixed: "closed",
	cases.NoContact: "paused", cases.MergedInto: "acknowledged",
}

// StatusText returns how a worker is told where a case stands.
func StatusText(s cases.Status) Term {
	if key := statusTexts[s]; key != "" {
		return Term("status." + key)
	}
	return Term("status." + or(string(s), string(cases.Received)))
}
