package sqlite

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
)

// Restore implements [store.Backend]. Everything comes in one transaction, so
// that after a crash there is nothing.
func (d *DB) Restore(ctx context.Context, at time.Time, parts iter.Seq2[store.Part, error]) error {
	conn, err := sqlite3.Open(d.file)
	if err != nil {
		return explain(err)
	}
	defer conn.Close()
	r := &restorer{conn: conn, at: at}
	err = r.all(ctx, parts)
	r.close()
	if err == nil {
		err = explain(conn.Exec(`COMMIT`))
	}
	if err != nil {
		return err // with the connection, what was not committed ends
	}
	if err := d.ask(ctx, func(w *writer) error { w.hand.forget(); return nil }); err != nil {
		return err
	}
	return explain(conn.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`))
}

// A restorer writes parts. The statements are those of the writer, but that
// they take the place of what came before.
type restorer struct {
	conn  *sqlite3.Conn
	at    time.Time
	stmts []*sqlite3.Stmt
	lane  store.Part       // whose jobs are coming
	jobs  int64            // of it, so far
	logs  map[string]int64 // lengths of some

	item, cut, remove, place, leave, count, empty, job, last *sqlite3.Stmt
}

func (r *restorer) all(ctx context.Context, parts iter.Seq2[store.Part, error]) error {
	if err := r.conn.Exec(`PRAGMA cache_size(-64000); BEGIN IMMEDIATE`); err != nil {
		return explain(err)
	}
	if err := r.vacant(); err != nil {
		return err
	}
	if err := r.prepare(); err != nil {
		return explain(err)
	}
	n := 0
	for p, err := range parts {
		if n++; err == nil && n%1000 == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if err := r.take(p); err != nil {
			return explain(err)
		}
	}
	return explain(r.conn.Exec(`DROP INDEX restored`))
}

// vacant refuses a file in which there is anything.
func (r *restorer) vacant() error {
	s, _, err := r.conn.Prepare(`SELECT EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM idx) OR EXISTS (SELECT 1 FROM job) OR EXISTS (SELECT 1 FROM counter)`)
	if err != nil {
		return explain(err)
	}
	defer s.Close()
	if s.Step() && s.ColumnBool(0) {
		return store.ErrNotEmpty
	}
	return explain(s.Err())
}

func (r *restorer) prepare() (err error) {
	// With it, a place that a record has taken since is found by the record.
	if err := r.conn.Exec(`CREATE UNIQUE INDEX restored ON idx (id, kind, name)`); err != nil {
		return err
	}
	r.logs = make(map[string]int64)
	for _, s := range []struct {
		stmt  **sqlite3.Stmt
		query string
	}{
		{&r.item, `INSERT INTO item (name, seq, n, body) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n, body = excluded.body`},
		{&r.cut, `DELETE FROM item WHERE name = ? AND seq > 0`},
		{&r.last, `SELECT coalesce(max(seq), 0) FROM item WHERE name = ? AND seq > 0`},
		{&r.remove, `DELETE FROM item WHERE name = ? AND seq = 0`},
		{&r.place, `INSERT INTO idx (name, score, kind, id) VALUES (?, ?, ?, ?) ON CONFLICT (id, kind, name) DO UPDATE SET score = excluded.score`},
		{&r.leave, `DELETE FROM idx WHERE id = ? AND kind = ? AND name = ?`},
		{&r.count, `INSERT INTO counter (name, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`},
		{&r.empty, `DELETE FROM job WHERE queue = ? AND lane = ?`},
		{&r.job, `INSERT INTO job (queue, lane, seq, head, due, attempts, body) VALUES (?, ?, ?, ?, ?, ?, ?)`},
	} {
		if *s.stmt, _, err = r.conn.Prepare(s.query); err != nil {
			return err
		}
		r.stmts = append(r.stmts, *s.stmt)
	}
	return nil
}

func (r *restorer) close() {
	for _, s := range r.stmts {
		s.Close() //nolint:errcheck // tells again what the statement last met
	}
}

func (r *restorer) exec(s *sqlite3.Stmt, args ...any) error {
	if err := bind(s, args); err != nil {
		return err
	}
	return s.Exec()
}

func (r *restorer) take(p store.Part) error {
	switch p.What {
	case store.RecordPart:
		if p.Gone {
			return r.exec(r.remove, name(p.Kind, p.ID))
		}
		return r.exec(r.item, name(p.Kind, p.ID), 0, p.N, p.Body)
	case store.PlacePart:
		if p.Gone {
			return r.exec(r.leave, p.ID, p.Kind, p.Name)
		}
		return r.exec(r.place, p.Name, p.N, p.Kind, p.ID)
	case store.LogPart:
		delete(r.logs, p.Name)
		return r.exec(r.cut, p.Name)
	case store.EntryPart:
		n, err := r.length(p.Name)
		if err != nil {
			return err
		}
		r.logs[p.Name] = n + 1
		return r.exec(r.item, p.Name, n+1, 0, p.Body)
	case store.LanePart:
		r.lane, r.jobs = p, 0
		return r.exec(r.empty, p.Name, p.ID)
	case store.JobPart:
		return r.enqueue(p)
	case store.MarkPart:
		if p.N <= r.at.UnixMilli() {
			return nil
		}
		return r.exec(r.item, p.Name, -1, p.N-remembered.Milliseconds(), marked(p.Shard))
	case store.CounterPart:
		return r.exec(r.count, p.Name, p.N)
	}
	return errors.New("sqlite: the backup holds something that this program does not know: start a newer one")
}

// enqueue adds a job to the lane that was named last.
func (r *restorer) enqueue(p store.Part) error {
	if p.Name != r.lane.Name || p.ID != r.lane.ID || r.lane.Gone {
		return store.ErrCut
	}
	r.jobs++
	if r.jobs == 1 {
		return r.exec(r.job, p.Name, p.ID, 1, 1, r.lane.N, r.lane.Claims, p.Body)
	}
	return r.exec(r.job, p.Name, p.ID, r.jobs, 0, 0, 0, p.Body)
}

// length returns how many entries of a log have come.
func (r *restorer) length(log string) (n int64, err error) {
	if n, ok := r.logs[log]; ok {
		return n, nil
	}
	if len(r.logs) >= atHand {
		clear(r.logs)
	}
	if err := bind(r.last, []any{log}); err != nil {
		return 0, err
	}
	if r.last.Step() {
		n = r.last.ColumnInt64(0)
	}
	return n, r.last.Reset()
}

// marked is what is kept of the shard of a key seen; nothing if it counts in all.
func marked(s store.Shard) []byte {
	if s >= store.Shards {
		return []byte{}
	}
	return []byte{byte(s)}
}
