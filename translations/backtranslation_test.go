package translations

import (
	"os"
	"strings"
	"testing"
)

// backtranslated are the beginnings of the keys of which backtranslation.tsv
// says what the text means to somebody who sees it alone.
var backtranslated = []string{"safe.", "consent.", "urgent.", "hide.", "delete.", "withdraw.", "intake.code", "review.raise", "receipt.", "selfharm.", "forced."}

// Each text on which safety depends has been turned back into English without
// sight of the original, and compared. When a text changes, its line goes
// (UPDATE=1 takes it out) and somebody reads the new text: key, language, what
// it says, how that compares, and the digest of the text read.
func TestBacktranslation(t *testing.T) {
	c := mustLoad(t)
	b, err := os.ReadFile("backtranslation.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	kept := lines[:1]
	read := make(map[[2]string]bool)
	for _, line := range lines[1:] {
		r := strings.Split(line, "\t")
		if len(r) != 5 || c.texts[r[1]] == nil || !c.Has(r[0]) || r[4] != c.texts[r[1]].digest(r[0]) {
			if os.Getenv("UPDATE") == "" {
				t.Errorf("backtranslation.tsv: this line is about another text, read the new one: %s", line)
			}
			continue
		}
		if verdict, _, _ := strings.Cut(r[3], ":"); verdict != "same" && verdict != "close" && verdict != "mended" {
			t.Errorf("backtranslation.tsv: %s in %s: unknown verdict %q", r[0], r[1], verdict)
		}
		read[[2]string{r[0], r[1]}] = true
		kept = append(kept, line)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("backtranslation.tsv", []byte(strings.Join(kept, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range c.Keys() {
		for _, lang := range languages {
			if lang == English || read[[2]string{key, lang}] {
				continue
			}
			for _, p := range backtranslated {
				if strings.HasPrefix(key, p) {
					t.Errorf("backtranslation.tsv: nobody has said what %s means in %s", key, lang)
				}
			}
		}
	}
}
