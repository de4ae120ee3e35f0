package flows

import (
	"time"

	"workervoice/cases"
)

// writeVerify compares the secret word. A wrong one reveals nothing.
func writeVerify(t *talk) {
	if t.e.Text == "" { // no word, whoever holds the phone
		t.unclear()
		return
	}
	then := t.s.Mark
	if t.s.Tries < 5 && t.s.proves(t.e.Text) {
		t.s.Tries, t.s.Proven = 0, t.e.At
		t.s.Contact.Still = time.Time{}
		if then == "news" { // told when the step ends
			t.resume()
			return
		}
		if n := len(t.s.Place); n > 0 {
			t.s.Place = t.s.Place[:n-1]
		}
		if then == "delete" {
			t.open(deleting)
			return
		}
		if m := t.last(); then == "solved" && m != nil {
			t.own(m, "fixed")
			return
		}
		t.mine(then)
		return
	}
	t.s.Tries++
	if t.s.Tries >= 3 {
		if m := t.last(); m != nil && t.s.Tries == 3 {
			t.enter(m.ID, cases.Entry{Kind: cases.Pressured, Severity: cases.Serious, Trigger: "wrong word"})
		}
		t.tell("verify.wrong", nil)
		t.open(menu)
		return
	}
	t.again()
}
