package telegram

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

// TestCheck has Telegram tell how the account stands: the right one of the
// faults is named, with what to do, and nothing that Telegram quotes.
func TestCheck(t *testing.T) {
	const hook = "https://voice.example.org/telegram"
	f, a := newFake(t)
	now := time.Unix(1795000000, 0)
	a.now = func() time.Time { return now }
	info := func(url string, waiting int, failed time.Duration) string {
		return fmt.Sprintf(`{"ok":true,"result":{"url":%q,"pending_update_count":%d,"last_error_date":%d,"last_error_message":"Wrong response from https://voice.example.org/x for 700000001: 503 Service Unavailable"}}`,
			url, waiting, now.Add(-failed).Unix())
	}
	for name, c := range map[string]struct {
		status        int
		body, webhook string
		fault         func(channels.Standing) error
		says          string
		waiting       int64
	}{
		"well":                     {200, info(hook, 0, time.Minute), hook, nil, "", 0},
		"old failure":              {200, info(hook, 3, time.Hour), hook, nil, "", 3},
		"polling":                  {200, info("", 5, time.Hour), "", nil, "", 5},
		"token":                    {401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, hook, func(s channels.Standing) error { return s.Token }, "BotFather", -1},
		"trouble there":            {502, `<html>`, hook, func(s channels.Standing) error { return s.Unasked }, "cannot be looked at", -1},
		"no webhook":               {200, info("", 0, 0), hook, func(s channels.Standing) error { return s.Webhook }, "no webhook is set", 0},
		"webhook of somebody else": {200, info("https://other.example/x", 0, 0), hook, func(s channels.Standing) error { return s.Webhook }, "leads elsewhere", 0},
		"does not get through":     {200, info(hook, 7, time.Minute), hook, func(s channels.Standing) error { return s.Webhook }, "7 events could not be brought here", 7},
	} {
		f.mu.Lock()
		f.answer = func(k call) (int, string) {
			if k.method == "getMe" && c.status == 200 {
				return 200, usual["getMe"]
			}
			return c.status, c.body
		}
		f.mu.Unlock()
		st := a.Check(t.Context(), c.webhook)
		if st.Waiting != c.waiting {
			t.Errorf("%s: %d wait", name, st.Waiting)
		}
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
		if strings.Contains(err.Error(), "700000001") || strings.Contains(err.Error(), "voice.example.org") || strings.Contains(err.Error(), token) {
			t.Errorf("%s: it quotes too much: %v", name, err)
		}
	}
}
