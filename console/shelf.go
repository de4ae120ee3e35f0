package console

import (
	"html/template"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	keptFor   = time.Minute // until what nobody has asked for again is let go
	keptPages = 5000        // rows in that time, some 1 KB each
)

// A shelf keeps pieces of pages under all that they depend on, so that what
// has not changed is not written again. It holds workers' words: what is not
// asked for within a minute or two is gone.
type shelf[K comparable] struct {
	mu        sync.Mutex
	now, last map[K]template.HTML
	since     time.Time
}

// piece is what a template gives in the language of the page.
func (v *visit) piece(name string, data any) (template.HTML, error) {
	var b strings.Builder
	err := officePages[v.Lang]().ExecuteTemplate(&b, name, data)
	return template.HTML(b.String()), err //nolint:gosec // what the template has escaped
}

// A flatKey says all that a piece of a page depends on, where what its template
// shows is a flat struct of words, numbers and the like.
type flatKey struct {
	lang, name string
	shown      any
}

// flat is piece for what is a flat struct: it is written once for all who see
// the same.
func (v *visit) flat(name string, shown any) (template.HTML, error) {
	return v.pieces.find(flatKey{v.Lang, name, shown}, v.Now(), func() (template.HTML, error) { return v.piece(name, shown) })
}

// A spelledKey says all that a piece depends on which shows lists.
type spelledKey struct{ lang, says string }

// spelled is what a piece shows, one thing after the other.
type spelled []byte

// words adds words, so that no others look the same.
func (b *spelled) words(xs ...string) {
	for _, x := range xs {
		*b = append(strconv.AppendInt(*b, int64(len(x)), 10), ':')
		*b = append(*b, x...)
	}
}

func (b *spelled) yes(xs ...bool) {
	for _, x := range xs {
		*b = strconv.AppendBool(*b, x)
	}
}

// find returns what is kept under k, or what write makes of it.
func (w *shelf[K]) find(k K, at time.Time, write func() (template.HTML, error)) (template.HTML, error) {
	w.mu.Lock()
	w.turn(at)
	h, ok := w.now[k]
	if !ok {
		if h, ok = w.last[k]; ok {
			w.now[k] = h
		}
	}
	w.mu.Unlock()
	if ok {
		return h, nil
	}
	h, err := write()
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.now[k] = h
	}
	return h, err
}

// turn lets go of what was asked for longest ago. w.mu is held.
func (w *shelf[K]) turn(at time.Time) {
	switch age := at.Sub(w.since); {
	case w.now == nil || age >= 2*keptFor || age < 0:
		w.now, w.last, w.since = make(map[K]template.HTML), nil, at
	case age >= keptFor || len(w.now) >= keptPages:
		w.now, w.last, w.since = make(map[K]template.HTML), w.now, at
	}
}
