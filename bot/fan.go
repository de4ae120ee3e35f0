package bot

import (
	"context"
	"errors"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func init() { followers = append(followers, (*Engine).inform) }

const (
	page    = 50                   // conversations that are handed an update at a time
	abreast = 16                   // updates that are read at a time
	way     = 5 * time.Millisecond // given to turns that wait already
)

// A round is a walk along the updates that are on their way, those approved
// first in front. They are read a few at a time and not anew for each page that
// is handed out: the next page of one that somebody has changed meanwhile is
// stale, and it is read again in the next round.
type round struct {
	next  []cases.Update // read, and still to be handed out
	after store.Cursor   // where it goes on behind those
	moved bool           // something was handed out, by whomever
}

// fan hands an update that is on its way to a page of conversations, the oldest
// first, and reports whether there may be more to do. One that cannot be handed
// out holds up none of those behind it: it is left until the next round. Those
// who write to the bot come first: while as many turns wait as it has brought,
// it brings no more. It is called by one at a time.
func (e *Engine) fan(ctx context.Context) bool {
	r := &e.round
	for {
		if len(r.next) == 0 && !e.further(ctx) {
			moved := r.moved
			*r = round{}
			return moved
		}
		if e.giveWay(ctx) || e.handOut(ctx) {
			return true
		}
	}
}

// further reads on in the round, and reports whether there was anything.
func (e *Engine) further(ctx context.Context) bool {
	r := &e.round
	for {
		was := r.after
		us, after, err := e.Store.Going(ctx, was, abreast)
		if err != nil && ctx.Err() == nil {
			e.Log.Error("updates that are on their way cannot be read: look at the store", "err", err)
		}
		if r.next, r.after = us, after; len(us) > 0 || after == was { // else none of these can be read, but there may be others
			return len(us) > 0
		}
	}
}

// handOut hands the next update of the round to a page of conversations, and
// reports whether it has come further.
func (e *Engine) handOut(ctx context.Context) bool {
	r := &e.round
	u := r.next[0]
	now, n, err := e.Store.HandOut(context.WithoutCancel(ctx), u, page)
	if err != nil || now.State == cases.UpdateOut {
		r.next = r.next[1:]
	} else {
		r.next[0] = now
	}
	if err != nil && !errors.Is(err, store.ErrStale) { // stale: somebody else hands it out as well
		e.Log.Error("an update is not handed out further, it is tried again: look at the store", "update", u.ID, "err", err)
		return false
	}
	if r.moved = true; n > 0 && err == nil {
		e.turns.ring()
		e.count("updates_brought", now.Kind)
	}
	return true
}

// giveWay reports whether so many turns wait that they go first, and then waits
// a moment for them, or until ctx is done.
func (e *Engine) giveWay(ctx context.Context) bool {
	if due, err := e.Store.TurnsDue(ctx); err != nil || due < page {
		return false
	}
	t := time.NewTimer(way)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	return true
}

// Approve sends a draft of that version on its way, as [store.Store.Approve]
// does, and at once.
func (e *Engine) Approve(ctx context.Context, by cases.Caseworker, c cases.ID, update string, version int64) (cases.Update, error) {
	u, err := e.Store.Approve(ctx, by, c, update, version)
	if err == nil {
		e.fans.ring()
	}
	return u, err
}

// inform tells the workers of a case what an entry means for them, once.
func (e *Engine) inform(ctx context.Context, f flows.Follow) error {
	ctx = context.WithoutCancel(ctx)
	c, err := e.Store.CaseOf(ctx, f.Case)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	u, ok := flows.Tidings(f, c)
	if !ok || f.What == string(cases.Silent) && c.News.After(f.At) { // or they have heard something since
		return nil
	}
	if err := e.Store.Inform(ctx, u); err != nil {
		return err
	}
	e.fans.ring()
	return nil
}

// NoNews returns the draft of an update that says that there is nothing new:
// the bot has written it, a caseworker of the case approves it with [Engine.Approve].
func (e *Engine) NoNews(ctx context.Context, by cases.Caseworker, id cases.ID) (cases.Update, error) {
	c, err := e.Store.Case(ctx, by, id)
	if err != nil {
		return cases.Update{}, err
	}
	u := flows.NoNews(c, e.Now())
	was, err := e.Store.Told(ctx, id, u.ID)
	if err == nil {
		return was, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	return e.Store.PutUpdate(ctx, cases.Bot, u)
}

// again brings an update back to a conversation that it was not sent to after
// all: it waits there once more.
func (e *Engine) again(ctx context.Context, m channels.Outbound) error {
	c, update := store.DeliveryOf(m.For)
	err := e.Store.Receive(context.WithoutCancel(ctx), channels.Event{ID: "again/" + m.Key, Kind: channels.Brought, What: "update", From: m.To, At: e.Now(),
		Case: string(c), Update: update, Facts: map[string]string{"again": "yes"}})
	if err != nil && !errors.Is(err, store.ErrSeen) {
		return err
	}
	e.turns.ring()
	return nil
}
