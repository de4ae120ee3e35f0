package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"workervoice/channels"
)

// linker is a channel that can be opened from a link.
type linker struct {
	channels.Adapter
	platform channels.Platform
	before   string
}

func (w linker) Info() channels.Info {
	return channels.Info{ID: channels.ID(w.platform), Platform: w.platform}
}

func (w linker) Link(code string) string {
	if w.before == "" {
		return "" // not known yet
	}
	return w.before + code
}

// site is the pages, with what they were asked to do.
type site struct {
	Config
	opened []string
	log    bytes.Buffer
}

func newSite() *site {
	s := &site{}
	s.Config = Config{
		Public: "https://friend.example",
		Links: []channels.Linker{
			linker{platform: channels.Telegram, before: "https://t.me/golden_friend_bot?start="},
			linker{platform: channels.LINE},
			linker{platform: channels.WhatsApp, before: "https://wa.me/66800000000?text=Hello%20"},
			linker{platform: channels.Web, before: "/w/j/"},
		},
		Texts:     func(lang, key string) string { return key + "/" + lang },
		Languages: []string{"my", "km", "ne", "th", "en"},
		Link: func(_ context.Context, code string) (string, bool, error) {
			switch code {
			case "K7M2QX4P":
				return "my", true, nil
			case "FREE":
				return "", true, nil
			case "DOWN":
				return "", false, errors.New("the disk is full")
			}
			return "", false, nil
		},
		Opened: func(_ context.Context, code string) { s.opened = append(s.opened, code) },
		Status: func(context.Context) (Status, error) {
			return Status{
				Channels: []ChannelStatus{{ID: "telegram", Runs: true}, {ID: "line-th", Note: "Set LINE_CHANNEL_SECRET."}},
				Counts:   []Count{{"home.workers", 12}},
			}, nil
		},
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	return s
}

// ask sends one request; headers come in pairs.
func (s *site) ask(t *testing.T, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.RemoteAddr = "203.0.113.9:1234"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "remote" {
			r.RemoteAddr = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler(s.Config).ServeHTTP(w, r)
	return w
}

func must(t *testing.T, w *httptest.ResponseRecorder, status int, want ...string) string {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	for _, x := range want {
		if !strings.Contains(w.Body.String(), x) {
			t.Errorf("the page lacks %q:\n%s", x, w.Body)
		}
	}
	return w.Body.String()
}

func TestLanding(t *testing.T) {
	s := newSite()
	body := must(t, s.ask(t, "GET", "/j/K7M2QX4P", "Accept-Language", "th"), 200,
		`<html lang="my">`, "<title>Golden Friend</title>", "land.title/my", "land.telegram/my",
		`href="https://t.me/golden_friend_bot?start=K7M2QX4P"`, `href="https://wa.me/66800000000?text=Hello%20K7M2QX4P"`, `href="/w/j/K7M2QX4P?l=my"`,
		"land.code/my", ">K7M2QX4P</b>", `href="?l=km" lang="km"`)
	if strings.Contains(body, "land.line") {
		t.Error("a channel that has no address yet is offered")
	}
	if strings.Index(body, "t.me") > strings.Index(body, "/w/j/") {
		t.Error("the channels are not in their order")
	}
	if len(s.opened) != 1 || s.opened[0] != "K7M2QX4P" {
		t.Errorf("counted %v", s.opened)
	}
	must(t, s.ask(t, "GET", "/j/FREE", "Accept-Language", "fr, th;q=0.5"), 200, `<html lang="th">`, `href="/w/j/FREE?l=th"`)
	must(t, s.ask(t, "GET", "/j/K7M2QX4P?l=km", "Accept-Language", "th"), 200, `<html lang="km">`, `href="/w/j/K7M2QX4P?l=km"`, `<b lang="km">`)
	must(t, s.ask(t, "GET", "/j/FREE"), 200, `<html lang="en">`)
}

func TestWhatIsCounted(t *testing.T) {
	s := newSite()
	for _, c := range []struct {
		method, target, header, value string
		counts                        bool
	}{
		{"GET", "/j/K7M2QX4P", "User-Agent", "Mozilla/5.0 (Linux; Android 10) Chrome/120 Mobile", true},
		{"GET", "/j/K7M2QX4P", "User-Agent", "Mozilla/5.0 (iPhone) Safari Line/13.20.0", true},
		{"GET", "/j/K7M2QX4P", "", "", true},
		{"HEAD", "/j/K7M2QX4P", "", "", false},
		{"GET", "/j/K7M2QX4P?l=km", "", "", false},
		{"GET", "/j/K7M2QX4P", "User-Agent", "WhatsApp/2.23.20.0 A", false},
		{"GET", "/j/K7M2QX4P", "User-Agent", "TelegramBot (like TwitterBot)", false},
		{"GET", "/j/K7M2QX4P", "User-Agent", "facebookexternalhit/1.1", false},
		{"GET", "/j/K7M2QX4P", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)", false},
		{"GET", "/j/K7M2QX4P", "Sec-Purpose", "prefetch", false},
		{"GET", "/j/K7M2QX4P.svg", "", "", false},
		{"GET", "/j/NOSUCH", "", "", false},
		{"GET", "/j/DOWN", "", "", false},
	} {
		s.opened = nil
		var h []string
		if c.header != "" {
			h = []string{c.header, c.value}
		}
		if w := s.ask(t, c.method, c.target, h...); w.Code != 200 || (len(s.opened) == 1) != c.counts {
			t.Errorf("%s %s %s: status %d, counted %v", c.method, c.target, c.value, w.Code, s.opened)
		}
	}
	s.Opened = nil
	must(t, s.ask(t, "GET", "/j/K7M2QX4P"), 200)
}

func TestUnknownCode(t *testing.T) {
	s := newSite()
	body := must(t, s.ask(t, "GET", "/j/NOSUCH"), 200, `href="https://t.me/golden_friend_bot?start="`)
	if strings.Contains(body, "NOSUCH") || strings.Contains(body, "land.code") {
		t.Error("an unknown code is shown or passed on")
	}
	body = must(t, s.ask(t, "GET", "/j/DOWN"), 200, `start=DOWN"`) // it may well be one
	if strings.Contains(body, "land.code") || !strings.Contains(s.log.String(), "the disk is full") || strings.Contains(s.log.String(), "DOWN") {
		t.Errorf("while links cannot be looked up: log %s", s.log.String())
	}
	for _, target := range []string{"/j/", "/j/a%20b", "/j/%3Cscript%3E", "/j/x/y", "/j/x.pdf", "/j/" + strings.Repeat("x", 65), "/x", "/a/none.css"} {
		must(t, s.ask(t, "GET", target), 404)
	}
}

func TestStartPage(t *testing.T) {
	here := []string{"remote", "127.0.0.1:4000"}
	for name, c := range map[string]struct {
		target   string
		headers  []string
		change   func(*Config)
		operator bool
	}{
		"here":                     {"http://localhost:8080/", here, nil, true},
		"here, IPv6":               {"http://[::1]:8080/", []string{"remote", "[::1]:4000"}, nil, true},
		"here, named":              {"http://127.0.0.1:8080/", here, func(c *Config) { c.Public = "http://localhost:8080" }, true},
		"public":                   {"http://localhost:8080/", here, func(c *Config) { c.Public = "https://friend.example" }, false},
		"broken address":           {"http://localhost:8080/", here, func(c *Config) { c.Public = "http://a b" }, false},
		"another machine":          {"http://localhost:8080/", nil, nil, false},
		"another name":             {"http://friend.example/", here, nil, false},
		"localhost.evil.example":   {"http://localhost.evil.example/", here, nil, false},
		"proxy":                    {"http://localhost:8080/", append(here, "X-Forwarded-For", "203.0.113.9"), nil, false},
		"proxy, new":               {"http://localhost:8080/", append(here, "Forwarded", "for=203.0.113.9"), nil, false},
		"container":                {"http://localhost:8080/", []string{"remote", "172.17.0.1:4000"}, func(c *Config) { c.Local = true }, true},
		"container, another name":  {"http://friend.example/", []string{"remote", "172.17.0.1:4000"}, func(c *Config) { c.Local = true }, false},
		"container not said to be": {"http://localhost:8080/", []string{"remote", "172.17.0.1:4000"}, nil, false},
	} {
		s := newSite()
		s.Public = ""
		if c.change != nil {
			c.change(&s.Config)
		}
		body := must(t, s.ask(t, "GET", c.target, c.headers...), 200)
		secret := strings.Contains(body, "home.") || strings.Contains(body, "line-th") || strings.Contains(body, "workervoice")
		if secret != c.operator {
			t.Errorf("%s: shows the start page: %v", name, secret)
		}
		if !c.operator && (!strings.Contains(body, `href="/w/j/"`) || strings.Contains(body, "t.me")) {
			t.Errorf("%s: a stranger is not shown the chat alone:\n%s", name, body)
		}
	}
}

func TestStartPageShows(t *testing.T) {
	s := newSite()
	s.Public = ""
	here := []string{"remote", "127.0.0.1:4000"}
	must(t, s.ask(t, "GET", "http://localhost/", here...), 200, "telegram", "home.runs/en", "line-th", "home.stopped/en", "Set LINE_CHANNEL_SECRET.",
		"home.workers/en", "<dd>12</dd>", "workervoice link", `href="/w/j/"`)
	s.Status = func(context.Context) (Status, error) { return Status{}, errors.New("no store") }
	must(t, s.ask(t, "GET", "http://localhost/", here...), 200, "home.down/en")
	if !strings.Contains(s.log.String(), "no store") {
		t.Error("the operator is not told why")
	}
	s.Links = s.Links[:1] // without a web chat
	s.Public = "https://friend.example"
	must(t, s.ask(t, "GET", "/"), 200, "t.me")
}

// TestHarmless reads the public pages as an employer would, who looks over a
// worker's shoulder.
func TestHarmless(t *testing.T) {
	s := newSite()
	for _, target := range []string{"/", "/j/K7M2QX4P", "/j/NOSUCH"} {
		w := s.ask(t, "GET", target)
		body := must(t, w, 200)
		if m := regexp.MustCompile(`(?i)labou?r|worker|complain|report|abuse|union|ngo\b`).FindString(body); m != "" {
			t.Errorf("%s says %q", target, m)
		}
		if m := regexp.MustCompile(`<script|<style|style="|\son\w+="|(src|href)="//`).FindString(body); m != "" {
			t.Errorf("%s holds %q, which the policy forbids", target, m)
		}
		for name, want := range map[string]string{"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		for _, href := range regexp.MustCompile(`/a/[\w.]+`).FindAllString(body, -1) {
			if a := s.ask(t, "GET", href); a.Code != 200 || !strings.Contains(a.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: status %d", href, a.Code)
			}
		}
	}
}

func TestOnRealServer(t *testing.T) {
	s := newSite()
	s.Public = ""
	srv := httptest.NewServer(Handler(s.Config))
	defer srv.Close()
	res, err := http.Get(srv.URL + "/j/K7M2QX4P") // unpacks by itself
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || !res.Uncompressed || !bytes.Contains(b, []byte("land.title/my")) {
		t.Errorf("packed: %v, %v: %s", res.Uncompressed, err, b)
	}
}
