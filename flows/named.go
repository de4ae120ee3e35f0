package flows

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"workervoice/cases"
)

// Told is what a case knows about its workers, to compare with a text that is
// to leave the system.
type Told struct {
	Names []string    // given by workers, and what staff call them
	Words []string    // of reports and messages
	Refs  []string    // numbers that workers have on their phones
	Days  []time.Time // on which workers reported, in their own zone
}

// TellOf gathers what one worker's record and report tell. More is appended
// with each worker.
func (k *Told) TellOf(m cases.Member, r *cases.Report) {
	k.Names = append(k.Names, m.Alias)
	if !m.Joined.IsZero() {
		k.Days = append(k.Days, m.Joined.In(cases.Zone(m.Country)))
	}
	if r == nil {
		return
	}
	k.Names = append(k.Names, r.Answers["name"].Text)
	for q, a := range r.Answers {
		if q != "name" && q != "site" && q != "agency" && q != "area" { // a letter may name the workplace that it is about
			k.Words = append(k.Words, a.Text)
		}
	}
	for _, p := range r.Story {
		k.Words = append(k.Words, p.Text)
	}
	if !r.Sent.IsZero() {
		k.Days = append(k.Days, r.Sent.In(cases.Zone(m.Country)))
	}
}

// Found is something in a text that could tell who a worker is.
type Found struct {
	Why  string // name, number, address, quote, count, language, day, reference
	Text string // what stands in the text
}

// In returns what in text could tell who a worker is. It compares letters: a
// name in another script than the worker wrote it is not found, so a person
// reads every letter before it leaves.
func (k Told) In(text string) (found []Found) {
	plain := plainly(text)
	add := func(why, what string) {
		f := Found{why, strings.TrimSpace(what)}
		if f.Text != "" && !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	for _, n := range k.Names {
		for _, p := range partsOf(n) {
			if holds(plain, p) {
				add("name", p)
			}
		}
	}
	for _, r := range k.Refs {
		if r != "" && strings.Contains(squeeze(plain), squeeze(plainly(r))) {
			add("reference", r)
		}
	}
	for why, re := range telling1 {
		for _, m := range re.FindAllString(plain, -1) {
			add(why, m)
		}
	}
	for _, m := range numberLike.FindAllString(plain, -1) {
		if digits(m) >= 7 && !isoDay.MatchString(strings.TrimSpace(m)) {
			add("number", m)
		}
	}
	for _, d := range k.Days {
		for _, form := range []string{"2006-01-02", "2 January", "January 2", "2 Jan ", "2/1", "02/01"} {
			if s := strings.ToLower(d.Format(form)); alone(plain+" ", s) {
				add("day", s)
			}
		}
		if s := d.Format("2 ") + thaiMonths[d.Month()-1]; alone(plain, s) {
			add("day", s)
		}
	}
	for _, q := range k.quoted(plain) {
		add("quote", q)
	}
	slices.SortFunc(found, func(a, b Found) int { return strings.Compare(a.Why+a.Text, b.Why+b.Text) })
	return found
}

// telling1 are forms that tell something whatever was reported.
var telling1 = map[string]*regexp.Regexp{
	"address": regexp.MustCompile(`[^\s@]+@[^\s@]+\.[a-z]{2,}|@[a-z0-9_]{4,}|(https?://|www\.|t\.me/|line\.me/)\S+`),
	"count":   regexp.MustCompile(`\b[0-9][0-9,]*\s*(of the |of our |burmese |female |male )?(workers?|employees?|people|persons?|women|men|staff|คน|ราย|ลูกจ้าง|พนักงาน)`),
	"language": regexp.MustCompile(`\b(burmese|myanmar|khmer|cambodian?|nepali|nepalese|lao|laotian|vietnamese|bengali|bangladeshi|shan|karen|mon)s?\b` +
		`|พม่า|เมียนมา|กัมพูชา|เขมร|เนปาล|ชาวลาว|เวียดนาม|บังกลาเทศ|ไทใหญ่|กะเหรี่ยง`),
	"quote": regexp.MustCompile(`["“«][^"”»]*\s[^"”»]*\s[^"”»]*["”»]`),
}

var (
	numberLike = regexp.MustCompile(`\+?[0-9][0-9 ().\-/]*[0-9]`)
	isoDay     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// plainly writes digits as 0 to 9 and letters small, as they are compared.
func plainly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Nd, r) {
			return '0' + digitOf(r)
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// digitOf returns the value of a decimal digit. In Unicode the ten of a script
// follow one another.
func digitOf(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n
}

func digits(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// squeeze leaves the letters and digits only.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, s)
}

// titles stand before names and are none.
var titles = []string{"the", "mr", "mrs", "ms", "miss", "daw", "ko", "ma", "u", "saw", "naw", "nai", "sai", "no", "name", "worker", "from", "lok", "neak", "shri", "นาย", "นาง", "นางสาว", "คุณ"}

// partsOf returns a name and those of its parts by which somebody is known.
func partsOf(name string) (ps []string) {
	whole := evenly(name)
	if len([]rune(whole)) < 2 {
		return nil
	}
	ps = []string{whole}
	for _, p := range strings.FieldsFunc(whole, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		if p != whole && len([]rune(p)) >= 3 && !slices.Contains(titles, p) {
			ps = append(ps, p)
		}
	}
	return ps
}

// holds reports whether a name stands in text: as words of its own where words
// are divided, anywhere in scripts that do not.
func holds(text, name string) bool {
	for _, r := range name {
		if unicode.In(r, unicode.Thai, unicode.Myanmar, unicode.Khmer, unicode.Lao) {
			return strings.Contains(squeeze(text), squeeze(name))
		}
	}
	return alone(text, name)
}

// alone reports whether s stands in text with no letter or digit beside it.
func alone(text, s string) bool {
	for from := 0; s != ""; {
		i := strings.Index(text[from:], s)
		if i < 0 {
			return false
		}
		i += from
		before, after := []rune(text[:i]), []rune(text[i+len(s):])
		if (len(before) == 0 || !wordly(before[len(before)-1])) && (len(after) == 0 || !wordly(after[0])) {
			return true
		}
		from = i + len(s)
	}
	return false
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// quoted returns the runs of letters that text shares with what workers told:
// some five words of English, or a phrase where words are not divided.
func (k Told) quoted(text string) (qs []string) {
	own := []rune(squeeze(text))
	n := 24
	for _, r := range own {
		if r > unicode.MaxLatin1 {
			n = 14
			break
		}
	}
	windows := map[string]int{}
	for i := 0; i+n <= len(own); i++ {
		windows[string(own[i:i+n])] = i
	}
	until := -1
	for _, w := range k.Words {
		told := []rune(squeeze(plainly(w)))
		for i := 0; i+n <= len(told) && len(windows) > 0; i++ {
			if at, ok := windows[string(told[i:i+n])]; ok && at > until {
				qs, until = append(qs, string(own[at:at+n])+"…"), at+n
			}
		}
	}
	return qs
}
