// Package zawgyi recognises Burmese in the Zawgyi encoding and turns it into
// Unicode.
//
// Zawgyi is an old font that gives the code points of Burmese other meanings
// and stores marks in the order in which they are seen. Phones with such a
// font still send it. Both use the same code points, so a short text may mean
// something in either: Detect counts what speaks for each, and the caller
// decides, best over a whole conversation.
package zawgyi

// Code points with another meaning, or another place, in Zawgyi. The names say
// what they are in Unicode.
const (
	eVowel  = '\u1031' // Zawgyi: the same, but before its letter
	asat    = '\u103A' // Zawgyi: medial ya
	virama  = '\u1039' // Zawgyi: asat
	medialY = '\u103B' // Zawgyi: medial ra, before its letter
	medialR = '\u103C' // Zawgyi: medial wa
	medialW = '\u103D' // Zawgyi: medial ha
	medialH = '\u103E' // Zawgyi: not used
	nga     = '\u1004'
)

// consonant reports whether r is a letter that carries marks, in either
// encoding.
func consonant(r rune) bool {
	return r >= 0x1000 && r <= 0x102A || r == 0x103F || r == 0x104E ||
		r == 0x106A || r == 0x106B || r == 0x108F || r == 0x1090 // second forms in Zawgyi
}

// prefix reports whether r is, in Zawgyi, a medial ra in front of its letter.
func prefix(r rune) bool { return r == medialY || r >= 0x107E && r <= 0x1084 }

// vowel reports whether r is a vowel sign that follows its letter in both.
func vowel(r rune) bool { return r >= 0x102B && r <= 0x1030 || r == 0x1032 }

// medial reports whether r is a medial in Unicode.
func medial(r rune) bool { return r >= medialY && r <= medialH }

// mark reports whether r is a mark of Burmese in either encoding.
func mark(r rune) bool { return r >= 0x102B && r <= 0x103E }

// shan reports whether r is a letter or vowel of Shan in Unicode. Zawgyi has
// stacked letters and second forms at the same code points.
func shan(r rune) bool { return r == 0x1022 || r >= 0x1075 && r <= 0x1086 }

// Detect counts the places in s that only Zawgyi explains, and those that only
// Unicode explains. Neither means that s reads the same in both, or is not
// Burmese. Languages that share the letters with Burmese (Shan, Mon, Karen)
// have no Zawgyi: do not ask about them.
func Detect(s string) (zawgyi, unicode int) {
	var before, prev rune // the two runes before r; a zero is the start
	r := []rune(s)
	at := func(i int) rune {
		if i < len(r) {
			return r[i]
		}
		return 0
	}
	for i, c := range r {
		switch z, u := judge(before, prev, c, at(i+1)); {
		case z:
			zawgyi++
		case u:
			unicode++
		}
		before, prev = prev, c
	}
	return zawgyi, unicode
}

// judge says whether c between its neighbours is wrong in Unicode (z), or in
// Zawgyi (u).
func judge(before, prev, c, next rune) (z, u bool) {
	switch c {
	case eVowel:
		// After its letter in Unicode, before it in Zawgyi.
		based := consonant(prev) || medial(prev) || shan(prev)
		follows := consonant(next) || prefix(next) || next >= 0x1040 && next <= 0x1049
		return !based && follows, based && !follows
	case virama:
		if prev == asat && before == nga {
			return false, true // kinzi
		}
		return final(prev) && !stacks(prev, next) || !consonant(next), false
	case asat:
		// In Zawgyi it is medial ya: a vowel may follow, a visarga hardly. The
		// one vowel that follows an asat in Unicode is that of a short "I".
		short := prev == '\u1014' && next == '\u102F'
		return consonant(prev) && vowel(next) && !short, consonant(prev) && next == '\u1038' || shan(prev)
	case medialY:
		// Before its letter in Zawgyi.
		return !consonant(prev) && prev != asat && !shan(prev) && consonant(next), consonant(prev) && mark(next) && next != eVowel
	case medialH:
		return false, true
	case '\u103F':
		return false, true
	case '\u1033', '\u1034':
		return consonant(prev) || mark(prev), false
	case '\u105A': // nga in Mon, which an asat follows
		return (consonant(prev) || mark(prev)) && next != asat, next == asat
	case '\u1035', '\u105B', '\u105C', '\u105D', '\u105E', '\u105F': // Mon
		return false, true
	}
	return second(prev, c, next)
}

// second judges the code points at which Zawgyi has stacked letters and second
// forms, and Unicode the letters of Shan and Karen.
func second(prev, c, next rune) (z, u bool) {
	switch {
	case c < 0x1060 || c > 0x1097:
		return false, false
	case c == 0x106A, c == 0x106B:
		return true, false
	case c == 0x108F, c == 0x1090, c == 0x106E, c == 0x106F, c == 0x1091, c == 0x1092, c == 0x1097:
		return mark(next) || prev == eVowel || prefix(prev), false // letters by themselves
	case prefix(c):
		return consonant(next) && !consonant(prev) && !shan(prev), consonant(prev) && !consonant(next) && next != eVowel
	case c >= 0x1087 && c <= 0x108A:
		return consonant(prev) || prev == asat && mark(next), shan(prev) || prev == asat && !mark(next)
	}
	if below := stackedAt(c); below != 0 {
		fits := consonant(prev) && stacks(prev, below)
		return fits || mark(prev) && prev != asat, !fits && !mark(prev)
	}
	// The rest is written below or above any letter in Zawgyi.
	return consonant(prev) || mark(prev) && prev != asat, false
}

// final reports whether Burmese words end in r under an asat.
func final(r rune) bool {
	switch r {
	case 'က', 'င', 'စ', 'ဉ', 'ည', 'တ', 'န', 'ပ', 'မ', 'ယ':
		return true
	}
	return false
}

// stacks reports whether Unicode writes b below a: the same row of the
// alphabet, or a letter below itself.
func stacks(a, b rune) bool {
	if a == 0x108F {
		a = '\u1014' // na has a second form in Zawgyi
	}
	if b < 0x1000 || b > 0x1021 || a < 0x1000 || a > 0x1021 {
		return false
	}
	if a == b || a == '\u1009' && b >= '\u1005' && b <= '\u1008' {
		return true
	}
	return row(a) == row(b) || a == '\u101C' || b == '\u101C' || b == '\u1019'
}

// row returns which of the rows of the alphabet that stack among themselves r
// is in. The letters after them are each a row of their own.
func row(r rune) rune {
	switch {
	case r <= '\u1004':
		return 0
	case r <= '\u100A':
		return 1
	case r <= '\u1019':
		return (r - 0x1001) / 5
	}
	return r
}
