package translations

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, p := range mustLoad(t).Check() {
		t.Error(p)
	}
}

// Each fault is found, and by its own name.
func TestCheckFinds(t *testing.T) {
	for _, tt := range []struct {
		lang, text, english string
		kind                Kind
		want                string // part of what is said; empty: nothing is wrong
	}{
		{"th", "ใช่", "Yes", Button, ""},
		{"th", "🆘 ฉันกำลังมีอันตรายอยู่ตอนนี้", "🆘 Danger now", Button, "drop the emoji"},
		{"en", "{{.Name}}: " + strings.Repeat("a", 1000) + ".", "x", Body, "units"},
		{"my", "လံုး", "All", Button, "order"},
		{"my", "ေကာင္းပါတယ္", "Good", Button, "Zawgyi"},
		{"km", "បាទ\u200Bចាស", "Yes", Button, "U+200B"},
		{"ne", "गर्\u200Dयो", "Did", Button, ""},
		{"ne", "हो\u200D", "Yes", Button, "U+200D"},
		{"my", "👩\u200D🤝\u200D👨 နှစ်မျိုးလုံး", "👩\u200D🤝\u200D👨 Both", Row, ""},
		{"en", "Two  spaces.", "Two spaces.", Body, "spaces"},
		{"en", "End. ", "End.", Body, "spaces"},
		{"km", "បាទ ใช่", "Yes", Button, "another script"},
		{"km", "បាទ yes", "Ja", Button, "Latin"},
		{"km", "ផ្ញើ SOS", "Send SOS", Button, ""},
		{"km", "១៨ ឆ្នាំ", "18 years", Button, "digit"},
		{"th", "ภายใน 27 ชั่วโมง", "Within 72 hours.", Body, "numbers"},
		{"th", "ดู https://a.example", "See https://b.example", Body, "addresses"},
		{"th", "หนึ่ง\nสอง", "One. Two.", Body, "line ends"},
		{"th", "✅ ไม่", "❌ No", Button, "emoji"},
		{"th", "ไม่", "❌ No", Button, ""},
		{"th", "ส่งเสียง", "Send a voice note 🎤", Body, "emoji"},
		{"my", "ဟုတ်ကဲ့", "Yes.", Body, "full stop"},
		{"th", "ใช่.", "Yes.", Body, "Thai has not"},
		{"en", "Yes.", "Yes.", Button, "label"},
		{"ne", "समय 5।", "Time 5.", Body, "danda"},
		{"th", "ขอบคุณครับ", "Thank you.", Body, "do not use"},
		{"ne", "तिमी आऊ।", "Come.", Body, "do not use"},
		{"en", "You are a victim.", "You are a victim.", Body, "do not use"},
	} {
		c := checked{lang: tt.lang, key: "x.y", kind: tt.kind, text: tt.text, english: tt.english}
		got := strings.Join(c.problems(), "; ")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s %q: got %q, want %q", tt.lang, tt.text, got, tt.want)
		}
	}
}

// What the texts invite to type is understood.
func TestInvitedWords(t *testing.T) {
	c := mustLoad(t)
	for _, lang := range languages {
		for _, word := range []string{"SOS", "HIDE", "FEE", "0"} {
			if c.Intent(lang, word) == "" {
				t.Errorf("%s: %s is not understood", lang, word)
			}
		}
		for _, key := range []string{"btn.yes", "btn.no", "btn.skip", "btn.back", "btn.stop", "btn.menu", "btn.done", "btn.hide"} {
			label, err := c.Text(lang, key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want, got := strings.TrimPrefix(key, "btn."), c.Intent(lang, label); got != want {
				t.Errorf("%s: the button %q means %q, its words %q", lang, label, want, got)
			}
		}
		ask, _ := c.Text(lang, "lang.ask", nil)
		if quoted := strings.Split(ask, `"`); len(quoted) > 2 && c.Intent(lang, quoted[1]) != ChangeLanguage {
			t.Errorf("%s: lang.ask says to type %q, which is not understood", lang, quoted[1])
		}
	}
}
