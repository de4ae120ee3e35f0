package console

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSettled sees that every language's pages can be made, and that what is
// put into them beforehand stands where escaping it as text is right: in text
// or in a quoted attribute that holds no address, script or style.
func TestSettled(t *testing.T) {
	for _, lang := range consoleLanguages {
		if _, err := loadOffice(lang); err != nil {
			t.Errorf("%s: %v", lang, err)
		}
	}
	if got := settle("en", `<p title="{{$v.T "no <\"> such"}}">{{.T "no.such"}}{{icon "tick" true}}</p>`); got != `<p title="{{$v.T "no <\"> such"}}">no.such<svg class="i s" aria-hidden="true"><use href="#i-tick"/></svg></p>` {
		t.Errorf("got %s", got)
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	n, owner := 0, regexp.MustCompile(`([a-z-]+)="[^"]*$`)
	for _, name := range names {
		if slices.Contains(publicFiles, name) {
			continue
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		source := string(b)
		for _, at := range fixed.FindAllStringIndex(source, -1) {
			n++
			before := regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(source[:at[0]], "") // an action may hold quotes
			tag := before[strings.LastIndexAny(before, "<>")+1:]
			if in := strings.LastIndexAny(before, "<>"); in < 0 || before[in] == '>' || strings.HasPrefix(source[at[0]:], "{{asset ") {
				continue
			}
			if m := owner.FindStringSubmatch(tag); m == nil || slices.Contains([]string{"href", "src", "action", "style", "srcset"}, m[1]) || strings.HasPrefix(m[1], "on") {
				t.Errorf("%s: %s stands where it must not: …%s", name, source[at[0]:at[1]], tag)
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d are settled", n)
	}
}
