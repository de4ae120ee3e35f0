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
	return s.due(ctx, wakes, n, func(r Record, now time.Time) (bool, error) {
		err := s.wake(ctx, r, now)
		if errors.Is(err, ErrStale) { // a turn was faster
			return true, nil
		}
		return false, err
	})
}

// due calls f with up to n records of an index by time, each of which is due
// now, and returns when the next one is: the zero time if there is none, now
// where f said of any that one has to look again, a time past if there are more
// than n. One that f fails at does not hinder the others.
func (s *Store) due(ctx context.Context, index string, n int, f func(r Record, now time.Time) (again bool, err error)) (next time.Time, fault error) {
	now := s.now()
	rs, cs, fault := s.b.List(ctx, index, Cursor{}, n+1)
	if fault != nil && len(rs) == 0 {
		return next, fault
	}
	more := false
	for i, r := range rs {
		if at := time.UnixMilli(cs[i].Score); i == n || at.After(now) {
			next = at
			break
		}
		again, err := f(r, now)
		more, fault = more || again, errors.Join(fault, err)
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
