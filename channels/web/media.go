package web

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"time"
)

// attachment sends a file of the chat back to the worker whose chat it is.
func (a *Adapter) attachment(w http.ResponseWriter, r *http.Request) {
	user, ok := a.user(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	rc, mt, size, err := a.Book.Open(r.Context(), user, r.PathValue("ref"))
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		a.Log.Error("web: an attachment cannot be opened", "err", err)
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	defer rc.Close()
	mt, inline := served(mt)
	h := w.Header()
	h.Set("Content-Type", mt)
	h.Set("Content-Disposition", "attachment")
	if inline {
		h.Set("Content-Disposition", "inline")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", time.Time{}, &forward{r: rc, size: size}) // in ranges: Safari plays no sound without
}

// forward makes a reader that can only go on one that http.ServeContent takes.
type forward struct {
	r    io.Reader
	size int64
	at   int64 // of r
	want int64 // where to read next
}

// Seek moves to where the next Read begins. It never fails; Read does, where
// that lies behind what was read.
func (f *forward) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		f.want = offset
	case io.SeekCurrent:
		f.want += offset
	case io.SeekEnd:
		f.want = f.size + offset
	}
	return f.want, nil
}

func (f *forward) Read(b []byte) (int, error) {
	if f.want < f.at {
		return 0, errors.New("web: cannot read backwards")
	}
	if f.want > f.at {
		n, err := io.CopyN(io.Discard, f.r, f.want-f.at)
		f.at += n
		if err != nil {
			return 0, err
		}
	}
	n, err := f.r.Read(b)
	f.at += int64(n)
	f.want = f.at
	return n, err
}
