package channels

import "net/http"

// Guard sets the headers that every page we serve has, whoever it is for: what
// it may load, and that it is neither kept, indexed nor taken for another type,
// and shares no window with another site. What else a page says of itself, such
// as where it may be reached from, its server adds.
func Guard(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
