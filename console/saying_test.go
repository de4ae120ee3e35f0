package console

import (
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// TestSayings has every text of the console say with values what its template
// says with them, whatever is counted.
func TestSayings(t *testing.T) {
	said := 0
	for _, lang := range consoleLanguages {
		w := wordsOf[lang]
		for key, m := range w.known {
			names, _ := parted(m.Other + m.One)
			for _, count := range []int{0, 1, 2, 3, 11, 21, 100, 1000000} {
				values, data := []any{"Count", count}, map[string]any{"Count": count}
				for i, name := range names.values {
					if name != "Count" {
						x := []any{"<b>&\"", 7 + i, int64(8), 2.5}[i%4]
						values, data[name] = append(values, name, x), x
					}
				}
				c := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
				if m.One != "" {
					c.PluralCount = count
				}
				want, err := w.local.Localize(c)
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := w.cut[key].say(w.tag, values); !ok || got != want {
					t.Errorf("%s %s of %d says %q (%v), and its template %q", lang, key, count, got, ok, want)
				}
				if len(names.values) > 0 {
					said++
				}
			}
		}
	}
	if said < 1000 {
		t.Errorf("%d texts with values were compared", said)
	}
}

// TestSayingsLeft leaves to the template what holds more than values, what lacks
// one, and what is counted in parts.
func TestSayingsLeft(t *testing.T) {
	if _, ok := parted("{{if .Name}}you{{end}}"); ok {
		t.Error("a condition passes for a value")
	}
	some := sayings(map[string]*i18n.Message{"days": {ID: "days", One: "a day", Other: "{{.Count}} days of {{.Of}}"}})["days"]
	for _, values := range [][]any{{"Of", "7"}, {"Count", 3}, {"Count", 1.5, "Of", "7"}, nil} {
		if said, ok := some.say(wordsOf["en"].tag, values); ok {
			t.Errorf("%v says %q", values, said)
		}
	}
	if said, ok := some.say(wordsOf["en"].tag, []any{"Count", 3, "Of", "7"}); said != "3 days of 7" || !ok {
		t.Errorf("says %q", said)
	}
}
