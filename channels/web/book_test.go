package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
)

// book is a Book in memory with a small bot behind it.
type book struct {
	mu     sync.Mutex
	pages  map[string]*Page
	files  map[string]kept
	events []channels.Event // in order, without repeats
	seen   map[string]bool
	posts  int
	down   bool // nothing can be stored
	blind  bool // nothing can be read
	mute   bool // the bot does not answer
	names  map[string]string
	send   func(context.Context, channels.Outbound) (string, error)
	answer func(*book, string, channels.Event) // what the bot says
	now    func() time.Time
}

type kept struct {
	user, mt string
	content  []byte
}

var errDown = errors.New("the disk is full")

func newBook() *book {
	return &book{pages: map[string]*Page{}, files: map[string]kept{}, seen: map[string]bool{}, answer: echo, now: time.Now}
}

func (b *book) Page(_ context.Context, user string) (Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blind {
		return Page{}, errDown
	}
	p := b.pages[user]
	if p == nil {
		return Page{}, nil
	}
	c := *p
	c.Lines, c.Choices = append([]Line(nil), p.Lines...), append([]channels.Choice(nil), p.Choices...)
	return c, nil
}

func (b *book) Keep(_ context.Context, user string, r io.Reader, mt string) (string, int64, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return "", 0, errDown
	}
	ref := fmt.Sprintf("f%d", len(b.files)+1)
	b.files[ref] = kept{user, mt, content}
	return ref, int64(len(content)), nil
}

func (b *book) Open(_ context.Context, user, ref string) (io.ReadCloser, string, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blind {
		return nil, "", 0, errDown
	}
	f, ok := b.files[ref]
	if !ok || user != "" && f.user != user {
		return nil, "", 0, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(f.content)), f.mt, int64(len(f.content)), nil
}

// deliver stores events and has the bot answer what it has not seen.
func (b *book) deliver(ctx context.Context, es ...channels.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts++
	if b.down {
		return errDown
	}
	for _, e := range es {
		if b.seen[e.ID] {
			continue
		}
		b.seen[e.ID] = true
		b.events = append(b.events, e)
		u := e.From.User
		if b.pages[u] == nil {
			b.pages[u] = &Page{}
		}
		b.heard(u, e)
		if !b.mute {
			b.answer(b, u, e)
		}
	}
	return nil
}

// heard writes what the worker did into the page.
func (b *book) heard(user string, e channels.Event) {
	p := b.pages[user]
	text := e.Text
	for _, c := range p.Choices {
		if c.Value == e.Choice {
			text = c.Label
		}
	}
	if e.Choice != "" && text == "" {
		text = e.Choice
		if l, ok := strings.CutPrefix(e.Choice, "language:"); ok && b.names != nil {
			text = b.names[l]
		}
	}
	if text != "" {
		p.Lines = append(p.Lines, Line{ID: e.ID, Mine: true, Text: text, At: e.At, Label: e.Choice != ""})
	}
	for _, m := range e.Media {
		p.Lines = append(p.Lines, Line{ID: e.ID + m.Ref, Mine: true, At: e.At, File: &File{Ref: m.Ref, Type: m.Type, Seconds: m.Seconds}})
	}
	p.Version = fmt.Sprint(len(p.Lines), ".", p.Lang)
}

// say puts a message of the bot on the page and rings. The caller holds mu.
func (b *book) say(user, text string, choices ...channels.Choice) {
	p := b.pages[user]
	p.Lines = append(p.Lines, Line{ID: fmt.Sprint("b", len(p.Lines)), Text: text, At: b.now()})
	p.Choices = choices
	p.Version = fmt.Sprint(len(p.Lines), ".", p.Lang)
	if _, err := b.send(context.Background(), channels.Outbound{Key: p.Version, To: channels.Address{Channel: "web", User: user}, Text: text}); err != nil {
		panic(err)
	}
}

// echo is a bot that takes the language and then repeats what it hears.
func echo(b *book, user string, e channels.Event) {
	p := b.pages[user]
	if l, ok := strings.CutPrefix(e.Choice, "language:"); ok {
		p.Lang = l
	}
	if e.Kind != channels.Started || e.Choice != "" {
		b.say(user, "You said: "+e.Text+e.Choice, channels.Choice{Label: "✅ Yes", Value: "ask:yes"}, channels.Choice{Label: "❌ No", Value: "ask:no"})
	}
}

func (b *book) last() channels.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events) == 0 {
		return channels.Event{}
	}
	return b.events[len(b.events)-1]
}

func (b *book) count() (events, posts int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events), b.posts
}

func (b *book) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// plain is a catalogue that shows its keys.
func plain(lang, key string) string { return key + "/" + lang }

// site is a chat that runs on a real server, and a browser's cookies.
type site struct {
	t    *testing.T
	a    *Adapter
	b    *book
	url  string
	http *http.Client
	log  *bytes.Buffer
	hold func() // what the server waits for once events are stored
}

var five = []string{"my", "km", "ne", "th", "en"}

func newSite(t *testing.T, change func(*Config)) *site {
	t.Helper()
	s := &site{t: t, b: newBook(), log: &bytes.Buffer{}}
	c := Config{Book: s.b, Texts: plain, Languages: five, Log: slog.New(slog.NewTextHandler(s.log, nil))}
	if change != nil {
		change(&c)
	}
	s.a = New(c)
	s.b.send = s.a.Send
	s.a.patience, s.a.quiet = 200*time.Millisecond, time.Millisecond
	srv := httptest.NewServer(s.a.Handler(func(ctx context.Context, es ...channels.Event) error {
		err := s.b.deliver(ctx, es...)
		if s.hold != nil {
			s.hold()
		}
		return err
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	s.http = browser(t)
	return s
}

// browser keeps cookies and follows nothing by itself.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is what the site answered.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res, string(b)}
}

func (s *site) request(method, path string, body io.Reader) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *site) get(path string) answer { s.t.Helper(); return s.do(s.request("GET", path, nil)) }

// user returns who the browser's cookie says it is.
func (s *site) user() string {
	r := s.request("GET", "/w", nil)
	for _, c := range s.http.Jar.Cookies(r.URL) {
		if c.Name == s.a.userCookie() {
			return c.Value
		}
	}
	return ""
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// fields returns the hidden fields of a page.
func fields(page string) []string {
	var fs []string
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		fs = append(fs, m[1], m[2])
	}
	return fs
}

// must fails the test unless the page holds all of want.
func (a answer) must(t *testing.T, status int, want ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", a.StatusCode, status, a.body)
	}
	for _, w := range want {
		if !strings.Contains(a.body, w) {
			t.Errorf("the page lacks %q:\n%s", w, a.body)
		}
	}
	return a
}
