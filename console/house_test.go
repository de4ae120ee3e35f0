package console

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/sqlite"
	"workervoice/translations"
)

// A platform is a channel that remembers what was sent.
type platform struct {
	info channels.Info
	mu   sync.Mutex
	sent []channels.Outbound
	rang chan struct{}
}

func (p *platform) Info() channels.Info                             { return p.info }
func (p *platform) Receive(*http.Request) ([]channels.Event, error) { return nil, nil }
func (p *platform) Send(_ context.Context, m channels.Outbound) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	select {
	case p.rang <- struct{}{}:
	default:
	}
	return fmt.Sprint("m", len(p.sent)), nil
}

// texts returns what was sent to somebody.
func (p *platform) texts(user string) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.sent {
		if m.To.User == user {
			out = append(out, m.Text)
		}
	}
	return out
}

// A house is a running system with its console.
type house struct {
	testing.TB
	s    *store.Store
	e    *bot.Engine
	o    *Office
	url  string
	play *platform
	n    int
	mu   sync.Mutex
	past time.Duration // by how much the house's clock is ahead
	log  *lockedLog
}

// A lockedLog is what the house has logged.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.past)
}

// pass moves the house's clock on.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.past += d
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, log: &lockedLog{}, play: &platform{rang: make(chan struct{}, 1), info: channels.Info{
		ID: "whatsapp", Platform: channels.WhatsApp, Text: channels.Limit{N: 4096}, Body: channels.Limit{N: 1024}, Caption: channels.Limit{N: 1024},
		Choices: 10, Buttons: 3, Button: channels.Limit{N: 20}, Row: channels.Limit{N: 24}, Desc: channels.Limit{N: 72}, Value: 200,
		Window: 24 * time.Hour, Receipts: true, Files: map[string]int64{"image": 5 << 20, "audio": 16 << 20, "application": 100 << 20},
	}}}
	b, err := sqlite.Open(filepath.Join(t.TempDir(), "voice.db"))
	h.must(err)
	h.s, err = store.New(b, store.Key{1}, h.now)
	h.must(err)
	h.s.Home("home")
	h.must(h.s.PutOrganisation(t.Context(), cases.Bot, cases.Organisation{ID: "home", Name: "Andaman Workers’ Centre"}))
	folder, err := store.OpenFolder(filepath.Join(t.TempDir(), "files"))
	h.must(err)
	files := h.s.UseFiles(folder)
	texts, err := translations.Load()
	h.must(err)
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.e = bot.New(bot.Config{Store: h.s, Files: files, Channels: []channels.Adapter{h.play}, Texts: texts, Log: log, Now: h.now,
		Name: "Golden Friend", Org: "our team", Independent: "somebody", Public: "https://friend.example",
		Draw: func(link string) ([]byte, error) { return PNG(link, 600) }})
	h.o = NewOffice(OfficeConfig{Store: h.s, Files: files, Engine: h.e, Texts: texts, Channels: []channels.Info{h.play.info}, Name: "Golden Friend", Log: log, Now: h.now})
	mux := http.NewServeMux()
	mux.Handle("/c/", h.o)
	mux.HandleFunc("GET /a/{name}", static)
	srv := httptest.NewServer(mux)
	h.url = srv.URL
	run, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.e.Run(run) }()
	t.Cleanup(func() {
		h.o.Close()
		srv.CloseClientConnections()
		srv.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.s.Close()
		folder.Close()
		if strings.Contains(h.log.String(), "level=ERROR") {
			t.Errorf("the log holds errors:\n%s", h.log.String())
		}
	})
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// does has a worker do something.
func (h *house) does(user string, e channels.Event) {
	h.Helper()
	h.n++
	e.ID, e.From, e.At = fmt.Sprint("e", h.n), channels.Address{Channel: "whatsapp", User: user}, h.now()
	if e.Kind == "" {
		e.Kind = channels.Said
	}
	if e.Message == "" {
		e.Message = e.ID
	}
	h.must(h.e.Deliver(h.Context(), e))
}

// until waits until something holds.
func (h *house) until(what string, holds func() bool) {
	h.Helper()
	end := time.Now().Add(15 * time.Second)
	for !holds() {
		if time.Now().After(end) {
			h.Fatalf("it never came to this: %s\n%s", what, h.log.String())
		}
		select {
		case <-h.play.rang:
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// asks brings a worker to where a person is asked for, and returns the
// conversation.
func (h *house) asks(user, lang, words string) string {
	h.Helper()
	for _, e := range []channels.Event{{Kind: channels.Started}, {Choice: "language:" + lang}, {Choice: "safety:yes"}, {Choice: "consent:agree"}, {Choice: "menu:person"}, {Text: words}} {
		n := len(h.play.texts(user))
		h.does(user, e)
		if e.Text == "" {
			h.until("an answer to "+string(e.Kind)+e.Choice, func() bool { return len(h.play.texts(user)) > n })
		}
	}
	id, err := h.s.ChatOf(h.Context(), channels.Address{Channel: "whatsapp", User: user})
	h.must(err)
	h.until("a worker who waits", func() bool {
		c, _, err := h.s.Chat(h.Context(), cases.Bot, id)
		h.must(err)
		return c.Owner == store.Queued
	})
	return id
}

// A colleague is somebody of the team with a browser without scripts.
type colleague struct {
	h      *house
	http   *http.Client
	jar    *cookiejar.Jar
	person cases.Person
	secret []byte
	login  string
}

const phrase = "rain on the tin roof 7"

// joins gives somebody an account, through the store.
func (h *house) joins(login, name, lang string, role cases.Role) *colleague {
	h.Helper()
	ctx := h.Context()
	token, err := h.s.Invite(ctx, cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "home", Role: role}, Login: login})
	h.must(err)
	join, err := h.s.Exchange(ctx, token)
	h.must(err)
	h.must(h.s.Choose(ctx, join, cases.Person{Name: name, Lang: lang, Zone: "Asia/Bangkok", Langs: []string{"my"}}, phrase))
	p, secret, _, err := h.s.Joining(ctx, join)
	h.must(err)
	_, err = h.s.Join(ctx, join, store.Code(secret, h.now()))
	h.must(err)
	h.pass(time.Minute)
	return h.visitor(p, secret)
}

func (h *house) visitor(p cases.Person, secret []byte) *colleague {
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &colleague{h: h, jar: jar, http: &http.Client{Jar: jar}, person: p, secret: secret, login: p.Login}
}

// signs signs in.
func (c *colleague) signs() *colleague {
	c.h.Helper()
	ctx := c.h.Context()
	half, err := c.h.s.SignIn(ctx, c.login, phrase, store.Attempt{})
	c.h.must(err)
	token, _, err := c.h.s.Confirm(ctx, half, store.Code(c.secret, c.h.now()), true, store.Attempt{})
	c.h.must(err)
	c.h.pass(time.Minute)
	u, err := url.Parse(c.h.url)
	c.h.must(err)
	c.jar.SetCookies(u, []*http.Cookie{{Name: "wv_s", Value: token, Path: "/"}})
	return c
}

// ask sends a request and returns the status and what came.
func (c *colleague) ask(method, path string, form url.Values, headers ...string) (int, string) {
	c.h.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(c.h.Context(), method, c.h.url+path, body)
	c.h.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := c.http.Do(r)
	c.h.must(err)
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	c.h.must(err)
	return a.StatusCode, string(b)
}

// sees opens a page, which must show something.
func (c *colleague) sees(path string, want ...string) string {
	c.h.Helper()
	status, body := c.ask("GET", path, nil)
	if status != 200 {
		c.h.Fatalf("%s: status %d: %s", path, status, body)
	}
	for _, w := range want {
		if !strings.Contains(body, w) {
			c.h.Errorf("%s lacks %q:\n%s", path, w, body)
		}
	}
	return body
}

// posts sends a form from our own page.
func (c *colleague) posts(path string, form url.Values, want int, words ...string) string {
	c.h.Helper()
	status, body := c.ask("POST", path, form, "Sec-Fetch-Site", "same-origin")
	if status != want {
		c.h.Fatalf("POST %s: status %d, want %d: %s", path, status, want, body)
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			c.h.Errorf("POST %s lacks %q:\n%s", path, w, body)
		}
	}
	return body
}
