package console

import (
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
