package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/store"
)

// repeats returns how often a fault is made: what FAULTS says, or n.
func repeats(n int) int {
	if many, err := strconv.Atoi(os.Getenv("FAULTS")); err == nil && many > 0 {
		return many
	}
	return n
}

// A crowd writes all the time, one goroutine for each log: some 1,500 entries a
// second, and with FAULTS as many as can be. What is not acknowledged is written
// again with the same key, as a platform repeats what it got no 200 for, until
// it is.
type crowd struct {
	d     *DB
	acked []atomic.Int64 // by log: how many entries were acknowledged
	stop  context.CancelFunc
	done  sync.WaitGroup
	last  atomic.Pointer[error] // the last fault
}

const writers = 16

func newCrowd(t testing.TB, d *DB) *crowd {
	ctx, stop := context.WithCancel(context.Background())
	c := &crowd{d: d, acked: make([]atomic.Int64, writers), stop: stop}
	pause := 10 * time.Millisecond
	if os.Getenv("FAULTS") != "" {
		pause = 0
	}
	for w := range writers {
		c.done.Go(func() {
			for n := int64(0); ctx.Err() == nil; n++ {
				for !c.write(w, n) && ctx.Err() == nil {
				}
				wait(ctx, pause)
			}
		})
	}
	t.Cleanup(c.end)
	return c
}

func (c *crowd) end() {
	c.stop()
	c.done.Wait()
}

func log(w int) string { return fmt.Sprint("log", w) }

// write appends the entry n to a log, and reports whether it is there.
func (c *crowd) write(w int, n int64) bool {
	b := store.Batch{
		Shard: store.Shard(w * 4), At: time.Now(), Once: []string{fmt.Sprint(w, "/", n)},
		Append: []store.Entry{{Log: log(w), Body: strconv.AppendInt(nil, n, 10)}}, Add: []store.Counter{{Name: "all", N: 1}},
	}
	err := c.d.Commit(context.Background(), b)[0].Err
	if err != nil && !errors.Is(err, store.ErrSeen) {
		c.last.Store(&err)
		return false
	}
	c.acked[w].Store(n + 1)
	return true
}

// total returns how many entries were acknowledged.
func (c *crowd) total() (n int64) {
	for i := range c.acked {
		n += c.acked[i].Load()
	}
	return n
}

// goesOn waits until every writer has written some more.
func (c *crowd) goesOn(t testing.TB, more int64) {
	t.Helper()
	for i := range c.acked {
		from := c.acked[i].Load()
		until(t, func() bool { return c.acked[i].Load() >= from+more })
	}
}

// missing ends the crowd and counts the entries that were acknowledged and are
// not there. Entries that are there twice, or in another order, fail the test.
func (c *crowd) missing(t testing.TB) (lost int64) {
	t.Helper()
	c.end()
	var there int64
	for w := range writers {
		var seen int64 = -1
		acked := c.acked[w].Load()
		for from := int64(0); ; {
			es, _, err := c.d.Scan(t.Context(), store.Shard(w*4), log(w), from, 10_000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				n, err := strconv.ParseInt(string(e), 10, 64)
				if err != nil || n <= seen {
					t.Fatalf("%s: %s after %d: twice, or in another order", log(w), e, seen)
				}
				if n < acked {
					lost += n - seen - 1
				}
				seen = n
			}
			if from += int64(len(es)); len(es) == 0 {
				there += from
				break
			}
		}
		lost += max(acked-1-seen, 0)
	}
	if ns, err := c.d.Counts(t.Context(), "all"); err != nil || ns[0] != there {
		t.Errorf("%v entries were counted, %d are there (%v)", ns, there, err)
	}
	return lost
}

// keepsAll ends the crowd and fails the test if anything is lost.
func (c *crowd) keepsAll(t testing.TB) {
	t.Helper()
	if lost := c.missing(t); lost > 0 {
		t.Errorf("%d of %d acknowledged entries are lost", lost, c.total())
	}
	if t.Logf("%d entries acknowledged", c.total()); c.last.Load() != nil {
		t.Logf("the last fault: %v", *c.last.Load())
	}
}

// losesSome shows that keepsAll would see a loss, where a protection is off.
func (c *crowd) losesSome(t *testing.T) {
	t.Helper()
	lost := c.missing(t)
	if lost == 0 {
		t.Error("nothing is lost: a test for that would see nothing")
	}
	t.Logf("%d of %d acknowledged entries are lost, as they must be without the protection", lost, c.total())
}

// unsafely opens a server that may lose what it has acknowledged.
func unsafely(t *testing.T, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), url, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
