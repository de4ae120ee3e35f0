package web

import (
	"context"
	"io"
	"time"

	"workervoice/channels"
)

// A Book is where the page reads what was said. The bot keeps it: the adapter
// itself stores nothing.
type Book interface {
	// Page returns what a worker sees now. Whoever has not said anything yet
	// gets a Page without Version, and nothing is stored for the asking.
	//
	// A message is on the page at the latest when Send is called for it, so
	// that whoever the bell wakes finds it there; one that waits for its hour
	// is not. What the worker had hidden, took back or had erased is left out.
	Page(ctx context.Context, user string) (Page, error)

	// Keep stores what a worker attaches, sealed and durably, before any event
	// names it, and returns the name under which Open finds it. When r fails,
	// Keep returns r's error and leaves nothing. A day later it may be removed
	// unless the bot still needs it: what it wanted to keep it has copied, and
	// a form that is sent twice is kept twice.
	Keep(ctx context.Context, user string, r io.Reader, mediaType string) (ref string, size int64, err error)

	// Open returns what was attached by, or sent to, the worker. An empty user
	// is the bot itself, which may open whatever was kept. What is not there,
	// or is not the worker's, is fs.ErrNotExist. The caller closes it.
	Open(ctx context.Context, user, ref string) (content io.ReadCloser, mediaType string, size int64, err error)
}

// A Page is one worker's chat as it stands.
type Page struct {
	Lang    string            // the language spoken; empty while none is chosen
	Lines   []Line            // oldest first
	Choices []channels.Choice // of the question that stands open
	Version string            // changes whenever anything of this does; empty while nothing was said
}

// A Line is one message of the chat.
type Line struct {
	ID    string // unique in the chat
	Mine  bool   // the worker's own
	Text  string
	At    time.Time
	File  *File
	Label bool // Text is that of a button which the worker pressed
}

// A File is what a Line carries.
type File struct {
	Ref     string // for Book.Open
	Type    string // media type
	Seconds int    // of sound or film, if known
}
