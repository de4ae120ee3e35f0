package zawgyi

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A part is a piece of a syllable, in the order in which Unicode stores them
// (Unicode Technical Note 11).
type part int

const (
	kinzi part = iota // a small nga above: stored before its letter
	base
	early // asat on the letter itself
	stack // the letter below
	ya
	ra
	wa
	ha
	middle // asat on a letter with a medial
	eSign
	above // i, ii, ai
	below // u, uu
	aa
	late // asat on aa
	anusvara
	dot
	visarga
	parts
)

// asatMark stands in pieces for an asat whose place depends on its neighbours.
const asatMark part = -1

// A piece is what one Zawgyi code point adds to a syllable.
type piece struct {
	part part
	text string
}

// pieces are the code points that do not mean in Zawgyi what they mean in
// Unicode, and all marks.
var pieces = map[rune][]piece{
	0x102B: {{aa, "\u102B"}},
	0x102C: {{aa, "\u102C"}},
	0x102D: {{above, "\u102D"}},
	0x102E: {{above, "\u102E"}},
	0x102F: {{below, "\u102F"}},
	0x1030: {{below, "\u1030"}},
	0x1032: {{above, "\u1032"}},
	0x1033: {{below, "\u102F"}},
	0x1034: {{below, "\u1030"}},
	0x1036: {{anusvara, "\u1036"}},
	0x1037: {{dot, "\u1037"}},
	0x1038: {{visarga, "\u1038"}},
	0x1039: {{asatMark, "\u103A"}},
	0x103A: {{ya, "\u103B"}},
	0x103C: {{wa, "\u103D"}},
	0x103D: {{ha, "\u103E"}},
	0x105A: {{aa, "\u102B"}, {asatMark, "\u103A"}},
	0x1064: {{kinzi, "\u1004\u103A\u1039"}},
	0x107D: {{ya, "\u103B"}},
	0x1087: {{ha, "\u103E"}},
	0x1088: {{ha, "\u103E"}, {below, "\u102F"}},
	0x1089: {{ha, "\u103E"}, {below, "\u1030"}},
	0x108A: {{wa, "\u103D"}, {ha, "\u103E"}},
	0x108B: {{kinzi, "\u1004\u103A\u1039"}, {above, "\u102D"}},
	0x108C: {{kinzi, "\u1004\u103A\u1039"}, {above, "\u102E"}},
	0x108D: {{kinzi, "\u1004\u103A\u1039"}, {anusvara, "\u1036"}},
	0x108E: {{above, "\u102D"}, {anusvara, "\u1036"}},
	0x1094: {{dot, "\u1037"}},
	0x1095: {{dot, "\u1037"}},
	0x1096: {{stack, "\u1039\u1010"}, {wa, "\u103D"}},
}

// stacked are the letters below another, from U+1060 on; a zero is no such letter.
var stacked = [...]rune{
	0x1000, 0x1001, 0x1002, 0x1003, 0, 0x1005, 0x1006, 0x1006, 0x1007, 0x1008, // 1060
	0, 0, 0x100B, 0x100C, 0, 0, // 106A
	0x100F, 0x1010, 0x1010, 0x1011, 0x1011, 0x1012, 0x1013, 0x1014, 0x1015, 0x1016, // 1070
	0x1017, 0x1018, 0x1019, // 107A
}

// stackedAt returns the letter that the Zawgyi code point r puts below another,
// or 0.
func stackedAt(r rune) rune {
	switch {
	case r >= 0x1060 && int(r-0x1060) < len(stacked):
		return stacked[r-0x1060]
	case r == 0x1085:
		return 0x101C
	case r == 0x1093:
		return 0x1018
	}
	return 0
}

// piecesOf returns what the mark r adds to its syllable, or nothing where r is
// no mark.
func piecesOf(r rune) []piece {
	if below := stackedAt(r); below != 0 {
		return []piece{{stack, "\u1039" + string(below)}}
	}
	return pieces[r]
}

// bases are the letters that Zawgyi has at another place; the second string is
// what stands below.
var bases = map[rune][2]string{
	0x106A: {"\u1009"},
	0x106B: {"\u100A"},
	0x106E: {"\u100D", "\u1039\u100D"},
	0x106F: {"\u100D", "\u1039\u100E"},
	0x1086: {"\u103F"},
	0x108F: {"\u1014"},
	0x1090: {"\u101B"},
	0x1091: {"\u100F", "\u1039\u100D"},
	0x1092: {"\u100B", "\u1039\u100C"},
	0x1097: {"\u100B", "\u1039\u100B"},
}

// letter returns the base and what is below it for a rune that can start a
// syllable in Zawgyi.
func letter(r []rune, i int) (above, below string, ok bool) {
	c := r[i]
	if b, ok := bases[c]; ok {
		return b[0], b[1], true
	}
	switch {
	case c == '\u1040' && isWa(r, i):
		return "\u101D", "", true // zero typed for wa, which looks the same
	case c == '\u1044' && i+2 < len(r) && r[i+1] == nga && r[i+2] == virama:
		return "\u104E", "", true // four typed for the sign that looks like it
	case c >= 0x1000 && c <= 0x102A, c == 0x104E, c == 0x25CC:
		return string(c), "", true
	}
	return "", "", false
}

// isWa reports whether the zero at i stands among letters and not numbers.
func isWa(r []rune, i int) bool {
	number := func(j int) bool {
		return j >= 0 && j < len(r) && (r[j] >= 0x1040 && r[j] <= 0x1049 || r[j] == '.' || r[j] == ',')
	}
	burmese := func(j int) bool {
		return j >= 0 && j < len(r) && (consonant(r[j]) || mark(r[j]) || prefix(r[j]) || r[j] >= 0x1060 && r[j] <= 0x1097)
	}
	return !number(i-1) && !number(i+1) && (burmese(i-1) || burmese(i+1))
}

// Convert returns s, which is in Zawgyi, in Unicode and NFC. What is not
// Burmese stays as it is. Text that is in Unicode already is spoilt: ask
// Detect first.
func Convert(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i := 0; i < len(r); {
		i += syllable(&b, r, i)
	}
	return norm.NFC.String(whole.Replace(b.String()))
}

// whole are letters that Zawgyi writes in several pieces.
var whole = strings.NewReplacer(
	"\u1025\u103A", "\u1009\u103A", // nya under asat
	"\u1025\u1039", "\u1009\u1039", // nya with a letter below
	"\u1025\u102E", "\u1026", // uu
	"\u101E\u103C\u1031\u102C\u103A", "\u102A", // au
	"\u101E\u103C", "\u1029", // o
	"\u1005\u103B", "\u1008", // jha
)

// syllable writes the syllable that starts at i and returns its length.
func syllable(b *strings.Builder, r []rune, i int) int {
	var p [parts]string
	end := i
	for ; end < len(r) && (r[end] == eVowel || prefix(r[end])); end++ { // signs before the letter
		if r[end] == eVowel {
			p[eSign] = "\u1031"
		} else {
			p[ra] = "\u103C"
		}
	}
	based := false
	if end < len(r) {
		p[base], p[stack], based = letter(r, end)
	}
	if based {
		end++
	} else if end == i && piecesOf(r[i]) == nil {
		b.WriteRune(r[i])
		return 1
	}
	for ; end < len(r) && piecesOf(r[end]) != nil; end++ { // signs after it
		for _, a := range piecesOf(r[end]) {
			put(&p, a)
		}
	}
	if p[aa] == "" && p[ya]+p[ra]+p[wa]+p[ha] != "" {
		p[early], p[middle] = "", p[early] // only before aa does a medial belong to the next sound
	}
	for _, t := range p {
		b.WriteString(t)
	}
	return end - i
}

// put adds a to the syllable p.
func put(p *[parts]string, a piece) {
	switch {
	case a.part == asatMark && p[aa] != "":
		p[late] = a.text
	case a.part == asatMark:
		p[early] = a.text
	case p[a.part] == "":
		p[a.part] = a.text
	}
}
