package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"workervoice/channels"
)

// codes are those of links. 64 characters is the most that Telegram brings along.
var codes = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// previews are programs that open links before people do: they are not counted.
var previews = regexp.MustCompile(`(?i)bot\b|bot/|crawl|spider|preview|facebookexternalhit|^WhatsApp/|line-poker|skypeuri`)

// A landing is what the landing page shows.
type landing struct {
	page
	Code    string // short enough to say aloud; empty where it is not known
	Ways    []way
	Choices []choice
}

// A way leads to one of the channels.
type way struct {
	Platform channels.Platform
	Href     string
}

// A choice is another language of the page.
type choice struct {
	Lang string
	Here bool
}

// join serves a link's landing page and its code to scan.
func (s *server) join(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("code")
	code, kind, _ := strings.Cut(name, ".")
	if !codes.MatchString(code) {
		http.NotFound(w, r)
		return
	}
	switch kind {
	case "svg":
		b, err := QR(s.site(r) + "/j/" + code)
		s.picture(w, r, "image/svg+xml", b, err)
	case "png":
		size := 512
		if n, err := strconv.Atoi(r.FormValue("size")); err == nil {
			size = n
		}
		b, err := PNG(s.site(r)+"/j/"+code, size)
		s.picture(w, r, "image/png", b, err)
	case "":
		s.land(w, r, code)
	default:
		http.NotFound(w, r)
	}
}

// picture answers with a code to scan.
func (s *server) picture(w http.ResponseWriter, r *http.Request, mt string, b []byte, err error) {
	if err != nil {
		http.Error(w, "this size cannot be drawn", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", mt)
	if s.Public != "" {
		w.Header().Set("Cache-Control", "public, max-age=86400") // it only depends on the address
	}
	send(w, r, http.StatusOK, b, nil)
}

// land shows the way to the chat, in the language of the link. Whoever has a
// link that is not known, or comes while that cannot be told, gets there, too.
func (s *server) land(w http.ResponseWriter, r *http.Request, code string) {
	lang, ok, err := s.Link(r.Context(), code)
	if err != nil {
		s.Log.Error("console: a link cannot be looked up", "err", err)
	}
	if ok && s.Opened != nil && counts(r) {
		s.Opened(r.Context(), code)
	}
	v := s.landing(r, lang)
	carry := code
	if ok {
		v.Code = code
	} else if err == nil {
		carry = ""
	}
	v.Ways = s.ways(carry, v.Lang)
	s.show(w, r, http.StatusOK, "landing", v)
}

// landing returns a landing page without ways.
func (s *server) landing(r *http.Request, lang string) landing {
	v := landing{page: s.page(r, lang)}
	if len(s.Languages) > 1 {
		for _, l := range s.Languages {
			v.Choices = append(v.Choices, choice{l, l == v.Lang})
		}
	}
	return v
}

// counts reports whether r is a person who opens a page.
func counts(r *http.Request) bool {
	return r.Method == http.MethodGet && r.FormValue("l") == "" && // a change of the language is no further opening
		!strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch") &&
		!previews.MatchString(r.UserAgent())
}

// ways returns the channels that can be opened, with the code to bring along.
func (s *server) ways(code, lang string) (ws []way) {
	for _, l := range s.Links {
		href, p := l.Link(code), l.Info().Platform
		if href == "" {
			continue // the platform has not told its name yet
		}
		if p == channels.Web && code != "" {
			href += "?l=" + url.QueryEscape(lang)
		}
		ws = append(ws, way{p, href})
	}
	return ws
}
