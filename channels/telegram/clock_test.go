package telegram

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"workervoice/channels"
)

// TestCheckClock has Telegram tell the time in the header of its answers. What
// cannot be read says nothing, nor does a Telegram that does not answer.
func TestCheckClock(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	date := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date)
		io.WriteString(w, `{"ok":true,"result":{}}`)
	}))
	a := newAdapter(t, srv.URL)
	a.now = func() time.Time { return noon }
	for said, want := range map[string]channels.Skew{
		"Sun, 22 Nov 2026 11:20:00 GMT": {Known: true, Ahead: 40*time.Minute - time.Second/2},
		"Sun, 22 Nov 2026 15:00:00 GMT": {Known: true, Ahead: -3*time.Hour - time.Second/2},
		"2026-11-22":                    {},
	} {
		date = said
		if st := a.Check(t.Context(), ""); st.Clock != want || st.Fault() != nil {
			t.Errorf("%s: %+v, want %+v", said, st, want)
		}
	}
	srv.Close()
	if st := a.Check(t.Context(), ""); st.Clock.Known || st.Unasked == nil {
		t.Errorf("nobody has answered: %+v", st)
	}
}
