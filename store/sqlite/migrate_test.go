package sqlite

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
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
	first, err := fs.ReadFile(migrations, "migrations/0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	steps := fstest.MapFS{
		"migrations/0001.sql": {Data: first},
		"migrations/0002.sql": {Data: []byte(`CREATE TABLE two (n INTEGER) STRICT; INSERT INTO two VALUES (2);`)},
		"migrations/0003.sql": {Data: []byte(`INSERT INTO two VALUES (3); INSERT INTO nowhere VALUES (4);`)},
	}
	if err := migrate(ctx, d.db, steps); err == nil || !strings.Contains(err.Error(), "0003.sql") {
		t.Fatal(err)
	}
	steps["migrations/0003.sql"].Data = []byte(`INSERT INTO two VALUES (3);`)
	for range 2 { // the second time there is nothing to do
		if err := migrate(ctx, d.db, steps); err != nil {
			t.Fatal(err)
		}
	}
	var n, version int
	if err := d.db.QueryRow(`SELECT sum(n), (SELECT user_version FROM pragma_user_version) FROM two`).Scan(&n, &version); err != nil {
		t.Fatal(err)
	}
	if n != 5 || version != 3 {
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
