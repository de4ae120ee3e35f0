package console

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

const (
	pulse = 20 * time.Second // after which a page hears that we are there
	gone  = 45 * time.Second // without a word from a page, after which its person is no longer here
)

// An exchange tells open pages what has changed, and who looks at what, also
// where another process serves the page. Nothing of it is kept.
type exchange struct {
	store *store.Store
	log   *slog.Logger
	ctx   context.Context
	close context.CancelFunc

	mu    sync.Mutex
	here  map[string]map[cases.CaseworkerID]*presence // by conversation
	feeds map[cases.Caseworker]*feed                  // by audience
}

// A presence is somebody who looks at a conversation.
type presence struct {
	Name    string
	Writing string // what: "" nothing, "reply" or "note"
	at      time.Time
	org     cases.OrgID
}

func newExchange(s *store.Store, log *slog.Logger, now func() time.Time) *exchange {
	x := &exchange{store: s, log: log, here: map[string]map[cases.CaseworkerID]*presence{}, feeds: map[cases.Caseworker]*feed{}}
	x.ctx, x.close = context.WithCancel(context.Background())
	s.OnPresent(func(h store.Here) { x.present(h, now()) })
	return x
}

func init() {
	serve("GET /c/live", person, live)
	serve("POST /c/active", person, func(v *visit) error { v.W.WriteHeader(http.StatusNoContent); return nil })
}

// live sends a page hints for as long as it is open: topics that have changed,
// of those that it shows, and never what. A page that comes back reads everything again, so nothing
// need be repeated to it. It ends when the session does.
func live(v *visit) error {
	p := v.live.open(v.By(), shownOf(v.R.URL.Query().Get("of")))
	defer v.live.shut(p)
	out := http.NewResponseController(v.W)
	v.W.Header().Set("Content-Type", "text/event-stream")
	v.W.Header().Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
	next := []byte("retry: 2000\n\n")
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		if _, err := v.W.Write(next); err != nil || out.Flush() != nil {
			return nil // the page has gone
		}
		if p.missed.Swap(false) {
			next = hintOf("all")
			continue
		}
		select {
		case <-v.Ctx().Done():
			return nil
		case <-v.live.ctx.Done():
			return nil
		case next = <-p.hints:
		case <-tick.C:
			next = hintOf()
			if me, err := v.Store.Signed(v.Ctx(), v.token); err != nil || me.Locked {
				next = hintOf("go")
			}
		}
	}
}

// topicsOf says what data-live would have to name to be changed by a hint.
func topicsOf(h store.Hint) []string {
	if h.What == store.Everywhere {
		return []string{"all"}
	}
	return []string{h.What + ":" + h.ID, h.What + "s"}
}

// tell passes a topic on to the pages of an organisation. x.mu is held.
func (x *exchange) tell(org cases.OrgID, topic string) {
	if f := x.feeds[cases.Caseworker{Org: org}]; f != nil {
		f.add(topic)
	}
}

// note says that somebody looks at a conversation, and what they write.
func (x *exchange) note(chat string, me store.Signed, writing string, now time.Time) {
	h := store.Here{Chat: chat, Who: me.ID, Name: me.Name, Writing: writing, Org: me.Org}
	x.present(h, now)
	x.store.Present(h)
}

// left says that somebody no longer looks at a conversation.
func (x *exchange) left(chat string, me store.Signed) {
	h := store.Here{Chat: chat, Who: me.ID, Org: me.Org, Left: true}
	x.present(h, time.Time{})
	x.store.Present(h)
}

// present takes in who looks at a conversation, or does no longer, through this
// process or another.
func (x *exchange) present(h store.Here, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !h.Left {
		x.sweep(h.Chat, now)
	}
	was := x.here[h.Chat][h.Who]
	switch {
	case !h.Left:
		if x.here[h.Chat] == nil {
			x.here[h.Chat] = map[cases.CaseworkerID]*presence{}
		}
		x.here[h.Chat][h.Who] = &presence{h.Name, h.Writing, now, h.Org}
		if was != nil && was.Writing == h.Writing {
			return
		}
	case was == nil:
		return
	default:
		delete(x.here[h.Chat], h.Who)
	}
	x.tell(h.Org, "here:"+h.Chat)
}

// sweep forgets who went without a word, as where a lid is shut, and tells those
// who still look. x.mu is held.
func (x *exchange) sweep(chat string, now time.Time) {
	for id, p := range x.here[chat] {
		if now.Sub(p.at) > gone {
			delete(x.here[chat], id)
			x.tell(p.org, "here:"+chat)
		}
	}
	if len(x.here[chat]) == 0 {
		delete(x.here, chat)
	}
}

// others returns who else of the same organisation looks at a conversation, by
// name.
func (x *exchange) others(chat string, me store.Signed, now time.Time) (out []presence) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, p := range x.here[chat] {
		if id != me.ID && p.org == me.Org && now.Sub(p.at) <= gone {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b presence) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
