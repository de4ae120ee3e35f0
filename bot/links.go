package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// NewCode returns a new code for a link: eight letters that mean nothing and
// are easy to read aloud, the last a checksum.
func NewCode() string {
	b := make([]byte, codeLen)
	rand.Read(b) //nolint:errcheck // never fails
	for i := range b {
		b[i] = CodeLetters[int(b[i])%len(CodeLetters)]
	}
	b[codeLen-1] = checkLetter(string(b[:codeLen-1]))
	return string(b)
}

// links remembers the codes that were asked for lately, also those that there
// are none of: a first message often holds a word that could be one.
type links struct {
	mu   sync.Mutex
	seen map[string]seenLink
}

type seenLink struct {
	lang string
	ok   bool
	open bool // it leads to a case
	at   time.Time
}

// known returns the language of a mobilizer's code, and whether there is one.
func (l *links) known(ctx context.Context, e *Engine, code string) (string, bool) {
	s := l.look(ctx, e, code)
	return s.lang, s.ok && !s.open
}

// leads reports whether a code is a case's.
func (l *links) leads(ctx context.Context, e *Engine, code string) bool {
	s := l.look(ctx, e, code)
	return s.ok && s.open
}

func (l *links) look(ctx context.Context, e *Engine, code string) seenLink {
	if len(code) > 64 {
		return seenLink{}
	}
	l.mu.Lock()
	s, ok := l.seen[code]
	l.mu.Unlock()
	if ok && e.Now().Sub(s.at) < time.Minute {
		return s
	}
	link, err := e.Store.Link(ctx, code)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		e.Log.Error("a link cannot be looked up, the worker is taken to have come by none", "err", err)
		return seenLink{}
	}
	s = seenLink{link.Lang, err == nil, link.Case != "", e.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil || len(l.seen) > 10_000 {
		l.seen = make(map[string]seenLink)
	}
	l.seen[code] = s
	return s
}

// link returns the address that a worker may pass on: it tells nothing about
// who gave it. Without a public address it opens the same app.
func (e *Engine) link(ref string, on channels.ID) string {
	if e.Public != "" {
		if ref == "" {
			return e.Public + "/w"
		}
		return e.Public + "/j/" + ref
	}
	if s := e.senders[on]; s != nil {
		if l, ok := s.a.(channels.Linker); ok {
			return l.Link(ref)
		}
	}
	return ""
}
