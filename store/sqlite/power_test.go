package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"workervoice/store"
)

// writers write at the same time, each its own record, log and lane.
const writers = 4

// TestPower cuts the power at any write or flush, again and again, while
// several write and the log is copied into the file, and looks after each cut
// for what was acknowledged. VOICE_TEST_CUTS says how often; 50 if empty.
//
// It would see a loss: with a weaker flush, and on a disk that only says that it
// flushes, it must.
func TestPower(t *testing.T) {
	cuts, _ := strconv.Atoi(os.Getenv("VOICE_TEST_CUTS"))
	if cuts == 0 {
		cuts = 50
	}
	p := newPower(t, "mains", 1)
	for p.m.cuts < cuts && !t.Failed() {
		p.cut(t)
	}
	if p.lost+p.damaged > 0 {
		t.Errorf("%d acknowledged commits lost, %d files damaged", p.lost, p.damaged)
	}
	t.Logf("%d power cuts, %d commits acknowledged, %d lost, %d files damaged", p.m.cuts, p.acknowledged, p.lost, p.damaged)
}

// TestPowerIsSeenToBeLost has TestPower's harness meet what must lose commits.
func TestPowerIsSeenToBeLost(t *testing.T) {
	const few = 15
	synchronous = "normal"
	p := newPower(t, "mains-normal", 2)
	for p.m.cuts < few {
		p.cut(t)
	}
	synchronous = "full"
	if p.lost == 0 {
		t.Error("nothing was lost with synchronous=normal: the test would not notice a lost commit")
	}
	q := newPower(t, "mains-lies", 3)
	q.m.lies = true
	for q.m.cuts < few {
		q.cut(t)
	}
	if q.lost == 0 || q.damaged == 0 {
		t.Errorf("%d lost, %d damaged on a disk that lies: the test would not notice", q.lost, q.damaged)
	}
	t.Logf("synchronous=normal: %d of %d lost, %d files damaged; a lying disk: %d of %d lost, %d files damaged",
		p.lost, p.acknowledged, p.damaged, q.lost, q.acknowledged, q.damaged)
}

// A power is a store on mains and what it has acknowledged.
type power struct {
	m    *mains
	vfs  string
	dir  string
	file string

	done    [writers]int64 // acknowledged in the present file
	last    [writers]int64 // after the last cut
	started bool

	acknowledged, lost int64
	damaged            int64
	files              int
}

func newPower(t *testing.T, name string, seed uint64) *power {
	return &power{m: newMains(name, seed), vfs: name, dir: t.TempDir()}
}

// cut writes until the power fails, and looks at what is left. What follows
// goes on with the same file, a few hundred times.
func (p *power) cut(t *testing.T) {
	if !p.started || p.m.cuts%300 == 299 {
		p.fresh()
	}
	d, err := open(p.file, p.vfs)
	if err != nil {
		t.Fatalf("cut %d: %v", p.m.cuts, err)
	}
	p.m.mu.Lock()
	p.m.left = 1 + p.m.rand.IntN(300)
	copies := p.m.rand.IntN(3) == 0
	p.m.mu.Unlock()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { p.write(t, d, w) })
	}
	if copies {
		wg.Go(func() {
			for d.Commit(t.Context(), store.Batch{At: time.Now(), Add: []store.Counter{{Name: "copied", N: 1}}})[0].Err == nil {
				d.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`) //nolint:errcheck // the power fails in here, too
			}
		})
	}
	wg.Wait()
	d.Close()
	p.m.restore(t)
	p.look(t)
}

func (p *power) fresh() {
	p.files++
	p.file, p.started = filepath.Join(p.dir, fmt.Sprint(p.files, ".db")), true
	p.done, p.last = [writers]int64{}, [writers]int64{}
}

// write commits one step after the other until the power fails.
func (p *power) write(t *testing.T, d *DB, w int) {
	id := fmt.Sprint("w", w)
	for {
		n := p.done[w]
		b := store.Batch{
			Shard: store.ShardOf(id), At: time.Now(), Once: []string{fmt.Sprint(id, "/", n)}, Scrub: n%7 == 0,
			Put:    []store.Put{{Record: store.Record{Kind: "k", ID: id, Version: n, Body: make([]byte, 300+n%900)}}},
			Append: []store.Entry{{Log: id + "/log", Body: strconv.AppendInt(nil, n, 10)}},
			Jobs:   []store.Job{{Lane: store.Lane{Queue: "q", ID: id}, Body: strconv.AppendInt(nil, n, 10), Due: time.Now()}},
			Add:    []store.Counter{{Name: id, N: 1}},
		}
		if d.Commit(t.Context(), b)[0].Err != nil {
			return
		}
		p.done[w]++
	}
}

// look compares what is there with what was acknowledged. One commit more may
// be there: it was under way.
func (p *power) look(t *testing.T) {
	fault := p.compare(t)
	if fault != "" {
		t.Logf("cut %d: %s", p.m.cuts, fault)
		p.damaged++
		p.started = false
	}
	p.last = p.done
}

// compare returns what is wrong with the file itself, if anything is.
func (p *power) compare(t *testing.T) string {
	d, err := open(p.file, p.vfs)
	if err != nil {
		return err.Error()
	}
	defer d.Close()
	whole := ""
	if err := d.db.QueryRow(`PRAGMA integrity_check(1)`).Scan(&whole); err != nil || whole != "ok" {
		return fmt.Sprint(whole, err)
	}
	for w := range writers {
		id := fmt.Sprint("w", w)
		r, err := d.Get(t.Context(), store.ShardOf(id), "k", id)
		entries, _, err2 := d.Scan(t.Context(), store.ShardOf(id), id+"/log", 0, 1e9)
		counts, err3 := d.Counts(t.Context(), id)
		var jobs int64
		err4 := d.db.QueryRow(`SELECT count(*) FROM job WHERE queue = 'q' AND lane = ?`, id).Scan(&jobs)
		if err := errors.Join(err, err2, err3, err4); err != nil {
			return err.Error()
		}
		if n := r.Version; int64(len(entries)) != n || counts[0] != n || jobs != n {
			return fmt.Sprintf("a commit is torn: version %d, %d entries, %d counted, %d jobs", n, len(entries), counts[0], jobs)
		}
		for i, e := range entries {
			if string(e) != strconv.Itoa(i) {
				return fmt.Sprintf("entry %s in place %d", e, i)
			}
		}
		p.acknowledged += p.done[w] - p.last[w]
		p.lost += max(0, p.done[w]-r.Version)
		p.done[w] = r.Version
	}
	return ""
}
