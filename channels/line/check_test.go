package line

import (
	"strings"
	"testing"

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
