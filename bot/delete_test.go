package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// TestDeleteContact has a worker send a report, then delete name and contact:
// the turn ends, the worker is told so, the report stays, and whoever writes
// next is somebody new.
func TestDeleteContact(t *testing.T) {
	s := newStage(t, infoOf(t, "telegram"))
	for _, what := range []string{"/start", "[language:en]", "[safety:yes]", "[consent:agree]", "[menu:report]", "[problem:pay]", "[sub:pay.late]", "[more:no_more]", "[quick:send_now]"} {
		s.say("anna", what)
		s.settle()
	}
	at := s.address("anna")
	before, _, err := s.e.Store.Look(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"[menu:settings]", "[settings:delete]", "[deleting:me]", "[surely:yes]"} {
		s.say("anna", what)
		s.settle()
	}
	var said strings.Builder
	for _, m := range s.sent() {
		said.WriteString(m.Text + "\n")
	}
	if want, _ := s.e.Texts.Text("en", "delete.done", map[string]any{"Days": 30}); !strings.Contains(said.String(), want) {
		t.Errorf("the worker is not told that it is done:\n%s", said.String())
	}
	ids := s.cases()
	if len(ids) != 1 {
		t.Fatalf("cases: %v", ids)
	}
	ctx := context.Background()
	if _, err := s.e.Store.Report(ctx, bySelf, ids[0], before.Worker); err != nil {
		t.Errorf("the report is gone: %v", err)
	}
	ms, _, err := s.e.Store.Members(ctx, bySelf, ids[0], store.Cursor{}, 10)
	if err != nil || len(ms) != 1 || ms[0].Chat != "" || ms[0].Lost == "" {
		t.Errorf("the worker can still be reached: %v, %v", ms, err)
	}
	s.pass(time.Minute)
	s.hear(s.event("anna", channels.Event{Kind: channels.Said, Text: "hello"}))
	s.settle()
	after, _, err := s.e.Store.Look(ctx, at)
	if err != nil || after.Worker == before.Worker {
		t.Errorf("who writes next is the same worker, %v", err)
	}
}
