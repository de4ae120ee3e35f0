package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"workervoice/store"
)

// A shaky file system is the machine's own until it is told to fail.
type shaky struct {
	vfs.VFSFilename
	fault atomic.Pointer[error]
}

func (x *shaky) broken() error {
	if p := x.fault.Load(); p != nil {
		return *p
	}
	return nil
}

func (x *shaky) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return x.VFSFilename.Open(name, flags)
}

func (x *shaky) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := x.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &shakyFile{f, x}, flags, nil
}

type shakyFile struct {
	vfs.File
	x *shaky
}

func (f *shakyFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *shakyFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.x.broken(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *shakyFile) Sync(flags vfs.SyncFlag) error {
	if err := f.x.broken(); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

func (f *shakyFile) Truncate(size int64) error {
	if err := f.x.broken(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func putting(id string) store.Batch {
	return store.Batch{
		Shard: store.ShardOf(id), At: time.Now(), Once: []string{id}, Scrub: true,
		Put: []store.Put{{Record: store.Record{Kind: "k", ID: id, Body: []byte(id)}}},
	}
}

// TestFaults fills the disk and breaks it, in the middle of work, and checks
// that the fault is told in words, that what was acknowledged is there, that
// what was refused is not, and that work goes on once the disk does.
func TestFaults(t *testing.T) {
	x := &shaky{VFSFilename: vfs.Find("").(vfs.VFSFilename)}
	vfs.Register("shaky", x)
	d, err := open(filepath.Join(t.TempDir(), "voice.db"), "shaky")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx := context.Background()
	want := map[string]bool{}
	for i, c := range []struct {
		fault error
		says  string
	}{
		{sqlite3.FULL, "the disk is full"},
		{sqlite3.IOERR_WRITE, "the disk does not read or write"},
		{sqlite3.IOERR_FSYNC, "the disk does not read or write"},
		{sqlite3.FULL, "the disk is full"},
	} {
		for j := range 20 {
			id := fmt.Sprint("good", i, j)
			if err := d.Commit(ctx, putting(id))[0].Err; err != nil {
				t.Fatal(err)
			}
			want[id] = true
		}
		x.fault.Store(&c.fault)
		for j := range 5 {
			id := fmt.Sprint("bad", i, j)
			err := d.Commit(ctx, putting(id))[0].Err
			if !errors.Is(err, c.fault) && !errors.Is(err, c.fault.(sqlite3.ExtendedErrorCode).Code()) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("fault %v: %v", c.fault, err)
			}
			want[id] = false
			if _, err := d.Get(ctx, 0, "k", "good00"); err != nil {
				t.Fatal(err) // what is there can still be read
			}
		}
		x.fault.Store(nil)
		again := fmt.Sprint("bad", i, 0) // as if nothing had been: what was undone is forgotten
		if err := d.Commit(ctx, putting(again))[0].Err; err != nil {
			t.Fatal(err)
		}
		want[again] = true
	}
	for id, there := range want {
		r, err := d.Get(ctx, 0, "k", id)
		if err != nil || (r.Version == 1) != there {
			t.Errorf("%s: version %d, %v", id, r.Version, err)
		}
	}
}

// TestPrivate checks that nobody else on the machine can read the files.
func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	d, err := Open(filepath.Join(dir, "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Commit(t.Context(), putting("a"))[0].Err; err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"": "drwx------", "voice.db": "-rw-------", "voice.db-wal": "-rw-------", "voice.db-shm": "-rw-------", "voice.db.lock": "-rw-------",
	} {
		if got := mode(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestTakenUp checks that what a process held that is gone need not wait for
// the end of its lease.
func TestTakenUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.db")
	for attempt := 1; attempt <= 3; attempt++ {
		d, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if attempt == 1 {
			b := store.Batch{Shard: store.ShardOf("a"), Jobs: []store.Job{{Lane: store.Lane{Queue: "q", ID: "a"}, Body: []byte("x"), Due: time.UnixMilli(1)}}}
			if err := d.Commit(t.Context(), b)[0].Err; err != nil {
				t.Fatal(err)
			}
		}
		p, err := d.Depth(t.Context(), "q", time.UnixMilli(5))
		if err != nil || p.Due != 1 || p.Oldest.IsZero() != (attempt > 1) {
			t.Fatalf("attempt %d: %v %v", attempt, p, err)
		}
		hs, err := d.Claim(t.Context(), store.Claim{Queue: "q", At: time.UnixMilli(1), Until: time.UnixMilli(1e9), Fence: int64(attempt), Lanes: 1, Jobs: 1})
		if err != nil || len(hs) != 1 || hs[0].Attempts != attempt {
			t.Fatalf("attempt %d: %v %v", attempt, hs, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecondProcess checks that a file is open once only, and again after it
// was closed.
func TestSecondProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(t.Context(), putting("a"))[0].Err; err == nil {
		t.Fatal("committed to a closed file")
	}
	if d, err = Open(file); err != nil {
		t.Fatal(err)
	}
	d.Close()
}
