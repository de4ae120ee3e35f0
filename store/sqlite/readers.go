package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"workervoice/store"
)

// readers are statements that work beside the writer.
type readers struct{ get, scan, tail, list, upTo, counts, due, depth *sql.Stmt }

func (r *readers) prepare(db *sql.DB) (err error) {
	for _, s := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&r.get, `SELECT n, body FROM item WHERE name = ? AND seq = 0`},
		{&r.scan, `SELECT seq, body FROM item WHERE name = ? AND seq > ? ORDER BY seq LIMIT ?`},
		{&r.tail, `SELECT seq, body FROM item WHERE name = ? AND seq > 0 ORDER BY seq DESC LIMIT ?`},
		{&r.list, `SELECT x.score, x.kind, x.id, r.n, r.body FROM idx x JOIN item r ON r.name = x.id || '/' || x.kind AND r.seq = 0
			WHERE x.name = ?1 AND (x.score, x.kind, x.id) > (?2, ?3, ?4) ORDER BY x.score, x.kind, x.id LIMIT ?5`},
		{&r.upTo, `SELECT count(*) FROM (SELECT 1 FROM idx WHERE name = ? AND score <= ? LIMIT ?)`},
		{&r.counts, `SELECT j.key, c.n FROM json_each(?) j CROSS JOIN counter c ON c.name = j.value`},
		{&r.due, `SELECT EXISTS (SELECT 1 FROM job WHERE queue = ? AND head = 1 AND due <= ?)`},
		{&r.depth, `SELECT count(*), coalesce(sum(due <= ?2), 0), coalesce(sum(due >= ?3), 0), coalesce(min(nullif(due, 0)), 0)
			FROM job WHERE queue = ?1 AND head = 1`},
	} {
		if *s.stmt, err = db.Prepare(s.query); err != nil {
			return err
		}
	}
	return nil
}

// anyDue saves a claim that would find nothing from writing.
func (r *readers) anyDue(ctx context.Context, c store.Claim) (due bool, err error) {
	err = r.due.QueryRowContext(ctx, c.Queue, c.At.UnixMilli()).Scan(&due)
	return due, err
}

// Get implements [store.Backend].
func (d *DB) Get(ctx context.Context, _ store.Shard, kind, id string) (store.Record, error) {
	r := store.Record{Kind: kind, ID: id}
	err := d.read.get.QueryRowContext(ctx, name(kind, id)).Scan(&r.Version, &r.Body)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return r, explain(err)
}

// Scan implements [store.Backend].
func (d *DB) Scan(ctx context.Context, _ store.Shard, log string, from int64, n int) ([][]byte, int64, error) {
	if from >= 0 {
		return entries(d.read.scan.QueryContext(ctx, log, from, n))
	}
	out, last, err := entries(d.read.tail.QueryContext(ctx, log, n))
	slices.Reverse(out)
	return out, max(0, last+1-int64(max(1, len(out)))), err
}

// entries returns the entries in rows and the place of the first.
func entries(rows *sql.Rows, err error) ([][]byte, int64, error) {
	if err != nil {
		return nil, 0, explain(err)
	}
	defer rows.Close()
	var out [][]byte
	var first int64
	for rows.Next() {
		var seq int64
		var b []byte
		if err := rows.Scan(&seq, &b); err != nil {
			return nil, 0, explain(err)
		}
		if out == nil {
			first = seq - 1
		}
		out = append(out, b)
	}
	return out, first, explain(rows.Err())
}

// List implements [store.Backend].
func (d *DB) List(ctx context.Context, index string, after store.Cursor, n int) (rs []store.Record, cs []store.Cursor, err error) {
	if after == (store.Cursor{}) {
		after.Score = math.MinInt64
	}
	rows, err := d.read.list.QueryContext(ctx, index, after.Score, after.Kind, after.ID, n)
	if err != nil {
		return nil, nil, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r store.Record
		var c store.Cursor
		if err := rows.Scan(&c.Score, &r.Kind, &r.ID, &r.Version, &r.Body); err != nil {
			return nil, nil, explain(err)
		}
		c.Kind, c.ID = r.Kind, r.ID
		rs, cs = append(rs, r), append(cs, c)
	}
	return rs, cs, explain(rows.Err())
}

// UpTo implements [store.Backend].
func (d *DB) UpTo(ctx context.Context, index string, score int64, n int) (count int, err error) {
	err = d.read.upTo.QueryRowContext(ctx, index, score, n).Scan(&count)
	return count, explain(err)
}

// Counts implements [store.Backend].
func (d *DB) Counts(ctx context.Context, names ...string) ([]int64, error) {
	asked, err := json.Marshal(append([]string{}, names...)) // [] for none
	if err != nil {
		return nil, err
	}
	rows, err := d.read.counts.QueryContext(ctx, string(asked))
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	out := make([]int64, len(names))
	for rows.Next() {
		var place int
		var n int64
		if err := rows.Scan(&place, &n); err != nil {
			return nil, explain(err)
		}
		out[place] = n
	}
	return out, explain(rows.Err())
}

// Depth implements [store.Backend].
func (d *DB) Depth(ctx context.Context, queue string, at time.Time) (store.Depth, error) {
	var p store.Depth
	var oldest int64
	err := d.read.depth.QueryRowContext(ctx, queue, at.UnixMilli(), store.Held.UnixMilli()).Scan(&p.Lanes, &p.Due, &p.Parked, &oldest)
	if oldest > 0 && oldest <= at.UnixMilli() { // 0: what a process held that is gone
		p.Oldest = time.UnixMilli(oldest)
	}
	return p, explain(err)
}
