package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"workervoice/cases"
)

// Blobs keeps whole files under names, in a folder or a bucket. It knows
// nothing of what is in them.
type Blobs interface {
	// Write keeps what write writes under name, all of it or, when write or
	// anything else fails, nothing.
	Write(ctx context.Context, name string, write func(io.Writer) error) error

	// Open returns what is kept under name, or ErrNotFound.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Remove deletes what is kept under name; a name that ends in a slash
	// stands for all that begin with it. None is no error.
	Remove(ctx context.Context, name string) error
}

// Files keeps what workers attach, sealed. However long a file is, it takes
// the memory of one chunk.
type Files struct {
	s *Store
	b Blobs
}

// UseFiles returns s's attachments, kept in b. It is called once, before s is
// used: erasing a worker deletes the files too.
func (s *Store) UseFiles(b Blobs) *Files {
	s.files = &Files{s, b}
	return s.files
}

const (
	chunk    = 64 << 10
	overhead = 28 // of a sealed chunk: nonce and tag
	magic    = "wv1\n"
)

// Put seals what it reads with the key of subject, as a [FetchJob] names it,
// and keeps it. It returns an attachment with Ref and Size, and the SHA-256 of
// the content in hex. It returns ErrTooBig and keeps nothing if there are more
// than limit bytes, and ErrErased if the subject's key was destroyed.
func (f *Files) Put(ctx context.Context, subject string, r io.Reader, limit int64) (cases.Attachment, string, error) {
	return f.put(ctx, newRef(subject), r, limit)
}

// newRef names an attachment that is to be sealed with the key of subject.
func newRef(subject string) string {
	var id [16]byte
	rand.Read(id[:])
	return subject + "/" + base64.RawURLEncoding.EncodeToString(id[:])
}

// put is Put under a name that was chosen before.
func (f *Files) put(ctx context.Context, ref string, r io.Reader, limit int64) (cases.Attachment, string, error) {
	a := cases.Attachment{Ref: ref}
	k, err := f.s.b.make(ctx, SubjectOf(ref))
	if err != nil {
		return a, "", err
	}
	sum := sha256.New()
	in := io.TeeReader(io.LimitReader(r, limit+1), sum)
	err = f.b.Write(ctx, f.blob(a.Ref), func(w io.Writer) (err error) {
		a.Size, err = k.copy(w, in, a.Ref)
		if err == nil && a.Size > limit {
			err = ErrTooBig
		}
		return err
	})
	if err != nil {
		return cases.Attachment{}, "", err
	}
	return a, hex.EncodeToString(sum.Sum(nil)), nil
}

// copy seals r chunk by chunk. Each chunk knows its place and the last one
// that it is the last, so that none can be left out, moved or added.
func (k *subjectKey) copy(w io.Writer, r io.Reader, ref string) (size int64, err error) {
	if _, err := io.WriteString(w, magic+string(k.name[:])); err != nil {
		return 0, err
	}
	in := bufio.NewReaderSize(r, chunk)
	plain, out := make([]byte, chunk), make([]byte, 0, chunk+overhead)
	for i := 0; ; i++ {
		n, err := io.ReadFull(in, plain)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return size, err
		}
		_, end := in.Peek(1)
		if end != nil && end != io.EOF {
			return size, end
		}
		size += int64(n)
		out = k.Seal(out[:0], nil, plain[:n], chunkPlace(ref, i, end == io.EOF))
		if _, err := w.Write(out); err != nil {
			return size, err
		}
		if end == io.EOF {
			return size, nil
		}
	}
}

func chunkPlace(ref string, i int, last bool) []byte {
	return fmt.Appendf(nil, "file/%s/%d/%t", ref, i, last)
}

// Open returns the content of an attachment. It returns ErrNotFound if there
// is none with this ref of this subject, or it was erased. Reading fails with
// ErrDamaged where the file was changed: what was read so far is genuine.
func (f *Files) Open(ctx context.Context, subject, ref string) (io.ReadCloser, error) {
	if SubjectOf(ref) != subject || subject == "" {
		return nil, ErrNotFound
	}
	k, _, err := f.s.b.key(ctx, subject, trusted)
	if errors.Is(err, errNoKey) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	c, err := f.b.Open(ctx, f.blob(ref))
	if err != nil {
		return nil, err
	}
	o := &openedFile{c: c, in: bufio.NewReaderSize(c, chunk+overhead), k: k, ref: ref}
	head := make([]byte, len(magic)+len(k.name))
	if _, err := io.ReadFull(o.in, head); err != nil || string(head[:len(magic)]) != magic {
		c.Close()
		return nil, fmt.Errorf("%w: an attachment has no beginning", ErrDamaged)
	}
	if string(head[len(magic):]) != string(k.name[:]) {
		c.Close()
		return nil, ErrNotFound
	}
	return o, nil
}

// SubjectOf returns whose key seals an attachment.
func SubjectOf(ref string) string {
	subject, _, _ := strings.Cut(ref, "/")
	return subject
}

// An openedFile reads a sealed file.
type openedFile struct {
	c     io.Closer
	in    *bufio.Reader
	k     *subjectKey
	ref   string
	i     int
	buf   []byte
	rest  []byte
	ended bool
}

func (o *openedFile) Close() error { return o.c.Close() }

func (o *openedFile) Read(p []byte) (int, error) {
	for len(o.rest) == 0 {
		if o.ended {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// next opens one more chunk.
func (o *openedFile) next() error {
	if o.buf == nil {
		o.buf = make([]byte, chunk+overhead)
	}
	n, err := io.ReadFull(o.in, o.buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	_, end := o.in.Peek(1)
	if end != nil && end != io.EOF {
		return end
	}
	plain, err := o.k.Open(o.buf[:0], nil, o.buf[:n], chunkPlace(o.ref, o.i, end == io.EOF))
	if err != nil {
		return fmt.Errorf("%w: an attachment was changed or cut off", ErrDamaged)
	}
	o.rest, o.ended = plain, end == io.EOF
	o.i++
	return nil
}

// Delete removes an attachment. One that is gone is no error.
func (f *Files) Delete(ctx context.Context, ref string) error { return f.b.Remove(ctx, f.blob(ref)) }

// DeleteAll removes all attachments of a subject.
func (f *Files) DeleteAll(ctx context.Context, subject string) error {
	return f.b.Remove(ctx, f.s.name("files", subject)+"/")
}

// blob names the file of an attachment.
func (f *Files) blob(ref string) string {
	return f.s.name("files", SubjectOf(ref)) + "/" + f.s.name("file", ref)
}
