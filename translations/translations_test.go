package translations

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func mustLoad(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestText(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct {
		lang, key string
		args      map[string]any
		want      string
	}{
		{"en", "btn.yes", nil, "✅ Yes"},
		{"th", "btn.yes", nil, "✅ ใช่"},
		{"en", "intake.site_guess", map[string]any{"Site": "<b>{{.X}}"}, "Is it this workplace: <b>{{.X}}?"},
	} {
		got, err := c.Text(tt.lang, tt.key, tt.args)
		if err != nil || got != tt.want {
			t.Errorf("Text(%s, %s) = %q, %v; want %q", tt.lang, tt.key, got, err, tt.want)
		}
	}
}

// A placeholder without a value must not reach a worker as "<no value>".
func TestTextWithoutValue(t *testing.T) {
	c := mustLoad(t)
	s, err := c.Text("my", "intake.site_guess", nil)
	if s != "" || err == nil || !strings.Contains(err.Error(), "Site") {
		t.Errorf("got %q, %v", s, err)
	}
}

// One message is not "1 messages", where the language has a singular.
func TestTextPlural(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct {
		lang string
		n    any
		want string
	}{
		{"en", 1, "You have one new message from us. Read it now?"},
		{"en", 3, "You have 3 new messages from us. Read them now?"},
		{"en", int64(1), "You have one new message from us. Read it now?"},
		{"ne", 1, "हाम्रो एउटा नयाँ सन्देश छ। अहिले पढ्ने हो?"},
		{"th", 1, "คุณมีข้อความใหม่จากเรา 1 ข้อความ อ่านตอนนี้ไหม"},
	} {
		got, err := c.Text(tt.lang, "update.waiting", map[string]any{"Count": tt.n})
		if err != nil || got != tt.want {
			t.Errorf("%s %v: got %q, %v", tt.lang, tt.n, got, err)
		}
	}
	if s, err := c.Text("en", "update.waiting", map[string]any{"Count": 1.5}); s != "" || err == nil {
		t.Errorf("a count that is no integer: got %q, %v", s, err)
	}
}

func TestTextInAnotherLanguage(t *testing.T) {
	c := mustLoad(t)
	for _, lang := range []string{"vi", "my-MM", ""} {
		if got, err := c.Text(lang, "btn.yes", nil); err != nil || got != "✅ Yes" {
			t.Errorf("%q: got %q, %v", lang, got, err)
		}
	}
	if got := c.Fallbacks(); len(got) != 1 || got["btn.yes"] != 2 {
		t.Errorf("fallbacks %v, want 2 of btn.yes: no language yet is not a fallback", got)
	}
	if s, err := c.Text("en", "no.such", nil); s != "" || err == nil {
		t.Errorf("got %q, %v", s, err)
	}
}

// What a worker wrote must not show in an error.
func TestFolded(t *testing.T) {
	c := mustLoad(t)
	for range 2 { // made, then remembered
		for _, lang := range append(slices.Clone(languages), "fr") {
			text, err := c.Text(lang, "issue.pay.late", nil)
			if got := c.Folded(lang, "issue.pay.late"); err != nil || got == "" || got != Fold(text) {
				t.Errorf("in %q %q is compared as %q: %v", lang, text, got, err)
			}
		}
	}
	if got := c.Folded(English, "no such key"); got != "" {
		t.Errorf("a text that does not exist is compared as %q", got)
	}
}

func TestTextErrorsAreSilent(t *testing.T) {
	c := mustLoad(t)
	_, err := c.Text("my", "review.summary", map[string]any{"Issues": "my boss Somchai"})
	if err == nil || strings.Contains(err.Error(), "Somchai") {
		t.Errorf("got %v", err)
	}
}

func TestTextDoesNotAllocate(t *testing.T) {
	c := mustLoad(t)
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Text("km", "consent.short", nil) }); n != 0 {
		t.Errorf("%v allocations for a text without placeholders", n)
	}
}

func TestTextTogether(t *testing.T) {
	c := mustLoad(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, key := range []string{"btn.yes", "receipt.next", "update.waiting"} {
				if _, err := c.Text("ne", key, map[string]any{"ByWhen": "x", "Count": 2}); err != nil {
					t.Error(err)
				}
				_, _ = c.Text("vi", key, nil)
			}
		})
	}
	wg.Wait()
}

// Broken files are found when the program starts, not when a worker waits.
func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct{ what, file, old, new, want string }{
		{"a missing text", "active.my.toml", `"btn.yes" = `, `"btn.yess" = `, "btn.yes"},
		{"a text that English lacks", "active.th.toml", `"btn.yes" = `, `"btn.new" = "x"` + "\n" + `"btn.yes" = `, "btn.new"},
		{"a text twice", "active.ne.toml", `"btn.no" = `, `"btn.yes" = `, "btn.yes"},
		{"a broken template", "active.km.toml", "{{.ByWhen}}", "{{.ByWhen", "template"},
		{"another placeholder", "active.km.toml", "{{.ByWhen}}", "{{.When}}", "When"},
		{"more than a placeholder", "active.ne.toml", "{{.ByWhen}}", "{{if .ByWhen}}x{{end}}", "placeholders"},
		{"a function", "active.ne.toml", "{{.ByWhen}}", "{{printf .ByWhen}}", "template"},
		{"an empty text", "active.en.toml", `"btn.yes" = "✅ Yes"`, `"btn.yes" = ""`, "btn.yes"},
		{"no TOML", "active.en.toml", `"btn.yes" = "✅ Yes"`, `"btn.yes" = `, "active.en.toml"},
		{"a plural without a number", "active.en.toml", `"btn.yes" = "✅ Yes"`, `"btn.yes" = { one = "a", other = "b" }`, "Count"},
		{"an unknown kind", "kinds.tsv", "btn.yes\tbtn", "btn.yes\tbutton", "button"},
		{"a kind missing", "kinds.tsv", "btn.yes\tbtn\n", "", "btn.yes"},
		{"a kind of nothing", "kinds.tsv", "btn.yes\tbtn", "btn.yess\tbtn", "btn.yess"},
		{"a line too short", "kinds.tsv", "btn.yes\tbtn", "btn.yes", "line"},
		{"a word that means two things", "keywords.tsv", "no\ten\t", "no\ten\tyes|", "yes"},
		{"an unknown command", "keywords.tsv", "no\ten", "nope\ten", "nope"},
		{"an unknown danger", "danger.tsv", "fire\ten", "flood\ten", "flood"},
		{"an unknown state", "review.th.tsv", "btn.yes\tdraft", "btn.yes\tfine", "fine"},
		{"no months", "active.en.toml", `"month.1" = `, `"month.13" = `, "month"},
	} {
		_, err := load(changed(t, tt.file, tt.old, tt.new))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error about %s", tt.what, err, tt.want)
		}
	}
}

// changed returns the embedded files with a change in one of them.
func changed(t *testing.T, file, old, new string) fstest.MapFS {
	t.Helper()
	fsys := make(fstest.MapFS)
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() == file {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("%s has no %q", file, old)
			}
			b = bytes.Replace(b, []byte(old), []byte(new), 1)
		}
		fsys[e.Name()] = &fstest.MapFile{Data: b}
	}
	return fsys
}

func BenchmarkText(b *testing.B) {
	c := mustLoad(b)
	args := map[string]any{"ByWhen": "18:00"}
	for _, key := range []string{"consent.short", "receipt.next"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Text("my", key, args)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		mustLoad(b)
	}
}
