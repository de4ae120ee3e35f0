package redis

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/store"
)

// A wall is the clock of a machine, which somebody sets while the program runs.
type wall struct{ off atomic.Int64 }

func (w *wall) now() time.Time { return time.Now().Round(0).Add(time.Duration(w.off.Load())) }

// TestClockSet sets the clock of one of two processes forward and back. It
// neither claims what the other holds nor leases anything, from the first call
// on, and works again as soon as its clock is right. A process that does not ask
// takes what the other holds.
func TestClockSet(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	for name, off := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		w := &wall{}
		other, err := openBy(t.Context(), s.url(), false, w.now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		oneJob(t, d)
		hold := store.Claim{Queue: "q", At: time.Now(), Until: time.Now().Add(time.Minute), Fence: heldFence, In: 1<<store.Shards - 1, Lanes: 1, Jobs: 1}
		if hs, err := d.Claim(t.Context(), hold); err != nil || len(hs) != 1 {
			t.Fatal(name, hs, err)
		}
		w.off.Store(int64(off))
		late := hold
		late.At, late.Until, late.Fence = w.now(), w.now().Add(time.Minute), 8
		for range 2 {
			hs, err := other.Claim(t.Context(), late)
			if len(hs) > 0 || err == nil && off > 0 { // by a clock that is behind nothing is due
				t.Errorf("%s: claimed %v (%v)", name, hs, err)
			}
			err = other.put(t, "x "+name)
			if err == nil || !strings.Contains(err.Error(), "1h0m0s apart: have both set by NTP") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: committed (%v)", name, err)
			}
		}
		w.off.Store(0)
		if _, err := other.Claim(t.Context(), hold); err != nil {
			t.Errorf("%s: the clock is right again: %v", name, err)
		}
		if err := other.put(t, "x "+name); err != nil {
			t.Errorf("%s: the clock is right again: %v", name, err)
		}
		if off > 0 { // the lane is due by the wrong clock
			blind, err := openBy(t.Context(), s.url(), true, w.now)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { blind.Close() })
			w.off.Store(int64(off))
			late.Fence = 9
			if hs, err := blind.Claim(t.Context(), late); err != nil || len(hs) != 1 {
				t.Errorf("without a look at the servers it has not claimed what another holds: %v, %v", hs, err)
			}
			if err := d.Commit(t.Context(), ending(heldFence))[0].Err; !errors.Is(err, store.ErrStale) {
				t.Error(err)
			}
			if err := d.Commit(t.Context(), store.Batch{Shard: store.ShardOf("a"), At: time.Now(), Drop: []store.Lane{heldLane}})[0].Err; err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := d.Commit(t.Context(), ending(heldFence))[0].Err; err != nil {
			t.Errorf("%s: who holds the lane cannot end its lease: %v", name, err)
		}
	}
}

// TestClockDrifts checks that what every machine's clock does asks nobody.
func TestClockDrifts(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := &wall{}
	d, err := openBy(t.Context(), s.url(), false, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil { // whoever asks now gets an error
		t.Fatal(err)
	}
	for _, off := range []time.Duration{step - 100*time.Millisecond, -step + 100*time.Millisecond} {
		w.off.Store(int64(off))
		if err := d.compare(t.Context()); err != nil {
			t.Error(off, err)
		}
	}
	w.off.Store(int64(2 * step))
	if err := d.compare(t.Context()); err == nil {
		t.Error("a clock that was set asks nobody")
	}
}
