package bot

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// tidy removes what workers uploaded and nothing needed within a day. It sleeps
// until the next goes, and at most an hour: what comes waits for longer.
func (e *Engine) tidy(ctx context.Context) error {
	adopted := false
	for ctx.Err() == nil {
		var err error
		if !adopted {
			err = e.Store.Adopt(ctx)
			adopted = err == nil
		}
		next, fault := e.Store.Tidy(ctx, 100)
		if err = errors.Join(err, fault); err != nil && ctx.Err() == nil {
			e.Log.Error("what workers uploaded and nobody needs is not removed yet, it is tried again: look at the store and the folder of attachments", "err", err)
		}
		pause := time.Hour
		if err == nil && !next.IsZero() {
			pause = min(max(next.Sub(e.Now()), 0), pause)
		}
		sleep(ctx, pause)
	}
	return nil
}

// maxAttachment is the largest attachment kept, in bytes.
const maxAttachment = 50 << 20

// fetch downloads attachments that workers sent on a channel, and reports
// whether there were any.
func (e *Engine) fetch(ctx context.Context, s *sender, f channels.Fetcher) bool {
	jobs, err := e.Store.ClaimFetch(ctx, s.info.ID, 4, 5*time.Minute)
	if err != nil && ctx.Err() == nil {
		e.Log.Error("attachments cannot be claimed: look at the store", "channel", s.info.ID, "err", err)
	}
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { e.download(context.WithoutCancel(ctx), s.info.ID, f, j) })
	}
	wg.Wait()
	if len(jobs) > 0 {
		e.entries.ring()
	}
	return len(jobs) > 0
}

// download brings one attachment home.
func (e *Engine) download(ctx context.Context, ch channels.ID, f channels.Fetcher, j store.FetchJob) {
	var end store.Fetched
	kept, err := e.bring(ctx, f, j)
	var no *channels.SendError
	switch {
	case err == nil:
		end.Attachment = &kept
		e.count("attachments_kept", string(ch))
	case errors.As(err, &no) && no.Reason == channels.Rejected, errors.Is(err, store.ErrTooBig):
		end.Gone = true
		e.count("attachments_lost", string(ch))
		e.Log.Warn("an attachment is gone or too big and cannot be kept", "channel", ch, "err", err)
	default:
		end.Retry = e.Now().Add(pauseAfter(j.Attempts + 3))
		e.Log.Warn("an attachment could not be downloaded, it is tried again", "channel", ch, "attempt", j.Attempts, "err", err)
	}
	if err := e.Store.SettleFetch(ctx, j, end); err != nil {
		e.Log.Error("what became of an attachment is not kept: look at the store", "err", err)
	}
}

func (e *Engine) bring(ctx context.Context, f channels.Fetcher, j store.FetchJob) (a cases.Attachment, err error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	r, err := f.Fetch(ctx, j.Media)
	if err != nil {
		return a, err
	}
	defer r.Close() //nolint:errcheck // it was read to its end or is of no use
	a, sum, err := e.Files.Put(ctx, j.Subject, r, maxAttachment)
	a.Sum = sum
	a.Type, a.Seconds, a.Voice = j.Media.Type, j.Media.Seconds, j.Media.Voice
	return a, err
}

// lasting is how long a platform may fetch an attachment that it was given the
// address of: LINE may do so much later than it is sent.
const lasting = 7 * 24 * time.Hour

// open gives m's attachment its content, and an address where the platform
// fetches it.
func (e *Engine) open(m *channels.Outbound, info channels.Info) error {
	f := m.File
	if f == nil {
		return nil
	}
	own := *f
	if err := e.contents(&own); err != nil {
		return err
	}
	if info.Links {
		token, err := e.fileToken(f.Ref, f.Type, e.Now().Add(lasting))
		if err != nil {
			return err
		}
		own.URL = e.Public + "/f/" + token
	}
	m.File = &own
	return nil
}

// contents gives f what it holds: a link that is drawn anew each time, or what
// a caseworker attached, which is read as it is sent.
func (e *Engine) contents(f *channels.File) error {
	if link, ok := strings.CutPrefix(f.Ref, "qr/"); ok {
		content, err := e.Draw(link)
		f.Size = int64(len(content))
		f.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
		return err
	}
	if ref, ok := strings.CutPrefix(f.Ref, Attached); ok {
		f.Open = func() (io.ReadCloser, error) {
			return e.Files.Open(context.Background(), store.SubjectOf(ref), ref)
		}
		return nil
	}
	return fmt.Errorf("bot: there is no attachment of this name")
}

// Attached begins the name of what a caseworker attached: the name under which
// it is kept follows.
const Attached = "file/"

// fileToken seals what a platform may fetch, and until when, into a name that
// nobody can guess or change. It outlives a restart.
func (e *Engine) fileToken(ref, kind string, until time.Time) (string, error) {
	a, err := e.fileCipher()
	if err != nil {
		return "", err
	}
	b, err := json.Marshal([3]string{ref, kind, until.UTC().Format(time.RFC3339)})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(a.Seal(nil, nil, b, []byte("file"))), nil
}

func (e *Engine) fileCipher() (cipher.AEAD, error) {
	b, err := aes.NewCipher(e.Secret[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// readToken returns what a token of fileToken names, if its time is not over.
func (e *Engine) readToken(token string) (ref, kind string, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", "", false
	}
	a, err := e.fileCipher()
	if err != nil {
		return "", "", false
	}
	b, err := a.Open(nil, nil, sealed, []byte("file"))
	if err != nil {
		return "", "", false
	}
	var f [3]string
	if err := json.Unmarshal(b, &f); err != nil {
		return "", "", false
	}
	until, err := time.Parse(time.RFC3339, f[2])
	return f[0], f[1], err == nil && e.Now().Before(until)
}

// File serves an attachment of ours under its unguessable name, for platforms
// that fetch what is sent.
func (e *Engine) File(w http.ResponseWriter, r *http.Request) {
	ref, kind, ok := e.readToken(r.PathValue("token"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	f := channels.File{Ref: ref}
	if e.contents(&f) != nil {
		http.NotFound(w, r)
		return
	}
	content, err := f.Open()
	if err != nil { // erased since
		http.NotFound(w, r)
		return
	}
	defer content.Close() //nolint:errcheck // it was only read
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	io.Copy(w, content) //nolint:errcheck // nobody is left to tell
}
