package bot

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"workervoice/channels"
)

const (
	beat      = 5 * time.Second  // how often the store has to prove itself
	beatAgain = time.Second      // after a proof that failed
	beatLimit = 4 * time.Second  // for one proof
	silence   = 10 * time.Second // without a proof, after which the store counts as gone

	checkFirst = 20 * time.Second // after the start, which asks the platforms as well
	checkEvery = 10 * time.Minute
	checkAgain = 2 * time.Minute // while something is wrong
	checkLimit = time.Minute
)

// health is what an engine knows of itself, its store and its platforms without
// asking anybody. The zero health is that of an engine that starts.
type health struct {
	mu       sync.Mutex
	proved   time.Time // when the store last kept something, as safely as anything is
	failing  bool
	leaving  bool
	standing map[channels.ID]checked
	skewed   bool // some platform's clock shows another time
}

type checked struct {
	channels.Standing
	at time.Time
}

// Leave says that the engine will stop soon: from now on it is not ready, so
// that whoever divides the work gives it no more. It goes on with what comes
// all the same.
func (e *Engine) Leave() {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	e.health.leaving = true
}

// Leaving reports whether the engine will stop soon.
func (e *Engine) Leaving() bool {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	return e.health.leaving
}

// Ready returns nil while work may be given to the engine, else in one line why
// not. The line is the same for all faults of one kind, so that strangers may
// read it. Ready asks nobody and costs nothing.
func (e *Engine) Ready() error {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	switch {
	case e.health.leaving:
		return errors.New("it is stopping")
	case e.health.proved.IsZero() && !e.health.failing:
		return errors.New("it is starting")
	case e.Now().Sub(e.health.proved) > silence:
		return errors.New("the store does not answer")
	}
	return nil
}

// Standing returns what a platform last said of our account, and when; the zero
// time if it was not asked yet.
func (e *Engine) Standing(id channels.ID) (channels.Standing, time.Time) {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	c := e.health.standing[id]
	return c.Standing, c.at
}

// Held reports why a channel sends nothing just now, in words, or "".
func (e *Engine) Held(id channels.ID) string {
	s := e.senders[id]
	switch {
	case s == nil:
		return "not set up"
	case s.noQuota.Load():
		return "this month's messages are used up"
	}
	s.rate.mu.Lock()
	defer s.rate.mu.Unlock()
	if s.rate.pause.After(e.Now()) {
		return "the platform asked for a pause until " + s.rate.pause.Format(time.TimeOnly)
	}
	return ""
}

// Watch has the store prove itself every few seconds by keeping next to
// nothing, and asks the platforms every few minutes how our accounts stand,
// until ctx is done. hook returns where a channel's events should come, or ""
// where that is not known.
func (e *Engine) Watch(ctx context.Context, hook func(channels.Info) string) {
	var wg sync.WaitGroup
	wg.Go(func() { e.watchStore(ctx) })
	for _, a := range e.Channels {
		if c, ok := a.(channels.Checker); ok {
			wg.Go(func() { e.watchPlatform(ctx, c, hook(a.Info())) })
		}
	}
	wg.Wait()
}

func (e *Engine) watchStore(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		pause := beat
		if !e.prove(ctx, n) {
			pause = beatAgain
		}
		sleep(ctx, pause)
	}
}

// prove has the store keep something, in another of its shards each time, and
// reports whether it did.
func (e *Engine) prove(ctx context.Context, n int) bool {
	proving, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	err := e.Store.Prove(proving, n)
	if err != nil && ctx.Err() != nil {
		return true // nobody wants to know any more
	}
	e.health.mu.Lock()
	was := e.health.failing
	e.health.failing = err != nil
	if err == nil {
		e.health.proved = e.Now()
	}
	e.health.mu.Unlock()
	switch {
	case err != nil:
		e.count("store_failures")
		if !was {
			e.Log.Error("the store does not keep anything: platforms repeat what they bring; look at its disk, or at the Redis servers", "err", err)
		}
	case was:
		e.Log.Info("the store keeps again what it is given")
	}
	return err == nil
}

func (e *Engine) watchPlatform(ctx context.Context, c channels.Checker, hook string) {
	for pause := checkFirst; ; {
		if sleep(ctx, pause); ctx.Err() != nil {
			return
		}
		pause = checkEvery
		if e.check(ctx, c, hook) != nil {
			pause = checkAgain
		}
	}
}

// check asks a platform now and returns what is to be mended first.
func (e *Engine) check(ctx context.Context, c channels.Checker, hook string) error {
	id := c.Info().ID
	asking, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	st := c.Check(asking, hook)
	if ctx.Err() != nil {
		return nil
	}
	e.health.mu.Lock()
	last := e.health.standing[id]
	if !st.Clock.Known { // what the platform said last holds until it says more
		st.Clock = last.Clock
	}
	if e.health.standing == nil {
		e.health.standing = make(map[channels.ID]checked)
	}
	e.health.standing[id] = checked{st, e.Now()}
	e.health.mu.Unlock()
	fault, was := st.Fault(), last.Fault()
	switch {
	case fault != nil && (was == nil || was.Error() != fault.Error()):
		e.Log.Error("something is wrong with an account on a platform", "channel", id, "err", fault)
	case fault == nil && was != nil:
		e.Log.Info("the account on a platform is in order again", "channel", id)
	}
	e.tellClock(id, st.Clock.Fault())
	return cmp.Or(fault, st.Clock.Fault())
}

// tellClock says once that this machine's clock is wrong, by the platform that
// shows it first, and once that it is right by all of them.
func (e *Engine) tellClock(id channels.ID, fault error) {
	e.health.mu.Lock()
	was, is := e.health.skewed, false
	for _, c := range e.health.standing {
		is = is || c.Clock.Fault() != nil
	}
	e.health.skewed = is
	e.health.mu.Unlock()
	switch {
	case is && !was:
		e.Log.Error("the clock of this machine is wrong: times are not kept, and caseworkers' codes are refused", "channel", id, "err", fault)
	case was && !is:
		e.Log.Info("the clock of this machine is right again")
	}
}

// ahead returns by how much this machine's clock is ahead of a platform's, as
// that last said, or zero where the two are together, the clock is behind, or
// the platform does not tell. So a Date that is wrong itself holds nothing back.
func (e *Engine) ahead(id channels.ID) time.Duration {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	if c := e.health.standing[id].Clock; c.Ahead > channels.MaxSkew {
		return c.Ahead
	}
	return 0
}

// sleep returns after d, or when ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
