package flows

import (
	"strings"
	"testing"

	"workervoice/cases"
)

// TestLetterGuards: who has not heard of a case hears of it by letter no sooner than
// it could be raised, and nobody is written to whom no worker allows any more.
func TestLetterGuards(t *testing.T) {
	f := newFile()
	f.must(t, cases.Entry{Kind: cases.Opened, Worker: "w0", Report: &cases.Report{Kinds: []cases.Code{"pay.late"}, Severity: cases.Serious,
		Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}}}})
	f.must(t, staff(cases.Helper, cases.Acknowledged))
	refused := func(n cases.Entry, why string) {
		t.Helper()
		if _, err := f.enter(n); !strings.Contains(Why(err), why) || why == "" {
			t.Errorf("%s to %q: %v, want %q", n.Kind, n.With, err, why)
		}
	}
	to := func(role cases.Role, kind cases.EntryKind, with cases.Party) cases.Entry {
		n := staff(role, kind)
		n.With = with
		return n
	}
	chooses := func(what string, with cases.Party) {
		t.Helper()
		f.must(t, cases.Entry{Kind: cases.Chose, Worker: "w0", Trigger: what, With: with})
	}
	refused(to(cases.Helper, cases.Lettered, ""), "fewer than 5")
	refused(to(cases.Helper, cases.Lettered, cases.Agency), "fewer than 5")
	refused(to(cases.Supervisor, cases.Lettered, cases.Employer), "each of them must agree")
	refused(to(cases.Helper, cases.Lettered, cases.Government), "no worker has agreed that government hears")
	refused(to(cases.Supervisor, cases.Raised, cases.Buyer), "escalates it")
	chooses("guess yes", "")
	f.must(t, to(cases.Supervisor, cases.Raised, ""))
	f.must(t, to(cases.Helper, cases.Lettered, cases.Employer)) // it has heard
	f.must(t, to(cases.Helper, cases.Contacted, cases.Employer))
	chooses("share yes", cases.Government)
	f.must(t, to(cases.Helper, cases.Lettered, cases.Government))
	chooses("share no", cases.Government)
	chooses("raise no", "")
	refused(to(cases.Helper, cases.Lettered, cases.Government), "no worker has agreed that government hears")
	refused(to(cases.Helper, cases.Lettered, cases.Employer), "no worker has agreed that we talk")
	refused(to(cases.Helper, cases.Contacted, cases.Employer), "no worker has agreed that we talk")
}
