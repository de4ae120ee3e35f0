//go:build browser

package console

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/channels/web/chromium"
	"workervoice/store"
)

// TestBrowserJoin goes the whole way in, from the address of an invitation.
func TestBrowserJoin(t *testing.T) {
	h := newHouse(t)
	token, err := h.s.Invite(t.Context(), cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "home", Role: cases.Supervisor}, Login: "nan@x"})
	h.must(err)
	s := h.screen(nil, narrow)
	s.Visit("/c/sign-in")
	s.Shoot("signin")
	s.Visit("/c/invite#" + token)
	s.Types("#n", "Nan")
	if address := chromium.Eval[string](s, "location.href"); strings.Contains(address, "#") {
		t.Errorf("the invitation still stands in %s", strings.ReplaceAll(address, token, "TOKEN"))
	}
	if chromium.Eval[string](s, "document.getElementById('zone').value") != "Asia/Bangkok" {
		t.Error("the zone was not found out")
	}
	s.Types("#p", phrase)
	s.Types("#q", phrase)
	s.Sound("join")
	s.Shoot("join")
	s.Press(".btn.primary")
	s.Shows(".qrbox svg")
	s.Shoot("app")
	s.Sound("app")
	key := chromium.Eval[string](s, "document.querySelector('.secret').textContent")
	secret := unbase32(t, strings.ReplaceAll(key, " ", ""))
	s.Types("#o", store.Code(secret, h.now()))
	s.Press(".btn.primary")
	s.Shows(".recovery")
	s.Shoot("recovery")
	s.Sound("recovery")
	h.pass(time.Minute)
	s.Press(".btn.primary")
	s.Types("#e", "nan@x")
	s.Types("#p", phrase)
	s.Press(".btn.primary")
	s.Types("#o", store.Code(secret, h.now()))
	s.Sound("code")
	s.Press(".btn.primary")
	s.Finds("Nobody is waiting")
	s.Done()
}

// TestBrowserTwoColleagues has two people look at the same inbox.
func TestBrowserTwoColleagues(t *testing.T) {
	h := newHouse(t)
	a := h.screen(h.joins("nan@x", "Nan", "en", cases.Helper).signs(), wide)
	b := h.screen(h.joins("lin@x", "Lin", "en", cases.Helper).signs(), wide)
	a.Visit("/c/")
	b.Visit("/c/")
	a.Finds("Nobody is waiting")
	began := time.Now()
	id := h.asks("66812345678", "my", "စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။")
	sel := `.conv[href^="/c/chat/` + id + `"]`
	a.Shows(sel)
	b.Shows(sel)
	t.Logf("a new worker stands in both inboxes %v after the first word", time.Since(began).Round(time.Millisecond))
	a.Press(sel)
	b.Press(sel)
	a.Shows("#take")
	b.Shows("#take")
	a.Finds("Lin is looking")
	stayed := a.Stays()

	chromium.AtOnce("document.getElementById('take').click()", a, b)
	held := "document.querySelector('.strip.me, .strip.other') !== null"
	a.Until("somebody holds it", held)
	b.Until("somebody holds it", held)
	mine := func(s *chromium.Window) bool {
		return chromium.Eval[bool](s, "document.querySelector('.strip.me') !== null")
	}
	if mine(a) == mine(b) {
		t.Fatalf("both pressed: a has it %v, b has it %v", mine(a), mine(b))
	}
	who, other := a, b
	if mine(b) {
		who, other = b, a
	}
	h.talks(who, other)
	who.Press("#hand")
	who.Press(".menu button")
	other.Finds("handed back to the bot")
	stayed()
	a.Done()
	b.Done()
}

// talks has the one who has a conversation write, both ways, and the other look
// on.
func (h *house) talks(who, other *chromium.Window) {
	h.Helper()
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "Andaman"); n != 1 {
		h.Errorf("the worker was told %d times who is there", n)
	}

	who.Types("#t", "ကျွန်မ ဒီမှာ ရှိပါတယ်")
	other.Finds("is writing")
	who.Do("const b = document.getElementById('send'); b.click(); b.click()")
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်")
	})
	other.Finds("ဒီမှာ ရှိပါတယ်")
	began := time.Now()
	h.does("66812345678", channels.Event{Text: "ကျေးဇူးတင်ပါတယ်"})
	who.Finds("ကျေးဇူးတင်ပါတယ်")
	other.Finds("ကျေးဇူးတင်ပါတယ်")
	h.Logf("the worker's words are on both screens after %v", time.Since(began).Round(time.Millisecond))
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "ဒီမှာ ရှိပါတယ်"); n != 1 {
		h.Errorf("a double click sent %d messages", n)
	}
	other.Types("#t", "me too")
	other.Press("#send")
	other.Finds("holds this conversation")

	sent := len(h.play.texts("66812345678"))
	who.Press("#tab-note")
	who.Types("#nt", "ask for the payslip")
	who.Press("#keep")
	other.Finds("ask for the payslip")
	if len(h.play.texts("66812345678")) != sent {
		h.Error("a note reached the worker")
	}
	who.Shoot("chat-1440")
}

// holds has somebody take over a worker's conversation, and shows it.
func (h *house) holds() (s *chromium.Window, id string) {
	h.Helper()
	c := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	id = h.asks("66812345678", "my", "လစာ မရဘူး")
	s = h.screen(c, wide)
	s.Visit("/c/chat/" + id)
	s.Press("#take")
	s.Shows(".strip.me")
	return s, id
}

// TestBrowserOffline loses the connection while somebody writes.
func TestBrowserOffline(t *testing.T) {
	h := newHouse(t)
	s, _ := h.holds()
	s.Offline(true)
	s.Types("#t", "written in the lift")
	s.Press("#send")
	s.Finds("No connection since")
	s.Finds("Kept here, tries again by itself")
	s.Shoot("offline")
	s.Sound("offline")
	s.Offline(false)
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "written in the lift")
	})
	s.Until("nothing waits here", `document.getElementById('banner').hidden && !document.querySelector('#unsent .msg')`)
	s.Finds("written in the lift")
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "written in the lift"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	s.Done()
}

// TestBrowserDraft keeps what is written through a reload, and notices a second
// tab that writes too.
func TestBrowserDraft(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	a, b := h.screen(c, wide), h.screen(c, wide)
	a.Visit("/c/chat/" + id)
	b.Visit("/c/chat/" + id)
	b.Shows("#t")
	a.Types("#t", "the first tab")
	a.Finds("Draft kept")
	a.Reload()
	a.Until("the draft is there again", `document.getElementById('t') && document.getElementById('t').value === 'the first tab'`)
	b.Types("#t", "the second tab")
	b.Finds("You have written something else in another tab")
	b.Press("#said button")
	b.Until("the other's draft is taken", `document.getElementById('t').value === 'the first tab'`)
	a.Done()
	b.Done()
}

// TestBrowserMedia shows a photo when it is asked for, and sends a voice note
// and a photo.
func TestBrowserMedia(t *testing.T) {
	h := newHouse(t)
	s, id := h.holds()
	picture, err := PNG("https://friend.example", 256)
	h.must(err)
	name := filepath.Join(t.TempDir(), "slip.png")
	h.must(os.WriteFile(name, picture, 0o600))
	s.Attaches("#file", name)
	s.Shows("#attached .chip")
	s.Press("#send")
	s.Shows("#thread [data-veil]")
	if n := chromium.Eval[int](s, "document.querySelectorAll('#thread img').length"); n != 0 {
		t.Error("a photo is shown without being asked for")
	}
	s.Press("#thread [data-veil] .btn")
	s.Until("the photo is shown", `document.querySelector('#thread img') && document.querySelector('#thread img').naturalWidth > 0`)
	h.does("66812345678", channels.Event{Text: "did you see it"})
	s.Finds("did you see it")
	if n := chromium.Eval[int](s, "document.querySelectorAll('#thread img').length"); n != 1 {
		t.Error("a photo that was shown is hidden by the next message")
	}
	trail, err := h.s.ChatTrail(t.Context(), cases.Bot, id, 50)
	h.must(err)
	if !strings.Contains(fmt.Sprint(trail), "opened attachment") {
		t.Error("opening a photo left no trace")
	}
	s.Press("#mic")
	s.Until("it records", `document.getElementById('mic').classList.contains('recording')`)
	s.Finds("0:01")
	s.Press("#mic")
	s.Shows("#attached audio")
	s.Press("#send")
	s.Shows("#thread audio")
	s.Shoot("media")
	s.Done()
}

// TestBrowserGive gives a conversation to a colleague, and on to another
// organisation.
func TestBrowserGive(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	lin := h.joins("lin@x", "Lin", "en", cases.Helper).signs()
	h.must(h.s.PutOrganisation(t.Context(), cases.Bot, cases.Organisation{ID: "union", Name: "The union"}))
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	s, other := h.screen(nan, wide), h.screen(lin, narrow)
	s.Visit("/c/chat/" + id)
	s.Finds("New since somebody last looked")
	s.Press("#take")
	s.Shows(".strip.me")
	s.Press(".bar .menu summary")
	s.Shows("#give-to")
	s.Shoot("give")
	s.Sound("give")
	s.Press(".drop form:first-of-type button")
	s.Finds("Lin holds this conversation")
	other.Visit("/c/chat/" + id)
	other.Shows(".strip.me")
	other.Press(".bar .menu summary")
	other.Shows("#give-org")
	other.Shoot("give-390")
	other.Sound("give-390")
	if chromium.Eval[bool](other, "document.querySelector('.trail') !== null") {
		t.Error("who looked is shown to somebody who is no supervisor")
	}
	other.Press(".drop form:last-of-type button")
	h.until("the other organisation to have it", func() bool {
		c, _, err := h.s.Chat(t.Context(), cases.Bot, id)
		h.must(err)
		return c.Org == "union"
	})
	s.Until("the page leaves by itself what is no longer theirs", `location.pathname === '/c/'`)
	s.Visit("/c/chat/" + id)
	s.Shows(".empty a")
	other.Finds("Nobody is waiting")
	s.Done()
	other.Done()
}
