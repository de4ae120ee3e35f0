package translations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A State says how far a text has been read by people who speak its language.
type State string

// States of texts.
const (
	Draft       State = "draft"        // nobody who speaks the language has read it
	Reviewed    State = "reviewed"     // a native speaker has
	FieldTested State = "field-tested" // workers have understood it
	Stale       State = "stale"        // the English has changed since
)

// review.LANG.tsv has one line for each text: its key, its state, the digests
// of the English it was made from and of the text itself, who read it (a role,
// not a name) and when. Whoever reviews changes the state and the last two.
const (
	columnKey = iota
	columnState
	columnEnglish
	columnText
	columnReviewer
	columnDate
)

// critical are the beginnings of the keys on which somebody's safety depends:
// what is promised about names and secrecy, what to do in danger.
var critical = []string{
	"safe.", "consent.", "urgent.", "check.", "selfharm.", "hide.", "delete.", "withdraw.", "forced.", "receipt.",
	"review.raise", "review.small_group", "intake.code", "privacy.", "person.verify", "remedy.retaliation", "remedy.pressure",
}

// Critical reports whether somebody's safety depends on the text named key.
func Critical(key string) bool {
	return slices.ContainsFunc(critical, func(p string) bool { return strings.HasPrefix(key, p) })
}

// loadReview reads the review states of one language, by key. A text whose
// English has changed since is stale, one that was changed itself a draft,
// whatever the file says.
func loadReview(fsys fs.FS, lang string, t, english *texts) (map[string]State, error) {
	rows, err := readTable(fsys, "review."+lang+".tsv")
	if err != nil {
		return nil, err
	}
	states := make(map[string]State, len(rows))
	for _, r := range rows {
		key, state := r[columnKey], State(r[columnState])
		switch {
		case !slices.Contains([]State{Draft, Reviewed, FieldTested, Stale}, state):
			return nil, fmt.Errorf("review.%s.tsv: %q has the unknown state %q", lang, key, state)
		case (state == Reviewed || state == FieldTested) && (r[columnReviewer] == "" || r[columnDate] == ""):
			return nil, fmt.Errorf("review.%s.tsv: %q is %s, but by whom and when is missing", lang, key, state)
		case !t.has(key):
			continue
		case r[columnEnglish] != english.digest(key):
			state = Stale
		case r[columnText] != t.digest(key):
			state = Draft
		}
		states[key] = state
	}
	return states, nil
}

// digest is short: it has to tell a text from its earlier versions only.
func (t *texts) digest(key string) string {
	m := t.forms[key]
	sum := sha256.Sum256([]byte(m.One + "\x00" + m.Other))
	return hex.EncodeToString(sum[:4])
}

// Review returns the state of the text named key in lang. English, from which
// the others are made, is always Reviewed.
func (c *Catalog) Review(lang, key string) State {
	if lang == English {
		return Reviewed
	}
	if s := c.reviews[lang][key]; s != "" {
		return s
	}
	return Draft
}

// A Progress says how many texts of a language have been read by people who
// speak it.
type Progress struct {
	Lang     string
	Name     string // of the language, in English
	Texts    int    // without words such as months and names of countries
	Read     int    // reviewed or field-tested
	Stale    int    // still used, though the English has changed
	Critical int    // texts on which somebody's safety depends
	Safe     int    // of those, read
	Words    int    // commands and kinds of danger, each with the words for it
	Known    int    // of those, checked
}

// names of the languages in English, for those who run the service.
var names = map[string]string{"my": "Burmese", "km": "Khmer", "ne": "Nepali", "th": "Thai", "en": "English"}

// Progress returns how far the review of each language but English has come.
func (c *Catalog) Progress() []Progress {
	var all []Progress
	for _, lang := range languages {
		if lang == English {
			continue
		}
		p := Progress{Lang: lang, Name: names[lang], Words: c.words.rows[lang], Known: c.words.read[lang]}
		for key, kind := range c.kinds {
			if kind == Word || strings.HasPrefix(key, "country.") || strings.HasPrefix(key, "language.") {
				continue
			}
			state := c.Review(lang, key)
			read := state == Reviewed || state == FieldTested
			p.Texts++
			if Critical(key) {
				p.Critical++
			}
			switch {
			case read && Critical(key):
				p.Safe++
				p.Read++
			case read:
				p.Read++
			case state == Stale:
				p.Stale++
			}
		}
		all = append(all, p)
	}
	return all
}

// String says it in a sentence.
func (p Progress) String() string {
	return fmt.Sprintf("%s: %d of %d texts checked by a native speaker", p.Name, p.Read, p.Texts)
}

// ProgressTable returns Progress as a table in Markdown, for the README.
func (c *Catalog) ProgressTable() string {
	var b strings.Builder
	b.WriteString("| language | texts checked by a native speaker | of those that safety depends on | English changed since | words understood, checked |\n|---|---|---|---|---|\n")
	for _, p := range c.Progress() {
		fmt.Fprintf(&b, "| %s | %d of %d | %d of %d | %d | %d of %d |\n", p.Name, p.Read, p.Texts, p.Safe, p.Critical, p.Stale, p.Known, p.Words)
	}
	return b.String()
}
