package store

import (
	"context"
	"errors"
	"time"

	"workervoice/channels"
)

const rateKind = "rate" // kind of record

// A rate is how far what was reserved of a channel's messages reaches.
type rate struct{ Full time.Time }

// ahead is how far into the future messages are reserved at most, beyond a
// burst. What a machine with a wrong clock has written is no more than that.
const ahead = 2 * time.Second

// Alone reports whether no other process can use the same back end.
func (s *Store) Alone() bool { return s.alone }

// Reserve keeps n messages of a channel for this process, of a rate that all
// processes share, and returns from when they may be sent: a burst at once,
// others later. What is reserved and not sent is lost. Where too much is
// reserved already nothing is kept: ok is false, and at is when to ask again.
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
		if limit := now.Add(burst + ahead + each*time.Duration(n)); was.Full.After(limit) {
			was.Full = limit
		}
		if was.Full.Before(now) {
			was.Full = now
		}
		if at = was.Full.Add(-burst); at.Before(now) {
			at = now
		} else if at.Sub(now) >= ahead {
			return at.Add(-ahead / 2), false, nil
		}
		_, err = s.commit(ctx, Batch{Shard: ShardOf(string(ch)), At: now, Put: []Put{{
			Record:  Record{Kind: rateKind, ID: string(ch), Version: rec.Version, Body: encode(rate{was.Full.Add(each * time.Duration(n))})},
			Subject: channelKind,
		}}})
		if !errors.Is(err, ErrStale) {
			return at, err == nil, err
		}
	}
}
