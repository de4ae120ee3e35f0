// Package console serves what people open in a browser, besides the workers'
// chat: here the pages that anybody may see. These are the landing page behind
// a mobilizer's link with its code to scan, and the start page for whoever
// runs the program.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"workervoice/channels"
)

// Config says what the pages show.
type Config struct {
	Name   string // the public name, which must be harmless; "Golden Friend" if empty
	Public string // the address of the site, such as "https://friend.example"; empty if it has none

	// Local says that requests reach the program from this machine alone even
	// where they seem to come from another, as in a container whose port is
	// published on the loopback address. The start page is then shown to
	// whoever asks for localhost.
	Local bool

	Links     []channels.Linker // in the order in which workers are offered them
	Texts     func(lang, key string) string
	Languages []string

	// Link returns the language of a mobilizer's link, which may be empty, and
	// whether there is one with this code.
	Link func(ctx context.Context, code string) (lang string, ok bool, err error)

	// Opened counts that a known link was opened. Nothing else of who opened
	// it is passed on. It may be nil.
	Opened func(ctx context.Context, code string)

	// Status returns what the start page shows.
	Status func(ctx context.Context) (Status, error)

	Log *slog.Logger // slog.Default if nil
}

// Status is what whoever runs the program sees of it: counts, and never a
// case, a name or words.
type Status struct {
	Channels []ChannelStatus
	Counts   []Count
}

// A ChannelStatus says how a channel does.
type ChannelStatus struct {
	ID       channels.ID
	Platform channels.Platform
	Runs     bool
	Note     string // what the operator should do, in plain words; without secrets
}

// A Count is one figure of the start page.
type Count struct {
	Key string // of its words
	N   int64
}

// policy allows the pages nothing but their own style and pictures.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type server struct{ Config }

// Handler serves
//
//	GET /             the start page, or for strangers the way to the chat
//	GET /j/CODE       the landing page of a link
//	GET /j/CODE.svg   its address as a code to scan, for print
//	GET /j/CODE.png   the same for sharing in chats; size= says how many points wide
//	GET /a/FILE       what the pages are made of
//
// It logs no address. Texts, Languages, Link and Status must be set.
func Handler(c Config) http.Handler {
	if c.Name == "" {
		c.Name = "Golden Friend"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Public = strings.TrimRight(c.Public, "/")
	s := &server{c}
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", s.start)
	m.HandleFunc("GET /j/{code}", s.join)
	m.HandleFunc("GET /a/{name}", static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		channels.Guard(h, policy)
		h.Set("Referrer-Policy", "no-referrer")
		m.ServeHTTP(w, r)
	})
}

// speaks reports whether the pages have the language.
func (s *server) speaks(lang string) bool { return slices.Contains(s.Languages, lang) }

// lang is the language of a page for r: the one chosen on it, that of the
// link, else the first of the browser's that we speak.
func (s *server) lang(r *http.Request, link string) string {
	for _, l := range []string{r.FormValue("l"), link} {
		if s.speaks(l) {
			return l
		}
	}
	tags, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")) // none of what cannot be read
	for _, t := range tags {
		if b, _ := t.Base(); s.speaks(b.String()) {
			return b.String()
		}
	}
	if s.speaks("en") {
		return "en"
	}
	return s.Languages[0]
}

// site is the address of the site as r reached it, or as it is configured.
func (s *server) site(r *http.Request) string {
	switch {
	case s.Public != "":
		return s.Public
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
