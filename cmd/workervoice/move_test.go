package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"workervoice/store/storetest"
)

// TestMoveStore moves a store from SQLite to Redis and back with the commands
// that an operator types, checks it on each, and backs it up while two programs
// work on the Redis.
func TestMoveStore(t *testing.T) {
	f, g := grown(t), short(t)
	s, err := startRedis(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	there, back, dir := "redis://"+s.addr, "sqlite:"+g.file("voice.db"), t.TempDir()
	one, two, three := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")
	want := f.contents()
	f.must("backup", "-to", one)
	f.must("restore", "-from", one, "-store", there)
	f.fails("something in it already", "restore", "-from", one, "-store", there)
	if out := f.must("check", "store", "-store", there); !strings.Contains(out, "no faults") {
		t.Errorf("it says %s", out)
	}
	if d := storetest.Differ(want, contents(t, config{store: there})); d != "" {
		t.Fatal(d)
	}
	f.must("backup", "-to", two, "-store", there)
	g.copy(f, "master.key", "backup.key")
	g.must("restore", "-from", two, "-store", back)
	if d := storetest.Differ(want, g.contents()); d != "" {
		t.Fatal(d)
	}
	if out := g.must("check", "store"); !strings.Contains(out, "no faults") {
		t.Errorf("it says %s", out)
	}

	program(t, f.data, "-store", there)
	program(t, short(t).with(f, "master.key"), "-store", there)
	if out := f.must("backup", "-to", three); !strings.Contains(out, "backed up") {
		t.Errorf("it says %s", out)
	}
	if out := f.must("check", "store"); !strings.Contains(out, "no faults") {
		t.Errorf("it says %s", out)
	}
	f.must("restore", "-try", "-from", three)
}
