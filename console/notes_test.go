package console

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestNothingUnnoted has a page shown only after it is kept who looked.
func TestNothingUnnoted(t *testing.T) {
	for name, fault := range map[string]error{"kept": nil, "not kept": errors.New("the disk is full")} {
		t.Run(name, func(t *testing.T) {
			out := httptest.NewRecorder()
			asked := 0
			w := &afterNotes{ResponseWriter: out, log: slog.New(slog.DiscardHandler), noted: func() error {
				asked++
				if out.Body.Len() > 0 {
					t.Error("something was shown before")
				}
				return fault
			}}
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusPartialContent)
			w.Write([]byte("canary"))  //nolint:errcheck // looked at below
			w.Write([]byte(" canary")) //nolint:errcheck // looked at below
			if shown := strings.Contains(out.Body.String(), "canary"); shown != (fault == nil) || asked != 1 {
				t.Errorf("asked %d times, and shown is %q", asked, out.Body)
			}
			if fault != nil && (out.Code != http.StatusInternalServerError || out.Header().Get("Content-Encoding") != "") {
				t.Errorf("the answer is %d %v", out.Code, out.Header())
			}
		})
	}
}
