package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"workervoice/channels"
)

const (
	// maxWebhook is the longest webhook that is read, in bytes. LINE states no
	// limit; a hundred of the longest texts, in escaped Burmese, are 3 MB.
	maxWebhook = 4 << 20

	// replyLife is how long a reply token is used. LINE says one minute after
	// the webhook, without promise; the rest is for the reply's way.
	replyLife = 50 * time.Second

	// replyEnd is when a token is certainly dead, counted from its event: LINE
	// says twenty minutes, however late the event was delivered.
	replyEnd = 19 * time.Minute
)

// Receive implements [channels.Adapter]. LINE signs the raw body with the
// channel secret: x-line-signature is its HMAC-SHA256 in base64. Events that
// name nobody, such as those about the account itself, are left out.
func (a *Adapter) Receive(r *http.Request) ([]channels.Event, error) {
	mark, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Line-Signature"))
	if err != nil || len(mark) != sha256.Size {
		return nil, channels.ErrForged
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxWebhook+1))
	if err != nil {
		return nil, fmt.Errorf("line: the webhook was cut off: %w", err)
	}
	if len(b) > maxWebhook {
		return nil, channels.ErrTooBig
	}
	mac := hmac.New(sha256.New, []byte(a.c.Secret))
	mac.Write(b)
	if !hmac.Equal(mac.Sum(nil), mark) {
		return nil, channels.ErrForged
	}
	var w struct {
		Destination string            `json:"destination"`
		Events      []json.RawMessage `json:"events"`
	}
	if json.Unmarshal(b, &w) != nil { // not wrapped: it would quote
		return nil, errors.New("line: a signed webhook cannot be read: see whether LINE has changed its form")
	}
	if us := a.account.Load().user; us != "" && w.Destination != us {
		return nil, fmt.Errorf("line: LINE_CHANNEL_SECRET and LINE_CHANNEL_TOKEN are of two accounts: %w", channels.ErrForged)
	}
	var events []channels.Event
	for _, raw := range w.Events {
		if e, ok := a.event(raw); ok {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(x, y channels.Event) int { return x.At.Compare(y.At) })
	return events, nil
}

// An event is what LINE sends, as far as we read it. The SDK's own types read
// all of it and fail on what they do not expect anywhere: a worker's words would
// be lost for an ornament beside them.
type event struct {
	ID         string `json:"webhookEventId"`
	Type       string `json:"type"`
	Timestamp  int64  `json:"timestamp"` // milliseconds
	ReplyToken string `json:"replyToken"`
	Source     struct {
		Type    string `json:"type"`
		UserID  string `json:"userId"`
		GroupID string `json:"groupId"`
		RoomID  string `json:"roomId"`
	} `json:"source"`
	Message *message `json:"message"`
	Unsend  struct {
		MessageID string `json:"messageId"`
	} `json:"unsend"`
	Follow struct {
		IsUnblocked bool `json:"isUnblocked"`
	} `json:"follow"`
	Postback struct {
		Data string `json:"data"`
	} `json:"postback"`
}

// event returns what one of LINE's events means. It reports false for an event
// that names nobody.
func (a *Adapter) event(raw json.RawMessage) (channels.Event, bool) {
	var in event
	_ = json.Unmarshal(raw, &in) // goes on past a property of another type; what is needed is looked at below
	from := in.Source.UserID
	switch in.Source.Type {
	case "group":
		from = in.Source.GroupID
	case "room":
		from = in.Source.RoomID
	}
	if from == "" {
		return channels.Event{}, false
	}
	now := a.c.Now()
	e := channels.Event{ID: in.ID, Kind: channels.Odd, From: channels.Address{Channel: a.c.ID, User: from}, At: now}
	if in.Timestamp > 0 {
		e.At = time.UnixMilli(in.Timestamp).UTC()
	}
	if e.ID == "" {
		e.ID = in.name()
	}
	if in.ReplyToken != "" {
		e.ReplyToken, e.ReplyUntil = in.ReplyToken, now.Add(replyLife)
		if end := e.At.Add(replyEnd); end.Before(e.ReplyUntil) {
			e.ReplyUntil = end
		}
	}
	switch in.Source.Type {
	case "group", "room":
		in.group(&e)
	case "user", "":
		in.worker(&e)
	}
	if e.Kind == channels.Odd {
		e.What = word(in.Type)
	}
	return e, true
}

// worker says what an event in a worker's own chat means.
func (in *event) worker(e *channels.Event) {
	switch in.Type {
	case "message":
		if in.Message != nil {
			in.Message.read(e)
		}
	case "postback":
		if in.Postback.Data != "" {
			e.Kind, e.Choice = channels.Said, in.Postback.Data
		}
	case "unsend":
		if in.Unsend.MessageID != "" {
			e.Kind, e.Message = channels.Unsent, in.Unsend.MessageID
		}
	case "follow":
		e.Kind = channels.Started
		if in.Follow.IsUnblocked {
			e.Kind = channels.Returned
		}
	case "unfollow":
		e.Kind = channels.Left
	}
}

// group says what an event in a group or room means. Whatever it was, the bot
// must not stay, and nothing that was said there is kept. Only leave is
// different: the account is out already, and there is nobody to tell.
func (in *event) group(e *channels.Event) {
	e.Kind = channels.Grouped
	if in.Type == "leave" {
		e.Kind = channels.Left
	}
}

// name makes a name for an event that has none, the same when it is repeated.
func (in *event) name() string {
	message := ""
	if in.Message != nil {
		message = in.Message.ID
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q %q %q", in.Type, in.Timestamp, in.Source, message, in.Unsend.MessageID, in.Postback.Data))
	return fmt.Sprintf("sum-%x", sum[:16])
}

// word returns s if it is a plain word, as LINE's names of kinds are, so that
// it may stand in a log.
func word(s string) string {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return "unreadable"
		}
	}
	if s == "" || len(s) > 40 {
		return "unreadable"
	}
	return s
}
