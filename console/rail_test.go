package console

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
)

var railNumber = regexp.MustCompile(`class="nav[^"]*" href="([^"]*)"[^>]*>(?:[^<]|<[^s]|<s[^p]|<span>)*<span class="n[^"]*">([^<]*)<`)

// rail returns the numbers in the rail of a page.
func (c *colleague) rail(path string) string {
	c.h.Helper()
	_, page, ok := strings.Cut(c.sees(path), `class="brand"`)
	if !ok {
		c.h.Fatalf("%s has no rail", path)
	}
	page, _, _ = strings.Cut(page, `class="flex1"`)
	var out []string
	for _, item := range strings.Split(page, "</a>") {
		if m := railNumber.FindStringSubmatch(item + "<"); m != nil {
			out = append(out, m[1]+" "+m[2])
		}
	}
	return strings.Join(out, ", ")
}

// TestRailCounts sees that every page's rail says what there is at that moment,
// whatever else the page counts, and nothing of another organisation's.
func TestRailCounts(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	other := h.joinsAt("union", "om@x", "Om").signs()
	pages := []string{"/c/", "/c/cases", "/c/urgent", "/c/overdue", "/c/today", "/c/me", "/c/rail"}
	all := func(who *colleague, want string) {
		t.Helper()
		for _, path := range pages {
			if got := who.rail(path); got != want {
				t.Errorf("the rail of %s says %q, want %q", path, got, want)
			}
		}
	}
	all(nan, "")
	for i := range 3 {
		id := cases.ID(fmt.Sprint("c", i))
		h.opens(id, "harm.hit", 1, "no")
		if i > 0 {
			_, err := h.s.Do(t.Context(), cases.Bot, cases.Entry{Case: id, Worker: member(id, 0), Kind: cases.Alerted, At: h.now(), Severity: cases.Danger})
			h.must(err)
		}
	}
	h.asks("66811111111", "my", "ကူညီပါ") // which opens a case too, a moment later
	h.until("a third urgent case", func() bool {
		p, err := h.s.Pressing(t.Context(), nan.person.Caseworker)
		h.must(err)
		return p.Urgent == 3
	})
	all(nan, "/c/ 1, /c/urgent 3")
	nan.posts("/c/case/c1/do/take", nan.form(nan.sees("/c/urgent"), "/c/case/c1/do/take"), 200, "Done.")
	all(nan, "/c/ 1, /c/urgent 2")
	h.pass(6 * 24 * time.Hour)
	nan.signs()
	all(nan, "/c/ 1, /c/urgent 2, /c/overdue 4")
	other.signs()
	all(other, "")
}
