// Package sqlite keeps everything in one file, for installations on one machine.
//
// One goroutine writes. Whatever waits for it is committed at once, so that
// many callers share the price of one flush to disk. Readers work beside it.
// One process at a time may have the file open.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"workervoice/store"
)

// DB is a store.Backend in a SQLite file.
type DB struct {
	file    string // with its settings
	db      *sql.DB
	lock    *os.File
	main    *os.File // the file at path: kept open, since to close it could end locks that SQLite holds on it
	read    readers
	queue   chan *request
	copying atomic.Int32 // snapshots that are being read

	mu     sync.RWMutex // held while sending to queue, so that Close can end it
	closed bool
	done   chan struct{} // closed when the writer has ended
}

var _ store.Backend = (*DB)(nil)

// Alone says that one process at a time uses the file.
func (d *DB) Alone() {}

var errClosed = errors.New("sqlite: closed")

// Open opens the file at path, creating it and its folder, for the owner only,
// if need be. It refuses a file that another process has open, one that a newer
// program wrote, and a SQLite that may lose commits.
func Open(path string) (*DB, error) { return open(path, "") }

// open opens path on a SQLite file system; "" is the machine's own.
func open(path, vfs string) (*DB, error) {
	lock, err := private(path)
	if err != nil {
		return nil, err
	}
	d, err := connect(path, vfs)
	if err == nil {
		d.lock = lock
		d.main, err = os.OpenFile(path, os.O_RDWR, 0)
		for _, suffix := range []string{"-wal", "-shm"} {
			err = errors.Join(err, os.Chmod(path+suffix, 0o600))
		}
	}
	if err != nil {
		if d != nil {
			d.db.Close()
			d.main.Close()
		}
		lock.Close()
		return nil, fmt.Errorf("sqlite: %s: %w", filepath.Base(path), err)
	}
	w, err := newWriter(d.file, &d.copying)
	if err != nil {
		d.db.Close()
		d.main.Close()
		lock.Close()
		return nil, fmt.Errorf("sqlite: %s: %w", filepath.Base(path), explain(err))
	}
	go d.write(w)
	return d, nil
}

// private sees to it that only the owner can read the file, and that no other
// process has it open.
func private(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: the folder cannot be made: %w", err)
	}
	for _, name := range []string{path, path + ".lock"} {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil {
			err = errors.Join(f.Chmod(0o600), f.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("sqlite: the file cannot be opened: %w", err)
		}
	}
	lock, err := os.OpenFile(path+".lock", os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: the file cannot be opened: %w", err)
	}
	if err := tryLock(lock); err != nil {
		lock.Close()
		return nil, fmt.Errorf("sqlite: %s is open in another process: stop that one first, or use Redis for several: %w", filepath.Base(path), err)
	}
	return lock, nil
}

// synchronous has every commit reach the disk before it is acknowledged. A test
// weakens it, to see that it would notice what is lost.
var synchronous = "full"

func connect(path, vfs string) (*DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(wal)", "synchronous(" + synchronous + ")", "wal_autocheckpoint(0)",
		"secure_delete(on)", "journal_size_limit(67108864)", "temp_store(memory)", "cache_size(-4000)", // 4 MB a reader
	}}
	if vfs != "" {
		q.Set("vfs", vfs)
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	db, err := driver.Open(file, steady)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	d := &DB{file: file, db: db, queue: make(chan *request, 1024), done: make(chan struct{})}
	if err := migrate(context.Background(), db, migrations); err != nil {
		return d, explain(err)
	}
	_ = putAway(path, time.Now()) // tried again at the next start
	// Only this process has the file, so whoever held a lease is gone: what it
	// was about is due at once, and counts as claimed before.
	if _, err := db.Exec(`UPDATE job SET due = 0 WHERE head = 1 AND fence <> 0`); err != nil {
		return d, explain(err)
	}
	return d, explain(d.read.prepare(db))
}

// steady keeps SQLite from planning some statements anew whenever their
// arguments change, which costs as much as running them.
func steady(c *sqlite3.Conn) error {
	_, err := c.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true)
	return err
}

// Close finishes what has begun and closes the file.
func (d *DB) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	close(d.queue)
	d.mu.Unlock()
	<-d.done
	return errors.Join(d.db.Close(), d.main.Close(), d.lock.Close())
}

// Commit implements [store.Backend].
func (d *DB) Commit(ctx context.Context, batches ...store.Batch) []store.Result {
	results := make([]store.Result, len(batches))
	err := d.ask(ctx, func(w *writer) error {
		for i, b := range batches {
			var err error
			if results[i], err = w.apply(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for i := range results {
			results[i] = store.Result{Err: err}
		}
	}
	return results
}

// Claim implements [store.Backend].
func (d *DB) Claim(ctx context.Context, c store.Claim) (hs []store.Leased, err error) {
	due, err := d.read.anyDue(ctx, c)
	if err != nil || !due {
		return nil, explain(err)
	}
	err = d.ask(ctx, func(w *writer) (err error) {
		hs, err = w.claim(c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return hs, nil
}

// explain says what to do about a fault of the file.
func explain(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errClosed):
		return err
	case errors.Is(err, sqlite3.FULL):
		return fmt.Errorf("sqlite: the disk is full: make room, nothing is lost and work goes on by itself: %w", err)
	case errors.Is(err, sqlite3.IOERR):
		return fmt.Errorf("sqlite: the disk does not read or write: make room if it is full, else look at the machine's log; work goes on by itself once it does: %w", err)
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return fmt.Errorf("sqlite: the file is damaged: stop, keep a copy and restore the last backup: %w", err)
	}
	return fmt.Errorf("sqlite: %w", err)
}
