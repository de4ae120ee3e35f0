package flows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// TestNothingToldIsLost sends words, a voice note and a place at every state,
// while a report is told, after one was sent, in the middle of an alert and
// while a question of a sent report stands open: whatever the question was,
// what the worker sent is kept.
func TestNothingToldIsLost(t *testing.T) {
	const story = "Somchai beat the cook on Sunday night"
	secrets := map[State]bool{verify: true, "word": true} // words are taken for the secret word there
	for _, s := range starts() {
		if s.State == "" || s.State == declined || s.State == unsafe { // before the worker agreed, or in danger of being seen, nothing is written down
			continue
		}
		for name, change := range map[string]func(*Session){
			"":      func(*Session) {},
			"alert": func(s *Session) { s.Danger = &Danger{Trigger: "button", At: noon, Case: "d", Level: cases.Danger} },
			"extra": func(s *Session) { s.Extra = len(s.Mine) },
			"late":  func(s *Session) { s.Seen = noon.Add(-9 * 24 * time.Hour) },
		} {
			s := s.Copy()
			change(&s)
			where := fmt.Sprintf("%s %s with %d reports", s.State, name, len(s.Mine))
			e := channels.Event{ID: "e", Kind: channels.Said, At: noon.Add(time.Hour), Message: "m"}

			if e.Text = story; !secrets[s.State] {
				if next, fx := Step(s, e); !strings.Contains(string(encode(t, next))+list(t, fx), story) {
					t.Errorf("%s: words are lost", where)
				}
			}
			e.Text, e.Media = "", []channels.Media{{Ref: "voice", Voice: true}}
			if _, fx := Step(s, e); !strings.Contains(list(t, fx), "flows.Keep") {
				t.Errorf("%s: a voice note is lost", where)
			}
			e.Media, e.Place = nil, &channels.Place{Lat: 13.75631, Lng: 100.5}
			if next, fx := Step(s, e); !strings.Contains(string(encode(t, next))+list(t, fx), "13.75631") {
				t.Errorf("%s: a place is lost", where)
			}
		}
	}
}
