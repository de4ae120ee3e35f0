package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/flows"
)

const entries = "entries" // queue of what conversations have for cases

// A filing is something on its way from a conversation to a case.
type filing struct {
	Entry   *cases.Entry `json:",omitempty"`
	Follow  bool         `json:",omitempty"` // Entry does not open a case
	Retract *retraction  `json:",omitempty"`
}

// File moves up to n conversations' entries to the cases they belong to, each
// exactly once, and carries out what erasures and retractions have left to do.
// It reports whether there was anything. An entry that the case's life does
// not allow joins the timeline all the same and changes nothing else.
func (s *Store) File(ctx context.Context, n int, lease time.Duration) (bool, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: entries, At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: perTurn})
	for _, h := range hs {
		gone := 0
		var fault error
		for _, b := range h.Jobs {
			if fault = s.fileOne(ctx, h.Lane.ID, b); fault != nil {
				break
			}
			gone++
		}
		due := s.now()
		if fault != nil {
			err = errors.Join(err, fault)
			due = due.Add(patience)
		}
		_, end := s.commit(ctx, Batch{Shard: h.Shard, At: now, Done: []Done{{Lane: h.Lane, Fence: f, N: gone, Due: due}}})
		if end != nil && !errors.Is(end, ErrStale) {
			err = errors.Join(err, end)
		}
		s.hints.left(entries, 1<<h.Shard)
	}
	swept, fault := s.sweep(ctx, n, lease)
	return len(hs) > 0 || swept, errors.Join(err, fault)
}

// patience is how long a lane whose oldest job failed is left alone.
const patience = 5 * time.Second

func (s *Store) fileOne(ctx context.Context, conv string, body []byte) error {
	var f filing
	if err := decode(body, &f); err != nil { // nil: of a worker erased since
		return err
	}
	switch {
	case f.Retract != nil:
		return s.retractCases(ctx, *f.Retract)
	case f.Entry != nil:
		return s.fileEntry(ctx, conv, *f.Entry, f.Follow)
	}
	return nil
}

func (s *Store) fileEntry(ctx context.Context, conv string, n cases.Entry, follow bool) (err error) {
	if follow { // unless it was taken back meanwhile
		m, err := s.media(ctx, strings.TrimPrefix(n.Key, mediaKind+"/"))
		if err != nil || m.Attachment == nil {
			return err
		}
	}
	if n.Media, err = s.attach(ctx, conv, n.Media); err != nil {
		return err
	}
	if n.Report != nil {
		n.Report = n.Report.Clone()
		for i, p := range n.Report.Story {
			if n.Report.Story[i].Media, err = s.attach(ctx, conv, p.Media); err != nil {
				return err
			}
		}
	}
	for {
		c, err := s.file(ctx, n.Case)
		if errors.Is(err, ErrNotFound) {
			if follow {
				return nil
			}
			err = nil
		}
		if err != nil {
			return err
		}
		if c.ID = n.Case; c.Version == 0 {
			c.Org = s.home
		}
		if next, err := flows.Advance(c, n); err == nil {
			c = next
		}
		err = s.record(ctx, cases.Bot, c, n)
		switch {
		case errors.Is(err, ErrSeen), errors.Is(err, ErrErased):
			return nil
		case !errors.Is(err, ErrStale): // else a caseworker was faster: look again
			return err
		}
	}
}
