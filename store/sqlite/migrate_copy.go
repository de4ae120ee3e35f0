package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// aside is how long the copy of a file is kept that was made before its schema
// changed. It holds the keys of workers who have everything erased later.
const aside = 14 * 24 * time.Hour

// setAside copies the file as it stands at a schema, beside it, and returns the
// copy's name. It overwrites none. A copy is whole when it has its name.
func setAside(ctx context.Context, db *sql.DB, schema int) (copied string, err error) {
	var n, file, main string
	if err := db.QueryRowContext(ctx, `SELECT seq, name, file FROM pragma_database_list WHERE name = 'main'`).Scan(&n, &main, &file); err != nil {
		return "", err
	}
	copied = fmt.Sprintf("%s.schema%d", file, schema)
	for i := 2; exists(copied); i++ {
		copied = fmt.Sprintf("%s.schema%d-%d", file, schema, i)
	}
	part := copied + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) { // what a killed process left
		return "", err
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = db.ExecContext(ctx, `VACUUM INTO ?`, part)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(part, copied)
	}
	if err != nil {
		_ = os.Remove(part) // the error says what to do
		return "", fmt.Errorf("the file cannot be copied before its schema changes, so nothing was changed: make room for a second one beside it: %w", err)
	}
	return copied, flushed(filepath.Dir(copied))
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// flushed makes the names in a folder survive a power cut, where a folder can
// be flushed.
func flushed(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	d.Sync() //nolint:errcheck // Windows cannot, and need not
	return d.Close()
}

// putAway removes copies of a file that were set aside long ago.
func putAway(file string, now time.Time) error {
	copies, err := filepath.Glob(file + ".schema*")
	for _, c := range copies {
		st, fault := os.Stat(c)
		if fault == nil && now.Sub(st.ModTime()) > aside {
			fault = os.Remove(c)
		}
		err = errors.Join(err, fault)
	}
	return err
}
