package whatsapp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/channels"
)

// maxWebhook is the longest webhook that is read, in bytes. Meta sends up to 3 MB.
const maxWebhook = 4 << 20

// Receive implements [channels.Adapter]. Meta signs the raw body with the app
// secret: X-Hub-Signature-256 is "sha256=" and the HMAC-SHA256 in hexadecimal.
// Events of the same second keep Meta's order.
//
// What concerns another number of the same app, the account, or its templates,
// and what names no worker, is left out.
func (a *Adapter) Receive(r *http.Request) ([]channels.Event, error) {
	given, ok := strings.CutPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256=")
	mark, err := hex.DecodeString(given)
	if !ok || err != nil || len(mark) != sha256.Size {
		return nil, channels.ErrForged
	}
	b, err := read(r)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(a.c.AppSecret))
	mac.Write(b)
	if !hmac.Equal(mac.Sum(nil), mark) {
		return nil, channels.ErrForged
	}
	var w webhook
	if fails(b, &w) { // not wrapped: it would quote
		return nil, errors.New("whatsapp: a signed webhook cannot be read: see whether Meta has changed its form")
	}
	var events []channels.Event
	for _, entry := range w.Entry {
		for _, change := range entry.Changes {
			events = append(events, a.change(change)...)
		}
	}
	slices.SortStableFunc(events, func(x, y channels.Event) int { return x.At.Compare(y.At) })
	return events, nil
}

// read returns r's body.
func read(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxWebhook {
		return nil, channels.ErrTooBig
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead) // no more on the word of a stranger
	_, err := b.ReadFrom(io.LimitReader(r.Body, maxWebhook+1))
	if b.Len() > maxWebhook || errors.As(err, new(*http.MaxBytesError)) {
		return nil, channels.ErrTooBig
	}
	if err != nil {
		return nil, fmt.Errorf("whatsapp: the webhook was cut off: %w", err)
	}
	return b.Bytes(), nil
}

// A webhook is what Meta posts, as far as we read it.
type webhook struct {
	Entry []struct {
		Changes []change `json:"changes"`
	} `json:"entry"`
}

// A change is what happened to one number.
type change struct {
	Field string `json:"field"`
	Value struct {
		Metadata struct {
			PhoneID loose `json:"phone_number_id"`
		} `json:"metadata"`
		Contacts []contact         `json:"contacts"`
		Messages []json.RawMessage `json:"messages"`
		Statuses []json.RawMessage `json:"statuses"`
	} `json:"value"`
}

// A contact tells both names of somebody, where Meta shares both.
type contact struct {
	Phone loose `json:"wa_id"`
	User  loose `json:"user_id"`
}

// change returns the events of c. Each message is read by itself, so that one
// of a form that nobody has seen does not take the others with it.
func (a *Adapter) change(c change) []channels.Event {
	if c.Field != "messages" || string(c.Value.Metadata.PhoneID) != a.c.PhoneID {
		return nil
	}
	var events []channels.Event
	keep := func(e channels.Event) {
		if e.From.User != "" {
			events = append(events, e)
		}
	}
	for _, raw := range c.Value.Messages {
		keep(a.message(raw, c.Value.Contacts))
	}
	for _, raw := range c.Value.Statuses {
		if e, ok := a.receipt(raw, c.Value.Contacts); ok {
			keep(e)
		}
	}
	return events
}

// event returns an event of kind Odd from the worker with the two names, of
// which either may be missing. The business-scoped id is the worker's name
// where it is known, since Meta keeps it when it stops sharing the number.
func (a *Adapter) event(phone, user loose, at loose, known []contact) channels.Event {
	for _, c := range known {
		if user != "" && c.User == user || phone != "" && c.Phone == phone || len(known) == 1 && phone == "" && user == "" {
			phone, user = first(phone, c.Phone), first(user, c.User)
		}
	}
	e := channels.Event{Kind: channels.Odd, From: channels.Address{Channel: a.c.ID, User: string(phone)}}
	if user != "" {
		e.From.User, e.Alias = string(user), string(phone)
	}
	if s, err := strconv.ParseInt(string(at), 10, 64); err == nil && s > 0 && s < 1e11 {
		e.At = time.Unix(s, 0).UTC()
	} else {
		e.At = a.c.Now().UTC()
	}
	return e
}

// first returns the first of ss that is not empty.
func first(ss ...loose) loose {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// A loose is a string that is also read from a number. Anything else reads as
// an empty string and is no error. Meta's own examples write ids both ways.
type loose string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *loose) UnmarshalJSON(b []byte) error {
	*l = ""
	switch {
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, (*string)(l))
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*l = loose(b)
	}
	return nil
}

// fails reports whether b is no JSON. A part of another type than v's is left
// empty, and the rest is read all the same.
func fails(b []byte, v any) bool {
	err := json.Unmarshal(b, v)
	return err != nil && !errors.As(err, new(*json.UnmarshalTypeError))
}
