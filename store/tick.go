package store

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
	"workervoice/flows"
)

// Tick turns the bot's clocks of up to n cases whose time has come into
// entries, each exactly once, and returns when the next one is due: the zero
// time if there is none, a time past if there are more.
func (s *Store) Tick(ctx context.Context, n int) (time.Time, error) {
	now := s.now()
	rs, cs, fault := s.b.List(ctx, listOf(clockedCases, everybody), Cursor{}, n+1)
	if fault != nil && len(rs) == 0 {
		return time.Time{}, fault
	}
	var next time.Time
	more := false
	for i, r := range rs {
		if at := time.UnixMilli(cs[i].Score); i == n || cs[i].Score > now.UnixMilli() {
			next = at
			break
		}
		if r.Body == nil { // damaged: told in the error
			continue
		}
		if err := s.tickOne(ctx, r, now); err != nil {
			fault = errors.Join(fault, err)
			continue
		}
		more = true
	}
	if more { // what happened may have set other clocks
		next = now
	}
	return next, fault
}

// tickOne carries out the first clock of a case that is due. The key of what it
// leads to is that of the clock, so that two processes do it once.
func (s *Store) tickOne(ctx context.Context, r Record, now time.Time) error {
	c, err := caseOf(r)
	if err != nil {
		return err
	}
	for _, k := range c.Clocks {
		if k.Human || k.At.After(now) {
			continue
		}
		n := flows.Ring(c, k, now)
		if n.Kind == "" {
			n.Kind = cases.Polled // leaves no trace but for the clock
		}
		_, err := s.enter(ctx, change{by: cases.Bot, n: n, stop: &k})
		return err
	}
	return nil
}
