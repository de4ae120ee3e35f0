package flows

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"workervoice/cases"
)

// TestRefusals sees that every refusal has its sentence, and every sentence a
// refusal.
func TestRefusals(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	used, call := map[string]bool{}, regexp.MustCompile(`not(?:Now|Allowed)\("([^"]+)"`)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(b), -1) {
			if used[m[1]] = true; refusals[m[1]] == "" {
				t.Errorf("%s: refusals.tsv lacks %q", f.Name(), m[1])
			}
		}
	}
	for code := range refusals {
		if !used[code] {
			t.Errorf("nothing is refused with %q", code)
		}
	}
	if got := Why(notNow("issue_must", "Status", "plan", "From", "raised", "From", "responded")); got != "the issue is plan, and would have to be raised or responded" {
		t.Errorf("got %q", got)
	}
	if got := Why(notAllowed("for_others", roles([]cases.Role{cases.Supervisor, cases.Desk})...)); got != "it is for a supervisor or the network desk" {
		t.Errorf("got %q", got)
	}
}
