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

	"github.com/chromedp/chromedp"

	"workervoice/channels"
	"workervoice/channels/web/chromium"
)

// each plays something on a phone with scripts and on one without.
func each(t *testing.T, f func(*testing.T, *site, *phone, bool)) {
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "scripts", false: "no scripts"}[scripts], func(t *testing.T) {
			s := newSite(t, nil)
			s.a.patience = 1500 * time.Millisecond
			p := newPhone(t, s, chromium.Look{Width: 360, Height: 740, NoScripts: !scripts})
			f(t, s, p, scripts)
			p.Done()
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
		p.Visit("/w/j/K7M2QX4P?l=my")
		p.choose("language:en")
		p.Finds("You said: language:en")
		if s.b.events[0].Ref != "K7M2QX4P" {
			t.Error("the code of the link was lost")
		}
		p.choose("ask:yes")
		p.Finds("You said: ask:yes")
		p.says("they keep my passport")
		p.Finds("You said: they keep my passport")
		p.Reload()
		p.Finds("You said: they keep my passport")
		if n, _ := s.b.count(); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
		if scripts {
			s.b.set(func() { s.b.say(s.one(), "news by itself") })
			p.Finds("news by itself")
			if n := chromium.Eval[int](p.Window, `document.querySelectorAll('#log li').length`); n != 7 {
				t.Errorf("%d lines, want 7", n)
			}
			if n := chromium.Eval[int](p.Window, `document.querySelectorAll('#mine li').length`); n != 0 {
				t.Errorf("%d lines still wait", n)
			}
			if gap := chromium.Eval[float64](p.Window, `document.getElementById('talk').scrollTop`); gap < -2 {
				t.Errorf("%v away from the newest line", gap)
			}
		}
	})
}

func TestBrowserPressedTwice(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.Visit("/w")
		p.Shows(`button[value="language:en"]`)
		p.PressTwice(`button[value="language:en"]`)
		p.Finds("You said: language:en")
		p.Shows(`button[value="ask:yes"]`)
		p.PressTwice(`button[value="ask:yes"]`)
		p.Finds("You said: ask:yes")
		if n, _ := s.b.count(); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

func TestBrowserHide(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.Visit("/w")
		p.choose("language:en")
		p.Finds("You said: language:en")
		p.choose("ask:yes")
		p.Finds("You said: ask:yes")
		p.Press("#hide")
		address := p.left()
		if scripts && address != "about:blank" || strings.Contains(p.text(), "You said") {
			t.Errorf("after Hide: %s shows %q", address, p.text())
		}
		history := chromium.Get(p.Window, "history", chromedp.NavigationEntries())
		for i := history.CurrentIndex - 1; i >= 0; i-- { // every step back
			chromium.Get(p.Window, "back", chromedp.NavigateToHistoryEntry(history.Entries[i].ID))
			if strings.Contains(p.text(), "You said") {
				t.Errorf("%d steps back show the chat", history.CurrentIndex-i)
			}
		}
		p.Visit("/w")
		p.Press(`button[value="on"]`)
		p.Finds("You said: ask:yes")
	})
}

func TestBrowserVoiceAndPhoto(t *testing.T) {
	each(t, func(t *testing.T, s *site, p *phone, scripts bool) {
		p.Visit("/w")
		p.choose("language:en")
		p.Finds("You said: language:en")
		photo := filepath.Join(t.TempDir(), "gate.jpg")
		if err := os.WriteFile(photo, append(jpeg(1), bytes.Repeat([]byte("x"), 200_000)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if scripts {
			p.Attaches("#photo", photo)
			p.Shows(`#log a[href="/w/f/f1"]`)
			p.settled()
			p.Press("#mic")
			p.Finds("0:02")
			p.Shoot("recording")
			p.Press("#done")
		} else {
			p.Press("#more summary")
			p.Shoot("attach")
			p.Attaches("#photo", photo)
			p.Press("#send")
			p.Shows(`#log a[href="/w/f/f1"]`)
			voice := filepath.Join(t.TempDir(), "voice.amr")
			if err := os.WriteFile(voice, []byte("#!AMR\nsound"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.Press("#more summary")
			p.Attaches("#voice", voice)
			p.Press("#send")
		}
		p.Shows(`#log [src="/w/f/f2"], #log [href="/w/f/f2"]`)
		m := s.b.last().Media
		if len(m) != 1 || !m[0].Voice || scripts && (m[0].Seconds < 2 || m[0].Type != "audio/webm" || m[0].Size < 1000) {
			t.Errorf("voice: %d files, %+v", len(m), m)
		}
		if !scripts {
			return
		}
		n := len(s.b.events)
		p.Press("#mic")
		p.Finds("0:01")
		p.Press("#drop")
		p.Shows("#mic")
		if len(s.b.events) != n {
			t.Error("a recording that was dropped was sent")
		}
	})
}

func TestBrowserOffline(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, inHand)
	p.Visit("/w")
	p.choose("language:en")
	p.Finds("You said: language:en")
	p.Offline(true)
	p.says("written in the lift")
	p.Finds("web.offline/en")
	p.Shoot("offline")
	p.Offline(false)
	p.Finds("You said: written in the lift")
	s.b.set(func() { s.b.down = true })
	p.says("while the server is ill")
	p.Finds("web.offline/en")
	s.b.set(func() { s.b.down = false })
	p.Reload() // what was not sent is still known
	p.Finds("You said: while the server is ill")
	if n, _ := s.b.count(); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	p.Done()
}

// TestBrowserAnswerFirst has the answer come before the server has said that
// it took the words in.
func TestBrowserAnswerFirst(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, inHand)
	p.Visit("/w")
	p.choose("language:en")
	p.Finds("You said: language:en")
	held := make(chan struct{})
	s.hold = func() { <-held }
	p.choose("ask:no")
	p.Finds("You said: ask:no")
	close(held)
	p.settled()
	p.choose("ask:yes")
	p.Finds("You said: ask:yes")
	p.Done()
}

// TestBrowserHideSends presses Hide while words wait to be sent.
func TestBrowserHideSends(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, inHand)
	p.Visit("/w")
	p.choose("language:en")
	p.Finds("You said: language:en")
	s.b.set(func() { s.b.down = true })
	p.says("somebody comes")
	p.Finds("web.offline/en")
	s.b.set(func() { s.b.down = false })
	p.Press("#hide")
	p.left()
	p.Visit("/w")
	p.Press(`button[value="on"]`)
	p.Finds("You said: somebody comes")
	if n, _ := s.b.count(); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
	p.Done()
}

// TestBrowserBeginsWithVoice has a worker speak before any language is chosen.
func TestBrowserBeginsWithVoice(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, inHand)
	p.Visit("/w/j/K7M2QX4P")
	p.Press("#mic")
	p.Finds("0:01")
	p.Press("#done")
	p.Shows(`#log [src="/w/f/f1"]`)
	if n, _ := s.b.count(); n != 2 || s.b.events[0].Ref != "K7M2QX4P" || len(s.b.events[1].Media) != 1 {
		t.Errorf("%d events", n)
	}
	p.Done()
}

// TestBrowserNothingMoves presses exactly when other choices take the place of
// those that were meant.
func TestBrowserNothingMoves(t *testing.T) {
	s := newSite(t, nil)
	p := newPhone(t, s, inHand)
	p.Visit("/w")
	p.choose("language:en")
	p.Finds("You said: language:en")
	s.b.set(func() { s.b.mute = true })
	p.Do(`new MutationObserver(() => {
		const b = document.querySelector('button[value="delete:yes"]')
		if (b) window.first ??= getComputedStyle(b).pointerEvents
	}).observe(document.getElementById('ask'), { childList: true })`)
	s.b.set(func() {
		s.b.say(s.one(), "Delete it?", channels.Choice{Label: "Delete", Value: "delete:yes"})
	})
	p.Shows(`#ask:not(.new) button[value="delete:yes"]`)
	if first := chromium.Eval[string](p.Window, `window.first`); first != "none" {
		t.Errorf("a button that has just taken the place of another can be pressed: %s", first)
	}
	top := `document.querySelector('button[value="delete:yes"]').getBoundingClientRect().top`
	before := chromium.Eval[float64](p.Window, top)
	s.b.set(func() {
		s.b.say(s.one(), "By the way:\nsomething\nlonger", channels.Choice{Label: "Delete", Value: "delete:yes"})
	})
	p.Finds("By the way")
	if after := chromium.Eval[float64](p.Window, top); after != before {
		t.Errorf("the button moved from %v to %v", before, after)
	}
	p.choose("delete:yes")
	p.Shows(`#log li:last-child.mine`)
	if s.b.last().Choice != "delete:yes" {
		t.Error("the button cannot be pressed at all")
	}
	p.Done()
}

func TestBrowserScreens(t *testing.T) {
	for _, c := range []struct {
		lang string
		look chromium.Look
	}{
		{"my", inHand}, {"my", chromium.Look{Width: 1280, Height: 800, Dark: true}},
		{"km", chromium.Look{Width: 360, Height: 740, Dark: true}}, {"km", chromium.Look{Width: 1280, Height: 800}},
		{"my", chromium.Look{Width: 320, Height: 568, NoScripts: true}}, {"km", chromium.Look{Width: 480, Height: 800, NoScripts: true}},
	} {
		name := fmt.Sprintf("%s-%d-%s", c.lang, c.look.Width, map[bool]string{true: "dark", false: "light"}[c.look.Dark])
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *Config) { c.Texts = drafts })
			s.b.answer, s.b.names = script, map[string]string{"my": "မြန်မာ", "km": "ខ្មែរ"}
			screens(t, s, newPhone(t, s, c.look), c.lang, name)
		})
	}
}

// screens goes the whole way, measures every page and takes its picture.
func screens(t *testing.T, s *site, p *phone, lang, name string) {
	p.Visit("/w/j/K7M2QX4P?l=" + lang)
	p.Shows(`button[value="language:en"]`)
	p.Shoot(name + "-1-language")
	p.check()
	p.choose("language:" + lang)
	for i, v := range []string{"safe:yes", "menu:report", "problem:pay", "sub:less", "quick:send"} {
		p.Shows(`#ask:not(.new) button[value="` + v + `"]`)
		p.Shoot(fmt.Sprintf("%s-%d-%s", name, i+2, strings.Split(v, ":")[0]))
		p.check()
		p.choose(v)
	}
	p.Shows(`#ask:not(.new) button[value="sent:hide"]`)
	p.Shoot(name + "-7-receipt")
	p.check()
	p.Visit("/w/keep")
	p.Shoot(name + "-8-keep")
	p.check()
	p.Visit("/w/bye")
	p.Visit("/w")
	p.Shoot(name + "-9-cover")
	p.check()
	p.Done()
}
