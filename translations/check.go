package translations

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"workervoice/translations/zawgyi"
)

// A Problem is what is wrong with one text.
type Problem struct {
	Lang, Key string
	What      string // and what to do about it
}

// String is a line for the person who edits the text.
func (p Problem) String() string { return fmt.Sprintf("%s %s: %s", p.Lang, p.Key, p.What) }

// Check reads every text for what a machine can see: length, script, spelling
// of marks, punctuation, numbers and addresses that differ from the English,
// words we do not use. It finds nothing wrong with texts that say something
// wrong; only somebody who speaks the language does.
func (c *Catalog) Check() []Problem {
	var found []Problem
	for _, lang := range languages {
		for _, key := range c.Keys() {
			m := c.texts[lang].forms[key]
			english := c.texts[English].forms[key]
			for _, text := range []string{m.One, m.Other} {
				if text == "" {
					continue
				}
				t := checked{lang: lang, key: key, kind: c.kinds[key], text: text, english: english.Other}
				for _, what := range t.problems() {
					found = append(found, Problem{lang, key, what})
				}
			}
		}
	}
	return found
}

// checked is a text being read.
type checked struct {
	lang, key     string
	kind          Kind
	text, english string
}

func (t checked) problems() []string {
	var found []string
	for _, look := range []func() string{
		t.length, t.marks, t.invisible, t.spaces, t.script, t.numbers, t.lines, t.emoji, t.ending, t.words,
	} {
		if what := look(); what != "" {
			found = append(found, what)
		}
	}
	return found
}

var (
	placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)
	address     = regexp.MustCompile(`https?://\S+`)
	number      = regexp.MustCompile(`[0-9]+`)
	latin       = regexp.MustCompile(`[A-Za-z]+`)
)

// Room for what stands in a placeholder, in UTF-16 units: a date, a name, a
// short label; in parts of dates, a month.
const (
	valueLength = 40
	wordLength  = 12
)

func (t checked) length() string {
	limit, room := t.kind.Limit(), valueLength
	if t.kind == Word {
		room = wordLength
	}
	n := limit.Count(placeholder.ReplaceAllString(t.text, strings.Repeat("x", room)))
	if n <= limit.N {
		return ""
	}
	return fmt.Sprintf("has %d units, a text of kind %s may have %d: drop the emoji, then shorten", n, t.kind, limit.N)
}

func (t checked) marks() string {
	if z, u := zawgyi.Detect(t.text); t.lang == "my" && z > u {
		return "is written in Zawgyi: convert it to Unicode"
	}
	if got := Clean(t.text); got != t.text {
		return "has marks or characters in an order that is not stored: write it as Clean returns it"
	}
	return ""
}

// invisible finds zero-width characters that neither join an emoji nor belong
// to Nepali spelling.
func (t checked) invisible() string {
	r := []rune(t.text)
	for i, c := range r {
		switch {
		case c == '\u200D' && i > 0 && i+1 < len(r) && isEmoji(r[i+1]):
		case c == '\u200D' && i > 1 && r[i-1] == '\u094D' && r[i-2] == '\u0930':
		case unicode.Is(unicode.Cf, c):
			return fmt.Sprintf("has the invisible character %U: delete it", c)
		}
	}
	return ""
}

func (t checked) spaces() string {
	if t.kind == Word {
		return ""
	}
	if strings.TrimSpace(t.text) != t.text || strings.Contains(t.text, "  ") || strings.Contains(t.text, " \n") || strings.Contains(t.text, "\n ") {
		return "has spaces too many"
	}
	return ""
}

// tables are the scripts in which the languages are written.
var tables = map[string]*unicode.RangeTable{
	"my": unicode.Myanmar, "km": unicode.Khmer, "ne": unicode.Devanagari, "th": unicode.Thai, "en": unicode.Latin,
}

// script allows Latin words only where the English has the same: SOS, HIDE,
// the names of buttons in other apps.
func (t checked) script() string {
	if strings.HasPrefix(t.key, "language.") {
		return "" // each in its own script, in every file
	}
	plain := address.ReplaceAllString(placeholder.ReplaceAllString(t.text, ""), "")
	english := latin.FindAllString(t.english, -1)
	for _, w := range latin.FindAllString(plain, -1) {
		if t.lang != English && !slices.Contains(english, w) && !slices.Contains(loans, w) {
			return fmt.Sprintf("has the Latin word %q, which the English has not", w)
		}
	}
	for _, c := range plain {
		if c > unicode.MaxLatin1 && (unicode.IsLetter(c) || isMark(c)) && !unicode.Is(tables[t.lang], c) && c != '।' && c != 'ℹ' {
			return fmt.Sprintf("has %q of another script", c)
		}
		if unicode.IsDigit(c) && !isDigit(c) {
			return fmt.Sprintf("has the digit %q: write 0 to 9", c)
		}
	}
	return ""
}

// loans are Latin words that readers know, though the English says it otherwise.
var loans = []string{"HR", "PIN", "PDF", "SOS", "OK"}

func (t checked) numbers() string {
	if strings.HasPrefix(t.key, "times.") {
		return "" // Thai counts the hours of a day in four parts
	}
	want, got := figures(t.english), figures(t.text)
	if !slices.Equal(want, got) {
		return fmt.Sprintf("has the numbers and addresses %v, the English has %v", got, want)
	}
	return ""
}

// figures returns the addresses and numbers in s, sorted.
func figures(s string) []string {
	s = placeholder.ReplaceAllString(s, "")
	found := address.FindAllString(s, -1)
	found = append(found, number.FindAllString(address.ReplaceAllString(s, ""), -1)...)
	slices.Sort(found)
	return found
}

func (t checked) lines() string {
	if got, want := strings.Count(t.text, "\n"), strings.Count(t.english, "\n"); got != want {
		return fmt.Sprintf("has %d line ends, the English has %d", got, want)
	}
	return ""
}

// emoji may be left out of a label that would be too long, nowhere else.
func (t checked) emoji() string {
	want, got := emojiOf(t.english), emojiOf(t.text)
	if got == want || got == "" && t.kind != Body {
		return ""
	}
	return fmt.Sprintf("has the emoji %s, the English has %s", got, want)
}

func emojiOf(s string) string {
	return strings.Map(func(r rune) rune {
		if isEmoji(r) && !unicode.Is(unicode.Sc, r) {
			return r
		}
		return -1
	}, s)
}

// stops are what sentences may end in.
var stops = map[string]string{"en": ".?!:", "my": "။", "km": "។?!៖:", "ne": "।?!", "th": ""}

func (t checked) ending() string {
	runes := []rune(strings.TrimSpace(t.text))
	last := runes[len(runes)-1]
	stop := strings.ContainsRune(".?!။។៕।", last)
	switch t.kind {
	case Button, Row, ListButton, Footer:
		if stop && last != '?' {
			return "is a label and needs no full stop"
		}
	case Body, Template:
		if t.lang == "th" && stop {
			return "ends in punctuation, which Thai has not"
		}
		if strings.ContainsRune(stops[t.lang], last) || t.lang == "th" || strings.HasSuffix(t.text, "}}") || isEmoji(last) || strings.ContainsRune(")\uFE0F", last) {
			break
		}
		return "does not end a sentence: add a full stop"
	}
	if t.lang == "ne" && nearDigit.MatchString(t.text) {
		return "has a danda beside a digit, where it looks like 1: put a word between"
	}
	return ""
}

var nearDigit = regexp.MustCompile(`[0-9] ?।`)

// avoided are words that we do not use: those that give the bot a sex, those
// that look down on the reader, those that make workers criminals or objects.
var avoided = map[string][]string{
	"en": {"illegal", "victim", "alien", "complainant"},
	"my": {"ကျွန်တော်", "ကျွန်မ", "တရားမဝင်"},
	"km": {"ខុសច្បាប់", "ជនរងគ្រោះ"},
	"ne": {"तिमी", "तिम्रो", "तँ", "तेरो", "अवैध", "गैरकानुनी", "पीडित"},
	"th": {"ครับ", "ค่ะ", "ดิฉัน", "ผม", "ต่างด้าว", "ผิดกฎหมาย", "เหยื่อ"},
}

func (t checked) words() string {
	folded := " " + Fold(t.text) + " "
	for _, w := range avoided[t.lang] {
		switch {
		case t.lang == "en" || t.lang == "ne":
			w = " " + w + " "
		}
		if strings.Contains(folded, w) {
			return fmt.Sprintf("has the word %q, which we do not use", strings.TrimSpace(w))
		}
	}
	return ""
}
