package console

import (
	"net/url"
	"strings"
	"testing"

	"workervoice/cases"
)

// TestStanding has a supervisor say with whom the organisation may speak, and
// nobody else see it; what somebody else changed meanwhile is not lost.
func TestStanding(t *testing.T) {
	h := newHouse(t)
	sup := h.joins("sup@x", "Sup", "en", cases.Supervisor).signs()
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	if status, _ := nan.ask("GET", "/c/organisation", nil); status != 404 {
		t.Errorf("a caseworker sees it: %d", status)
	}
	if status, _ := nan.ask("POST", "/c/organisation", url.Values{"version": {"0"}}, "Sec-Fetch-Site", "same-origin"); status != 404 {
		t.Errorf("a caseworker sets it: %d", status)
	}
	sup.sees("/c/people", `href="/c/organisation"`)
	version := func() string {
		_, rest, _ := strings.Cut(sup.sees("/c/organisation", "With whom we may speak"), `name="version" value="`)
		v, _, _ := strings.Cut(rest, `"`)
		return v
	}
	was := version()
	form := url.Values{"version": {was}, "speaks": {"legal", "king", "employer"}, "employers": {"Golden  Prawn\r\n\r\nกุ้งทอง\nGolden Prawn\n"}, "conflicts": {" Silver Fish "}}
	body := sup.posts("/c/organisation", form, 200, "Saved.", "Golden Prawn\nกุ้งทอง</textarea>", "Silver Fish</textarea>")
	if n := strings.Count(body, " checked"); n != 2 {
		t.Errorf("%d counterparts are chosen, want 2", n)
	}
	o, err := h.s.Organisation(t.Context(), "home")
	h.must(err)
	if len(o.Speaks) != 2 || len(o.Employers) != 2 || len(o.Conflicts) != 1 || o.Name == "" {
		t.Errorf("what is kept is %+v", o)
	}
	sup.posts("/c/organisation", form, 409, "Somebody was faster")
	form.Set("version", version())
	form.Set("employers", strings.Repeat("x", longestName+1))
	sup.posts("/c/organisation", form, 422, "At most 200 names")
	form = url.Values{"version": {version()}}
	body = sup.posts("/c/organisation", form, 200, "Saved.")
	if strings.Contains(body, " checked") || strings.Contains(body, "Prawn") {
		t.Error("what was taken out is still there")
	}
	if o, err = h.s.Organisation(t.Context(), "home"); err != nil || len(o.Speaks)+len(o.Employers)+len(o.Conflicts) != 0 {
		t.Errorf("what is kept is %+v, %v", o, err)
	}
}
