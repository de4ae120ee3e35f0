package console

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"workervoice/channels"
)

// A startPage is what whoever runs the program sees.
type startPage struct {
	page
	Status
	Chat string // where the web chat is; empty if there is none
	Down bool   // the status cannot be told
}

// Console is what the caseworkers' side is called.
func (p startPage) Console() string { return word(p.Lang, "shell.for_staff") }

// start shows the start page to whoever runs the program, and to anybody else
// no more than the way to the chat.
func (s *server) start(w http.ResponseWriter, r *http.Request) {
	if !s.operator(r) {
		v := s.landing(r, "")
		v.Ways = s.ways("", v.Lang)
		for _, y := range v.Ways {
			if y.Platform == channels.Web {
				v.Ways = []way{y}
				break
			}
		}
		s.show(w, r, http.StatusOK, "landing", v)
		return
	}
	v := startPage{page: s.page(r, "")}
	for _, y := range s.ways("", v.Lang) {
		if y.Platform == channels.Web {
			v.Chat = y.Href
		}
	}
	var err error
	if v.Status, err = s.Status(r.Context()); err != nil {
		s.Log.Error("console: the status cannot be read", "err", err)
		v.Down = true
	}
	s.show(w, r, http.StatusOK, "start", v)
}

// operator reports whether r comes from somebody at this machine. The name
// asked for must be this machine's, too, else any page on the internet could
// have a browser here ask for it; and there must be no proxy in between, which
// makes strangers seem to be here.
func (s *server) operator(r *http.Request) bool {
	if u, err := url.Parse(s.Public); err != nil || s.Public != "" && !loopback(u.Host) {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via", "Cf-Connecting-Ip"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	return loopback(r.Host) && (s.Local || loopback(r.RemoteAddr))
}

// loopback reports whether a host, with or without a port, is this machine.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}
