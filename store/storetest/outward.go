package storetest

import (
	"errors"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// toldOutside raises a case of two workers: Srey, whose name nobody outside may
// know, and Somchai, who lets the employer know it.
func toldOutside(t rig) {
	answers := func(name, privacy, site string) *cases.Report {
		return &cases.Report{Kinds: []cases.Code{"pay.late"}, Answers: map[string]cases.Answer{
			"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"many"}}, "privacy": {Choices: []string{privacy}}, "name": {Text: name}, "site": {Text: site}}}
	}
	t.opens("c", cases.Entry{Severity: cases.Serious, Report: answers("Srey Mom", "secret", "Golden Prawn, gate 3")})
	t.does(bot, "c", cases.Entry{Kind: cases.Joined, Worker: worker("d"), At: t.c.Now(), Report: answers("Somchai", "open", "")})
	t.does(nay, "c", cases.Entry{Kind: cases.Acknowledged})
	tries := func(n cases.Entry, is error) {
		t.Helper()
		n.Case = "c"
		before := len(t.timeline("c"))
		_, err := t.s.Do(ctx, nay, n)
		if !errors.Is(err, is) || is != nil && flows.Why(err) == "" {
			t.Fatalf("%s: %v, want %v", n.Kind, err, is)
		}
		if is != nil && len(t.timeline("c")) != before {
			t.Fatalf("%s was refused and has changed the case", n.Kind)
		}
	}
	clinic := func(change func(*cases.Organisation)) {
		t.Helper()
		o, err := t.s.Organisation(ctx, nay.Org)
		if !errors.Is(err, store.ErrNotFound) {
			t.must(err)
		}
		o.ID, o.Speaks, o.Employers, o.Conflicts = nay.Org, nil, nil, nil
		change(&o)
		t.must(t.s.PutOrganisation(ctx, bot, o))
	}
	raise := cases.Entry{Kind: cases.Raised, Key: "raise", Text: "Wages of May are late, also Somchai's"}
	letter := cases.Entry{Kind: cases.Lettered, Reason: "The manager"}

	clinic(func(o *cases.Organisation) { o.Conflicts = []string{"Golden Prawn"} })
	tries(raise, flows.ErrNotAllowed)
	tries(letter, flows.ErrNotAllowed)
	clinic(func(o *cases.Organisation) { o.Employers = []string{"Silver Fish"} })
	tries(raise, flows.ErrNotAllowed)
	clinic(func(o *cases.Organisation) { o.Speaks = []cases.Party{cases.Legal} })
	tries(raise, flows.ErrNotAllowed)
	clinic(func(o *cases.Organisation) { o.Employers = []string{"golden prawn"} })
	tries(cases.Entry{Kind: cases.Raised, Text: "Wages of Srey Mom"}, flows.ErrNotNow)
	tries(letter, nil)
	tries(raise, nil)
	tries(raise, nil) // the same once more
	tries(cases.Entry{Kind: cases.Contacted, With: cases.Employer, Text: "Srey still waits"}, flows.ErrNotNow)
	t.does(bot, "c", cases.Entry{Kind: cases.Chose, Worker: worker("c"), Trigger: "name yes", At: t.c.Now()})
	t.does(bot, "c", cases.Entry{Kind: cases.Chose, Worker: worker("d"), Trigger: "name no", At: t.c.Now()})
	tries(cases.Entry{Kind: cases.Contacted, With: cases.Employer, Text: "Somchai still waits"}, flows.ErrNotNow)
	tries(cases.Entry{Kind: cases.Contacted, With: cases.Employer, Text: "Srey still waits"}, nil)
	tries(cases.Entry{Kind: cases.Noted, Text: "Somchai still waits"}, nil) // that stays inside
}
