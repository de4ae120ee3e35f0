package console

import (
	"errors"
	"log/slog"
	"net/http"
)

// afterNotes lets nothing out before it is kept who has looked at what: a page
// makes several notes, which are kept with one flush.
type afterNotes struct {
	http.ResponseWriter
	noted func() error
	log   *slog.Logger
	asked bool
	err   error
}

// gather has the visit keep its notes before it answers.
func (v *visit) gather() {
	ctx, noted := v.Store.Gather(v.Ctx())
	v.noted, v.R = noted, v.R.WithContext(ctx)
	v.W = &afterNotes{ResponseWriter: v.W, noted: noted, log: v.Log}
}

// noteBeside keeps what was noted so far while the page is made, and returns
// what waits for that and keeps what was noted meanwhile: a flush takes as long
// as a template.
func (v *visit) noteBeside() (kept func() error) {
	if v.R.Method != http.MethodGet {
		return v.noted
	}
	first := make(chan error, 1)
	go func(noted func() error) { first <- noted() }(v.noted)
	ctx, rest := v.Store.Gather(v.Ctx())
	v.noted, v.R = rest, v.R.WithContext(ctx)
	return func() error { return errors.Join(<-first, rest()) }
}

// Unwrap is for [http.ResponseController].
func (w *afterNotes) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *afterNotes) WriteHeader(status int) {
	if w.kept() == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *afterNotes) Write(b []byte) (int, error) {
	if err := w.kept(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

// kept keeps the notes, once. Where that cannot be, the answer says so and
// nothing else.
func (w *afterNotes) kept() error {
	if w.asked {
		return w.err
	}
	w.asked = true
	if w.err = w.noted(); w.err != nil {
		w.log.Error("console: it cannot be kept who looked, so nothing is shown", "err", w.err)
		w.Header().Del("Content-Encoding")
		w.Header().Del("Content-Disposition")
		http.Error(w.ResponseWriter, "try again", http.StatusInternalServerError)
	}
	return w.err
}
