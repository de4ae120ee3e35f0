//go:build browser

package main

import (
	"bytes"
	"context"
	"encoding/base32"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"workervoice/store"
)

// A town is the whole program with everybody who uses it, and a clock that the
// test moves.
type town struct {
	*testing.T
	s    *system
	url  string
	mu   sync.Mutex
	past time.Duration // by how much the town's clock is ahead
	log  bytes.Buffer
	last string // the step under way, for whoever reads why it failed
}

// dawn is when the story begins: a Monday evening in Bangkok, far from the
// holidays of April.
var dawn = time.Date(2040, 6, 4, 12, 40, 0, 0, time.UTC)

var begun = time.Now()

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return dawn.Add(time.Since(begun) + w.past)
}

// sleeps moves the town's clock to an hour of a later day in Bangkok.
func (w *town) sleeps(days, hour, minute int) {
	zone := time.FixedZone("Bangkok", 7*3600)
	now := w.now().In(zone)
	to := time.Date(now.Year(), now.Month(), now.Day()+days, hour, minute, 0, 0, zone)
	w.mu.Lock()
	w.past += to.Sub(now)
	w.mu.Unlock()
	w.s.engine.Moved()
}

// Write takes what the program logs.
func (w *town) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *town) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{T: t}
	l, err := net.Listen("tcp", "127.0.0.1:0") // links hold the address, so it must be known before
	w.must(err)
	addr := l.Addr().String()
	w.must(l.Close())
	w.url = "http://" + addr
	c := config{addr: addr, data: t.TempDir(), public: w.url, name: "Golden Friend", org: "Andaman Workers’ Centre", independent: "somebody else", joins: 100, now: w.now}
	w.must(c.check())
	ctx, stop := context.WithCancel(context.Background())
	w.s, err = assemble(ctx, c, slog.New(slog.NewTextHandler(w, nil)))
	w.must(err)
	done := make(chan error, 1)
	go func() { done <- w.s.serve(ctx, w) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.must(w.s.Close())
		for line := range strings.Lines(w.logged()) {
			if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
				t.Error("the log says: ", line)
			}
		}
	})
	for end := time.Now().Add(10 * time.Second); !strings.Contains(w.logged(), "/c/invite#"); {
		if time.Now().After(end) {
			t.Fatal("the program does not start: ", w.logged())
		}
		pause(ctx)
	}
	return w
}

// pause waits a moment for what others do.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// step names what happens next.
func (w *town) step(what string) {
	w.last = what
	w.Logf("%v  %s", time.Since(begun).Round(100*time.Millisecond), what)
}

// A screen is one browser window.
type screen struct {
	*town
	ctx    context.Context
	who    string
	at     string // the page to which it goes back
	login  string
	secret []byte // of the codes
	fm     sync.Mutex
	faults []string // what the browser complained about
}

// screen opens a window.
func (w *town) screen(who string, width, height int64) *screen {
	w.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.UserDataDir(w.TempDir()), chromedp.NoFirstRun}
	if program := os.Getenv("CHROMIUM"); program != "" {
		opts = append(opts, chromedp.ExecPath(program))
	}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "hide-scrollbars", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, stop := chromedp.NewExecAllocator(w.Context(), opts...)
	w.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	w.Cleanup(stop)
	s := &screen{town: w, ctx: ctx, who: who}
	if err := chromedp.Listen(ctx, s.watch); err != nil {
		w.Fatalf("no browser: install Debian's package chromium, or say in CHROMIUM where one is: %v", err)
	}
	call(s, network.Enable, network.EnableParams{})
	call(s, log.Enable, cdp.Empty{})
	s.size(width, height, false)
	call(s, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Bangkok"})
	return s
}

// size makes the window another one.
func (s *screen) size(width, height int64, dark bool) {
	s.Helper()
	call(s, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
	theme := "light"
	if dark {
		theme = "dark"
	}
	call(s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
}

// watch collects what must not happen: errors in scripts, and breaches of the
// content security policy.
func (s *screen) watch(ev any) {
	fault := ""
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		fault = "script: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // a refusal is a test's own doing
			fault = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			s.Logf("%v  %s got %d for %s", time.Since(begun).Round(100*time.Millisecond), s.who, e.Response.Status, e.Response.URL)
		}
	case *runtime.EventConsoleAPICalled:
		fault = "console: " + string(e.Type)
	}
	if fault != "" {
		s.fm.Lock()
		defer s.fm.Unlock()
		s.faults = append(s.faults, fault)
	}
}

// done fails the test if the browser complained.
func (s *screen) done() {
	s.Helper()
	s.fm.Lock()
	defer s.fm.Unlock()
	if len(s.faults) > 0 {
		s.Errorf("the browser of %s complained:\n%s", s.who, strings.Join(s.faults, "\n"))
	}
}

// fails ends the test with what stands on the page.
func (s *screen) fails(why string) {
	s.Helper()
	s.shoot("failed-" + s.who)
	text, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string]("location.pathname + '\\n' + document.body.innerText + '\\n' + [...document.querySelectorAll('button[name=choice]')].map((b) => b.value).join(' ')"))
	s.Fatalf("%s, on the page of %s: %s; it shows:\n%s\nthe log: %s", s.last, s.who, why, text, s.logged())
}

// get runs an action and returns its value. One that has not ended after
// twenty seconds never will.
func get[T any](s *screen, what string, a chromedp.Action[T]) T {
	s.Helper()
	ctx, stop := context.WithTimeout(s.ctx, 20*time.Second)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		s.fails(what + ": " + err.Error())
	}
	return v
}

func call[P, R any](s *screen, c cdp.Command[P, R], params P) {
	s.Helper()
	_, err := chromedp.Call(s.ctx, c, params)
	s.must(err)
}

func (s *screen) open(path string) {
	s.Helper()
	get(s, "open "+path, chromedp.Navigate(s.url+path))
}

// finds waits until the page shows text.
func (s *screen) finds(texts ...string) {
	s.Helper()
	for _, text := range texts {
		s.until(text+" is seen", fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text))
	}
}

// lacks fails if the page shows text.
func (s *screen) lacks(text string) {
	s.Helper()
	if eval[bool](s, fmt.Sprintf(`document.body.innerText.includes(%q)`, text)) {
		s.fails(fmt.Sprintf("it shows %q", text))
	}
}

// shows waits until the page shows what a selector finds.
func (s *screen) shows(sel string) {
	s.Helper()
	get(s, sel+" is shown", chromedp.WaitVisible(chromedp.CSS(sel)))
}

func (s *screen) press(sel string) {
	s.Helper()
	s.shows(sel)
	get(s, "press "+sel, chromedp.Click(chromedp.CSS(sel)))
}

// leads presses what opens another page, and waits for that page.
func (s *screen) leads(sel string) {
	s.Helper()
	eval[bool](s, "window.here = true")
	s.press(sel)
	s.until(sel+" leads on", "!window.here && document.readyState === 'complete'")
}

func (s *screen) types(sel, text string) {
	s.Helper()
	s.shows(sel)
	get(s, "type into "+sel, chromedp.SendKeys(chromedp.CSS(sel), text))
}

// sets gives a box a value at once, as a chosen date or a pasted text does.
func (s *screen) sets(sel, value string) {
	s.Helper()
	s.until(sel+" is there", fmt.Sprintf(`document.querySelector(%q)`, sel))
	eval[bool](s, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); return e.value === %q })() || false`, sel, value, value))
}

// eval returns what an expression says.
func eval[T any](s *screen, js string) T { s.Helper(); return get(s, js, chromedp.Evaluate[T](js)) }

// until waits until an expression is true.
func (s *screen) until(what, js string) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); ; pause(s.ctx) {
		ok, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool]("!!("+js+")")) // an error: the page is on its way to another
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			s.fails("it never came to this: " + what)
		}
	}
}

// shoot takes a picture, for people to look at.
func (s *screen) shoot(name string) {
	s.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600)
	}
	if err != nil {
		s.Error(err)
	}
}

// looks takes pictures of pages in several languages, sizes and themes, and has
// axe-core look at them, where SHOTS and AXE ask for it.
func (s *screen) looks(paths map[string]string, langs ...string) {
	s.Helper()
	if os.Getenv("SHOTS") == "" {
		return
	}
	axe, _ := os.ReadFile(os.Getenv("AXE"))
	for _, lang := range langs {
		s.size(1440, 900, false)
		s.open("/c/me")
		s.sets("#l", lang)
		s.leads("form:has(#l) .btn.primary")
		for _, width := range []int64{1440, 390} {
			for _, dark := range []bool{false, true} {
				s.size(width, map[int64]int64{1440: 900, 390: 844}[width], dark)
				for name, path := range paths {
					s.open(path)
					s.shows("#main")
					s.shoot(fmt.Sprintf("%s-%s-%d-%v", name, lang, width, dark))
					if len(axe) == 0 || lang != langs[0] { // it judges the same marks in each language
						continue
					}
					eval[bool](s, string(axe)+"; true")
					found := get(s, "axe", chromedp.Evaluate[string](`axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | ')).join('; '))`, chromedp.EvalAwaitPromise))
					wide := eval[bool](s, "document.documentElement.scrollWidth > innerWidth + 1")
					if found != "" || wide {
						s.Errorf("%s in %s at %d, dark %v, sideways %v: %s", name, lang, width, dark, wide, found)
					}
				}
			}
		}
	}
}

const passphrase = "rain on the tin roof 7"

// joins goes in by an invitation, and signs in.
func (s *screen) joins(invite, login, name, lang string) {
	s.Helper()
	s.login = login
	_, token, _ := strings.Cut(invite, "#")
	s.open("/c/invite#" + strings.TrimSpace(token))
	s.types("#n", name)
	s.sets("#l", lang)
	for _, speaks := range []string{"my", "km"} {
		s.press(`input[name="speaks"][value="` + speaks + `"]`)
	}
	s.types("#p", passphrase)
	s.types("#q", passphrase)
	s.leads(".btn.primary")
	key := eval[string](s, "document.querySelector('.secret').textContent")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	s.must(err)
	s.secret = secret
	s.types("#o", store.Code(s.secret, s.now()))
	s.leads(".btn.primary")
	s.shows(".recovery")
}

// signs signs in, or unlocks what was locked.
func (s *screen) signs() {
	s.Helper()
	s.open("/c/")
	if eval[bool](s, "!!document.getElementById('e')") {
		s.types("#e", s.login)
		s.types("#p", passphrase)
		s.leads(".btn.primary")
	}
	if eval[bool](s, "!!document.getElementById('o')") {
		s.types("#o", store.Code(s.secret, s.now()))
		s.leads(".btn.primary")
	}
	s.shows("#rail")
}
