//go:build browser

package web

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"workervoice/channels"
)

// These tests drive a real Chromium: go test -tags browser ./channels/web.
// CHROMIUM names the program, if it is not called chromium. With SHOTS, a
// folder, they leave pictures of what they saw there.

func each(t *testing.T, f func(*testing.T, *site, *phone, bool)) {
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "scripts", false: "no scripts"}[scripts], func(t *testing.T) {
			s := newSite(t, nil)
			s.a.patience = 1500 * time.Millisecond
			p := newPhone(t, s, scripts, 360, 740, false)
			f(t, s, p, scripts)
			p.done()
		})
	}
}

// one returns a worker; the caller holds the book.
func (s *site) one() (user string) {
	for u := range s.b.pages {
		user = u
	}
	return user
}

func TestBrowserConversation(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.open("/w/j/K7M2QX4P?l=my")
		p.choose("language:en")
		p.sees("You said: language:en")
		if s.b.events[0].Ref != "K7M2QX4P" {
			t.Error("the code of the link was lost")
		}
		p.choose("ask:yes")
		p.sees("You said: ask:yes")
		p.write("they keep my passport")
		p.press("#send")
		p.sees("You said: they keep my passport")
		p.run(chromedp.Reload())
		p.sees("You said: they keep my passport")
		if n, _ := s.b.count(); n != 4 {
			t.Errorf("%d events, want 4", n)
		}
		if scripts {
			s.b.set(func() { s.b.say(s.one(), "news by itself") })
			p.sees("news by itself")
			if n := eval[int](p, `document.querySelectorAll('#log li').length`); n != 7 {
				t.Errorf("%d lines, want 7", n)
			}
			if n := eval[int](p, `document.querySelectorAll('#mine li').length`); n != 0 {
				t.Errorf("%d lines still wait", n)
			}
			if gap := eval[float64](p, `document.getElementById('talk').scrollTop`); gap < -2 {
				t.Errorf("%v away from the newest line", gap)
			}
		}
	})
}

func TestBrowserPressedTwice(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.open("/w")
		p.shows(`button[value="language:en"]`)
		p.run(chromedp.DoubleClick(chromedp.CSS(`button[value="language:en"]`)))
		p.sees("You said: language:en")
		p.shows(`button[value="ask:yes"]`)
		p.run(chromedp.DoubleClick(chromedp.CSS(`button[value="ask:yes"]`)))
		p.sees("You said: ask:yes")
		if n, _ := s.b.count(); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
	})
}

func TestBrowserHide(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.open("/w")
		p.choose("language:en")
		p.sees("You said: language:en")
		p.choose("ask:yes")
		p.sees("You said: ask:yes")
		p.press("#hide")
		address := p.left()
		if scripts && address != "about:blank" || strings.Contains(p.text(), "You said") {
			t.Errorf("after Hide: %s shows %q", address, p.text())
		}
		history := get(p, chromedp.NavigationEntries())
		for i := history.CurrentIndex - 1; i >= 0; i-- { // every step back
			p.run(chromedp.NavigateToHistoryEntry(history.Entries[i].ID))
			if strings.Contains(p.text(), "You said") {
				t.Errorf("%d steps back show the chat", history.CurrentIndex-i)
			}
		}
		p.open("/w")
		p.press(`button[value="on"]`)
		p.sees("You said: ask:yes")
	})
}

func TestBrowserVoiceAndPhoto(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.open("/w")
		p.choose("language:en")
		p.sees("You said: language:en")
		photo := filepath.Join(t.TempDir(), "gate.jpg")
		if err := os.WriteFile(photo, append(jpeg(1), bytes.Repeat([]byte("x"), 200_000)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if scripts {
			p.attach("photo", photo)
			p.shows(`#log a[href="/w/f/f1"]`)
			p.run(chromedp.WaitNotPresent(chromedp.CSS("#mine li")), chromedp.WaitNotVisible(chromedp.ID("typing")))
			p.press("#mic")
			p.sees("0:02")
			p.shoot("recording")
			p.press("#done")
		} else {
			p.press("#more summary")
			p.shoot("attach")
			p.attach("photo", photo)
			p.press("#send")
			p.shows(`#log a[href="/w/f/f1"]`)
			voice := filepath.Join(t.TempDir(), "voice.amr")
			if err := os.WriteFile(voice, []byte("#!AMR\nsound"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.press("#more summary")
			p.attach("voice", voice)
			p.press("#send")
		}
		p.shows(`#log [src="/w/f/f2"], #log [href="/w/f/f2"]`)
		m := s.b.last().Media
		if len(m) != 1 || !m[0].Voice || scripts && (m[0].Seconds < 2 || m[0].Type != "audio/webm" || m[0].Size < 1000) {
			t.Errorf("voice: %d files, %+v", len(m), m)
		}
		if !scripts {
			return
		}
		n := len(s.b.events)
		p.press("#mic")
		p.sees("0:01")
		p.press("#drop")
		p.shows("#mic")
		if len(s.b.events) != n {
			t.Error("a recording that was dropped was sent")
		}
	})
}

func TestBrowserOffline(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, true, 360, 740, false)
	p.open("/w")
	p.choose("language:en")
	p.sees("You said: language:en")
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}})
	p.write("written in the lift")
	p.press("#send")
	p.sees("web.offline/en")
	p.shoot("offline")
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{}})
	p.sees("You said: written in the lift")
	s.b.set(func() { s.b.down = true })
	p.write("while the server is ill")
	p.press("#send")
	p.sees("web.offline/en")
	s.b.set(func() { s.b.down = false })
	p.run(chromedp.Reload()) // what was not sent is still known
	p.sees("You said: while the server is ill")
	if n, _ := s.b.count(); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
	p.done()
}

// left waits until the chat is left, and returns where that led.
func (p *phone) left() (address string) {
	for !strings.HasSuffix(address, "/w/bye") && address != "about:blank" && p.ctx.Err() == nil {
		address, _ = chromedp.Run(p.ctx, chromedp.Location()) // which fails while the page goes
	}
	p.run(chromedp.WaitReady(chromedp.CSS("body")))
	return address
}

// TestBrowserAnswerFirst has the answer come before the server has said that
// it took the words in.
func TestBrowserAnswerFirst(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, true, 360, 740, false)
	p.open("/w")
	p.choose("language:en")
	p.sees("You said: language:en")
	held := make(chan struct{})
	s.hold = func() { <-held }
	p.choose("ask:no")
	p.sees("You said: ask:no")
	close(held)
	p.run(chromedp.WaitNotPresent(chromedp.CSS("#mine li")), chromedp.WaitNotVisible(chromedp.ID("typing")))
	p.choose("ask:yes")
	p.sees("You said: ask:yes")
	p.done()
}

// TestBrowserHideSends presses Hide while words wait to be sent.
func TestBrowserHideSends(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, true, 360, 740, false)
	p.open("/w")
	p.choose("language:en")
	p.sees("You said: language:en")
	s.b.set(func() { s.b.down = true })
	p.write("somebody comes")
	p.press("#send")
	p.sees("web.offline/en")
	s.b.set(func() { s.b.down = false })
	p.press("#hide")
	p.left()
	p.open("/w")
	p.press(`button[value="on"]`)
	p.sees("You said: somebody comes")
	if n, _ := s.b.count(); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	p.done()
}

// TestBrowserBeginsWithVoice has a worker speak before any language is chosen.
func TestBrowserBeginsWithVoice(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, true, 360, 740, false)
	p.open("/w/j/K7M2QX4P")
	p.press("#mic")
	p.sees("0:01")
	p.press("#done")
	p.shows(`#log [src="/w/f/f1"]`)
	if n, _ := s.b.count(); n != 2 || s.b.events[0].Ref != "K7M2QX4P" || len(s.b.events[1].Media) != 1 {
		t.Errorf("%d events", n)
	}
	p.done()
}

// TestBrowserNothingMoves presses exactly when other choices take the place of
// those that were meant.
func TestBrowserNothingMoves(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, true, 360, 740, false)
	p.open("/w")
	p.choose("language:en")
	p.sees("You said: language:en")
	s.b.set(func() { s.b.mute = true })
	eval[chromedp.Void](p, `new MutationObserver(() => {
		const b = document.querySelector('button[value="delete:yes"]')
		if (b) window.first ??= getComputedStyle(b).pointerEvents
	}).observe(document.getElementById('ask'), { childList: true })`)
	s.b.set(func() {
		s.b.say(s.one(), "Delete it?", channels.Choice{Label: "Delete", Value: "delete:yes"})
	})
	p.shows(`#ask:not(.new) button[value="delete:yes"]`)
	if first := eval[string](p, `window.first`); first != "none" {
		t.Errorf("a button that has just taken the place of another can be pressed: %s", first)
	}
	top := `document.querySelector('button[value="delete:yes"]').getBoundingClientRect().top`
	before := eval[float64](p, top)
	s.b.set(func() {
		s.b.say(s.one(), "By the way:\nsomething\nlonger", channels.Choice{Label: "Delete", Value: "delete:yes"})
	})
	p.sees("By the way")
	if after := eval[float64](p, top); after != before {
		t.Errorf("the button moved from %v to %v", before, after)
	}
	p.choose("delete:yes")
	p.shows(`#log li:last-child.mine`)
	if s.b.last().Choice != "delete:yes" {
		t.Error("the button cannot be pressed at all")
	}
	p.done()
}

func TestBrowserScreens(t *testing.T) {
	for _, c := range []struct {
		lang          string
		w, h          int64
		dark, scripts bool
	}{
		{"my", 360, 740, false, true}, {"my", 1280, 800, true, true},
		{"km", 360, 740, true, true}, {"km", 1280, 800, false, true},
		{"my", 320, 568, false, false}, {"km", 480, 800, false, false},
	} {
		name := fmt.Sprintf("%s-%d-%s", c.lang, c.w, map[bool]string{true: "dark", false: "light"}[c.dark])
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *Config) { c.Texts = drafts })
			s.b.answer, s.b.names = script, map[string]string{"my": "မြန်မာ", "km": "ខ្មែរ"}
			screens(t, s, newPhone(t, s, c.scripts, c.w, c.h, c.dark), c.lang, name)
		})
	}
}

// screens goes the whole way, measures every page and takes its picture.
func screens(t *testing.T, s *site, p *phone, lang, name string) {
	p.open("/w/j/K7M2QX4P?l=" + lang)
	p.shows(`button[value="language:en"]`)
	p.shoot(name + "-1-language")
	p.check()
	p.choose("language:" + lang)
	for i, v := range []string{"safe:yes", "menu:report", "problem:pay", "sub:less", "quick:send"} {
		p.shows(`#ask:not(.new) button[value="` + v + `"]`)
		p.shoot(fmt.Sprintf("%s-%d-%s", name, i+2, strings.Split(v, ":")[0]))
		p.check()
		p.choose(v)
	}
	p.shows(`#ask:not(.new) button[value="sent:hide"]`)
	p.shoot(name + "-7-receipt")
	p.check()
	p.open("/w/keep")
	p.shoot(name + "-8-keep")
	p.check()
	p.open("/w/bye")
	p.open("/w")
	p.shoot(name + "-9-cover")
	p.check()
	p.done()
}

// check measures what makes a page readable and safe to press.
func (p *phone) check() {
	p.t.Helper()
	for _, f := range eval[[]string](p, `(() => {
	const bad = [], seen = (e) => e.getClientRects().length && !e.closest('.vh')
	for (const e of [document.documentElement, ...document.querySelectorAll('.talk')]) if (e.scrollWidth > e.clientWidth) bad.push('scrolls sideways')
	for (const b of document.querySelectorAll('button, .btn, summary, textarea')) {
		const r = b.getBoundingClientRect()
		if (seen(b) && (r.height < 44 || r.width < 44)) bad.push('small: ' + r.width + '×' + r.height + ' ' + b.textContent)
		if (seen(b) && b.scrollWidth > b.clientWidth + 1) bad.push('cut off: ' + b.textContent)
	}
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement, s = getComputedStyle(e), lang = (e.closest('[lang]') || {}).lang
		if (!n.textContent.trim() || !seen(e)) continue
		const high = parseFloat(s.lineHeight) / parseFloat(s.fontSize)
		for (const [l, letters, least] of [['my', /[\u1000-\u109f]/, 1.89], ['km', /[\u1780-\u17ff]/, 1.89], ['ne', /[\u0900-\u097f]/, 1.74], ['th', /[\u0e00-\u0e7f]/, 1.74]]) {
			if (letters.test(n.textContent) && lang !== l) bad.push('marked ' + lang + ': ' + n.textContent)
			if (letters.test(n.textContent) && high < least) bad.push('line height ' + high + ': ' + n.textContent)
		}
		if (parseFloat(s.fontSize) < 12) bad.push('tiny: ' + n.textContent)
	}
	return bad
})()`) {
		p.t.Error(f)
	}
}
