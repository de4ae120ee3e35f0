package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
)

// migrations holds the steps from one schema to the next: 0001.sql and so on.
//
//go:embed migrations
var migrations embed.FS

// oldest is the first SQLite without the race that lost commits when the log
// was reset (disclosed in March 2026: sqlite.org/wal.html).
var oldest = [3]int{3, 51, 3}

// migrate brings the file to the newest schema known, each step in a
// transaction of its own. It refuses a schema that it does not know, and copies
// a file that holds something before it changes the schema.
func migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	var version string
	if err := db.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&version); err != nil {
		return err
	}
	if err := sound(version); err != nil {
		return err
	}
	names, err := fs.Glob(steps, "migrations/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	var have int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return err
	}
	if have > len(names) {
		return fmt.Errorf("the file was written by a newer program (schema %d, known %d): start that one, or restore an older backup", have, len(names))
	}
	copied := ""
	if have > 0 && have < len(names) {
		if copied, err = setAside(ctx, db, have); err != nil {
			return err
		}
	}
	for i, name := range names[have:] {
		text, err := fs.ReadFile(steps, name)
		if err == nil {
			err = step(ctx, db, have+i+1, string(text))
		}
		if err != nil && i == 0 && copied != "" { // nothing has changed: a copy for every try would fill the disk
			err = errors.Join(err, os.Remove(copied))
		}
		if err != nil {
			return fmt.Errorf("schema %s: %w", path.Base(name), err)
		}
	}
	return nil
}

// step brings the file to schema n.
func step(ctx context.Context, db *sql.DB, n int, text string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", n)); err != nil {
		return err
	}
	return tx.Commit()
}

// sound refuses a SQLite that may lose commits.
func sound(version string) error {
	var v [3]int
	fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2])
	if slices.Compare(v[:], oldest[:]) < 0 {
		return fmt.Errorf("SQLite %s may lose commits: build with %d.%d.%d or newer", version, oldest[0], oldest[1], oldest[2])
	}
	return nil
}
