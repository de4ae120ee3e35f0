package store

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// Stats says how much there is to do. It names nobody.
type Stats struct {
	Events  int64                    // conversations with events that wait for a turn
	Entries int64                    // conversations with entries on their way to cases
	Going   int                      // updates that are being handed out, counted up to 1,000
	Outbox  map[channels.ID]BoxStats // by channel, of those that this process has claimed from or sent to
	Open    map[cases.Severity]int64 // open cases
	Waiting int64                    // conversations that wait for a person

	EventsLate, EntriesLate time.Duration // since when the oldest could have had its turn
	ClockLate               time.Duration // since when the bot should have carried out a clock of a case
}

// BoxStats says what waits on one channel, counted in workers and not in messages.
type BoxStats struct {
	Workers int64         // that have something waiting or being sent
	Due     int64         // of them, those that nobody sends to though it is time
	Held    int64         // of them, those whose messages wait until they write
	Late    time.Duration // how long the oldest of those due has been so
	Fetches int64         // of workers' attachments to be downloaded
}

// Stats measures what waits. Its cost does not depend on how much has been kept.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Outbox: make(map[channels.ID]BoxStats), Open: make(map[cases.Severity]int64)}
	now := s.now()
	events, err := s.b.Depth(ctx, turns, now)
	if err != nil {
		return st, err
	}
	filed, err := s.b.Depth(ctx, entries, now)
	if err != nil {
		return st, err
	}
	st.Events, st.Entries = events.Lanes, filed.Lanes
	st.EventsLate, st.EntriesLate = late(events.Oldest, now), late(filed.Oldest, now)
	if st.Going, err = s.b.UpTo(ctx, going, math.MaxInt64, 1000); err != nil {
		return st, err
	}
	_, clocks, err := s.b.List(ctx, listOf(clockedCases, everybody), Cursor{}, 1)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return st, err
	}
	if len(clocks) > 0 {
		st.ClockLate = late(time.UnixMilli(clocks[0].Score), now)
	}
	for _, q := range s.hints.queues() {
		kind, id, ok := strings.Cut(q, "/")
		if !ok {
			continue
		}
		d, err := s.b.Depth(ctx, q, now)
		if err != nil {
			return st, err
		}
		b := st.Outbox[channels.ID(id)]
		if kind == mediaKind {
			b.Fetches += d.Lanes
		} else {
			b.Workers, b.Due, b.Held = b.Workers+d.Lanes, b.Due+d.Due, b.Held+d.Parked
			b.Late = max(b.Late, late(d.Oldest, now))
		}
		st.Outbox[channels.ID(id)] = b
	}
	names := []string{waiting}
	for v := cases.Unjudged; v <= cases.Information; v++ {
		names = append(names, openIn(v))
	}
	ns, err := s.b.Counts(ctx, names...)
	if err != nil {
		return st, err
	}
	for v := cases.Unjudged; v <= cases.Information; v++ {
		st.Open[v] = ns[1+int(v)]
	}
	st.Waiting = ns[0]
	return st, nil
}

// late returns how long before now t was; zero if it is to come, or no time.
func late(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(now.Sub(t), 0)
}

// Prove keeps next to nothing and returns nil once that is kept as safely as
// anything is: an event, a turn. n says in which shard, so that all of them have
// their turn where a back end spreads them over machines.
func (s *Store) Prove(ctx context.Context, n int) error {
	_, err := s.commit(ctx, Batch{Shard: Shard(n % Shards), At: s.now(), Add: []Counter{{"proofs", 1}}})
	return err
}
