// Package whatsapp is the adapter for a number on the WhatsApp Business
// Platform, over Meta's Cloud API.
//
// Meta answers a send before it knows what becomes of the message. Refusals such
// as a closed window arrive later, as a receipt that names the message's key:
// see [channels.Failed].
package whatsapp

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// A Config says which number to be.
type Config struct {
	ID          channels.ID
	Token       string // WHATSAPP_TOKEN: the access token of a system user, with whatsapp_business_messaging
	AppSecret   string // WHATSAPP_APP_SECRET: signs what Meta sends
	VerifyToken string // WHATSAPP_VERIFY_TOKEN: what Meta shows when it tries the webhook's address
	PhoneID     string // WHATSAPP_PHONE_ID: Meta's id of the number, not the number

	// WABAID is WHATSAPP_WABA_ID, the business account that the number belongs
	// to. Where it is set, Start asks Meta to send the account's events here.
	WABAID string

	// URL is WHATSAPP_API_URL, with or without the version of the Graph API;
	// empty: https://graph.facebook.com/v23.0.
	URL string

	// Number is the telephone number, for links. Where it is empty, Start asks
	// Meta for it.
	Number string

	// Templates gives the names that templates have in this account, by the
	// names that the bot knows. A template that is absent is called the same in
	// both. Meta lets nobody reuse a deleted template's name for 30 days, so an
	// account's names come to differ.
	Templates map[string]string

	Rate     channels.Rate    // zero: 80 a second, Meta's limit for a number
	ChatRate channels.Rate    // zero: one in 6 seconds, 40 at once; Meta allows about 45
	Now      func() time.Time // nil: time.Now
}

// String shows the channel and none of the secrets.
func (c Config) String() string { return "whatsapp channel " + string(c.ID) }

// GoString shows no more than String.
func (c Config) GoString() string { return c.String() }

// LogValue shows no more than String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// An Adapter is a [channels.Adapter] for one number.
type Adapter struct {
	c      Config
	api    *http.Client // follows no redirect
	files  *http.Client // for downloads
	number atomic.Pointer[string]
}

var (
	_ channels.Adapter    = (*Adapter)(nil)
	_ channels.Starter    = (*Adapter)(nil)
	_ channels.Challenger = (*Adapter)(nil)
	_ channels.Fetcher    = (*Adapter)(nil)
	_ channels.Linker     = (*Adapter)(nil)
)

// version is of the Graph API where Config.URL names none. Meta keeps a version
// for about two years.
const version = "/v23.0"

var versioned = regexp.MustCompile(`/v\d+\.\d+$`)

// New returns an adapter. It refuses to work without any of the four values
// that prove who speaks to whom, and names those that are missing. It asks Meta
// nothing.
func New(c Config) (*Adapter, error) {
	var errs []error
	for _, need := range []struct {
		value      *string
		name, what string
	}{
		{&c.Token, "WHATSAPP_TOKEN", "the access token of a system user in Meta Business Suite"},
		{&c.AppSecret, "WHATSAPP_APP_SECRET", "the app secret, in the app's basic settings"},
		{&c.VerifyToken, "WHATSAPP_VERIFY_TOKEN", "a long random word, and enter the same one with the webhook's address"},
		{&c.PhoneID, "WHATSAPP_PHONE_ID", "the phone number ID of the app's API setup page"},
	} {
		if *need.value = strings.TrimSpace(*need.value); *need.value == "" {
			errs = append(errs, fmt.Errorf("whatsapp: set %s to %s", need.name, need.what))
		}
	}
	if strings.Trim(c.PhoneID, "0123456789") != "" {
		errs = append(errs, errors.New("whatsapp: WHATSAPP_PHONE_ID holds more than digits: it is Meta's id of the number, not the number"))
	}
	if c.WABAID = strings.TrimSpace(c.WABAID); strings.Trim(c.WABAID, "0123456789") != "" {
		errs = append(errs, errors.New("whatsapp: WHATSAPP_WABA_ID holds more than digits: take the account's ID from WhatsApp Manager"))
	}
	var err error
	if c.URL, err = base(c.URL); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if c.Rate == (channels.Rate{}) {
		c.Rate = channels.Rate{Messages: 80, Per: time.Second, Burst: 80}
	}
	if c.ChatRate == (channels.Rate{}) {
		c.ChatRate = channels.Rate{Messages: 1, Per: 6 * time.Second, Burst: 40}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Adapter{c: c}
	a.api, a.files = clients()
	number := digits(c.Number)
	a.number.Store(&number)
	return a, nil
}

// base returns the address to call, with a version and without a slash at its end.
func base(given string) (string, error) {
	given = strings.TrimRight(strings.TrimSpace(given), "/")
	if given == "" {
		given = "https://graph.facebook.com"
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("whatsapp: WHATSAPP_API_URL is no http address: leave it empty for Meta itself")
	}
	if !versioned.MatchString(given) {
		given += version
	}
	return given, nil
}

// digits returns the digits of a telephone number.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// String shows the channel and none of the secrets.
func (a *Adapter) String() string { return a.c.String() }

// GoString shows no more than String.
func (a *Adapter) GoString() string { return a.c.String() }

// LogValue shows no more than String.
func (a *Adapter) LogValue() slog.Value { return a.c.LogValue() }

// The largest attachments, in bytes, from Meta's page on media. Megabytes are
// read as the smaller ones.
var largest = map[string]int64{"image": 5e6, "audio": 16e6, "video": 16e6, "application": 100e6, "text": 100e6}

// More choices than these, or longer ones, are shown as a list.
const maxButtons = 3

var onButton = channels.Limit{N: 20, Unit: channels.UTF16}

// Info implements [channels.Adapter]. The figures are those of Meta's published
// API description and documentation; the unit of its counts is not published. A
// caption stands with an image, a video or a document: Send refuses one with a
// sound.
func (a *Adapter) Info() channels.Info {
	units := func(n int) channels.Limit { return channels.Limit{N: n, Unit: channels.UTF16} }
	files := make(map[string]int64, len(largest))
	for kind, n := range largest {
		files[kind] = n
	}
	return channels.Info{
		ID: a.c.ID, Platform: channels.WhatsApp,
		Text: units(4096), Body: units(1024), Caption: units(1024),
		Choices: 10, Buttons: maxButtons, Button: onButton, Row: units(24), Desc: units(72), Value: 200,
		PerRequest: 1, Rate: a.c.Rate, ChatRate: a.c.ChatRate,
		Window: 24 * time.Hour, Receipts: true,
		Files: files,
	}
}

// Link implements [channels.Linker]: the address opens the chat with a short
// greeting and code ready to be sent. The words stay in the worker's chat, so
// they say nothing. The address is empty until the number is known, from Config
// or from Start.
func (a *Adapter) Link(code string) string {
	number := *a.number.Load()
	if number == "" {
		return ""
	}
	return "https://wa.me/" + number + "?text=Hello%20" + url.QueryEscape(code)
}

// Challenge implements [channels.Challenger]: Meta's GET before it uses an
// address, with hub.mode, hub.verify_token and hub.challenge.
func (a *Adapter) Challenge(r *http.Request) (string, error) {
	q := r.URL.Query()
	// Of their sums, so that not even the length of the token shows in the time taken.
	shown, ours := sha256.Sum256([]byte(q.Get("hub.verify_token"))), sha256.Sum256([]byte(a.c.VerifyToken))
	if subtle.ConstantTimeCompare(shown[:], ours[:]) != 1 || q.Get("hub.mode") != "subscribe" || q.Get("hub.challenge") == "" {
		return "", channels.ErrForged
	}
	return q.Get("hub.challenge"), nil
}
