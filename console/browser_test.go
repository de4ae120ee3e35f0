//go:build browser

package console

import (
	"context"
	"errors"
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

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// These tests drive a real Chromium: go test -tags browser ./console. CHROMIUM
// names the program, if it is not called chromium. With SHOTS, a folder, they
// leave pictures of what they saw there; with AXE, the file axe.min.js of
// axe-core, they have that look at every page too.

// A screen is one browser window.
type screen struct {
	*testing.T
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
	s := &screen{T: h.T, ctx: ctx, h: h}
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

// TestBrowserJoin goes the whole way in, from the address of an invitation.
func TestBrowserJoin(t *testing.T) {
	h := newHouse(t)
	token, err := h.s.Invite(t.Context(), cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "home", Role: cases.Supervisor}, Login: "nan@x"})
	h.must(err)
	s := h.screen(nil, 390, 844, false)
	s.open("/c/sign-in")
	s.shoot("signin")
	s.open("/c/invite#" + token)
	s.types("#n", "Nan")
	if address := eval[string](s, "location.href"); strings.Contains(address, "#") {
		t.Errorf("the invitation still stands in %s", strings.ReplaceAll(address, token, "TOKEN"))
	}
	if eval[string](s, "document.getElementById('zone').value") != "Asia/Bangkok" {
		t.Error("the zone was not found out")
	}
	s.types("#p", phrase)
	s.types("#q", phrase)
	s.sound("join")
	s.shoot("join")
	s.press(".btn.primary")
	s.shows(".qrbox svg")
	s.shoot("app")
	s.sound("app")
	key := eval[string](s, "document.querySelector('.secret').textContent")
	secret := unbase32(t, strings.ReplaceAll(key, " ", ""))
	s.types("#o", store.Code(secret, h.now()))
	s.press(".btn.primary")
	s.shows(".recovery")
	s.shoot("recovery")
	s.sound("recovery")
	h.pass(time.Minute)
	s.press(".btn.primary")
	s.types("#e", "nan@x")
	s.types("#p", phrase)
	s.press(".btn.primary")
	s.types("#o", store.Code(secret, h.now()))
	s.sound("code")
	s.press(".btn.primary")
	s.finds("Nobody is waiting")
	s.done()
}

// TestBrowserTwoColleagues has two people look at the same inbox.
func TestBrowserTwoColleagues(t *testing.T) {
	h := newHouse(t)
	a := h.screen(h.joins("nan@x", "Nan", "en", cases.Helper).signs(), 1440, 900, false)
	b := h.screen(h.joins("lin@x", "Lin", "en", cases.Helper).signs(), 1440, 900, false)
	a.open("/c/")
	b.open("/c/")
	a.finds("Nobody is waiting")
	began := time.Now()
	id := h.asks("66812345678", "my", "စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။")
	sel := `.conv[href^="/c/chat/` + id + `"]`
	a.shows(sel)
	b.shows(sel)
	t.Logf("a new worker stands in both inboxes %v after the first word", time.Since(began).Round(time.Millisecond))
	a.press(sel)
	b.press(sel)
	a.shows("#take")
	b.shows("#take")
	a.finds("Lin is looking")
	a.run(chromedp.Evaluate[chromedp.Void]("window.stays = 1; undefined"))

	done := make(chan error, 2) // both press at the same moment
	for _, s := range []*screen{a, b} {
		go func() {
			_, err := chromedp.Run(s.ctx, chromedp.Evaluate[chromedp.Void]("document.getElementById('take').click(); undefined"))
			done <- err
		}()
	}
	h.must(errors.Join(<-done, <-done))
	held := "document.querySelector('.strip.me, .strip.other') !== null"
	a.until(held)
	b.until(held)
	mine := func(s *screen) bool { return eval[bool](s, "document.querySelector('.strip.me') !== null") }
	if mine(a) == mine(b) {
		t.Fatalf("both pressed: a has it %v, b has it %v", mine(a), mine(b))
	}
	who, other := a, b
	if mine(b) {
		who, other = b, a
	}
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "Andaman"); n != 1 {
		t.Errorf("the worker was told %d times who is there", n)
	}

	who.types("#t", "ကျွန်မ ဒီမှာ ရှိပါတယ်")
	other.finds("is writing")
	who.run(chromedp.Evaluate[chromedp.Void]("const b = document.getElementById('send'); b.click(); b.click(); undefined"))
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်")
	})
	other.finds("ဒီမှာ ရှိပါတယ်")
	began = time.Now()
	h.does("66812345678", channels.Event{Text: "ကျေးဇူးတင်ပါတယ်"})
	a.finds("ကျေးဇူးတင်ပါတယ်")
	b.finds("ကျေးဇူးတင်ပါတယ်")
	t.Logf("the worker's words are on both screens after %v", time.Since(began).Round(time.Millisecond))
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်"); n != 1 {
		t.Errorf("a double click sent %d messages", n)
	}
	other.types("#t", "me too")
	other.press("#send")
	other.finds("holds this conversation")

	sent := len(h.play.texts("66812345678"))
	who.press("#tab-note")
	who.types("#nt", "ask for the payslip")
	who.press("#keep")
	other.finds("ask for the payslip")
	if len(h.play.texts("66812345678")) != sent {
		t.Error("a note reached the worker")
	}
	who.shoot("chat-1440")
	if a == who && eval[int](a, "window.stays || 0") != 1 {
		t.Error("the page was loaded again")
	}
	who.press("#hand")
	who.press(".menu button")
	other.finds("handed back to the bot")
	a.done()
	b.done()
}

// TestBrowserLooks shows every page in several sizes, themes and languages.
func TestBrowserLooks(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	h.joins("lin@x", "Lin", "en", cases.Helper)
	h.must(h.s.PutReply(t.Context(), cases.Bot, store.Reply{Org: "home", Name: "payslip", Checked: []string{"my"}, Texts: map[string]string{
		"en": "Please send a photo of your payslip if you have one. Do not send it if it is risky.", "my": "လစာစာရွက် ဓာတ်ပုံ ရှိရင် ပို့ပေးပါ။ အန္တရာယ်ရှိရင် မပို့ပါနဲ့။"}}))
	h.must(h.s.PutReply(t.Context(), cases.Bot, store.Reply{Org: "home", Name: "next", Texts: map[string]string{"en": "We write again before {{date}}.", "my": "{{date}} မတိုင်မီ ထပ်ဆက်သွယ်ပါမယ်။"}}))
	h.asks("66811111111", "km", "ខ្ញុំ​មិន​អាច​ចេញ​ពី​បន្ទប់​បាន​ទេ")
	h.asks("66822222222", "ne", "श्रमिक परिचयपत्र म्यानपावरले राखेको छ")
	id := h.asks("66812345678", "my", "စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။ ပတ်စပို့လည်း သိမ်းထားတယ်။")
	_, err := h.e.Take(t.Context(), c.person.Caseworker, id, store.AnyEpoch)
	h.must(err)
	h.must(h.s.Note(t.Context(), c.person.Caseworker, id, "note-0001", "Same site as the others? Ask her before we link."))
	s := h.screen(c, 1440, 900, false)
	s.open("/c/chat/" + id)
	s.shows("#thread .msg")
	s.mu.Lock()
	if s.bytes > 200_000 {
		t.Errorf("the first page is %d bytes", s.bytes)
	}
	t.Logf("the first page is %d bytes", s.bytes)
	s.mu.Unlock()
	shown := ""
	for _, lang := range []string{"en", "my", "km", "th", "ne"} {
		h.must(h.s.Describe(t.Context(), c.person.Caseworker, cases.Person{Name: "Nan", Lang: lang, Zone: "Asia/Bangkok", Keys: true, Langs: []string{"my"}}))
		for _, size := range [][2]int64{{1440, 900}, {390, 844}, {360, 640}} {
			for _, dark := range []bool{false, true} {
				if size[0] == 360 && (dark || lang == "en") || lang == "th" && dark || lang == "ne" && dark {
					continue
				}
				s.size(size[0], size[1], dark)
				for name, path := range map[string]string{"inbox": "/c/", "chat": "/c/chat/" + id, "people": "/c/people", "me": "/c/me", "replies": "/c/replies", "more": "/c/more"} {
					s.open(path)
					s.shows("#main")
					shown = fmt.Sprintf("%s-%s-%d-%v", name, lang, size[0], dark)
					s.shoot(shown)
					s.sound(shown)
				}
			}
		}
	}
	s.size(1440, 900, false)
	s.open("/c/chat/" + id)
	s.press("#pick")
	s.shows(".pick")
	s.shoot("picker")
	s.sound("picker")
	s.done()
}

// TestBrowserOffline loses the connection while somebody writes.
func TestBrowserOffline(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	s := h.screen(c, 1440, 900, false)
	s.open("/c/chat/" + id)
	s.press("#take")
	s.shows(".strip.me")
	cut := func(off bool) {
		rule := []*network.Conditions{}
		if off {
			rule = []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}
		}
		call(s, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rule})
	}
	cut(true)
	s.types("#t", "written in the lift")
	s.press("#send")
	s.finds("No connection since")
	s.finds("Kept here, tries again by itself")
	s.shoot("offline")
	s.sound("offline")
	cut(false)
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "written in the lift")
	})
	s.until(`document.getElementById('banner').hidden && !document.querySelector('#unsent .msg')`)
	s.finds("written in the lift")
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "written in the lift"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	s.done()
}

// TestBrowserDraft keeps what is written through a reload, and notices a second
// tab that writes too.
func TestBrowserDraft(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	a, b := h.screen(c, 1440, 900, false), h.screen(c, 1440, 900, false)
	a.open("/c/chat/" + id)
	b.open("/c/chat/" + id)
	b.shows("#t")
	a.types("#t", "the first tab")
	a.finds("Draft kept")
	a.run(chromedp.Reload())
	a.until(`document.getElementById('t') && document.getElementById('t').value === 'the first tab'`)
	b.types("#t", "the second tab")
	b.finds("You have written something else in another tab")
	b.press("#said button")
	b.until(`document.getElementById('t').value === 'the first tab'`)
	a.done()
	b.done()
}

// TestBrowserMedia shows a photo when it is asked for, and sends a voice note
// and a photo.
func TestBrowserMedia(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	s := h.screen(c, 1440, 900, false)
	s.open("/c/chat/" + id)
	s.press("#take")
	s.shows(".strip.me")
	picture, err := PNG("https://friend.example", 256)
	h.must(err)
	name := filepath.Join(t.TempDir(), "slip.png")
	h.must(os.WriteFile(name, picture, 0o600))
	s.run(chromedp.SetUploadFiles(chromedp.ID("file"), []string{name}))
	s.shows("#attached .chip")
	s.press("#send")
	s.shows("#thread [data-veil]")
	if n := eval[int](s, "document.querySelectorAll('#thread img').length"); n != 0 {
		t.Error("a photo is shown without being asked for")
	}
	s.press("#thread [data-veil] .btn")
	s.until(`document.querySelector('#thread img') && document.querySelector('#thread img').naturalWidth > 0`)
	h.does("66812345678", channels.Event{Text: "did you see it"})
	s.finds("did you see it")
	if n := eval[int](s, "document.querySelectorAll('#thread img').length"); n != 1 {
		t.Error("a photo that was shown is hidden by the next message")
	}
	trail, err := h.s.ChatTrail(t.Context(), cases.Bot, id, 50)
	h.must(err)
	if !strings.Contains(fmt.Sprint(trail), "opened attachment") {
		t.Error("opening a photo left no trace")
	}
	s.press("#mic")
	s.until(`document.getElementById('mic').classList.contains('recording')`)
	s.finds("0:01")
	s.press("#mic")
	s.shows("#attached audio")
	s.press("#send")
	s.until(`document.querySelector('#thread audio') || document.querySelector('#unsent .failed')`)
	s.shoot("media")
	s.done()
}

// TestBrowserGive gives a conversation to a colleague, and on to another
// organisation.
func TestBrowserGive(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	lin := h.joins("lin@x", "Lin", "en", cases.Helper).signs()
	h.must(h.s.PutOrganisation(t.Context(), cases.Bot, cases.Organisation{ID: "union", Name: "The union"}))
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	s, other := h.screen(nan, 1440, 900, false), h.screen(lin, 390, 844, false)
	s.open("/c/chat/" + id)
	s.finds("New since somebody last looked")
	s.press("#take")
	s.shows(".strip.me")
	s.press(".bar .menu summary")
	s.shows("#give-to")
	s.shoot("give")
	s.sound("give")
	s.press(".drop form:first-of-type button")
	s.finds("Lin holds this conversation")
	other.open("/c/chat/" + id)
	other.shows(".strip.me")
	other.press(".bar .menu summary")
	other.shows("#give-org")
	other.shoot("give-390")
	other.sound("give-390")
	if eval[bool](other, "document.querySelector('.trail') !== null") {
		t.Error("who looked is shown to somebody who is no supervisor")
	}
	other.press(".drop form:last-of-type button")
	h.until("the other organisation to have it", func() bool {
		c, _, err := h.s.Chat(t.Context(), cases.Bot, id)
		h.must(err)
		return c.Org == "union"
	})
	s.open("/c/chat/" + id)
	s.shows(".empty a")
	other.finds("Nobody is waiting")
	s.done()
	other.done()
}
