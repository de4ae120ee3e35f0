package bot

import (
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"workervoice/store"
)

// Stock writes what is there just now, in the text form that Prometheus reads:
// how much waits and since when, and how the channels stand. What the store is
// to tell is left out, and the error returned, where it does not answer.
func (e *Engine) Stock(ctx context.Context, w io.Writer) error {
	t := NewTable(w)
	t.Family("voice_ready", "gauge", "1 while work may be given to this process: the store answers and nobody has asked it to stop.")
	t.Line("", one(e.Ready() == nil))
	e.standings(t)
	e.sold(t)
	st, err := e.Store.Stats(ctx)
	if err == nil {
		waiting(t, st)
		err = e.tiers(ctx, t)
	}
	if fault := t.Flush(); fault != nil {
		return fault
	}
	return err
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// standings writes what the platforms last said of our accounts.
func (e *Engine) standings(t *Table) {
	e.health.mu.Lock()
	all := maps.Clone(e.health.standing)
	e.health.mu.Unlock()
	ids := slices.Sorted(maps.Keys(all))
	for _, f := range []struct {
		name, help string
		v          func(checked) (float64, bool)
	}{
		{"asked", "1 if the platform answered when it was last asked how the account stands.", func(c checked) (float64, bool) { return one(c.Unasked == nil), true }},
		{"token_ok", "1 while the platform accepts the token.", func(c checked) (float64, bool) { return one(c.Token == nil), c.Unasked == nil }},
		{"webhook_ok", "1 while the platform brings events to the right place.", func(c checked) (float64, bool) { return one(c.Webhook == nil), c.Unasked == nil }},
		{"account_ok", "1 while the platform neither limits nor flags the account.", func(c checked) (float64, bool) { return one(c.Account == nil), c.Unasked == nil }},
		{"events_waiting", "Events that the platform holds for us, where it tells.", func(c checked) (float64, bool) { return float64(c.Waiting), c.Waiting >= 0 }},
		{"clock_ahead_seconds", "By how much this machine's clock is ahead of the platform's, below zero: behind, as that last told.", func(c checked) (float64, bool) { return c.Clock.Ahead.Seconds(), c.Clock.Known }},
		{"checked_timestamp_seconds", "When the platform was last asked.", func(c checked) (float64, bool) { return float64(c.at.Unix()), true }},
	} {
		t.Family("voice_channel_"+f.name, "gauge", f.help)
		for _, id := range ids {
			if v, ok := f.v(all[id]); ok {
				t.Line("", v, "channel", string(id))
			}
		}
	}
}

// sold writes what the senders know: what platforms sell, and what they hold up.
func (e *Engine) sold(t *Table) {
	t.Family("voice_channel_quota", "gauge", "Messages of the month that the plan allows, where it has a limit.")
	for _, id := range e.channels() {
		if m := e.senders[id].month.Load(); m != nil {
			t.Line("", float64(m.limit), "channel", string(id))
		}
	}
	t.Family("voice_channel_quota_left", "gauge", "Messages of the month that are left.")
	for _, id := range e.channels() {
		s := e.senders[id]
		if m := s.month.Load(); m != nil {
			t.Line("", float64(max(m.limit-m.used-s.sold.Load(), 0)), "channel", string(id))
		}
	}
	t.Family("voice_channel_pause_seconds", "gauge", "For how long the platform still wants no messages.")
	for _, id := range e.channels() {
		r := e.senders[id].rate
		r.mu.Lock()
		left := r.pause.Sub(e.Now())
		r.mu.Unlock()
		t.Line("", max(left, 0).Seconds(), "channel", string(id))
	}
	t.Family("voice_channel_at_hand", "gauge", "Parcels that this process has claimed and not begun to send.")
	for _, id := range e.channels() {
		t.Line("", float64(len(e.senders[id].parcels)+len(e.senders[id].pushes)), "channel", string(id))
	}
}

// waiting writes what the store has measured.
func waiting(t *Table, st store.Stats) {
	for _, f := range []struct {
		name, help string
		v          float64
	}{
		{"voice_turns_waiting", "Conversations with events that wait for a turn.", float64(st.Events)},
		{"voice_turns_oldest_seconds", "How long the event that waits longest could have had its turn.", st.EventsLate.Seconds()},
		{"voice_entries_waiting", "Conversations with entries on their way to cases.", float64(st.Entries)},
		{"voice_entries_oldest_seconds", "How long the oldest of them could have been filed.", st.EntriesLate.Seconds()},
		{"voice_clocks_late_seconds", "How long ago the bot should have carried out a clock of a case.", st.ClockLate.Seconds()},
		{"voice_people_waiting", "Conversations that wait for a person.", float64(st.Waiting)},
		{"voice_updates_going", "Updates that are being handed out, counted up to 1,000.", float64(st.Going)},
	} {
		t.Family(f.name, "gauge", f.help)
		t.Line("", f.v)
	}
	ids := slices.Sorted(maps.Keys(st.Outbox))
	t.Family("voice_outbox", "gauge", "Workers with messages that wait: due though nobody sends, or held until the worker writes.")
	for _, id := range ids {
		t.Line("", float64(st.Outbox[id].Due), "channel", string(id), "state", "due")
		t.Line("", float64(st.Outbox[id].Held), "channel", string(id), "state", "held")
		t.Line("", float64(st.Outbox[id].Workers), "channel", string(id), "state", "all")
	}
	t.Family("voice_outbox_oldest_seconds", "gauge", "How long the oldest message could have been sent.")
	for _, id := range ids {
		t.Line("", st.Outbox[id].Late.Seconds(), "channel", string(id))
	}
	t.Family("voice_attachments_waiting", "gauge", "Workers with attachments that are to be downloaded.")
	for _, id := range ids {
		t.Line("", float64(st.Outbox[id].Fetches), "channel", string(id))
	}
	t.Family("voice_cases_open", "gauge", "Open cases.")
	for _, v := range slices.Sorted(maps.Keys(st.Open)) {
		t.Line("", float64(st.Open[v]), "severity", v.String())
	}
}

// tiers writes how many templates may still go out today.
func (e *Engine) tiers(ctx context.Context, t *Table) error {
	t.Family("voice_channel_templates_left", "gauge", "Templates that may still go out within 24 hours, where there is a limit.")
	for _, id := range e.channels() {
		if e.senders[id].info.Window == 0 || e.Tier == 0 {
			continue
		}
		st, err := e.Store.Channel(ctx, id)
		if err != nil {
			return err
		}
		t.Line("", float64(newTier(e.Tier, st.Templates).left(e.Now())), "channel", string(id))
	}
	return nil
}

// left returns how many more may go out at a time.
func (t tier) left(at time.Time) int {
	n := t.limit
	for old := slotOf(at) - day; old <= slotOf(at); old++ {
		n -= t.used[old]
	}
	return max(n, 0)
}
