package flows

import (
	"slices"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// alarming returns a session with an alert out over a report that is not sent.
func alarming(state State) Session {
	s := told(state)
	s.Danger = &Danger{Trigger: "button", At: noon, Case: "c", Level: cases.Danger}
	return s
}

// heard are the keys of all that is said.
func heard(fx []Effect) (keys []string) {
	for _, f := range fx {
		if say, ok := f.(Say); ok {
			for _, p := range say.Parts {
				keys = append(keys, p.Key)
			}
		}
	}
	return keys
}

// TestGreetingInDanger writes "hello?" while an alert is out: it goes to the
// person who comes, and is not answered with the menu.
func TestGreetingInDanger(t *testing.T) {
	s, fx := Step(alarming(danger), channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Minute), Text: "hello?", Intent: "start"})
	if s.State != danger || !slices.Contains(heard(fx), "urgent.noted") {
		t.Errorf("in %s the worker hears %v", s.State, heard(fx))
	}
	if !slices.ContainsFunc(fx, func(f Effect) bool {
		e, ok := f.(Enter)
		return ok && e.Entry.Case == "c" && e.Entry.Kind == cases.Said && e.Entry.Text == "hello?"
	}) {
		t.Errorf("the case does not hear of it: %v", fx)
	}
	if s, _ = Step(s, channels.Event{ID: "f", Kind: channels.Said, At: noon.Add(2 * time.Minute), Text: "menu", Intent: "menu"}); s.State != menu {
		t.Errorf("the menu does not open: %s", s.State)
	}
}

// TestMyCaseAfterAlarm says that there is no danger, in the middle of a report
// that is not sent: a person looks all the same, so there is a case, and it is
// still one once the report is sent.
func TestMyCaseAfterAlarm(t *testing.T) {
	s := alarming(danger)
	s.Draft = &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}
	s, fx := Step(s, channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Minute), Choice: "danger:not_danger"})
	if said := heard(fx); s.Danger != nil || !slices.Contains(said, "urgent.false_alarm") {
		t.Fatalf("the worker hears %v", said)
	}
	asks := channels.Event{ID: "f", Kind: channels.Said, At: noon.Add(2 * time.Minute), Text: "my case", Intent: "mycase"}
	if s, fx := Step(s, asks); s.State != status || slices.Contains(heard(fx), "case.none") || !slices.Contains(heard(fx), "case.status") {
		t.Errorf("the worker hears %v in %s", heard(fx), s.State)
	}
	x := talk{s: s, e: channels.Event{ID: "g", At: noon.Add(3 * time.Minute)}}
	x.send()
	if len(x.s.Mine) != 1 || x.s.Mine[0].ID != "c" || x.s.Mine[0].Report == nil {
		t.Errorf("once the report is sent the worker's cases are %+v", x.s.Mine)
	}
}

// TestMyCaseInDanger asks for the case while an alert is out and no report was
// sent: a person has it, so there is a case.
func TestMyCaseInDanger(t *testing.T) {
	for _, from := range []State{danger, menu, quick} {
		s, fx := Step(alarming(from), channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Minute), Text: "my case", Intent: "mycase"})
		if said := heard(fx); s.State != danger || slices.Contains(said, "case.none") || !slices.Contains(said, "urgent.noted") {
			t.Errorf("from %s the worker hears %v in %s", from, said, s.State)
		}
	}
}

// TestMyCaseAfterAsking asks for a person in the middle of a report: there is a
// case from then on, which the menu leads to and which stays one when the report
// is sent. A report that is told on after the case was withdrawn is another.
func TestMyCaseAfterAsking(t *testing.T) {
	s := told(quick)
	s.Mine, s.Danger = nil, nil
	s.Draft = &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}
	w := &worker{T: t, s: s, at: noon}
	w.step(channels.Event{Kind: channels.Said, Text: "person", Intent: "person"})
	w.step(channels.Event{Kind: channels.Said, Text: "menu", Intent: "menu"}).press("mycase")
	if said := heard(w.fx); w.s.State != status || !slices.Contains(said, "case.status") || len(w.s.Mine) != 1 || w.s.Mine[0].Due.IsZero() {
		t.Fatalf("the worker hears %v in %s, and has the cases %+v", said, w.s.State, w.s.Mine)
	}
	asked := w.s.Copy()
	w.press("menu", "draft", "send_now")
	if len(w.s.Mine) != 1 || w.s.Mine[0].ID != "c" || w.s.Mine[0].Report == nil || w.s.Draft != nil {
		t.Errorf("once the report is sent the worker's cases are %+v", w.s.Mine)
	}
	w.s = asked
	w.press("withdraw", "yes", "no")
	if w.s.Mine[0].Status != cases.Withdrawn || w.s.Draft == nil || w.s.Draft.ID == "c" {
		t.Errorf("once the case is withdrawn it is %+v, and the report %+v", w.s.Mine[0], w.s.Draft)
	}
}
