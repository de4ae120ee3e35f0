package store

import (
	"context"
	"errors"
	"time"

	"workervoice/channels"
	"workervoice/flows"
)

const wakes = "wake" // index of conversations, by when the bot wants to speak

// Wakes turns up to n conversations' alarms whose time has come into events,
// each exactly once, and returns when the next one is due: the zero time if
// there is none, a time past if there are more to turn.
func (s *Store) Wakes(ctx context.Context, n int) (time.Time, error) {
	now := s.now()
	rs, cs, fault := s.b.List(ctx, wakes, Cursor{}, n+1)
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
		switch err := s.wake(ctx, r, now); {
		case errors.Is(err, ErrStale): // a turn was faster: look again
			more = true
		case err != nil:
			fault = errors.Join(fault, err)
		}
	}
	if more {
		next = now
	}
	return next, fault
}

// wake turns the alarms of one conversation that are due into events. The
// record remembers them, so that a turn that leaves one in place is not woken
// by it again.
func (s *Store) wake(ctx context.Context, r Record, now time.Time) error {
	k, err := knownOf(r, now)
	if err != nil || !k.kept {
		return err
	}
	next := k.standing
	b := Batch{Shard: ShardOf(r.ID), At: now}
	for _, a := range k.Session.Alarms {
		if a.At.UnixMilli() > now.UnixMilli() || k.fired(a) {
			continue
		}
		next.Fired = append(next.Fired[:len(next.Fired):len(next.Fired)], a)
		e := woke(r.ID, k.With, a)
		b.Once = append(b.Once, s.event(r.ID, e))
		b.Jobs = append(b.Jobs, Job{Lane: Lane{turns, r.ID}, Subject: inbox, Body: encode(e), Due: now})
	}
	b.Put = []Put{k.put(r.ID, &next)}
	_, err = s.commit(ctx, b)
	if errors.Is(err, ErrSeen) { // fired before, forgotten, and set anew to the same time
		b.Once, b.Jobs = nil, nil
		_, err = s.commit(ctx, b)
	}
	if err != nil {
		s.recent.drop(r.ID)
		return err
	}
	s.recent.put(r.ID, &known{next, k.version + 1, true, now})
	s.hints.left(turns, 1<<b.Shard)
	return nil
}

func woke(conv string, with channels.Address, a flows.Alarm) channels.Event {
	return channels.Event{
		ID: "woke/" + conv + "/" + itoa(a.At.UnixMilli()) + "/" + a.What, Kind: channels.Woke, From: with, At: a.At, What: a.What,
	}
}
