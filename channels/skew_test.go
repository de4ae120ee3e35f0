package channels

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What a server says in its header tells how far the clocks are apart, from the
// middle of the request; what cannot be read tells nothing.
func TestSkewOf(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	header := func(of time.Time) string { return of.Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		date, age string
		takes     time.Duration // from the request, at noon, to the answer
		want      Skew
	}{
		"together":           {header(noon), "", time.Second, Skew{true, 0}},
		"an hour ahead":      {header(noon.Add(-time.Hour)), "", time.Second, Skew{true, time.Hour}},
		"a day behind":       {header(noon.AddDate(0, 0, 1)), "", time.Second, Skew{true, -24 * time.Hour}},
		"a slow answer":      {header(noon), "", 21 * time.Second, Skew{true, 10 * time.Second}},
		"kept by a proxy":    {header(noon.Add(-time.Hour)), "3600", time.Second, Skew{true, 0}},
		"an older form":      {noon.Format(time.RFC850), "", time.Second, Skew{true, 0}},
		"an age of no sense": {header(noon), "-5", time.Second, Skew{true, 0}},
		"too great an age":   {header(noon), "99999999999", time.Second, Skew{true, 0}},
		"without":            {"", "60", time.Second, Skew{}},
		"malformed":          {"2026-11-22T12:00:00Z", "", time.Second, Skew{}},
		"another zone":       {"Sun, 22 Nov 2026 12:00:00 +0700", "", time.Second, Skew{}},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = nil // else the server adds its own
			if c.date != "" {
				w.Header().Set("Date", c.date)
			}
			if c.age != "" {
				w.Header().Set("Age", c.age)
			}
		}))
		resp, err := srv.Client().Get(srv.URL)
		srv.Close()
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := SkewOf(resp.Header, noon, noon.Add(c.takes)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if got := SkewOf(nil, noon, noon); got != (Skew{}) {
		t.Errorf("without an answer: %+v", got)
	}
}

// A clock that is two minutes off is one to act on, in either direction, and
// the line says which, how much and what to do.
func TestSkewFault(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Skew{
		"1h0m2s ahead of": {true, time.Hour + 2*time.Second + 400*time.Millisecond},
		"2m1s behind":     {true, -2*time.Minute - time.Second},
	} {
		if err := s.Fault(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "timedatectl set-ntp true") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, s := range []Skew{{}, {true, 0}, {true, MaxSkew}, {true, -MaxSkew}} {
		if err := s.Fault(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
