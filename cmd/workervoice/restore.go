package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"workervoice/store"
)

// restore fills an empty store with a backup, after reading it to its end, and
// then erases again what workers have had erased since it was made.
func restore(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	from := fs.String("from", "", "file of the backup")
	try := fs.Bool("try", false, "only look whether the backup is whole and could be restored")
	erased := fs.String("erased", "", "a copy of erased.list from the data folder of the store that is lost; the one in this data folder is used too")
	key := backupKey(fs)
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if *from == "" {
		return errors.New("say with -from which backup, such as -from /media/usb/monday.backup")
	}
	master, err := keptKey(c.key)
	if err != nil {
		return err
	}
	secret, _, err := c.secret(*key, false)
	if err != nil {
		return err
	}
	lists, err := c.erasedLists(*erased)
	if err != nil {
		return err
	}
	f, err := os.Open(*from)
	if err != nil {
		return fmt.Errorf("the backup cannot be opened: %w", err)
	}
	defer f.Close()
	sum, err := examine(ctx, f, secret, master)
	if err != nil {
		return fmt.Errorf("%s is not restored, and nothing was changed: %w", *from, err)
	}
	if *try {
		fmt.Fprintf(out, "the backup is whole: %s\n", sum)
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	plain, err := secret.Open(f)
	if err != nil {
		return fmt.Errorf("%s is not restored, and nothing was changed: %w", *from, err)
	}
	return c.fill(ctx, plain, lists, out)
}

// examine reads a backup to its end and keeps nothing.
func examine(ctx context.Context, f io.Reader, secret store.Secret, master store.Key) (store.Summary, error) {
	looking, err := store.New(nil, master, time.Now)
	if err != nil {
		return store.Summary{}, err
	}
	plain, err := secret.Open(f)
	if err != nil {
		return store.Summary{}, err
	}
	return looking.Examine(ctx, plain)
}

// fill restores what plain holds.
func (c *config) fill(ctx context.Context, plain io.Reader, lists []byte, out io.Writer) error {
	if c.running() {
		return errors.New("the program runs on this data folder: stop it first")
	}
	begun := time.Now()
	k, err := c.keep(ctx)
	if errors.Is(err, store.ErrHalf) && k != nil {
		fmt.Fprintln(out, "an earlier restore did not finish: it begins anew")
		err = nil
	}
	if err != nil {
		return err
	}
	sum, err := k.store.Restore(ctx, plain)
	if err != nil {
		return errors.Join(err, k.Close())
	}
	fmt.Fprintf(out, "restored %s\nin %.1f s\n", sum, time.Since(begun).Seconds())
	n, err := k.store.EraseAgain(ctx, bytes.NewReader(lists))
	if n > 0 {
		fmt.Fprintf(out, "erased again what %d workers had erased since\n", n)
	}
	if err != nil {
		err = fmt.Errorf("everything is restored, but not all that was erased since is erased again; do not start the program before it is: %w", err)
	}
	return errors.Join(err, k.Close())
}

// running reports whether a program takes orders on the data folder.
func (c *config) running() bool {
	l, err := net.DialTimeout("unix", socket(c.data), time.Second)
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// keptKey reads the master key, and never makes one.
func keptKey(file string) (store.Key, error) {
	if _, err := os.Stat(file); err != nil {
		return store.Key{}, fmt.Errorf("put the copy that was kept of the master key there first, or say with -key where it is: %w", err)
	}
	k, _, err := masterKey(file)
	return k, err
}

// A keeping is a store without what works on it.
type keeping struct {
	store   *store.Store
	closers []io.Closer
}

// Close closes what keep opened.
func (k *keeping) Close() (err error) {
	for i := len(k.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, k.closers[i].Close())
	}
	return err
}

// keep opens the store and the attachments. With store.ErrHalf what it returns
// can only be restored into.
func (c *config) keep(ctx context.Context) (*keeping, error) {
	master, err := keptKey(c.key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made, choose another with -data: %w", err)
	}
	back, half := openStore(ctx, c.store, c.unsafeRedis)
	if half != nil && !errors.Is(half, store.ErrHalf) {
		return nil, half
	}
	s, err := store.New(back, master, time.Now)
	if err != nil {
		return nil, errors.Join(err, back.Close())
	}
	k := &keeping{s, []io.Closer{s}}
	folder, err := store.OpenFolder(filepath.Join(c.data, "files"))
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	k.closers = append(k.closers, folder)
	s.UseFiles(folder)
	return k, half
}

// An erasedList is the file beside the store that names what was erased.
type erasedList struct{ *os.File }

// Write adds to the list what survives a power cut.
func (l erasedList) Write(b []byte) (int, error) {
	n, err := l.File.Write(b)
	return n, errors.Join(err, l.Sync())
}

func listOfErased(data string) string { return filepath.Join(data, "erased.list") }

func openErased(data string) (erasedList, error) {
	f, err := os.OpenFile(listOfErased(data), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		err = fmt.Errorf("the list of erasures cannot be opened: %w", err)
	}
	return erasedList{f}, err
}

// erasedLists returns what the list in the data folder says, and the one at file.
func (c *config) erasedLists(file string) ([]byte, error) {
	own, err := os.ReadFile(listOfErased(c.data))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the list of erasures cannot be read: %w", err)
	}
	if file == "" {
		return own, nil
	}
	other, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the list of erasures cannot be read: %w", err)
	}
	return append(append(own, '\n'), other...), nil
}
