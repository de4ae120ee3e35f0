package store

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// A subjectKey seals what is kept about one subject. Its name stands in clear
// before what it seals, so that a value sealed with a key destroyed since is
// told from one that was tampered with.
type subjectKey struct {
	cipher.AEAD
	name [8]byte
	at   time.Time // when it was read
}

const (
	keyKind = "key" // kind of record

	// trusted is how long a key at hand is read with: another process may
	// have destroyed it since. What is written with it is checked by the
	// version of the record it goes to.
	trusted = 10 * time.Second
)

// errNoKey means that a subject has no key: not yet, or not any more.
var errNoKey = errors.New("store: no key")

// seal encrypts body so that it can be read at its place only.
func (k *subjectKey) seal(subject, place string, body []byte) []byte {
	out := make([]byte, 0, 9+len(subject)+len(body)+28)
	out = append(append(append(out, byte(len(subject))), subject...), k.name[:]...)
	return k.Seal(out, nil, body, []byte(place))
}

// newKey makes the key of a subject and the record that keeps it.
func (s *sealed) newKey(subject string, version int64) (*subjectKey, Put, error) {
	raw := make([]byte, 8+32)
	rand.Read(raw)
	k, err := s.parseKey(raw)
	body := s.master.Seal(nil, nil, raw, []byte(keyKind+"/"+subject))
	return k, Put{Record: Record{Kind: keyKind, ID: subject, Version: version, Body: body}}, err
}

func (s *sealed) parseKey(raw []byte) (*subjectKey, error) {
	a, err := aead(raw[8:])
	return &subjectKey{a, [8]byte(raw), s.now()}, err
}

// key returns the key of a subject, at hand if it was read within the last
// while (zero: at any time). Without one it returns errNoKey, and the version
// from which one can be made.
func (s *sealed) key(ctx context.Context, subject string, within time.Duration) (*subjectKey, int64, error) {
	if k, ok := s.keys.get(subject); ok && (within == 0 || s.now().Sub(k.at) < within) {
		return k, 0, nil
	}
	r, err := s.Backend.Get(ctx, ShardOf(subject), keyKind, subject)
	if err != nil {
		return nil, 0, err
	}
	if len(r.Body) <= len(erasedBody) {
		s.keys.drop(subject)
		return nil, r.Version, errNoKey
	}
	raw, err := s.master.Open(nil, nil, r.Body, []byte(keyKind+"/"+subject))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: a key does not open: it was changed, or the master key is another one", ErrDamaged)
	}
	k, err := s.parseKey(raw)
	if err == nil {
		s.keys.put(subject, k)
	}
	return k, r.Version, err
}

// unseal returns what is in body, or nil if it cannot be read any more.
func (s *sealed) unseal(ctx context.Context, place string, body []byte) ([]byte, error) {
	if len(body) <= len(erasedBody) {
		return nil, nil
	}
	n := 1 + int(body[0])
	if len(body) < n+8 {
		return nil, fmt.Errorf("%w: %s is too short", ErrDamaged, kindOf(place))
	}
	subject, name := string(body[1:n]), [8]byte(body[n:])
	k, _, err := s.key(ctx, subject, trusted)
	if err == nil && k.name != name {
		k, _, err = s.key(ctx, subject, time.Nanosecond)
	}
	if errors.Is(err, errNoKey) || err == nil && k.name != name {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := k.Open(nil, nil, body[n+8:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%w: %s was changed or moved", ErrDamaged, kindOf(place))
	}
	return out, nil
}

// kindOf leaves out of a place whose it is.
func kindOf(place string) string {
	for i, r := range place {
		if r == '/' {
			return place[:i]
		}
	}
	return place
}

// own finds out whether what is kept was made with the master key, by the key
// that everything audited is sealed with. An empty store gets one. Where that
// does not open, another key tells whether it is damaged or the master key is
// another one.
func (s *sealed) own(ctx context.Context) error {
	_, err := s.make(ctx, audited)
	if errors.Is(err, ErrDamaged) {
		switch _, _, other := s.key(ctx, inbox, 0); {
		case other == nil:
			return ErrAuditKey
		case errors.Is(other, ErrDamaged), errors.Is(other, errNoKey):
			return ErrMasterKey
		default:
			return other
		}
	}
	if err != nil {
		return err
	}
	if _, err := s.make(ctx, inbox); err != nil && !errors.Is(err, ErrDamaged) { // damaged, it is told by what it seals
		return err
	}
	s.unproven.Store(false)
	return nil
}

// make returns the key of a subject, and keeps one if there is none yet.
func (s *sealed) make(ctx context.Context, subject string) (*subjectKey, error) {
	for {
		k, version, err := s.key(ctx, subject, 0)
		if !errors.Is(err, errNoKey) {
			return k, err
		}
		if version > 0 && once(subject) {
			return nil, ErrErased
		}
		k, put, err := s.newKey(subject, version)
		if err != nil {
			return nil, err
		}
		err = s.Backend.Commit(ctx, Batch{Shard: ShardOf(subject), At: s.now(), Put: []Put{put}})[0].Err
		if err == nil {
			s.keys.put(subject, k)
			return k, nil
		}
		if err != ErrStale { // else somebody else has just made it
			return nil, err
		}
	}
}

// wrap seals body for a place inside another value.
func (s *sealed) wrap(ctx context.Context, subject, place string, body []byte) ([]byte, error) {
	k, err := s.make(ctx, subject)
	if err != nil {
		return nil, err
	}
	return k.seal(subject, place, body), nil
}
