package store

import (
	"context"
	"errors"
	"time"

	"workervoice/channels"
)

// A Receipt says what became of a message to a worker.
type Receipt struct {
	Sent
	At time.Time
}

// Receipts returns the last n of what is known of messages to a worker, oldest
// first. One message may have several: sent, delivered, read.
func (s *Store) Receipts(ctx context.Context, a channels.Address, n int) ([]Receipt, error) {
	conv, _, err := s.at(ctx, a)
	if err != nil {
		return nil, err
	}
	bodies, _, err := s.b.Scan(ctx, ShardOf(conv), conv+"/sent", -1, n)
	if err != nil && !errors.Is(err, ErrDamaged) { // what can be read is returned all the same
		return nil, err
	}
	var all []Receipt
	for _, b := range bodies {
		var rs []Receipt
		if fault := decode(b, &rs); fault != nil {
			return nil, fault
		}
		all = append(all, rs...)
	}
	return all[max(0, len(all)-n):], err
}

// receipts returns the entry that says what became of messages.
func (s *Store) receipts(conv string, rs ...Receipt) Entry {
	return Entry{Log: conv + "/sent", Subject: conv, Body: encode(rs)}
}

func receiptOf(e channels.Event, now time.Time) Receipt {
	at := e.At
	if at.IsZero() {
		at = now
	}
	return Receipt{Sent{Key: e.Key, MessageID: e.Message, State: string(e.Kind), Reason: string(e.Reason)}, at}
}
