package flows

import (
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// TestSecretWord asks for the word before anything about the case.
func TestSecretWord(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.s.Word = digest(w.s.Seed, "mango")
	w.brings("check", "pay.ot").wants("knock push", menu)
	w.chooses("news:read").wants("person.verify", verify)
	w.writes("papaya").wants("person.verify", verify)
	w.writes("mango")
	if w.s.State != fact || !strings.HasSuffix(w.said(), "remedy.intro remedy.fact") {
		t.Errorf("after the word the bot says %s in %s", w.said(), w.s.State)
	}
}

// TestSomebodyElseSaysSolved is acceptance story A11: the phone is taken in the
// shift, and whoever has it wants the case closed.
func TestSomebodyElseSaysSolved(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.s.Word = digest(w.s.Seed, "mango")
	w.at = noon.Add(2*time.Hour + 5*time.Minute)
	w.step(channels.Event{Kind: channels.Said, Intent: "solved", Text: "everything is solved close case"}).wants("withdraw.forced person.verify", verify)
	alerted := false
	for _, f := range w.fx {
		e, ok := f.(Enter)
		alerted = alerted || ok && e.Entry.Kind == cases.Pressured && e.Entry.Severity == cases.Violence
	}
	if !alerted {
		t.Error("no person hears of it")
	}
	for range 3 {
		w.writes("open it")
	}
	w.wants("verify.wrong menu.title", menu)
	if w.s.Mine[0].Status != cases.SaidFixed {
		t.Error("the case is", w.s.Mine[0].Status)
	}
	w.at = evening
	w.brings("check", "pay.ot").wants("", menu)
	if wait := w.s.Wake().Sub(noon.Add(2 * time.Hour)); wait < 24*time.Hour {
		t.Error("something shows on the phone after", wait)
	}
	w.press("mycase").wants("person.verify", verify)
	w.writes("mango")
	if w.s.State != status && w.s.State != fact {
		t.Error("the worker's own word opens", w.s.State)
	}

	w = newWorker(t, "pay.ot") // no word: what is said is asked for
	w.step(channels.Event{Kind: channels.Said, Intent: "solved", Text: "solved"}).wants("remedy.fact_issue remedy.no_wrong", fact)
}

// TestWeeksLater asks once more in two taps.
func TestWeeksLater(t *testing.T) {
	for v, want := range map[string]string{"ok": "recheck.good rating.ask", "came_back": "remedy.reopened menu.title", "punished": "remedy.hurt menu.title"} {
		w := newWorker(t, "pay.ot")
		w.brings("check", "pay.ot").chooses("news:read").press("all", "yes", "no", "skip")
		w.s.Mine[0].Rated = false
		w.at = w.at.AddDate(0, 0, 42)
		w.brings("recheck", "pay.ot").chooses("news:read").wants("recheck.ask", recheck)
		w.press(v)
		if w.said() != want || w.answers()[0].Again != strings.TrimPrefix(v, "came_") {
			t.Errorf("%s: said %s after %+v", v, w.said(), w.answers()[0])
		}
	}
}

// TestSharedPhone asks in the evening whether somebody said what to answer,
// where a good answer came in working hours from a phone that others use.
func TestSharedPhone(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.s.Mine[0].Report.Checks = map[string]string{"phone": "no"}
	w.at = noon.Add(2 * time.Hour) // 14:00
	w.press("mycase", "fixed", "all", "yes", "no").press("skip")
	if strings.Contains(w.said(), "pressure") {
		t.Error("it is asked while the phone may be in somebody else's hands")
	}
	w.wakes().wants("knock push", menu)
	w.chooses("news:read").wants("remedy.pressure", pressed)
	w.press("yes")
	if a := w.answers(); len(a) != 1 || Says(a[0]) != WordForced || !w.s.Contact.Silent {
		t.Errorf("%+v, silent %v", a, w.s.Contact.Silent)
	}
}

// TestWhileAPersonTalks keeps a question until the caseworker has handed back.
func TestWhileAPersonTalks(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.press("person")
	e := channels.Event{ID: "q", Kind: channels.Brought, What: "check", Case: "c1", Topic: "pay.ot", Text: "back pay", At: w.at}
	var fx []Effect
	if w.s, fx = Meanwhile(w.s, e); len(fx) > 0 || w.opens() {
		t.Errorf("it is asked while somebody talks: %v", fx)
	}
	w.step(channels.Event{Kind: channels.Brought, What: "handed back", Topic: BackToStep, Text: "Nay"})
	if !strings.HasSuffix(w.said(), "knock push") || w.s.State != menu {
		t.Errorf("after it the bot says %s in %s", w.said(), w.s.State)
	}
	w.chooses("news:read").wants("remedy.intro remedy.fact", fact)
}

// TestOtherNumber asks on when the case has got another number, and in another
// app.
func TestOtherNumber(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.brings("check", "pay.ot").chooses("news:read").press("all")
	w.step(channels.Event{Kind: channels.Brought, What: MovedTo, Case: "c2", Topic: "c1"})
	if w.s.State != content {
		t.Fatal("the worker stands at", w.s.State)
	}
	w.press("yes")
	if e := w.fx[0].(Enter).Entry; e.Case != "c2" || !e.Answer.Full() {
		t.Errorf("the answer goes to %s: %+v", e.Case, e.Answer)
	}
	w = newWorker(t, "pay.ot")
	w.brings("check", "pay.ot")
	w.s, _ = Adopt(Session{State: menu, Lang: "en", Seen: w.at}, w.s, Other{}, w.at)
	w.press("here")
	if w.s.State != fact {
		w.writes("hello").wants("menu.title remedy.intro remedy.fact", fact)
	}
}

// TestTold tells a worker whose case goes on as another whether others have it
// too: one who was split off is alone with it.
func TestTold(t *testing.T) {
	for what, want := range map[string]string{MovedTo: "case.merged", PartTo: "case.split", AlsoIn: "case.split"} {
		w := newWorker(t, "pay.ot")
		w.step(channels.Event{Kind: channels.Brought, What: what, Case: "c2", Topic: "c1"})
		if got := w.said(); got != want {
			t.Errorf("%s: the bot says %q, want %q", what, got, want)
		}
		if both := len(w.s.Mine) == 2; both != (what == AlsoIn) {
			t.Errorf("%s: the worker has %d cases", what, len(w.s.Mine))
		}
	}
}

// TestStopped asks a worker who stopped a case, and agreed to be asked, only
// how it went with the boss.
func TestStopped(t *testing.T) {
	w := newWorker(t, "pay.ot")
	w.s.Mine[0].Status = cases.Withdrawn
	w.brings("check", "pay.ot").wants("", menu)
	w.brings("safety", "pay.ot").wants("knock push", menu)
	w.chooses("news:read").wants("remedy.retaliation", treated)
	w.press("no").wants("intake.ok menu.title", menu)
	if w.s.Mine[0].Status != cases.Withdrawn {
		t.Error("the case is", w.s.Mine[0].Status)
	}
}

// asked1 are conversations in the middle of questions about a remedy, for walks.
func asked1() (ss []Session) {
	for _, what := range append(questionKinds, "own") {
		c := Check{Case: "c1", Issue: "pay.ot", What: what, Amount: "3,200 THB", Open: true}
		s := Session{State: fact, Lang: "en", Seen: noon, Consent: Consent{Given: true}, Mark: c.key(), Checks: []Check{c},
			Mine: []Mine{{ID: "c1", Ref: "ABC-234", Status: cases.Checking, Severity: cases.Serious, Report: &cases.Report{ID: "c1", Kinds: []cases.Code{"pay.ot", "hours.long"}}}}}
		switch what {
		case "recheck":
			s.State = recheck
		case "safety":
			s.State = treated
		case "pressure":
			s.State = pressed
		case "own":
			s.State, s.Mark = status, "ABC-234"
		}
		ss = append(ss, s)
	}
	return ss
}
