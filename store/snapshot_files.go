package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// A Shelf is Blobs that can be told from one another: what a snapshot copies.
type Shelf interface {
	Blobs

	// Names calls each with every name that something is kept under.
	Names(ctx context.Context, each func(name string) error) error
}

var _ Shelf = (*Folder)(nil)

// Names implements [Shelf].
func (f *Folder) Names(ctx context.Context, each func(string) error) error {
	return fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // deleted since
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || d.IsDir() || strings.HasSuffix(name, partial) {
			return err
		}
		return each(name)
	})
}

// copyAll calls each with the parts of every attachment, sealed as it is.
func (f *Files) copyAll(ctx context.Context, each func(Part) error) error {
	shelf, ok := f.b.(Shelf)
	if !ok {
		return errors.New("store: where the attachments are kept they cannot be listed: back that place up by its own means")
	}
	buf := make([]byte, chunk)
	return shelf.Names(ctx, func(name string) error {
		r, err := f.b.Open(ctx, name)
		if errors.Is(err, ErrNotFound) { // deleted since
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: an attachment cannot be read: %w", err)
		}
		defer r.Close()
		for {
			n, err := io.ReadFull(r, buf)
			if n > 0 {
				if err := each(Part{What: FilePart, Name: name, Body: buf[:n]}); err != nil {
					return err
				}
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return each(Part{What: FilePart, Name: name})
			}
			if err != nil {
				return fmt.Errorf("store: an attachment cannot be read: %w", err)
			}
		}
	})
}

// takeFile keeps the attachment that begins with p.
func (s *Store) takeFile(ctx context.Context, f *frames, p Part) error {
	if s.files == nil {
		return errors.New("store: the backup holds attachments, and there is no place for them")
	}
	return s.files.b.Write(ctx, p.Name, func(w io.Writer) error {
		for at := p; len(at.Body) > 0; {
			if _, err := w.Write(at.Body); err != nil {
				return err
			}
			next, err := f.next()
			if err == nil && (next.What != FilePart || next.Name != p.Name) || err == io.EOF {
				err = ErrCut
			}
			if err != nil {
				return err
			}
			at = next
		}
		return nil
	})
}
