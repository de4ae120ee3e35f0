package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A result is what one run has shown.
type result struct {
	Mode           string  `json:"mode"`
	Conversations  int     `json:"conversations,omitempty"`
	DelayMS        float64 `json:"platform_delay_ms,omitempty"`
	Throttle       int     `json:"throttle,omitempty"`
	Turns          int     `json:"turns,omitempty"`
	Seconds        float64 `json:"seconds,omitempty"`
	Rate           float64 `json:"turns_per_second,omitempty"`
	P50MS          float64 `json:"p50_ms,omitempty"`
	P99MS          float64 `json:"p99_ms,omitempty"`
	BotCPU         float64 `json:"bot_cpu_seconds,omitempty"`
	LoadCPU        float64 `json:"load_cpu_seconds,omitempty"`
	OtherCores     float64 `json:"other_cores,omitempty"` // busy with something else meanwhile
	RSS            int64   `json:"rss_bytes,omitempty"`
	PeakRSS        int64   `json:"peak_rss_bytes,omitempty"`
	FirstPageMS    float64 `json:"first_page_ms,omitempty"`
	FlushMS        float64 `json:"flush_ms,omitempty"` // of the disk
	RefusedTooMany int64   `json:"refused_429"`
	Lost           int64   `json:"lost"`
	Doubled        int64   `json:"doubled"`
}

func newResult(l load, c *crowd, took time.Duration, before, after spending) result {
	ds := sorted(c.took)
	r := result{
		Mode: "load", Conversations: l.conversations, DelayMS: millis(l.delay), Throttle: l.throttle,
		Turns: len(ds), Seconds: took.Seconds(), Rate: float64(len(ds)) / took.Seconds(),
		P50MS: millis(percentile(ds, 0.5)), P99MS: millis(percentile(ds, 0.99)),
		BotCPU: (after.bot - before.bot).Seconds(), LoadCPU: (after.load - before.load).Seconds(),
		RSS: after.memory, PeakRSS: after.peak, Lost: c.lost.Load(), Doubled: c.doubled.Load(),
	}
	if busy := after.machine - before.machine; busy > 0 {
		r.OtherCores = max(0, busy.Seconds()-r.BotCPU-r.LoadCPU) / took.Seconds()
	}
	switch {
	case l.throttle > 0:
		r.Mode = "throttle"
	case l.delay > 0:
		r.Mode = "delay"
	}
	return r
}

// fault is what must never be.
func (r result) fault() error {
	if r.Lost > 0 || r.Doubled > 0 {
		return fmt.Errorf("%d messages were lost and %d came twice", r.Lost, r.Doubled)
	}
	return nil
}

// String is the line that people read.
func (r result) String() string {
	if r.Mode == "idle" {
		return fmt.Sprintf("idle: first page %.0f ms after the start; %s of memory", r.FirstPageMS, megabytes(r.RSS))
	}
	var b strings.Builder
	switch r.Mode {
	case "throttle":
		fmt.Fprintf(&b, "%d workers write once, the platform takes %d a second: all answered in %.1f s, refused with 429: %d",
			r.Conversations, r.Throttle, r.Seconds, r.RefusedTooMany)
	case "delay":
		fmt.Fprintf(&b, "%d conversations, the platform takes %.0f ms: %.0f messages a second, p50 %.0f ms, p99 %.0f ms",
			r.Conversations, r.DelayMS, r.Rate, r.P50MS, r.P99MS)
	default:
		fmt.Fprintf(&b, "%d conversations: %.0f turns a second, p50 %.1f ms, p99 %.1f ms", r.Conversations, r.Rate, r.P50MS, r.P99MS)
	}
	fmt.Fprintf(&b, "; lost %d, doubled %d", r.Lost, r.Doubled)
	if r.BotCPU > 0 {
		each := 1e6 / float64(max(r.Turns, 1))
		fmt.Fprintf(&b, "; %d turns in %.1f s, a turn %.0f µs of processor time and %.0f µs of this load, %s of memory; others used %.1f cores, a flush takes %.2f ms",
			r.Turns, r.Seconds, r.BotCPU*each, r.LoadCPU*each, megabytes(r.PeakRSS), r.OtherCores, r.FlushMS)
	}
	return b.String()
}

func megabytes(n int64) string {
	if n == 0 {
		return "unknown amount"
	}
	return fmt.Sprintf("%d MB", (n+500_000)/1_000_000)
}

// starts measures a bot that has nothing to do: five times from nothing to the
// first page, and the memory a while later.
func starts(ctx context.Context, program string) (result, error) {
	r := result{Mode: "idle"}
	p, err := newPlatform(0, 0)
	if err != nil {
		return r, err
	}
	defer p.Close()
	var took, memory []int64
	for range 5 {
		d, n, err := start(ctx, program, p)
		if err != nil {
			return r, err
		}
		took, memory = append(took, d.Microseconds()), append(memory, n)
	}
	r.FirstPageMS, r.RSS = float64(sorted(took)[2])/1000, sorted(memory)[2]
	return r, nil
}

func start(ctx context.Context, program string, p *platform) (first time.Duration, memory int64, err error) {
	dir, err := os.MkdirTemp("", "workervoice-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("no folder for the data: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing depends on it
	b, err := startBot(ctx, program, dir, p.url())
	if err != nil {
		return 0, 0, err
	}
	defer b.kill()
	select {
	case <-ctx.Done():
	case <-b.ended:
		return 0, 0, errors.New("the bot has ended")
	case <-time.After(time.Second):
	}
	memory = spent(b.pid()).memory
	return b.first, memory, b.stop()
}
