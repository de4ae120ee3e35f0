package store

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

// ErrWait means that somebody has tried too often; a [TooMany] says for how
// long there is no further try.
var ErrWait = errors.New("store: tried too often")

// TooMany is an [ErrWait] with the time until the next try.
type TooMany struct{ Wait time.Duration }

func (e TooMany) Error() string {
	return ErrWait.Error() + ": wait " + e.Wait.Round(time.Second).String()
}

// Is makes a TooMany an [ErrWait].
func (e TooMany) Is(target error) bool { return target == ErrWait }

const (
	tried     = "tries" // kind of record
	firstWait = time.Minute
	longest   = 15 * time.Minute
	forgets   = 24 * time.Hour // after which the past does not count
)

// tries is how often something was tried in vain.
type tries struct {
	N    int
	Last time.Time
}

// try counts a try before it is known what comes of it, so that nobody gets
// more tries by making them at once. The first free ones may follow on one
// another; after that each has to wait twice as long as the one before, from
// a minute up to a quarter of an hour. Nothing is ever locked for good.
//
// There are some thousand places to count in, and several whos may share one:
// what was tried on accounts that do not exist takes up no more room than that.
// Who shares with whom cannot be known without the master key.
func (s *Store) try(ctx context.Context, free int, who ...string) error {
	id := s.triesOf(who)
	for {
		now := s.now()
		r, t, err := s.tries(ctx, id)
		if err != nil {
			return err
		}
		if now.Sub(t.Last) > forgets {
			t.N = 0
		}
		if t.N >= free {
			wait := min(firstWait<<min(t.N-free, 10), longest)
			if left := wait - now.Sub(t.Last); left > 0 {
				return TooMany{left}
			}
		}
		t.N, t.Last = t.N+1, now
		r.Body = encode(t)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: now, Put: []Put{{Record: r, Subject: tried}}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// succeeded forgets the tries of who has succeeded.
func (s *Store) succeeded(ctx context.Context, who ...string) error {
	id := s.triesOf(who)
	for {
		r, t, err := s.tries(ctx, id)
		if err != nil || t.N == 0 {
			return err
		}
		r.Body = encode(tries{})
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{{Record: r, Subject: tried}}})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// triesOf names the place where tries of who are counted.
func (s *Store) triesOf(who []string) string {
	b, err := base64.RawURLEncoding.DecodeString(s.name(append([]string{tried}, who...)...))
	if err != nil {
		panic(err) // name has encoded it
	}
	return tried + strconv.Itoa(int(b[0])<<8|int(b[1]))
}

func (s *Store) tries(ctx context.Context, id string) (r Record, t tries, err error) {
	if r, err = s.b.Get(ctx, ShardOf(id), tried, id); err == nil {
		r.Kind, r.ID = tried, id
		err = decode(r.Body, &t)
	}
	return r, t, err
}

// Try counts one more of what somebody may do only so often, such as opening
// names: after the first free ones it returns a [TooMany] for a while.
func (s *Store) Try(ctx context.Context, free int, who ...string) error {
	return s.try(ctx, free, who...)
}
