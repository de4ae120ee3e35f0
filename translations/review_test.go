package translations

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// Every text has its line in review.LANG.tsv, made from the English and the
// text of today, or is marked stale. UPDATE=1 brings the files up to date: new
// and changed texts become drafts, texts whose English alone changed stale.
// To say that a text still fits its changed English, delete its line first.
func TestReviewIsUpToDate(t *testing.T) {
	c := mustLoad(t)
	for _, lang := range languages {
		if lang == English {
			continue
		}
		file := "review." + lang + ".tsv"
		have, err := os.ReadFile(file)
		if err != nil && os.Getenv("UPDATE") == "" {
			t.Fatal(err)
		}
		want := refreshed(c, lang, string(have))
		if want == string(have) {
			continue
		}
		if os.Getenv("UPDATE") == "" {
			t.Errorf("%s is out of date: run UPDATE=1 go test ./translations and commit it", file)
			continue
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// refreshed returns what a review file should be, given what it is.
func refreshed(c *Catalog, lang, file string) string {
	old := make(map[string][]string)
	for _, line := range strings.Split(strings.TrimSpace(file), "\n") {
		if r := strings.Split(line, "\t"); len(r) == columnDate+1 {
			old[r[columnKey]] = r
		}
	}
	lines := []string{"key\tstate\tenglish\ttext\treviewer\tdate"}
	for _, key := range c.Keys() {
		english, text := c.texts[English].digest(key), c.texts[lang].digest(key)
		r := old[key]
		switch {
		case r == nil, r[columnText] != text:
			r = []string{key, string(Draft), english, text, "", ""}
		case r[columnEnglish] != english:
			r[columnState] = string(Stale)
		}
		lines = append(lines, strings.Join(r, "\t"))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestReviewStates(t *testing.T) {
	c := mustLoad(t)
	english, thai := c.texts[English], c.texts["th"]
	e, x := english.digest("btn.yes"), thai.digest("btn.yes")
	for _, tt := range []struct {
		what, line string
		want       State
	}{
		{"as reviewed", "btn.yes\treviewed\t" + e + "\t" + x + "\tinterpreter\t2026-12-01", Reviewed},
		{"English changed", "btn.yes\treviewed\t00000000\t" + x + "\tinterpreter\t2026-12-01", Stale},
		{"changed after the review", "btn.yes\treviewed\t" + e + "\t00000000\tinterpreter\t2026-12-01", Draft},
		{"field-tested", "btn.yes\tfield-tested\t" + e + "\t" + x + "\tworkers in Samut Sakhon\t2026-12-01", FieldTested},
		{"no line", "btn.no\tdraft\t0\t0\t\t", Draft},
	} {
		states, err := loadReview(reviewFile(tt.line), "th", thai, english)
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		c.reviews["th"] = states
		if got := c.Review("th", "btn.yes"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
	for _, line := range []string{
		"btn.yes\tgood\t" + e + "\t" + x + "\t\t",
		"btn.yes\treviewed\t" + e + "\t" + x + "\t\t",
		"btn.yes\tdraft",
	} {
		if _, err := loadReview(reviewFile(line), "th", thai, english); err == nil {
			t.Errorf("no error for %q", line)
		}
	}
}

func reviewFile(line string) fstest.MapFS {
	return fstest.MapFS{"review.th.tsv": {Data: []byte("key\tstate\tenglish\ttext\treviewer\tdate\n" + line + "\n")}}
}

func TestProgress(t *testing.T) {
	c := mustLoad(t)
	before := c.Progress()
	if len(before) != len(languages)-1 {
		t.Fatalf("progress of %d languages", len(before))
	}
	c.reviews["my"] = map[string]State{"safe.ask": Reviewed, "btn.yes": FieldTested, "btn.no": Stale, "day.1": Reviewed}
	for _, p := range c.Progress() {
		if p.Lang != "my" {
			continue
		}
		if p.Read != 2 || p.Safe != 1 || p.Stale != 1 || p.Critical == 0 || p.Texts <= p.Critical || p.Words == 0 || p.Known > p.Words {
			t.Errorf("got %+v", p)
		}
		if want := "Burmese: 2 of "; !strings.HasPrefix(p.String(), want) {
			t.Errorf("got %q, want %q…", p, want)
		}
	}
	if table := c.ProgressTable(); strings.Count(table, "\n") != 2+len(before) {
		t.Errorf("table:\n%s", table)
	}
}
