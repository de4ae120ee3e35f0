package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workervoice/store"
	"workervoice/store/sqlite"
)

// TestOtherKey starts on a store with another master key, and without the one
// that it was made with: that is one line, makes no key and changes nothing.
func TestOtherKey(t *testing.T) {
	data := t.TempDir()
	start := func() error {
		s, err := assemble(context.Background(), settled(t, data), quiet())
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(data, "master.key")
	right, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := func(words string) {
		t.Helper()
		err := start()
		if err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "put back the copy") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	}
	refused("is not the master key that the store was made with")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused("was not there")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a new master key was left: %v", err)
	}
	if err := os.WriteFile(file, right, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := start(); err != nil {
		t.Error(err)
	}
}

// TestDamagedAuditKey starts on a store whose audit key was changed: the line
// says so and what to do, and does not blame the master key.
func TestDamagedAuditKey(t *testing.T) {
	data := t.TempDir()
	start := func() error {
		s, err := assemble(context.Background(), settled(t, data), quiet())
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	b, err := sqlite.Open(filepath.Join(data, "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), store.ShardOf("audit"), "key", "audit")
	if err != nil {
		t.Fatal(err)
	}
	r.Body[len(r.Body)-1] ^= 1
	if err := b.Commit(t.Context(), store.Batch{Shard: store.ShardOf("audit"), At: time.Now(), Put: []store.Put{{Record: r}}})[0].Err; err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	err = start()
	if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "is not the master key") ||
		!strings.Contains(err.Error(), "the key of the audit log") || !strings.Contains(err.Error(), "restore the last backup") {
		t.Errorf("got %v", err)
	}
}
