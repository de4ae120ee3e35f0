package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// knocked is the state of a receipt that says a template was sent.
const knocked = "knocked"

// ofTemplate ends the key of the template behind which a message waits.
const ofTemplate = "/t"

// knock sends the neutral template behind which m waits: one, however much
// waits there, until the worker answers. It writes into st what became of it,
// and until when m waits. left says that the program may have been killed over
// m's parcel: then a receipt is given the time to come.
func (s *sender) knock(ctx context.Context, c store.Conversation, session flows.Session, m channels.Outbound, left bool, st *store.Settlement) {
	st.Retry, st.Why = store.Held, store.WaitsForTemplate
	if s.e.Template == "" || s.info.Window == 0 {
		return
	}
	key := m.Key + ofTemplate
	switch sent, err := s.knockedBefore(ctx, c, m, key); {
	case err != nil: // whether it went out nobody can tell for now
		st.Retry, st.Why = s.unread(st.Parcel, err), ""
		return
	case sent != "":
		st.Why = sent
		return
	}
	if until := s.begun.Add(2 * receiptComes); left && s.e.Now().Before(until) {
		st.Retry, st.Why = until, ""
		return
	}
	ref := "💬"
	if n := len(session.Mine); n > 0 {
		ref = session.Mine[n-1].Ref
	}
	t := channels.Outbound{Key: key, To: m.To, Class: channels.Push, Template: &channels.Template{
		Name: s.e.Template, Language: s.e.TemplateLang, Params: []string{ref}, Choices: []string{"go:read"}}}
	if retry := s.turn(ctx, t, 1); !retry.IsZero() {
		st.Retry, st.Why = retry, ""
		return
	}
	if at, err := s.reserve(context.WithoutCancel(ctx), key); err != nil || !at.IsZero() {
		if err != nil { // nobody knows how many have gone out: none more for now
			s.e.Log.Error("how many templates were sent cannot be read: look at the store", "channel", s.info.ID, "err", err)
			at = s.e.Now().Add(time.Minute)
		}
		s.e.count("messages_held", string(s.info.ID), store.WaitsForTier)
		st.Retry, st.Why = at, store.WaitsForTier
		if free := session.Contact.Free(at); !free.IsZero() {
			st.Retry = free
		}
		return
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, err := s.a.Send(sending, t)
	if err == nil {
		s.e.count("templates_sent", string(s.info.ID))
		st.Sent, st.Why = append(st.Sent, store.Sent{Key: t.Key, State: knocked}), store.WaitsForTap
		return
	}
	s.unsent(ctx, t, err, st)
}

// unsent decides what becomes of the template t that was not sent, or of which
// nobody knows: that is sent again, if no receipt of it comes. What is the
// account's fault and not this worker's is tried again when the operator may
// have acted.
func (s *sender) unsent(ctx context.Context, t channels.Outbound, err error, st *store.Settlement) {
	now, after := s.e.Now(), pauseAfter(st.Parcel.Attempts)
	s.e.Log.Warn("the template that asks a worker to look was not sent, its news wait", "message", t, "err", err)
	var no *channels.SendError
	if !errors.As(err, &no) {
		s.e.count("messages_unknown", string(s.info.ID))
		st.Retry, st.Why = now.Add(max(after, receiptComes)), ""
		return
	}
	s.release(context.WithoutCancel(ctx), t.Key)
	s.e.count("messages_refused", string(s.info.ID), string(no.Reason))
	switch no.Reason {
	case channels.Busy:
		st.Retry, st.Why = now.Add(max(no.After, after)), ""
		if no.After > 0 && !no.One {
			s.busy(ctx, now.Add(no.After))
		}
	case channels.Misset, channels.NoQuota:
		st.Retry = now.Add(max(after, untilAsked))
		s.e.Log.Error("templates are held: the operator must act", "channel", s.info.ID, "reason", no.Reason)
	}
}

// knockedBefore returns what m waits for if its template went out already, or
// was refused.
func (s *sender) knockedBefore(ctx context.Context, c store.Conversation, m channels.Outbound, key string) (string, error) {
	rs, err := s.e.Store.Receipts(context.WithoutCancel(ctx), m.To, 60)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(rs, func(r store.Receipt) bool { return r.Key == key && r.State == string(channels.Failed) }) {
		return store.WaitsForTemplate, nil
	}
	if slices.ContainsFunc(rs, func(r store.Receipt) bool { return r.State == knocked && r.At.After(c.LastIn) || r.Key == key }) {
		return store.WaitsForTap, nil
	}
	return "", nil
}

// reserve counts the template key of the channel, once however often it is
// asked: a program that was killed before it was sent has counted it already.
// It returns when it may go out instead, if as many have as the platform allows
// in a day.
func (s *sender) reserve(ctx context.Context, key string) (time.Time, error) {
	s.tier.Lock()
	defer s.tier.Unlock()
	var at time.Time
	var noted []string
	err := s.e.Store.PutChannel(ctx, s.info.ID, func(st *store.ChannelState) {
		now := s.e.Now()
		t := newTier(s.e.Tier, st.Templates)
		st.Templates = t.since(now)
		noted = noted[:0]
		maps.DeleteFunc(st.Counted, func(k string, h int64) bool {
			if s.noted.has(k) {
				noted = append(noted, k)
			}
			return s.noted.has(k) || h < slotOf(now)-day
		})
		at = time.Time{}
		if _, ok := st.Counted[key]; ok {
			return
		}
		if next := t.next(now); next.After(now) {
			at = next
			return
		}
		if st.Counted == nil {
			st.Counted = make(map[string]int64)
		}
		st.Counted[key] = t.take(now)
	})
	if err == nil {
		for _, k := range noted {
			s.noted.drop(k)
		}
	}
	return at, err
}

// release counts the template key no more: the platform has refused it.
func (s *sender) release(ctx context.Context, key string) {
	s.tier.Lock()
	defer s.tier.Unlock()
	err := s.e.Store.PutChannel(ctx, s.info.ID, func(st *store.ChannelState) {
		if h, ok := st.Counted[key]; ok {
			st.Templates[h]--
			delete(st.Counted, key)
		}
	})
	if err != nil { // one template less today
		s.e.Log.Error("a template that was refused stays counted: look at the store", "channel", s.info.ID, "err", err)
	}
}

// note remembers that the templates that were sent are written down as such: if
// the program is killed now, nobody asks for them again.
func (s *sender) note(st store.Settlement) {
	for _, one := range st.Sent {
		if one.State == knocked {
			s.noted.add(one.Key)
		}
	}
}

// A tier is how many workers a platform lets us write to in 24 hours who have
// not written themselves: WhatsApp's messaging limit. It counts by five
// minutes, and all five until they are 24 hours old to their end.
type tier struct {
	limit int // 0: none
	used  map[int64]int
}

func newTier(limit int, used map[int64]int) tier {
	t := tier{limit: limit, used: make(map[int64]int, len(used))}
	for h, n := range used {
		t.used[h] = n
	}
	return t
}

const (
	slot = 5 * time.Minute
	day  = int64(24 * time.Hour / slot)
)

func slotOf(at time.Time) int64 { return at.Unix() / int64(slot/time.Second) }

// next returns when the next one may go out: at itself, or when one of
// yesterday counts no more.
func (t tier) next(at time.Time) time.Time {
	if t.limit == 0 {
		return at
	}
	h, n := slotOf(at), 0
	for old := h - day; old <= h; old++ {
		n += t.used[old]
	}
	for n >= t.limit {
		n -= t.used[h-day]
		h++
		n += t.used[h]
	}
	return latest(at, time.Unix(h*int64(slot/time.Second), 0))
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b.In(a.Location())
	}
	return a
}

// take counts one at a time, and returns in which five minutes.
func (t tier) take(at time.Time) int64 {
	h := slotOf(at)
	t.used[h]++
	return h
}

// since returns what still counts.
func (t tier) since(now time.Time) map[int64]int {
	for h := range t.used {
		if h < slotOf(now)-day {
			delete(t.used, h)
		}
	}
	return t.used
}

// withoutTemplate notes that the platform has refused the template after all:
// the news behind it wait until the worker writes.
func (e *Engine) withoutTemplate(o *store.Outcome) {
	s := o.Session.Copy()
	s.News.Knocked = time.Time{}
	for i := range s.News.Waits {
		w := &s.News.Waits[i]
		if w.State == cases.ForWorker || w.State == cases.Barred {
			continue
		}
		w.State, w.Until = cases.ForWorker, time.Time{}
		o.Stands = append(o.Stands, flows.Stands{Case: w.Case, Update: w.Update, State: w.State, Why: store.WaitsForTemplate})
	}
	o.Session = s
}
