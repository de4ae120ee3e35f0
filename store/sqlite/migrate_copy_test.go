package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/vfs"
)

// older makes a file as the first program left it, with one record.
func older(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "voice.db")
	db, err := driver.Open("file:" + file + "?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), db, known(t, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO item (name, seq, n, body) VALUES ('a/k', 0, 7, x'01')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// schemaOf returns the schema of a file and how many items it has.
func schemaOf(t *testing.T, file string) (schema, items int) {
	t.Helper()
	db, err := driver.Open("file:" + file + "?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT user_version, (SELECT count(*) FROM item) FROM pragma_user_version`).Scan(&schema, &items); err != nil {
		t.Fatal(err)
	}
	return schema, items
}

func copies(t *testing.T, file string) []string {
	t.Helper()
	all, err := filepath.Glob(file + ".*schema*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCopiedFirst checks that a file is copied before its schema changes, that
// the copy is what it was and private, and that it goes after its time.
func TestCopiedFirst(t *testing.T) {
	file := older(t)
	for range 2 { // the second time nothing changes, and nothing is copied
		d, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	kept := copies(t, file)
	if len(kept) != 1 || kept[0] != file+".schema1" {
		t.Fatalf("copies: %v", kept)
	}
	if schema, items := schemaOf(t, kept[0]); schema != 1 || items != 1 || mode(t, kept[0]) != "-rw-------" {
		t.Errorf("the copy has schema %d, %d items and mode %s", schema, items, mode(t, kept[0]))
	}
	if schema, _ := schemaOf(t, file); schema < 2 {
		t.Errorf("the file has schema %d", schema)
	}
	now := time.Now()
	if err := putAway(file, now.Add(aside-time.Hour)); err != nil || len(copies(t, file)) != 1 {
		t.Errorf("it goes too early, %v", err)
	}
	if err := putAway(file, now.Add(aside+time.Hour)); err != nil || len(copies(t, file)) != 0 || !exists(file) {
		t.Errorf("it stays, %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if left := copies(t, fresh); len(left) != 0 {
		t.Errorf("nothing was copied to %v", left)
	}
}

// TestCopyNotOverwritten migrates a file beside which a copy stands already,
// and one whose migration fails.
func TestCopyNotOverwritten(t *testing.T) {
	file := older(t)
	if err := os.WriteFile(file+".schema1", []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	steps := known(t, 1)
	steps["migrations/0002.sql"] = &fstest.MapFile{Data: []byte(`INSERT INTO nowhere VALUES (1)`)}
	db, err := driver.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // as a service manager starts it again and again
		if err := migrate(t.Context(), db, steps); err == nil || strings.Contains(err.Error(), "\n") {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if kept := copies(t, file); len(kept) != 1 {
		t.Errorf("copies: %v", kept)
	}
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if b, err := os.ReadFile(file + ".schema1"); err != nil || string(b) != "another" {
		t.Errorf("it was overwritten: %v", err)
	}
	if schema, items := schemaOf(t, file+".schema1-2"); schema != 1 || items != 1 {
		t.Errorf("schema %d, %d items", schema, items)
	}
}

// TestNoRoomForCopy checks that without room for the copy nothing is changed.
func TestNoRoomForCopy(t *testing.T) {
	x := &shaky{VFSFilename: vfs.Find("").(vfs.VFSFilename)}
	vfs.Register("crammed", x)
	file := older(t)
	var full error = sqlite3.FULL
	x.fault.Store(&full)
	_, err := open(file, "crammed")
	if !errors.Is(err, sqlite3.FULL) || !strings.Contains(err.Error(), "nothing was changed") || strings.Contains(err.Error(), "\n") {
		t.Fatal(err)
	}
	if schema, items := schemaOf(t, file); schema != 1 || items != 1 || len(copies(t, file)) != 0 {
		t.Errorf("schema %d, %d items, copies %v", schema, items, copies(t, file))
	}
	x.fault.Store(nil)
	d, err := open(file, "crammed")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
