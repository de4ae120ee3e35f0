package web

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"workervoice/channels"
)

const (
	// maxBody is where a form is broken off. It is well above MaxFiles files:
	// what is only a little too big is read to its end, as browsers show no
	// answer to a form that they could not send.
	maxBody  = 128 << 20
	maxField = 1 << 20
	maxName  = 100 // characters of a file's name
)

// errLong means that a file is longer than MaxFile.
var errLong = errors.New("web: file is too big")

// A form is what one press of a button sent.
type form struct {
	user    string
	nonce   string
	first   bool // the page asked which language
	text    string
	choice  string
	seconds int
	media   []channels.Media
	sum     hash.Hash // over the content of the files
	refused string    // key of the sentence that says what could not be taken
	code    string    // of the link followed
	locale  string
}

// Receive reads one form of the page. A form without the cookie, or from a
// page of another site, is ErrForged.
//
// What the worker attached is kept in the Book before Receive returns; an error
// from there means that the form should be sent again. A file that cannot be
// taken is no error: what came with it is returned without it.
func (a *Adapter) Receive(r *http.Request) ([]channels.Event, error) {
	f, err := a.read(r)
	if err != nil {
		return nil, err
	}
	return a.events(f), nil
}

// read takes a form in, keeping its files as they arrive. With an error the
// form holds what was read so far.
func (a *Adapter) read(r *http.Request) (*form, error) {
	f := &form{sum: sha256.New(), locale: a.locale(r)}
	f.code, _ = a.link(r)
	if err := a.origin.Check(r); err != nil {
		return f, fmt.Errorf("%w: sent from another site", channels.ErrForged)
	}
	user, ok := a.user(r)
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	parts, err := r.MultipartReader()
	if err != nil {
		return f, fmt.Errorf("%w: not our form", channels.ErrForged)
	}
	f.user = user
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = a.part(r, f, p)
		}
		if err != nil {
			return f, broken(err)
		}
	}
	if !ok {
		return f, fmt.Errorf("%w: no cookie", channels.ErrForged)
	}
	if f.nonce == "" {
		f.nonce = newToken()
	}
	for i := range f.media {
		if f.media[i].Voice {
			f.media[i].Seconds = f.seconds
		}
	}
	if f.first {
		f.first, err = a.silent(r, user)
	}
	return f, err
}

// silent reports whether nothing was said by a worker yet.
func (a *Adapter) silent(r *http.Request, user string) (bool, error) {
	p, err := a.Book.Page(r.Context(), user)
	if err != nil {
		return false, fmt.Errorf("web: read the page: %w", err)
	}
	return p.Version == "", nil
}

// broken says what became of a form that could not be read to its end.
func broken(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return channels.ErrTooBig
	}
	return fmt.Errorf("web: read the form: %w", err)
}

// part takes in one field of a form.
func (a *Adapter) part(r *http.Request, f *form, p *multipart.Part) error {
	if p.FileName() != "" || p.FormName() == "photo" || p.FormName() == "voice" {
		return a.file(r, f, p)
	}
	b, err := io.ReadAll(io.LimitReader(p, maxField))
	if err != nil {
		return err
	}
	v := channels.Clean(string(b))
	switch p.FormName() {
	case "id":
		f.nonce = v[:min(len(v), 64)]
	case "first":
		f.first = v == "1"
	case "text":
		f.text = strings.ReplaceAll(v, "\r\n", "\n") // forms send every line's end so
		if utf8.RuneCountInString(f.text) > MaxText {
			f.refused = "web.too_long"
		}
	case "choice":
		if len(v) <= a.Info().Value {
			f.choice = v
		}
	case "seconds":
		if n, err := strconv.Atoi(v); err == nil && n > 0 && n <= 24*60*60 {
			f.seconds = n
		}
	}
	return nil
}

// file keeps an attachment, or says in f why not.
func (a *Adapter) file(r *http.Request, f *form, p *multipart.Part) error {
	head := make([]byte, headSize)
	n, err := io.ReadFull(p, head)
	if err == io.EOF && p.FileName() == "" {
		return nil // no file was chosen
	}
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:n]
	if f.user == "" {
		return nil // who sent it is not known, so it cannot be kept
	}
	voice := p.FormName() == "voice"
	mt, ok := mediaType(p.Header.Get("Content-Type"), voice, head)
	if !ok {
		f.refused = "web.wrong_type"
		return nil
	}
	if len(f.media) == MaxFiles {
		f.refused = "web.too_many"
		return nil
	}
	content := &limited{r: io.TeeReader(io.MultiReader(bytes.NewReader(head), p), f.sum), left: MaxFile}
	ref, size, err := a.Book.Keep(r.Context(), f.user, content, mt)
	switch {
	case content.long:
		f.refused = "web.too_big"
		return nil
	case err != nil:
		return fmt.Errorf("keep an attachment: %w", err)
	}
	f.media = append(f.media, channels.Media{Ref: ref, Type: mt, Name: fileName(p.FileName()), Size: size,
		Voice: voice && strings.HasPrefix(mt, "audio/")})
	return nil
}

// fileName returns the name that a worker's file has, without folders.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(channels.Clean(s), `\`, "/"))
	if r := []rune(s); len(r) > maxName {
		s = string(r[len(r)-maxName:]) // the end tells the kind
	}
	return s
}

// limited fails, and remembers it, where r is longer than left.
type limited struct {
	r    io.Reader
	left int64
	long bool
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left < 0 {
		l.long = true
		return 0, errLong
	}
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1] // one more than allowed shows that there is more
	}
	n, err := l.r.Read(b)
	l.left -= int64(n)
	if l.left < 0 {
		l.long = true
		return 0, errLong
	}
	return n, err
}
