package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"workervoice/store"
)

// succeed tells other processes on the same store which of them has ended: the
// one that ran in this data folder before. A bot that is killed and started
// again then goes on at once with what it was about.
func succeed(ctx context.Context, back store.Backend, data string) error {
	heir, ok := back.(store.Heir)
	if !ok {
		return nil
	}
	file := filepath.Join(data, "life")
	was, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what ran in the data folder before cannot be read: %w", err)
	}
	if len(was) > 0 {
		_ = heir.Inherit(ctx, string(was)) // those who find out by themselves are seconds later
	}
	if err := os.WriteFile(file, []byte(heir.Life()), 0o600); err != nil {
		return fmt.Errorf("the data folder cannot be written: %w", err)
	}
	return nil
}
