package console

// The caseworkers' side of the console, under /c/.
//
// How to add a page, without touching a file that is there already:
//
//  1. pages_NAME.go: in an init, call serve with a pattern, who may come, and a
//     handler; and railItem if the page should stand in the rail.
//
//     func init() {
//     serve("GET /c/case/{id}", staff, casePage)
//     serve("POST /c/case/{id}/raise", staff, raise)
//     railItem(item{Key: "cases", Href: "/c/cases", Icon: "case", Order: 40})
//     }
//
//     func casePage(v *visit) error {
//     c, err := v.Store.Case(v.R.Context(), v.By(), cases.ID(v.R.PathValue("id")))
//     if err != nil {
//     return err // ErrNotFound and ErrDenied become the same page, ErrStale "somebody was faster", the rest is logged
//     }
//     v.Area, v.Title = "cases", c.Ref
//     return v.Show("case", struct {
//     *visit
//     Case cases.Case
//     }{v, c})
//     }
//
//  2. templates/NAME.html: {{define "case"}}{{template "top" .}}<main class="page"
//     id="main">…</main>{{template "end" .}}{{end}}. Words are {{.T "case.raise"}},
//     with values {{.T "case.workers" "Count" .N}}; icons {{icon "clock"}}.
//     There is no inline style or script: the policy forbids them.
//
//  3. texts/NAME.en.toml and the same in my, km, ne and th: the page's words. A
//     line in texts/review.tsv for each of the four says draft, or missing while
//     there is no such file and the page is shown in English; a test looks.
//
//  4. After a POST: return v.Redirect("/c/case/"+id, "raised") shows the words
//     "did.raised" on the page that follows. What was filled in wrong is shown
//     again with v.Status = 422.
//
//  5. What should change by itself: <section id="x" data-live="case:ID"
//     data-src="/c/case/ID/aside">: whenever the store hints that the case has
//     changed, its inside is replaced by what GET data-src returns. That handler
//     shows a template without top and end. Topics are chat:ID, chats (any
//     conversation), case:ID, cases (any case), update:ID (its deliveries) and
//     here:ID (who looks at a conversation).
//
// Every request under /c/ passes through here: who is signed in, whether the
// screen is locked, and that a POST comes from our own pages.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
	"workervoice/translations"
)

// OfficeConfig says what caseworkers' pages work with.
type OfficeConfig struct {
	Store    *store.Store
	Files    *store.Files
	Engine   *bot.Engine
	Texts    *translations.Catalog // what workers are told
	Channels []channels.Info
	Name     string // the public name
	Public   string // the address of the site; empty if it has none
	Secure   bool   // the site is reached by https only: cookies are sent over nothing else
	Log      *slog.Logger
	Now      func() time.Time // time.Now if nil
}

// who may come to a page.
type who int

const (
	anyone      who = iota // nobody need be signed in; v.Me is empty
	person                 // whoever is signed in
	staff                  // caseworkers and supervisors
	supervisors            // supervisors
)

func (w who) lets(r cases.Role) bool {
	switch w {
	case staff:
		return r == cases.Helper || r == cases.Supervisor
	case supervisors:
		return r == cases.Supervisor
	}
	return true
}

// A route is one thing that is served.
type route struct {
	pattern string
	who     who
	handler func(*visit) error
}

var routes []route

// serve adds a page. It is called by the init of the file that holds it.
func serve(pattern string, w who, handler func(*visit) error) {
	routes = append(routes, route{pattern, w, handler})
}

// An Office is the caseworkers' side.
type Office struct {
	OfficeConfig
	mux   *http.ServeMux
	live  *exchange
	rows  shelf[convKey]
	lines shelf[lineKey]
	table shelf[tableKey]
	forms shelf[spelledKey]

	pieces shelf[flatKey]
}

// officePolicy allows the pages their own files, and what they record or open
// themselves.
const officePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// NewOffice serves everything under /c/. It must be closed.
func NewOffice(c OfficeConfig) *Office {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	o := &Office{OfficeConfig: c, mux: http.NewServeMux()}
	o.live = newExchange(c.Store, c.Log, c.Now)
	for _, r := range routes {
		o.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { o.visit(w, q, r) })
	}
	return o
}

// Close ends the pages that would go on for ever.
func (o *Office) Close() error { o.live.close(); return nil }

var sameOrigin = http.NewCrossOriginProtection()

// ServeHTTP implements [http.Handler].
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	channels.Guard(h, officePolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), payment=(), usb=()")
	if o.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if err := sameOrigin.Check(r); err != nil {
		http.Error(w, "this came from another site", http.StatusForbidden)
		return
	}
	o.mux.ServeHTTP(w, r)
}

// A visit is one request, by somebody or by nobody yet.
type visit struct {
	*Office
	W       http.ResponseWriter
	R       *http.Request
	Me      store.Signed // who is signed in
	Lang    string       // of the page
	Area    string       // the Key of the item in the rail that is current
	Title   string
	Status  int // of the answer, 200 if zero
	Ref     string
	token   string
	noted   func() error  // keeps the notes of what the page has looked at
	counted *store.Counts // once they were read; the next three likewise

	presses  *store.Pressing
	inViews  map[store.View]int64
	inStatus map[cases.Status]int64
}

// visit answers one request.
func (o *Office) visit(w http.ResponseWriter, r *http.Request, p route) {
	v := &visit{Office: o, W: w, R: r, Lang: "en", noted: func() error { return nil }}
	if r.Method == http.MethodGet {
		v.gather()
	}
	v.Lang = v.guessLang()
	if err := v.enter(p); err != nil {
		v.fail(err)
	}
}

// errAsk means that whoever asks must sign in or unlock first.
var errAsk = errors.New("console: not signed in")

// enter lets in who may come, and carries out the page.
func (v *visit) enter(p route) error {
	v.token = v.cookie(sessionCookie)
	if v.token != "" {
		me, err := v.Store.Signed(v.R.Context(), v.token)
		switch {
		case err == nil:
			v.Me = me
			if wordsOf[me.Lang] != nil {
				v.Lang = me.Lang
			}
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	if p.who == anyone {
		return p.handler(v)
	}
	if v.Me.ID == "" || v.Me.Locked {
		return errAsk
	}
	if !p.who.lets(v.Me.Role) {
		return store.ErrDenied
	}
	if !v.Auto() {
		if err := v.Store.Active(v.R.Context(), v.Me, v.token); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return p.handler(v)
}

// By returns who acts.
func (v *visit) By() cases.Caseworker { return v.Me.Caseworker }

// Ctx is the context of the request.
func (v *visit) Ctx() context.Context { return v.R.Context() }

// Supervises reports whether the person is a supervisor.
func (v *visit) Supervises() bool { return v.Me.Role == cases.Supervisor }

// Auto reports whether the page asked by itself: nobody did anything.
func (v *visit) Auto() bool { return v.R.Header.Get("X-Auto") != "" }

// fail answers with what went wrong, in words.
func (v *visit) fail(err error) {
	var wait store.TooMany
	switch {
	case errors.Is(err, errAsk):
		v.ask()
		return
	case v.R.Context().Err() != nil:
		return // whoever asked has gone, however the store puts that
	case errors.As(err, &wait):
		v.Status, v.Title = http.StatusTooManyRequests, v.T("fail.wait", "Count", int(wait.Wait/time.Minute)+1)
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrDenied):
		v.Status, v.Title = http.StatusNotFound, v.T("fail.nothing")
	case errors.Is(err, store.ErrStale):
		v.Status, v.Title = http.StatusConflict, v.T("fail.stale")
	default:
		v.Status, v.Title = http.StatusInternalServerError, v.T("fail.ours")
		v.Ref = fmt.Sprintf("%04x-%04x", rand.N(1<<16), rand.N(1<<16))
		v.Log.Error("console: a page failed", "ref", v.Ref, "page", v.R.Pattern, "err", err)
	}
	if e := v.Show("fail", struct{ *visit }{v}); e != nil {
		v.Log.Error("console: a page cannot be shown", "page", "fail", "err", e)
		http.Error(v.W, v.Title, v.Status)
	}
}

// ask sends a person to the page where they sign in or unlock, and back. A
// fragment or a form of a page that is open is answered 401: its script goes there.
func (v *visit) ask() {
	to := "/c/sign-in"
	if v.Me.ID != "" {
		to = "/c/locked"
	}
	if v.Auto() || v.R.Header.Get("X-Fetch") != "" {
		v.W.Header().Set("X-Go", to)
		http.Error(v.W, "sign in again", http.StatusUnauthorized)
		return
	}
	if v.R.Method == http.MethodGet && v.R.URL.Path != "/c/" {
		to += "?to=" + url.QueryEscape(v.R.URL.RequestURI())
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
}

// sheets are what pages are written on: one that has to grow is dear.
var sheets = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Show answers with a template.
func (v *visit) Show(name string, data any) error {
	b := sheets.Get().(*bytes.Buffer)
	defer sheets.Put(b)
	b.Reset()
	kept := v.noteBeside()
	err := officePages[v.Lang]().ExecuteTemplate(b, name, data)
	if err := errors.Join(err, kept()); err != nil {
		return err
	}
	if v.Status == 0 {
		v.Status = http.StatusOK
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(v.W, v.R, v.Status, b.Bytes(), zipOnce(v.R, b.Bytes()))
	return nil
}

// Redirect answers a form: did, if not empty, names the words that the page
// that follows shows.
func (v *visit) Redirect(to, did string) error {
	if did != "" {
		sep := "?"
		if strings.Contains(to, "?") {
			sep = "&"
		}
		to += sep + "did=" + url.QueryEscape(did)
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// Did returns the words about what was just done, if any.
func (v *visit) Did() string {
	key := "did." + v.R.URL.Query().Get("did")
	if key == "did." || !hasWord(key) {
		return ""
	}
	return v.T(key)
}
