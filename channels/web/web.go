// Package web is the worker's web chat: a channel for phones that need no app.
//
// One page shows the chat and posts to itself. It works without scripts; with
// them it sends in the background, shows answers as they come and records
// voice. The address, the title and the look say nothing of what the chat is
// about, and Hide leaves at once: an employer may look at the phone.
//
// Whoever holds the browser's cookie is the worker: 160 random bits, made with
// the first page and stored nowhere before the worker writes.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"workervoice/channels"
)

// Config says how the web chat is set up.
type Config struct {
	ID   channels.ID // "web" if empty
	Name string      // the public name, which must be harmless; "Golden Friend" if empty

	// Public is the address of the site as workers type it, such as
	// "https://friend.example"; links begin with it. Empty: links are paths.
	Public string

	Book      Book
	Texts     func(lang, key string) string // the words of the page
	Languages []string                      // in the order of asking

	Log    *slog.Logger     // slog.Default if nil
	Now    func() time.Time // time.Now if nil
	Secure bool             // the site is reached by https: cookies are only sent there
}

// Limits of what a worker can send.
const (
	MaxFile  = 16 << 20 // bytes of one attachment
	MaxFiles = 5        // attachments of one message
	MaxText  = 100_000  // characters of one message
)

// An Adapter is the web chat as a channel.
type Adapter struct {
	Config

	bells    bells
	patience time.Duration // how long a form waits for its answer
	quiet    time.Duration // and for a further one
	beat     time.Duration // how often a live connection shows that it lives, and looks by itself
	origin   *http.CrossOriginProtection
}

var (
	_ channels.Adapter = (*Adapter)(nil)
	_ channels.Fetcher = (*Adapter)(nil)
	_ channels.Linker  = (*Adapter)(nil)
)

// New returns the web chat that c describes. Book, Texts and Languages must
// be set.
func New(c Config) *Adapter {
	if c.ID == "" {
		c.ID = "web"
	}
	if c.Name == "" {
		c.Name = "Golden Friend"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Public = strings.TrimRight(c.Public, "/")
	a := &Adapter{
		Config:   c,
		patience: 1500 * time.Millisecond,
		quiet:    150 * time.Millisecond,
		beat:     20 * time.Second,
		origin:   http.NewCrossOriginProtection(),
	}
	if u, err := url.Parse(c.Public); err == nil && u.Host != "" { // behind a proxy that changes Host
		_ = a.origin.AddTrustedOrigin(u.Scheme + "://" + u.Host) // fails only for what has no scheme or host
	}
	return a
}

// Info describes the channel. The page is ours, so its limits are: what is
// still comfortable to read on a phone.
func (a *Adapter) Info() channels.Info {
	return channels.Info{
		ID:         a.ID,
		Platform:   channels.Web,
		Text:       channels.Limit{N: 4096, Unit: channels.UTF16},
		Body:       channels.Limit{N: 4096, Unit: channels.UTF16},
		Caption:    channels.Limit{N: 4096, Unit: channels.UTF16},
		Choices:    12,
		Buttons:    12,
		Button:     channels.Limit{N: 40, Unit: channels.Graphemes},
		Row:        channels.Limit{N: 40, Unit: channels.Graphemes},
		Desc:       channels.Limit{N: 80, Unit: channels.Graphemes},
		Value:      200,
		PerRequest: 1,
		Idempotent: true,
		Deletes:    1 << 62, // the page shows what the Book says: what was hidden is left out
		Files:      map[string]int64{"image": MaxFile, "audio": MaxFile, "video": MaxFile, "application": MaxFile},
	}
}

// Send rings the worker's bell. The page reads the message from the Book, so a
// repeated Send does no harm.
func (a *Adapter) Send(_ context.Context, m channels.Outbound) (string, error) {
	if !isToken(m.To.User) {
		return "", &channels.SendError{Reason: channels.Rejected, Err: errors.New("not a name that the web chat gave")}
	}
	a.Ring(m.To.User)
	if m.Class == channels.Push || m.Class == channels.Nudge { // the Book shows them once it is written down that they were sent
		for _, later := range written {
			time.AfterFunc(later, func() { a.Ring(m.To.User) })
		}
	}
	return m.Key, nil
}

// written is how long after sending it may take until what was sent is written
// down: usually the first, on a busy machine the last.
var written = []time.Duration{200 * time.Millisecond, 2 * time.Second}

// Ring tells the worker's open pages that the Book has changed. Send does so by
// itself; where several processes serve pages, ring in those that did not
// send. Without it a page looks for news every 20 seconds.
func (a *Adapter) Ring(user string) { a.bells.ring(user) }

// Fetch opens what a worker attached, which the Book holds already.
func (a *Adapter) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	rc, _, _, err := a.Book.Open(ctx, "", m.Ref)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &channels.SendError{Reason: channels.Rejected, Err: errors.New("the attachment is gone")}
	}
	if err != nil {
		return nil, fmt.Errorf("web: open an attachment: %w", err)
	}
	return rc, nil
}

// Link returns the address that opens the chat and brings code along. The
// parameter l, a language, may be added to it.
func (a *Adapter) Link(code string) string {
	if !isCode(code) {
		return a.Public + "/w"
	}
	return a.Public + "/w/j/" + code
}
