package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"workervoice/store"
)

// A checkOrder asks for a look at everything that is kept.
type checkOrder struct{ Mend bool }

// checkStore reads everything that is kept and says what is wrong. It asks the
// program that runs on the same data folder, which goes on working, and works by
// itself where none does.
func checkStore(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	var o checkOrder
	fs.BoolVar(&o.Mend, "mend", false, "set right what can be: counters, and places in lists where nothing stands")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if done, err := ask(ctx, c.data, "check-store", o, out); done {
		return err
	}
	k, err := c.keep(ctx)
	if err != nil {
		if k != nil {
			err = errors.Join(err, k.Close())
		}
		return err
	}
	return errors.Join(look(ctx, k.store, o, out), k.Close())
}

// checkStore carries out an order.
func (s *system) checkStore(ctx context.Context, o checkOrder, out io.Writer) error {
	return look(ctx, s.store, o, out)
}

// look says what is wrong with a store, a line for each.
func look(ctx context.Context, s *store.Store, o checkOrder, out io.Writer) error {
	begun, n := time.Now(), 0
	var faults strings.Builder
	sum, err := s.Check(ctx, o.Mend, func(line string) {
		faults.WriteString(line + "\n")
		n++
	})
	if err != nil {
		return errors.Join(err, errors.New(faults.String()))
	}
	if n > 0 && !o.Mend {
		return fmt.Errorf("%s%d faults", faults.String(), n)
	}
	fmt.Fprintf(out, "%sread %d records, %d log entries, %d waiting jobs, %d places in lists and %d attachments in %.1f s: ",
		faults.String(), sum.Records, sum.Entries, sum.Jobs, sum.Places, sum.Files, time.Since(begun).Seconds())
	if n == 0 {
		fmt.Fprintln(out, "no faults")
		return nil
	}
	_, err = fmt.Fprintf(out, "%d faults, of which those were set right that can be; look again\n", n)
	return err
}
