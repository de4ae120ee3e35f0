package console

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"workervoice/cases"
)

// TestNarrowedStays fetches lists again as the page's script does: they show
// the box and the language that the person chose, and so does what they lead to.
func TestNarrowedStays(t *testing.T) {
	h := newHouse(t)
	h.asks("66812345678", "my", "လစာ မရဘူး")
	c := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	source := regexp.MustCompile(`data-src="(/c/(?:chats|cases/list)\?[^"]*)"`)
	for path, want := range map[string][]string{
		"/c/?box=all&lang=my":              {`aria-current="true">All`, `value="my" selected`, "?box=all&amp;lang=my"},
		"/c/cases?view=all&severity=1":     nil,
		"/c/?box=overdue&channel=whatsapp": nil,
	} {
		page := c.sees(path)
		m := source.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s is not fetched again", path)
		}
		_, query, _ := strings.Cut(path, "?")
		for _, kept := range strings.Split(query, "&") {
			if !strings.Contains(html.UnescapeString(m[1]), kept) {
				t.Errorf("%s is fetched again at %s: %s is lost", path, m[1], kept)
			}
		}
		again := c.sees(html.UnescapeString(m[1]))
		for _, w := range want {
			if !strings.Contains(again, w) {
				t.Errorf("%s fetched again lacks %s", path, w)
			}
		}
	}
}
