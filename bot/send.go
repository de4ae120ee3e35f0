package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// deliver makes the first request of p that may be made. What follows it comes
// back with its settlement: so a crash leaves one request in doubt, and not all
// of a parcel. What was begun is finished; while it waits for its turn, ctx may
// end it.
func (s *sender) deliver(ctx context.Context, p store.Parcel) store.Settlement {
	st := store.Settlement{Parcel: p}
	left := s.left(p)
	for st.Gone < len(p.Messages) {
		m := p.Messages[st.Gone]
		c, session, err := s.e.Store.Standing(context.WithoutCancel(ctx), p)
		if err != nil {
			st.Retry = s.unread(p, err)
			return st
		}
		v := s.afford(m, s.may(c, session, m))
		if v.do == drop {
			s.e.count("messages_dropped", string(s.info.ID), v.why)
			if m.For != "" && v.why != "erased" {
				if err := s.e.again(ctx, m); err != nil { // the drop is not kept before the news wait elsewhere
					st.Retry = s.unread(p, err)
					return st
				}
			}
			s.forget(m.Key)
			st.Sent, st.Gone = append(st.Sent, dropped(m, v)), st.Gone+1
			continue
		}
		if v.do == wait || v.do == park {
			s.e.count("messages_held", string(s.info.ID), v.why)
			if p.Attempts == 1 {
				s.clean.add(m.Key)
			}
			if st.Retry, st.Why = v.until, v.why; v.do == park {
				s.knockNow(ctx, p, m, left, &st)
			}
			return st
		}
		n := s.together(c, session, p.Messages[st.Gone:])
		if retry := s.turn(ctx, m, n); !retry.IsZero() {
			if p.Attempts == 1 {
				s.clean.add(m.Key)
			}
			st.Retry = retry
			return st
		}
		if s.transmitNow(ctx, p, left, &st) {
			return st
		}
	}
	return st
}

// may decides whether m may leave now.
func (s *sender) may(c store.Conversation, session flows.Session, m channels.Outbound) verdict {
	return s.gate(c, session, m, s.info, s.e.Now(), s.e.ahead(s.info.ID))
}

// transmitNow looks once more, the last thing before the request, and keeps the
// conversation from being taken over until that has come to its end. It
// reports false where something has changed since the message was looked at.
func (s *sender) transmitNow(ctx context.Context, p store.Parcel, left bool, st *store.Settlement) bool {
	c, session, leave, err := s.e.Store.Pass(context.WithoutCancel(ctx), p)
	if err != nil {
		st.Retry = s.unread(p, err)
		return true
	}
	defer leave()
	ms := p.Messages[st.Gone:]
	if s.may(c, session, ms[0]).do != pass {
		return false
	}
	s.transmit(ctx, p, s.together(c, session, ms), left, st)
	return true
}

// knockNow knocks for m if it still waits behind a template now: a template of
// the bot must not come after a takeover either.
func (s *sender) knockNow(ctx context.Context, p store.Parcel, m channels.Outbound, left bool, st *store.Settlement) {
	c, session, leave, err := s.e.Store.Pass(context.WithoutCancel(ctx), p)
	if err != nil {
		st.Retry = s.unread(p, err)
		return
	}
	defer leave()
	if s.may(c, session, m).do == park {
		s.knock(ctx, c, session, m, left, st)
		return
	}
	st.Retry, st.Why = s.e.Now(), "" // look again
}

// unread returns when to try again what cannot be looked at now.
func (s *sender) unread(p store.Parcel, err error) time.Time {
	s.e.Log.Error("whether a message may be sent cannot be read, it waits: look at the store", "err", err)
	return s.e.Now().Add(pauseAfter(p.Attempts))
}

func dropped(m channels.Outbound, v verdict) store.Sent {
	if v.why == store.Superseded {
		return store.Sent{Key: m.Key, State: store.Superseded}
	}
	return store.Sent{Key: m.Key, State: store.DroppedState, Reason: v.why}
}

// together returns how many messages can go in one request: those that the
// gate lets pass as well.
func (s *sender) together(c store.Conversation, session flows.Session, ms []channels.Outbound) int {
	if _, ok := s.a.(channels.Batcher); !ok || s.info.PerRequest < 2 {
		return 1
	}
	// What is repeated is repeated as it was: its key stands for all of it. So
	// a request holds what one step has said, which another process can tell
	// too; more only where nothing of it can be in doubt.
	n, doubted, clean := 0, s.doubted.has(ms[0].Key), s.clean.has(ms[0].Key)
	for n < len(ms) && n < s.info.PerRequest && s.doubted.has(ms[n].Key) == doubted && (clean || stepOf(ms[n].Key) == stepOf(ms[0].Key)) &&
		len(ms[n].Delete) == 0 && !ms[n].Leave && s.may(c, session, ms[n]).do == pass {
		n++
	}
	return max(n, 1)
}

// stepOf returns what the keys of all messages of one step begin with.
func stepOf(key string) string {
	step, _, _ := strings.Cut(key, "/")
	return step
}

// whose rate a message waits for.
var whose = map[bool]string{false: "channel", true: "worker"}

// turn waits for the channel's rate. For a worker's own rate, or when it would
// take long, it returns when to try again instead.
func (s *sender) turn(ctx context.Context, m channels.Outbound, n int) (retry time.Time) {
	if asked(m) {
		s.rate.asked.Add(1)
		defer s.rate.asked.Add(-1)
	}
	for waited := false; ; {
		now := s.e.Now()
		d, chat := s.rate.take(m.To.User, n, now, asked(m))
		if d <= 0 {
			return s.inShare(ctx, n)
		}
		if !waited {
			waited = true
			s.e.count("rate_waits", string(s.info.ID), whose[chat])
		}
		if chat && d > 300*time.Millisecond || d > 2*time.Second {
			return now.Add(d)
		}
		t := time.NewTimer(d)
		select {
		case <-ctx.Done():
			t.Stop()
			return now.Add(d)
		case <-t.C:
		}
	}
}

// transmit sends the next n messages of p and writes into st what became of them.
func (s *sender) transmit(ctx context.Context, p store.Parcel, n int, left bool, st *store.Settlement) {
	ms := p.Messages[st.Gone : st.Gone+n]
	again := left || s.doubted.has(ms[0].Key)
	if again && s.info.Receipts && s.arrived(ctx, ms[0]) {
		s.forget(ms[0].Key)
		st.Sent, st.Gone = append(st.Sent, store.Sent{Key: ms[0].Key, State: store.SentState}), st.Gone+1
		return
	}
	if until := s.begun.Add(receiptComes); left && s.info.Receipts && s.e.Now().Before(until) {
		st.Retry = until
		return
	}
	ids, err := s.request(context.WithoutCancel(ctx), ms, again)
	if err == nil {
		state := store.SentState
		if again && (!s.info.Idempotent || ms[0].ReplyToken != "") { // a reply has no key that the platform knows it by
			state = store.MaybeTwice
			s.e.count("messages_maybe_twice", string(s.info.ID))
		}
		for i, m := range ms {
			sent := store.Sent{Key: m.Key, State: state}
			if i < len(ids) {
				sent.MessageID = ids[i]
			}
			st.Sent = append(st.Sent, sent)
			s.forget(m.Key)
		}
		s.e.count("messages_sent", string(s.info.ID))
		s.bought(ms[0])
		st.Gone += n
		return
	}
	attempts := 1
	if st.Gone == 0 {
		attempts = p.Attempts
	}
	s.failed(ctx, ms, attempts, again, err, st)
}

// left reports whether p was claimed before and not put back here: an engine
// stopped while it was sending, so nobody knows of any message in it.
func (s *sender) left(p store.Parcel) bool {
	head := p.Messages[0].Key
	return p.Attempts > 1 && !s.clean.has(head) && !s.doubted.has(head)
}

// forget drops what is known of a message with which there is nothing to do
// any more.
func (s *sender) forget(key string) {
	s.clean.drop(key)
	s.doubted.drop(key)
}

// receiptComes is within what time a platform's receipt usually comes, also to
// a program that was killed and starts again: of what was under way then it
// tells whether to send it once more.
const receiptComes = 3 * time.Second

// patience is how long a platform may take for one request.
const patience = 30 * time.Second

// request makes one request of the adapter.
func (s *sender) request(ctx context.Context, ms []channels.Outbound, again bool) (ids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer s.e.figures.sends[s.info.ID].since(time.Now())
	m := ms[0]
	switch {
	case len(m.Delete) > 0:
		return nil, s.e.remove(ctx, s.a, m)
	case m.Leave:
		if l, ok := s.a.(channels.Leaver); ok {
			return nil, l.Leave(ctx, m.To)
		}
		return nil, nil
	}
	for i := range ms {
		ms[i].Again = again
		if err := s.e.open(&ms[i], s.info); err != nil {
			return nil, &channels.SendError{Reason: channels.Rejected, Err: err}
		}
	}
	for _, m := range ms[1:] { // one free answer carries all: the right that ends last
		if m.ReplyUntil.After(ms[0].ReplyUntil) {
			ms[0].ReplyToken, ms[0].ReplyUntil = m.ReplyToken, m.ReplyUntil
		}
	}
	if b, ok := s.a.(channels.Batcher); ok && len(ms) > 1 {
		return b.SendAll(ctx, ms)
	}
	id, err := s.a.Send(ctx, ms[0])
	return []string{id}, err
}

// failed decides what becomes of a message that was not sent, or of which
// nobody knows. A lost message does more harm than one that comes twice, so
// what nobody knows is sent again, and counted.
func (s *sender) failed(ctx context.Context, ms []channels.Outbound, attempts int, again bool, err error, st *store.Settlement) {
	m := ms[0]
	now := s.e.Now()
	after := pauseAfter(attempts)
	var no *channels.SendError
	if !errors.As(err, &no) {
		for _, m := range ms {
			s.doubted.add(m.Key)
		}
		s.e.count("messages_unknown", string(s.info.ID))
		s.e.count("messages_retried", string(s.info.ID))
		s.e.Log.Warn("nobody knows whether a message was delivered, it is sent again", "message", m, "attempt", attempts, "err", err)
		if s.info.Receipts {
			after = max(after, receiptComes) // and may clear it up
		}
		st.Retry = now.Add(after)
		return
	}
	if !again {
		s.clean.add(m.Key)
	}
	s.e.count("messages_refused", string(s.info.ID), string(no.Reason))
	switch no.Reason {
	case channels.Busy:
		if no.After > 0 {
			after = no.After
		}
		if no.After > 0 && !no.One {
			s.busy(ctx, now.Add(after))
		}
	case channels.Unreachable:
		st.Retry, st.Why = store.Held, store.WaitsUnblocked
		s.e.Log.Info("a worker cannot be reached, what waits is held", "message", m)
		s.e.gone(ctx, m.To)
		return
	case channels.OutOfWindow:
		st.Retry, st.Why = store.Held, store.WaitsForTemplate
		return
	case channels.Rejected:
		s.e.count("messages_given_up", string(s.info.ID), string(no.Reason))
		s.e.Log.Error("the platform refuses a message for good: mend the text or the limits", "message", m, "err", err)
		s.forget(m.Key)
		st.Sent, st.Gone = append(st.Sent, store.Sent{Key: m.Key, State: store.FailedState, Reason: string(no.Reason)}), st.Gone+1
		return
	case channels.NoQuota, channels.Misset, channels.Stranger:
		if no.Reason == channels.NoQuota && m.Class == channels.Nudge { // and news behind it need not wait for it
			s.noQuota.Store(true)
			s.e.count("messages_given_up", string(s.info.ID), string(no.Reason))
			st.Sent, st.Gone = append(st.Sent, store.Sent{Key: m.Key, State: store.DroppedState, Reason: store.WaitsForQuota}), st.Gone+1
			return
		}
		after = max(after, untilAsked)
		if s.noQuota.Store(no.Reason == channels.NoQuota); no.Reason == channels.NoQuota {
			st.Why = store.WaitsForQuota
		}
		s.e.Log.Error("messages are held: the operator must act", "channel", s.info.ID, "reason", no.Reason, "err", err)
	}
	s.e.count("messages_retried", string(s.info.ID))
	st.Retry = now.Add(after)
}

// pauseAfter grows with the attempts, up to an hour.
func pauseAfter(attempts int) time.Duration {
	return min(500*time.Millisecond<<min(max(attempts-1, 0), 13), time.Hour)
}
