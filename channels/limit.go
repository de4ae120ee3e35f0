package channels

import (
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// A Unit is what a platform counts text in.
type Unit int

// Units. Platforms that do not say are counted in UTF-16 units, the strictest
// of those that fit the scripts in use.
const (
	UTF16 Unit = iota
	Graphemes
	Bytes
)

// A Limit is the longest text a platform takes in some place. The zero Limit
// takes none.
type Limit struct {
	N    int
	Unit Unit
}

// Count returns the length of s in l's unit.
func (l Limit) Count(s string) (n int) {
	switch l.Unit {
	case Bytes:
		return len(s)
	case Graphemes:
		for it := graphemes.FromString(s); it.Next(); {
			n++
		}
		return n
	}
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Fits reports whether s is not too long.
func (l Limit) Fits(s string) bool { return len(s) <= l.N || l.Count(s) <= l.N } // nothing takes less than a byte

// Clean returns s with bytes that are no UTF-8 replaced, as platforms refuse them.
func Clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
