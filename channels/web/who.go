package web

import (
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Names of the cookies. None says what it is for.
const (
	cookieUser  = "friend" // who the worker is
	cookieLink  = "from"   // the code of the link followed, and its language
	cookieAway  = "away"   // the worker pressed Hide; the page's script sets it, too
	cookieSaved = "saved"  // a private link was opened: a token to decide on, or "1" once opened
)

const (
	aYear = 365 * 24 * time.Hour
	aDay  = 24 * time.Hour
)

var token32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newToken returns a name for a worker, or a nonce for a form: 160 random bits.
func newToken() string {
	var b [20]byte
	rand.Read(b[:]) // never fails
	return token32.EncodeToString(b[:])
}

// isToken reports whether s may be a name that newToken made.
func isToken(s string) bool {
	return len(s) == 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// isCode reports whether s may be the code of a link. Telegram's limit for
// what a link brings along, 64 of A-Za-z0-9_-, holds for every channel.
func isCode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// userCookie is the name of the cookie that says who the worker is. Where it
// can, it has the prefix that keeps neighbouring sites from setting it: they
// could else make a worker write into a chat of theirs.
func (a *Adapter) userCookie() string {
	if a.Secure {
		return "__Host-" + cookieUser
	}
	return cookieUser
}

// user returns who r comes from.
func (a *Adapter) user(r *http.Request) (string, bool) {
	c, err := r.Cookie(a.userCookie())
	if err != nil || !isToken(c.Value) {
		return "", false
	}
	return c.Value, true
}

// setUser makes the browser remember who the worker is. Lax and not Strict:
// with Strict a worker who opens the chat from a link in another app would
// come without the cookie, get a new one and lose the chat.
func (a *Adapter) setUser(w http.ResponseWriter, user string) {
	a.setCookie(w, a.userCookie(), user, aYear)
}

// setCookie sets a cookie, or removes it if value is empty.
func (a *Adapter) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: a.Secure, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// cookie returns the value of a cookie, or "".
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// link returns the code and the language that a mobilizer's link brought.
func (a *Adapter) link(r *http.Request) (code, lang string) {
	code, lang, _ = strings.Cut(cookie(r, cookieLink), ".")
	if !isCode(code) {
		code = ""
	}
	if !a.speaks(lang) {
		lang = ""
	}
	return code, lang
}

func (a *Adapter) speaks(lang string) bool {
	return slices.Contains(a.Languages, lang)
}

// locale is the language that r asks for: that of the link followed, else the
// first of the browser's that we speak, else "".
func (a *Adapter) locale(r *http.Request) string {
	if _, l := a.link(r); l != "" {
		return l
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return ""
	}
	for _, t := range tags {
		if b, _ := t.Base(); a.speaks(b.String()) {
			return b.String()
		}
	}
	return ""
}

// lang is the language of a page for r of which the Book knows none.
func (a *Adapter) lang(r *http.Request) string {
	if l := a.locale(r); l != "" {
		return l
	}
	return a.anyLang()
}

func (a *Adapter) anyLang() string {
	if a.speaks("en") {
		return "en"
	}
	return a.Languages[0]
}
