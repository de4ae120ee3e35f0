package telegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		config Config
		names  string
	}{
		{Config{}, "TELEGRAM_TOKEN"},
		{Config{Secret: secret}, "TELEGRAM_TOKEN"},
		{Config{Token: token + "\n"}, "TELEGRAM_TOKEN"},
		{Config{Token: "4242:AAH/../x"}, "TELEGRAM_TOKEN"},
		{Config{Token: token, Secret: "has space"}, "TELEGRAM_SECRET"},
		{Config{Token: token, Secret: "လျှို့ဝှက်"}, "TELEGRAM_SECRET"},
		{Config{Token: token, Secret: strings.Repeat("s", 257)}, "TELEGRAM_SECRET"},
		{Config{Token: token, URL: "api.telegram.org"}, "TELEGRAM_API_URL"},
		{Config{Token: token, URL: "ftp://api.telegram.org"}, "TELEGRAM_API_URL"},
		{Config{Token: token, URL: "http://\x7f" + token}, "TELEGRAM_API_URL"},
	} {
		_, err := New(c.config)
		if err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("got %v, want an error that names %s", err, c.names)
		}
		if err != nil && c.config.Token != "" && strings.Contains(err.Error(), c.config.Token) || err != nil && c.config.Secret != "" && strings.Contains(err.Error(), c.config.Secret) {
			t.Errorf("a secret shows in: %v", err)
		}
	}
}

func TestNothingSecretPrinted(t *testing.T) {
	c := Config{ID: "tg", Token: token, Secret: secret}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, x := range []any{c, &c, a} {
		fmt.Fprintf(&b, "%v %+v %#v %s\n", x, x, x, x)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("channel", "it", x)
		slog.New(slog.NewTextHandler(&b, nil)).Info("channel", "it", x)
	}
	if s := b.String(); strings.Contains(s, token) || strings.Contains(s, secret) || !strings.Contains(s, "telegram channel tg") {
		t.Errorf("printed: %s", s)
	}
}

func TestInfo(t *testing.T) {
	a, err := New(Config{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	i := a.Info()
	if i.ID != "telegram" || i.Platform != channels.Telegram || i.Idempotent || i.Receipts || i.Links || i.Window != 0 || i.PerRequest != 1 {
		t.Errorf("got %+v", i)
	}
	if i.Rate.Messages != 30 || i.Rate.Per != time.Second || i.Rate.Burst > 30 || i.ChatRate != (channels.Rate{Messages: 1, Per: time.Second, Burst: 4}) {
		t.Errorf("rates %v, %v", i.Rate, i.ChatRate)
	}
	rate := channels.Rate{Messages: 5, Per: time.Minute, Burst: 2}
	a, err = New(Config{ID: "tg-2", Token: token, Rate: rate, ChatRate: rate})
	if err != nil {
		t.Fatal(err)
	}
	if i := a.Info(); i.ID != "tg-2" || i.Rate != rate || i.ChatRate != rate {
		t.Errorf("the configuration does not show in %+v", i)
	}
}

func TestStartWithWebhook(t *testing.T) {
	f, a := newFake(t)
	if a.Link("x") != "" {
		t.Error("a link to a bot without a name")
	}
	for range 2 {
		if err := a.Start(t.Context(), "https://voice.example.org/telegram"); err != nil {
			t.Fatal(err)
		}
	}
	hooks := f.made("setWebhook")
	want := map[string]any{
		"url": "https://voice.example.org/telegram", "secret_token": secret, "max_connections": json.Number("100"),
		"allowed_updates": []any{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"},
	}
	if len(hooks) != 2 || !reflect.DeepEqual(hooks[0].params, want) {
		t.Errorf("set %v\nwant %v", hooks, want)
	}
	if n := len(f.made("deleteWebhook")); n != 0 {
		t.Error("the webhook was deleted")
	}
	if got, want := a.Link("gate-4_B"), "https://t.me/voice_example_bot?start=gate-4_B"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
	menus := f.made("setMyCommands")
	if len(menus) != 1 {
		t.Fatalf("the menu was set %d times, want once", len(menus))
	}
	var names []string
	for _, c := range menus[0].params["commands"].([]any) {
		names = append(names, c.(map[string]any)["command"].(string))
	}
	if !slices.Equal(names, []string{"menu", "language", "sos", "hide", "help"}) {
		t.Errorf("menu %v", names)
	}
	if scope := menus[0].params["scope"]; !reflect.DeepEqual(scope, map[string]any{"type": "all_private_chats"}) {
		t.Errorf("menu for %v", scope)
	}
}

func TestStartToPoll(t *testing.T) {
	f := &fake{t: t}
	f.Server = httptest.NewServer(f)
	defer f.Close()
	a, err := New(Config{Token: token, URL: f.URL, Bot: "@early_bot", Commands: map[string][]Command{
		"": {{"menu", "Menu"}}, "my": {{"menu", "မီနူး"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Link("x"); got != "https://t.me/early_bot?start=x" {
		t.Errorf("link before Start: %s", got)
	}
	if err := a.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if n := len(f.made("deleteWebhook")); n != 1 || len(f.made("setWebhook")) != 0 {
		t.Errorf("%d webhooks deleted, want 1", n)
	}
	var langs []any
	for _, c := range f.made("setMyCommands") {
		langs = append(langs, c.params["language_code"])
	}
	if !reflect.DeepEqual(langs, []any{nil, "my"}) {
		t.Errorf("menus in %v", langs)
	}
	if got := a.Link("x"); got != "https://t.me/voice_example_bot?start=x" {
		t.Errorf("link after Start: %s", got)
	}
}

func TestStartSaysWhatToMend(t *testing.T) {
	refusing := func(method string, code int, words string) *Adapter {
		f, a := newFake(t)
		f.answer = func(c call) (int, string) {
			if c.method == method {
				return no(code, words)
			}
			return 200, usual[c.method]
		}
		return a
	}
	bare, err := New(Config{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	html := httptest.NewServer(http.NotFoundHandler())
	defer html.Close()
	for _, c := range []struct {
		name    string
		a       *Adapter
		webhook string
		says    string
	}{
		{"no secret", bare, "https://voice.example.org/telegram", "TELEGRAM_SECRET"},
		{"no address", refusing("", 0, ""), "voice", "PUBLIC_URL"},
		{"bad token", refusing("getMe", 401, "Unauthorized"), "", "TELEGRAM_TOKEN"},
		{"token of another form", refusing("getMe", 404, "Not Found"), "", "TELEGRAM_TOKEN"},
		{"bad webhook", refusing("setWebhook", 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"), "http://voice.example.org/telegram", "PUBLIC_URL"},
		{"too often", refusing("setWebhook", 429, "Too Many Requests: retry after 1"), "https://voice.example.org/telegram", "try again"},
		{"no menu", refusing("setMyCommands", 500, "Internal Server Error"), "", "menu"},
		{"nobody there", newAdapter(t, "http://127.0.0.1:1"), "", "TELEGRAM_API_URL"},
		{"somebody else there", newAdapter(t, html.URL), "", "TELEGRAM_API_URL"},
	} {
		err := c.a.Start(t.Context(), c.webhook)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a word about %s", c.name, err, c.says)
		}
	}
}
