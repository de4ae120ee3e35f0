package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A Key seals everything else. It lives outside the store: without it a copy
// of the store shows nothing.
type Key [32]byte

// ErrDamaged means that something kept was changed behind the store's back, or
// that the master key is another one. What else was asked for is returned.
var ErrDamaged = errors.New("store: damaged")

// Errors of [Store.Own].
var (
	// ErrMasterKey means that the store was made with another master key.
	ErrMasterKey = fmt.Errorf("%w: no key in it opens with this master key", ErrDamaged)

	// ErrAuditKey means that the master key is the right one, and that the key
	// of the audit was changed behind the store's back.
	ErrAuditKey = fmt.Errorf("%w: the key of the audit log was changed, and others open with this master key", ErrDamaged)
)

// sealed encrypts what a Backend keeps. Every subject has a key of its own,
// wrapped by the master key and kept in the subject's shard: destroying that
// one record makes all that was ever written about the subject unreadable. The
// place of a value is sealed in with it, so that values cannot be exchanged.
type sealed struct {
	Backend
	master cipher.AEAD
	now    func() time.Time
	keys   cache[*subjectKey]

	unproven atomic.Bool // nothing is kept before own has found the master key to be the right one
}

// erasedBody stands where something was, so that versions never repeat.
var erasedBody = []byte{0}

func newSealed(b Backend, master Key, now func() time.Time) (*sealed, error) {
	m, err := aead(master[:])
	return &sealed{Backend: b, master: m, now: now}, err
}

func aead(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// Commit implements [Backend]. Of several batches that bring the key of the same
// new subject the first one wins; the others are sealed anew, in order.
func (s *sealed) Commit(ctx context.Context, batches ...Batch) []Result {
	results := make([]Result, len(batches))
	if s.unproven.Load() {
		if err := s.own(ctx); err != nil {
			for i := range results {
				results[i].Err = err
			}
			return results
		}
	}
	again := s.try(ctx, batches, results, nil)
	if len(again) > 0 {
		s.try(ctx, batches, results, again)
	}
	return results
}

// try commits the batches at the given places, or all, and returns the places
// of those that failed with a key of their own.
func (s *sealed) try(ctx context.Context, batches []Batch, results []Result, places []int) (again []int) {
	ready := make([]Batch, 0, len(batches))
	jobs := make([]sealing, 0, len(batches))
	at := make([]int, 0, len(batches))
	for i, b := range batches {
		if places != nil && !slices.Contains(places, i) {
			continue
		}
		j := sealing{s: s, ctx: ctx, b: b}
		if !slices.ContainsFunc(b.Put, func(p Put) bool { return p.ID == p.Subject }) {
			j.within = trusted // else the version of what it is about tells whether the key still stands
		}
		if err := j.batch(); err != nil {
			results[i].Err = err
			continue
		}
		ready, jobs, at = append(ready, j.b), append(jobs, j), append(at, i)
	}
	if len(ready) == 0 {
		return nil
	}
	for i, r := range s.Backend.Commit(ctx, ready...) {
		switch {
		case r.Err == nil:
			for _, subject := range ready[i].Erase {
				s.keys.drop(subject)
			}
			for subject, k := range jobs[i].made {
				s.keys.put(subject, k)
			}
			r.Err = s.open(ctx, &r.Next)
		case r.Err == ErrStale:
			for _, p := range ready[i].Put { // another process may have destroyed the key
				s.keys.drop(p.Subject)
			}
			if jobs[i].made != nil {
				again = append(again, at[i])
			}
		}
		results[at[i]] = r
	}
	return again
}

// A sealing encrypts one batch.
type sealing struct {
	s      *sealed
	ctx    context.Context
	b      Batch
	within time.Duration          // how long ago keys at hand may have been read; zero: at any time
	made   map[string]*subjectKey // keys that the batch brings
	erased map[string]int64       // versions of keys that it destroys
}

// batch encrypts everything in b. A subject's first batch in its own shard also
// brings the subject's key.
func (j *sealing) batch() (err error) {
	b := &j.b
	if err := j.destroy(); err != nil {
		return err
	}
	b.Put = slices.Clone(b.Put)
	for i, n := 0, len(b.Put); i < n; i++ {
		switch p := &b.Put[i]; {
		case p.Body == nil:
		case p.Subject == "": // only says that something was there
			p.Body = erasedBody
		default:
			body, err := j.seal(p.Subject, p.Kind+"/"+p.ID, p.Body)
			if err != nil {
				return err
			}
			b.Put[i].Body = body // seal may have moved b.Put
		}
	}
	b.Blank = slices.Clone(b.Blank)
	for i := range b.Blank {
		x := &b.Blank[i]
		if x.Body, err = j.seal(x.Subject, "log/"+x.Log, x.Body); err != nil {
			return err
		}
	}
	b.Append = slices.Clone(b.Append)
	for i := range b.Append {
		e := &b.Append[i]
		if e.Body, err = j.seal(e.Subject, "log/"+e.Log, e.Body); err != nil {
			return err
		}
	}
	b.Jobs = slices.Clone(b.Jobs)
	for i := range b.Jobs {
		x := &b.Jobs[i]
		if x.Body, err = j.seal(x.Subject, "job/"+x.Lane.Queue+"/"+x.Lane.ID, x.Body); err != nil {
			return err
		}
	}
	j.bury()
	return nil
}

// seal encrypts body with the key of subject, making the key if need be.
func (j *sealing) seal(subject, place string, body []byte) ([]byte, error) {
	k := j.made[subject]
	if k == nil {
		var err error
		if k, err = j.key(subject); err != nil {
			return nil, err
		}
	}
	return k.seal(subject, place, body), nil
}

// key returns the key of a subject that j has not made yet.
func (j *sealing) key(subject string) (*subjectKey, error) {
	version, gone := j.erased[subject]
	if !gone {
		k, v, err := j.s.key(j.ctx, subject, j.within)
		if !errors.Is(err, errNoKey) {
			return k, err
		}
		version = v
	}
	if version > 0 && once(subject) {
		return nil, ErrErased
	}
	if ShardOf(subject) != j.b.Shard {
		return j.s.make(j.ctx, subject)
	}
	k, put, err := j.s.newKey(subject, version)
	if err != nil {
		return nil, err
	}
	j.b.Put = append(j.b.Put, put)
	if j.made == nil {
		j.made = make(map[string]*subjectKey)
	}
	j.made[subject] = k
	return k, nil
}

// destroy looks up the keys that the batch destroys.
func (j *sealing) destroy() error {
	for _, subject := range j.b.Erase {
		if ShardOf(subject) != j.b.Shard {
			return fmt.Errorf("store: a key of another shard cannot be destroyed in this batch")
		}
		r, err := j.s.Backend.Get(j.ctx, j.b.Shard, keyKind, subject)
		if err != nil {
			return err
		}
		if j.erased == nil {
			j.erased = make(map[string]int64)
		}
		j.erased[subject] = r.Version
	}
	return nil
}

// bury puts a tombstone in the place of the keys that were destroyed and not
// made anew. One that never was is buried too: it can not be made any more.
func (j *sealing) bury() {
	for _, subject := range j.b.Erase {
		if j.made[subject] == nil {
			j.b.Put = append(j.b.Put, Put{Record: Record{Kind: keyKind, ID: subject, Version: j.erased[subject], Body: erasedBody}})
		}
	}
}

// once reports whether a subject whose key was destroyed stays without: one
// that is but a generation of something.
func once(subject string) bool { return strings.Contains(subject, "~") }

func (s *sealed) open(ctx context.Context, h *Leased) (err error) {
	for i, b := range h.Jobs {
		if h.Jobs[i], err = s.unseal(ctx, "job/"+h.Lane.Queue+"/"+h.Lane.ID, b); err != nil {
			return err
		}
	}
	return nil
}

// Get implements [Backend].
func (s *sealed) Get(ctx context.Context, sh Shard, kind, id string) (Record, error) {
	r, err := s.Backend.Get(ctx, sh, kind, id)
	if err == nil {
		r.Body, err = s.unseal(ctx, kind+"/"+id, r.Body)
	}
	return r, err
}

// Scan implements [Backend]. An entry that is damaged is nil, and told in the error.
func (s *sealed) Scan(ctx context.Context, sh Shard, log string, from int64, n int) ([][]byte, int64, error) {
	bs, first, err := s.Backend.Scan(ctx, sh, log, from, n)
	for i := range bs {
		var damage error
		bs[i], damage = s.unseal(ctx, "log/"+log, bs[i])
		err = errors.Join(err, damage)
	}
	return bs, first, err
}

// List implements [Backend]. A record that is damaged has no body, and is told
// in the error.
func (s *sealed) List(ctx context.Context, index string, after Cursor, n int) ([]Record, []Cursor, error) {
	rs, cs, err := s.Backend.List(ctx, index, after, n)
	for i := range rs {
		var damage error
		rs[i].Body, damage = s.unseal(ctx, rs[i].Kind+"/"+rs[i].ID, rs[i].Body)
		err = errors.Join(err, damage)
	}
	return rs, cs, err
}

// Claim implements [Backend]. A lane with a job that is damaged is left out and
// told in the error; the others are returned all the same.
func (s *sealed) Claim(ctx context.Context, c Claim) ([]Leased, error) {
	hs, err := s.Backend.Claim(ctx, c)
	good := hs[:0]
	for _, h := range hs {
		if damage := s.open(ctx, &h); damage != nil {
			err = errors.Join(err, damage)
			continue
		}
		good = append(good, h)
	}
	return good, err
}
