//go:build browser

package web

import (
	"testing"

	"workervoice/channels/web/chromium"
)

// A phone is a worker's browser, in a real Chromium: go test -tags browser.
type phone struct {
	*chromium.Window
	s *site
}

// newPhone opens a window on a site.
func newPhone(t *testing.T, s *site, look chromium.Look) *phone {
	t.Helper()
	return &phone{chromium.Open(t, s.url, look), s}
}

// inHand is how most tests hold the phone.
var inHand = chromium.Look{Width: 360, Height: 740}

// choose presses a choice, once it can be.
func (p *phone) choose(values ...string) {
	p.Helper()
	for _, v := range values {
		p.Press(`#ask:not(.new) button[value="` + v + `"]`)
	}
}

// says writes and sends.
func (p *phone) says(text string) {
	p.Helper()
	p.Types("#w", text)
	p.Press("#send")
}

// settled waits until the server has taken in what was sent.
func (p *phone) settled() {
	p.Helper()
	p.Until("all is sent", `!document.querySelector('#mine li') && !document.getElementById('typing').getClientRects().length`)
}

// left waits until the chat is left, and returns where that led.
func (p *phone) left() string {
	p.Helper()
	p.Until("the chat is left", `(location.pathname.endsWith('/w/bye') || location.href === 'about:blank') && document.readyState === 'complete'`)
	return chromium.Eval[string](p.Window, "location.href")
}

// text returns all that stands on the page, hidden or not.
func (p *phone) text() string {
	p.Helper()
	return chromium.Eval[string](p.Window, "document.body.textContent")
}

// check measures what makes a page readable and safe to press.
func (p *phone) check() {
	p.Helper()
	for _, f := range chromium.Eval[[]string](p.Window, `(() => {
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
		p.Error(f)
	}
}
