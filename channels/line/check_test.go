package line

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

// TestCheck has LINE tell how the account stands, and what it met when it
// called the webhook.
func TestCheck(t *testing.T) {
	const (
		hook    = "https://voice.example.org/line"
		hookTry = "POST /v2/bot/channel/webhook/test"
		active  = `200 {"endpoint":"` + hook + `","active":true}`
	)
	f := newLINE(t)
	a := f.adapter(nil)
	webhook := func(s channels.Standing) error { return s.Webhook }
	unasked := func(s channels.Standing) error { return s.Unasked }
	for name, c := range map[string]struct {
		info, set, try, webhook string
		fault                   func(channels.Standing) error
		says                    string
	}{
		"well":               {goodInfo, active, `200 {"success":true,"statusCode":200,"reason":"OK","timestamp":"2026-11-22T07:00:00Z","detail":"200"}`, hook, nil, ""},
		"a stand-in":         {`404 {}`, `404 {}`, `404 {}`, hook, nil, ""},
		"tried too often":    {goodInfo, active, `429 {"message":"The API rate limit has been exceeded."}`, hook, nil, ""},
		"address not known":  {goodInfo, active, `500 {}`, "", nil, ""},
		"token":              {`401 {"message":"Authentication failed"}`, active, "", hook, func(s channels.Standing) error { return s.Token }, "LINE_CHANNEL_TOKEN"},
		"trouble there":      {`500 {}`, active, "", hook, unasked, "cannot be looked at"},
		"trouble later":      {goodInfo, `500 {}`, "", hook, unasked, "webhook cannot be looked at"},
		"no test":            {goodInfo, active, `500 {}`, hook, unasked, "cannot be tried"},
		"leads elsewhere":    {goodInfo, `200 {"endpoint":"https://other.example","active":true}`, "", hook, webhook, "leads elsewhere"},
		"switched off":       {goodInfo, `200 {"endpoint":"` + hook + `","active":false}`, "", hook, webhook, "Use webhook"},
		"does not get here":  {goodInfo, active, `200 {"success":false,"statusCode":0,"reason":"COULD_NOT_CONNECT","timestamp":"2026-11-22T07:00:00Z","detail":"x"}`, hook, webhook, "COULD_NOT_CONNECT"},
		"words are not kept": {goodInfo, active, `200 {"success":false,"statusCode":401,"reason":"call 0812345678","timestamp":"2026-11-22T07:00:00Z","detail":"x"}`, hook, webhook, "status 401, no reason"},
	} {
		f.mu.Lock()
		f.pages = map[string]string{infoPage: c.info, hookGet: c.set, hookTry: c.try}
		f.mu.Unlock()
		st := a.Check(t.Context(), c.webhook)
		if c.fault == nil {
			if err := st.Fault(); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err := c.fault(st); err == nil || st.Fault() != err || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %+v, want a word about %s", name, st, c.says)
		}
	}
}

// TestCheckClock has LINE tell the time in the header of its answer, also of one
// that refuses.
func TestCheckClock(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		ahead  time.Duration
	}{
		"ahead": {200, 40 * time.Minute}, "behind": {200, -3 * time.Hour}, "together": {200, 0}, "refused": {401, time.Hour},
	} {
		var a *Adapter
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", a.c.Now().Add(-c.ahead).UTC().Format(http.TimeFormat))
			answerJSON(w, c.status, "{}")
		}))
		defer srv.Close()
		a = newAdapter(t, func(c *Config) { c.URL = srv.URL })
		if st := a.Check(t.Context(), ""); !st.Clock.Known || (st.Clock.Ahead-c.ahead).Abs() > time.Second {
			t.Errorf("%s: %+v", name, st.Clock)
		}
	}
}
