package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"workervoice/store"
)

func mode(t *testing.T, name string) string {
	t.Helper()
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return st.Mode().String()
}

// TestNewer checks that a file of a newer program is left alone.
func TestNewer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "newer program") || strings.Contains(err.Error(), "\n") {
		t.Fatal(err)
	}
}

// known returns the first n migrations.
func known(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	steps := fstest.MapFS{}
	for i := range n {
		name := fmt.Sprintf("migrations/%04d.sql", i+1)
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		steps[name] = &fstest.MapFile{Data: text}
	}
	return steps
}

// TestFirstSchema opens a file that the first program wrote, and finds in it
// what was kept: records, logs in order, keys seen and jobs.
func TestFirstSchema(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "voice.db")
	old, err := driver.Open("file:" + file + "?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, old, known(t, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(`INSERT INTO item (name, seq, n, body) VALUES ('a/k', 0, 7, x'01'), ('a/log', 1, 0, x'02'), ('a/log', 2, 0, x'03'), ('a/seen/1', -1, 5, x'');
		INSERT INTO idx (name, score, kind, id) VALUES ('list', 1, 'k', 'a');
		INSERT INTO job (queue, lane, seq, head, due, body) VALUES ('q', 'a', 3, 1, 5, x'04'), ('q', 'a', 4, 0, 5, x'05')`); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := d.Get(ctx, 0, "k", "a")
	if err != nil || r.Version != 7 || string(r.Body) != "\x01" {
		t.Errorf("record %v, %v", r, err)
	}
	log, first, err := d.Scan(ctx, 0, "a/log", 0, 9)
	if err != nil || first != 0 || fmt.Sprint(log) != "[[2] [3]]" {
		t.Errorf("log %v from %d, %v", log, first, err)
	}
	if rs, _, err := d.List(ctx, "list", store.Cursor{}, 9); err != nil || len(rs) != 1 || rs[0].Version != 7 {
		t.Errorf("list %v, %v", rs, err)
	}
	if err := d.Commit(ctx, store.Batch{Once: []string{"a/seen/1"}})[0].Err; !errors.Is(err, store.ErrSeen) {
		t.Errorf("a key seen before: %v", err)
	}
	hs, err := d.Claim(ctx, store.Claim{Queue: "q", At: time.UnixMilli(9), Until: time.UnixMilli(99), Fence: 1, Lanes: 1, Jobs: 9})
	if err != nil || len(hs) != 1 || hs[0].Attempts != 1 || fmt.Sprint(hs[0].Jobs) != "[[4] [5]]" {
		t.Errorf("jobs %v, %v", hs, err)
	}
}

// TestMigrate takes a file from schema to schema, and leaves it where it was
// when a step fails.
func TestMigrate(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	steps := known(t, 2)
	steps["migrations/0003.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE two (n INTEGER) STRICT; INSERT INTO two VALUES (2);`)}
	steps["migrations/0004.sql"] = &fstest.MapFile{Data: []byte(`INSERT INTO two VALUES (3); INSERT INTO nowhere VALUES (4);`)}
	if err := migrate(ctx, d.db, steps); err == nil || !strings.Contains(err.Error(), "0004.sql") {
		t.Fatal(err)
	}
	steps["migrations/0004.sql"].Data = []byte(`INSERT INTO two VALUES (3);`)
	for range 2 { // the second time there is nothing to do
		if err := migrate(ctx, d.db, steps); err != nil {
			t.Fatal(err)
		}
	}
	var n, version int
	if err := d.db.QueryRow(`SELECT sum(n), (SELECT user_version FROM pragma_user_version) FROM two`).Scan(&n, &version); err != nil {
		t.Fatal(err)
	}
	if n != 5 || version != 4 {
		t.Errorf("sum %d, schema %d", n, version)
	}
}

func TestSound(t *testing.T) {
	for version, want := range map[string]bool{"3.51.2": false, "3.40.1": false, "3.51.3": true, "3.53.4": true, "4.0.0": true, "": false} {
		if got := sound(version) == nil; got != want {
			t.Errorf("%s: %v", version, got)
		}
	}
}
