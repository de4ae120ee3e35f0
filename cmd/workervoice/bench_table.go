package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"
)

// compare measures all that the store may be with more and more workers, and
// prints a table for docs/bench.md.
func compare(ctx context.Context, program string, l load, out io.Writer) error {
	fmt.Fprintf(out, `# How much the bot can do

Made by `+"`make bench`"+` on %s: %d processors (%s), which also play the platform and the workers.
A turn is a webhook in and its answer out, with everything kept and flushed to the disk before; p50 and p99 are the time between the two.
Processor time and memory are those of the bot and, where there is one, of its Redis server. "Others" is what else ran meanwhile.

| store | conversations at once | webhooks accepted a second | turns a second | p50 | p99 | processor time of a turn | memory | a flush | others |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`, time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), processor())
	for _, on := range []ground{{}, {flush: 5 * time.Millisecond}, {redis: true}, {redis: true, bots: 2}} {
		for _, n := range []int{16, 64, 256} {
			l.on, l.conversations, l.deaf = on, n, true
			accepted, err := measure(ctx, program, l)
			if err != nil {
				return err
			}
			l.deaf = false
			r, err := measure(ctx, program, l)
			if err != nil {
				return err
			}
			if err := r.fault(); err != nil {
				return err
			}
			fmt.Fprintf(out, "| %v | %d | %.0f | %.0f | %.1f ms | %.1f ms | %.0f µs | %s | %.2f ms | %.1f |\n", on, n, accepted.Rate, r.Rate,
				r.P50MS, r.P99MS, 1e6*r.BotCPU/float64(max(r.Turns, 1)), megabytes(r.PeakRSS), r.FlushMS, r.OtherCores)
		}
	}
	return nil
}

// processor returns the name of this machine's processor, where Linux tells.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, ok := strings.Cut(string(b), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	if !ok {
		return runtime.GOARCH
	}
	return name
}

// patter is how many messages one worker writes without waiting for an answer.
const patter = 10

// pour is one conversation after the other with workers who write and do not
// wait. It returns what each webhook took until it was accepted.
func (c *crowd) pour(ctx context.Context, hs hooks) (took []time.Duration, err error) {
	for {
		w := newWorker(c.p, hs, c.people.Add(1))
		for i := range patter {
			if !c.begin(ctx) {
				return took, nil
			}
			began := time.Now()
			status, _, err := w.hook().post(w.update(move{write: fmt.Sprint("/start ", i)}))
			if err != nil {
				return took, fmt.Errorf("the bot cannot be reached: %w", err)
			}
			if status != http.StatusOK {
				return took, fmt.Errorf("the bot answered a webhook with %d", status)
			}
			took = append(took, time.Since(began))
		}
		w.leave()
	}
}
