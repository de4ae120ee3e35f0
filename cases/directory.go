package cases

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Number is one place that helps: a hotline, an embassy, a legal clinic.
type Number struct {
	Country   string
	Kind      string // emergency, ambulance, police, hotline, crisis, labour, trafficking, embassy, legal, union, shelter, clinic, child
	Name      string
	Number    string
	Cost      string // "free", or what a call costs
	Hours     string
	Languages []string
	Reports   string // what it tells the police or immigration; empty if unknown
	Checkers  []string
	Checked   time.Time
	Until     time.Time // not shown after this day
	Source    string
}

// A Card says what the law of a country gives a worker on one topic.
type Card struct {
	Country, Topic, Lang, Text, Law string
	Checker                         string
	Checked, Until                  time.Time
}

// A Directory is what may be told about numbers and rights. Its zero value
// tells nothing, which is better than telling something wrong.
type Directory struct {
	Numbers []Number
	Cards   []Card
}

// fresh is how long something checked is shown as it stands, and stale how
// long it is still shown with a warning that it may be old.
const (
	fresh = 180 * 24 * time.Hour
	stale = 365 * 24 * time.Hour
)

// Usable reports whether n may be shown at a time. An emergency number needs
// two people who checked it.
func (n Number) Usable(now time.Time) bool {
	need := 1
	if n.Kind == "emergency" || n.Kind == "ambulance" || n.Kind == "police" {
		need = 2
	}
	return len(n.Checkers) >= need && n.Number != "" && usable(n.Checked, n.Until, now)
}

// Usable reports whether c may be shown at a time.
func (c Card) Usable(now time.Time) bool { return c.Checker != "" && usable(c.Checked, c.Until, now) }

// Old reports whether c is shown with a warning.
func (c Card) Old(now time.Time) bool { return now.Sub(c.Checked) > fresh }

// Old reports whether n is shown with a warning.
func (n Number) Old(now time.Time) bool { return now.Sub(n.Checked) > fresh }

func usable(checked, until, now time.Time) bool {
	return !checked.IsZero() && !checked.After(now) && now.Sub(checked) < stale && (until.IsZero() || now.Before(until.AddDate(0, 0, 1)))
}

// Find returns the first number of a kind that may be shown.
func (d Directory) Find(country, kind string, now time.Time) (Number, bool) {
	i := slices.IndexFunc(d.Numbers, func(n Number) bool { return n.Country == country && n.Kind == kind && n.Usable(now) })
	if i < 0 {
		return Number{}, false
	}
	return d.Numbers[i], true
}

// In returns every number of a country that may be shown.
func (d Directory) In(country string, now time.Time) (ns []Number) {
	for _, n := range d.Numbers {
		if n.Country == country && n.Usable(now) {
			ns = append(ns, n)
		}
	}
	return ns
}

// Card returns the card of a topic in a language, or in English.
func (d Directory) Card(country, topic, lang string, now time.Time) (Card, bool) {
	for _, l := range []string{lang, "en"} {
		for _, c := range d.Cards {
			if c.Country == country && c.Topic == topic && c.Lang == l && c.Usable(now) {
				return c, true
			}
		}
	}
	return Card{}, false
}

//go:embed numbers.tsv
var numbersFile string

// Unchecked are the numbers shipped with the program: found in public sources,
// checked by nobody, and so shown to nobody until an organisation has put them
// into a file of its own with who checked them and when.
var Unchecked = func() []Number {
	ns, err := ParseNumbers("numbers.tsv", numbersFile)
	if err != nil {
		panic(err)
	}
	return ns
}()

// ParseNumbers reads tab-separated rows: country, kind, name, number, cost,
// hours, languages, reports, checked_by, checked_on, valid_until, source. Its
// error names the file and the line.
func ParseNumbers(name, file string) (ns []Number, err error) {
	for i, f := range rows(file, "country\t") {
		if f == nil {
			continue
		}
		if len(f) != 12 {
			return nil, fmt.Errorf("%s line %d: want 12 columns, have %d", name, i+1, len(f))
		}
		n := Number{Country: f[0], Kind: f[1], Name: f[2], Number: f[3], Cost: f[4], Hours: f[5], Languages: list(f[6]), Reports: f[7], Checkers: list(f[8]), Source: f[11]}
		if n.Checked, err = day(f[9]); err == nil {
			n.Until, err = day(f[10])
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, i+1, err)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// ParseCards reads tab-separated rows: country, topic, lang, text, law,
// checked_by, checked_on, valid_until. Its error names the file and the line.
func ParseCards(name, file string) (cs []Card, err error) {
	for i, f := range rows(file, "country\t") {
		if f == nil {
			continue
		}
		if len(f) != 8 {
			return nil, fmt.Errorf("%s line %d: want 8 columns, have %d", name, i+1, len(f))
		}
		c := Card{Country: f[0], Topic: f[1], Lang: f[2], Text: f[3], Law: f[4], Checker: f[5]}
		if c.Checked, err = day(f[6]); err == nil {
			c.Until, err = day(f[7])
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, i+1, err)
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// rows splits a file into columns; comments and the heading are nil.
func rows(file, heading string) (out [][]string) {
	for _, line := range strings.Split(strings.ReplaceAll(file, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, heading) {
			out = append(out, nil)
			continue
		}
		out = append(out, strings.Split(line, "\t"))
	}
	return out
}

func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fmt.Errorf("date %q is not written like 2026-11-22", s)
	}
	return t, nil
}
