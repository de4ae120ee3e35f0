package channels_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"workervoice/channels"
)

func TestSplit(t *testing.T) {
	utf16 := func(n int) channels.Limit { return channels.Limit{N: n} }
	for _, tt := range []struct {
		what  string
		text  string
		limit channels.Limit
		want  []string
	}{
		{"fits", "Hello", utf16(5), []string{"Hello"}},
		{"empty", "", utf16(5), nil},
		{"only spaces", " \n ", utf16(1), nil},
		{"paragraph before sentence", "One. Two.\n\nThree.", utf16(13), []string{"One. Two.", "Three."}},
		{"sentence before word", "One two. Three four", utf16(12), []string{"One two.", "Three four"}},
		{"word", "one two three", utf16(9), []string{"one two", "three"}},
		{"a far space beats a torn word", "see https://example.org/abcdefghij", utf16(32), []string{"see", "https://example.org/abcdefghij"}},
		{"a word longer than the limit", "abcdefgh", utf16(3), []string{"abc", "def", "gh"}},
		{"emoji stay whole", "👩‍🤝‍👨👩‍🤝‍👨", utf16(9), []string{"👩‍🤝‍👨", "👩‍🤝‍👨"}},
		{"bytes", "ကခဂ", channels.Limit{N: 7, Unit: channels.Bytes}, []string{"ကခ", "ဂ"}},
		{"graphemes", "กี่กี่กี่", channels.Limit{N: 2, Unit: channels.Graphemes}, []string{"กี่กี่", "กี่"}},

		{"Burmese syllables", "ကျောင်းသားများ", utf16(9), []string{"ကျောင်း", "သားများ"}},
		{"Burmese stack", "သတ္တဝါ", utf16(5), []string{"သတ္တ", "ဝါ"}},
		{"Burmese kinzi", "အင်္ဂလိပ်", utf16(6), []string{"အင်္ဂ", "လိပ်"}},
		{"Burmese sentence", "မရဘူး။ပြန်ပေးပါ", utf16(9), []string{"မရဘူး။", "ပြန်ပေးပါ"}},
		{"Khmer coeng", "ស្ត្រីស្ត្រី", utf16(9), []string{"ស្ត្រី", "ស្ត្រី"}},
		{"Thai leading vowel", "ไปเที่ยว", utf16(6), []string{"ไป", "เที่ยว"}},
		{"Nepali conjunct", "क्षेत्रीक्षेत्री", utf16(10), []string{"क्षेत्री", "क्षेत्री"}},
		{"mark after a space", "ab \u102Bcd", utf16(3), []string{"ab", " \u102Bc", "d"}},
	} {
		if got := channels.Split(tt.text, tt.limit); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

// A limit that takes nothing must still end.
func TestSplitZeroLimit(t *testing.T) {
	if got := channels.Split("aက\u102B", channels.Limit{}); strings.Join(got, "") != "aက\u102B" {
		t.Errorf("got %q", got)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"One. Two.\n\nThree https://example.org/?a=b",
		"လစာ မရဘူး။ အင်္ဂလိပ် သတ္တဝါ ယောက်ျား",
		"ថៅកែមិនឲ្យស្ត្រីចេញក្រៅទេ។",
		"นายจ้างไม่จ่ายค่าจ้าง น้ำ เที่ยว ๆ",
		"कम्पनीले राहदानी खोस्यो। गर्\u200Dयो",
		"👩‍🤝‍👨🇲🇲1️⃣", "a\u0301\u0301\u0301\u0301", " \u102B", "\xff\xfe",
	} {
		f.Add(s, 20, 0)
		f.Add(s, 3, 2)
	}
	f.Fuzz(func(t *testing.T, s string, n, unit int) {
		l := channels.Limit{N: n % 5000, Unit: channels.Unit(uint(unit) % 3)}
		parts := channels.Split(s, l)
		if !utf8.ValidString(s) {
			return // torn letters may meet again when the parts are joined
		}
		if got, want := squash(strings.Join(parts, "")), squash(s); got != want {
			t.Fatalf("text changed: %q, want %q", got, want)
		}
		for i, p := range parts {
			if !l.Fits(p) && utf8.RuneCountInString(p) > 1 {
				t.Errorf("part %q has %d, the limit is %d", p, l.Count(p), l.N)
			}
			first, _ := utf8.DecodeRuneInString(p)
			if i > 0 && unicode.Is(unicode.M, first) && l.Count(lastCharacter(parts[i-1], p)) <= l.N {
				t.Errorf("part %q starts with a mark", p)
			}
		}
	})
}

// squash removes white space.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// lastCharacter returns the letter and marks that were cut apart between a and b.
func lastCharacter(a, b string) string {
	start := strings.LastIndexFunc(a, func(r rune) bool { return !unicode.Is(unicode.M, r) })
	end := strings.IndexFunc(b, func(r rune) bool { return !unicode.Is(unicode.M, r) })
	if end < 0 {
		end = len(b)
	}
	return a[max(start, 0):] + b[:end]
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("နိုင်ငံကူးလက်မှတ်ကို အလုပ်ရှင်က သိမ်းထားပါတယ်။ ", 200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		channels.Split(text, channels.Limit{N: 1024})
	}
}
