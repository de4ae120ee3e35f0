package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

const (
	pairs    = "pair"   // kind of record: a code under which a conversation can be gone on with
	guesses  = "guess"  // kind of record: wrong codes that a conversation has tried
	workers  = "worker" // kind of record: the conversations of a worker who has several
	maxGuess = 5
	pause    = 15 * time.Minute
)

// An offer is a conversation that another may go on with.
type offer struct {
	Conv   string
	Worker cases.WorkerID
	Until  time.Time
	Taken  string `json:",omitempty"` // the event that took it
}

// A guess counts wrong codes.
type guess struct {
	N    int
	Last time.Time
}

// A person lists the conversations of one worker.
type person struct{ Conversations []string }

// pairing keeps the code of c. It stands in a shard of its own, so it is kept
// before the turn: a code that nobody was told harms nobody.
func (s *Store) pairing(ctx context.Context, c *closing) error {
	p := c.o.Pair
	if p == nil {
		return nil
	}
	return s.update(ctx, pairs, s.name(pairs, p.Code), pairs, func(r Record) (any, error) {
		return offer{Conv: c.t.conv, Worker: c.next.Worker, Until: p.Until}, nil
	})
}

// update replaces a record by what change makes of it, again if somebody else
// was faster.
func (s *Store) update(ctx context.Context, kind, id, subject string, change func(Record) (any, error)) error {
	for {
		r, err := s.b.Get(ctx, ShardOf(id), kind, id)
		if err != nil {
			return err
		}
		v, err := change(r)
		if err != nil {
			return err
		}
		r.Body = encode(v)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{{Record: r, Subject: subject}}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// Paired returns the conversation that code stands for, and binds the code to
// event: no other event gets it, this one gets it again after a crash. The
// commit of the turn with event makes both conversations one worker's.
//
// It returns ErrNotFound for a wrong code, one that ran out or was used, and
// ErrDenied while the asking conversation has tried too often: after 5 wrong
// codes it waits 15 minutes.
func (s *Store) Paired(ctx context.Context, code string, event channels.Event) (flows.Session, Conversation, error) {
	p, err := s.resolve(ctx, event)
	if err != nil {
		return flows.Session{}, Conversation{}, err
	}
	if err := s.mayGuess(ctx, p.conv); err != nil {
		return flows.Session{}, Conversation{}, err
	}
	k, err := s.redeem(ctx, code, p.conv, event)
	if errors.Is(err, ErrNotFound) {
		err = errors.Join(err, s.guessed(ctx, p.conv))
	}
	if err != nil {
		return flows.Session{}, Conversation{}, err
	}
	s.joins.begin(event, k.Worker)
	return k.Session, k.Conversation, nil
}

// redeem binds code to event and lists conv among the worker's conversations.
func (s *Store) redeem(ctx context.Context, code, conv string, event channels.Event) (k *known, err error) {
	name, now := s.event(conv, event), s.now()
	var o offer
	err = s.update(ctx, pairs, s.name(pairs, code), pairs, func(r Record) (any, error) {
		o = offer{}
		if err := decode(r.Body, &o); err != nil {
			return nil, err
		}
		if o.Conv == "" || o.Conv == conv || o.Taken != name && (o.Taken != "" || !now.Before(o.Until)) {
			return nil, ErrNotFound
		}
		o.Taken = name
		return o, nil
	})
	if err != nil {
		return k, err
	}
	if k, err = s.read(ctx, o.Conv); err == nil && (!k.kept || k.Worker != o.Worker) {
		err = ErrNotFound
	}
	if err != nil {
		return k, err
	}
	return k, s.update(ctx, workers, string(k.Worker), workers, func(r Record) (any, error) {
		var p person
		if err := decode(r.Body, &p); err != nil {
			return nil, err
		}
		for _, id := range []string{o.Conv, conv} {
			if !slices.Contains(p.Conversations, id) {
				p.Conversations = append(p.Conversations, id)
			}
		}
		return p, nil
	})
}

// person returns what is kept of a worker who has several conversations.
func (s *Store) person(ctx context.Context, w cases.WorkerID) (p person, r Record, err error) {
	if r, err = s.b.Get(ctx, ShardOf(string(w)), workers, string(w)); err == nil {
		err = decode(r.Body, &p)
	}
	return p, r, err
}

func (s *Store) mayGuess(ctx context.Context, conv string) error {
	r, err := s.b.Get(ctx, ShardOf(conv), guesses, conv)
	if err != nil {
		return err
	}
	var g guess
	if err := decode(r.Body, &g); err != nil {
		return err
	}
	if g.N >= maxGuess && s.now().Before(g.Last.Add(pause)) {
		return ErrDenied
	}
	return nil
}

func (s *Store) guessed(ctx context.Context, conv string) error {
	return s.update(ctx, guesses, conv, guesses, func(r Record) (any, error) {
		var g guess
		if err := decode(r.Body, &g); err != nil {
			return nil, err
		}
		if now := s.now(); now.Before(g.Last.Add(pause)) {
			return guess{g.N + 1, now}, nil
		} else {
			return guess{1, now}, nil
		}
	})
}

// joins are the pairings of this process whose turn has yet to be committed.
// After a crash the turn is taken again, and Paired is asked again.
type joins struct {
	mu sync.Mutex
	m  map[channels.Address]joining
}

type joining struct {
	event  string
	worker cases.WorkerID
}

func (j *joins) begin(e channels.Event, w cases.WorkerID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.m == nil {
		j.m = make(map[channels.Address]joining)
	}
	j.m[e.From] = joining{e.ID, w}
}

// worker returns whose conversation the events' is from now on, or "".
func (j *joins) worker(es []channels.Event) cases.WorkerID {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.m) > 0 {
		for _, e := range es {
			if p, ok := j.m[e.From]; ok && p.event == e.ID {
				return p.worker
			}
		}
	}
	return ""
}

func (j *joins) end(es []channels.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.m) > 0 {
		for _, e := range es {
			if p, ok := j.m[e.From]; ok && p.event == e.ID {
				delete(j.m, e.From)
			}
		}
	}
}
