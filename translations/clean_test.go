package translations

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"workervoice/translations/zawgyi"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct{ what, raw, want string }{
		{"plain", "Boss took it.\nHelp", "Boss took it.\nHelp"},
		{"empty", "", ""},
		{"bytes that are no UTF-8", "a\xffb", "a\uFFFDb"},
		{"control characters", "a\x00b\x1bc\td\r\ne\rf", "abc d\ne\nf"},
		{"direction override", "pay\u202Eyap", "payyap"},
		{"byte order mark", "\uFEFFok", "ok"},
		{"joiners stay", "गर्\u200Dयो 👩\u200D🤝\u200D👨", "गर्\u200Dयो 👩\u200D🤝\u200D👨"},
		{"NFC", "e\u0301", "é"},
		{"Thai am stays", "น้ำ ทำ", "น้ำ ทำ"},
		{"Thai am in two strokes", "น\u0E49\u0E4D\u0E32 ท\u0E4D\u0E32", "น้ำ ทำ"},
		{"Thai am around its tone", "น\u0E4D\u0E49\u0E32", "น้ำ"},
		{"Thai tone after am", "น\u0E33\u0E49", "น้ำ"},
		{"Thai tone before vowel", "ท\u0E48\u0E35", "ที่"},
		{"Thai ae in two strokes", "เเม่", "แม่"},
		{"Khmer oe in two strokes", "ប\u17C1\u17B8ក", "បើក"},
		{"Khmer oo in two strokes", "រ\u17C1\u17B6ង", "រោង"},
		{"Khmer shifter after vowel", "ស\u17CA\u17B8 ស\u17B8\u17CA", "ស៊ី ស៊ី"},
		{"Burmese dot after asat", "သင\u103A\u1037", "သင့်"},
		{"Burmese anusvara before u", "လ\u1036\u102Fး", "လုံး"},
		{"Burmese u before i", "က\u102F\u102D", "ကို"},
		{"Burmese medials", "လ\u103E\u103Dတ်", "လွှတ်"},
		{"Burmese aa under asat", "တော်", "တော်"},
		{"line that starts with a mark", "\u102Bက\n\u0E48", "\u25CC\u102Bက\n\u25CC\u0E48"},
		{"keycap", "1\uFE0F\u20E3", "1\uFE0F\u20E3"},
	} {
		if got := Clean(tt.raw); got != tt.want {
			t.Errorf("%s: Clean(%+q) = %+q, want %+q", tt.what, tt.raw, got, tt.want)
		}
	}
}

// Our own texts are written as Clean would have them, so that what a worker
// types back is equal.
func TestCleanKeepsCatalogue(t *testing.T) {
	c := mustLoad(t)
	for lang, texts := range c.texts {
		for key, m := range texts.forms {
			if got := Clean(m.Other); got != m.Other {
				t.Errorf("%s %s:\n got %+q\nwant %+q", lang, key, got, m.Other)
			}
		}
	}
}

// What is kept of a Zawgyi message can still be converted: its marks are not
// put in an order that is not its own, and nothing is put before them.
func TestCleanThenConvert(t *testing.T) {
	b, err := os.ReadFile("zawgyi/testdata/words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		z, u, _ := strings.Cut(line, "\t")
		if n, m := zawgyi.Detect(z); n <= m {
			continue // cannot be told from Unicode
		}
		if got := Clean(zawgyi.Convert(Clean(z))); got != u {
			t.Errorf("%s: got %+q, want %+q", z, got, u)
		}
	}
	if got := zawgyi.Convert(Clean("သူေနပါတယ္")); got != "သူနေပါတယ်" {
		t.Errorf("got %s", got)
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"  YES!! ", "yes"},
		{"Yesss", "yes"},
		{"hoo", "hoo"},
		{"Don’t know", "dont know"},
		{"✅ Yes", "yes"},
		{"👍🏽", "👍"},
		{"👍👍👍", "👍"},
		{"❤️", "❤"},
		{"1️⃣", "1"},
		{"၁", "1"}, {"១២", "12"}, {"१", "1"}, {"๑๐๐๐", "1000"}, {"০", "0"}, {"໑", "1"}, {"１", "1"},
		{"111", "111"},
		{"အ၀တ်", "အဝတ်"},
		{"၁၀", "10"},
		{"ဥ်", "ဉ်"},
		{"ម្ដង", "ម្តង"},
		{"សូម\u200Bជួយ", "សូមជួយ"},
		{"ច្បាប់\u200B", "ច្បាប់"},
		{"បាទ/ចាស", "បាទ ចាស"},
		{"ช่วยยยย", "ช่วย"},
		{"ช่่่วย", "ช่วย"},
		{"हो।", "हो"},
		{"\u25CC\u102B", "\u102B"},
		{"...", ""},
		{"", ""},
	} {
		if got := Fold(tt.text); got != tt.want {
			t.Errorf("Fold(%+q) = %+q, want %+q", tt.text, got, tt.want)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"၀၉-၄၅၀", "09-450"},
		{"អាយុ ១៧", "អាយុ 17"},
		{"1️⃣ 2️⃣", "1 2"},
		{"ဝ၀", "ဝဝ"},
		{"plain", "plain"},
	} {
		if got := Digits(tt.text); got != tt.want {
			t.Errorf("Digits(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestScript(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"လစာ မရဘူး", "my"},
		{"ថៅកែ", "km"},
		{"साहु", "ne"},
		{"นายจ้าง ok", "th"},
		{"ເງິນ", "lo"},
		{"বেতন", "bn"},
		{"my boss", ""},
		{"१२३", ""},
		{"👍", ""},
		{"นายจ้างชื่อ ကို", "th"},
	} {
		if got := Script(tt.text); got != tt.want {
			t.Errorf("Script(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"\u102B", "น\u0E4D\u0E49\u0E32", "ប\u17C1\u17B8", "a\xff\r\n", "1️⃣", "လ\u1036\u102F"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Errorf("Clean(%+q) = %+q", s, got)
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean(%+q) = %+q, again %+q", s, got, again)
		}
		if before, after := Fold(s), Fold(got); before != after {
			t.Errorf("Fold(%+q) = %+q, after Clean %+q", s, before, after)
		}
		Script(s)
	})
}
