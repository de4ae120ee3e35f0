package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

// TestPushIsSeen has the Book show news only once it is written down that they
// were sent, a moment after the page was told to look.
func TestPushIsSeen(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	next, _, _ := s.listen("?v="+shown.FindStringSubmatch(page.body)[1], "")
	s.b.set(func() { s.b.say(s.user(), "the answer") })
	next()
	if _, err := s.a.Send(t.Context(), channels.Outbound{Key: "p1", To: channels.Address{User: s.user()}, Class: channels.Push}); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() {
		s.b.set(func() {
			p := s.b.pages[s.user()]
			p.Lines, p.Version = append(p.Lines, Line{ID: "p1", Text: "there are news"}), "told"
		})
	})
	if _, u := next(); !strings.Contains(u.Lines, "there are news") {
		t.Errorf("the page was told %+v", u)
	}
}

// listen opens a live connection and returns what it says, event by event.
func (s *site) listen(query, last string) (next func() (id string, u update), status int, end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	r := s.request("GET", "/w/live"+query, nil).WithContext(ctx)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	end = func() { cancel(); res.Body.Close() }
	s.t.Cleanup(end)
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	return func() (id string, u update) {
		s.t.Helper()
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = v
			}
			if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(v), &u); err != nil {
					s.t.Fatal(err)
				}
				return id, u
			}
		}
		s.t.Fatal("the connection ended")
		return
	}, res.StatusCode, end
}

var shown = regexp.MustCompile(`data-v="(\w+)"`)

func TestLive(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	v := shown.FindStringSubmatch(page.body)[1]
	next, status, end := s.listen("?v="+v, "")
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	say := func(text string) { s.b.set(func() { s.b.say(s.user(), text) }) }
	say("first news")
	id, u := next()
	if u.Keep != 0 || !strings.Contains(u.Lines, "You said") || !strings.Contains(u.Lines, "first news") || u.Ask != "" || u.Lang != "en" {
		t.Errorf("first update: %+v", u)
	}
	say("second news")
	id2, u := next()
	if u.Keep != 3 || strings.Contains(u.Lines, "first") || !strings.Contains(u.Lines, "second news") || id2 == id {
		t.Errorf("second update: %+v", u)
	}
	s.b.set(func() { p := s.b.pages[s.user()]; p.Lines = p.Lines[:1]; p.Version = "cut"; s.a.Ring(s.user()) })
	last, u := next()
	if u.Keep != 1 || u.Lines != "" {
		t.Errorf("after lines were taken away: %+v", u)
	}
	end()

	// Whoever comes again with what it has is told only what is new.
	next, _, _ = s.listen("?v="+v, last)
	say("third news")
	if _, u := next(); !strings.Contains(u.Lines, "third news") {
		t.Errorf("after coming again: %+v", u)
	}
}

func TestLiveLooksByItself(t *testing.T) {
	s := newSite(t, nil)
	s.begin()
	s.a.beat = 10 * time.Millisecond
	next, _, _ := s.listen("", "")
	next()
	s.b.set(func() {
		p := s.b.pages[s.user()]
		p.Lines, p.Version = append(p.Lines, Line{ID: "x", Text: "sent by another process"}), "x"
	})
	if _, u := next(); !strings.Contains(u.Lines, "another process") {
		t.Errorf("%+v", u)
	}
}

func TestLiveLimits(t *testing.T) {
	s := newSite(t, nil)
	if _, status, _ := s.listen("", ""); status != 403 {
		t.Errorf("a stranger: status %d", status)
	}
	s.begin()
	var ends []func()
	for range maxLive {
		next, _, end := s.listen("", "")
		next()
		ends = append(ends, end)
	}
	if _, status, _ := s.listen("", ""); status != 429 {
		t.Errorf("one too many: status %d", status)
	}
	for _, end := range ends {
		end()
	}
	for {
		next, status, _ := s.listen("", "") // as soon as the server has noticed
		if status == 200 {
			next()
			return
		}
	}
}

func TestEndsWithServer(t *testing.T) {
	s := newSite(t, nil)
	s.begin()
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "GET", "/w/live", nil)
	r.AddCookie(&http.Cookie{Name: "friend", Value: s.user()})
	done := make(chan struct{})
	go func() { s.a.Handler(s.b.deliver).ServeHTTP(httptest.NewRecorder(), r); close(done) }()
	cancel()
	<-done
	if len(s.a.bells.of) != 0 {
		t.Error("a connection that ended still listens")
	}
}
