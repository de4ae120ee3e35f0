package console

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"workervoice/cases"
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

// TestNotedMeanwhile has a page wait for what was noted before its template ran
// and while it did, and shows nothing of it where one of the two is not kept.
func TestNotedMeanwhile(t *testing.T) {
	h := newHouse(t)
	h.joins("nan@x", "Nan", "my", cases.Helper)
	h.opens("c1", "pay.unpaid", 1, "yes")
	by := cases.Caseworker{ID: "nan", Org: "home", Role: cases.Supervisor}
	for _, fault := range []error{nil, errors.New("the disk is full")} {
		out := httptest.NewRecorder()
		v := &visit{Office: h.o, W: out, R: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/c/case/c1", nil), Lang: "en"}
		asked := false
		v.noted = func() error { asked = true; return fault }
		err := v.Show("timeline", func(yield func(string) bool) {
			if _, err := h.s.Case(v.Ctx(), by, "c1"); err != nil {
				t.Error(err)
			}
			yield("canary")
		})
		if !errors.Is(err, fault) || !asked || strings.Contains(out.Body.String(), "canary") != (fault == nil) {
			t.Errorf("with %v it gives %v (asked: %v), and shown is %q", fault, err, asked, out.Body)
		}
	}
	seen, err := h.s.Audit(t.Context(), by, "c1", 10)
	h.must(err)
	looked := 0
	for _, a := range seen {
		if a.What == "read" {
			looked++
		}
	}
	if looked != 2 {
		t.Errorf("%d looks are noted, want 2: %v", looked, seen)
	}
}
