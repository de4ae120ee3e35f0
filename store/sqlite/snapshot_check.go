package sqlite

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// Check implements [store.Backend]. It reads the whole file.
func (d *DB) Check(ctx context.Context, tell func(string)) error {
	d.copying.Add(1)
	defer d.copying.Add(-1)
	r, err := d.reader()
	if err != nil {
		return err
	}
	defer r.conn.Close()
	for _, c := range []struct{ query, says string }{
		{`SELECT integrity_check, '' FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
			"the file is damaged (%s)%s: stop, keep a copy and restore the last backup"},
		{`SELECT queue, count(*) FROM (SELECT queue, lane FROM job GROUP BY queue, lane HAVING sum(head) <> 1 OR sum(head * seq) <> min(seq)) GROUP BY queue`,
			"queue %s: of %s lanes nobody finds the oldest job: stop, keep a copy and restore the last backup"},
		{`SELECT queue, count(*) FROM (SELECT queue, lane FROM job GROUP BY queue, lane HAVING count(*) <> 1 + max(seq) - min(seq)) GROUP BY queue`,
			"queue %s: jobs are missing from the middle of %s lanes: restore the last backup, or go on without them"},
		{`SELECT 'item', count(*) FROM (SELECT name FROM item WHERE seq > 0 GROUP BY name HAVING count(*) <> max(seq)) HAVING count(*) > 0`,
			"%s: entries are missing from %s logs: restore the last backup, or go on without them"},
	} {
		err := r.rows(ctx, c.query, func(s *sqlite3.Stmt) error {
			tell(fmt.Sprintf(c.says, s.ColumnText(0), s.ColumnText(1)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
