package translations

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestIntent(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct{ lang, text, want string }{
		{"en", "Yes!", Yes}, {"en", "yesss", Yes}, {"my", "ok", Yes}, {"th", "ใช่ค่ะ", Yes}, {"ne", "हुन्छ।", Yes}, {"km", "បាទ/ចាស", Yes}, {"my", "hote kae", Yes},
		{"en", "👍🏽", Yes}, {"km", "👍👍", Yes}, {"th", "❌", No}, {"ne", "हैन", No}, {"ne", "chaina", No}, {"en", "no thank you", ""},
		{"my", "ရပ်", Stop}, {"my", "yat", MaybeStop}, {"ne", "banda", MaybeStop}, {"th", "หยุดครับ", Stop}, {"th", "yut", MaybeStop}, {"my", "STOP", Stop}, {"en", "✋", MaybeStop},
		{"ne", "metau", MaybeDelete}, {"ne", "मेटाउनुहोस्", Delete}, {"en", "delete my data please", Delete}, {"th", "delete", Delete},
		{"th", "ซ่อน", Hide}, {"km", "លាក់", Hide}, {"my", "ဖျောက်", Hide}, {"ne", "lukau", Hide}, {"ne", "HIDE", Hide}, {"en", "🙈", Hide},
		{"ne", "शुल्क", Fee}, {"th", "fee", Fee},
		{"my", "0", Menu}, {"my", "၀", Menu}, {"km", "០", Menu}, {"en", "0️⃣", Menu},
		{"th", "ภาษา", ChangeLanguage}, {"en", "language", ChangeLanguage},
		{"en", "/start", Start}, {"my", "မင်္ဂလာပါ", Start}, {"en", "Hello!", Start},
		{"km", "រួច ហើយ", Done}, {"km", "រួច\u200Bហើយ", Done},

		// Danger counts in every language.
		{"en", "SOS", InDanger}, {"my", "ช่วยด้วย", InDanger}, {"th", "ကယ်ပါ", InDanger}, {"", "maddat", InDanger}, {"ne", "juoy", InDanger},
		{"km", "please help 🆘 now", InDanger}, {"en", "🚨", InDanger}, {"km", "សូមជួយ", InDanger}, {"xx", "help me please", InDanger},

		// A word of another language, or in a longer text, is no command.
		{"th", "ho", ""}, {"en", "metau", ""}, {"en", "I do not want to stop working there", ""}, {"en", "my boss said yes", ""},
		{"en", "", ""}, {"en", ".", ""}, {"en", "5", ""}, {"en", strings.Repeat("a ", 5000), ""},
	} {
		if got := c.Intent(tt.lang, tt.text); got != tt.want {
			t.Errorf("Intent(%s, %q) = %q, want %q", tt.lang, tt.text, got, tt.want)
		}
	}
}

// Whatever language a worker has chosen, a word means one thing: no word of a
// language means another in English, and no word for help means anything else
// anywhere.
func TestCommandsAreClear(t *testing.T) {
	c := mustLoad(t)
	plain := func(intent string) string { return strings.TrimSuffix(intent, "?") }
	for lang, words := range c.words.commands {
		for w, intent := range words {
			for _, other := range []string{English, anybody} {
				if i := c.words.commands[other][w]; i != "" && plain(i) != plain(intent) {
					t.Errorf("%q is %s in %s, %s in %s", w, intent, lang, i, other)
				}
			}
			if c.words.help[w] && intent != InDanger {
				t.Errorf("%q is %s in %s, and help elsewhere", w, intent, lang)
			}
		}
	}
}

// Every command exists in every language, in its own script.
func TestCommandsComplete(t *testing.T) {
	c := mustLoad(t)
	rows, err := readTable(files, "keywords.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range languages {
		for _, intent := range commands {
			if !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == intent && r[1] == lang && r[2] != "" }) {
				t.Errorf("keywords.tsv: no word for %s in %s", intent, lang)
			}
		}
		for _, category := range categories {
			if !slices.ContainsFunc(c.words.stems, func(s stem) bool { return s.category == category && langOf(s.text) == lang }) {
				t.Errorf("danger.tsv: no word for %s in %s", category, lang)
			}
		}
	}
	danger, err := readTable(files, "danger.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(rows, danger...) {
		for _, w := range list(r[2]) {
			if got := langOf(w); r[1] != anybody && got != r[1] {
				t.Errorf("%s in %s: native %q is written in the script of %s", r[0], r[1], w, got)
			}
		}
		for _, w := range list(r[3]) {
			if r[1] != anybody && strings.IndexFunc(w, func(c rune) bool { return c > unicode.MaxASCII }) >= 0 {
				t.Errorf("%s in %s: romanised %q is not", r[0], r[1], w)
			}
		}
	}
}

// langOf returns the language that s is written in, English for Latin letters.
func langOf(s string) string {
	if lang := Script(s); lang != "" {
		return lang
	}
	return English
}

func TestDangers(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct{ lang, text, want string }{
		{"en", "He will kill me", "danger"},
		{"en", "I want to kill myself.", "danger selfharm"},
		{"en", "they LOCKED us in and there is fire!", "fire confined"},
		{"en", "I don't want to live", "selfharm"},
		{"th", "หัวหน้าทำร้ายฉัน", "danger"},
		{"en", "อยากตาย", "selfharm"},
		{"my", "သေချင်တယ်", "selfharm"},
		{"my", "အပြင် ထွက် လို့ မရ ဘူး", "confined"},
		{"my", "အသက် ၁၈ နှစ် မပြည့်သေးဘူး", "child"},
		{"km", "ថៅកែមិនអោយចេញទេ", "confined"},
		{"km", "គេចង់សម្លាប់ខ្ញុំ", "danger"},
		{"ne", "साहुले कुट्यो", "danger"},
		{"ne", "balatkar", "sexual"},
		{"ne", "आगोले पोल्यो", "fire"},

		{"en", "I was fired and skilled work is hard", ""}, // whole words
		{"th", "ฉันเป็นหนี้", ""},                          // "debt" contains "flee"
		{"ne", "श्रम मार्फत", ""},                          // "through" begins like "kill"
		{"en", "balatkar", ""},
		{"en", "My pay is late", ""},
		{"my", "လစာ နောက်ကျတယ်", ""},
		{"km", "ប្រាក់ខែយឺត", ""},
		{"th", "ค่าจ้างออกช้า", ""},
		{"ne", "तलब ढिलो आयो", ""},
		{"en", "", ""},
	} {
		got := strings.Join(c.Dangers(tt.lang, tt.text), " ")
		if got != tt.want || c.Danger(tt.lang, tt.text) != (tt.want != "") {
			t.Errorf("Dangers(%s, %q) = %q, want %q", tt.lang, tt.text, got, tt.want)
		}
	}
}

// What our own lists call danger, our word lists find, so that somebody who
// types it in their own words is asked as well.
func TestDangersFindOurLabels(t *testing.T) {
	c := mustLoad(t)
	for _, key := range []string{"issue.harm.hit", "issue.harm.threat", "issue.sex.assault", "issue.free.locked", "issue.free.child", "issue.safety.injury", "issue.safety.fire"} {
		for _, lang := range languages {
			label, err := c.Text(lang, key, nil)
			if err != nil {
				t.Fatal(err)
			}
			desc, _ := c.Text(lang, key+".desc", nil)
			if !c.Danger(lang, label+" "+desc) {
				t.Errorf("%s %s: no danger in %q, %q", lang, key, label, desc)
			}
		}
	}
}

func FuzzIntent(f *testing.F) {
	c := mustLoad(f)
	f.Add("my", "ရပ်ပါ")
	f.Add("th", "ช่วยด้วยครับ")
	f.Add("en", "🆘")
	f.Fuzz(func(t *testing.T, lang, text string) {
		c.Intent(lang, text)
		c.Dangers(lang, text)
	})
}
