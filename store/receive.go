package store

import (
	"context"
	"errors"

	"workervoice/channels"
)

const (
	turns = "turns" // queue of events waiting for a turn, a lane per conversation
	inbox = "inbox" // subject that seals them: it outlives the worker's keys, so that what comes after an erasure is not lost
)

// Receive keeps events until a turn takes them. It drops those it has seen
// before. What tells of a message of ours joins the conversation's receipts
// and leads to a turn only where the message failed.
func (s *Store) Receive(ctx context.Context, events ...channels.Event) error {
	bs := make([]Batch, 0, len(events))
	for _, e := range events {
		p, err := s.resolve(ctx, e)
		if err != nil {
			return err
		}
		b := s.arrival(p.conv, e)
		if e.Kind.Receipt() {
			if !p.k.kept { // of a worker erased since
				continue
			}
			b.Append = []Entry{s.receipts(p.conv, receiptOf(e, s.now()))}
			if e.Kind != channels.Failed {
				b.Jobs = nil
			}
			if err := s.received(ctx, p.conv, e, &b); err != nil {
				return err
			}
		}
		bs = append(bs, b)
	}
	for i, r := range s.b.Commit(ctx, bs...) {
		if r.Err != nil && !errors.Is(r.Err, ErrSeen) {
			return r.Err
		}
		for _, j := range bs[i].Jobs {
			s.hints.left(j.Lane.Queue, 1<<bs[i].Shard)
		}
	}
	return nil
}

// arrival has e wait for a turn of a conversation.
func (s *Store) arrival(conv string, e channels.Event) Batch {
	now := s.now()
	return Batch{
		Shard: ShardOf(conv), At: now, Once: []string{s.event(conv, e)},
		Jobs: []Job{{Lane: Lane{turns, conv}, Subject: inbox, Body: encode(e), Due: now}},
	}
}
