package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"workervoice/store"
)

// A writer is the one connection that writes. Only its goroutine uses it.
type writer struct {
	db     *sql.DB
	conn   *sql.Conn
	broken bool // the connection is not to be trusted any more
	dirty  bool // what was removed may still stand in free parts of the file
	stmts  []*sql.Stmt
	swept  int64 // when keys seen long ago were last forgotten, unix ms
	now    int64 // the latest time heard of

	of    string          // whose lanes are at hand in this batch
	heads map[string]head // those lanes, by queue

	begin, commit, rollback,
	version, put, remove, index, unindex,
	lanes, add, drop, empty, front, jobs, due,
	entry, blank, cut, once, forget, count, soil *sql.Stmt
}

// bg never ends: what the writer has begun it finishes.
var bg = context.Background()

func newWriter(db *sql.DB) (*writer, error) {
	w := &writer{db: db, heads: make(map[string]head)}
	if err := w.prepare(); err != nil {
		return nil, err
	}
	err := w.conn.QueryRowContext(bg, `SELECT EXISTS (SELECT 1 FROM scrub)`).Scan(&w.dirty)
	return w, err
}

func (w *writer) prepare() (err error) {
	if w.conn, err = w.db.Conn(bg); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(bg, `PRAGMA cache_size(-32000)`); err != nil { // 32 MB for the one that writes
		w.close()
		return err
	}
	for _, s := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&w.begin, `BEGIN IMMEDIATE`},
		{&w.commit, `COMMIT`},
		{&w.rollback, `ROLLBACK`},

		{&w.version, `SELECT n FROM item WHERE name = ? AND seq = 0`},
		{&w.put, `INSERT INTO item (name, seq, n, body) VALUES (?, 0, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n, body = excluded.body`},
		{&w.remove, `DELETE FROM item WHERE name = ? AND seq = 0`},
		{&w.index, `INSERT OR IGNORE INTO idx (name, score, kind, id) VALUES (?, ?, ?, ?)`},
		{&w.unindex, `DELETE FROM idx WHERE name = ? AND score = ? AND kind = ? AND id = ?`},

		// Of a group, SQLite takes what is not aggregated from the row with the minimum.
		{&w.lanes, `SELECT queue, min(seq), count(*), fence, attempts, due FROM job WHERE lane = ? GROUP BY queue`},
		{&w.add, `INSERT INTO job (queue, lane, seq, head, due, fence, attempts, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.drop, `DELETE FROM job WHERE queue = ? AND lane = ? AND seq < ?`},
		{&w.empty, `DELETE FROM job WHERE queue = ? AND lane = ?`},
		{&w.front, `UPDATE job SET head = 1, due = ?, fence = ?, attempts = ? WHERE queue = ? AND lane = ? AND seq = ?`},
		{&w.jobs, `SELECT seq, attempts, body FROM job WHERE queue = ? AND lane = ? ORDER BY seq LIMIT ?`},
		{&w.due, `SELECT lane FROM job WHERE queue = ? AND head = 1 AND due <= ? ORDER BY due LIMIT ?`},

		{&w.entry, `INSERT INTO item (name, seq, n, body) SELECT ?1, coalesce(max(seq), 0) + 1, 0, ?2 FROM item WHERE name = ?1 AND seq > 0`},
		{&w.blank, `UPDATE item SET body = ? WHERE name = ? AND seq = ?`},
		{&w.cut, `DELETE FROM item WHERE name = ? AND seq > 0`},
		{&w.once, `INSERT OR IGNORE INTO item (name, seq, n, body) VALUES (?, -1, ?, x'')`},
		{&w.forget, `DELETE FROM item WHERE name = ? AND seq = -1`},
		{&w.count, `INSERT INTO counter (name, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`},
		{&w.soil, `INSERT OR IGNORE INTO scrub (one) VALUES (1)`},
	} {
		if *s.stmt, err = w.conn.PrepareContext(bg, s.query); err == nil {
			w.stmts = append(w.stmts, *s.stmt)
		} else {
			w.close()
			return err
		}
	}
	return nil
}

func (w *writer) close() {
	for _, s := range w.stmts { // the connection does not know them: they would keep the file open
		s.Close()
	}
	w.stmts = nil
	if w.conn != nil {
		w.conn.Close()
	}
}

// undo rolls back. A connection that cannot even do that is given up.
func (w *writer) undo() {
	w.broken = w.exec(w.rollback) != nil
}

// mend replaces a connection that was given up.
func (w *writer) mend() error {
	if !w.broken {
		return nil
	}
	if w.conn != nil {
		w.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not take it back
		w.conn.Close()
		w.conn = nil
	}
	if err := w.prepare(); err != nil {
		return err
	}
	w.broken = false
	return nil
}

func (w *writer) exec(s *sql.Stmt, args ...any) error {
	_, err := s.ExecContext(bg, args...)
	return err
}

// row scans the first row, and reports whether there is one.
func row(s *sql.Stmt, args []any, dst ...any) (bool, error) {
	err := s.QueryRowContext(bg, args...).Scan(dst...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// checkpoint moves what was committed into the main file and forgets the keys
// seen more than a week ago. It returns 0: nothing is pending.
func (w *writer) checkpoint() int {
	const hour, week = int64(time.Hour / time.Millisecond), int64(7 * 24 * time.Hour / time.Millisecond)
	if w.broken {
		return 0
	}
	if w.now-w.swept > hour {
		w.conn.ExecContext(bg, `DELETE FROM item WHERE seq = -1 AND n < ?`, w.now-week)
		w.swept = w.now
	}
	if w.dirty && w.scrub() == nil {
		return 0
	}
	w.conn.ExecContext(bg, `PRAGMA wal_checkpoint(PASSIVE)`)
	return 0
}

// scrub empties the log, which holds pages as they were before something was
// removed from them. In the file itself that is zeros already (secure_delete).
func (w *writer) scrub() error {
	if _, err := w.conn.ExecContext(bg, `DELETE FROM scrub`); err != nil {
		return err
	}
	var busy, log, done int
	err := w.conn.QueryRowContext(bg, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done)
	if err == nil && busy != 0 {
		err = errors.New("sqlite: a reader is in the way")
	}
	if err != nil {
		return errors.Join(err, w.exec(w.soil))
	}
	w.dirty = false
	return nil
}

// claim leases what is due.
func (w *writer) claim(c store.Claim) ([]store.Leased, error) {
	rows, err := w.due.QueryContext(bg, c.Queue, c.At.UnixMilli(), c.Lanes)
	if err != nil {
		return nil, err
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			rows.Close()
			return nil, err
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	var hs []store.Leased
	for _, id := range ids {
		h, first, err := w.read(store.ShardOf(id), store.Lane{Queue: c.Queue, ID: id}, c.Jobs)
		if err != nil {
			return nil, err
		}
		h.Attempts++ // this one
		if err := w.exec(w.front, c.Until.UnixMilli(), c.Fence, h.Attempts, c.Queue, id, first); err != nil {
			return nil, err
		}
		hs = append(hs, h)
	}
	return hs, nil
}
