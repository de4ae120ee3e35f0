package bot

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
	"workervoice/flows"
)

// followers carry out what cases ask for beyond themselves: news to workers,
// questions to them. Each gets every follow, takes up what is its own, and may
// be called again for the same one. When the context is done, what is short is
// finished and what is long returns its error. Each file adds its own in init.
var followers []func(*Engine, context.Context, flows.Follow) error

// Do adds an entry to a case, as [store.Store.Do] does, and sees to it that
// what follows is done at once.
func (e *Engine) Do(ctx context.Context, by cases.Caseworker, n cases.Entry) (cases.Case, error) {
	c, err := e.Store.Do(ctx, by, n)
	if err == nil {
		e.followed()
	}
	return c, err
}

// followed rings for what an entry may have left to do.
func (e *Engine) followed() {
	e.follows.ring()
	e.entries.ring()
}

// clock turns the clocks of cases into entries when their time has come. It
// sleeps until the next, and at most five minutes: somebody may have set one.
func (e *Engine) clock(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := e.Store.Tick(context.WithoutCancel(ctx), 100)
		pause := 5 * time.Minute
		switch {
		case err != nil:
			e.Log.Error("the clocks of some cases cannot be read, it is tried again: look at the store", "err", err)
			pause = time.Minute
		case !next.IsZero():
			pause = min(max(next.Sub(e.Now()), 0), pause)
		}
		if !next.IsZero() && pause <= 0 {
			e.followed()
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-e.moved:
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

// Moved says that the time has jumped, as it does for a machine that has slept
// or for a test: clocks and alarms are looked at now, and not within minutes.
func (e *Engine) Moved() {
	e.moved.ring()
	e.wakes.ring()
	for _, s := range e.senders {
		s.bell.ring()
	}
}

// attend carries out what entries have asked for, and reports whether there
// was anything.
func (e *Engine) attend(ctx context.Context) bool {
	some, err := e.Store.Follow(context.WithoutCancel(ctx), takers, lease, func(_ context.Context, f flows.Follow) error {
		for _, do := range followers {
			if err := do(e, ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) { // the rest is for the next start
		return false
	}
	if err != nil {
		e.Log.Error("what a case asks for is not done yet, it is tried again", "err", err)
		return false
	}
	return some
}
