package translations

import (
	"strings"
	"testing"
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
