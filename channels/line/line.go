// Package line is the adapter for a LINE official account, over LINE's
// Messaging API.
//
// LINE gives every event a reply token: a right to answer once, for about a
// minute, at no cost. Any other message is a push, which counts against the
// plan's monthly quota. The adapter replies while it can and pushes otherwise.
package line

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// A Config says which official account to be.
type Config struct {
	ID     channels.ID
	Token  string // LINE_CHANNEL_TOKEN: the long-lived channel access token
	Secret string // LINE_CHANNEL_SECRET: signs what LINE sends

	URL     string // LINE_API_URL; empty: https://api.line.me
	DataURL string // LINE_DATA_URL, where attachments are; empty: https://api-data.line.me

	// BasicID is the account's name in links, such as "@abc". Where it is
	// empty, Start asks LINE for it.
	BasicID string

	// Still is the https address of a JPEG or PNG of up to 1 MB that stands for
	// a video until the worker plays it. LINE takes no video without one, so
	// without it videos are sent as links.
	Still string

	Rate channels.Rate    // zero: half of what LINE allows
	Now  func() time.Time // nil: time.Now
}

// String shows the channel and neither the token nor the secret.
func (c Config) String() string { return "line channel " + string(c.ID) }

// GoString shows no more than String.
func (c Config) GoString() string { return c.String() }

// LogValue shows no more than String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// An Adapter is a [channels.Adapter] for one official account.
type Adapter struct {
	c       Config
	http    *http.Client
	account atomic.Pointer[account]
	tokens  tokens
}

// An account is what LINE says about the official account.
type account struct{ user, basic string }

var (
	_ channels.Adapter = (*Adapter)(nil)
	_ channels.Batcher = (*Adapter)(nil)
	_ channels.Starter = (*Adapter)(nil)
	_ channels.Fetcher = (*Adapter)(nil)
	_ channels.Leaver  = (*Adapter)(nil)
	_ channels.Meter   = (*Adapter)(nil)
	_ channels.Linker  = (*Adapter)(nil)
)

// New returns an adapter. It refuses to work without the token, and without
// the secret, since anyone could then speak as any worker. It asks LINE nothing.
func New(c Config) (*Adapter, error) {
	c.Token, c.Secret = strings.TrimSpace(c.Token), strings.TrimSpace(c.Secret)
	var errs []error
	if c.Token == "" {
		errs = append(errs, errors.New("line: set LINE_CHANNEL_TOKEN to the channel access token of the LINE Developers console"))
	}
	if c.Secret == "" {
		errs = append(errs, errors.New("line: set LINE_CHANNEL_SECRET to the channel secret of the LINE Developers console"))
	}
	var err error
	if c.URL, err = base(c.URL, "https://api.line.me", "LINE_API_URL"); err != nil {
		errs = append(errs, err)
	}
	if c.DataURL, err = base(c.DataURL, "https://api-data.line.me", "LINE_DATA_URL"); err != nil {
		errs = append(errs, err)
	}
	if c.Still != "" && fetchable(c.Still) != nil {
		errs = append(errs, errors.New("line: the still of videos needs a public https address"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if c.Rate == (channels.Rate{}) {
		// LINE allows 2,000 requests a second on each endpoint of a channel, and
		// a reply refused late becomes a second request.
		c.Rate = channels.Rate{Messages: 1000, Per: time.Second, Burst: 1000}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Adapter{c: c, http: client()}
	a.account.Store(&account{basic: c.BasicID})
	return a, nil
}

// base returns the address to call, without a slash at its end.
func base(given, usual, name string) (string, error) {
	if given == "" {
		return usual, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("line: %s is no http address: leave it empty for LINE itself", name)
	}
	return strings.TrimRight(given, "/"), nil
}

// String shows the channel and neither the token nor the secret.
func (a *Adapter) String() string { return a.c.String() }

// GoString shows no more than String.
func (a *Adapter) GoString() string { return a.c.String() }

// LogValue shows no more than String.
func (a *Adapter) LogValue() slog.Value { return a.c.LogValue() }

// Info implements [channels.Adapter]. The figures are those of LINE's Messaging
// API reference. Idempotent holds for 24 hours, as long as LINE knows a retry
// key, and as long as an unknown outcome is repeated with the same messages.
func (a *Adapter) Info() channels.Info {
	label := channels.Limit{N: 40, Unit: channels.Graphemes} // of a button in a Flex Message
	return channels.Info{
		ID: a.c.ID, Platform: channels.LINE,
		Text:    channels.Limit{N: 5000, Unit: channels.UTF16},
		Body:    channels.Limit{N: 2000, Unit: channels.UTF16}, // ours: with twelve choices a bubble stays below LINE's 30 KB
		Caption: channels.Limit{N: 5000, Unit: channels.UTF16},
		Choices: 12, Buttons: 12, Button: label, Row: label,
		Desc:       channels.Limit{N: 100, Unit: channels.UTF16}, // ours, for the same reason
		Value:      300,
		PerRequest: perRequest,
		Rate:       a.c.Rate,
		Idempotent: true,
		Files:      map[string]int64{"image": 10 << 20, "audio": 200 << 20, "video": 200 << 20, "application": 200 << 20, "text": 200 << 20},
		Links:      true,
	}
}

// Link implements [channels.Linker]: the address opens the chat, on a phone,
// with a short greeting and code ready to be sent. It is empty until the
// account's basic ID is known, from Config or from Start.
func (a *Adapter) Link(code string) string {
	basic := a.account.Load().basic
	if basic == "" {
		return ""
	}
	return "https://line.me/R/oaMessage/" + url.QueryEscape(basic) + "/?" + url.PathEscape(greeting+code)
}

// A greeting stands before the code in a link. It stays in the worker's chat,
// so it says nothing.
const greeting = "Hello "
