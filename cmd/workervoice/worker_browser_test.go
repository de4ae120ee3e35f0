//go:build browser

package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/channels/web/chromium"
)

// A reporter is a worker with the web chat on a phone.
type reporter struct{ *chromium.Window }

func (w *town) reporter(who string) reporter {
	w.Helper()
	return reporter{w.window(who, chromium.Look{Width: 390, Height: 844})}
}

// chooses presses choices of the page, each once it can be.
func (p reporter) chooses(values ...string) {
	p.Helper()
	for _, v := range values {
		p.Press(`#ask:not(.new) button[value="` + v + `"]`)
	}
}

// says writes and sends.
func (p reporter) says(text string) {
	p.Helper()
	p.Types("#w", text)
	p.Press("#send")
	p.Finds(text)
}

// reads opens what waits behind the neutral line.
func (p reporter) reads(want string) {
	p.Helper()
	p.chooses("news:read")
	p.Finds(want)
}

// A neighbour is a worker who joins, with a browser without scripts.
type neighbour struct {
	*phone
	lang string
}

var joinButton = regexp.MustCompile(`join[a-z]*:(yes/0|skip)`)

// neighbour joins the case.
func (y *story) neighbour(t *testing.T, code, lang string) neighbour {
	p := newPhone(t, y.url)
	p.follow(code)
	for _, b := range []string{"language:" + lang, "safety:yes", "consent:agree", "join:yes"} {
		p.press(b)
	}
	for !strings.Contains(p.page, y.word(lang, "join.done", nil)[:30]) {
		b := joinButton.FindString(p.page) // the problem, and what may be known of the worker
		if b == "" {
			t.Fatal("the worker cannot go on: ", p.page)
		}
		p.send("choice", b)
	}
	p.T = y.T
	return neighbour{p, lang}
}

var remedyButton = regexp.MustCompile(`value="(fact|content|treated|pressed|rating):`)

// fixed says that all is well, to the end of what is asked.
func (o neighbour) fixed() {
	o.Helper()
	says := map[string]string{"fact": "fact:all/a", "content": "content:yes/a", "treated": "treated:no/a", "pressed": "pressed:no/a", "rating": "rating:skip/a"}
	o.press("news:read")
	for range 9 {
		m := remedyButton.FindStringSubmatch(o.page)
		if m == nil {
			return
		}
		o.press(says[m[1]])
	}
	o.Fatal("the questions do not end: ", o.page)
}

// waits looks at the chat until something is there.
func (p *phone) waits(text string) {
	p.Helper()
	for end := time.Now().Add(45 * time.Second); ; pause(p.Context()) {
		if p.open(); strings.Contains(p.page, text) || time.Now().After(end) {
			p.must(text)
			return
		}
	}
}

// follow opens a link with a code.
func (p *phone) follow(code string) {
	p.Helper()
	r, err := p.http.Get(p.base + "/w/j/" + code)
	if err != nil {
		p.Fatal(err)
	}
	p.read(r)
}
