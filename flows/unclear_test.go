package flows

import (
	"slices"
	"testing"
	"time"

	"workervoice/channels"
)

// TestUnclear answers questions with words that none of the buttons means:
// "or tap Skip" is said only where there is such a button.
func TestUnclear(t *testing.T) {
	for state, want := range map[State]string{problem: "intake.unclear_plain", more: "intake.unclear_plain", "howmany": "intake.unclear_choice"} {
		_, fx := Step(told(state), channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Minute), Text: "banana"})
		said := heard(fx)
		for _, key := range []string{"intake.unclear_plain", "intake.unclear_choice"} {
			if slices.Contains(said, key) && key != want {
				t.Errorf("at %s the worker hears %v", state, said)
			}
		}
	}
	s := told(safety)
	s.Consent, s.Draft = Consent{}, nil
	if _, fx := Step(s, channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Minute), Text: "banana"}); !slices.Contains(heard(fx), "intake.unclear_plain") {
		t.Errorf("before consent the worker hears %v", heard(fx))
	}
}
