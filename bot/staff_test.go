package bot

import (
	"context"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// Those who act on cases in golden conversations.
var staff = map[string]cases.Caseworker{
	"helper":     {ID: "nay", Org: "clinic", Role: cases.Helper},
	"colleague":  {ID: "aung", Org: "clinic", Role: cases.Helper},
	"supervisor": {ID: "head", Org: "clinic", Role: cases.Supervisor},
}

// inWords is what an employer promises in golden conversations.
var inWords = map[string]string{
	"en": "overtime pay for October", "my": "အောက်တိုဘာလ အချိန်ပိုကြေး", "km": "ប្រាក់ថែមម៉ោងខែតុលា", "ne": "अक्टोबरको ओभरटाइम पैसा", "th": "ค่าล่วงเวลาเดือนตุลาคม",
}

// works lets one of the staff do something to the case that was opened first:
//
//	! helper acknowledged     an entry of this kind
//	! helper agreed           the worker has said on the telephone that the employer may hear of it, though it may guess
//	! helper owes 3,200 THB   what this worker is to get
//	! helper told all yes     the worker has said so on the telephone: fact, satisfied
func (s *stage) works(who, what string) {
	s.Helper()
	ctx, by := context.Background(), staff[who]
	ids := s.cases()
	if len(ids) == 0 {
		s.Fatal("there is no case")
	}
	var id cases.ID
	var opened time.Time
	for _, other := range ids { // the one opened first
		c, err := s.e.Store.CaseOf(ctx, other)
		if err != nil {
			s.Fatal(err)
		}
		if id == "" || c.Opened.Before(opened) {
			id, opened = other, c.Opened
		}
	}
	ms, _, err := s.e.Store.MembersOf(ctx, id, store.Cursor{}, 1)
	if err != nil || len(ms) == 0 {
		s.Fatal("nobody takes part in the case", err)
	}
	kind := ms[0].Claims[0].Issue
	do := func(n cases.Entry) {
		s.Helper()
		n.Case, n.Member = id, ms[0].Worker
		if _, err := s.e.Do(ctx, by, n); err != nil {
			s.Fatal(who, what, err, flows.Why(err))
		}
	}
	word, rest, _ := strings.Cut(what, " ")
	switch word {
	case "agreed":
		for _, may := range []string{"raise yes", "guess yes"} {
			do(cases.Entry{Kind: cases.Chose, Trigger: may, Reason: "on the telephone"})
		}
	case "owes":
		if err := s.e.Store.Promised(ctx, by, id, ms[0].Worker, kind, rest); err != nil {
			s.Fatal(err)
		}
	case "told":
		fact, satisfied, _ := strings.Cut(rest, " ")
		do(cases.Entry{Kind: cases.Answering, Issue: kind, Reason: "on the telephone", Answer: &cases.Answered{Fact: fact, Satisfied: satisfied}})
	case "acknowledged", "raised", "responded", "planned", "claimed", "taken", "resolved", "confirmed":
		do(cases.Entry{Kind: cases.EntryKind(word), Issue: kind, Reason: "because", Text: "it will be paid",
			Promise: &cases.Promise{Texts: inWords, Who: "the factory", By: s.Now().Add(24 * time.Hour)}})
	default:
		s.Fatalf("nobody of the staff can %q", what)
	}
	s.settle()
}
