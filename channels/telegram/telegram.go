// Package telegram is the adapter for a Telegram bot.
//
// The facts about the platform are those of the Bot API, version 10.1
// (https://core.telegram.org/bots/api), and of the server's published source
// (https://github.com/tdlib/telegram-bot-api), where the documentation is silent.
//
// Requests are the parameter types of github.com/go-telegram/bot, but sent as
// JSON by a client of our own: that library's client writes every request as a
// multipart form, which costs three times the processor time for one message,
// does not say whether a failed request ever left, and its receiving side
// answers Telegram before anything is stored.
package telegram

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// A Config says which bot to be. It holds secrets: it shows nothing but its ID
// when printed or logged.
type Config struct {
	ID     channels.ID // default "telegram"
	Token  string      // TELEGRAM_TOKEN, from @BotFather; needed
	Secret string      // TELEGRAM_SECRET, which Telegram shows with every webhook; needless when polling
	URL    string      // TELEGRAM_API_URL; default https://api.telegram.org

	// Bot is the bot's username, without @, for links made before Start has
	// asked Telegram for it.
	Bot string

	// Rate and ChatRate replace what is known of Telegram's limits: about 30
	// messages a second in all and 1 a second to one chat, of which a few may
	// come at once (https://core.telegram.org/bots/faq). The exact bursts are
	// not published; the defaults stay below those seen.
	Rate, ChatRate channels.Rate

	// Commands is the menu of the chat by the worker's language, as a code of
	// ISO 639-1; that under "" is for all others. Default: English for all.
	Commands map[string][]Command
}

// A Command is a line of the chat's menu. It arrives as Text without the slash.
type Command struct {
	Name string // 1 to 32 characters of a-z, 0-9 and _
	Text string // 1 to 256 characters that say what it does; anybody who holds the phone can read them
}

// String shows the ID alone.
func (c Config) String() string { return "telegram channel " + string(c.ID) }

// GoString shows the ID alone.
func (c Config) GoString() string { return c.String() }

// LogValue shows the ID alone.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// An Adapter is a [channels.Adapter] for one bot.
type Adapter struct {
	c     Config
	me    int64                  // the bot's own number, which its token begins with
	name  atomic.Pointer[string] // the bot's username
	menu  atomic.Bool            // the commands are set
	http  *http.Client
	now   func() time.Time
	pause pauseFunc
}

var (
	_ channels.Adapter  = (*Adapter)(nil)
	_ channels.Poller   = (*Adapter)(nil)
	_ channels.Starter  = (*Adapter)(nil)
	_ channels.Fetcher  = (*Adapter)(nil)
	_ channels.Answerer = (*Adapter)(nil)
	_ channels.Deleter  = (*Adapter)(nil)
	_ channels.Leaver   = (*Adapter)(nil)
	_ channels.Linker   = (*Adapter)(nil)
)

var (
	tokenForm  = regexp.MustCompile(`^[A-Za-z0-9:_-]+$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) // of setWebhook's secret_token
)

// New returns an adapter. Its errors name the variable to mend and quote none.
func New(c Config) (*Adapter, error) {
	switch {
	case c.Token == "":
		return nil, fmt.Errorf("telegram: TELEGRAM_TOKEN is missing: get one from @BotFather")
	case !tokenForm.MatchString(c.Token):
		return nil, fmt.Errorf("telegram: TELEGRAM_TOKEN holds a character that no token has: copy it again from @BotFather")
	case c.Secret != "" && !secretForm.MatchString(c.Secret):
		return nil, fmt.Errorf("telegram: TELEGRAM_SECRET must be 1 to 256 of A-Z, a-z, 0-9, _ and -: choose another")
	}
	if c.ID == "" {
		c.ID = "telegram"
	}
	if c.URL == "" {
		c.URL = "https://api.telegram.org"
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("telegram: TELEGRAM_API_URL is no address such as https://api.telegram.org")
	}
	if c.Rate == (channels.Rate{}) {
		c.Rate = channels.Rate{Messages: 30, Per: time.Second, Burst: 25}
	}
	if c.ChatRate == (channels.Rate{}) {
		c.ChatRate = channels.Rate{Messages: 1, Per: time.Second, Burst: 4}
	}
	if c.Commands == nil {
		c.Commands = map[string][]Command{"": english}
	}
	a := &Adapter{c: c, http: client(), now: time.Now, pause: pause}
	id, _, _ := strings.Cut(c.Token, ":")
	a.me, _ = strconv.ParseInt(id, 10, 64)
	if c.Bot != "" {
		name := strings.TrimPrefix(c.Bot, "@")
		a.name.Store(&name)
	}
	return a, nil
}

// String shows the channel's ID alone.
func (a *Adapter) String() string { return a.c.String() }

// GoString shows the channel's ID alone.
func (a *Adapter) GoString() string { return a.c.String() }

// LogValue shows the channel's ID alone.
func (a *Adapter) LogValue() slog.Value { return a.c.LogValue() }

const megabyte = 1_000_000 // the smaller of what Telegram may mean by MB

// Info implements [channels.Adapter].
//
// Telegram counts text in UTF-16 units (https://core.telegram.org/api/entities).
// It would take 100 choices and publishes no limit for a label; ours are what
// can be read on a small phone without scrolling for long, or being cut off.
func (a *Adapter) Info() channels.Info {
	label := channels.Limit{N: 40, Unit: channels.Graphemes}
	return channels.Info{
		ID: a.c.ID, Platform: channels.Telegram,
		Text:    channels.Limit{N: 4096, Unit: channels.UTF16},
		Body:    channels.Limit{N: 4096, Unit: channels.UTF16},
		Caption: channels.Limit{N: 1024, Unit: channels.UTF16},
		Choices: 24, Buttons: 24, Button: label, Row: label, Value: 64,
		PerRequest: 1,
		Rate:       a.c.Rate, ChatRate: a.c.ChatRate,
		Deletes: 48 * time.Hour,
		Files: map[string]int64{
			"image": 50 * megabyte, "audio": 50 * megabyte, "video": 50 * megabyte,
			"application": 50 * megabyte, "text": 50 * megabyte,
		},
	}
}

// Link implements [channels.Linker]. The code arrives exactly as it is given,
// if it has 1 to 64 of A-Z, a-z, 0-9, _ and -. It is empty before Start, unless
// the configuration names the bot.
func (a *Adapter) Link(code string) string {
	name := a.name.Load()
	if name == nil {
		return ""
	}
	return "https://t.me/" + url.PathEscape(*name) + "?start=" + url.QueryEscape(code)
}
