package sqlite

import (
	"context"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
)

// remembered is how long keys seen are kept.
const remembered = 7 * 24 * time.Hour

// Snapshot implements [store.Backend]. It reads within one transaction on a
// connection of its own: the writer goes on, and the log grows meanwhile.
func (d *DB) Snapshot(ctx context.Context, at time.Time, each func(store.Part) error) error {
	d.copying.Add(1)
	err := d.snapshot(ctx, at, each)
	d.copying.Add(-1)
	if err == nil {
		err = d.ask(ctx, func(*writer) error { return nil }) // what could not be cleaned meanwhile, now can
	}
	return err
}

func (d *DB) snapshot(ctx context.Context, at time.Time, each func(store.Part) error) error {
	r, err := d.reader()
	if err != nil {
		return err
	}
	defer r.conn.Close()
	for _, part := range []func(context.Context, time.Time, func(store.Part) error) error{r.counters, r.items, r.places, r.jobs} {
		if err := part(ctx, at, each); err != nil {
			return err
		}
	}
	return nil
}

// A reader reads everything as it stands at one moment.
type reader struct{ conn *sqlite3.Conn }

func (d *DB) reader() (reader, error) {
	conn, err := sqlite3.Open(d.file)
	if err != nil {
		return reader{}, explain(err)
	}
	if err := conn.Exec(`BEGIN; SELECT 1 FROM counter`); err != nil { // the first read fixes the moment
		conn.Close()
		return reader{}, explain(err)
	}
	return reader{conn}, nil
}

// rows calls each with every row of a query. Its error ends the reading.
func (r reader) rows(ctx context.Context, query string, each func(*sqlite3.Stmt) error) error {
	s, _, err := r.conn.Prepare(query)
	if err != nil {
		return explain(err)
	}
	defer s.Close()
	for n := 0; s.Step(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := each(s); err != nil {
			return err
		}
	}
	return explain(s.Err())
}

func (r reader) counters(ctx context.Context, _ time.Time, each func(store.Part) error) error {
	return r.rows(ctx, `SELECT name, n FROM counter WHERE n <> 0`, func(s *sqlite3.Stmt) error {
		return each(home(store.Part{What: store.CounterPart, Name: s.ColumnText(0), N: s.ColumnInt64(1)}))
	})
}

// home gives a part the shard of its name.
func home(p store.Part) store.Part {
	p.Shard = p.Home()
	return p
}

// items are records, logs and keys seen, in the order in which they came: that
// of a log's entries too, since entries are only added.
func (r reader) items(ctx context.Context, at time.Time, each func(store.Part) error) error {
	var body []byte
	return r.rows(ctx, `SELECT name, seq, n, body FROM item ORDER BY id`, func(s *sqlite3.Stmt) error {
		name, seq, n := s.ColumnText(0), s.ColumnInt64(1), s.ColumnInt64(2)
		body = s.ColumnBlob(3, body[:0])
		switch {
		case seq > 0:
			return each(home(store.Part{What: store.EntryPart, Name: name, Body: body}))
		case seq == 0:
			id, kind := parted(name)
			return each(home(store.Part{What: store.RecordPart, Kind: kind, ID: id, N: n, Body: body}))
		}
		p := store.Part{What: store.MarkPart, Shard: store.Shards, Name: name, N: n + remembered.Milliseconds()}
		if len(body) == 1 { // else an older program kept it
			p.Shard = store.Shard(body[0])
		}
		if p.N <= at.UnixMilli() {
			return nil
		}
		return each(p)
	})
}

// parted takes the name of a record apart.
func parted(name string) (id, kind string) {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)], name[i+1:]
}

func (r reader) places(ctx context.Context, _ time.Time, each func(store.Part) error) error {
	return r.rows(ctx, `SELECT name, score, kind, id FROM idx`, func(s *sqlite3.Stmt) error {
		return each(home(store.Part{What: store.PlacePart, Name: s.ColumnText(0), N: s.ColumnInt64(1), Kind: s.ColumnText(2), ID: s.ColumnText(3)}))
	})
}

func (r reader) jobs(ctx context.Context, at time.Time, each func(store.Part) error) error {
	return r.rows(ctx, `SELECT queue, lane, head, due, fence, attempts, body FROM job ORDER BY lane, queue, seq`, func(s *sqlite3.Stmt) error {
		p := home(store.Part{What: store.LanePart, Name: s.ColumnText(0), ID: s.ColumnText(1), N: s.ColumnInt64(3), Claims: s.ColumnInt(5)})
		if s.ColumnBool(2) {
			if s.ColumnInt64(4) != 0 {
				p.N = at.UnixMilli()
			}
			if err := each(p); err != nil {
				return err
			}
		}
		return each(store.Part{What: store.JobPart, Shard: p.Shard, Name: p.Name, ID: p.ID, Body: s.ColumnRawBlob(6)})
	})
}
