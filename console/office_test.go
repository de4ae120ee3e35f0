package console

import (
	"encoding/base32"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

func unbase32(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOfficeSignIn(t *testing.T) {
	h := newHouse(t)
	token, err := h.s.Invite(t.Context(), cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "home", Role: cases.Supervisor}, Login: "nan@x"})
	h.must(err)
	c := h.visitor(cases.Person{Login: "nan@x"}, nil)
	c.sees("/c/", "Sign in")
	c.sees("/c/invite", `action="/c/invite"`)
	body := c.posts("/c/invite", url.Values{"token": {token}}, 200, "nan@x")
	if strings.Contains(body, token) {
		t.Error("the invitation is on the page that follows")
	}
	c.posts("/c/invite", url.Values{"token": {token}}, 422, "This invitation was used")
	c.posts("/c/join", url.Values{"name": {"Nan"}, "password": {"password1234"}, "again": {"password1234"}}, 422, "too easy to guess")
	c.posts("/c/join", url.Values{"name": {"Nan"}, "password": {phrase}, "again": {phrase + "x"}}, 422, "differ")
	body = c.posts("/c/join", url.Values{"name": {"Nan"}, "password": {phrase}, "again": {phrase}, "lang": {"en"}, "zone": {"Asia/Yangon"}, "speaks": {"my", "th"}}, 200, "<svg xmlns")
	key := strings.ReplaceAll(regexp.MustCompile(`<code class="secret" lang="en">([A-Z2-7 ]+)</code>`).FindStringSubmatch(body)[1], " ", "")
	c.secret = unbase32(t, key)
	c.posts("/c/join/code", url.Values{"code": {"000000"}}, 422, "not right")
	body = c.posts("/c/join/code", url.Values{"code": {store.Code(c.secret, h.now())}}, 200, "Keep these codes")
	recovery := regexp.MustCompile(`<li><code>([A-Z0-9-]+)</code>`).FindAllStringSubmatch(body, -1)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	h.pass(time.Minute)
	c.posts("/c/sign-in", url.Values{"login": {"nan@x"}, "password": {"wrong"}}, 422, "not right")
	c.posts("/c/sign-in?to=%2Fc%2Fme", url.Values{"login": {"nan@x"}, "password": {phrase}}, 200, "6 digits")
	c.posts("/c/code", url.Values{"code": {"123456"}}, 422, "not right")
	c.posts("/c/code", url.Values{"code": {store.Code(c.secret, h.now())}, "to": {"//evil.example"}}, 200, "Waiting")
	c.sees("/c/me", "Nan", "Signed in")
	c.sees("/c/people", "nan@x")
	c.posts("/c/people", url.Values{"login": {"lin@x"}, "role": {"caseworker"}}, 200, "/c/invite#", "lin@x is invited")
	if strings.Contains(c.sees("/c/people"), "/c/invite#") {
		t.Error("an invitation is shown twice")
	}
	h.pass(store.LocksAfter)
	c.sees("/c/people", "Locked")
	if status, _ := c.ask("GET", "/c/chats", nil, "X-Auto", "1"); status != 401 {
		t.Errorf("a fragment of a locked session: %d", status)
	}
	c.posts("/c/locked", url.Values{"code": {strings.ToLower(recovery[0][1])}}, 200, "Waiting")
	c.posts("/c/sign-out", url.Values{}, 200, "Sign in")
	c.sees("/c/people", "Sign in")
	if log := h.log.String(); strings.Contains(log, "nan@x") || strings.Contains(log, token) {
		t.Error("the log tells who signs in")
	}
}

func TestOfficeChat(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	lin := h.joins("lin@x", "Lin", "en", cases.Helper).signs()
	id := h.asks("66812345678", "my", "လစာ မရဘူး")
	nan.sees("/c/", "လစာ မရဘူး", "Burmese", "WhatsApp", `href="/c/chat/`+id)
	body := nan.sees("/c/chat/"+id, "Waiting for a person", "Take over", "လစာ မရဘူး", "Worker", "Bot ·")
	if strings.Contains(body, "66812345678") {
		t.Error("the worker's number is on the page")
	}
	chat := "/c/chat/" + id
	if status, _ := nan.ask("POST", chat+"/take", url.Values{}, "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("a form of another site: %d", status)
	}
	nan.posts(chat+"/take", url.Values{"epoch": {"-1"}}, 200, "You hold this conversation")
	lin.sees(chat, "Nan holds this conversation")
	status, body := lin.ask("POST", chat+"/take", url.Values{}, "Sec-Fetch-Site", "same-origin", "X-Fetch", "1")
	if status != 409 || !strings.Contains(body, "Nan") {
		t.Errorf("the second to take over: %d %s", status, body)
	}
	for range 3 {
		nan.posts(chat+"/write", url.Values{"key": {"key-0001"}, "text": {"ကျွန်မ ဒီမှာ ရှိပါတယ်"}}, 200)
	}
	h.until("the words to arrive", func() bool {
		return strings.Contains(strings.Join(h.play.texts("66812345678"), "|"), "ကျွန်မ ဒီမှာ ရှိပါတယ်")
	})
	if n := strings.Count(strings.Join(h.play.texts("66812345678"), "|"), "ကျွန်မ ဒီမှာ ရှိပါတယ်"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	for form, want := range map[string]int{"text=hello+{{date}}&key=key-0002": 422, "text=&key=key-0003": 422, "text=x&key=1": 422} {
		v, err := url.ParseQuery(form)
		h.must(err)
		if status, body := nan.ask("POST", chat+"/write", v, "Sec-Fetch-Site", "same-origin", "X-Fetch", "1"); status != want {
			t.Errorf("%s: %d %s", form, status, body)
		}
	}
	h.notes(nan, lin, chat)
	h.unmasks(nan, id)
	nan.posts(chat+"/hand", url.Values{"how": {"menu"}, "epoch": {"-1"}}, 200, "The bot is talking", "Nan handed back")
	for _, path := range []string{"/c/chat/AAAAAAAAAAAAAAAAAAAAAA", "/c/chat/x", chat + "/file/0.0", chat + "/file/99.9", chat + "/file/x"} {
		if status, body := nan.ask("GET", path, nil); status != 404 || !strings.Contains(body, "There is nothing here for you") {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// notes has one write a note, which the other reads and no worker ever gets.
func (h *house) notes(nan, lin *colleague, chat string) {
	h.Helper()
	sent := len(h.play.texts("66812345678"))
	nan.posts(chat+"/note", url.Values{"note": {"ask for the payslip"}, "key": {"note-0001"}}, 200)
	nan.posts(chat+"/note", url.Values{"note": {"ask for the payslip"}, "key": {"note-0001"}}, 200)
	body := lin.sees(chat, "Note, only our team", "ask for the payslip")
	if strings.Count(body, "ask for the payslip") != 1 {
		h.Error("a note was kept twice")
	}
	if status, _ := nan.ask("POST", chat+"/write", url.Values{"note": {"secret"}, "key": {"note-0002"}}, "Sec-Fetch-Site", "same-origin", "X-Fetch", "1"); status != 422 {
		h.Errorf("a note sent where replies go: %d", status)
	}
	if n := len(h.play.texts("66812345678")); n != sent {
		h.Errorf("a note reached the worker: %d messages, %d before", n, sent)
	}
	status, body := nan.ask("POST", chat+"/draft", url.Values{"text": {"half"}, "version": {"0"}}, "Sec-Fetch-Site", "same-origin", "X-Fetch", "1")
	if status != 409 && status != 200 {
		h.Errorf("draft: %d %s", status, body)
	}
}

// unmasks has somebody ask how a worker is reached.
func (h *house) unmasks(nan *colleague, id string) {
	h.Helper()
	chat := "/c/chat/" + id
	status, body := nan.ask("POST", chat+"/unmask", url.Values{"reason": {"no"}}, "Sec-Fetch-Site", "same-origin")
	if status != 422 || strings.Contains(body, "66812345678") {
		h.Errorf("unmasked without a reason: %d %s", status, body)
	}
	nan.posts(chat+"/unmask", url.Values{"reason": {"she asked to be called"}}, 200, "66812345678")
	trail, err := h.s.ChatTrail(h.Context(), cases.Bot, id, 50)
	h.must(err)
	if !strings.Contains(fmt.Sprint(trail), "unmasked: she asked to be called") {
		h.Error("unmasking left no trace")
	}
}
