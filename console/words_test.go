package console

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// reviewed reads how far each area was translated and read.
func reviewed(t *testing.T) map[string]string {
	t.Helper()
	b, err := wordFiles.ReadFile("texts/review.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 4 || !slices.Contains([]string{"missing", "draft", "checked"}, f[2]) {
			t.Fatalf("review.tsv: %q must be an area, a language, missing, draft or checked, and a note", line)
		}
		out[f[0]+" "+f[1]] = f[2]
	}
	return out
}

// wordsIn returns the texts of an area in a language: none if there is no file.
func wordsIn(t *testing.T, area, lang string) map[string]string {
	t.Helper()
	b, err := wordFiles.ReadFile("texts/" + area + "." + lang + ".toml")
	if err != nil {
		return nil
	}
	f, err := i18n.ParseMessageFileBytes(b, area+"."+lang+".toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range f.Messages {
		out[m.ID] = m.Other
	}
	return out
}

// TestWords checks that every area that is not said to be missing has every
// text, with the same values, and that pages use no text that there is not.
func TestWords(t *testing.T) {
	values := regexp.MustCompile(`\{\{\.(\w+)\}\}`)
	of := func(s string) string {
		m := values.FindAllString(s, -1)
		slices.Sort(m)
		return strings.Join(slices.Compact(m), " ")
	}
	states := reviewed(t)
	areas, err := fs.Glob(wordFiles, "texts/*.en.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range areas {
		area := strings.TrimSuffix(strings.TrimPrefix(name, "texts/"), ".en.toml")
		en := wordsIn(t, area, "en")
		for _, lang := range consoleLanguages[1:] {
			has := wordsIn(t, area, lang)
			switch state := states[area+" "+lang]; {
			case state == "":
				t.Errorf("review.tsv does not say how %s stands in %s: add a line, missing or draft", area, lang)
			case state == "missing" && len(has) > 0:
				t.Errorf("review.tsv says that %s is missing in %s: it is a draft", area, lang)
			case state == "missing":
				continue
			}
			for key, text := range en {
				if m, ok := has[key]; !ok {
					t.Errorf("%s.%s.toml lacks %q", area, lang, key)
				} else if of(m) != of(text) {
					t.Errorf("%s: %q has the values %q, the English has %q", lang, key, of(m), of(text))
				}
			}
			for key := range has {
				if _, ok := en[key]; !ok {
					t.Errorf("%s.%s.toml has %q, which English lacks", area, lang, key)
				}
			}
		}
	}
	used := regexp.MustCompile(`\.T "([a-z0-9_.]+)"`)
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		if strings.HasSuffix(name, "landing.html") || strings.HasSuffix(name, "start.html") {
			continue // which have the workers' words
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllSubmatch(b, -1) {
			if n++; !hasWord(string(m[1])) {
				t.Errorf("%s uses %q, which is no text", name, m[1])
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d texts are used", n)
	}
}

func TestPlurals(t *testing.T) {
	for n, want := range map[int]string{1: "1 person", 3: "3 people"} {
		if got := word("en", "people.all", "Count", n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
