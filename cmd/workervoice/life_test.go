package main

import (
	"context"
	"slices"
	"testing"

	"workervoice/store"
)

// An heir is a back end of several processes that writes down whom it follows.
type heir struct {
	store.Backend
	life      string
	inherited []string
}

func (h *heir) Life() string { return h.life }

func (h *heir) Inherit(_ context.Context, life string) error {
	h.inherited = append(h.inherited, life)
	return nil
}

// TestSucceed checks that each process follows the one that ran in its data
// folder last, and none of another folder.
func TestSucceed(t *testing.T) {
	here, elsewhere := t.TempDir(), t.TempDir()
	for _, x := range []struct {
		dir, life string
		follows   []string
	}{{here, "one", nil}, {elsewhere, "other", nil}, {here, "two", []string{"one"}}, {here, "three", []string{"two"}}, {elsewhere, "another", []string{"other"}}} {
		h := &heir{life: x.life}
		if err := succeed(t.Context(), h, x.dir); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(h.inherited, x.follows) {
			t.Errorf("%s follows %v, not %v", x.life, h.inherited, x.follows)
		}
	}
}
