// Package channels defines how the bot reaches workers on messaging platforms.
//
// A channel is one account on one platform: a Telegram bot, a LINE official
// account, a WhatsApp business number, our own web chat. Each platform has an
// Adapter in a package below this one. This package imports none of them, nor
// anything else of ours.
package channels

import (
	"context"
	"io"
	"net/http"
	"time"
)

// An Adapter translates between one channel and the bot.
//
// Adapters keep no conversation state and never retry, pace or sleep: the bot
// does that, the same way for every platform. Methods may be called from
// several goroutines at once. What an adapter can do beyond this is said by
// the optional interfaces below; what it can carry is data in Info.
type Adapter interface {
	// Info describes the channel. It always returns the same value.
	Info() Info

	// Receive checks that r comes from the platform and returns the events in
	// it, oldest first. It returns ErrForged when the proof of origin is
	// missing or wrong, and ErrTooBig when the body is longer than any the
	// platform sends. One event that cannot be read never hides the others:
	// it becomes an Event of kind Odd. A genuine request with nothing to act
	// on yields no events and no error.
	//
	// Receive does not answer r. The caller answers once the events are
	// stored, so that the platform repeats what was not.
	Receive(r *http.Request) ([]Event, error)

	// Send delivers m and returns the platform's name for it.
	//
	// A *SendError means that m was certainly not delivered. Any other error
	// means that nobody knows.
	Send(ctx context.Context, m Outbound) (messageID string, err error)
}

// A Poller is an Adapter that can ask for events instead of being called, for
// installations without a public address.
type Poller interface {
	Adapter

	// Poll passes events to deliver as they arrive, until ctx is done. It
	// confirms events to the platform only after deliver has returned nil;
	// when deliver fails, the same events are asked for again.
	Poll(ctx context.Context, deliver func(context.Context, ...Event) error) error
}

// A Starter is an Adapter that prepares its account before work begins: says
// where webhooks go, which languages its menu has. It may be called again at
// any time and then changes nothing. Its error says what the operator should do.
type Starter interface {
	Adapter
	Start(ctx context.Context, webhook string) error // the public address of Receive; empty to poll
}

// A Challenger is an Adapter whose platform proves the webhook's address with
// a GET request before it uses it.
type Challenger interface {
	Adapter

	// Challenge returns what to answer, or ErrForged.
	Challenge(r *http.Request) (string, error)
}

// A Fetcher is an Adapter that can download what workers attach.
type Fetcher interface {
	Adapter

	// Fetch opens the content of m, which may not be longer than the
	// platform's limit. The caller closes it. A *SendError with reason
	// Rejected means that the content is gone for good.
	Fetch(ctx context.Context, m Media) (io.ReadCloser, error)
}

// An Acknowledger is an Adapter whose platform shows a pressed button as busy
// until it is told otherwise.
type Acknowledger interface {
	Adapter

	// Acknowledge ends the wait shown for e. It is called once e is stored.
	Acknowledge(ctx context.Context, e Event) error
}

// An Answerer is an Acknowledger whose platform also takes the
// acknowledgement in the answer to the webhook that brought the press.
type Answerer interface {
	Acknowledger

	// Answer returns that answer, as JSON, or nil if nothing waits for one. The
	// platform does not say whether it could use it, so that nothing else that
	// matters goes this way.
	Answer(e Event) []byte
}

// A Deleter is an Adapter that can take messages off the worker's phone.
type Deleter interface {
	Adapter

	// Delete removes messages, ours or the worker's, from the chat. Messages
	// that are gone already, or too old, are no error.
	Delete(ctx context.Context, to Address, messageIDs []string) error
}

// A Leaver is an Adapter that can leave a group chat.
type Leaver interface {
	Adapter
	Leave(ctx context.Context, group Address) error
}

// A Batcher is an Adapter that can deliver several messages to one worker in
// one request.
type Batcher interface {
	Adapter

	// SendAll is Send for up to Info.PerRequest messages with the same To:
	// all are delivered or none is.
	SendAll(ctx context.Context, ms []Outbound) (messageIDs []string, err error)
}

// A Meter is an Adapter whose platform sells messages by the month.
type Meter interface {
	Adapter

	// Quota returns how many messages the plan allows this month and how many
	// were used. A limit below zero means that there is none.
	Quota(ctx context.Context) (limit, used int64, err error)
}

// A Linker is an Adapter that can be opened from a mobilizer's link.
type Linker interface {
	Adapter

	// Link returns the address that opens the chat and brings code along.
	Link(code string) string
}

// Info describes what a channel can carry and how fast. The flow linter, the
// splitter, the sender and the tests all read this one value.
type Info struct {
	ID       ID       // unique within an installation, such as "line-th"
	Platform Platform // the kind of account

	Text    Limit // longest plain text message
	Body    Limit // longest text above choices
	Caption Limit // longest text with an attachment

	Choices int   // most choices under one message; more go on a further page of the question
	Buttons int   // up to this many choices are shown as buttons, more as a list
	Button  Limit // label of a button
	Row     Limit // label of a choice in a list
	Desc    Limit // second line of a choice in a list; zero: not shown
	Value   int   // longest Choice.Value, in bytes

	PerRequest int // messages in one request, with Batcher; otherwise 1

	Rate     Rate // messages over the whole channel
	ChatRate Rate // messages to one worker

	// Window is how long after a worker's last message the channel accepts
	// free text; later only templates pass. Zero means always.
	Window time.Duration

	// Idempotent reports whether the platform drops a second message with the
	// same Key, so that an unknown outcome may be repeated without harm.
	Idempotent bool

	// Receipts reports whether the platform tells what became of a message,
	// naming its Key, so that an unknown outcome clears up by itself.
	Receipts bool

	// Deletes is for how long messages can be taken off the worker's phone.
	// Zero means never.
	Deletes time.Duration

	// Files is the largest attachment that can be sent, in bytes, by the
	// first part of its media type: image, audio, video, application. What is
	// absent cannot be sent.
	Files map[string]int64

	// Links reports that attachments are sent as an address from which the
	// platform fetches them, so that a public address is needed.
	Links bool
}

// A Rate is a number of messages in a span of time, of which Burst may come at
// once. The zero Rate is unlimited.
type Rate struct {
	Messages int
	Per      time.Duration
	Burst    int // at least 1 where there is a limit
}

// ID identifies a channel.
type ID string

// A Platform is a kind of channel.
type Platform string

// The platforms with adapters.
const (
	Telegram Platform = "telegram"
	LINE     Platform = "line"
	WhatsApp Platform = "whatsapp"
	Web      Platform = "web"
	Terminal Platform = "terminal"
)
