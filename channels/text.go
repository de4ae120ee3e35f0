package channels

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Split returns s in parts that fit l, in order. Nothing is lost but white
// space at the cuts. It cuts where a reader would pause: in the last third of
// a part between paragraphs, else sentences, else words, else syllables.
//
// A part never starts with a combining mark unless s does, and what belongs to
// one syllable in Burmese, Khmer, Thai, Lao or Nepali stays together, which
// grapheme clusters alone do not ensure. A syllable longer than l is cut
// between characters, a character longer than l inside.
func Split(s string, l Limit) []string {
	var parts []string
	for s = trimLeft(s); s != ""; {
		n := cut(s, l)
		if part := strings.TrimRightFunc(s[:n], unicode.IsSpace); part != "" {
			parts = append(parts, part)
		}
		s = trimLeft(s[n:])
	}
	return parts
}

// trimLeft removes white space, but not what carries a mark.
func trimLeft(s string) string {
	for {
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || !unicode.IsSpace(r) {
			return s
		}
		if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.Is(unicode.M, next) {
			return s
		}
		s = s[n:]
	}
}

// How good a place is to cut. The zero is none.
const (
	nowhere = iota
	inSyllable
	atCharacter
	atSyllable
	atWord
	atSentence
	atParagraph
	qualities
)

// cut returns where to end the first part of s, in bytes.
func cut(s string, l Limit) int {
	if l.Fits(s) {
		return len(s)
	}
	var best [qualities]int
	end, length := 0, 0
	for it := graphemes.FromString(s); it.Next(); {
		length += l.Count(it.Value())
		if length > l.N {
			break
		}
		end = it.End()
		best[quality(s, end)] = end
	}
	for q := atParagraph; q >= atSyllable; q-- {
		if best[q] > 0 && best[q]*3 >= end*2 {
			return best[q]
		}
	}
	for _, q := range []int{atWord, atSentence, atParagraph, atSyllable, atCharacter, inSyllable} {
		if best[q] > 0 {
			return best[q]
		}
	}
	return max(end, inside(s, l))
}

// inside returns where to cut the first character of s, which does not fit:
// before a letter in it if possible.
func inside(s string, l Limit) int {
	end, letter := 0, 0
	for i, r := range s {
		if i > 0 && !unicode.Is(unicode.M, r) {
			letter = end
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if i > 0 && !l.Fits(s[:i+size]) {
			break
		}
		end = i + size
	}
	if letter > 0 {
		return letter
	}
	return end
}

// quality says how good it is to cut s at n, which is between two characters.
func quality(s string, n int) int {
	prev, size := utf8.DecodeLastRuneInString(s[:n])
	before, _ := utf8.DecodeLastRuneInString(s[:n-size])
	next, _ := utf8.DecodeRuneInString(s[n:])
	switch {
	case n == len(s):
		return atParagraph
	case joined(next, s[n:]):
		return nowhere
	case glued(prev, next, s[n:]):
		return inSyllable
	case prev == '\n':
		return atParagraph
	case stops(prev), unicode.IsSpace(prev) && (stops(before) || strings.ContainsRune(".!?…", before)):
		return atSentence
	case unicode.IsSpace(prev), prev == '\u200B':
		return atWord
	case unicode.Is(unicode.Thai, prev) && unicode.Is(unicode.Thai, next):
		// Where a Thai syllable ends only a dictionary knows; where some
		// begin or end shows.
		if leads(next) || strings.ContainsRune("ะำๆฯ", prev) {
			return atSyllable
		}
	case unspaced(prev) && unspaced(next):
		return atSyllable
	}
	return atCharacter
}

// stops reports whether r ends a sentence even without a space after it.
func stops(r rune) bool { return strings.ContainsRune("။។៕।॥。", r) }

// leads reports whether r is a vowel written before its letter.
func leads(r rune) bool { return r >= 'เ' && r <= 'ไ' || r >= 'ເ' && r <= 'ໄ' }

// unspaced reports whether r is of a script that has no spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Myanmar, unicode.Khmer, unicode.Thai, unicode.Lao)
}

// joined reports whether next, the start of rest, cannot begin a part at all:
// it is a mark, or space at the end of the part before.
func joined(next rune, rest string) bool {
	if unicode.IsSpace(next) {
		return trimLeft(rest) != rest // no end where the space carries a mark
	}
	return unicode.Is(unicode.M, next) || next == '\u200B' || next == '\u200C' || next == '\u200D'
}

// glued reports whether next, the start of rest, belongs to the syllable or
// the sentence of prev.
func glued(prev, next rune, rest string) bool {
	switch {
	case prev == '\u1039', prev == '\u17D2', prev == '\u094D', prev == '\u09CD', prev == '\u200D', leads(prev):
		return true // a letter follows that is written below or after
	case strings.ContainsRune("ะาำๅๆฯະາຳໆ၊။។៕៖ៗ।॥.,!?;:)]}”’»、。", next):
		return true
	}
	return killed(next, rest)
}

// killed reports whether next is a Burmese letter that ends a syllable: it
// carries an asat or has a letter below it.
func killed(next rune, rest string) bool {
	if next < 0x1000 || next > 0x1021 && next != 0x103F {
		return false
	}
	for _, r := range rest[utf8.RuneLen(next):] {
		switch {
		case r == '\u103A', r == '\u1039':
			return true
		case r >= '\u103B' && r <= '\u103E', r == '\u1037':
			continue // medials, and the dot that stands before an asat
		}
		return false
	}
	return false
}
