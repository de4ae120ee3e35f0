//go:build browser

package web

import (
	"context"
	"fmt"
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

// A phone is one browser window.
type phone struct {
	t      *testing.T
	ctx    context.Context
	s      *site
	mu     sync.Mutex
	faults []string // what the browser complained about
}

// newPhone opens a window of w by h points.
func newPhone(t *testing.T, s *site, scripts bool, w, h int64, dark bool) *phone {
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
	p := &phone{t: t, ctx: ctx, s: s}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatalf("no browser: install Debian's package chromium, or say in CHROMIUM where one is: %v", err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w, Height: h, DeviceScaleFactor: 2, Mobile: w < 500})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: w < 500})
	call(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Bangkok"})
	if dark {
		call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	}
	if !scripts {
		call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	return p
}

// watch collects what must not happen: errors in scripts, and breaches of the
// content security policy.
func (p *phone) watch(ev any) {
	fault := ""
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		fault = "script: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // a server that is down is a test's own doing
			fault = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	case *runtime.EventConsoleAPICalled:
		fault = "console: " + string(e.Type)
	}
	if fault != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, fault)
	}
}

// done fails the test if the browser complained.
func (p *phone) done() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) > 0 {
		p.t.Errorf("the browser complained:\n%s", strings.Join(p.faults, "\n"))
	}
}

// get runs an action and returns its value. One that has not ended after
// twenty seconds never will.
func get[T any](p *phone, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 20*time.Second)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.shoot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Fatal(err)
	}
	return v
}

func call[P, R any](p *phone, c cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, c, params); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phone) run(as ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	get(p, chromedp.Steps(as...))
}

func (p *phone) open(path string) { p.t.Helper(); p.run(chromedp.Navigate(p.s.url + path)) }

// sees waits until the page shows text.
func (p *phone) sees(text string) {
	p.t.Helper()
	p.run(chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//*[text()[contains(., %q)]]`, text))))
}

// shows waits until the page shows what a selector finds.
func (p *phone) shows(sel string) { p.t.Helper(); p.run(chromedp.WaitVisible(chromedp.CSS(sel))) }

// press taps what a selector finds.
func (p *phone) press(sel string) {
	p.t.Helper()
	p.shows(sel)
	p.run(chromedp.Click(chromedp.CSS(sel)))
}

// choose presses a choice, once it can be.
func (p *phone) choose(value string) {
	p.t.Helper()
	p.press(`#ask:not(.new) button[value="` + value + `"]`)
}

func (p *phone) write(text string) {
	p.t.Helper()
	p.run(chromedp.SendKeys(chromedp.ID("w"), text))
}

func (p *phone) attach(id, file string) {
	p.t.Helper()
	p.run(chromedp.SetUploadFiles(chromedp.ID(id), []string{file}))
}

// eval returns what an expression says, also where the page's own scripts are off.
func eval[T any](p *phone, js string) T { p.t.Helper(); return get(p, chromedp.Evaluate[T](js)) }

// text returns all that stands on the page, hidden or not.
func (p *phone) text() string {
	p.t.Helper()
	return get(p, chromedp.TextContent(chromedp.CSS("body"), chromedp.NodeReady))
}

// shoot takes a picture, for people to look at.
func (p *phone) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600)
	}
	if err != nil {
		p.t.Error(err)
	}
}
