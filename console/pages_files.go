package console

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"workervoice/store"
)

// shownAs are the media types that a browser may show by itself: none of them
// can hold a script. Anything else is a download.
var shownAs = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true,
	"audio/ogg": true, "audio/mpeg": true, "audio/mp4": true, "audio/aac": true, "audio/amr": true, "audio/webm": true, "audio/x-m4a": true, "audio/wav": true,
	"video/mp4": true, "video/webm": true, "video/3gpp": true, "video/quicktime": true,
}

// file serves an attachment of a conversation to who may see it. It is opened
// while it is sent and never kept in clear, here or in the browser; that it was
// opened is noted.
func file(v *visit) error {
	at, n, ok := strings.Cut(v.R.PathValue("name"), ".")
	place, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok {
		return store.ErrNotFound
	}
	i, err := strconv.Atoi(n)
	if err != nil {
		return store.ErrNotFound
	}
	a, err := v.Store.ChatMedia(v.Ctx(), v.By(), v.R.PathValue("id"), place, i)
	if err != nil {
		return err
	}
	in, err := v.Files.Open(v.Ctx(), store.SubjectOf(a.Ref), a.Ref)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	mt := strings.TrimSpace(strings.Split(a.Type, ";")[0])
	h := v.W.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", mt)
	if !shownAs[mt] {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", `attachment; filename="attachment"`)
	}
	return ranged(v.W, v.R, in, a.Size)
}

// ranged answers with a stretch of what in holds: players ask for the end of a
// recording to learn how long it is. Sealed files are read from their
// beginning, so what comes before is read and thrown away.
func ranged(w http.ResponseWriter, r *http.Request, in io.Reader, size int64) error {
	from, to, ok := rangeOf(r.Header.Get("Range"), size)
	if !ok {
		if size > 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		}
		_, err := io.Copy(w, in)
		return cut(err)
	}
	if from >= size {
		w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	if _, err := io.CopyN(io.Discard, in, from); err != nil {
		return err
	}
	w.Header().Set("Content-Range", "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to, 10)+"/"+strconv.FormatInt(size, 10))
	w.Header().Set("Content-Length", strconv.FormatInt(to-from+1, 10))
	w.WriteHeader(http.StatusPartialContent)
	_, err := io.CopyN(w, in, to-from+1)
	return cut(err)
}

// cut returns what is worth telling of an answer that broke off: that a file is
// damaged, and not that a browser has gone.
func cut(err error) error {
	if errors.Is(err, store.ErrDamaged) {
		panic(http.ErrAbortHandler) // what was sent so far is genuine, and the browser learns that it is not all
	}
	return nil
}

// rangeOf reads one range of bytes (RFC 9110, section 14.1.2); several, or one
// that cannot be read, count as none.
func rangeOf(s string, size int64) (from, to int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes=")
	a, b, dash := strings.Cut(s, "-")
	if !ok || !dash || size <= 0 || strings.Contains(s, ",") {
		return 0, 0, false
	}
	if a == "" { // the last so many
		n, err := strconv.ParseInt(b, 10, 64)
		if err != nil || n <= 0 {
			return 0, 0, false
		}
		return max(size-n, 0), size - 1, true
	}
	from, err := strconv.ParseInt(a, 10, 64)
	if err != nil || from < 0 {
		return 0, 0, false
	}
	if to = size - 1; b != "" {
		n, err := strconv.ParseInt(b, 10, 64)
		if err != nil || n < from {
			return 0, 0, false
		}
		to = min(n, size-1)
	}
	return from, to, true
}
