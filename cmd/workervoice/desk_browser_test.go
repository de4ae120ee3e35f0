//go:build browser

package main

import (
	"encoding/base32"
	"fmt"
	"os"
	"strings"

	"workervoice/channels/web/chromium"
	"workervoice/store"
)

const passphrase = "rain on the tin roof 7"

// A desk is a caseworker's window on the console.
type desk struct {
	*chromium.Window
	w      *town
	at     string // the page of the case, to which it goes back
	login  string
	secret []byte // of the codes
}

func (w *town) desk(who string) *desk {
	w.Helper()
	return &desk{Window: w.window(who, chromium.Look{Width: 1440, Height: 900}), w: w}
}

// joins goes in by an invitation, and signs in.
func (d *desk) joins(invite, login, name, lang string) {
	d.Helper()
	d.login = login
	_, token, _ := strings.Cut(invite, "#")
	d.Visit("/c/invite#" + strings.TrimSpace(token))
	d.Types("#n", name)
	d.Sets("#l", lang)
	for _, speaks := range []string{"my", "km"} {
		d.Press(`input[name="speaks"][value="` + speaks + `"]`)
	}
	d.Types("#p", passphrase)
	d.Types("#q", passphrase)
	d.Leads(".btn.primary")
	key := chromium.Eval[string](d.Window, "document.querySelector('.secret').textContent")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	d.w.must(err)
	d.secret = secret
	d.Types("#o", store.Code(d.secret, d.w.now()))
	d.Leads(".btn.primary")
	d.Shows(".recovery")
}

// signs signs in, or unlocks what was locked.
func (d *desk) signs() {
	d.Helper()
	d.Visit("/c/")
	if d.Has("#e") {
		d.Types("#e", d.login)
		d.Types("#p", passphrase)
		d.Leads(".btn.primary")
	}
	if d.Has("#o") {
		d.Types("#o", store.Code(d.secret, d.w.now()))
		d.Leads(".btn.primary")
	}
	d.Shows("#rail")
}

// does opens a form of the case page, fills it in and sends it.
func (d *desk) does(act string, fields ...string) {
	d.Helper()
	d.Visit(d.at)
	form := "details.act[id^='f-" + act + "-']"
	d.Press(form + " > summary")
	for i := 0; i < len(fields); i += 2 {
		d.Sets(form+` [name="`+fields[i]+`"]`, fields[i+1])
	}
	d.Leads(form + " form p.row button")
	d.Finds("Done.")
}

// looks takes pictures of pages in several languages, sizes and themes, and has
// every page judged, where SHOTS asks for it.
func (d *desk) looks(paths map[string]string, langs ...string) {
	d.Helper()
	if os.Getenv("SHOTS") == "" {
		return
	}
	for _, lang := range langs {
		d.Become(chromium.Look{Width: 1440, Height: 900})
		d.Visit("/c/me")
		d.Sets("#l", lang)
		d.Leads("form:has(#l) .btn.primary")
		for _, look := range []chromium.Look{{Width: 1440, Height: 900}, {Width: 390, Height: 844}, {Width: 1440, Height: 900, Dark: true}, {Width: 390, Height: 844, Dark: true}} {
			d.Become(look)
			for name, path := range paths {
				d.Visit(path)
				d.Shows("#main")
				name = fmt.Sprintf("%s-%s-%d-%s", name, lang, look.Width, map[bool]string{true: "dark", false: "light"}[look.Dark])
				d.Shoot(name)
				d.Sound(name)
			}
		}
	}
}
