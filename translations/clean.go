package translations

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"workervoice/translations/zawgyi"
)

// Clean returns what a worker wrote in the form in which it is kept: valid
// UTF-8 in NFC, without control and direction characters, lines ended by \n,
// and with Burmese, Khmer and Thai marks in the order in which they are
// stored, as phones type them in several. Zero-width joiners stay: Nepali
// spelling needs them, and so do emoji.
//
// A line that starts with a mark gets U+25CC in front, the dotted circle that
// shows where the letter is missing: Telegram Desktop replaces a lone Burmese
// mark by a face, and a mark joins whatever it is quoted after. Fold takes the
// circle away again.
//
// Burmese that looks like Zawgyi is left in its order, which means something
// there: detect and convert it with the package zawgyi, then clean again. NFKC
// would be wrong, as it breaks the Thai vowel am.
func Clean(raw string) string {
	if !needsCleaning(raw) {
		return raw
	}
	s := strings.ReplaceAll(strings.ToValidUTF8(raw, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(keep, s)
	s = norm.NFC.String(s)
	if z, u := zawgyi.Detect(s); z > u {
		return s
	}
	r := orderKhmer(orderThai([]rune(s)))
	orderBurmese(r)
	return norm.NFC.String(circle(r))
}

// needsCleaning reports whether s may be other than plain ASCII lines.
func needsCleaning(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' {
			return true
		}
	}
	return false
}

// keep returns r, what stands for it, or -1 where it is dropped.
func keep(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\t', r == '\u2028', r == '\u2029', r == '\v', r == '\f':
		return ' '
	case r == '\r', r == '\u0085':
		return '\n'
	case unicode.IsControl(r), r == '\uFEFF', r == '\u200E', r == '\u200F', r == '\u061C':
		return -1
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return -1 // direction overrides: they can show a caseworker another text than was sent
	}
	return r
}

// isMark reports whether r joins the letter before it. Emoji's own marks
// (variation selectors, the keycap, skin) do not count.
func isMark(r rune) bool {
	return unicode.Is(unicode.M, r) && !(r >= 0xFE00 && r <= 0xFE0F) && r != 0x20E3
}

// circle puts the dotted circle in front of marks without a letter.
func circle(r []rune) string {
	var b strings.Builder
	for i, c := range r {
		if isMark(c) && (i == 0 || r[i-1] == '\n') {
			b.WriteRune('\u25CC')
		}
		b.WriteRune(c)
	}
	return b.String()
}

const (
	thaiE, thaiAE  = '\u0E40', '\u0E41'
	thaiAA, thaiAM = '\u0E32', '\u0E33'
	nikhahit       = '\u0E4D'
)

func thaiTone(r rune) bool  { return r >= '\u0E48' && r <= '\u0E4B' }
func thaiVowel(r rune) bool { return r == '\u0E31' || r >= '\u0E34' && r <= '\u0E3A' } // above or below the letter

// orderThai joins what is typed in two strokes (E E for AE, nikhahit AA for
// AM) and puts a tone after the vowel on its letter, but before AM.
func orderThai(r []rune) []rune {
	out := r[:0]
	for _, c := range r {
		n := len(out)
		switch {
		case c == thaiE && n > 0 && out[n-1] == thaiE:
			out[n-1] = thaiAE
			continue
		case c == thaiAA && n > 0 && out[n-1] == nikhahit:
			out[n-1] = thaiAM
			continue
		case c == thaiAA && n > 1 && thaiTone(out[n-1]) && out[n-2] == nikhahit:
			out[n-2], out[n-1] = out[n-1], thaiAM
			continue
		case thaiTone(c) && n > 0 && out[n-1] == thaiAM, thaiVowel(c) && n > 0 && thaiTone(out[n-1]):
			out = append(out, out[n-1])
			out[n-1] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

const (
	khmerE, khmerAA, khmerII = '\u17C1', '\u17B6', '\u17B8'
	khmerOE, khmerOO         = '\u17BE', '\u17C4'
)

func khmerShifter(r rune) bool { return r == '\u17C9' || r == '\u17CA' }
func khmerVowel(r rune) bool   { return r >= '\u17B6' && r <= '\u17C5' }

// orderKhmer joins vowels that are typed in two strokes and puts a shifter
// before the vowel.
func orderKhmer(r []rune) []rune {
	out := r[:0]
	for _, c := range r {
		n := len(out)
		switch {
		case n > 0 && out[n-1] == khmerE && c == khmerII:
			out[n-1] = khmerOE
			continue
		case n > 0 && out[n-1] == khmerE && c == khmerAA:
			out[n-1] = khmerOO
			continue
		case n > 0 && khmerShifter(c) && khmerVowel(out[n-1]):
			out = append(out, out[n-1])
			out[n-1] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

// burmesePlace gives the place of a mark within its syllable (Unicode
// Technical Note 11), or 0 for anything else, asat and stacks included.
func burmesePlace(r rune) int {
	switch r {
	case 'ျ':
		return 1
	case 'ြ':
		return 2
	case 'ွ':
		return 3
	case 'ှ':
		return 4
	case 'ေ':
		return 5
	case 'ိ', 'ီ', 'ဲ':
		return 6
	case 'ု', 'ူ':
		return 7
	case 'ာ', 'ါ':
		return 8
	case 'ံ':
		return 9
	}
	return 0
}

// orderBurmese sorts the marks of each syllable in place.
func orderBurmese(r []rune) {
	for i := 0; i < len(r); i++ {
		start := i
		for i < len(r) && burmesePlace(r[i]) > 0 {
			i++
		}
		slices.SortStableFunc(r[start:i], func(a, b rune) int { return burmesePlace(a) - burmesePlace(b) })
	}
}

// scripts are the letters of languages that can be told by their script alone.
// Shan, Mon and Karen share the Burmese letters, Hindi the Nepali ones: what
// Script says is a question to ask, not an answer.
var scripts = []struct {
	lang  string
	table *unicode.RangeTable
}{
	{"my", unicode.Myanmar},
	{"km", unicode.Khmer},
	{"th", unicode.Thai},
	{"ne", unicode.Devanagari},
	{"lo", unicode.Lao},
	{"bn", unicode.Bengali},
}

// Script returns the language in whose script most letters of s are written:
// my, km, th, ne, lo, bn, or "" where none of them is.
func Script(s string) string {
	var counts [6]int
	for _, r := range s {
		if r < 0x0900 {
			continue
		}
		for i := range scripts {
			if unicode.Is(scripts[i].table, r) && !unicode.IsDigit(r) {
				counts[i]++
				break
			}
		}
	}
	best, most := "", 0
	for i, n := range counts {
		if n > most {
			best, most = scripts[i].lang, n
		}
	}
	return best
}
