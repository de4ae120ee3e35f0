package channels

import (
	"cmp"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// An Address is where a worker can be reached. It is personal data: it is
// stored sealed and never logged.
type Address struct {
	Channel ID
	User    string // the platform's name for the worker on this channel
}

// LogValue, String and GoString keep the worker's name out of logs and errors.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a Address) String() string   { return string(a.Channel) + "/…" }
func (a Address) GoString() string { return a.String() }

// A Kind is a kind of Event.
type Kind string

// Kinds of events.
const (
	Started  Kind = "started"  // the worker opened the chat for the first time or anew, perhaps from a link
	Said     Kind = "said"     // the worker wrote, pressed or sent something
	Edited   Kind = "edited"   // the worker changed an earlier message: Text is the new one, Message the one changed
	Unsent   Kind = "unsent"   // the worker took a message back: our copy must go
	Reacted  Kind = "reacted"  // the worker put an emoji, in Text, on a message
	Odd      Kind = "odd"      // something the adapter does not know; What says its kind
	Left     Kind = "left"     // the worker blocked or left the channel
	Returned Kind = "returned" // the worker lifted the block
	Grouped  Kind = "grouped"  // somebody wrote in, or added the bot to, a group chat; From is the group
	Moved    Kind = "moved"    // the platform says that From has another name now: Alias is the old one
	Changed  Kind = "changed"  // the platform says that another person may hold the account

	// What became of a message of ours. Key names it, if the platform says.
	Accepted  Kind = "accepted"
	Delivered Kind = "delivered"
	Read      Kind = "read"
	Failed    Kind = "failed" // refused after all; Reason says why

	// Woke is the bot's own: a time that a flow asked for has come. What says which.
	Woke Kind = "woke"

	// Brought is the bot's own: something from a case or from a caseworker that
	// concerns this worker. What says which.
	Brought Kind = "brought"
)

// Receipt reports whether k says what became of a message of ours.
func (k Kind) Receipt() bool {
	return k == Accepted || k == Delivered || k == Read || k == Failed
}

// Own reports whether the bot itself made the event: no worker did anything.
func (k Kind) Own() bool { return k == Woke || k == Brought }

// An Event is something that happened on a channel.
type Event struct {
	ID   string // unique on its channel and the same when repeated; repeats are dropped
	Kind Kind
	From Address
	At   time.Time // by the platform's clock

	// Alias is another name of the same worker on this channel, such as the
	// phone number beside a business-scoped id. Whoever wrote under one name
	// and writes under both is one worker.
	Alias string `json:",omitempty"`

	Text   string  `json:",omitempty"` // what the worker wrote, as received
	Choice string  `json:",omitempty"` // the Value of the button the worker pressed
	Media  []Media `json:",omitempty"` // what the worker attached
	Place  *Place  `json:",omitempty"` // the place the worker shared
	What   string  `json:",omitempty"` // Odd, and attachments that are no media: contact, sticker, poll; Woke: the alarm

	Ref        string    `json:",omitempty"` // the code of the link that was followed
	Locale     string    `json:",omitempty"` // the language the platform reports, if any
	Message    string    `json:",omitempty"` // the platform's name for the worker's message, or for the message of ours that the event is about
	Callback   string    `json:",omitempty"` // what Acknowledge needs, if it needs anything
	ReplyToken string    `json:",omitempty"` // a short-lived right to answer at no cost (LINE)
	ReplyUntil time.Time `json:",omitzero"`

	Key    string `json:",omitempty"` // receipts: our message
	Case   string `json:",omitempty"` // Brought: which case
	Topic  string `json:",omitempty"` // Brought: which issue of it
	Update string `json:",omitempty"` // Brought: which update
	Reason Reason `json:",omitempty"` // Failed

	// Facts are what a flow needs to know of what was Brought, by name: codes
	// and times, never words.
	Facts map[string]string `json:",omitempty"`

	// What the bot makes of Text before a flow sees it; adapters leave it empty.
	Intent string `json:",omitempty"` // the command that the words amount to
	Script string `json:",omitempty"` // the language in whose script Text is written, where that is plain
	Raw    string `json:",omitempty"` // Text as received, where it was converted (from Zawgyi)

	// Opens is when the people who answer are next there, if that is known and
	// they are not there now. It too is what the bot makes of it.
	Opens time.Time `json:"-"`
}

// Order compares two events of one conversation by what the platform says of
// their order, negative where a came first: calls that are repeated overtake one
// another. Telegram numbers its updates in sequence, beginning anywhere after a
// week without one (https://core.telegram.org/bots/api#update). LINE tells the
// millisecond; WhatsApp the second, and of what is of one second no order.
func Order(a, b Event) int {
	m, unnumbered := strconv.ParseInt(a.ID, 10, 64)
	n, err := strconv.ParseInt(b.ID, 10, 64)
	if unnumbered == nil && err == nil && a.At.Sub(b.At).Abs() < 24*time.Hour {
		return cmp.Compare(m, n)
	}
	return a.At.Compare(b.At)
}

// LogValue shows what e is, not what it says nor its name: platforms put
// phone numbers even into the names of messages.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(e.Kind)), slog.Any("from", e.From))
}

// String shows no more than LogValue.
func (e Event) String() string { return fmt.Sprintf("%s from %v", e.Kind, e.From) }

// GoString shows no more than LogValue.
func (e Event) GoString() string { return e.String() }

// Media is something a worker attached. Its content stays on the platform
// until fetched.
type Media struct {
	Ref  string // how the adapter finds it
	Type string // media type, such as "image/jpeg"
	Name string `json:",omitempty"` // file name, if the worker gave one
	Size int64  `json:",omitempty"` // zero if unknown

	// Voice reports a voice note, recorded in the chat.
	Voice   bool `json:",omitempty"`
	Seconds int  `json:",omitempty"` // of sound or film, if known
}

// String shows no more of m than its type.
func (m Media) String() string { return m.Type }

// GoString shows no more of m than its type.
func (m Media) GoString() string { return m.Type }

// LogValue shows no more of m than its type.
func (m Media) LogValue() slog.Value { return slog.StringValue(m.Type) }

// A Place is a point on the map that a worker shared, in degrees (WGS 84).
type Place struct {
	Lat, Lng float64
	Name     string `json:",omitempty"`
}

// String shows nothing of p.
func (p Place) String() string { return "place" }

// GoString shows nothing of p.
func (p Place) GoString() string { return "place" }

// LogValue shows nothing of p.
func (p Place) LogValue() slog.Value { return slog.StringValue("place") }
