package simulate

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
)

var (
	formTag   = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`<input\b[^>]*>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// attributes are those of a tag.
func attributes(tag string) map[string]string {
	as := make(map[string]string)
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		as[m[1]] = html.UnescapeString(m[2])
	}
	return as
}

// Form returns the address and the hidden fields of a form on the page: the
// first whose address ends so and whose hidden fields are as given.
func (d *Desk) Form(end string, with url.Values) (string, url.Values, bool) {
	for _, m := range formTag.FindAllStringSubmatch(d.Page, -1) {
		to := attributes(m[1])["action"]
		if !strings.HasSuffix(to, end) {
			continue
		}
		hidden := url.Values{}
		for _, tag := range inputTag.FindAllString(m[2], -1) {
			if as := attributes(tag); as["type"] == "hidden" {
				hidden.Add(as["name"], as["value"])
			}
		}
		if fits(hidden, with) {
			return to, hidden, true
		}
	}
	return "", nil, false
}

func fits(hidden, with url.Values) bool {
	for k := range with {
		if hidden.Has(k) && hidden.Get(k) != with.Get(k) {
			return false
		}
	}
	return true
}

// Fill sends a form of the page with more fields.
func (d *Desk) Fill(ctx context.Context, end string, fields url.Values) error {
	to, all, ok := d.Form(end, fields)
	if !ok {
		return fmt.Errorf("there is no form for %s on %s", end, d.Path)
	}
	for k, v := range fields {
		all[k] = v
	}
	return d.Post(ctx, to, all)
}

// Offers reports whether a form is on the page.
func (d *Desk) Offers(end string) bool {
	_, _, ok := d.Form(end, nil)
	return ok
}
