package channels

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// An Outbound is one message to one worker, in the worker's language. It fits
// the limits of its channel: whoever makes it has split and shortened it.
type Outbound struct {
	Key string // the same on every attempt to send this message; at most 100 bytes of A-Za-z0-9_/.-
	To  Address

	Text    string
	Choices []Choice `json:",omitempty"`
	List    string   `json:",omitempty"` // what opens the choices where they are a list ("Choose")
	File    *File    `json:",omitempty"` // an attachment; Text is its caption

	Template *Template `json:",omitempty"` // sent instead of Text outside the channel's Window

	// Delete lists messages to take off the phone, and Leave says to leave the
	// group, instead of sending anything. Only channels that can are asked to.
	Delete []string `json:",omitempty"`
	Leave  bool     `json:",omitempty"`

	// Preview stands where the platform shows a text outside the chat (LINE's
	// altText). Empty: the platform's neutral words.
	Preview string `json:",omitempty"`
	Silent  bool   `json:",omitempty"` // without sound, where the platform can
	Protect bool   `json:",omitempty"` // not to be forwarded or saved, where the platform can

	ReplyToken string    `json:",omitempty"`
	ReplyUntil time.Time `json:",omitzero"`

	// Again says that an earlier attempt ended in an unknown outcome.
	Again bool `json:"-"`

	// When it may be sent is for the store and the sender; adapters do not look.
	Class   Class     `json:",omitempty"`
	Since   time.Time `json:",omitzero"`  // not sent before the worker has done something later than this
	Owner   int64     `json:",omitempty"` // the owner's epoch at which it was decided
	By      string    `json:",omitempty"` // the caseworker who wrote it; empty: the bot
	For     string    `json:",omitempty"` // the delivery that it carries out, as CASE/UPDATE
	Expires time.Time `json:",omitzero"`  // not sent later than this

	// Knock says that news wait, and not which. It was decided at this time:
	// once the worker has done something later, there is no need to say so.
	Knock time.Time `json:",omitzero"`
}

// A Class says why a message is sent, and so when it may be.
type Class string

// Classes of messages.
const (
	Answer Class = ""       // to what the worker has just done: at once
	Urgent Class = "urgent" // danger: at once, at any hour
	Push   Class = "push"   // news: in the worker's hours, or when the worker next writes
	Nudge  Class = "nudge"  // a reminder: like Push, but never outside the window and dropped when it expires
)

// LogValue shows what m is, not what it says.
func (m Outbound) LogValue() slog.Value {
	return slog.GroupValue(slog.String("class", string(m.Class)), slog.Any("to", m.To), slog.Int("choices", len(m.Choices)))
}

// String shows no more than LogValue.
func (m Outbound) String() string { return fmt.Sprintf("message to %v", m.To) }

// GoString shows no more than LogValue.
func (m Outbound) GoString() string { return m.String() }

// A Choice is something the worker can press under a message.
type Choice struct {
	Label string // in the worker's language
	Desc  string `json:",omitempty"` // a second line, where there is room
	Value string // returned as Event.Choice; a code, never words
}

// A File is an attachment of ours.
type File struct {
	Ref     string // where the bot keeps it
	Type    string // media type
	Name    string
	Size    int64
	Seconds int  `json:",omitempty"`
	Voice   bool `json:",omitempty"`

	// URL is a short-lived address of the content, set just before sending
	// where Info.Links; Open opens the content elsewhere.
	URL  string                        `json:"-"`
	Open func() (io.ReadCloser, error) `json:"-"`
}

// A Template is a message that the platform has approved beforehand.
type Template struct {
	Name     string
	Language string   // the platform's code
	Params   []string `json:",omitempty"`
	Choices  []string `json:",omitempty"` // Values of its quick replies, in order
}
