package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
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

// knock sends the neutral template behind which m waits: one, however much
// waits there, until the worker answers. It returns what became of it.
func (s *sender) knock(ctx context.Context, c store.Conversation, session flows.Session, m channels.Outbound) []store.Sent {
	if s.e.Template == "" || s.info.Window == 0 {
		return nil
	}
	rs, err := s.e.Store.Receipts(context.WithoutCancel(ctx), m.To, 60)
	key := m.Key + "/t"
	if err != nil || slices.ContainsFunc(rs, func(r store.Receipt) bool { return r.State == knocked && r.At.After(c.LastIn) || r.Key == key }) {
		return nil
	}
	ref := "💬"
	if n := len(session.Mine); n > 0 {
		ref = session.Mine[n-1].Ref
	}
	t := channels.Outbound{Key: key, To: m.To, Template: &channels.Template{
		Name: s.e.Template, Language: s.e.TemplateLang, Params: []string{ref}, Choices: []string{"go:read"}}}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if _, err := s.a.Send(ctx, t); err != nil {
		s.e.Log.Warn("the template that asks a worker to look was not sent", "message", t, "err", err)
		return nil
	}
	s.e.count("templates_sent", string(s.info.ID))
	return []store.Sent{{Key: t.Key, State: knocked}}
}

// knocked is the state of a receipt that says a template was sent.
const knocked = "knocked"

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
