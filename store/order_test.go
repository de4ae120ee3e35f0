package store

import (
	"testing"
	"time"

	"workervoice/channels"
)

// What a worker did is put in order, and none of it passes a hand-back that came
// before it or after it, though the platform rounds its times.
func TestInOrder(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	es := []channels.Event{
		{ID: "12", Kind: channels.Said, At: at}, {ID: "11", Kind: channels.Said, At: at},
		{ID: "back", Kind: channels.Brought, What: HandedBack, At: at.Add(700 * time.Millisecond)},
		{ID: "14", Kind: channels.Said, At: at}, {ID: "13", Kind: channels.Said, At: at},
	}
	inOrder(es)
	got := ""
	for _, e := range es {
		got += e.ID + " "
	}
	if got != "11 12 back 13 14 " {
		t.Errorf("they are heard as %s", got)
	}
}
