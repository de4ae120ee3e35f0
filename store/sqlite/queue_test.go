package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"workervoice/store"
)

// TestLogBeginsAnew writes without a pause: the log must be copied and begin
// again beside that, or it would fill the disk on a busy day.
func TestLogBeginsAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.db")
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	body := make([]byte, 4096) // a page of the log each, however many share a commit
	write := func(n int) (bytes int64) {
		t.Helper()
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for j := range n / 16 {
					b := store.Batch{Append: []store.Entry{{Log: fmt.Sprint(n, i, j), Body: body}}}
					if r := d.Commit(t.Context(), b)[0]; r.Err != nil {
						t.Error(r.Err)
						return
					}
				}
			})
		}
		wg.Wait()
		s, err := os.Stat(file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return s.Size()
	}
	each := write(1600) / 1600
	if got, most := write(3*checkpoint), 2*checkpoint*each; got > most {
		t.Errorf("the log has %d bytes after %d commits, want at most those of %d: %d", got, 3*checkpoint, 2*checkpoint, most)
	}
}
