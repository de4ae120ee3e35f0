package sqlite

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
)

// A writer is the one connection that writes. Only its goroutine uses it. It
// speaks to SQLite without database/sql, which takes as long as the statements.
type writer struct {
	file    string // with its settings
	conn    *sqlite3.Conn
	broken  bool // the connection is not to be trusted any more
	dirty   bool // what was removed may still stand in free parts of the file
	stmts   []*sqlite3.Stmt
	swept   int64 // when keys seen long ago were last forgotten, unix ms
	now     int64 // the latest time heard of
	hand    hand
	copying *atomic.Int32 // snapshots that are being read: nothing can be cleaned behind them

	begin, commit, rollback,
	version, put, remove, index, unindex,
	lanes, add, drop, empty, front, jobs, due,
	last, entry, blank, cut, once, forget, count,
	soil, clean, soiled, sweep, copyAll, copyMost *sqlite3.Stmt
}

func newWriter(file string, copying *atomic.Int32) (*writer, error) {
	w := &writer{file: file, copying: copying}
	if err := w.prepare(); err != nil {
		return nil, err
	}
	if err := w.rows(w.soiled, func(*sqlite3.Stmt) { w.dirty = true }); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *writer) prepare() (err error) {
	if w.conn, err = sqlite3.Open(w.file); err != nil {
		return err
	}
	if err = steady(w.conn); err == nil {
		err = w.conn.Exec(`PRAGMA cache_size(-32000)`) // 32 MB for the one that writes
	}
	for _, s := range []struct {
		stmt  **sqlite3.Stmt
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
		{&w.jobs, `SELECT body FROM job WHERE queue = ? AND lane = ? ORDER BY seq LIMIT ?`},
		{&w.due, `SELECT lane FROM job WHERE queue = ? AND head = 1 AND due <= ? ORDER BY due LIMIT ?`},

		{&w.last, `SELECT coalesce(max(seq), 0) FROM item WHERE name = ? AND seq > 0`},
		{&w.entry, `INSERT INTO item (name, seq, n, body) VALUES (?, ?, 0, ?)`},
		{&w.blank, `UPDATE item SET body = ? WHERE name = ? AND seq = ?`},
		{&w.cut, `DELETE FROM item WHERE name = ? AND seq > 0`},
		{&w.once, `INSERT OR IGNORE INTO item (name, seq, n, body) VALUES (?, -1, ?, ?)`},
		{&w.forget, `DELETE FROM item WHERE name = ? AND seq = -1`},
		{&w.count, `INSERT INTO counter (name, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`},

		{&w.soil, `INSERT OR IGNORE INTO scrub (one) VALUES (1)`},
		{&w.clean, `DELETE FROM scrub`},
		{&w.soiled, `SELECT 1 FROM scrub`},
		{&w.sweep, `DELETE FROM item WHERE seq = -1 AND n < ?`},
		{&w.copyAll, `PRAGMA wal_checkpoint(TRUNCATE)`},
		{&w.copyMost, `PRAGMA wal_checkpoint(PASSIVE)`},
	} {
		if err == nil {
			*s.stmt, _, err = w.conn.Prepare(s.query)
			w.stmts = append(w.stmts, *s.stmt)
		}
	}
	if err != nil {
		w.close()
	}
	return err
}

func (w *writer) close() {
	if w.conn == nil {
		return
	}
	for _, s := range w.stmts { // the connection does not end before them
		s.Close() //nolint:errcheck // tells again what the statement last met
	}
	w.stmts = nil
	w.conn.Close() //nolint:errcheck // what was committed is on disk
	w.conn = nil
}

// undo rolls back. A connection that cannot even do that is given up.
func (w *writer) undo() {
	w.hand.forget()
	w.broken = w.conn == nil || w.exec(w.rollback) != nil
}

// mend replaces a connection that was given up.
func (w *writer) mend() error {
	if !w.broken {
		return nil
	}
	w.close()
	if err := w.prepare(); err != nil {
		return err
	}
	w.broken = false
	return nil
}

// exec runs a statement that has no rows of interest.
func (w *writer) exec(s *sqlite3.Stmt, args ...any) error {
	if err := bind(s, args); err != nil {
		return err
	}
	return s.Exec()
}

// rows calls each with every row of a statement.
func (w *writer) rows(s *sqlite3.Stmt, each func(*sqlite3.Stmt), args ...any) error {
	if err := bind(s, args); err != nil {
		return err
	}
	for s.Step() {
		each(s)
	}
	return s.Reset() // tells what a step met
}

// bind gives a statement its arguments.
func bind(s *sqlite3.Stmt, args []any) (err error) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			err = s.BindText(i+1, a)
		case []byte:
			err = s.BindBlob(i+1, a)
		case int64:
			err = s.BindInt64(i+1, a)
		case int:
			err = s.BindInt(i+1, a)
		default:
			err = errors.New("sqlite: an argument of a kind that no column has")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkpoint moves what was committed into the main file and forgets the keys
// seen more than a week ago. It returns 0: nothing is pending. What fails is
// done again at the next one.
func (w *writer) checkpoint() int {
	const hour, week = int64(time.Hour / time.Millisecond), int64(7 * 24 * time.Hour / time.Millisecond)
	if w.broken {
		return 0
	}
	if w.now-w.swept > hour {
		w.exec(w.sweep, w.now-week) //nolint:errcheck // as said above
		w.swept = w.now
	}
	if w.dirty && w.copying.Load() == 0 && w.scrub() == nil {
		return 0
	}
	w.exec(w.copyMost) //nolint:errcheck // as said above
	return 0
}

// scrub empties the log, which holds pages as they were before something was
// removed from them. In the file itself that is zeros already (secure_delete).
func (w *writer) scrub() error {
	if err := w.exec(w.clean); err != nil {
		return err
	}
	busy := false
	err := w.rows(w.copyAll, func(s *sqlite3.Stmt) { busy = s.ColumnBool(0) })
	if err == nil && busy {
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
	var ids []string
	err := w.rows(w.due, func(s *sqlite3.Stmt) { ids = append(ids, s.ColumnText(0)) }, c.Queue, c.At.UnixMilli(), c.Lanes)
	if err != nil {
		return nil, err
	}
	var hs []store.Leased
	for _, id := range ids {
		l := store.Lane{Queue: c.Queue, ID: id}
		h, err := w.head(l)
		if err != nil {
			return nil, err
		}
		h.attempts++ // this one
		h.due, h.fence = c.Until.UnixMilli(), c.Fence
		if err := w.lead(l, h); err != nil {
			return nil, err
		}
		leased, err := w.read(store.ShardOf(id), l, h, c.Jobs)
		if err != nil {
			return nil, err
		}
		hs = append(hs, leased)
	}
	return hs, nil
}
