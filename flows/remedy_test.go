package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A worker is a conversation that tests talk in.
type worker struct {
	*testing.T
	s  Session
	at time.Time
	n  int
	fx []Effect // of the last step
}

// evening is an hour at which workers may be written to.
var evening = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC) // 19:00 in Bangkok

// newWorker has a case with one problem, and stands in the menu.
func newWorker(t *testing.T, kinds ...cases.Code) *worker {
	follow(t)
	s := Session{State: menu, Lang: "en", Seen: noon, Seed: []byte("seed"), Consent: Consent{Given: true},
		Mine: []Mine{{ID: "c1", Ref: "ABC-234", Status: cases.SaidFixed, Severity: cases.Serious, News: noon, Report: &cases.Report{ID: "c1", Kinds: kinds}}}}
	return &worker{T: t, s: s, at: evening}
}

func (w *worker) step(e channels.Event) *worker {
	w.n++
	w.at = w.at.Add(20 * time.Second)
	if e.At.IsZero() {
		e.At = w.at
	}
	e.ID = fmt.Sprint("e", w.n)
	w.s, w.fx = Step(w.s, e)
	return w
}

// brings has the case ask something.
func (w *worker) brings(what string, issue cases.Code) *worker {
	return w.step(channels.Event{Kind: channels.Brought, What: what, Case: "c1", Topic: string(issue), Text: "back pay for October", Facts: map[string]string{"round": "1"}})
}

// press presses the button that means v in the state where the worker stands.
func (w *worker) press(vs ...string) *worker {
	w.Helper()
	for _, v := range vs {
		cs, _ := Choices(w.s)
		i := slices.IndexFunc(cs, func(c Choice) bool {
			_, is, _ := strings.Cut(c.Value, ":")
			is, _, _ = strings.Cut(is, "/")
			return is == v
		})
		if i < 0 {
			w.Fatalf("in state %s there is no button %q", w.s.State, v)
		}
		w.step(channels.Event{Kind: channels.Said, Choice: cs[i].Value})
	}
	return w
}

func (w *worker) chooses(v string) *worker {
	return w.step(channels.Event{Kind: channels.Said, Choice: v})
}

func (w *worker) writes(text string) *worker {
	return w.step(channels.Event{Kind: channels.Said, Text: text})
}

// wakes lets time go on until the bot wants to speak by itself.
func (w *worker) wakes() *worker {
	w.Helper()
	at := w.s.Wake()
	if at.IsZero() {
		w.Fatal("the bot does not want to speak by itself")
	}
	w.at = at
	return w.step(channels.Event{Kind: channels.Woke, At: at})
}

// said are the keys of what the bot said last, with the class where it spoke
// by itself.
func (w *worker) said() string {
	var ks []string
	for _, f := range w.fx {
		switch f := f.(type) {
		case Say:
			for _, p := range f.Parts {
				ks = append(ks, p.Key)
			}
		case Knock:
			ks = append(ks, strings.TrimSpace("knock "+string(f.Class)))
		}
	}
	return strings.Join(ks, " ")
}

// answers are the answers that joined the case in the last step.
func (w *worker) answers() (as []*cases.Answered) {
	for _, f := range w.fx {
		if e, ok := f.(Enter); ok && e.Entry.Kind == cases.Answering {
			as = append(as, e.Entry.Answer)
		}
	}
	return as
}

func (w *worker) wants(said string, state State) *worker {
	w.Helper()
	if got := w.said(); got != said || w.s.State != state {
		w.Fatalf("step %d: said %q in state %s\nwant %q in %s", w.n, got, w.s.State, said, state)
	}
	return w
}

// TestAskedInTheEvening asks after a tap, facts first.
func TestAskedInTheEvening(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").wants("knock push", menu)
	w.chooses("news:read").wants("remedy.intro remedy.fact", fact)
	w.press("all").wants("remedy.satisfied", content)
	if a := w.answers(); len(a) != 1 || a[0].Fact != "all" || a[0].Satisfied != "" {
		t.Errorf("half an answer is %+v", a)
	}
	w.press("yes").wants("remedy.retaliation", treated)
	w.press("no").wants("remedy.noted_yes rating.ask", rating)
	if a := w.answers(); len(a) != 1 || !a[0].Full() || a[0].Treated != "no" {
		t.Errorf("the answer is %+v", a)
	}
	w.press("good").wants("intake.ok menu.title", menu)
	if w.opens() || w.s.Mine[0].Status != cases.Satisfied {
		t.Error("the question stays open")
	}
}

func (w *worker) opens() bool { return (&talk{s: w.s}).opens() }

// TestWaitsForTheRightMoment asks neither at noon, nor in the middle of a
// report, nor in danger, nor while the worker waits for a person.
func TestWaitsForTheRightMoment(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.at = noon
	w.brings("check", "pay.ot").wants("", menu)
	if got := w.s.Wake().In(cases.Zone("TH")).Format("15:04"); got != "18:30" {
		t.Error("the bot speaks at", got)
	}
	w.wakes().wants("knock push", menu)
	if !w.s.Wake().IsZero() {
		t.Error("and once more at", w.s.Wake())
	}

	w = newWorker(t, "pay.ot")
	w.press("report", "pay")
	w.at = evening
	w.brings("check", "pay.ot").wants("", sub)
	w.press("pay.late").wants("intake.problem_more", more)
	w.wakes().wants("", more)
	w.press("no_more", "send_now").wants("receipt.done receipt.next receipt.brave", sent)
	w.press("menu").wants("menu.title remedy.intro remedy.fact", fact)

	w = newWorker(t, "pay.ot")
	w.press("person")
	w.brings("check", "pay.ot").wants("", person)
	w.wakes().wants("", person)
	w.press("danger")
	if w.s.Danger == nil || w.said() == "" || strings.Contains(w.said(), "remedy") || strings.Contains(w.said(), "knock") {
		t.Errorf("in danger the bot says %s", w.said())
	}

	w = newWorker(t, "pay.ot")
	w.s.Contact.Silent = true
	w.brings("check", "pay.ot").wants("", menu)
	if !w.s.Wake().IsZero() {
		t.Error("somebody who is only to be answered is written to")
	}
	w.writes("hello").wants("menu.title remedy.intro remedy.fact", fact)
}

// TestNotNow puts the question off, to the next evening.
func TestNotNow(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:later").wants("remedy.not_now", menu)
	w.writes("hello").wants("menu.title", menu)
	w.wakes().wants("knock push", menu)
	if d := w.at.Sub(evening); d < 12*time.Hour || d > 36*time.Hour {
		t.Error("asked again after", d)
	}
}

// TestPartly says that it is partly fixed, what is missing, and goes on.
func TestPartly(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:read").press("some", "partly").wants("remedy.why", missing)
	w.press("amount").wants("intake.pick_more", missing)
	w.writes("it is 300 too little").wants("remedy.retaliation", treated)
	w.press("secret").wants("remedy.partly_choice", further)
	w.press("go_on").wants("remedy.reopened menu.title", menu)
	a := w.answers()[0]
	if a.Further != "on" || a.Treated != "secret" || a.Words != "it is 300 too little" || len(a.Missing) != 1 || a.Missing[0] != "amount" {
		t.Errorf("%+v", a)
	}
	if m := w.s.Mine[0]; m.Status != cases.Reopened || m.Due.Sub(w.at) > 24*time.Hour {
		t.Errorf("the case is %s until %s", m.Status, m.Due)
	}

	w = newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:read").press("some", "yes", "skip", "no", "enough").wants("remedy.noted_enough rating.ask", rating)
	if Says(w.answers()[0]) != WordEnough || w.s.Mine[0].Status != cases.Partly {
		t.Errorf("%+v", w.answers()[0])
	}
}

// TestNoIsOneTap says no: what is missing may be passed over.
func TestNoIsOneTap(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:read").press("none").wants("remedy.why", missing)
	if a := w.answers(); Says(a[0]) != WordNone || w.s.Mine[0].Status != cases.Reopened {
		t.Errorf("a no reopens nothing: %+v", a[0])
	}
	for _, f := range w.fx {
		if e, ok := f.(Enter); ok && !e.Entry.Due.Equal(w.at.Add(24*time.Hour)) {
			t.Error("a person writes before", e.Entry.Due)
		}
	}
	w.press("skip", "no").wants("remedy.reopened menu.title", menu)
}

// TestAmount asks what this worker got of what this worker was promised.
func TestAmount(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.step(channels.Event{Kind: channels.Brought, What: "check", Case: "c1", Topic: "pay.ot", Facts: map[string]string{"round": "1", "amount": "3,200 THB"}})
	w.chooses("news:read").wants("remedy.intro_plain remedy.fact_issue", fact)
	w.press("all").wants("remedy.amount", amount)
	w.press("some").wants("remedy.satisfied", content)
	if Says(w.answers()[0]) != WordPart {
		t.Error("less than promised is all of it")
	}
	w.press("yes").wants("remedy.why", missing)
}

// TestTreatedBadly sends for a person within the hour that S1 has, once.
func TestTreatedBadly(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:read").press("all", "yes", "yes").wants("remedy.hurt menu.title", menu)
	summons := 0
	for _, f := range w.fx {
		if s, ok := f.(Summon); ok && s.Severity == cases.Violence {
			summons++
		}
	}
	if summons != 1 || w.answers()[0].Treated != "yes" || w.s.Mine[0].Status == cases.Satisfied {
		t.Errorf("%d people are sent for; the case is %s", summons, w.s.Mine[0].Status)
	}
}

// TestOwnWord lets the worker say at any time how it is, and change it.
func TestOwnWord(t *testing.T) {
	w := newWorker(t, "pay.ot", "hours.long")
	w.s.Mine[0].Status = cases.WithEmployer
	w.press("mycase").press("fixed").wants("remedy.which", which)
	w.press("hours.long").wants("remedy.fact_issue remedy.no_wrong", fact)
	w.press("all", "yes", "no")
	first := w.answers()[0]
	w.press("skip", "mycase", "notfixed", "hours.long").wants("remedy.why", missing)
	second := w.answers()[0]
	if first.At.Equal(second.At) || Says(second) != WordNone || !first.Full() {
		t.Errorf("%+v, then %+v", first, second)
	}
	for _, f := range w.fx {
		if e, ok := f.(Enter); ok && e.Entry.Issue != "hours.long" {
			t.Error("the answer is about", e.Entry.Issue)
		}
	}
}

// TestTwoProblems asks about one after the other; a button of the first,
// pressed again, answers nothing of the second.
func TestTwoProblems(t *testing.T) {
	w := newWorker(t, "pay.ot", "hours.long")
	w.brings("check", "pay.ot").brings("check", "hours.long").wants("", menu)
	w.chooses("news:read").press("none", "skip", "no").wants("remedy.reopened remedy.intro remedy.fact", fact)
	w.at = w.at.Add(time.Hour)
	w.chooses("fact:none/a").wants("err.old_button remedy.intro remedy.fact", fact)
	w.press("all", "yes", "no").wants("remedy.noted_yes rating.ask", rating)
	w.press("skip").wants("menu.title", menu)
}
