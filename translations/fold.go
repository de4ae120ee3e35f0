package translations

import (
	"strings"
	"unicode"
)

// zeros are the zeros of the digits that phones in our languages type; the
// other nine follow each.
var zeros = [...]rune{'\u1040', '\u1090', '\u17E0', '\u0966', '\u0E50', '\u09E6', '\u0ED0', '\uFF10'}

// digit returns the ASCII digit for r, or r.
func digit(r rune) rune {
	if r < 0x0900 {
		return r
	}
	for _, z := range zeros {
		if r >= z && r <= z+9 {
			return '0' + r - z
		}
	}
	return r
}

// Digits returns s with the digits of every script, and keycap emoji, as 0 to
// 9. A Burmese zero that stands between letters stays: it is the letter wa,
// which looks the same.
func Digits(s string) string {
	r := []rune(s)
	out := r[:0]
	for i, c := range r {
		switch {
		case c == '\u20E3', c == '\uFE0F' && i > 0 && isDigit(r[i-1]):
			continue
		case c == '\u1040' && betweenBurmese(r, i):
			c = '\u101D'
		}
		out = append(out, digit(c))
	}
	return string(out)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// betweenBurmese reports whether the zero at i is typed for the letter: beside
// it stands a Burmese letter or mark, and no digit.
func betweenBurmese(r []rune, i int) bool {
	letter := false
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j >= len(r) {
			continue
		}
		if c := r[j]; isDigit(digit(c)) {
			return false
		} else if unicode.Is(unicode.Myanmar, c) && (unicode.IsLetter(c) || isMark(c)) {
			letter = true
		}
	}
	return letter
}

// respelled are spellings that mean the same: whoever compares must not care.
var respelled = strings.NewReplacer(
	"\u1025\u103A", "\u1009\u103A", // Burmese u and nya, alike under asat
	"\u17D2\u178A", "\u17D2\u178F", // Khmer da and ta, the same below a letter
	"ឲ្យ", "ឱ្យ", "អោយ", "ឱ្យ",
)

// Fold returns s in the form in which words are compared: cleaned, in lower
// case, digits as 0 to 9, without punctuation and what cannot be seen, spaces
// made one, and a letter typed three times or more ("helppp") made one. Emoji
// stay only where there is nothing else.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, Clean(s))
	s = respelled.Replace(strings.ToLower(Digits(Clean(s)))) // once more, as marks may have met
	if words := strings.Fields(squeeze(s, isWord)); len(words) > 0 {
		return strings.Join(words, " ")
	}
	return squeeze(strings.Map(func(r rune) rune {
		if isEmoji(r) {
			return r
		}
		return -1
	}, s), isEmoji)
}

// squeeze replaces all but the runes that count by spaces and shortens runs of
// the same rune.
func squeeze(s string, counts func(rune) bool) string {
	var out []rune
	run := 0 // how often the last rune of out was repeated in s
	for _, c := range s {
		if !counts(c) {
			c = ' '
		}
		if n := len(out); n > 0 && out[n-1] == c && !isDigit(c) {
			run++
			switch {
			case isMark(c) || isEmoji(c):
				continue // a second mark cannot be seen
			case run == 3:
				out = out[:n-1]
				continue
			case run > 3:
				continue
			}
		} else {
			run = 1
		}
		out = append(out, c)
	}
	return string(out)
}

// unseen reports whether r does not show, only changes how an emoji looks, or
// is an apostrophe, which people leave out.
func unseen(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200D, r == 0x2060, r == 0xAD, r == 0x25CC, r == '\'', r == '’',
		r >= 0xFE00 && r <= 0xFE0F, r == 0x20E3, r >= 0x1F3FB && r <= 0x1F3FF, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || isMark(r)
}

func isEmoji(r rune) bool {
	return r > 0x2000 && unicode.IsSymbol(r) && r != 0x25CC && r != unicode.ReplacementChar
}
