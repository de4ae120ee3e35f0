package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"workervoice/channels"
)

// policy allows the page nothing but its own style, script, pictures and
// sounds, and nobody to frame it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler serves the chat at /w and below; it is to be mounted at "/w" and
// "/w/" without stripping. deliver stores events durably; until it has
// returned nil the worker is not told that anything was sent.
//
// Live connections last until their request's context ends, so whoever shuts
// the server down ends its BaseContext first. Nothing here logs an address.
func (a *Adapter) Handler(deliver func(context.Context, ...channels.Event) error) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /w", a.page)
	m.HandleFunc("GET /w/{$}", func(w http.ResponseWriter, r *http.Request) { a.leave(w, r, "/w") })
	m.HandleFunc("POST /w", func(w http.ResponseWriter, r *http.Request) { a.post(w, r, deliver) })
	m.HandleFunc("GET /w/live", a.live)
	m.HandleFunc("GET /w/f/{ref...}", a.attachment)
	m.HandleFunc("GET /w/s/{name}", a.static)
	m.HandleFunc("GET /w/j/{code}", a.follow)
	m.HandleFunc("GET /w/k/{token}", a.open)
	m.HandleFunc("GET /w/keep", a.keep)
	m.HandleFunc("GET /w/bye", a.bye)
	m.HandleFunc("POST /w/go", a.choose)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		channels.Guard(h, policy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
		// Not no-referrer: with it browsers send forms with the origin "null",
		// and older ones, which send no Sec-Fetch-Site, would be refused.
		// Nothing leaves the site with either.
		h.Set("Referrer-Policy", "same-origin")
		m.ServeHTTP(w, r)
	})
}

// page shows the chat, or what stands before it.
func (a *Adapter) page(w http.ResponseWriter, r *http.Request) {
	user, ok := a.user(r)
	if !ok {
		user = newToken()
	}
	a.setUser(w, user) // also to make it last another year
	switch {
	case ok && cookie(r, cookieAway) != "":
		a.show(w, r, http.StatusOK, "cover", a.bare(r, user))
	case isToken(cookie(r, cookieSaved)):
		a.show(w, r, http.StatusOK, "other", a.bare(r, user))
	default:
		a.chat(w, r, http.StatusOK, &form{user: user})
	}
}

// bare returns a view in the worker's language, without what was said.
func (a *Adapter) bare(r *http.Request, user string) view {
	v := view{words: words{a, a.lang(r)}, Name: a.Name}
	if p, err := a.Book.Page(r.Context(), user); err == nil && a.speaks(p.Lang) {
		v.Lang = p.Lang
	}
	return v
}

// chat shows the chat. Of a form that was not taken in, f says what to keep.
func (a *Adapter) chat(w http.ResponseWriter, r *http.Request, status int, f *form) {
	p, err := a.Book.Page(r.Context(), f.user)
	if err != nil {
		a.Log.Error("web: the page cannot be read", "err", err)
		status = http.StatusServiceUnavailable
		if f.refused == "" {
			f.refused = "web.try_again"
		}
	}
	if !a.speaks(p.Lang) {
		p.Lang = a.lang(r)
	}
	v := a.view(p)
	v.Down = err != nil
	v.Draft, v.Notice, v.Nonce = f.draft(), f.refused, f.nonce
	if v.Nonce == "" {
		v.Nonce = newToken()
	}
	if status >= 500 {
		v.Draft, v.Retry = f.text, f.choice
	}
	if v.Saved = cookie(r, cookieSaved) == "1"; p.Version == "" && !v.Down {
		v.hello()
	}
	a.show(w, r, status, "chat", v)
}

// show answers with a page.
func (a *Adapter) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	html, err := render(name, v)
	if err != nil {
		a.Log.Error("web: a page cannot be shown", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.Header().Add("Vary", "Cookie")
	send(w, r, status, []byte(html), zip([]byte(html)))
}

// slow is how long a form may take: 16 MB at the 20 kB a second of a bad line.
const slow = 15 * time.Minute

// post takes in a form and shows the chat again. The script of the page, which
// asks for JSON, gets no page: no content, or a sentence that says why not.
func (a *Adapter) post(w http.ResponseWriter, r *http.Request, deliver func(context.Context, ...channels.Event) error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(slow)) // not every server can: then its own limit holds
	_ = rc.SetWriteDeadline(time.Now().Add(slow))
	f, err := a.read(r)
	if f.user == "" {
		f.user, _ = a.user(r)
	}
	switch {
	case errors.Is(err, channels.ErrForged):
		a.refuse(w, r, http.StatusForbidden, "web.try_again", f)
		return
	case errors.Is(err, channels.ErrTooBig):
		w.Header().Set("Connection", "close")
		a.refuse(w, r, http.StatusRequestEntityTooLarge, "web.too_big", f)
		return
	case err != nil:
		if r.Context().Err() == nil { // else the phone lost its connection, and sends again
			a.Log.Error("web: a form cannot be taken in", "err", err)
		}
		a.refuse(w, r, http.StatusServiceUnavailable, "web.try_again", f)
		return
	}
	heard, stop, _ := a.bells.listen(f.user, false)
	defer stop()
	events := a.events(f)
	if len(events) > 0 {
		// Begun work is finished, whether or not the browser still waits.
		if err := deliver(context.WithoutCancel(r.Context()), events...); err != nil {
			a.Log.Error("web: what a worker sent is not stored", "err", err)
			a.refuse(w, r, http.StatusServiceUnavailable, "web.try_again", f)
			return
		}
		a.setCookie(w, cookieLink, "", 0)
		if !wantsJSON(r) {
			a.answered(r.Context(), heard)
		}
	}
	switch {
	case f.refused != "":
		a.refuse(w, r, http.StatusUnprocessableEntity, f.refused, f)
	case wantsJSON(r):
		w.WriteHeader(http.StatusNoContent)
	case f.draft() != "":
		f.nonce = "" // the words left in the field are another message
		a.chat(w, r, http.StatusOK, f)
	default:
		http.Redirect(w, r, "/w"+a.newest(r.Context(), f.user), http.StatusSeeOther)
	}
}

func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

// refuse says what could not be done, and keeps what was typed.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, status int, key string, f *form) {
	f.refused = key
	if wantsJSON(r) {
		v := a.bare(r, f.user)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(v.T(key)))
		return
	}
	if f.user == "" {
		f.user = newToken()
		a.setUser(w, f.user)
	}
	a.chat(w, r, status, f)
}

// newest returns the fragment that names the first line since the worker's own
// last one, so that a page without scripts opens where the news begins.
func (a *Adapter) newest(ctx context.Context, user string) string {
	p, err := a.Book.Page(ctx, user)
	if err != nil {
		return ""
	}
	lines := a.view(p).Lines
	for i := len(lines) - 1; i > 0; i-- {
		if lines[i-1].Mine && !lines[i].Mine {
			return "#" + lines[i].Name
		}
	}
	return ""
}

// follow remembers the code, and the language, of a mobilizer's link.
func (a *Adapter) follow(w http.ResponseWriter, r *http.Request) {
	if code := r.PathValue("code"); isCode(code) {
		if l := r.FormValue("l"); a.speaks(l) {
			code += "." + l
		}
		a.setCookie(w, cookieLink, code, aDay)
	}
	a.leave(w, r, "/w")
}

// leave goes on to another page, and tells it nothing of this one.
func (a *Adapter) leave(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// open takes a worker who has a private link to the chat, and the secret out
// of the address.
//
// A link is also a way to make a worker write where another can read. So a
// chat in which nothing was said is never opened, one that replaces the
// worker's own is asked about first, and any other says that it was opened.
func (a *Adapter) open(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	user, known := a.user(r)
	if !isToken(token) || known && user == token {
		a.leave(w, r, "/w")
		return
	}
	theirs, err := a.Book.Page(r.Context(), token)
	var own Page
	if err == nil && known {
		own, err = a.Book.Page(r.Context(), user)
	}
	switch {
	case err != nil:
		a.Log.Error("web: the page cannot be read", "err", err)
		a.show(w, r, http.StatusServiceUnavailable, "down", view{words: words{a, a.lang(r)}, Name: a.Name, Notice: "web.try_again"})
		return
	case theirs.Version == "":
	case own.Version != "":
		a.setCookie(w, cookieSaved, token, time.Hour)
	default:
		a.setUser(w, token)
		a.setCookie(w, cookieSaved, "1", time.Hour)
	}
	a.leave(w, r, "/w")
}

// choose carries out the buttons that are no part of the chat.
func (a *Adapter) choose(w http.ResponseWriter, r *http.Request) {
	if a.origin.Check(r) != nil {
		http.Error(w, "", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	switch r.PostFormValue("go") {
	case "on":
		a.setCookie(w, cookieAway, "", 0)
	case "open":
		if t := cookie(r, cookieSaved); isToken(t) {
			a.setUser(w, t)
		}
		a.setCookie(w, cookieSaved, "", 0)
	case "new":
		a.setUser(w, newToken())
		a.setCookie(w, cookieSaved, "", 0)
	case "stay":
		a.setCookie(w, cookieSaved, "", 0)
	}
	http.Redirect(w, r, "/w", http.StatusSeeOther)
}

// keep shows the private link.
func (a *Adapter) keep(w http.ResponseWriter, r *http.Request) {
	user, ok := a.user(r)
	if !ok || cookie(r, cookieAway) != "" {
		http.Redirect(w, r, "/w", http.StatusSeeOther)
		return
	}
	v := a.bare(r, user)
	site := a.Public
	if site == "" {
		site = "http://" + r.Host
		if a.Secure {
			site = "https://" + r.Host
		}
	}
	v.Link = site + "/w/k/" + user
	a.show(w, r, http.StatusOK, "keep", v)
}

// bye shows an empty page, and covers the chat until the worker goes on.
func (a *Adapter) bye(w http.ResponseWriter, r *http.Request) {
	a.setCookie(w, cookieAway, "1", aYear)
	a.show(w, r, http.StatusOK, "bye", view{words: words{a, a.lang(r)}, Name: a.Name})
}
