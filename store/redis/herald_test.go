package redis

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// TestTold checks that what one process changes shows in another, also after
// the connection between them broke, and that nothing of it can be read on the
// way.
func TestTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	one, two := process(t, s, store.Key{1}), process(t, s, store.Key{1})
	process(t, s, store.Key{2}) // another installation, which can read nothing of this
	by := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Supervisor}
	w := two.Watch(by)
	defer w.Close()
	hears := func(what string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for {
			hs, err := w.Next(ctx)
			if err != nil {
				t.Fatalf("nobody heard of %q: %v", what, err)
			}
			for _, h := range hs {
				if h.What == what {
					return
				}
			}
		}
	}
	until(t, func() bool { return strings.Contains(s.ask("pubsub", "numsub", channel), "3") })
	says(t, one, "1")
	hears(store.ChatHint)
	s.ask("client", "kill", "type", "pubsub")
	hears(store.Everywhere) // something may have been missed
	says(t, one, "2")
	hears(store.ChatHint)

	here, work := make(chan store.Here, 1), make(chan struct{}, 1)
	two.OnPresent(func(h store.Here) { here <- h })
	two.OnWork(func(bool) {
		select {
		case work <- struct{}{}:
		default:
		}
	})
	want := store.Here{Chat: "c", Who: "nay", Name: "Nay", Writing: "note", Org: "clinic"}
	one.Present(want)
	if got := <-here; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	one.Due(store.Parcel{})
	<-work
	quiet := make(chan string, 1)
	two.OnPause(func(ch channels.ID, until time.Time) { quiet <- fmt.Sprint(ch, " ", until.UnixMilli()) })
	if err := one.Pause(t.Context(), "tg", time.UnixMilli(1_700_000_000_123)); err != nil {
		t.Fatal(err)
	}
	if got := <-quiet; got != "tg 1700000000123" {
		t.Errorf("told of a pause: %q", got)
	}
}

// process is what one process makes of a server.
func process(t *testing.T, s *server, k store.Key) *store.Store {
	d, err := Open(t.Context(), s.url(), false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.New(d, k, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	st.Home("clinic")
	return st
}

func says(t *testing.T, s *store.Store, id string) {
	t.Helper()
	e := channels.Event{ID: id, Kind: channels.Said, From: channels.Address{Channel: "tg", User: "u"}, Text: "hello"}
	turn, err := s.Begin(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), turn, store.Outcome{Session: turn.Session}, time.Minute); err != nil {
		t.Fatal(err)
	}
}
