package simulate

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// A Desk is a caseworker's browser, on the console.
type Desk struct {
	http *http.Client
	to   string
	Page string // the last one
	Path string // where it was

	Now func() time.Time // the clock of the phone that makes the codes; time.Now if nil
}

// NewDesk returns a browser that nobody has signed in with.
func NewDesk(to string, t http.RoundTripper) (*Desk, error) {
	jar, err := cookiejar.New(nil)
	return &Desk{http: &http.Client{Jar: jar, Transport: t, Timeout: time.Minute}, to: strings.TrimRight(to, "/")}, err
}

// Get opens a page.
func (d *Desk) Get(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, "GET", d.to+path, nil)
	if err != nil {
		return err
	}
	return d.do(r)
}

// Post sends a form and follows to the page that it leads to. A form that is
// refused is an error that holds what the page says.
func (d *Desk) Post(ctx context.Context, path string, fields url.Values) error {
	r, err := http.NewRequestWithContext(ctx, "POST", d.to+path, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.do(r)
}

var alert = regexp.MustCompile(`(?s)role="alert"[^>]*>(.*?)</p>`)

func (d *Desk) do(r *http.Request) error {
	a, err := d.http.Do(r)
	if err != nil {
		return fmt.Errorf("the console does not answer, is it running at the address of -to? %w", err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, 8<<20))
	if err != nil {
		return err
	}
	d.Page, d.Path = string(b), a.Request.URL.Path
	if a.StatusCode >= 400 {
		why := a.Status
		if m := alert.FindStringSubmatch(d.Page); m != nil {
			why += ": " + Words(m[1])
		}
		return fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, why)
	}
	return nil
}

var tag = regexp.MustCompile(`<[^>]*>`)

// Words returns what a piece of a page says, without its tags.
func Words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(page, " "))), " ")
}

var (
	secretText = regexp.MustCompile(`<code class="secret"[^>]*>([^<]*)</code>`)
	recovery   = regexp.MustCompile(`<li><code>([^<]*)</code>`)
)

// Join makes an account of an invitation and signs in with it.
func (d *Desk) Join(ctx context.Context, invite, login, name, lang string, speaks ...string) error {
	_, token, ok := strings.Cut(invite, "#")
	if !ok {
		return errors.New("-invite must be the whole address of an invitation, with what stands behind its #")
	}
	const password = "correct horse battery staple 9"
	if err := d.Post(ctx, "/c/invite", url.Values{"token": {token}}); err != nil {
		return err
	}
	if err := d.Post(ctx, "/c/join", url.Values{"name": {name}, "lang": {lang}, "zone": {"Asia/Bangkok"}, "speaks": speaks, "password": {password}, "again": {password}}); err != nil {
		return err
	}
	m := secretText.FindStringSubmatch(d.Page)
	if m == nil {
		return errors.New("the console showed no secret for the codes: is the invitation still good?")
	}
	now := d.Now
	if now == nil {
		now = time.Now
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(m[1], " ", ""), now())
	if err != nil {
		return fmt.Errorf("the secret for the codes cannot be read: %w", err)
	}
	if err := d.Post(ctx, "/c/join/code", url.Values{"code": {code}}); err != nil {
		return err
	}
	r := recovery.FindStringSubmatch(d.Page)
	if r == nil {
		return errors.New("the console showed no recovery codes")
	}
	if err := d.Post(ctx, "/c/sign-in", url.Values{"login": {login}, "password": {password}}); err != nil {
		return err
	}
	return d.Post(ctx, "/c/code", url.Values{"code": {html.UnescapeString(r[1])}, "own": {"1"}}) // the digits were used a moment ago
}

// ErrNotThere means that there is no such page, or not for this person.
var ErrNotThere = errors.New("simulate: there is no such page")

// Read returns a page without making it the last one, so that several may read
// at once.
func (d *Desk) Read(ctx context.Context, path string) ([]byte, error) {
	s, err := d.Stream(ctx, path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return io.ReadAll(s)
}

// Stream opens a page that goes on.
func (d *Desk) Stream(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", d.to+path, nil)
	if err != nil {
		return nil, err
	}
	a, err := (&http.Client{Jar: d.http.Jar, Transport: d.http.Transport}).Do(r)
	if err != nil {
		return nil, err
	}
	if a.StatusCode >= 400 {
		a.Body.Close()
		if a.StatusCode == http.StatusNotFound {
			return nil, fmt.Errorf("GET %s: %w", path, ErrNotThere)
		}
		return nil, fmt.Errorf("GET %s: %s", path, a.Status)
	}
	return a.Body, nil
}

// Send sends a form as the page's script does, without following anywhere.
func (d *Desk) Send(ctx context.Context, path string, fields url.Values) error {
	r, err := http.NewRequestWithContext(ctx, "POST", d.to+path, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Fetch", "1")
	a, err := d.http.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if b, _ := io.ReadAll(io.LimitReader(a.Body, 500)); a.StatusCode >= 400 {
		return fmt.Errorf("POST %s: %s %s", path, a.Status, b)
	}
	return nil
}
