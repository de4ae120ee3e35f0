package whatsapp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

// TestCheck has Meta tell how the number stands.
func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		node, apps string
		fault      func(channels.Standing) error
		says       string
	}{
		"well":             {200, `{"status":"CONNECTED","quality_rating":"GREEN"}`, `{"data":[{"whatsapp_business_api_data":{"id":"1"}}]}`, nil, ""},
		"a stand-in":       {404, `{}`, `{"data":[{}]}`, nil, ""},
		"another stand-in": {200, `{}`, `{"success":true}`, nil, ""},
		"no right to ask":  {200, `{"status":"CONNECTED"}`, "", nil, ""},
		"token":            {401, `{"error":{"message":"+66 2000 00001","code":190}}`, "", func(s channels.Standing) error { return s.Token }, "WHATSAPP_TOKEN"},
		"trouble there":    {500, `{"error":{"message":"+66 2000 00001","code":2}}`, "", func(s channels.Standing) error { return s.Unasked }, "cannot be looked at"},
		"banned":           {200, `{"status":"BANNED"}`, `{"data":[{}]}`, func(s channels.Standing) error { return s.Account }, "Account Quality"},
		"bad quality":      {200, `{"status":"CONNECTED","quality_rating":"RED"}`, `{"data":[{}]}`, func(s channels.Standing) error { return s.Account }, "quality"},
		"not connected":    {200, `{"status":"DISCONNECTED"}`, `{"data":[{}]}`, func(s channels.Standing) error { return s.Account }, "register it again"},
		"no app":           {200, `{"status":"CONNECTED"}`, `{"data":[]}`, func(s channels.Standing) error { return s.Webhook }, "no app"},
	} {
		g := play(t)
		g.answer = func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/v23.0/"+phoneID && r.URL.Query().Get("fields") == "status,quality_rating":
				w.WriteHeader(c.status)
				io.WriteString(w, c.node)
			case r.Method+r.URL.Path == "GET/v23.0/"+wabaID+"/subscribed_apps" && c.apps != "":
				io.WriteString(w, c.apps)
			default:
				refuse(w, 403, 200, "Permissions error")
			}
		}
		st := g.adapter(func(c *whatsapp.Config) { c.WABAID = wabaID }).Check(t.Context(), "")
		if c.fault == nil {
			if err := st.Fault(); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		err := c.fault(st)
		if err == nil || st.Fault() != err || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %+v, want a word about %s", name, st, c.says)
			continue
		}
		if strings.Contains(err.Error(), "2000") {
			t.Errorf("%s: it quotes Meta: %v", name, err)
		}
	}
}

// TestCheckClock has Meta tell the time in the header of its answer, also of one
// that refuses.
func TestCheckClock(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status int
		date   string
		want   channels.Skew
	}{
		"ahead":   {200, "Sun, 22 Nov 2026 11:20:00 GMT", channels.Skew{Known: true, Ahead: 40*time.Minute - time.Second/2}},
		"behind":  {200, "Sun, 22 Nov 2026 15:00:00 GMT", channels.Skew{Known: true, Ahead: -3*time.Hour - time.Second/2}},
		"refused": {401, "Sun, 22 Nov 2026 11:00:00 GMT", channels.Skew{Known: true, Ahead: time.Hour - time.Second/2}},
		"silent":  {200, "yesterday", channels.Skew{}},
	} {
		g := play(t)
		g.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", c.date)
			w.WriteHeader(c.status)
			io.WriteString(w, `{}`)
		}
		st := g.adapter(func(c *whatsapp.Config) { c.Now = func() time.Time { return noon } }).Check(t.Context(), "")
		if st.Clock != c.want {
			t.Errorf("%s: %+v, want %+v", name, st.Clock, c.want)
		}
	}
}
