package flows

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// told returns a session with a report half told, in a state.
func told(state State) Session {
	return Session{State: state, Lang: "en", Seen: noon, Consent: Consent{Given: true}, Seed: []byte("seed"),
		Draft: &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}}
}

// does plays a script of buttons, and of words that are commands.
func does(s Session, script ...string) Session {
	for i, what := range script {
		e := channels.Event{ID: fmt.Sprint("e", i, what), Kind: channels.Said, At: s.Seen.Add(20 * time.Second), Text: what, Intent: what}
		if what[0] == '[' {
			e.Text, e.Intent, e.Choice = "", "", what[1:len(what)-1]
		}
		s, _ = Step(s, e)
	}
	return s
}

// TestTypedBack types "back" in states whose buttons do not have it.
func TestTypedBack(t *testing.T) {
	for from, want := range map[State]State{
		review: "raise", "hr_result": "hr", "site": "area", surely: deleting, "when": "employer", // agency does not apply
		complaint: menu, numbers: helping, sub: problem, "story": quick, safety: safety,
	} {
		s := told(from)
		s.Mark, s.Country, s.Group = "all", "TH", "pay"
		if from == safety {
			s.Consent, s.Draft = Consent{}, nil
		}
		if got := does(s, "back").State; got != want {
			t.Errorf("back from %s leads to %s, want %s", from, got, want)
		}
	}
}

// TestChangeIsLeft leaves a change of one answer for the menu, and then goes
// on with the report: the questions follow one another again.
func TestChangeIsLeft(t *testing.T) {
	s := does(told(review), "[review:change]", "[change:site]")
	if s.State != "site" || !s.Edit {
		t.Fatalf("in %s, changing: %v", s.State, s.Edit)
	}
	if got := does(s, "[site:skip]").State; got != review {
		t.Errorf("a change ends in %s", got)
	}
	s = does(s, "menu", "[menu:draft]", "[quick:answer_now]", "[story:skip]", "[country:TH]")
	if s.State != "area" {
		t.Errorf("after country comes %s", s.State)
	}
}

// TestPressedTwice presses a button twice in a hurry, and again when what it
// stood under is long gone.
func TestPressedTwice(t *testing.T) {
	s := told(more)
	press := func(at time.Duration) (fx []Effect) {
		s, fx = Step(s, channels.Event{ID: at.String(), Kind: channels.Said, Choice: "more:no_more", At: noon.Add(at)})
		return fx
	}
	if fx := press(0); s.State != quick || len(fx) != 1 {
		t.Fatalf("%s after %d effects", s.State, len(fx))
	}
	if fx := press(3 * time.Second); s.State != quick || len(fx) != 0 {
		t.Errorf("the second press is answered: %v", fx)
	}
	fx := press(time.Hour)
	if say, ok := fx[0].(Say); !ok || s.State != quick || say.Parts[0].Key != "err.old_button" || say.Parts[1].Key != "intake.quick_or_full" {
		t.Errorf("an old button does %v", fx)
	}
}

// TestWrittenAtSwitch has a worker who was offered another language go on
// writing: that answers the question before, which comes once where it is not
// understood.
func TestWrittenAtSwitch(t *testing.T) {
	s := told("country")
	s, _ = Step(s, channels.Event{ID: "a", Kind: channels.Said, At: noon.Add(time.Minute), Text: "កម្ពុជា ភាសាខ្មែរ", Script: "km"})
	if s.State != switching {
		t.Fatalf("in %s", s.State)
	}
	s, fx := Step(s, channels.Event{ID: "b", Kind: channels.Said, At: noon.Add(2 * time.Minute), Text: "hmm"})
	if say, ok := fx[0].(Say); !ok || s.State != "country" || len(fx) != 1 || len(say.Parts) != 1 || say.Parts[0].Key != "intake.out_of_order" {
		t.Errorf("in %s: %v", s.State, fx)
	}
}

// BenchmarkStep is one button in the middle of a long report. It should take
// less than 5 µs.
func BenchmarkStep(b *testing.B) {
	s := told("country")
	for i := range 12 {
		s.Draft.Story = append(s.Draft.Story, cases.Part{At: noon, Text: fmt.Sprint("part ", i)})
	}
	e := channels.Event{ID: "e", Kind: channels.Said, Choice: "country:TH", At: noon.Add(time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		Step(s, e)
	}
}

// A language that was chosen on the way in is spoken at once, and not asked for
// again.
func TestLanguageChosenOnTheWayIn(t *testing.T) {
	s, fx := Step(Session{}, channels.Event{ID: "e", Kind: channels.Started, At: noon, Locale: "th", Choice: "language:km", Ref: "K7M2QX4P"})
	if s.Lang != "km" || s.State != safety || s.Ref != "K7M2QX4P" {
		t.Fatalf("in %s, speaking %s, from %q", s.State, s.Lang, s.Ref)
	}
	var keys []string
	for _, f := range fx {
		if say, ok := f.(Say); ok {
			for _, p := range say.Parts {
				keys = append(keys, p.Key)
			}
		}
	}
	if !slices.Contains(keys, "start.hello") || !slices.Contains(keys, "start.from_friend") || slices.Contains(keys, "lang.ask") {
		t.Errorf("she hears %v", keys)
	}
}
