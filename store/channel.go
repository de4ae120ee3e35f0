package store

import (
	"context"
	"errors"
	"time"

	"workervoice/channels"
)

// A ChannelState is what must be remembered of a channel when the program
// starts anew.
type ChannelState struct {
	BusyUntil  time.Time        `json:",omitzero"`  // the platform asked for no messages before
	QuotaUsed  int64            `json:",omitempty"` // messages of QuotaMonth
	QuotaLimit int64            `json:",omitempty"` // below zero: none
	QuotaMonth string           `json:",omitempty"` // such as "2026-11"
	Templates  map[int64]int    `json:",omitempty"` // sent in the last day, by five minutes since 1970
	Counted    map[string]int64 `json:",omitempty"` // of Templates, those that may still be asked for again: their five minutes, by key
	Offset     string           `json:",omitempty"` // how far events were polled
}

const channelKind = "channel" // kind of record, and subject that seals it

// Channel returns what is remembered of a channel: the zero ChannelState at first.
func (s *Store) Channel(ctx context.Context, id channels.ID) (ChannelState, error) {
	st, _, err := s.channel(ctx, id)
	return st, err
}

func (s *Store) channel(ctx context.Context, id channels.ID) (st ChannelState, version int64, err error) {
	r, err := s.b.Get(ctx, ShardOf(string(id)), channelKind, string(id))
	if err != nil {
		return st, 0, err
	}
	return st, r.Version, decode(r.Body, &st)
}

// PutChannel changes what is remembered of a channel. It calls change with
// what is remembered now, again if somebody else was faster, so that who polls
// and who sends do not undo each other's changes.
func (s *Store) PutChannel(ctx context.Context, id channels.ID, change func(*ChannelState)) error {
	for {
		st, version, err := s.channel(ctx, id)
		if err != nil {
			return err
		}
		change(&st)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(string(id)), At: s.now(), Put: []Put{{
			Record: Record{Kind: channelKind, ID: string(id), Version: version, Body: encode(st)}, Subject: channelKind,
		}}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}
