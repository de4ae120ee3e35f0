package store_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/sqlite"
)

// away is a back end that cannot be read for a while.
type away struct {
	store.Backend
	gone bool
}

func (x *away) Get(ctx context.Context, s store.Shard, kind, id string) (store.Record, error) {
	if x.gone {
		return store.Record{}, io.ErrClosedPipe
	}
	return x.Backend.Get(ctx, s, kind, id)
}

// TestOwn checks that a store takes nothing under another master key than the
// one that it was made with, nor before that is known.
func TestOwn(t *testing.T) {
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	b := &away{Backend: file}
	with := func(master store.Key) *store.Store {
		s, err := store.New(b, master, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	hears := func(s *store.Store, user string) error {
		return s.Receive(t.Context(), channels.Event{ID: "1", Kind: channels.Said, From: channels.Address{Channel: "telegram", User: user}, At: time.Now(), Text: "hello"})
	}
	right := with(store.Key{1})
	defer right.Close()
	if err := errors.Join(right.Own(t.Context()), hears(right, "a")); err != nil {
		t.Fatal(err)
	}
	wrong := with(store.Key{2})
	if err := wrong.Own(t.Context()); !errors.Is(err, store.ErrMasterKey) || !errors.Is(err, store.ErrDamaged) {
		t.Error(err)
	}
	if err := hears(wrong, "b"); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("kept under another master key: %v", err)
	}
	late, never := with(store.Key{1}), with(store.Key{2})
	b.gone = true
	for _, s := range []*store.Store{late, never} {
		if err := s.Own(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	}
	b.gone = false
	if err := hears(late, "c"); err != nil {
		t.Error(err)
	}
	if err := hears(never, "d"); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("kept under another master key: %v", err)
	}
}

// damage changes one byte of a subject's key.
func damage(t *testing.T, b store.Backend, subject string) {
	t.Helper()
	r, err := b.Get(t.Context(), store.ShardOf(subject), "key", subject)
	if err != nil || len(r.Body) == 0 {
		t.Fatal(subject, err)
	}
	r.Body[len(r.Body)-1] ^= 1
	if err := b.Commit(t.Context(), store.Batch{Shard: store.ShardOf(subject), At: time.Now(), Put: []store.Put{{Record: r}}})[0].Err; err != nil {
		t.Fatal(err)
	}
}

// TestOwnDamaged damages the keys that tell whether the master key is right: the
// program is told which of both is wrong, and goes on where one of them will do.
func TestOwnDamaged(t *testing.T) {
	b, err := sqlite.Open(filepath.Join(t.TempDir(), "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	own := func(master store.Key) error {
		s, err := store.New(b, master, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s.Own(t.Context())
	}
	for _, step := range []struct {
		damages      string
		right, wrong error
	}{
		{"", nil, store.ErrMasterKey},
		{"inbox", nil, store.ErrMasterKey},
		{"inbox", nil, store.ErrMasterKey}, // it is whole again
		{"audit", store.ErrAuditKey, store.ErrMasterKey},
	} {
		if step.damages != "" {
			damage(t, b, step.damages)
		} else if err := own(store.Key{1}); err != nil { // the first start
			t.Fatal(err)
		}
		if err := own(store.Key{1}); !errors.Is(err, step.right) {
			t.Errorf("damaged %q: with the right master key %v, want %v", step.damages, err, step.right)
		}
		if err := own(store.Key{2}); !errors.Is(err, step.wrong) || errors.Is(err, store.ErrAuditKey) {
			t.Errorf("damaged %q: with another master key %v, want %v", step.damages, err, step.wrong)
		}
	}
}
