package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"workervoice/channels"
)

// keys is a set of messages. It is not kept over a restart: what was under way
// then counts as unknown.
type keys struct {
	mu  sync.Mutex
	set map[string]bool
}

func (k *keys) add(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set == nil {
		k.set = make(map[string]bool)
	}
	k.set[key] = true
}

func (k *keys) has(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set[key]
}

func (k *keys) drop(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.set, key)
}

// arrived asks the receipts of a platform that sends them whether m arrived.
func (s *sender) arrived(ctx context.Context, m channels.Outbound) bool {
	rs, err := s.e.Store.Receipts(context.WithoutCancel(ctx), m.To, 60)
	if err != nil {
		return false
	}
	for _, r := range rs {
		if r.Key == m.Key && (r.State == string(channels.Accepted) || r.State == string(channels.Delivered) || r.State == string(channels.Read)) {
			return true
		}
	}
	return false
}

// remove takes messages off the worker's phone: those named, or all of the
// time for which the platform lets us.
func (e *Engine) remove(ctx context.Context, a channels.Adapter, m channels.Outbound) error {
	d, ok := a.(channels.Deleter)
	if !ok {
		return nil
	}
	ids := m.Delete
	if ids[0] == everything {
		var err error
		if ids, err = e.recent(ctx, m.To, a.Info().Deletes); err != nil {
			return fmt.Errorf("bot: which messages to hide: %w", err)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return d.Delete(ctx, m.To, ids)
}

// recent returns the platform's names of the messages of the last time, ours
// and the worker's.
func (e *Engine) recent(ctx context.Context, to channels.Address, within time.Duration) (ids []string, err error) {
	since := e.Now().Add(-within)
	rs, err := e.Store.Receipts(ctx, to, 1000)
	if err != nil {
		return nil, err
	}
	for _, r := range rs {
		if r.MessageID != "" && r.At.After(since) {
			ids = append(ids, r.MessageID)
		}
	}
	xs, err := e.Store.TranscriptTail(ctx, to, 1000)
	if err != nil {
		return nil, err
	}
	for _, x := range xs {
		for _, ev := range x.Said {
			if ev.Message != "" && ev.Choice == "" && x.At.After(since) {
				ids = append(ids, ev.Message)
			}
		}
	}
	return ids, nil
}

// gone tells the conversation that its channel was blocked, as the platform
// lets us know only when something is sent.
func (e *Engine) gone(ctx context.Context, a channels.Address) {
	at := e.Now()
	err := e.Store.Receive(context.WithoutCancel(ctx), channels.Event{ID: fmt.Sprintf("gone/%d", at.UnixMilli()), Kind: channels.Left, From: a, At: at})
	if err != nil {
		e.Log.Error("that a worker cannot be reached is not kept", "err", err)
	}
	e.turns.ring()
}
