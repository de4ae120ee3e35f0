package line

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"workervoice/channels"
)

// burmese is a heavy syllable: one letter to a reader, six code points, 18 bytes.
const burmese = "မြို့"

// question12 is a question with as many choices as fit under a message, in
// words as long as those of the product.
func question12() channels.Outbound {
	m := text("k/q", "ဘယ်လို ပြဿနာ ဖြစ်ပါသလဲ။", "")
	for i := range 12 {
		m.Choices = append(m.Choices, channels.Choice{Label: "လစာ မရသေးဘူး", Desc: "နောက်ကျတာ၊ လျော့ပေးတာ", Value: fmt.Sprintf("pay.%d", i)})
	}
	return m
}

// sendTo sends m through a and returns what the worker then sees.
func (f *fakeLINE) sendTo(a *Adapter, m channels.Outbound) []map[string]any {
	f.t.Helper()
	before := len(f.screen())
	if _, err := a.Send(context.Background(), m); err != nil {
		f.t.Fatal(err)
	}
	return f.screen()[before].objects
}

// seen returns the texts and the actions of a Flex Message.
func seen(object map[string]any) (texts []string, actions []map[string]any) {
	walk(object["contents"], func(c map[string]any) {
		if c["type"] == "text" {
			texts = append(texts, c["text"].(string))
			if c["wrap"] != true {
				texts = append(texts, "CUT: "+c["text"].(string))
			}
		}
		if a, ok := c["action"].(map[string]any); ok {
			actions = append(actions, a)
		}
	})
	return texts, actions
}

func TestQuestion(t *testing.T) {
	f := newLINE(t)
	m := text("k/1", "Is your boss near you now?", "")
	m.Choices = []channels.Choice{{Label: "Yes", Value: "safe.no"}, {Label: strings.Repeat(burmese, 40), Desc: "I am alone", Value: "safe.yes"}}
	objects := f.sendTo(f.adapter(nil), m)
	if len(objects) != 1 || objects[0]["type"] != "flex" || objects[0]["quickReply"] != nil {
		t.Fatalf("want one Flex Message without quick replies, got %s", show(objects))
	}
	texts, actions := seen(objects[0])
	if want := []string{m.Text, "Yes", m.Choices[1].Label, "I am alone"}; strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Errorf("the worker sees %q, want %q", texts, want)
	}
	if len(actions) != 2 {
		t.Fatalf("%d buttons, want 2", len(actions))
	}
	for i, c := range m.Choices {
		if actions[i]["data"] != c.Value || actions[i]["label"] != c.Label || actions[i]["displayText"] != c.Label {
			t.Errorf("button %d: %s", i, show(actions[i]))
		}
	}
}

// TestPreview proves that a notification does not tell what is asked.
func TestPreview(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	for i, c := range []struct{ preview, want string }{
		{"", "💬"},
		{"  ", "💬"},
		{"💬 New message", "💬 New message"},
		{strings.Repeat("က", 401), "💬"},
	} {
		m := question12()
		m.Key, m.Preview = fmt.Sprint("k/", i), c.preview
		if got := f.sendTo(a, m)[0]["altText"]; got != c.want {
			t.Errorf("preview %q: the notification shows %q, want %q", c.preview, got, c.want)
		}
	}
}

// TestLimits sends what Info allows, to the last letter, and demands that LINE
// takes it and that nothing is lost on the way.
func TestLimits(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	info := a.Info()
	full := func(unit string, l channels.Limit) string {
		n := l.N / l.Count(unit)
		return strings.Repeat(unit, n)
	}
	for name, letter := range map[string]string{"latin": "a", "burmese": burmese, "emoji": "🙂", "escaped": "<"} {
		plain := text("plain/"+name, full(letter, info.Text), "")
		if got := f.sendTo(a, plain); got[0]["text"] != plain.Text {
			t.Errorf("%s: the text changed", name)
		}
		m := text("full/"+name, full(letter, info.Body), "")
		for i := range info.Choices {
			m.Choices = append(m.Choices, channels.Choice{Label: full(letter, info.Button), Desc: full(letter, info.Desc), Value: fmt.Sprintf("%0*d", info.Value, i)})
		}
		var words []string
		var values int
		for _, o := range f.sendTo(a, m) {
			if o["type"] == "text" {
				words = append(words, o["text"].(string))
				continue
			}
			texts, actions := seen(o)
			words, values = append(words, texts...), values+len(actions)
		}
		if values != info.Choices || len(words) != 1+2*info.Choices || words[0] != m.Text {
			t.Errorf("%s: %d texts and %d buttons, want %d and %d", name, len(words), values, 1+2*info.Choices, info.Choices)
		}
	}
}

// TestUsualQuestionIsOneBubble guards against a bubble that grows too fat: ten
// choices in the product's words must not be torn apart.
func TestUsualQuestionIsOneBubble(t *testing.T) {
	f := newLINE(t)
	m := question12()
	m.Text = strings.Repeat("ဘ", 1024) // the longest text of the product
	objects := f.sendTo(f.adapter(nil), m)
	if len(objects) != 1 {
		t.Fatalf("%d message objects, want 1", len(objects))
	}
	t.Logf("bubble of %d bytes", len(show(objects[0]["contents"])))
}

func TestChoiceTooFat(t *testing.T) {
	f := newLINE(t)
	m := text("k/1", "", "")
	m.Choices = []channels.Choice{{Label: strings.Repeat("a"+strings.Repeat("\u0301", 300), 40), Value: "v"}}
	if _, err := f.adapter(nil).Send(context.Background(), m); reason(err) != channels.Rejected || len(f.asked()) != 0 {
		t.Errorf("got %v after %d requests, want rejected after none", err, len(f.asked()))
	}
}

func TestFiles(t *testing.T) {
	const at = "https://voice.example/f/1?sig=x"
	for name, c := range map[string]struct {
		file  channels.File
		still string
		want  string
	}{
		"photo":       {channels.File{Type: "image/jpeg", Size: 1 << 20}, "", `{"originalContentUrl":"` + at + `","previewImageUrl":"` + at + `","type":"image"}`},
		"big photo":   {channels.File{Type: "image/jpeg", Size: 1<<20 + 1, Name: "plan.jpg"}, "", `{"text":"plan.jpg\n` + at + `","type":"text"}`},
		"webp":        {channels.File{Type: "image/webp", Size: 9}, "", `{"text":"` + at + `","type":"text"}`},
		"voice":       {channels.File{Type: "audio/mp4; codecs=mp4a.40.2", Seconds: 12}, "", `{"duration":12000,"originalContentUrl":"` + at + `","type":"audio"}`},
		"short voice": {channels.File{Type: "audio/x-m4a"}, "", `{"duration":1000,"originalContentUrl":"` + at + `","type":"audio"}`},
		"ogg voice":   {channels.File{Type: "audio/ogg", Seconds: 12}, "", `{"text":"` + at + `","type":"text"}`},
		"film":        {channels.File{Type: "video/mp4"}, "https://voice.example/still.png", `{"originalContentUrl":"` + at + `","previewImageUrl":"https://voice.example/still.png","type":"video"}`},
		"bare film":   {channels.File{Type: "video/mp4"}, "", `{"text":"` + at + `","type":"text"}`},
		"document":    {channels.File{Type: "application/pdf", Name: "letter.pdf"}, "", `{"text":"letter.pdf\n` + at + `","type":"text"}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newLINE(t)
			a := f.adapter(func(c2 *Config) { c2.Still = c.still })
			c.file.URL = at
			m := text("k/1", "", "")
			m.File = &c.file
			if got := f.sendTo(a, m); len(got) != 1 || show(got[0]) != jsonOf(c.want) {
				t.Errorf("got %s, want %s", show(got), c.want)
			}
			m.Key, m.Text = "k/2", "Listen to this."
			if got := f.sendTo(a, m); len(got) != 2 || got[0]["text"] != m.Text || show(got[1]) != jsonOf(c.want) {
				t.Errorf("with a caption: got %s", show(got))
			}
			m.Key, m.Choices = "k/3", []channels.Choice{{Label: "Good", Value: "good"}}
			got := f.sendTo(a, m)
			if len(got) != 2 || show(got[0]) != jsonOf(c.want) {
				t.Fatalf("with choices: got %s", show(got))
			}
			if texts, _ := seen(got[1]); len(texts) != 2 || texts[0] != m.Text {
				t.Errorf("with choices: the worker reads %q", texts)
			}
		})
	}
}

// jsonOf returns a JSON text as show would write it.
func jsonOf(s string) string { return strings.ReplaceAll(s, "&", `\u0026`) }

func TestFilesNeedHTTPS(t *testing.T) {
	f := newLINE(t)
	for _, address := range []string{"", "http://voice.example/f/1", "/f/1", "https:///f", "https://voice.example/" + strings.Repeat("x", 2000)} {
		m := text("k/1", "here", "")
		m.File = &channels.File{Type: "image/png", URL: address}
		_, err := f.adapter(nil).Send(context.Background(), m)
		if reason(err) != channels.Misset || !strings.Contains(err.Error(), "PUBLIC_URL") || strings.Contains(err.Error(), "voice.example") {
			t.Errorf("got %v, want what to set, without the address", err)
		}
	}
	if len(f.asked()) != 0 {
		t.Errorf("LINE was asked all the same: %v", f.asked())
	}
}
