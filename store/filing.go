package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/cases"
)

const entries = "entries" // queue of what conversations have for cases

// A filing is something on its way from a conversation to a case.
type filing struct {
	Entry    *cases.Entry `json:",omitempty"`
	Follow   bool         `json:",omitempty"` // Entry does not open a case
	Retract  *retraction  `json:",omitempty"`
	Progress *progress    `json:",omitempty"`
}

// File moves up to n conversations' entries to the cases they belong to, each
// exactly once, and carries out what erasures and retractions have left to do.
// It reports whether there was anything. An entry that the case's life does
// not allow joins the timeline all the same and changes nothing else.
func (s *Store) File(ctx context.Context, n int, lease time.Duration) (bool, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: entries, At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: perTurn})
	var moving errgroup.Group // of deliveries: those of one update do not get in each other's way
	moving.SetLimit(movers)
	faults := make([]error, len(hs))
	for i, h := range hs {
		if delivering(h.Jobs) {
			moving.Go(func() error {
				faults[i] = s.fileLane(ctx, h, f, now)
				return nil
			})
			continue
		}
		faults[i] = s.fileLane(ctx, h, f, now)
	}
	moving.Wait() //nolint:errcheck // always nil
	err = errors.Join(append(faults, err)...)
	moved, also := s.move(ctx, n, lease)
	swept, fault := s.sweep(ctx, n, lease)
	return len(hs) > 0 || moved || swept, errors.Join(err, also, fault)
}

// movers is how many conversations' news of deliveries are carried out at a time.
const movers = 16

// delivering reports whether jobs are about deliveries alone.
func delivering(jobs [][]byte) bool {
	return !slices.ContainsFunc(jobs, func(b []byte) bool {
		var f filing
		return decode(b, &f) != nil || f.Progress == nil
	})
}

// fileLane carries out what one conversation has for cases, up to what fails.
func (s *Store) fileLane(ctx context.Context, h Leased, fence int64, now time.Time) (err error) {
	gone := 0
	for _, b := range h.Jobs {
		if err = s.fileOne(ctx, h.Lane.ID, b); err != nil {
			break
		}
		gone++
	}
	due := s.now()
	if err != nil {
		due = due.Add(patience)
	}
	_, end := s.commit(ctx, Batch{Shard: h.Shard, At: now, Done: []Done{{Lane: h.Lane, Fence: fence, N: gone, Due: due}}})
	if errors.Is(end, ErrStale) {
		end = nil
	}
	s.hints.left(entries, 1<<h.Shard)
	return errors.Join(err, end)
}

// patience is how long a lane whose oldest job failed is left alone.
const patience = 5 * time.Second

func (s *Store) fileOne(ctx context.Context, conv string, body []byte) error {
	var f filing
	if err := decode(body, &f); err != nil { // nil: of a worker erased since
		return err
	}
	switch {
	case f.Progress != nil:
		return s.moveDeliveries(ctx, conv, *f.Progress)
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
	if follow {
		if _, err := s.file(ctx, n.Case); errors.Is(err, ErrNotFound) {
			return nil
		}
	}
	if n.Role == cases.System { // of another case, not of a conversation
		conv = ""
	}
	_, err = s.enter(ctx, change{by: cases.Bot, n: n, conv: conv, keep: true})
	if n.Kind == cases.Erased && (err == nil || errors.Is(err, ErrErased)) {
		err = s.leaveUpdates(ctx, s.caseID(n.Case), n.Worker)
	}
	if errors.Is(err, ErrErased) {
		return nil
	}
	return err
}
