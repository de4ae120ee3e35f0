package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Folder keeps files on disk, a folder for each first part of a name. What
// it says is written survives a power cut.
type Folder struct{ root *os.Root }

var _ Blobs = (*Folder)(nil)

// OpenFolder returns the folder at dir, made if need be for the owner only.
// Files whose writing was cut short are removed.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: the folder for attachments cannot be made: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("store: the folder for attachments cannot be opened: %w", err)
	}
	f := &Folder{root}
	left, err := fs.Glob(root.FS(), "*/*"+partial)
	if err != nil {
		return nil, err
	}
	for _, name := range left {
		if err := root.Remove(name); err != nil {
			return nil, err
		}
	}
	return f, nil
}

const partial = ".part"

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Write implements [Blobs].
func (f *Folder) Write(ctx context.Context, name string, write func(io.Writer) error) (err error) {
	dir, _, _ := strings.Cut(name, "/")
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("store: attachment: %w", err)
	}
	w, err := f.root.OpenFile(name+partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: attachment: %w", err)
	}
	defer func() {
		if err != nil {
			w.Close()
			f.root.Remove(name + partial)
		}
	}()
	out := bufio.NewWriterSize(w, chunk)
	if err := write(out); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), w.Sync(), w.Close(), ctx.Err()); err != nil {
		return fmt.Errorf("store: attachment: %w", err)
	}
	if err := f.root.Rename(name+partial, name); err != nil {
		return fmt.Errorf("store: attachment: %w", err)
	}
	return errors.Join(f.sync(dir), f.sync("."))
}

// sync makes the names in a folder survive a power cut.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements [Blobs].
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	r, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return r, err
}

// Remove implements [Blobs].
func (f *Folder) Remove(_ context.Context, name string) error {
	if dir, ok := strings.CutSuffix(name, "/"); ok {
		return f.root.RemoveAll(filepath.FromSlash(dir))
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
