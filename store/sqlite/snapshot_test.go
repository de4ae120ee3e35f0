package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"workervoice/store"
	"workervoice/store/storetest"
)

func taken(t *testing.T, d *DB) (parts []store.Part) {
	t.Helper()
	err := d.Snapshot(t.Context(), time.Now(), func(p store.Part) error {
		p.Body = bytes.Clone(p.Body)
		parts = append(parts, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func each(parts []store.Part, then func(i int)) iter.Seq2[store.Part, error] {
	return func(yield func(store.Part, error) bool) {
		for i, p := range parts {
			then(i)
			if !yield(p, nil) {
				return
			}
		}
	}
}

// TestRestoreFaults fills the disk and breaks it in the middle of a restore:
// nothing is left of it, and the next one does it all.
func TestRestoreFaults(t *testing.T) {
	x := &shaky{VFSFilename: vfs.Find("").(vfs.VFSFilename)}
	vfs.Register("failing", x)
	from, err := Open(filepath.Join(t.TempDir(), "from.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	if err := storetest.Sow(from, time.Now(), 100); err != nil {
		t.Fatal(err)
	}
	parts := taken(t, from)
	file := filepath.Join(t.TempDir(), "to.db")
	d, err := open(file, "failing")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { d.Close() }()
	for says, fault := range map[string]error{"the disk is full": sqlite3.FULL, "does not read or write": sqlite3.IOERR_WRITE} {
		err := d.Restore(t.Context(), time.Now(), each(parts, func(i int) {
			if i == len(parts)/2 {
				x.fault.Store(&fault)
			}
		}))
		x.fault.Store(nil)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%v: %q", fault, err)
		}
		if err := d.Close(); err != nil { // as after a crash
			t.Fatal(err)
		}
		if d, err = open(file, "failing"); err != nil {
			t.Fatal(err)
		}
		if left := taken(t, d); len(left) != 0 {
			t.Fatalf("%v: %d parts are left", fault, len(left))
		}
	}
	if err := d.Restore(t.Context(), time.Now(), each(parts, func(int) {})); err != nil {
		t.Fatal(err)
	}
	want, err := storetest.Contents(from, time.UnixMilli(1))
	if err != nil {
		t.Fatal(err)
	}
	got, err := storetest.Contents(d, time.UnixMilli(1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := storetest.Differ(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestScrubBesideSnapshot removes something while a snapshot is read: it is
// gone from the files soon after the snapshot, though nobody does anything more.
func TestScrubBesideSnapshot(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(filepath.Join(dir, "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	canary := []byte("the canary in the pages")
	batch := store.Batch{Shard: store.ShardOf("a"), At: time.Now(), Append: []store.Entry{{Log: "a/log", Body: canary}}}
	if err := d.Commit(t.Context(), batch)[0].Err; err != nil {
		t.Fatal(err)
	}
	shows := func() bool {
		for _, name := range []string{"voice.db", "voice.db-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, canary) {
				return true
			}
		}
		return false
	}
	if !shows() {
		t.Fatal("the test looks in the wrong files")
	}
	seen := false
	err = d.Snapshot(t.Context(), time.Now(), func(p store.Part) error {
		seen = seen || bytes.Equal(p.Body, canary)
		return d.Commit(t.Context(), store.Batch{Shard: batch.Shard, At: time.Now(), Cut: []string{"a/log"}, Scrub: true})[0].Err
	})
	if err != nil || !seen {
		t.Fatal("it does not show the moment when it began: ", err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); shows(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("what was removed still stands in the files")
		}
	}
}

// TestCheckFinds has the file hold what does not go together.
func TestCheckFinds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { d.Close() }()
	if err := storetest.Sow(d, time.Now(), 8); err != nil {
		t.Fatal(err)
	}
	check := func() (lines string) {
		t.Helper()
		if err := d.Check(t.Context(), func(line string) { lines += line + "\n" }); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if got := check(); got != "" {
		t.Fatal(got)
	}
	for says, spoil := range map[string]string{
		"queue out/tg: of 1 lanes nobody finds the oldest job":      `UPDATE job SET head = 0 WHERE queue = 'out/tg' AND lane = 'conv0'`,
		"queue out/tg: jobs are missing from the middle of 1 lanes": `UPDATE job SET seq = 9 WHERE queue = 'out/tg' AND lane = 'conv4' AND head = 0`,
		"entries are missing from 1 logs":                           `DELETE FROM item WHERE name = 'conv0/log' AND seq = 2`,
	} {
		if _, err := d.db.Exec(spoil); err != nil {
			t.Fatal(err)
		}
		if got := check(); !strings.Contains(got, says) {
			t.Errorf("%q is not told: %s", says, got)
		}
	}
	d.Close()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 4096; at < len(b); at += 4096 { // every page but the first
		copy(b[at+8:at+64], bytes.Repeat([]byte{0xA5}, 56))
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Open(file)
	if err == nil {
		d = again
		err = d.Check(t.Context(), func(line string) { err = errors.Join(err, errors.New(line)) })
	}
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged file: %v", err)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	d, err := Open(filepath.Join(b.TempDir(), "voice.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	storetest.BenchSnapshot(b, d)
}

// BenchmarkRestore restores 10,000 conversations of 20 entries each, which come
// in the order in which they were written: turn by turn.
func BenchmarkRestore(b *testing.B) {
	parts := func(yield func(store.Part, error) bool) {
		body := make([]byte, 300)
		for turn := range 20 {
			for i := range 10_000 {
				id := fmt.Sprintf("%x", i*2654435761%(1<<32))
				s := store.ShardOf(id)
				ps := []store.Part{{What: store.EntryPart, Shard: s, Name: id + "/log", Body: body}, {What: store.MarkPart, Shard: s, Name: fmt.Sprint(id, turn), N: 1 << 50}}
				if turn == 0 {
					ps = append(ps, store.Part{What: store.RecordPart, Shard: s, Kind: "session", ID: id, N: 1, Body: body},
						store.Part{What: store.PlacePart, Shard: s, Name: "chats/all/", N: int64(i), Kind: "session", ID: id})
				}
				for _, p := range ps {
					if !yield(p, nil) {
						return
					}
				}
			}
		}
	}
	for n := range b.N {
		d, err := Open(filepath.Join(b.TempDir(), fmt.Sprint(n, ".db")))
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Restore(b.Context(), time.Now(), parts); err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
