package console

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// hears opens the stream of hints, and calls heard with every line of it.
func (c *colleague) hears(ctx context.Context, heard func(string)) (ended chan struct{}) {
	c.h.Helper()
	return c.hearsAt(ctx, "/c/live", heard)
}

func (c *colleague) hearsAt(ctx context.Context, path string, heard func(string)) (ended chan struct{}) {
	c.h.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", c.h.url+path, nil)
	c.h.must(err)
	a, err := c.http.Do(r)
	c.h.must(err)
	if got := a.Header.Get("Content-Type"); got != "text/event-stream" {
		c.h.Fatalf("hints come as %s", got)
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		defer a.Body.Close()
		for lines := bufio.NewScanner(a.Body); lines.Scan(); {
			heard(lines.Text())
		}
	}()
	return ended
}

// TestManyConsoles has 200 open pages hear of a worker's words within a second,
// and of nothing more than that something has changed.
func TestManyConsoles(t *testing.T) {
	const pages = 200
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	other := h.joinsAt("union", "om@x", "Om").signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	var heard, elsewhere atomic.Int64
	var wg, ready sync.WaitGroup
	var said sync.Map
	for range pages {
		wg.Add(1)
		ready.Add(1)
		var once, begun sync.Once
		nan.hears(t.Context(), func(line string) {
			begun.Do(ready.Done)
			said.Store(line, true)
			if strings.Contains(line, "chat:"+id) {
				once.Do(func() { heard.Add(1); wg.Done() })
			}
		})
	}
	other.hears(t.Context(), func(line string) {
		if strings.Contains(line, "chat:") {
			elsewhere.Add(1)
		}
	})
	ready.Wait()
	began := time.Now()
	h.does("66812345678", channels.Event{Text: "payslip canary"})
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
	}
	took := time.Since(began)
	t.Logf("%d of %d pages heard of it in %v", heard.Load(), pages, took.Round(time.Millisecond))
	if heard.Load() != pages || took > time.Second {
		t.Errorf("%d of %d pages heard of it in %v", heard.Load(), pages, took)
	}
	if elsewhere.Load() != 0 {
		t.Error("another organisation heard of it")
	}
	said.Range(func(line, _ any) bool {
		if strings.Contains(line.(string), "canary") || strings.Contains(line.(string), "6681") {
			t.Errorf("a hint says %q", line)
		}
		return true
	})
}

// joinsAt gives somebody an account in another organisation.
func (h *house) joinsAt(org cases.OrgID, login, name string) *colleague {
	h.Helper()
	token, err := h.s.Invite(h.Context(), cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: org, Role: cases.Helper}, Login: login})
	h.must(err)
	join, err := h.s.Exchange(h.Context(), token)
	h.must(err)
	h.must(h.s.Choose(h.Context(), join, cases.Person{Name: name, Lang: "en"}, phrase))
	p, secret, _, err := h.s.Joining(h.Context(), join)
	h.must(err)
	_, err = h.s.Join(h.Context(), join, store.Code(secret, h.now()))
	h.must(err)
	h.pass(time.Minute)
	return h.visitor(p, secret)
}

// TestElsewhere has somebody of another organisation look for a conversation.
func TestElsewhere(t *testing.T) {
	h := newHouse(t)
	om := h.joinsAt("union", "om@x", "Om").signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	if body := om.sees("/c/?box=all"); strings.Contains(body, id) {
		t.Error("another organisation's conversation is listed")
	}
	for _, path := range []string{"", "/thread", "/strip", "/here", "/replies", "/file/3.0"} {
		if status, body := om.ask("GET", "/c/chat/"+id+path, nil); status != 404 || strings.Contains(body, "လစာ") {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	for _, path := range []string{"take", "hand", "assign", "write", "note", "draft", "here", "seen", "unmask"} {
		form := map[string][]string{"key": {"key-0001"}, "text": {"hello"}, "note": {"hello"}, "reason": {"because"}, "version": {"0"}}
		if status, _ := om.ask("POST", "/c/chat/"+id+"/"+path, form, "Sec-Fetch-Site", "same-origin", "X-Fetch", "1"); status != 404 {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	for _, path := range []string{"/c/people", "/c/replies"} { // for supervisors
		if status, _ := om.ask("GET", path, nil); status != 404 {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

// TestLiveEnds has a page stop hearing when its session ends.
func TestLiveEnds(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	ended := nan.hears(t.Context(), func(string) {})
	h.o.Close()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("a page goes on after the office has closed")
	}
}
