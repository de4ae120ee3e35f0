// Package store keeps what must survive a crash: conversations, cases, and the
// messages on their way in and out.
//
// It has two layers. A [Store] speaks of conversations, parcels and cases and
// is written once. A [Backend] below it keeps sealed records, logs and jobs;
// there are two, sqlite for one machine and redis for many.
package store

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fxamacker/cbor/v2"

	"workervoice/cases"
)

var (
	// ErrDenied means that the caller may not see or do this.
	ErrDenied = errors.New("store: denied")

	// ErrNotFound means that there is no such thing, or none left.
	ErrNotFound = errors.New("store: not found")

	// ErrErased means that the worker had everything erased: nothing can be
	// written about this worker any more.
	ErrErased = errors.New("store: erased")

	// ErrTooBig means that an attachment is longer than its limit.
	ErrTooBig = errors.New("store: attachment is longer than its limit")
)

// A Store keeps everything. Its methods may be called from several goroutines
// at once. When one returns nil, what it wrote survives a crash.
type Store struct {
	b     *sealed
	now   func() time.Time
	files *Files // nil without attachments

	register io.Writer // takes every erasure; nil without

	hashes    sync.Pool // of hash.Hash, with the key of the names under which people are kept
	home      cases.OrgID
	joinLimit int // who may come by one code within a minute; 0: joinsAMinute

	recent cache[*known]   // spares Begin a read
	beaten atomic.Int64    // when another process last knew better, unix ns
	noted  cache[struct{}] // that somebody looked at something within the hour: the note is kept
	hints  hints           // spare claims a look into every shard
	joins  joins           // pairings whose turn has yet to be committed

	alone   bool         // no other process uses the back end
	passing passing      // keeps messages and takeovers apart
	owners  cache[int64] // epochs to which this process has moved conversations on
	hub     hub
}

// New returns a store on b, sealed with the master key. It tells the time by now.
func New(b Backend, master Key, now func() time.Time) (*Store, error) {
	s, err := newSealed(b, master, now)
	if err != nil {
		return nil, err
	}
	hide, err := hkdf.Key(sha256.New, master[:], nil, "names", 32)
	if err != nil {
		return nil, err
	}
	_, alone := b.(interface{ Alone() })
	st := &Store{b: s, now: now, alone: alone, hashes: sync.Pool{New: func() any { return hmac.New(sha256.New, hide) }}}
	return st, st.hub.others.meet(st, b, master)
}

// Own makes sure that everything in the store was made with the master key, and
// marks an empty store as such. With another one it returns ErrMasterKey, with
// the right one and a damaged audit key ErrAuditKey; both are ErrDamaged. Until
// it is sure, also where the back end cannot be reached yet, s keeps nothing: what
// two master keys have sealed can not be read together.
func (s *Store) Own(ctx context.Context) error {
	s.b.unproven.Store(true)
	return s.b.own(ctx)
}

// Home makes an organisation responsible for the cases and conversations that
// begin from now on. It is called once, before s is used; without it they are
// for the bot alone until somebody routes them.
func (s *Store) Home(org cases.OrgID) { s.home = org }

// Close closes the back end.
func (s *Store) Close() error {
	s.hub.others.end()
	return s.b.Close()
}

// name returns the name under which parts are kept: always the same, and
// telling nothing to those without the master key. A platform may put phone
// numbers even into the names of messages, so those are hidden too.
func (s *Store) name(parts ...string) string {
	b := make([]byte, 0, 160)
	for _, p := range parts {
		b = append(strconv.AppendInt(b, int64(len(p)), 10), ':')
		b = append(b, p...)
	}
	h := s.hashes.Get().(hash.Hash)
	defer s.hashes.Put(h)
	h.Reset()
	h.Write(b)
	return base64.RawURLEncoding.EncodeToString(h.Sum(b[:0])[:16])
}

// commit applies one batch.
func (s *Store) commit(ctx context.Context, b Batch) (Result, error) {
	r := s.b.Commit(ctx, b)[0]
	return r, r.Err
}

// fence returns a proof of a lease. It need only differ from all others.
func fence() int64 { return rand.Int64N(1<<53-1) + 1 }

// What is kept is written as CBOR (RFC 8949), with the names that the types
// have in JSON: a turn writes several values, and JSON takes three times as
// long. Times keep their nanoseconds. What an older version wrote in JSON can
// be told by its bracket: no CBOR written here begins with one.
var (
	written = must(cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode())
	reading = must(cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()) // odd text must not block a conversation
)

func must[M any](m M, err error) M {
	if err != nil {
		panic(err)
	}
	return m
}

// encode never fails: what a store keeps are plain values.
func encode(v any) []byte {
	return must(written.Marshal(v))
}

// decode reads what encode wrote. A body of nil, which cannot be read any
// more, leaves v as it is.
func decode(body []byte, v any) error {
	if body == nil {
		return nil
	}
	read := reading.Unmarshal
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		read = json.Unmarshal
	}
	if err := read(body, v); err != nil {
		return errors.New("store: a value was written by another program: restore the backup or start the newer version")
	}
	return nil
}
