package store

import (
	"context"
	"time"

	"workervoice/cases"
	"workervoice/flows"
)

// Tick turns the bot's clocks of up to n cases whose time has come into
// entries, each exactly once, and returns when the next one is due: the zero
// time if there is none, a time past if there are more.
func (s *Store) Tick(ctx context.Context, n int) (time.Time, error) {
	return s.due(ctx, listOf(clockedCases, everybody), n, func(r Record, now time.Time) (bool, error) {
		if r.Body == nil { // damaged: told in the error
			return false, nil
		}
		err := s.tickOne(ctx, r, now)
		return err == nil, err // what happened may have set other clocks
	})
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
