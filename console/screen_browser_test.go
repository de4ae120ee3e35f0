//go:build browser

package console

import (
	"context"
	"fmt"
	"net/url"
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
)

// These tests drive a real Chromium: go test -tags browser ./console. CHROMIUM
// names the program, if it is not called chromium. With SHOTS, a folder, they
// leave pictures of what they saw there; with AXE, the file axe.min.js of
// axe-core, they have that look at every page too.

// A screen is one browser window.
type screen struct {
	testing.TB
	ctx    context.Context
	h      *house
	mu     sync.Mutex
	faults []string // what the browser complained about
	bytes  int64    // that came over the network
}

// screen opens a window of w by h points, signed in as somebody unless c is nil.
func (h *house) screen(c *colleague, width, height int64, dark bool) *screen {
	h.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.UserDataDir(h.TempDir()), chromedp.NoFirstRun}
	if program := os.Getenv("CHROMIUM"); program != "" {
		opts = append(opts, chromedp.ExecPath(program))
	}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "hide-scrollbars", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, stop := chromedp.NewExecAllocator(h.Context(), opts...)
	h.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	h.Cleanup(stop)
	s := &screen{TB: h.TB, ctx: ctx, h: h}
	if err := chromedp.Listen(ctx, s.watch); err != nil {
		h.Fatalf("no browser: install Debian's package chromium, or say in CHROMIUM where one is: %v", err)
	}
	call(s, network.Enable, network.EnableParams{})
	call(s, log.Enable, cdp.Empty{})
	s.size(width, height, dark)
	call(s, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Bangkok"})
	if c != nil {
		u, err := url.Parse(h.url)
		h.must(err)
		for _, k := range c.jar.Cookies(u) {
			call(s, network.SetCookie, network.SetCookieParams{Name: k.Name, Value: k.Value, URL: h.url + "/"})
		}
	}
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
		if e.Entry.Source != log.EntrySourceNetwork { // an answer of 409 is a test's own doing
			fault = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	case *runtime.EventConsoleAPICalled:
		fault = "console: " + string(e.Type)
	case *network.EventLoadingFinished:
		s.mu.Lock()
		s.bytes += int64(e.EncodedDataLength)
		s.mu.Unlock()
	}
	if fault != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = append(s.faults, fault)
	}
}

// done fails the test if the browser complained.
func (s *screen) done() {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) > 0 {
		s.Errorf("the browser complained:\n%s", strings.Join(s.faults, "\n"))
	}
}

// get runs an action and returns its value. One that has not ended after
// twenty seconds never will.
func get[T any](s *screen, a chromedp.Action[T]) T {
	s.Helper()
	ctx, stop := context.WithTimeout(s.ctx, 20*time.Second)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		s.shoot("failed-" + strings.ReplaceAll(s.Name(), "/", "-"))
		s.Fatal(err)
	}
	return v
}

func call[P, R any](s *screen, c cdp.Command[P, R], params P) {
	s.Helper()
	if _, err := chromedp.Call(s.ctx, c, params); err != nil {
		s.Fatal(err)
	}
}

func (s *screen) run(as ...chromedp.Action[chromedp.Void]) {
	s.Helper()
	get(s, chromedp.Steps(as...))
}

func (s *screen) open(path string) { s.Helper(); s.run(chromedp.Navigate(s.h.url + path)) }

// finds waits until the page shows text.
func (s *screen) finds(text string) {
	s.Helper()
	s.run(chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//*[text()[contains(., %q)]]`, text))))
}

// shows waits until the page shows what a selector finds.
func (s *screen) shows(sel string) { s.Helper(); s.run(chromedp.WaitVisible(chromedp.CSS(sel))) }

// press clicks what a selector finds. A page that changes by itself may take it
// away at that moment, and put another in its place.
func (s *screen) press(sel string) {
	s.Helper()
	for end := time.Now().Add(5 * time.Second); ; {
		s.shows(sel)
		ctx, stop := context.WithTimeout(s.ctx, 5*time.Second)
		_, err := chromedp.Run(ctx, chromedp.Click(chromedp.CSS(sel)))
		stop()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			s.Fatal(err)
		}
	}
}

func (s *screen) types(sel, text string) {
	s.Helper()
	s.shows(sel)
	s.run(chromedp.SendKeys(chromedp.CSS(sel), text))
}

// eval returns what an expression says.
func eval[T any](s *screen, js string) T { s.Helper(); return get(s, chromedp.Evaluate[T](js)) }

// until waits until an expression is true.
func (s *screen) until(js string) {
	s.Helper()
	for end := time.Now().Add(10 * time.Second); !eval[bool](s, "!!("+js+")"); {
		if time.Now().After(end) {
			s.shoot("failed-" + strings.ReplaceAll(s.Name(), "/", "-"))
			s.Fatalf("it never came to this: %s", js)
		}
		select {
		case <-s.ctx.Done():
			s.Fatal(s.ctx.Err())
		case <-time.After(30 * time.Millisecond):
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
