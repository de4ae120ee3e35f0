package translations

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Commands that a whole message can amount to. Intent returns them.
const (
	Yes            = "yes"
	No             = "no"
	Skip           = "skip"
	Back           = "back"
	Stop           = "stop"
	Menu           = "menu"
	InDanger       = "danger" // SOS: somebody is in danger and wants help now
	Person         = "person"
	ChangeLanguage = "language"
	Repeat         = "repeat"
	Hide           = "hide"
	Delete         = "delete"
	Settings       = "settings"
	MyCase         = "mycase"
	Fee            = "fee" // somebody asked for money
	Start          = "start"
	Done           = "done"
	Solved         = "solved" // the case may be closed: perhaps somebody else says so

	// Perhaps stop and perhaps delete: written in Latin letters, where no
	// spelling is sure, or only an emoji. Ask before doing it.
	MaybeStop   = Stop + "?"
	MaybeDelete = Delete + "?"
)

var commands = []string{Yes, No, Skip, Back, Stop, Menu, InDanger, Person, ChangeLanguage, Repeat, Hide, Delete, Settings, MyCase, Fee, Start, Done, Solved}

const (
	polite  = "polite" // in keywords.tsv: words that may stand around a command
	anybody = "*"      // in keywords.tsv and danger.tsv: whatever the language
)

// vocabulary is what the bot understands.
type vocabulary struct {
	commands map[string]map[string]string // by language and folded word
	help     map[string]bool              // folded words for help in every language
	alarms   []string                     // emoji that mean help wherever they stand
	polite   map[string][]string          // by language
	longest  int                          // command, in bytes
	stems    []stem

	rows, read map[string]int // by language: lines of the tables, and those that a native speaker has checked
}

// A stem is a beginning of words that may tell of danger.
type stem struct {
	text     string // folded; with spaces around it where words have spaces
	category string
	lang     string // where it counts; anybody for everywhere
	spaced   bool   // of a script that has spaces between words
}

// loadVocabulary reads keywords.tsv and danger.tsv.
func loadVocabulary(fsys fs.FS) (*vocabulary, error) {
	v := &vocabulary{
		commands: make(map[string]map[string]string),
		help:     make(map[string]bool),
		polite:   make(map[string][]string),
		rows:     make(map[string]int),
		read:     make(map[string]int),
	}
	rows, err := readTable(fsys, "keywords.tsv")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := v.learnAll(r[0], r[1], list(r[2]), list(r[3])); err != nil {
			return nil, fmt.Errorf("keywords.tsv: %w", err)
		}
		v.count(r)
	}
	if rows, err = readTable(fsys, "danger.tsv"); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if !slices.Contains(categories, r[0]) {
			return nil, fmt.Errorf("danger.tsv: %q is no kind of danger", r[0])
		}
		for _, w := range list(r[2]) {
			v.stems = append(v.stems, newStem(w, r[0], anybody))
		}
		for _, w := range list(r[3]) {
			v.stems = append(v.stems, newStem(w, r[0], r[1]))
		}
		v.count(r)
	}
	return v, nil
}

// count notes whether somebody has checked the words of row r.
func (v *vocabulary) count(r []string) {
	v.rows[r[1]]++
	if r[4] != "" {
		v.read[r[1]]++
	}
}

// learnAll makes words mean intent in lang. The guesses are those of which it
// is not sure enough to stop or to delete.
func (v *vocabulary) learnAll(intent, lang string, words, guesses []string) error {
	guess := intent
	switch {
	case intent == polite:
		for _, w := range slices.Concat(words, guesses) {
			v.polite[lang] = append(v.polite[lang], Fold(w))
		}
		return nil
	case intent == Stop || intent == Delete:
		guess += "?"
	case !slices.Contains(commands, intent):
		return fmt.Errorf("%q is no command", intent)
	}
	for _, w := range words {
		if err := v.learn(lang, w, intent); err != nil {
			return err
		}
	}
	for _, w := range guesses {
		if err := v.learn(lang, w, guess); err != nil {
			return err
		}
	}
	return nil
}

// list returns the words in a field of a table.
func list(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, "|")
}

// learn makes word mean intent in lang.
func (v *vocabulary) learn(lang, word, intent string) error {
	w := dense(Fold(word))
	if w == "" {
		return fmt.Errorf("%q for %s in %s has no letters", word, intent, lang)
	}
	if v.commands[lang] == nil {
		v.commands[lang] = make(map[string]string)
	}
	if old := v.commands[lang][w]; old != "" && old != intent {
		return fmt.Errorf("%q means both %s and %s in %s", word, old, intent, lang)
	}
	v.commands[lang][w] = intent
	v.longest = max(v.longest, len(w))
	if intent == InDanger {
		v.help[w] = true
		if lang == anybody {
			v.alarms = append(v.alarms, word)
		}
	}
	return nil
}

// dense returns a folded text without its spaces where the script has none
// between words, as people put them anywhere.
func dense(s string) string {
	if strings.IndexFunc(s, unspaced) < 0 {
		return s
	}
	return strings.ReplaceAll(s, " ", "")
}

func unspaced(r rune) bool { return unicode.In(r, unicode.Myanmar, unicode.Khmer, unicode.Thai) }

// Intent returns the command that the whole of text amounts to, or "". It
// looks for words of lang and of English, emoji, and words for help in every
// language. Polite words around a command do not count, nor do case, spaces
// and punctuation. Longer texts that contain a command are none; only an emoji
// for help counts wherever it stands.
func (c *Catalog) Intent(lang, text string) string {
	v := c.words
	for _, a := range v.alarms {
		if strings.Contains(text, a) {
			return InDanger
		}
	}
	if len(text) > 8*v.longest {
		return ""
	}
	f := Fold(text)
	if intent := v.command(lang, f); intent != "" {
		return intent
	}
	return v.command(lang, v.blunt(lang, f))
}

// command returns what the folded text f means.
func (v *vocabulary) command(lang, f string) string {
	w := dense(f)
	if v.help[w] {
		return InDanger
	}
	for _, l := range [...]string{lang, English, anybody} {
		if intent := v.commands[l][w]; intent != "" {
			return intent
		}
	}
	return ""
}

// blunt returns the folded text f without polite words at its ends.
func (v *vocabulary) blunt(lang, f string) string {
	for again := true; again; {
		again = false
		for _, l := range [...]string{lang, English} {
			for _, p := range v.polite[l] {
				if unspaced(firstRune(p)) {
					f, again = trimEnds(f, p, "", again)
				} else {
					f, again = trimEnds(f, p, " ", again)
				}
			}
		}
	}
	return f
}

// trimEnds cuts word from either end of s, where gap parts it from the rest.
func trimEnds(s, word, gap string, trimmed bool) (string, bool) {
	if t, ok := strings.CutSuffix(s, gap+word); ok && t != "" {
		return strings.TrimSpace(t), true
	}
	if t, ok := strings.CutPrefix(s, word+gap); ok && t != "" && !isMark(firstRune(t)) {
		return strings.TrimSpace(t), true
	}
	return s, trimmed
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
