package flows

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
)

// A Letter is all that a letter to an employer, an agency, a buyer or an
// office holds. It has no field for a name, a place, a number, a language or a
// day of any worker, and it is made by [LetterTo] only: nothing of that kind
// can be in one by mistake.
type Letter struct {
	lang      string
	kinds     []cases.Code
	band      int // the lower end
	from, to  Month
	asks      []string
	day, due  time.Time
	org       string
	reference string
	addressee string
	added     string
}

// A Month is as exactly as a letter tells when something happened.
type Month struct {
	Year  int
	Month time.Month
}

// Wanted is what a caseworker chooses for a letter.
type Wanted struct {
	Lang        string       // "en" or "th"
	To          cases.Party  // employer, agency, buyer or government
	Addressee   string       // "The Manager, ...": checked like Added
	Kinds       []cases.Code // of the case's; empty: all that are open
	From, Until Month        // the time in question
	Asks        []string     // of LetterAsks
	Due         time.Time    // when an answer is asked for
	Added       string       // a paragraph of the caseworker's own
}

// LetterAsks are what a letter can ask for.
var LetterAsks = []string{"stop", "pay", "refund", "return", "repair", "records", "meet", "inspect", "supplier"}

// Errors of LetterTo.
var (
	// ErrLetter means that something a letter needs is missing: the text says what.
	ErrLetter = errors.New("flows: this cannot be a letter")

	// ErrNames means that what the caseworker added could tell who a worker
	// is: [Found] says which words, and why.
	ErrNames = errors.New("flows: the letter could tell who a worker is")
)

//go:embed letters.tsv
var lettersFile string

// letterWords are the words of letters by language, then by what they say.
var letterWords = parseLetters(lettersFile)

// parseLetters panics on a bad row: the file is part of the program.
func parseLetters(file string) map[string]map[string]string {
	m := map[string]map[string]string{"en": {}, "th": {}}
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || strings.Count(f[1], "%s") != strings.Count(f[2], "%s") {
			panic(fmt.Sprintf("flows: letters.tsv line %d: want what, English and Thai, with as many %%s", i+1))
		}
		m["en"][f[0]], m["th"][f[0]] = f[1], f[2]
	}
	return m
}

// LetterTo makes a letter about c. agreed is how many of its workers let the
// employer be told: only they count, and only roughly. Of c it takes the kinds
// of abuse that are open, of org the name.
//
// It returns ErrLetter where something is missing, and ErrNames with what was
// found where Addressee or Added could tell who a worker is: told is what they
// are compared with.
func LetterTo(c cases.Case, agreed int, org cases.Organisation, w Wanted, told Told, day time.Time) (Letter, []Found, error) {
	l := Letter{lang: w.Lang, from: w.From, to: w.Until, day: day, due: w.Due, org: org.Name, addressee: w.Addressee, added: w.Added}
	no := func(format string, args ...any) (Letter, []Found, error) {
		return Letter{}, nil, fmt.Errorf("%w: "+format, append([]any{ErrLetter}, args...)...)
	}
	switch {
	case letterWords[w.Lang] == nil:
		return no("there are no letters in language %q, choose en or th", w.Lang)
	case !slices.Contains([]cases.Party{cases.Employer, cases.Agency, cases.Buyer, cases.Government}, w.To):
		return no("there are no letters to %q", w.To)
	case agreed < 1:
		return no("no worker has agreed that it is raised")
	case org.Name == "" || w.Addressee == "":
		return no("it needs an organisation that sends it and somebody it is for")
	case !w.From.real() || !w.Until.real() || w.Until.before(w.From) || (Month{day.Year(), day.Month()}).before(w.Until):
		return no("the months from and to are missing, or in the wrong order")
	case !w.Due.After(day):
		return no("the day of the answer must come after the day of the letter")
	}
	for _, i := range c.Issues {
		if k := called(i.Kind); i.Status.Open() && k != "" && (len(w.Kinds) == 0 || slices.Contains(w.Kinds, i.Kind)) && !slices.Contains(l.kinds, k) {
			l.kinds = append(l.kinds, k)
		}
	}
	if len(l.kinds) == 0 {
		return no("no open issue of the case was chosen")
	}
	for _, a := range w.Asks {
		if !slices.Contains(LetterAsks, a) {
			return no("nobody can ask for %q", a)
		}
		l.asks = append(l.asks, "ask."+a)
	}
	if len(l.asks) == 0 {
		return no("it asks for nothing")
	}
	for _, low := range []int{cases.Few, 51, 101, 501, 1001} {
		if agreed >= low {
			l.band = low
		}
	}
	l.reference = cases.RefOf(cases.ID("letter/" + string(org.ID) + "/" + string(c.ID) + "/" + day.Format(time.DateOnly))) // not the number that workers have on their phones
	if found := told.In(w.Addressee + "\n" + w.Added); len(found) > 0 {
		return Letter{}, found, ErrNames
	}
	return l, nil, nil
}

func (m Month) real() bool {
	return m.Year >= 2000 && m.Month >= time.January && m.Month <= time.December
}

func (m Month) before(o Month) bool { return m.Year < o.Year || m.Year == o.Year && m.Month < o.Month }

// called returns the row that names a kind of abuse in letters: its own or its
// group's. What the taxonomy does not have is not named at all.
func called(c cases.Code) cases.Code {
	if _, ok := cases.Kinds.Find(c); !ok {
		return ""
	}
	if _, ok := letterWords["en"][string(c)]; ok {
		return c
	}
	return c.Group()
}

// A Page is a letter as it is printed.
type Page struct {
	Lang, Title string
	Head        []string // reference, day, addressee
	Opening     string
	Kinds       []string
	Period      string
	Added       string
	Ask         string
	Asks        []string
	Close       []string
	Sender      string
}

// Page writes l.
func (l Letter) Page() Page {
	say := func(key string, args ...any) string { return fmt.Sprintf(letterWords[l.lang]["say."+key], args...) }
	list := func(keys []string) (out []string) {
		for _, k := range keys {
			out = append(out, letterWords[l.lang][k])
		}
		return out
	}
	var kinds []string
	for _, k := range l.kinds {
		kinds = append(kinds, string(k))
	}
	return Page{
		Lang: l.lang, Title: say("title"),
		Head:    []string{say("ref", l.reference), say("date", l.date(l.day)), say("to", l.addressee)},
		Opening: say("about", l.org, letterWords[l.lang]["band."+strconv.Itoa(l.band)]),
		Kinds:   list(kinds), Period: say("period", l.month(l.from), l.month(l.to)), Added: l.added,
		Ask: say("ask"), Asks: list(l.asks),
		Close:  []string{say("due", l.date(l.due)), say("safe"), say("validate")},
		Sender: l.org,
	}
}

// String writes l as plain text.
func (p Page) String() string {
	parts := append([]string{p.Title, strings.Join(p.Head, "\n"), p.Opening}, "- "+strings.Join(p.Kinds, "\n- "), p.Period)
	if p.Added != "" {
		parts = append(parts, p.Added)
	}
	parts = append(parts, p.Ask, "- "+strings.Join(p.Asks, "\n- "))
	return strings.Join(append(append(parts, p.Close...), p.Sender), "\n\n") + "\n"
}

var thaiMonths = []string{"มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน", "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"}

func (l Letter) month(m Month) string {
	if l.lang == "th" {
		return fmt.Sprintf("เดือน%s %d", thaiMonths[m.Month-1], m.Year+543)
	}
	return fmt.Sprintf("%s %d", m.Month, m.Year)
}

// date writes a day as letters do; in Thai in the years of the Buddhist era,
// which offices there count in.
func (l Letter) date(t time.Time) string {
	if l.lang == "th" {
		return fmt.Sprintf("วันที่ %d %s %d", t.Day(), thaiMonths[t.Month()-1], t.Year()+543)
	}
	return t.Format("2 January 2006")
}
