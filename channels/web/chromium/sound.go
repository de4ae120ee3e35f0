//go:build browser

package chromium

import (
	_ "embed"
	"os"
	"strings"
)

//go:embed sound.js
var checks string

const axe = `axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + (n.failureSummary || '').split('\n').slice(1, 2)).slice(0, 4).join(' | ')).join('\n'))`

// Judged returns what keeps people from using the page that is shown: too little
// contrast, what can be pressed and has no name or is too small, letters marked
// as another language's or with too little room, headings out of order, what
// scrolls sideways; and what axe-core finds, where AXE says where it is.
func (w *Window) Judged() []string {
	w.Helper()
	found := Eval[[]string](w, checks)
	file := os.Getenv("AXE")
	if file == "" {
		return found
	}
	script, err := os.ReadFile(file)
	if err != nil {
		w.Fatal("AXE must name axe.min.js of axe-core: ", err)
	}
	w.Do(string(script))
	for f := range strings.SplitSeq(Eval[string](w, axe), "\n") {
		if f != "" {
			found = append(found, "axe: "+f)
		}
	}
	return found
}

// Sound fails the test for everything in Judged. Name says which page it is.
func (w *Window) Sound(name string) {
	w.Helper()
	for _, f := range w.Judged() {
		w.Errorf("%s: %s", name, f)
	}
}
