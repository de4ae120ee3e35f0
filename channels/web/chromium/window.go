//go:build browser

// Package chromium drives a real browser for the tests of our pages, those of
// workers and those of caseworkers. It is built only with the tag browser: no
// program of ours holds it.
//
// The browser is Debian's package chromium; CHROMIUM names another. With SHOTS,
// a folder, windows leave pictures there of what they show; with AXE, the file
// axe.min.js of axe-core, Sound has that judge a page too.
package chromium

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Look is how a window shows a page.
type Look struct {
	Width, Height int64 // in points; less than 500 wide is a phone: it is touched, and has two dots for a point
	Dark          bool
	NoScripts     bool // the pages' own scripts never run
}

// A Window is one window of a browser of its own, which shares no cookies with
// another and ends with the test. Its clock's zone is Bangkok, its microphone
// hears a tone. Whatever a method waits for ends the test if it has not come
// after three quarters of a minute. A Window belongs to the goroutine of its test.
type Window struct {
	testing.TB
	Who  string        // whose window it is, for whoever reads why a test failed
	More func() string // what else to say when a test fails; may be nil

	base   string // what paths stand behind
	ctx    context.Context
	mu     sync.Mutex
	faults []string // what the browser complained about
	bytes  int64    // that came over the network
}

// Open opens a window on a site, whose address is base without a slash at the
// end.
func Open(t testing.TB, base string, look Look) *Window {
	t.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.UserDataDir(t.TempDir()), chromedp.NoFirstRun}
	if program := os.Getenv("CHROMIUM"); program != "" {
		opts = append(opts, chromedp.ExecPath(program))
	}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "hide-scrollbars", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	w := &Window{TB: t, Who: "the window", base: base, ctx: ctx}
	if err := chromedp.Listen(ctx, w.watch); err != nil {
		t.Fatalf("no browser: install Debian's package chromium, or say in CHROMIUM where one is: %v", err)
	}
	call(w, network.Enable, network.EnableParams{})
	call(w, log.Enable, cdp.Empty{})
	call(w, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Bangkok"})
	w.Become(look)
	return w
}

func call[P, R any](w *Window, c cdp.Command[P, R], params P) {
	w.Helper()
	if _, err := chromedp.Call(w.ctx, c, params); err != nil {
		w.Fatal(err)
	}
}

// Become gives the window another look.
func (w *Window) Become(look Look) {
	w.Helper()
	phone, dots, theme := look.Width < 500, 1.0, "light"
	if phone {
		dots = 2
	}
	if look.Dark {
		theme = "dark"
	}
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: look.Width, Height: look.Height, DeviceScaleFactor: dots, Mobile: phone})
	call(w, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: phone})
	call(w, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: look.NoScripts})
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
}

// Carry gives the window cookies of the site, such as those of a session.
func (w *Window) Carry(cookies []*http.Cookie) {
	w.Helper()
	for _, k := range cookies {
		call(w, network.SetCookie, network.SetCookieParams{Name: k.Name, Value: k.Value, URL: w.base + "/"})
	}
}

// Offline cuts the window's connection, or joins it again.
func (w *Window) Offline(off bool) {
	w.Helper()
	rule := []*network.Conditions{}
	if off {
		rule = append(rule, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	call(w, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rule})
}

// watch collects what must not happen: errors in scripts, words on the console,
// and breaches of the content security policy.
func (w *Window) watch(ev any) {
	fault, came := "", int64(0)
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		fault = "script: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // a refusal, or a server that is down, is a test's own doing
			fault = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	case *runtime.EventConsoleAPICalled:
		fault = "console: " + string(e.Type)
	case *network.EventLoadingFinished:
		came = int64(e.EncodedDataLength)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += came
	if fault != "" {
		w.faults = append(w.faults, fault)
	}
}

// Complaints returns what the browser has complained about: errors in scripts,
// words on its console, breaches of the content security policy.
func (w *Window) Complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.faults...)
}

// Done fails the test if the browser has complained about anything.
func (w *Window) Done() {
	w.Helper()
	if cs := w.Complaints(); len(cs) > 0 {
		w.Errorf("the browser of %s complained:\n%s", w.Who, strings.Join(cs, "\n"))
	}
}

// Bytes returns how many bytes came over the network, as they were packed.
func (w *Window) Bytes() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

// Shoot takes a picture, for people to look at, where SHOTS asks for it.
func (w *Window) Shoot(name string) {
	w.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600)
	}
	if err != nil {
		w.Error(err)
	}
}

// Fails ends the test and says why, with what stands on the page.
func (w *Window) Fails(why string) {
	w.Helper()
	w.Shoot("failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(w.Name()+"-"+w.Who))
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string]( // a page that cannot even say that shows nothing
		"location.pathname + '\\n' + document.body.innerText + '\\n' + [...document.querySelectorAll('button[name=choice]')].map((b) => b.value).join(' ')"))
	more := ""
	if w.More != nil {
		more = "\n" + w.More()
	}
	w.Fatalf("on the page of %s: %s; it shows:\n%s%s", w.Who, why, text, more)
}
