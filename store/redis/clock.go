package redis

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Leases go by the clocks of processes, which all must show about the same. A
// clock that is set while the program runs would claim what others hold, or
// lease for a time that is over. Every glance at the servers compares it with
// theirs; that it was set in between is seen here by the time that has really
// gone by, which costs no question: then the servers are asked at once, before
// anything is leased.

// step is how far a clock may be set without that being looked at.
const step = time.Second

// A clock knows whether that of the machine was set since it was compared.
type clock struct {
	wall  func() time.Time // what it shows
	begun time.Time

	mu  sync.Mutex   // held while servers are asked
	off atomic.Int64 // by how much it had been set since begun when it was compared
}

func newClock(wall func() time.Time) clock {
	return clock{wall: wall, begun: time.Now()}
}

// set returns by how much the clock was set since begun.
func (c *clock) set() int64 {
	return int64(c.wall().Round(0).Sub(c.begun.Round(0)) - time.Since(c.begun))
}

// compare asks the servers whether they are still fit where the clock was set
// since they were asked, and returns why nothing may be leased now.
func (d *DB) compare(ctx context.Context) error {
	if time.Duration(d.clock.set()-d.clock.off.Load()).Abs() < step {
		return nil
	}
	d.clock.mu.Lock()
	defer d.clock.mu.Unlock()
	if time.Duration(d.clock.set()-d.clock.off.Load()).Abs() < step { // somebody else has asked meanwhile
		return nil
	}
	if err := d.judge(ctx); err != nil {
		return explain(err)
	}
	return nil
}

// judge asks the servers whether they are fit and keeps the answer. It returns
// an error where there is none.
func (d *DB) judge(ctx context.Context) error {
	set := d.clock.set()
	err := d.reach(ctx)
	if err == nil {
		err = d.known(ctx)
	}
	var unfit *unfitError
	switch {
	case errors.As(err, &unfit):
		d.unfit.Store(unfit)
	case err != nil:
		return err
	default:
		d.unfit.Store(nil)
	}
	d.clock.off.Store(set)
	return nil
}
