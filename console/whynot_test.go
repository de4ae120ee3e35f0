package console

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"workervoice/cases"
	"workervoice/flows"
)

// TestWhyNot sees that whatever is refused can be said in every language, with
// the same in it.
func TestWhyNot(t *testing.T) {
	braces := regexp.MustCompile(`\{(\w+)\}`)
	for code, sentence := range flows.Refusals() {
		for _, lang := range consoleLanguages {
			m := wordsOf[lang].known["why."+code]
			if m == nil {
				t.Errorf("%s: there is no why.%s", lang, code)
				continue
			}
			for _, name := range braces.FindAllStringSubmatch(sentence, -1) {
				if !strings.Contains(m.Other, "{{."+name[1]+"}}") {
					t.Errorf("%s: why.%s lacks %s", lang, code, name[1])
				}
				if refusalWords[name[1]] == "" {
					t.Errorf("nobody knows the words for %s", name[1])
				}
			}
		}
	}
	for _, r := range []cases.Role{cases.System, cases.Worker, cases.Helper, cases.Supervisor, cases.Desk, cases.Partner} {
		if !hasWord("role." + string(r)) {
			t.Errorf("there is no role.%s", r)
		}
	}
	for _, s := range flows.Statuses() {
		if !hasWord("st." + string(s)) {
			t.Errorf("there is no st.%s", s)
		}
	}
	c, _, err := flows.Advance(cases.Case{}, nil, cases.Entry{Case: "c", Kind: cases.Opened, Key: "k", Worker: "w", Role: cases.Worker,
		Report: &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = flows.Advance(c, nil, cases.Entry{Case: "c", Kind: cases.Planned, Issue: "pay.late", Role: cases.Helper, Text: "x"})
	v := &visit{Lang: "th"}
	if got := v.whyNot(fmt.Errorf("console: %w", err)); !strings.HasPrefix(got, "ปัญหานี้อยู่ที่: ได้รับแล้ว") || strings.Contains(got, "st.") {
		t.Errorf("got %q for %v", got, err)
	}
	if got := v.whyNot(errors.New("no refusal")); got != "" {
		t.Errorf("got %q", got)
	}
}
