package bot

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// T21: LINE fetches a picture when the worker looks at it, be it two days
// later, after a restart. It is served under a name that nobody can guess or
// change, and not for ever.
func TestFileLater(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "line"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /f/{token}", func(w http.ResponseWriter, r *http.Request) { s.e.File(w, r) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	get := func(token string) (int, string, http.Header) {
		t.Helper()
		resp, err := srv.Client().Get(srv.URL + "/f/" + token)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b), resp.Header
	}
	for _, what := range []string{"hello", "[language:en]", "[safety:yes]", "[consent:agree]", "[menu:share]"} {
		s.say("w", what)
	}
	url := ""
	for _, m := range s.sent() {
		if m.File != nil {
			url = m.File.URL
		}
	}
	token, ok := strings.CutPrefix(url, s.e.Public+"/f/")
	if !ok || len(token) < 60 || strings.Contains(url, "png") {
		t.Fatalf("the card to share is at %q", url)
	}
	works := func(when string) {
		t.Helper()
		if status, body, h := get(token); status != http.StatusOK || body != "png" || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d %q %v", when, status, body, h)
		}
	}
	works("at once")
	s.pass(48 * time.Hour)
	works("two days later")
	s.restart()
	works("after a restart")
	for i := range token {
		other := byte('A')
		if token[i] == other {
			other = 'B'
		}
		if status, _, _ := get(token[:i] + string(other) + token[i+1:]); status != http.StatusNotFound {
			t.Errorf("changed at %d it is answered %d", i, status)
		}
	}
	for _, wrong := range []string{token[:len(token)-1], token[4:], token + "AAAA", "x", "qr%2Fhttps:%2F%2Ffriend.example", strings.Repeat("A", len(token))} {
		if status, _, _ := get(wrong); status != http.StatusNotFound {
			t.Errorf("%q is answered %d", wrong, status)
		}
	}
	secret := s.e.Secret
	s.e.Secret[0]++
	if status, _, _ := get(token); status != http.StatusNotFound {
		t.Errorf("with another installation's secret it is answered %d", status)
	}
	s.e.Secret = secret
	s.pass(6 * 24 * time.Hour)
	if status, _, _ := get(token); status != http.StatusNotFound {
		t.Errorf("after more than a week it is answered %d", status)
	}
}
