package redis

import (
	"bytes"
	"errors"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workervoice/store"
	"workervoice/store/sqlite"
	"workervoice/store/storetest"
)

// taken returns the parts of a snapshot.
func taken(t testing.TB, b store.Backend, at time.Time) (parts []store.Part) {
	t.Helper()
	err := b.Snapshot(t.Context(), at, func(p store.Part) error {
		p.Body = bytes.Clone(p.Body)
		parts = append(parts, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// each gives parts one after the other.
func each(parts []store.Part) iter.Seq2[store.Part, error] {
	return func(yield func(store.Part, error) bool) {
		for _, p := range parts {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func contents(t testing.TB, b store.Backend, at time.Time) map[string]string {
	t.Helper()
	all, err := storetest.Contents(b, at)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestMove moves a store from SQLite to one Redis, to a Cluster and back to
// SQLite, and finds everything there as it was.
func TestMove(t *testing.T) {
	t.Parallel()
	at := time.Now().Truncate(time.Millisecond)
	file := func(name string) store.Backend {
		b, err := sqlite.Open(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	first := file("first.db")
	if err := storetest.Sow(first, at, 500); err != nil {
		t.Fatal(err)
	}
	want := contents(t, first, at)
	from := first
	for name, to := range []store.Backend{empty(t, start(t).url()), empty(t, urlOf(cluster(t, false))), file("last.db")} {
		if err := to.Restore(t.Context(), at, each(taken(t, from, at))); err != nil {
			t.Fatal(name, ": ", err)
		}
		if d := storetest.Differ(want, contents(t, to, at)); d != "" {
			t.Fatal(name, ": ", d)
		}
		if d, ok := to.(*DB); ok {
			defer d.Close()
		}
		from = to
	}
	for _, b := range []store.Backend{first, from} {
		if err := b.Check(t.Context(), func(line string) { t.Error(line) }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHalfRestored has a process die in the middle of a restore: nobody serves
// what it left, and another restore does away with it.
func TestHalfRestored(t *testing.T) {
	t.Parallel()
	s := start(t)
	at := time.Now()
	source := empty(t, start(t).url())
	defer source.Close()
	if err := storetest.Sow(source, at, 400); err != nil {
		t.Fatal(err)
	}
	parts := taken(t, source, at)
	working := open(t, s.url()) // a program that somebody forgot to stop
	dying := empty(t, s.url())
	err := dying.Restore(t.Context(), at, func(yield func(store.Part, error) bool) {
		for i, p := range parts {
			if i == len(parts)*2/3 {
				dying.c.Close() // from here on it reaches nothing any more
			}
			if !yield(p, nil) {
				return
			}
		}
	})
	if err == nil {
		t.Fatal("it went on without a server")
	}
	dying.Close()
	if err := working.put(t, "x"); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a commit into half a store: %v", err)
	}
	if err := working.Snapshot(t.Context(), at, func(store.Part) error { return nil }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a snapshot of half a store: %v", err)
	}
	s.ask("del", alone) // which runs out after a minute
	if err := working.Snapshot(t.Context(), at, func(store.Part) error { return nil }); !errors.Is(err, store.ErrHalf) {
		t.Errorf("a snapshot of half a store: %v", err)
	}
	d, err := Open(t.Context(), s.url(), false)
	if !errors.Is(err, store.ErrHalf) || d == nil {
		t.Fatal("half a restore is opened: ", err)
	}
	defer d.Close()
	if err := d.Restore(t.Context(), at, each(parts)); err != nil {
		t.Fatal(err)
	}
	if diff := storetest.Differ(contents(t, source, at), contents(t, d, at)); diff != "" {
		t.Error(diff)
	}
	if err := open(t, s.url()).put(t, "y"); err != nil {
		t.Error(err)
	}
}

// TestSnapshotDies has a snapshot die at its worst moment, when nothing is
// taken: commits wait, and go on by themselves.
func TestSnapshotDies(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := empty(t, s.url())
	defer d.Close()
	k := key(store.ShardOf("a"), copyKind)
	s.ask("sadd", k, "token", waiting)
	s.ask("pexpire", k, 400)
	if err := d.put(t, "a", "b"); err != nil {
		t.Fatal(err)
	}
	if left := s.ask("exists", k); left != "0" {
		t.Error("it was committed while nothing was taken")
	}
	s.ask("set", alone, "token", "px", 100)
	if err := d.Snapshot(t.Context(), time.Now(), func(store.Part) error { return nil }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("two snapshots at once: %v", err)
	}
	until(t, func() bool { return s.ask("exists", alone) == "0" })
	if err := d.Snapshot(t.Context(), time.Now(), func(store.Part) error { return nil }); err != nil {
		t.Error(err)
	}
}

// TestSlowSnapshot has what scripts note for a snapshot run out meanwhile, as
// when its reader stands still for a minute: it is given up, and not wrong.
func TestSlowSnapshot(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := empty(t, s.url())
	defer d.Close()
	if err := d.put(t, "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	err := d.Snapshot(t.Context(), time.Now(), func(p store.Part) error {
		s.ask("del", key(p.Shard, copyKind))
		return nil
	})
	if !errors.Is(err, errSlow) {
		t.Fatal(err)
	}
	if err := d.put(t, "d"); err != nil {
		t.Fatal(err)
	}
	if got := s.ask("keys", "voice:*copy*"); got != "[]" {
		t.Errorf("it leaves %s", got)
	}
}

// TestNewerRedis refuses what a newer program wrote.
func TestNewerRedis(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := empty(t, s.url())
	d.Close()
	s.ask("set", schema, 99)
	if _, err := Open(t.Context(), s.url(), false); err == nil || !strings.Contains(err.Error(), "newer program") || strings.Contains(err.Error(), "\n") {
		t.Fatal(err)
	}
	if got := s.ask("get", schema); got != "99" {
		t.Error("it was changed to ", got)
	}
}

// TestCheckFinds has the server hold what does not go together.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := empty(t, s.url())
	defer d.Close()
	if err := storetest.Sow(d, time.Now(), 8); err != nil {
		t.Fatal(err)
	}
	check := func() (lines string) {
		if err := d.Check(t.Context(), func(line string) { lines += line + "\n" }); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if got := check(); got != "" {
		t.Fatal(got)
	}
	jobs, _, queue := lane(store.ShardOf("conv0"), store.Lane{Queue: "out/tg", ID: "conv0"})
	s.ask("zrem", queue, "conv0")
	s.ask("zadd", queue, 1, "ghost")
	s.ask("set", "voice:{3}:session:x", "what is this")
	got := check()
	for _, want := range []string{"nobody finds the jobs of 1 lanes", "1 lanes have no jobs", "session: 1 keys are no keys of this program"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told of %s: %s", want, jobs, got)
		}
	}
}

// TestSnapshotRights takes a snapshot, restores it and checks it as a user with
// the rights that the package comment names.
func TestSnapshotRights(t *testing.T) {
	t.Parallel()
	s, at := start(t), time.Now()
	args := []any{"acl", "setuser", "voice", "on", ">word"}
	for _, r := range rights(t) {
		args = append(args, r)
	}
	s.ask(args...)
	d := open(t, "redis://voice:word@"+s.addr)
	if err := storetest.Sow(d, at, 20); err != nil {
		t.Fatal(err)
	}
	parts := taken(t, d, at)
	want := contents(t, d, at)
	s.ask("flushall")
	if err := d.Restore(t.Context(), at, each(parts)); err != nil {
		t.Fatal(err)
	}
	if diff := storetest.Differ(want, contents(t, d, at)); diff != "" {
		t.Error(diff)
	}
	if err := d.Check(t.Context(), func(line string) { t.Error(line) }); err != nil {
		t.Error(err)
	}
	if got := s.ask("acl", "log"); got != "[]" {
		t.Error("was refused: ", got)
	}
}

// TestRestoreReplicated restores where there is a replica: what it does not
// have is not restored, and what is restored it has.
func TestRestoreReplicated(t *testing.T) {
	t.Parallel()
	at := time.Now()
	source := empty(t, start(t).url())
	defer source.Close()
	if err := storetest.Sow(source, at, 50); err != nil {
		t.Fatal(err)
	}
	parts := taken(t, source, at)
	s := start(t, "--min-replicas-to-write", "1")
	r := replicaOf(t, s)
	d := open(t, s.url())
	r.freeze()
	err := d.Restore(t.Context(), at, each(parts))
	r.thaw()
	if !errors.Is(err, errAlone) {
		t.Fatal(err)
	}
	if left := contents(t, d, at); len(left) != 0 {
		t.Errorf("%d things are left", len(left))
	}
	if err := d.Restore(t.Context(), at, each(parts)); err != nil {
		t.Fatal(err)
	}
	r.ask("replicaof", "no", "one")
	s.kill()
	if diff := storetest.Differ(contents(t, source, at), contents(t, open(t, r.url()), at)); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	d := empty(b, start(b).url())
	defer d.Close()
	storetest.BenchSnapshot(b, d)
}
