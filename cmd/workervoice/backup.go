package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"workervoice/store"
)

// backup writes a backup to a new file. It asks the program that runs on the
// same data folder, which goes on working, and works by itself where none does.
func backup(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	to := fs.String("to", "", "file to write the backup to, which must not be there yet; one with the time for its name in -backups if empty")
	days := fs.Int("keep", 0, "days after which backups in -backups are removed, so that none brings back what workers had erased before; 0: never")
	key := backupKey(fs)
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if *to == "" && c.backupDir == "" {
		return errors.New("say with -to where the backup is to go, such as -to /media/usb/monday.backup, or a folder with -backups")
	}
	if *to == "" {
		*to = filepath.Join(c.backupDir, time.Now().UTC().Format(dated))
	}
	secret, made, err := c.secret(*key, true)
	if err != nil {
		return err
	}
	if made != "" {
		fmt.Fprintf(out, "made a backup key: without a copy of %s, and one of the master key, this backup cannot be restored; keep both elsewhere, and not beside the backups\n", made)
	}
	begun := time.Now()
	var sum store.Summary
	size, err := writeNew(*to, func(w io.Writer) error {
		sealed, err := secret.Seal(w)
		if err != nil {
			return err
		}
		if sum, err = c.snapshot(ctx, sealed); err != nil {
			return err
		}
		return sealed.Close()
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "backed up %s\nin %.1f s, to %s (%.1f MB)\ntry it: workervoice restore -try -from %s\n", sum, time.Since(begun).Seconds(), *to, float64(size)/1e6, *to)
	if c.backupDir == "" || *days <= 0 {
		return nil
	}
	n, err := expire(c.backupDir, time.Now().AddDate(0, 0, -*days))
	if n > 0 {
		fmt.Fprintf(out, "removed %d backups that were older than %d days\n", n, *days)
	}
	return err
}

// dated is how backups in a folder are named, by their time.
const dated = "2006-01-02T150405Z.backup"

// expire removes the backups in a folder that were made before a time, and
// returns how many. It touches nothing that is not named as they are.
func expire(dir string, before time.Time) (n int, err error) {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		at, no := time.Parse(dated, f.Name())
		if no != nil || !at.Before(before) {
			continue
		}
		if fault := os.Remove(filepath.Join(dir, f.Name())); fault != nil {
			err = errors.Join(err, fmt.Errorf("an old backup cannot be removed: %w", fault))
			continue
		}
		n++
	}
	return n, err
}

// backupKey declares the flag that names the secret of backups.
func backupKey(fs *flag.FlagSet) *string {
	key := fs.String("backup-key", "", "file of the backup key, or of a passphrase; backup.key in the data folder, made by the first backup, if empty [BACKUP_KEY_FILE]")
	if v := os.Getenv("BACKUP_KEY_FILE"); v != "" {
		*key = v
	}
	return key
}

// secret reads the secret of backups. Where none is named and there is none yet
// it makes one if it may, and returns its file.
func (c *config) secret(file string, may bool) (s store.Secret, made string, err error) {
	own := file == ""
	if own {
		file = filepath.Join(c.data, "backup.key")
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && own && may {
		if text, err = newKey(file); err != nil {
			return s, "", err
		}
		made = file
	}
	if err != nil {
		return s, "", fmt.Errorf("the backup key cannot be read, say with -backup-key where it is: %w", err)
	}
	if s, err = store.ParseSecret(string(text)); err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return s, made, err
}

func newKey(file string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made, choose another with -data: %w", err)
	}
	text, err := store.NewSecret()
	if err != nil {
		return nil, err
	}
	_, err = writeNew(file, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	return []byte(text), err
}

// writeNew writes a file that only its owner can read: all of it, and so that a
// power cut does not take it, or nothing. It returns its size, and refuses one
// that is there already.
func writeNew(file string, write func(io.Writer) error) (size int64, err error) {
	taken := fmt.Errorf("%s is there already: choose another name", file)
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		return 0, errors.Join(err, taken)
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return 0, fmt.Errorf("nothing can be written there, choose another place: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // there is none after a rename
	if err := write(f); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	size, _ = f.Seek(0, io.SeekCurrent)
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return 0, fmt.Errorf("the file could not be written to its end, and is gone again: %w", err)
	}
	if err := os.Link(f.Name(), file); errors.Is(err, os.ErrExist) {
		return 0, taken
	} else if err != nil { // a disk without links, such as a USB stick
		if err := os.Rename(f.Name(), file); err != nil {
			return 0, err
		}
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return size, err
	}
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return size, errors.Join(fmt.Errorf("the file may not survive a power cut: %w", err), dir.Close())
	}
	return size, dir.Close()
}

// snapshot writes everything that is kept to w.
func (c *config) snapshot(ctx context.Context, w io.Writer) (sum store.Summary, err error) {
	running, err := c.fetch(ctx, w, &sum)
	if running || err != nil {
		return sum, err
	}
	k, err := c.keep(ctx)
	if err != nil {
		return sum, err
	}
	shared := strings.HasPrefix(c.store, "redis") // others may work on it
	sum, err = k.store.Snapshot(ctx, w, shared)
	return sum, errors.Join(err, k.Close())
}

// Trailers of a snapshot on its way: what it holds, or why it is none.
const (
	holds = "Snapshot-Holds"
	fault = "Snapshot-Fault"
)

// fetch has the program that runs on the data folder write a snapshot to w, and
// reports whether there is one.
func (c *config) fetch(ctx context.Context, w io.Writer, sum *store.Summary) (running bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/snapshot", nil)
	if err != nil {
		return true, err
	}
	r, err := controller(c.data).Do(req)
	if err != nil {
		return false, ctx.Err()
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return true, errors.New("the program that runs here is of another version: restart it, or stop it for the backup")
	}
	if _, err := io.Copy(w, r.Body); err != nil {
		return true, fmt.Errorf("the backup was cut short, and is gone again: %w", err)
	}
	if f := r.Trailer.Get(fault); f != "" || r.Trailer.Get(holds) == "" {
		return true, errors.New(strings.TrimSpace("the backup could not be finished, and is gone again: " + f))
	}
	return true, json.Unmarshal([]byte(r.Trailer.Get(holds)), sum)
}

// sendSnapshot serves a snapshot to whoever may give orders.
func (s *system) sendSnapshot(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", holds+", "+fault)
	sum, err := s.store.Snapshot(r.Context(), w, true)
	if err != nil {
		s.log.Error("a backup could not be finished", "err", err)
		w.Header().Set(fault, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	text, err := json.Marshal(sum)
	if err != nil {
		w.Header().Set(fault, err.Error())
		return
	}
	s.log.Info("backed up", "records", sum.Records, "entries", sum.Entries)
	w.Header().Set(holds, string(text))
}
