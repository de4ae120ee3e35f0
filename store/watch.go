package store

import (
	"context"
	"slices"
	"sync"

	"workervoice/cases"
)

// A Hint says that something a console shows has changed, and not how: whoever
// gets one reads it again.
type Hint struct {
	What string // ChatHint, CaseHint; Everywhere: too much to tell
	ID   string // of the conversation, the case or the update
	Org  cases.OrgID
}

// What a Hint is about.
const (
	ChatHint   = "chat"
	CaseHint   = "case"
	UpdateHint = "update" // what has become of it for somebody
	Everywhere = "all"
)

// manyHints is how many changes a watcher may fall behind by before it is told
// to look at everything again.
const manyHints = 256

// A Watcher learns what this process changes and, soon, what others do. Of the same thing changed ten
// times it hears once.
type Watcher struct {
	hub  *hub
	by   cases.Caseworker
	bell chan struct{}

	mu    sync.Mutex
	hints []Hint
	seen  map[Hint]bool
}

// hub tells watchers of commits. It never holds one up.
type hub struct {
	others   others
	mu       sync.RWMutex
	watchers map[*Watcher]bool
}

// Watch returns a watcher of what by may see. Changes of another process can be
// missed: look again now and then. It must be closed.
func (s *Store) Watch(by cases.Caseworker) *Watcher {
	w := &Watcher{hub: &s.hub, by: by, bell: make(chan struct{}, 1), seen: make(map[Hint]bool)}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.watchers == nil {
		s.hub.watchers = make(map[*Watcher]bool)
	}
	s.hub.watchers[w] = true
	return w
}

// Close ends w.
func (w *Watcher) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	delete(w.hub.watchers, w)
}

// Next waits for changes and returns those since the last call, or the error
// of a context that is done.
func (w *Watcher) Next(ctx context.Context) ([]Hint, error) {
	for {
		w.mu.Lock()
		hs := w.hints
		w.hints = nil
		clear(w.seen)
		w.mu.Unlock()
		if len(hs) > 0 {
			return hs, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.bell:
		}
	}
}

// tell passes a hint on to those who may see what it is about, here and in
// other processes.
func (h *hub) tell(hint Hint) {
	h.pass(hint)
	h.others.tell(hint)
}

// pass is tell for this process only.
func (h *hub) pass(hint Hint) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for w := range h.watchers {
		if hint.What == Everywhere || within(w.by, hint.Org) || w.by.Role == cases.Desk {
			w.put(hint)
		}
	}
}

func (w *Watcher) put(hint Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.seen[hint] || len(w.hints) == 1 && w.hints[0].What == Everywhere:
		return
	case len(w.hints) >= manyHints:
		w.hints = []Hint{{What: Everywhere}}
	default:
		w.hints = append(w.hints, hint)
		w.seen[hint] = true
	}
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// tell says that a conversation has changed.
func (s *Store) tell(conv string, org cases.OrgID) { s.hub.tell(Hint{ChatHint, conv, org}) }

// tellCase says that a case has changed, to all who may read it and to those
// who could before.
func (s *Store) tellCase(was, now cases.Case) {
	told := audience(now)
	for _, org := range audience(was) {
		if !slices.Contains(told, org) {
			told = append(told, org)
		}
	}
	for _, org := range told {
		s.hub.tell(Hint{CaseHint, string(now.ID), org})
	}
}

// tellUpdate says that something has become of an update for somebody, to the
// organisations that may read it. Where that cannot be found out nobody hears of
// it, and sees it when the page looks again.
func (s *Store) tellUpdate(ctx context.Context, id cases.ID, update string) {
	c, err := s.file(ctx, id)
	var u cases.Update
	if err == nil && c.Scope != nil {
		u, err = s.kept(ctx, id, update)
	}
	if err != nil {
		return
	}
	for _, org := range audience(c) {
		if !before(u, scope(cases.Caseworker{Org: org}, c)) {
			s.hub.tell(Hint{UpdateHint, update, org})
		}
	}
}
