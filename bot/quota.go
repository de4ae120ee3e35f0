package bot

import (
	"context"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// Some platforms sell messages by the month: what answers a worker is free,
// what nobody has asked for is counted. In a group of hundreds a small month is
// used up in one evening, so it is kept for news.

// A month is what a platform has said of its messages.
type month struct {
	limit, used int64
	at          time.Time
}

// meter asks a platform now and then how much of the month's messages is left.
func (e *Engine) meter(ctx context.Context, s *sender, m channels.Meter) error {
	t := time.NewTicker(10 * time.Minute)
	defer t.Stop()
	for {
		s.measure(ctx, m)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// measure asks now.
func (s *sender) measure(ctx context.Context, m channels.Meter) {
	counted := s.sold.Load() // by the platform as well, when it answers
	limit, used, err := m.Quota(ctx)
	if err != nil {
		return // the same trouble shows when a message is sent
	}
	s.sold.Add(-counted)
	if limit < 0 {
		s.noQuota.Store(false)
		s.month.Store(nil)
		return
	}
	s.month.Store(&month{limit, used, s.e.Now()})
	s.noQuota.Store(used >= limit)
	if left := limit - used; left*10 < limit {
		s.e.Log.Warn("little is left of this month's messages: enlarge the plan, or workers get news only when they write", "channel", s.info.ID, "left", left, "of", limit)
	}
	name := s.e.Now().Format("2006-01")
	err = s.e.Store.PutChannel(ctx, s.info.ID, func(st *store.ChannelState) { st.QuotaLimit, st.QuotaUsed, st.QuotaMonth = limit, used, name })
	if err != nil && ctx.Err() == nil {
		s.e.Log.Error("the month's quota is not kept", "channel", s.info.ID, "err", err)
	}
}

// spare reports whether a reminder or an optional question may go out: where
// messages are sold, such use up a quarter of them at most.
func (s *sender) spare() bool {
	m := s.month.Load()
	return m == nil || 4*(m.used+s.sold.Load()) < m.limit
}

// bought counts a message that the platform has taken.
func (s *sender) bought(m channels.Outbound) {
	if _, sold := s.a.(channels.Meter); sold && !m.ReplyUntil.After(s.e.Now()) {
		s.sold.Add(1)
	}
}

// afford is the gate of what costs. News wait for the next month, or for the
// worker to write, without asking the platform for each of them whether it has
// changed its mind; reminders do not wait.
func (s *sender) afford(m channels.Outbound, v verdict) verdict {
	switch {
	case v.do != pass:
	case m.Class == channels.Nudge && !s.spare():
		return verdict{do: drop, why: store.WaitsForQuota}
	case m.Class == channels.Push && s.noQuota.Load():
		return verdict{do: wait, until: s.e.Now().Add(untilAsked), why: store.WaitsForQuota}
	}
	return v
}

// untilAsked is how long news wait for a message of the month at least.
const untilAsked = 10 * time.Minute

// messagesLeft returns how many messages of the month there are, asking anew what was
// asked more than a minute ago; below zero: no limit, or nobody knows.
func (s *sender) messagesLeft(ctx context.Context, st store.ChannelState) int64 {
	m, sold := s.a.(channels.Meter)
	if !sold {
		return -1
	}
	if k := s.month.Load(); k != nil && s.e.Now().Sub(k.at) > time.Minute {
		asking, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		s.measure(asking, m)
	}
	if k := s.month.Load(); k != nil {
		return max(k.limit-k.used-s.sold.Load(), 0)
	}
	if st.QuotaMonth == s.e.Now().Format("2006-01") && st.QuotaLimit >= 0 {
		return max(st.QuotaLimit-st.QuotaUsed, 0)
	}
	return -1
}
