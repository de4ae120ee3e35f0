package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A register is a list of what was erased, kept beside the store, so that a
// backup made before an erasure does not bring back what the worker had erased.
// It names conversations by what tells nothing to those without the master key.
//
//	all vyJ0Wk3… 17
//
// is: of the conversation everything was erased that stood in it up to version 17.

// Register has every erasure noted in w, each in one Write, before anything
// else follows from it. It is called once, before s is used. An erasure that w
// does not take is not lost: what follows from it is tried again.
func (s *Store) Register(w io.Writer) { s.register = w }

// registered notes an erasure. It may be noted twice.
func (s *Store) registered(e erasure) error {
	if s.register == nil {
		return nil
	}
	if _, err := fmt.Fprintf(s.register, "%s %s %d\n", e.What, e.Conv, e.At); err != nil {
		return fmt.Errorf("store: the list of erasures cannot be written, and what it is for has to wait: %w", err)
	}
	return nil
}

// EraseAgain erases what a register names and s still has, since s was restored
// from an older backup. It returns how many conversations that were. It can be
// repeated, and leaves alone what came after an erasure.
func (s *Store) EraseAgain(ctx context.Context, register io.Reader) (n int, err error) {
	lines := bufio.NewScanner(register)
	for line := 1; lines.Scan(); line++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		f := strings.Fields(lines.Text())
		if len(f) != 3 {
			return n, fmt.Errorf("store: line %d of the list of erasures is damaged: mend or remove it", line)
		}
		at, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil || f[0] != Chat && f[0] != Contact && f[0] != Everything {
			return n, fmt.Errorf("store: line %d of the list of erasures is damaged: mend or remove it", line)
		}
		k, err := s.read(ctx, f[1])
		if err != nil && !errors.Is(err, ErrDamaged) {
			return n, err
		}
		if err != nil || !k.kept || k.version > at || k.To != "" {
			continue
		}
		if err := s.eraseOne(ctx, f[1], f[0]); err != nil {
			return n, err
		}
		n++
	}
	for more := true; more && n > 0; {
		if more, err = s.sweep(ctx, perTurn, time.Minute); err != nil {
			return n, err
		}
	}
	return n, lines.Err()
}
