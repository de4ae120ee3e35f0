package zawgyi

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// words reads pairs of the same text in Zawgyi and in Unicode. They are texts
// of our catalogue, turned into Zawgyi by ICU's transform my-Zawgyi.
func words(t testing.TB) (pairs [][2]string) {
	t.Helper()
	b, err := os.ReadFile("testdata/words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		z, u, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("no tab in %q", line)
		}
		pairs = append(pairs, [2]string{z, u})
	}
	return pairs
}

func TestConvert(t *testing.T) {
	for _, p := range words(t) {
		if got := Convert(p[0]); got != p[1] {
			t.Errorf("Convert(%s)\n got %+q\nwant %+q", p[0], got, p[1])
		}
	}
}

// What ICU does not write, but phones do.
func TestConvertTyped(t *testing.T) {
	for _, tt := range []struct{ what, zawgyi, want string }{
		{"zero for wa", "အ\u1040တ\u1039", "အဝတ်"},
		{"zero in a number", "၁\u1040\u1040", "၁၀၀"},
		{"lone zero", "\u1040", "၀"},
		{"four for the sign of the same", "၄င\u1039း", "၎င်း"},
		{"nya under asat", "ဥ\u1039", "ဉ်"},
		{"uu in two pieces", "ဥ\u102E", "ဦ"},
		{"jha in two pieces", "ေစ\u103Aး", "ဈေး"},
		{"o in two pieces", "\u107Eသဂုတ\u1039", "ဩဂုတ်"},
		{"contraction", "ေယာက\u1039\u103Aား", "ယောက်ျား"},
		{"the short I", "ကၽြႏ\u1039ုပ\u1039", "ကျွန်ုပ်"},
		{"mark typed twice", "ကိုိ", "ကို"},
		{"other scripts", "boss 500 บาท ေနပါ", "boss 500 บาท နေပါ"},
		{"nothing", "", ""},
	} {
		if got := Convert(tt.zawgyi); got != tt.want {
			t.Errorf("%s: got %s %+q, want %s %+q", tt.what, got, got, tt.want, tt.want)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, p := range words(t) {
		if z, u := Detect(p[0]); z < u {
			t.Errorf("Zawgyi taken for Unicode (%d, %d): %s", z, u, p[0])
		}
		if z, u := Detect(p[1]); z > 0 && z >= u {
			t.Errorf("Unicode taken for Zawgyi (%d, %d): %s", z, u, p[1])
		}
	}
}

func TestDetectOtherLanguages(t *testing.T) {
	for _, s := range []string{
		"",
		"The boss keeps my passport",
		"นายจ้างยึดพาสปอร์ต",
		"ယောက်ျား", "ကျွန်ုပ်", "လက်ျာ", "သင်္ဘော", "ဥပဒေ", "ပြဿနာ", "တက္ကသိုလ်", // Burmese with rare marks
		"ၵၢၼ်ပွင်ႇၽၢဝ်ႇ", "လူႉ", "ၸိုဝ်ႈ", // Shan
		"အခေါၚ်အရာ", "မၞိဟ်", "ဂမၠိုၚ်", // Mon
	} {
		if z, _ := Detect(s); z > 0 {
			t.Errorf("%d signs of Zawgyi in %s", z, s)
		}
	}
}

func FuzzConvert(f *testing.F) {
	for _, p := range words(f) {
		f.Add(p[0])
		f.Add(p[1])
	}
	f.Fuzz(func(t *testing.T, s string) {
		Detect(s)
		got := Convert(s)
		if utf8.ValidString(s) && (!utf8.ValidString(got) || !norm.NFC.IsNormalString(got)) {
			t.Errorf("Convert(%+q) = %+q", s, got)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	text := words(b)[0][0]
	b.ReportAllocs()
	for b.Loop() {
		Detect(text)
	}
}
