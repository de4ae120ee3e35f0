//go:build browser

package console

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

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
	h.talks(who, other)
	who.press("#hand")
	who.press(".menu button")
	other.finds("handed back to the bot")
	if eval[int](a, "window.stays || 0") != 1 {
		t.Error("the page was loaded again")
	}
	a.done()
	b.done()
}

// talks has the one who has a conversation write, both ways, and the other look
// on.
func (h *house) talks(who, other *screen) {
	h.Helper()
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "Andaman"); n != 1 {
		h.Errorf("the worker was told %d times who is there", n)
	}

	who.types("#t", "ကျွန်မ ဒီမှာ ရှိပါတယ်")
	other.finds("is writing")
	who.run(chromedp.Evaluate[chromedp.Void]("const b = document.getElementById('send'); b.click(); b.click(); undefined"))
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်")
	})
	other.finds("ဒီမှာ ရှိပါတယ်")
	began := time.Now()
	h.does("66812345678", channels.Event{Text: "ကျေးဇူးတင်ပါတယ်"})
	who.finds("ကျေးဇူးတင်ပါတယ်")
	other.finds("ကျေးဇူးတင်ပါတယ်")
	h.Logf("the worker's words are on both screens after %v", time.Since(began).Round(time.Millisecond))
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်"); n != 1 {
		h.Errorf("a double click sent %d messages", n)
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
		h.Error("a note reached the worker")
	}
	who.shoot("chat-1440")
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
