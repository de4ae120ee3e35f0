package translations

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// newStem reads w as danger.tsv writes it: words of scripts with spaces are
// whole words unless a star ends them; others are found anywhere.
func newStem(w, category, lang string) stem {
	begins := strings.HasSuffix(w, "*")
	s := stem{text: dense(Fold(w)), category: category, lang: lang}
	if s.spaced = strings.IndexFunc(s.text, unspaced) < 0; s.spaced {
		s.text = " " + s.text
		if !begins {
			s.text += " "
		}
	}
	return s
}

// Dangers returns the kinds of danger that words in text may tell of, in the
// order of danger.tsv: danger, selfharm, sexual, child, injured, detained,
// fire, confined. It rather finds too much than too little, and does not
// understand "not": a hit is a reason to ask, nothing more. Words in native
// script count in every language, words in Latin letters those of English and
// of lang.
func (c *Catalog) Dangers(lang, text string) []string {
	f := Fold(text)
	spaced, all := " "+f+" ", dense(f)
	var found []string
	for i := range c.words.stems {
		s := &c.words.stems[i]
		if s.lang != anybody && s.lang != lang || slices.Contains(found, s.category) {
			continue
		}
		if s.spaced && strings.Contains(spaced, s.text) || !s.spaced && containsWhole(all, s.text) {
			found = append(found, s.category)
		}
	}
	slices.SortFunc(found, func(a, b string) int { return slices.Index(categories, a) - slices.Index(categories, b) })
	return found
}

var categories = []string{"danger", "selfharm", "sexual", "child", "injured", "detained", "fire", "confined"}

// Danger reports whether Dangers finds any.
func (c *Catalog) Danger(lang, text string) bool { return len(c.Dangers(lang, text)) > 0 }

// containsWhole reports whether stem stands in s with no mark after it: Thai
// "flee" with a tone mark is "debt".
func containsWhole(s, stem string) bool {
	for {
		i := strings.Index(s, stem)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		s = s[i+len(stem):]
		if !isMark(firstRune(s)) && !stacks(before) {
			return true
		}
	}
}

// stacks reports whether the letter after r is written below the one before.
func stacks(r rune) bool { return r == '\u1039' || r == '\u17D2' }
