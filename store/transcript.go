package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// An Exchange is one turn as the transcript remembers it.
type Exchange struct {
	Place int64 `json:"-"` // in the transcript; the first is 0
	At    time.Time
	Said  []channels.Event    `json:",omitempty"`
	Sent  []channels.Outbound `json:",omitempty"`

	By   cases.CaseworkerID `json:",omitempty"` // who wrote what was sent, or changed hands; empty: the bot
	What string             `json:",omitempty"` // what changed hands: TookOver, HandedBack, AssignedTo, Transferred
	To   string             `json:",omitempty"` // to which caseworker or organisation

	Entered []entered `json:",omitempty"` // what of it joined cases
}

// String shows nothing of what was said.
func (x Exchange) String() string { return fmt.Sprintf("%d said, %d sent", len(x.Said), len(x.Sent)) }

// GoString shows no more than String.
func (x Exchange) GoString() string { return x.String() }

// An entered is an entry that a turn made.
type entered struct {
	Case cases.ID
	Key  string
}

// Transcript returns up to n turns with a worker, oldest first, leaving out the
// first from. After Erase it returns none of those before.
func (s *Store) Transcript(ctx context.Context, a channels.Address, from int64, n int) ([]Exchange, error) {
	conv, _, err := s.at(ctx, a)
	if err != nil {
		return nil, err
	}
	return s.scan(ctx, conv, max(from, 0), n)
}

// TranscriptTail returns the last n turns with a worker, oldest first.
func (s *Store) TranscriptTail(ctx context.Context, a channels.Address, n int) ([]Exchange, error) {
	conv, _, err := s.at(ctx, a)
	if err != nil {
		return nil, err
	}
	return s.scan(ctx, conv, -1, n)
}

func (s *Store) scan(ctx context.Context, conv string, from int64, n int) ([]Exchange, error) {
	bodies, first, err := s.b.Scan(ctx, ShardOf(conv), conv+"/log", from, n)
	if err != nil && !errors.Is(err, ErrDamaged) { // what can be read is returned all the same
		return nil, err
	}
	var xs []Exchange
	for i, b := range bodies {
		if b == nil { // erased
			continue
		}
		x := Exchange{Place: first + int64(i)}
		if err := decode(b, &x); err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return xs, err
}

// transcribe adds the turn to the transcript.
func (c *closing) transcribe() {
	x := Exchange{At: c.b.At, Sent: c.o.Send}
	for _, e := range c.t.Events {
		switch {
		case e.Kind == "", e.Kind.Own(): // of a worker erased since; nobody's
			continue
		case e.Kind == channels.Failed && c.t.held.Lane == (Lane{}):
			c.b.Append = append(c.b.Append, c.s.receipts(c.t.conv, receiptOf(e, c.b.At)))
		case c.o.Redact || taken(c.o.Retract, e):
			e = channels.Event{ID: e.ID, Kind: e.Kind, From: e.From, At: e.At, Message: e.Message}
		}
		e.ReplyToken, e.Callback = "", ""
		x.Said = append(x.Said, e)
	}
	for _, n := range c.o.Entries {
		x.Entered = append(x.Entered, entered{n.Case, n.Key})
	}
	if len(x.Said)+len(x.Sent) > 0 {
		c.b.Append = append(c.b.Append, Entry{Log: c.t.conv + "/log", Subject: talk(c.t.conv, c.next.Talk), Body: encode(x)})
	}
}
