package bot

import (
	"errors"
	"strings"
	"testing"

	"workervoice/cases"
	"workervoice/store"
)

// TestComplaint: what a worker has against the service itself is read by the
// independent contact, and by nobody of the organisation that is complained
// about, neither as a case nor in the conversation.
func TestComplaint(t *testing.T) {
	ctx := t.Context()
	s := newDesk(t, "telegram")
	s.reports("ma", "[more:no_more]", "[quick:send_now]")
	const words = "Nay asked me for 500 baht"
	s.settle()
	for _, what := range []string{"menu", "[menu:settings]", "[settings:complain]", words} {
		s.say("ma", what)
	}
	s.settle()
	other := cases.Caseworker{ID: "ombud", Org: cases.Independent, Role: cases.Helper}
	cs, _, err := s.e.Store.Cases(ctx, other, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	if err != nil || len(cs) != 1 {
		t.Fatal("the independent contact finds", len(cs), err)
	}
	complaint := cs[0].ID
	for _, by := range []cases.Caseworker{nan, far} {
		if _, err := s.e.Store.Case(ctx, by, complaint); !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrDenied) {
			t.Errorf("%s got the complaint: %v", by.ID, err)
		}
	}
	log, err := s.e.Store.ChatLog(ctx, nan, s.id("ma"), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, x := range log.Exchanges {
		for _, e := range x.Said {
			seen++
			if strings.Contains(e.Text, "500") {
				t.Error("the complaint stands in the conversation")
			}
		}
	}
	if seen == 0 {
		t.Error("the conversation is empty")
	}
	rows, _, err := s.e.Store.Chats(ctx, nan, store.All, store.Filter{}, store.Cursor{}, 10)
	if err != nil || len(rows) != 1 || strings.Contains(rows[0].Line.Text, "500") {
		t.Error("the inbox shows ", len(rows), err)
	}
	ns, err := s.e.Store.Timeline(ctx, other, complaint, 0, 10)
	if err != nil || len(ns) == 0 || ns[0].Text != words {
		t.Error("the independent contact reads", len(ns), err)
	}
}
