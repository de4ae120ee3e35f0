//go:build browser

package console

import (
	"fmt"
	"testing"

	"workervoice/cases"
	"workervoice/channels/web/chromium"
	"workervoice/store"
)

// TestBrowserLooks shows every page in several sizes, themes and languages.
func TestBrowserLooks(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	h.joins("lin@x", "Lin", "en", cases.Helper)
	h.must(h.s.PutReply(t.Context(), cases.Bot, store.Reply{Org: "home", Name: "payslip", Checked: []string{"my"}, Texts: map[string]string{
		"en": "Please send a photo of your payslip if you have one. Do not send it if it is risky.", "my": "လစာစာရွက် ဓာတ်ပုံ ရှိရင် ပို့ပေးပါ။ အန္တရာယ်ရှိရင် မပို့ပါနဲ့။"}}))
	h.must(h.s.PutReply(t.Context(), cases.Bot, store.Reply{Org: "home", Name: "next", Texts: map[string]string{"en": "We write again before {{date}}.", "my": "{{date}} မတိုင်မီ ထပ်ဆက်သွယ်ပါမယ်။"}}))
	h.asks("66811111111", "km", "ខ្ញុំ\u200bមិន\u200bអាច\u200bចេញ\u200bពី\u200bបន្ទប់\u200bបាន\u200bទេ")
	h.asks("66822222222", "ne", "श्रमिक परिचयपत्र म्यानपावरले राखेको छ")
	id := h.asks("66812345678", "my", "စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။ ပတ်စပို့လည်း သိမ်းထားတယ်။")
	_, err := h.e.Take(t.Context(), c.person.Caseworker, id, store.AnyEpoch)
	h.must(err)
	h.must(h.s.Note(t.Context(), c.person.Caseworker, id, "note-0001", "Same site as the others? Ask her before we link."))
	s := h.screen(c, wide)
	s.Visit("/c/chat/" + id)
	s.Shows("#thread .msg")
	if s.Bytes() > 200_000 {
		t.Errorf("the first page is %d bytes", s.Bytes())
	}
	t.Logf("the first page is %d bytes", s.Bytes())
	shown := ""
	for _, lang := range []string{"en", "my", "km", "th", "ne"} {
		h.must(h.s.Describe(t.Context(), c.person.Caseworker, cases.Person{Name: "Nan", Lang: lang, Zone: "Asia/Bangkok", Keys: true, Langs: []string{"my"}}))
		for _, size := range [][2]int64{{1440, 900}, {390, 844}, {360, 640}} {
			for _, dark := range []bool{false, true} {
				if size[0] == 360 && (dark || lang == "en") || lang == "th" && dark || lang == "ne" && dark {
					continue
				}
				s.Become(chromium.Look{Width: size[0], Height: size[1], Dark: dark})
				for name, path := range map[string]string{"inbox": "/c/", "chat": "/c/chat/" + id, "people": "/c/people", "me": "/c/me", "replies": "/c/replies", "more": "/c/more"} {
					s.Visit(path)
					s.Shows("#main")
					shown = fmt.Sprintf("%s-%s-%d-%v", name, lang, size[0], dark)
					s.Shoot(shown)
					s.Sound(shown)
				}
			}
		}
	}
	s.Become(wide)
	s.Visit("/c/chat/" + id)
	s.Press("#pick")
	s.Shows(".pick")
	s.Shoot("picker")
	s.Sound("picker")
	s.Done()
}

// TestBrowserEdges: on a narrow screen nothing that matters ends beyond an edge:
// the tab that is open or has the focus, and how grave a conversation is.
func TestBrowserEdges(t *testing.T) {
	h := newHouse(t)
	c := h.joins("nan@x", "Nan", "km", cases.Supervisor).signs()
	id := h.asks("66812345678", "my", "မီးလောင်နေတယ်")
	s := h.screen(c, chromium.Look{Width: 360, Height: 640})
	inside := func(what, edge string) string {
		return fmt.Sprintf("(() => { const x = document.querySelector(%q).getBoundingClientRect(), y = document.querySelector(%q).getBoundingClientRect(); return x.width > 20 && x.left >= y.left - 1 && x.right <= y.right + 1 })()", what, edge)
	}
	s.Visit("/c/overdue")
	if chromium.Eval[bool](s, inside(".tabs a:last-child", ".tabs")) {
		t.Fatal("all tabs fit: the test tests nothing")
	}
	// A window that nobody looks at is told of no focus.
	s.Do("const last = document.querySelector('.tabs a:last-child'); last.focus(); if (!document.hasFocus()) last.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))")
	s.Until("the tab that has the focus is in sight", inside(".tabs a:last-child", ".tabs"))
	s.Visit("/c/quiet")
	s.Until("the tab that is open is in sight", inside(".tabs [aria-current]", ".tabs"))
	s.Visit("/c/chat/" + id)
	s.Shows("#chat .sev")
	s.Do("document.getElementById('present').innerHTML = '<span class=\"av on\">LK</span><span class=\"av on\">NA</span>'")
	s.Until("how grave it is stands whole beside two colleagues", inside("#chat .sev", "#chat .bar .grow"))
	s.Done()
}
