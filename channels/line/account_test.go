package line

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"workervoice/channels"
)

const (
	infoPage  = "GET /v2/bot/info"
	hookSet   = "PUT /v2/bot/channel/webhook/endpoint"
	hookGet   = "GET /v2/bot/channel/webhook/endpoint"
	quotaPage = "GET /v2/bot/message/quota"
	usedPage  = "GET /v2/bot/message/quota/consumption"

	goodInfo = `200 {"userId":"` + testBot + `","basicId":"@216ru","displayName":"Friend","chatMode":"bot","markAsReadMode":"auto"}`
)

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		says   []string
	}{
		"nothing":      {Config{}, []string{"LINE_CHANNEL_TOKEN", "LINE_CHANNEL_SECRET"}},
		"no token":     {Config{Token: " \n", Secret: "s"}, []string{"LINE_CHANNEL_TOKEN"}},
		"no secret":    {Config{Token: "t"}, []string{"LINE_CHANNEL_SECRET"}},
		"odd URL":      {Config{Token: "t", Secret: "s", URL: "api.line.me"}, []string{"LINE_API_URL"}},
		"odd data URL": {Config{Token: "t", Secret: "s", DataURL: "ftp://x"}, []string{"LINE_DATA_URL"}},
		"odd still":    {Config{Token: "t", Secret: "s", Still: "http://x/y.png"}, []string{"https"}},
	} {
		_, err := New(c.config)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v does not name %s", name, err, s)
			}
		}
	}
	a, err := New(Config{Token: "t\n", Secret: " s "})
	if err != nil || a.c.URL != "https://api.line.me" || a.c.DataURL != "https://api-data.line.me" || a.c.Token != "t" || a.c.Secret != "s" {
		t.Errorf("got error %v and %q, %q", err, a.c.URL, a.c.DataURL)
	}
}

func TestInfo(t *testing.T) {
	i := newAdapter(t, nil).Info()
	if i.ID != "line-th" || i.Platform != channels.LINE || !i.Idempotent || i.Receipts || i.Window != 0 || i.Deletes != 0 || !i.Links {
		t.Errorf("got %+v", i)
	}
	if i.Rate.Burst < 1 || i.Rate.Messages < 1 {
		t.Errorf("rate %+v is none", i.Rate)
	}
	own := channels.Rate{Messages: 3, Per: 1, Burst: 1}
	if got := newAdapter(t, func(c *Config) { c.Rate = own }).Info().Rate; got != own {
		t.Errorf("got rate %+v, want %+v", got, own)
	}
}

func TestStart(t *testing.T) {
	const webhook = "https://voice.example/line"
	for name, c := range map[string]struct {
		pages   map[string]string
		webhook string
		reason  channels.Reason
		says    string // empty: no error
	}{
		"all is well":     {map[string]string{infoPage: goodInfo, hookSet: "200 {}", hookGet: `200 {"endpoint":"` + webhook + `","active":true}`}, webhook, "", ""},
		"no address":      {map[string]string{infoPage: goodInfo}, "", "", ""},
		"a stand-in":      {map[string]string{}, webhook, "", ""},
		"half a stand-in": {map[string]string{infoPage: goodInfo, hookSet: "200 {}"}, webhook, "", ""},
		"token":           {map[string]string{infoPage: `401 {"message":"Authentication failed."}`}, webhook, channels.Misset, "LINE_CHANNEL_TOKEN"},
		"no right":        {map[string]string{infoPage: goodInfo, hookSet: `403 {"message":"x"}`}, webhook, channels.Misset, "LINE_CHANNEL_TOKEN"},
		"bad address":     {map[string]string{infoPage: goodInfo, hookSet: `400 {"message":"Invalid webhook endpoint URL"}`}, "http://voice.example/line", "", "PUBLIC_URL"},
		"not JSON":        {map[string]string{infoPage: "200 <html>"}, webhook, "", "LINE_API_URL"},
		"switched off":    {map[string]string{infoPage: goodInfo, hookSet: "200 {}", hookGet: `200 {"endpoint":"` + webhook + `","active":false}`}, webhook, "", "Use webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newLINE(t)
			f.pages = c.pages
			a := f.adapter(nil)
			for range 2 { // it may be called again at any time
				err := a.Start(context.Background(), c.webhook)
				if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || reason(err) != c.reason) {
					t.Fatalf("got %v, want reason %q and %q", err, c.reason, c.says)
				}
			}
			if got := f.calls[hookSet]; c.pages[hookSet] != "" && got != `{"endpoint":"`+c.webhook+`"}` {
				t.Errorf("LINE was told %q", got)
			}
		})
	}
	a := newAdapter(t, func(c *Config) { c.URL = "http://127.0.0.1:1" })
	if err := a.Start(context.Background(), webhook); reason(err) != channels.Busy {
		t.Errorf("LINE cannot be reached: got %v", err)
	}
}

// TestTwoAccounts: a secret of one account with the token of another would
// answer workers through an account they never opened.
func TestTwoAccounts(t *testing.T) {
	f := newLINE(t)
	f.pages[infoPage] = strings.Replace(goodInfo, testBot, "Uffffffffffffffffffffffffffffffff", 1)
	a := f.adapter(nil)
	body, err := os.ReadFile("testdata/text.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := receive(t, a, body, sign(body, testSecret)); err != nil || len(got) != 1 {
		t.Fatalf("before Start: got %d events and %v", len(got), err)
	}
	if err := a.Start(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t, a, body, sign(body, testSecret)); !errors.Is(err, channels.ErrForged) || !strings.Contains(err.Error(), "LINE_CHANNEL_SECRET") {
		t.Errorf("got %v, want ErrForged with what to look at", err)
	}
	f.pages[infoPage] = goodInfo
	if err := a.Start(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if got, err := receive(t, a, body, sign(body, testSecret)); err != nil || len(got) != 1 {
		t.Errorf("its own account: got %d events and %v", len(got), err)
	}
}

func TestLink(t *testing.T) {
	f := newLINE(t)
	f.pages[infoPage] = goodInfo
	a := f.adapter(nil)
	if got := a.Link("K7M2QX4P"); got != "" {
		t.Errorf("before the account is known: %q", got)
	}
	if err := a.Start(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if got, want := a.Link("K7M2QX4P"), "https://line.me/R/oaMessage/%40216ru/?Hello%20K7M2QX4P"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	own := f.adapter(func(c *Config) { c.BasicID = "@own" })
	if err := own.Start(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if got := own.Link("A-&/B"); got != "https://line.me/R/oaMessage/%40own/?Hello%20A-&%2FB" {
		t.Errorf("got %q", got)
	}
	// What a link writes, Receive reads.
	u, err := url.Parse(a.Link("K7M2QX4P"))
	if err != nil {
		t.Fatal(err)
	}
	words, err := url.PathUnescape(u.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"destination":"` + testBot + `","events":[{"type":"message","webhookEventId":"1","timestamp":1,"source":{"type":"user","userId":"` + testUser + `"},"message":{"id":"1","type":"text","text":"` + words + `"}}]}`)
	got, err := receive(t, a, body, sign(body, testSecret))
	if err != nil || len(got) != 1 || got[0].Ref != "K7M2QX4P" {
		t.Errorf("got %s and %v", show(got), err)
	}
}

func TestQuota(t *testing.T) {
	for name, c := range map[string]struct {
		plan, used  string
		limit, sent int64
		reason      channels.Reason
	}{
		"limited":   {`200 {"type":"limited","value":500}`, `200 {"totalUsage":123}`, 500, 123, ""},
		"unlimited": {`200 {"type":"none"}`, `200 {"totalUsage":7}`, -1, 7, ""},
		"token":     {`401 {}`, ``, 0, 0, channels.Misset},
		"busy":      {`200 {"type":"none"}`, `429 {"message":"rate"}`, 0, 0, channels.Busy},
	} {
		f := newLINE(t)
		f.pages[quotaPage] = c.plan
		if c.used != "" {
			f.pages[usedPage] = c.used
		}
		limit, used, err := f.adapter(nil).Quota(context.Background())
		if limit != c.limit || used != c.sent || reason(err) != c.reason || (err == nil) != (c.reason == "") {
			t.Errorf("%s: got %d, %d and %v", name, limit, used, err)
		}
	}
	if _, _, err := newLINE(t).adapter(nil).Quota(context.Background()); err == nil {
		t.Error("no quota is said to be one")
	}
}

func TestLeave(t *testing.T) {
	for name, c := range map[string]struct {
		group, page string
		status      string
		reason      channels.Reason
	}{
		"group":        {testGroup, "POST /v2/bot/group/" + testGroup + "/leave", "200 {}", ""},
		"room":         {testRoom, "POST /v2/bot/room/" + testRoom + "/leave", "200 {}", ""},
		"left already": {testGroup, "POST /v2/bot/group/" + testGroup + "/leave", `404 {"message":"Not found"}`, ""},
		"refused":      {testGroup, "POST /v2/bot/group/" + testGroup + "/leave", `400 {"message":"` + testGroup + `"}`, channels.Rejected},
		"a worker":     {testUser, "", "200 {}", channels.Rejected},
		"nobody":       {"", "", "200 {}", channels.Rejected},
	} {
		f := newLINE(t)
		f.pages[c.page] = c.status
		err := f.adapter(nil).Leave(context.Background(), channels.Address{Channel: "line-th", User: c.group})
		if reason(err) != c.reason || (err == nil) != (c.reason == "") {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil {
			discreet(t, err)
		}
		if got := strings.Join(f.asked(), ","); got != c.page {
			t.Errorf("%s: asked %q, want %q", name, got, c.page)
		}
	}
	a := newAdapter(t, func(c *Config) { c.URL = "http://127.0.0.1:1" })
	err := a.Leave(context.Background(), channels.Address{User: testGroup})
	if reason(err) != channels.Busy {
		t.Errorf("got %v, want busy", err)
	}
	discreet(t, err)
}
