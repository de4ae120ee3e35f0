package sqlite

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
	"workervoice/store/storetest"
)

func fresh(t testing.TB) (store.Backend, string) {
	dir := t.TempDir()
	d, err := Open(filepath.Join(dir, "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

// mortal is a back end whose process may end.
type mortal struct {
	*DB
	path string
}

// Die returns what the next process has.
func (x mortal) Die(t testing.TB) store.Backend {
	x.Close()
	d, err := Open(x.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func conform(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Backend, string) {
		b, dir := fresh(t)
		return mortal{b.(*DB), filepath.Join(dir, "voice.db")}, dir
	})
}

func TestBackend(t *testing.T) { conform(t) }

// TestFullHand plays the same with a writer that can hardly remember anything.
func TestFullHand(t *testing.T) {
	was := atHand
	atHand = 1
	t.Cleanup(func() { atHand = was })
	conform(t)
}

func BenchmarkJoin(b *testing.B) {
	d, _ := fresh(b)
	storetest.BenchJoin(b, d)
}

func BenchmarkTurn(b *testing.B) {
	d, _ := fresh(b)
	storetest.Bench(b, d)
}

// TestPragmas looks at every connection: a setting that reaches only one of
// them, or a driver's default, loses what was acknowledged.
func TestPragmas(t *testing.T) {
	b, _ := fresh(t)
	d := b.(*DB)
	defer d.Close()
	want := map[string]string{"synchronous": "2", "journal_mode": "wal", "secure_delete": "1"}
	for range 4 {
		c, err := d.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() // at the end, so that each turn gets another one
		for pragma, want := range want {
			var got string
			if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
			}
		}
	}
	err := d.ask(t.Context(), func(w *writer) error {
		for pragma, want := range want {
			s, _, err := w.conn.Prepare("PRAGMA " + pragma)
			if err != nil {
				return err
			}
			got := ""
			if err := errors.Join(w.rows(s, func(s *sqlite3.Stmt) { got = s.ColumnText(0) }), s.Close()); err != nil || got != want {
				t.Errorf("of the writer, %s is %s, want %s (%v)", pragma, got, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
