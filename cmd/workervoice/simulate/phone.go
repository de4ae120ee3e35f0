package simulate

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"regexp"
	"time"
)

// A phone is a worker's browser without scripts, on the web chat.
type phone struct {
	http   *http.Client
	to     string // the address of the service
	page   string
	hidden map[string]string
	sent   int // messages
}

func newPhone(to string, t http.RoundTripper) (*phone, error) {
	jar, err := cookiejar.New(nil)
	return &phone{http: &http.Client{Jar: jar, Transport: t, Timeout: time.Minute}, to: to}, err
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)
	button      = regexp.MustCompile(`<button name="choice" value="([^"]*)"`)
)

// open looks at the chat, or follows a link to it.
func (p *phone) open(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, "GET", p.to+path, nil)
	if err != nil {
		return err
	}
	return p.do(r)
}

func (p *phone) do(r *http.Request) error {
	a, err := p.http.Do(r)
	if err != nil {
		return fmt.Errorf("the service does not answer, is it running at the address of -to? %w", err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, 4<<20))
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the web chat answered %s", a.Status)
	}
	p.page, p.hidden = string(b), make(map[string]string)
	for _, m := range hiddenField.FindAllStringSubmatch(p.page, -1) {
		p.hidden[m[1]] = html.UnescapeString(m[2])
	}
	return nil
}

// choices are the buttons on the page, by value.
func (p *phone) choices() (cs []string) {
	for _, m := range button.FindAllStringSubmatch(p.page, -1) {
		cs = append(cs, html.UnescapeString(m[1]))
	}
	return cs
}

// press presses a button.
func (p *phone) press(ctx context.Context, value string) error {
	return p.post(ctx, "choice", value, "")
}

// write sends words.
func (p *phone) write(ctx context.Context, text string) error { return p.post(ctx, "text", text, "") }

// speak sends a voice note.
func (p *phone) speak(ctx context.Context, note []byte) error {
	return p.post(ctx, "voice", string(note), "audio/ogg")
}

func (p *phone) post(ctx context.Context, field, value, media string) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range p.hidden {
		if err := w.WriteField(k, v); err != nil {
			return err
		}
	}
	var part io.Writer
	var err error
	if media == "" {
		part, err = w.CreateFormField(field)
	} else {
		part, err = w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + field + `"; filename="note.ogg"`}, "Content-Type": {media}})
	}
	if err == nil {
		_, err = io.WriteString(part, value)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", p.to+"/w", &b)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	p.sent++
	return p.do(r)
}
