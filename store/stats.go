package store

import (
	"context"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// Stats says how much there is to do. It names nobody.
type Stats struct {
	Events  int64                    // conversations with events that wait for a turn
	Entries int64                    // conversations with entries on their way to cases
	Outbox  map[channels.ID]BoxStats // by channel, of those that this process has claimed from or sent to
	Open    map[cases.Severity]int64 // open cases
	Waiting int64                    // conversations that wait for a person
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
			if !d.Oldest.IsZero() {
				b.Late = max(b.Late, now.Sub(d.Oldest))
			}
		}
		st.Outbox[channels.ID(id)] = b
	}
	for v := cases.Unjudged; v <= cases.Information; v++ {
		if st.Open[v], err = s.b.Count(ctx, openIn(v)); err != nil {
			return st, err
		}
	}
	st.Waiting, err = s.b.Count(ctx, waiting)
	return st, err
}
