package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// maxLive is how many pages of one worker are kept up to date at once.
const maxLive = 3

// bells wake the pages of a worker when there is something new.
type bells struct {
	mu sync.Mutex
	of map[string]map[chan struct{}]bool // true: a live connection
}

// listen returns a channel on which every ring since is heard, as one. The
// caller calls stop. With live, it fails where the worker has maxLive already.
func (b *bells) listen(user string, live bool) (heard <-chan struct{}, stop func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, l := range b.of[user] {
		if l {
			n++
		}
	}
	if live && n >= maxLive {
		return nil, nil, false
	}
	if b.of == nil {
		b.of = map[string]map[chan struct{}]bool{}
	}
	if b.of[user] == nil {
		b.of[user] = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	b.of[user][c] = live
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.of[user], c)
		if len(b.of[user]) == 0 {
			delete(b.of, user)
		}
	}, true
}

func (b *bells) ring(user string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.of[user] {
		select {
		case c <- struct{}{}:
		default: // it is yet to look at the ring before
		}
	}
}

// answered waits until the bell has rung and then been quiet for a moment, as
// an answer may be several messages; at most for a's patience.
func (a *Adapter) answered(ctx context.Context, heard <-chan struct{}) {
	end := time.NewTimer(a.patience)
	defer end.Stop()
	var quiet <-chan time.Time
	for {
		select {
		case <-heard:
			quiet = time.After(a.quiet)
		case <-quiet:
			return
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// An update is what a live page is told.
type update struct {
	Keep  int    `json:"keep"`  // of the lines shown, so many stay
	Lines string `json:"lines"` // what comes after them
	Ask   string `json:"ask"`   // the choices, all of them
	Lang  string `json:"lang"`
}

// live keeps a page up to date by server-sent events until the browser goes,
// the request's context ends or the page cannot be read; browsers then come
// again by themselves and say which version they have.
func (a *Adapter) live(w http.ResponseWriter, r *http.Request) {
	user, ok := a.user(r)
	if !ok {
		http.Error(w, "no cookie", http.StatusForbidden)
		return
	}
	heard, stop, ok := a.bells.listen(user, true)
	if !ok {
		w.Header().Set("Retry-After", "15")
		http.Error(w, "too many pages are open", http.StatusTooManyRequests)
		return
	}
	defer stop()
	s := &stream{a: a, w: w, rc: http.NewResponseController(w), has: r.Header.Get("Last-Event-ID"), lang: a.lang(r)}
	if s.has == "" {
		s.has = r.FormValue("v")
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // else some proxies keep events back
	beat := time.NewTicker(a.beat)
	defer beat.Stop()
	err := s.write("retry: 3000\n\n")
	for err == nil {
		if err = s.look(r.Context(), user); err != nil {
			break
		}
		select {
		case <-heard:
		case <-beat.C: // also looks: another process may have sent
			err = s.write(":\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

// A stream is one live connection.
type stream struct {
	a    *Adapter
	w    http.ResponseWriter
	rc   *http.ResponseController
	lang string   // where the Book knows none: that in which the page was made
	has  string   // the version that the page shows
	sent []string // the lines that were sent on this connection
}

// look sends what has changed since the last look.
func (s *stream) look(ctx context.Context, user string) error {
	p, err := s.a.Book.Page(ctx, user)
	if err != nil {
		if ctx.Err() == nil {
			s.a.Log.Error("web: a live page cannot be read", "err", err)
		}
		return err
	}
	if !s.a.speaks(p.Lang) {
		p.Lang = s.lang
	}
	v := s.a.view(p)
	if v.Version == s.has {
		return nil
	}
	keep := 0
	for keep < len(s.sent) && keep < len(v.Lines) && s.sent[keep] == v.Lines[keep].Name {
		keep++
	}
	u := update{Keep: keep, Lang: v.Lang}
	s.sent = s.sent[:0]
	for _, l := range v.Lines {
		s.sent = append(s.sent, l.Name)
	}
	v.Lines = v.Lines[keep:]
	if u.Lines, err = render("lines", v); err != nil {
		return err
	}
	if u.Ask, err = render("ask", v); err != nil {
		return err
	}
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	s.has = v.Version
	return s.write(fmt.Sprintf("id: %s\ndata: %s\n\n", v.Version, b))
}

// write sends s at once. A browser that takes nothing for half a minute is gone.
func (s *stream) write(text string) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(30 * time.Second)) // not every server can: then its own limit holds
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}
