//go:build browser

package console

import (
	"net/url"

	"workervoice/channels/web/chromium"
)

// How most tests look at the console.
var (
	wide   = chromium.Look{Width: 1440, Height: 900}
	narrow = chromium.Look{Width: 390, Height: 844}
)

// screen opens a window of a real Chromium (go test -tags browser), signed in as
// somebody unless c is nil.
func (h *house) screen(c *colleague, look chromium.Look) *chromium.Window {
	h.Helper()
	w := chromium.Open(h.TB, h.url, look)
	w.More = h.log.String
	if c != nil {
		u, err := url.Parse(h.url)
		h.must(err)
		w.Who = c.login
		w.Carry(c.jar.Cookies(u))
	}
	return w
}
