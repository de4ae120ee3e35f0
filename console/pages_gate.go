package console

import (
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

func init() {
	serve("GET /c/sign-in", anyone, signIn)
	serve("POST /c/sign-in", anyone, givePassword)
	serve("GET /c/code", anyone, func(v *visit) error { return v.gate("code", "") })
	serve("POST /c/code", anyone, giveCode)
	serve("GET /c/invite", anyone, func(v *visit) error { return v.gate("invite", "") })
	serve("POST /c/invite", anyone, exchangeInvite)
	serve("GET /c/join", anyone, joinPage)
	serve("POST /c/join", anyone, joinWho)
	serve("POST /c/join/code", anyone, joinCode)
	serve("GET /c/locked", anyone, locked)
	serve("POST /c/locked", anyone, unlock)
	serve("POST /c/lock", person, lockNow)
	serve("POST /c/sign-out", anyone, signOut)
	serve("POST /c/language", anyone, chooseLanguage)
}

// A gated is a page on the way in.
type gated struct {
	*visit
	Step     string // of the template
	Wrong    string // key of what is wrong
	Wait     int    // minutes
	To       string // where to go then
	Login    string
	Person   cases.Person
	QR       template.HTML
	Secret   string
	Link     template.URL // opens an app on the same phone
	Recovery []string
	Known    bool // somebody is signed in
}

// gate shows a step on the way in, with what was wrong.
func (v *visit) gate(step, wrong string) error {
	return v.gateWith(gated{Step: step, Wrong: wrong})
}

func (v *visit) gateWith(g gated) error {
	g.visit = v
	if g.To = safePath(v.R.FormValue("to")); g.Wrong != "" && v.Status == 0 {
		v.Status = http.StatusUnprocessableEntity
	}
	v.Title = v.T("gate." + g.Step)
	return v.Show("gate", g)
}

// safePath returns a path of ours, or "".
func safePath(to string) string {
	if strings.HasPrefix(to, "/c/") && !strings.HasPrefix(to, "/c/sign") && !strings.ContainsAny(to, "\\\r\n") && len(to) < 500 {
		return to
	}
	return ""
}

func home(to string) string {
	if to = safePath(to); to == "" {
		return "/c/"
	}
	return to
}

// attempt says where somebody tries to come in.
func (v *visit) attempt() store.Attempt {
	return store.Attempt{Address: addressOf(v.R), Known: v.cookie(deviceCookie), Device: deviceOf(v.R.UserAgent())}
}

// addressOf returns the network that a request comes from: the address, and of
// IPv6 its first half, which one household has to itself. Behind a proxy on
// this machine it is the address that the proxy noted last.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "?"
	}
	if a = a.Unmap(); a.IsLoopback() || a.IsPrivate() {
		all := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if b, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			a = b.Unmap()
		}
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

var (
	browsers = regexp.MustCompile(`(Edg|OPR|SamsungBrowser|Firefox|Chrome|Safari)`)
	systems  = regexp.MustCompile(`(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)`)
)

// deviceOf returns what to call a browser in a list, and no more of it than that.
func deviceOf(agent string) string {
	b, s := browsers.FindString(agent), systems.FindString(agent)
	b = strings.NewReplacer("Edg", "Edge", "OPR", "Opera", "SamsungBrowser", "Samsung").Replace(b)
	if strings.Contains(agent, "Edg") {
		b = "Edge"
	}
	s = strings.NewReplacer("Mac OS X", "Mac", "CrOS", "Chromebook").Replace(s)
	return strings.Trim(b+", "+s, ", ")
}

func signIn(v *visit) error {
	if v.Me.ID != "" && !v.Me.Locked {
		return v.Redirect(home(v.R.FormValue("to")), "")
	}
	return v.gate("signin", "")
}

// wrongOf returns the words for what went wrong at a gate, or an error that is
// none of the person's doing.
func wrongOf(err error, denied string) (string, int, error) {
	var wait store.TooMany
	switch {
	case err == nil:
		return "", 0, nil
	case errors.As(err, &wait):
		return "gate.wait", int(wait.Wait/time.Minute) + 1, nil
	case errors.Is(err, store.ErrDenied):
		return denied, 0, nil
	case errors.Is(err, store.ErrNotFound):
		return "gate.over", 0, nil
	}
	return "", 0, err
}

func givePassword(v *visit) error {
	login := v.R.PostFormValue("login")
	half, err := v.Store.SignIn(v.Ctx(), login, v.R.PostFormValue("password"), v.attempt())
	if wrong, wait, err := wrongOf(err, "gate.wrong_password"); err != nil {
		return err
	} else if wrong != "" {
		return v.gateWith(gated{Step: "signin", Wrong: wrong, Wait: wait, Login: login})
	}
	v.setCookie(halfCookie, half, 0)
	to := "/c/code"
	if t := safePath(v.R.PostFormValue("to")); t != "" {
		to += "?to=" + template.URLQueryEscaper(t)
	}
	return v.Redirect(to, "")
}

func giveCode(v *visit) error {
	own := v.R.PostFormValue("own") != ""
	token, known, err := v.Store.Confirm(v.Ctx(), v.cookie(halfCookie), v.R.PostFormValue("code"), own, v.attempt())
	if errors.Is(err, store.ErrNotFound) {
		return v.gate("signin", "gate.over")
	}
	if wrong, wait, err := wrongOf(err, "gate.wrong_code"); err != nil {
		return err
	} else if wrong != "" {
		return v.gateWith(gated{Step: "code", Wrong: wrong, Wait: wait})
	}
	seconds := 0
	if own {
		seconds = int((12 * time.Hour).Seconds())
	}
	v.setCookie(halfCookie, "", -1)
	v.setCookie(sessionCookie, token, seconds)
	v.setCookie(deviceCookie, known, int((180 * 24 * time.Hour).Seconds()))
	return v.Redirect(home(v.R.PostFormValue("to")), "")
}

// exchangeInvite takes the secret of an invitation. The page has read it from
// behind the # of the address, which browsers send nowhere, and has taken it
// off the address already.
func exchangeInvite(v *visit) error {
	token, err := v.Store.Exchange(v.Ctx(), strings.TrimSpace(v.R.PostFormValue("token")))
	if errors.Is(err, store.ErrNotFound) {
		return v.gate("invite", "gate.invite_over")
	}
	if err != nil {
		return err
	}
	v.setCookie(joinCookie, token, int((30 * time.Minute).Seconds()))
	return v.Redirect("/c/join", "")
}

// joinPage shows what of an account is still to be set up.
func joinPage(v *visit) error { return v.joining("") }

func (v *visit) joining(wrong string) error {
	p, secret, chosen, err := v.Store.Joining(v.Ctx(), v.cookie(joinCookie))
	if errors.Is(err, store.ErrNotFound) {
		return v.gate("invite", "gate.invite_over")
	}
	if err != nil {
		return err
	}
	g := gated{Step: "join", Wrong: wrong, Person: p}
	if chosen && v.R.URL.Query().Get("again") == "" && wrong != "gate.weak" && wrong != "gate.name" && wrong != "gate.differ" {
		qr, err := QR(store.SecretLink(secret, v.Name, p.Login))
		if err != nil {
			return err
		}
		g.Step, g.QR, g.Secret = "app", template.HTML(qr), grouped(store.SecretText(secret)) //nolint:gosec // made by QR
		g.Link = template.URL(store.SecretLink(secret, v.Name, p.Login))                     //nolint:gosec // made here
	}
	return v.gateWith(g)
}

// grouped writes a secret so that it can be typed.
func grouped(s string) string {
	var out []string
	for c := range slices.Chunk([]byte(s), 4) {
		out = append(out, string(c))
	}
	return strings.Join(out, " ")
}

func joinWho(v *visit) error {
	who, _, _, err := v.Store.Joining(v.Ctx(), v.cookie(joinCookie))
	if errors.Is(err, store.ErrNotFound) {
		return v.gate("invite", "gate.invite_over")
	}
	if err != nil {
		return err
	}
	p := v.described(who)
	plain := v.R.PostFormValue("password")
	switch {
	case p.Name == "":
		return v.joining("gate.name")
	case !store.GoodPassword(plain, who.Login):
		return v.joining("gate.weak")
	case plain != v.R.PostFormValue("again"):
		return v.joining("gate.differ")
	}
	if err := v.Store.Choose(v.Ctx(), v.cookie(joinCookie), p, plain); err != nil {
		return err
	}
	return v.Redirect("/c/join", "")
}

// described takes what a person says of themselves from a form.
func (v *visit) described(p cases.Person) cases.Person {
	p.Name = strings.TrimSpace(v.R.PostFormValue("name"))
	if r := []rune(p.Name); len(r) > 60 {
		p.Name = string(r[:60])
	}
	if l := v.R.PostFormValue("lang"); slices.Contains(consoleLanguages, l) {
		p.Lang = l
	}
	if z := v.R.PostFormValue("zone"); z != "" {
		if _, err := time.LoadLocation(z); err == nil {
			p.Zone = z
		}
	}
	p.Langs = nil
	for _, l := range v.R.PostForm["speaks"] {
		if slices.Contains(consoleLanguages, l) {
			p.Langs = append(p.Langs, l)
		}
	}
	return p
}

func joinCode(v *visit) error {
	recovery, err := v.Store.Join(v.Ctx(), v.cookie(joinCookie), v.R.PostFormValue("code"))
	if errors.Is(err, store.ErrNotFound) {
		return v.gate("invite", "gate.invite_over")
	}
	if wrong, _, err := wrongOf(err, "gate.wrong_code"); err != nil {
		return err
	} else if wrong != "" {
		return v.joining(wrong)
	}
	v.setCookie(joinCookie, "", -1)
	return v.gateWith(gated{Step: "recovery", Recovery: recovery})
}

func locked(v *visit) error {
	switch {
	case v.Me.ID == "":
		return v.Redirect("/c/sign-in", "")
	case !v.Me.Locked:
		return v.Redirect(home(v.R.FormValue("to")), "")
	}
	return v.gateWith(gated{Step: "locked", Known: true})
}

func unlock(v *visit) error {
	err := v.Store.Unlock(v.Ctx(), v.token, v.R.PostFormValue("code"))
	if errors.Is(err, store.ErrNotFound) {
		return v.Redirect("/c/sign-in", "")
	}
	if wrong, wait, err := wrongOf(err, "gate.wrong_code"); err != nil {
		return err
	} else if wrong != "" {
		return v.gateWith(gated{Step: "locked", Wrong: wrong, Wait: wait, Known: true})
	}
	return v.Redirect(home(v.R.PostFormValue("to")), "")
}

func lockNow(v *visit) error {
	if err := v.Store.Lock(v.Ctx(), v.token); err != nil {
		return err
	}
	return v.Redirect("/c/locked", "")
}

func signOut(v *visit) error {
	if err := v.Store.SignOut(v.Ctx(), v.token); err != nil {
		return err
	}
	v.setCookie(sessionCookie, "", -1)
	v.W.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return v.Redirect("/c/sign-in", "")
}

func chooseLanguage(v *visit) error {
	if l := v.R.PostFormValue("lang"); slices.Contains(consoleLanguages, l) {
		v.setCookie(langCookie, l, 365*24*3600)
	}
	at := v.R.PostFormValue("at")
	if !slices.Contains([]string{"sign-in", "code", "invite", "join", "locked"}, at) {
		at = "sign-in"
	}
	return v.Redirect("/c/"+at, "")
}
