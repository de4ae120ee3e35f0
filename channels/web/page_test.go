package web

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

func as[T error](err error, target *T) bool { return errors.As(err, target) }

func TestHide(t *testing.T) {
	s := newSite(t, nil)
	s.begin()
	bye := s.get("/w/bye").must(t, 200)
	if strings.Contains(bye.body, "web.") || !strings.Contains(bye.body, "<body></body>") {
		t.Errorf("the empty page says %s", bye.body)
	}
	cover := s.get("/w").must(t, 200, "web.go_on/en")
	if strings.Contains(cover.body, "You said") || strings.Contains(cover.body, "<li ") {
		t.Error("after Hide the chat is shown")
	}
	s.get("/w/keep").must(t, 303)
	s.go2("on").must(t, 303)
	s.get("/w").must(t, 200, "You said: language:en")
}

// go2 presses a button that is no part of the chat.
func (s *site) go2(what string) answer {
	s.t.Helper()
	r := s.request("POST", "/w/go", strings.NewReader("go="+what))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func TestPrivateLink(t *testing.T) {
	s := newSite(t, nil)
	s.begin()
	mine := s.user()
	link := "/w/k/" + mine
	s.get("/w/keep").must(t, 200, s.url+link, "web.keep_link/en")

	// On another phone.
	s.http = browser(t)
	opened := s.get(link).must(t, 303)
	if opened.Header.Get("Location") != "/w" || opened.Header.Get("Referrer-Policy") != "no-referrer" || s.user() != mine {
		t.Errorf("leads to %q as %q", opened.Header.Get("Location"), s.user())
	}
	s.get("/w").must(t, 200, "You said: language:en", "web.saved/en")
	s.go2("stay")
	if a := s.get("/w"); strings.Contains(a.body, "web.saved") || s.user() != mine {
		t.Error("says again that a saved chat was opened")
	}

	// Where there is another chat already, it is asked first.
	s.http = browser(t)
	s.begin()
	own := s.user()
	s.get(link).must(t, 303)
	page := s.get("/w").must(t, 200, "web.other/en")
	if s.user() != own || strings.Contains(page.body, "You said") {
		t.Error("a link replaced the worker's own chat")
	}
	s.go2("stay")
	if s.get("/w").must(t, 200, "You said"); s.user() != own {
		t.Error("staying changed the chat")
	}
	s.get(link)
	s.go2("open")
	if s.get("/w").must(t, 200, "You said"); s.user() != mine {
		t.Error("opening did not change the chat")
	}
	s.go2("new")
	if s.get("/w").must(t, 200, `name="first"`); s.user() == mine || s.user() == own {
		t.Error("the new chat is an old one")
	}
}

// TestPlantedLink shows that nobody can make a worker write into a chat that
// the sender of a link made up.
func TestPlantedLink(t *testing.T) {
	s := newSite(t, nil)
	planted := newToken()
	s.get("/w/k/"+planted).must(t, 303)
	s.get("/w")
	if u := s.user(); u == planted || u == "" {
		t.Errorf("the worker writes as %q", u)
	}
	s.get("/w/k/short").must(t, 303)
	s.b.blind = true
	s.get("/w/k/"+newToken()).must(t, 503, "web.try_again")
}

func TestKeepLinkIsWhole(t *testing.T) {
	for _, c := range []struct {
		public string
		secure bool
		want   string
	}{{"https://friend.example/", true, "https://friend.example/w/k/"}, {"", true, "https://127.0.0.1"}, {"", false, "http://127.0.0.1"}} {
		s := newSite(t, func(cf *Config) { cf.Public, cf.Secure = c.public, c.secure })
		r := s.request("GET", "/w/keep", nil)
		r.AddCookie(&http.Cookie{Name: s.a.userCookie(), Value: newToken()})
		s.do(r).must(t, 200, c.want)
	}
}

func TestLink(t *testing.T) {
	a := New(Config{Public: "https://friend.example/", Languages: five, Texts: plain})
	for code, want := range map[string]string{
		"K7M2QX4P": "https://friend.example/w/j/K7M2QX4P",
		"":         "https://friend.example/w",
		"../k/x":   "https://friend.example/w",
	} {
		if got := a.Link(code); got != want {
			t.Errorf("Link(%q) = %s, want %s", code, got, want)
		}
	}
	s := newSite(t, nil)
	s.get("/w/j/"+strings.Repeat("x", 65)).must(t, 303)
	if c := s.get("/w").Request.Cookies(); len(c) != 0 {
		t.Errorf("kept %v of a link that is none", c)
	}
}

func TestSend(t *testing.T) {
	s := newSite(t, nil)
	id, err := s.a.Send(t.Context(), channels.Outbound{Key: "e1/0", To: channels.Address{User: newToken()}})
	if id != "e1/0" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	var refused *channels.SendError
	if _, err := s.a.Send(t.Context(), channels.Outbound{To: channels.Address{User: "4123"}}); !as(err, &refused) || refused.Reason != channels.Rejected {
		t.Errorf("to nobody: %v", err)
	}
	if i := s.a.Info(); !i.Idempotent || i.Window != 0 || i.Platform != channels.Web || i.Files["image"] != MaxFile {
		t.Error("Info does not describe the page")
	}
}

func TestAnswerIsWaitedFor(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	s.b.mute = true
	s.a.patience = 20 * time.Millisecond
	s.post(append(fields(page.body), "text", "nobody answers")).must(t, 303)
	s.b.mute, s.a.patience = false, time.Minute
	s.b.answer = func(b *book, user string, e channels.Event) {
		go b.set(func() { b.say(user, "one"); b.say(user, "two") })
	}
	s.post(append(fields(page.body), "text", "somebody answers")).must(t, 303)
	s.get("/w").must(t, 200, "one", "two")
}

func TestPolicy(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	h := page.Header
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Robots-Tag": "noindex",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %s", name, h.Get(name))
		}
	}
	for _, path := range []string{"/w", "/w/keep", "/w/bye", "/w"} { // last the cover
		body := s.get(path).must(t, 200).body
		for _, bad := range []*regexp.Regexp{regexp.MustCompile(`<script>|<style|style="|\son\w+="`), regexp.MustCompile(`(?i)labou?r|worker|voice\b.*title|report`),
			regexp.MustCompile(`(src|href|action)="(https?:)?//`)} {
			if m := bad.FindString(body); m != "" {
				t.Errorf("%s holds %q", path, m)
			}
		}
	}
	s.go2("on")
	r := s.request("GET", "/w", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	z := s.do(r)
	u, err := gzip.NewReader(strings.NewReader(z.body))
	if err != nil || z.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("the page is not packed: %v", err)
	}
	if b, err := io.ReadAll(u); err != nil || !bytes.Contains(b, []byte("You said")) {
		t.Errorf("unpacked: %v", err)
	}
}

func TestAssets(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range regexp.MustCompile(`/w/s/[\w.]+`).FindAllString(s.get("/w").body, -1) {
		a := s.get(path).must(t, 200)
		if !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	if n := len(assets["chat.js"].plain); n > 8<<10 {
		t.Errorf("the script has %d bytes", n)
	}
	s.get("/w/s/chat.000000000000.css").must(t, 404)
	s.get("/w/nothing").must(t, 404)
	if l := s.get("/w/").must(t, 303).Header.Get("Location"); l != "/w" {
		t.Errorf("/w/ leads to %s", l)
	}
}

func TestLinesAndChoices(t *testing.T) {
	s := newSite(t, nil)
	s.begin()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s.b.set(func() {
		*s.b.pages[s.user()] = Page{Lang: "my", Version: "2", Lines: []Line{
			{ID: "1", Text: "<script>alert(1)</script>", At: at, Mine: true},
			{ID: "2", Text: "See https://example.org/a?b=1&c. ဒီမှာ", At: at.Add(time.Minute)},
			{ID: "3", Text: "लामो कुरा", At: at.Add(2 * time.Hour)},
			{ID: "4", File: &File{Ref: "a/b?c", Type: "image/png"}, At: at.Add(2 * time.Hour)},
			{ID: "5", File: &File{Ref: "x", Type: "text/html"}, At: at.Add(2 * time.Hour)},
		}, Choices: []channels.Choice{{Label: `💰 လုပ်ခ၊ "လစာ"`, Value: "p:1"}, {Label: "❤️", Value: "p:2"}}}
	})
	page := s.get("/w").must(t, 200,
		"&lt;script&gt;alert(1)",
		`<a href="https://example.org/a?b=1&amp;c" target="_blank" rel="noreferrer">`,
		`lang="ne"><time datetime="2026-11-22T11:00:00Z">`,
		`src="/w/f/a%2Fb%3Fc"`, `href="/w/f/x"`,
		`<div class="choices duo">`, `<span class="em" aria-hidden="true">💰</span>`, `<span class="g">❤️</span>`)
	if n := strings.Count(page.body, "<time"); n != 2 {
		t.Errorf("%d times are shown, want the first and the one after a pause", n)
	}
	s.b.set(func() {
		s.b.pages[s.user()].Choices = []channels.Choice{{Label: "a", Desc: "longer words", Value: "1"}, {Label: "b", Value: "2"}}
	})
	if strings.Contains(s.get("/w").must(t, 200, "<small>longer words</small>").body, "duo") {
		t.Error("choices with a second line stand in two columns")
	}
}

func TestNothingPersonalIsLogged(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	s.b.down = true
	s.post(append(fields(page.body), "text", "secret words"))
	s.post(fields(page.body), upload{"photo", "secret name.png", "image/png", png})
	s.b.blind = true
	s.get("/w/k/" + s.user())
	s.get("/w/f/f1")
	s.get("/w")
	s.get("/w/live").must(t, 200) // ends by itself
	log := s.log.String()
	if strings.Count(log, "\n") < 4 || !strings.Contains(log, errDown.Error()) {
		t.Errorf("the operator is not told enough: %s", log)
	}
	for _, bad := range []string{"secret", s.user(), "/w"} {
		if strings.Contains(log, bad) {
			t.Errorf("the log holds %q:\n%s", bad, log)
		}
	}
}
