package flows

import (
	"strings"
	"testing"

	"workervoice/cases"
)

// TestPartGuards: a caseworker splits off who says no where somebody does.
func TestPartGuards(t *testing.T) {
	g := newGroup(t, 12)
	g.says("w1", "all", "yes", "no")
	try := func(role cases.Role, issue cases.Code, trigger, why string) {
		t.Helper()
		_, _, err := Advance(g.c, nil, cases.Entry{Case: g.c.ID, Key: "s", Kind: cases.Split, Role: role, By: "nay", At: g.at, Issue: issue, Trigger: trigger, Other: "c9"})
		if got := Why(err); why == "" && err != nil || !strings.Contains(got, why) {
			t.Errorf("%s, %q, %q: %v, want %q", role, issue, trigger, err, why)
		}
	}
	try(cases.Helper, "pay.ot", "", "there is nobody to split off")
	try(cases.Supervisor, "pay.ot", "", "there is nobody to split off")
	try(cases.Helper, "", "", "say which issue")
	try(cases.Helper, "", Named, "")
	try(cases.Helper, "pay.ot", Named, "")
	try(cases.System, "pay.ot", "", "")
	g.says("w2", "none", "", "no")
	try(cases.Helper, "pay.ot", "", "")
	try(cases.Helper, "", "", "say which issue")
}

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
