package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"workervoice/channels"
)

const rateKind = "rate" // kind of record

// A rate is how far what was reserved of a channel's messages reaches.
type rate struct {
	Full   time.Time
	Paused time.Time `json:",omitzero"` // the platform asked for no messages before
}

// ahead is how far into the future messages are reserved at most, beyond a
// burst. What a machine with a wrong clock has written is no more than that.
const ahead = 2 * time.Second

// Alone reports whether no other process can use the same back end.
func (s *Store) Alone() bool { return s.alone }

// Reserve keeps n messages of a channel for this process, of a rate that all
// processes share, and returns from when they may be sent: a burst at once,
// others later. What is reserved and not sent is lost. Where too much is
// reserved already, and in a pause that the platform asked for, nothing is kept:
// ok is false, and at is when to ask again. After a pause there is no burst.
func (s *Store) Reserve(ctx context.Context, ch channels.ID, r channels.Rate, n int) (at time.Time, ok bool, err error) {
	each := (r.Per + time.Duration(r.Messages) - 1) / time.Duration(r.Messages)
	burst := each * time.Duration(max(r.Burst, 1)-1)
	for {
		now := s.now()
		rec, err := s.b.Get(ctx, ShardOf(string(ch)), rateKind, string(ch))
		if err != nil {
			return at, false, err
		}
		var was rate
		if err := decode(rec.Body, &was); err != nil {
			return at, false, err
		}
		if was.Paused.After(now) {
			return was.Paused, false, nil
		}
		if limit := now.Add(burst + ahead + each*time.Duration(n)); was.Full.After(limit) {
			was.Full = limit
		}
		was.Full = latest(was.Full, now, was.Paused.Add(burst))
		if at = was.Full.Add(-burst); at.Before(now) {
			at = now
		} else if at.Sub(now) >= ahead {
			return at.Add(-ahead / 2), false, nil
		}
		_, err = s.commit(ctx, Batch{Shard: ShardOf(string(ch)), At: now, Put: []Put{{
			Record:  Record{Kind: rateKind, ID: string(ch), Version: rec.Version, Body: encode(rate{was.Full.Add(each * time.Duration(n)), was.Paused})},
			Subject: channelKind,
		}}})
		if !errors.Is(err, ErrStale) {
			return at, err == nil, err
		}
	}
}

// Pause keeps that a platform asked for no messages of a channel before until:
// over a restart, for what is reserved from now on, and for other processes,
// which hear of it with OnPause. A pause that ends later goes on.
func (s *Store) Pause(ctx context.Context, ch channels.ID, until time.Time) error {
	for {
		st, version, err := s.channel(ctx, ch)
		if err != nil {
			return err
		}
		rec, err := s.b.Get(ctx, ShardOf(string(ch)), rateKind, string(ch))
		if err != nil {
			return err
		}
		var was rate
		if err := decode(rec.Body, &was); err != nil {
			return err
		}
		st.BusyUntil, was.Paused = latest(st.BusyUntil, until), latest(was.Paused, until)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(string(ch)), At: s.now(), Put: []Put{
			{Record: Record{Kind: channelKind, ID: string(ch), Version: version, Body: encode(st)}, Subject: channelKind},
			{Record: Record{Kind: rateKind, ID: string(ch), Version: rec.Version, Body: encode(was)}, Subject: channelKind},
		}})
		if err == nil {
			s.hub.others.pause(ch, until)
		}
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

func latest(ts ...time.Time) time.Time { return slices.MaxFunc(ts, time.Time.Compare) }
