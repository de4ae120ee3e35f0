package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A heavy is what the bench asks of a bot whose store holds years of work.
type heavy struct {
	crop
	load load
}

// A weight is what a full store has shown. Sizes are in bytes.
type weight struct {
	On        string  `json:"on"`
	Workers   int     `json:"workers"`
	Messages  int     `json:"messages"`
	Cases     int     `json:"cases"`
	ReadyMS   float64 `json:"ready_ms"`            // from the start until the bot may be given work
	AgainMS   float64 `json:"ready_after_kill_ms"` // the same after it was killed at work
	Memory    int64   `json:"memory"`              // of the bot, its share of what it shares with others, once it is ready
	Worked    int64   `json:"memory_after_turns"`
	Disk      int64   `json:"disk"`                // database or append-only file, at rest
	WAL       int64   `json:"wal,omitempty"`       // of SQLite, at work
	Redis     int64   `json:"redis,omitempty"`     // what Redis says that it uses
	RedisPeak int64   `json:"redis_rss,omitempty"` // what its process has of the machine, at most
	LoadMS    float64 `json:"redis_load_ms,omitempty"`
	Turns     result  `json:"turns"`
}

// String is the line that people read.
func (w weight) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s with %d workers, %d messages and %d cases: ready %.0f ms after the start, %.0f ms after a kill; memory %s, %s after %d turns; %s on disk",
		w.On, w.Workers, w.Messages, w.Cases, w.ReadyMS, w.AgainMS, megabytes(w.Memory), megabytes(w.Worked), w.Turns.Turns, megabytes(w.Disk))
	if w.Redis > 0 {
		fmt.Fprintf(&b, " (append-only file), Redis uses %s and at most had %s of the machine, and reads its file in %.1f s", megabytes(w.Redis), megabytes(w.RedisPeak), w.LoadMS/1000)
	} else {
		fmt.Fprintf(&b, ", its log %s at work", megabytes(w.WAL))
	}
	fmt.Fprintf(&b, "\n%v", w.Turns)
	return b.String()
}

// scale measures h on each store, or on the one that was asked for.
func scale(ctx context.Context, program string, h heavy, given map[string]bool, asJSON bool, out io.Writer) error {
	if !given["workers"] {
		h.workers = 300_000
	}
	if !given["messages"] {
		h.messages = 20
	}
	if !given["turns"] {
		h.load.turns = 5000
	}
	h.load.conversations = 64
	grounds := []ground{{}, {redis: true}}
	if given["store"] {
		grounds = []ground{h.load.on}
	}
	for _, on := range grounds {
		w, err := h.measure(ctx, program, on, out)
		if err != nil {
			return err
		}
		if err := errors.Join(say(out, w, asJSON), w.Turns.fault()); err != nil {
			return err
		}
	}
	return nil
}

// measure fills a store of its own on one ground, and starts the bot on it.
func (h heavy) measure(ctx context.Context, program string, on ground, out io.Writer) (w weight, err error) {
	dir, err := os.MkdirTemp("", "workervoice-bench-")
	if err != nil {
		return w, fmt.Errorf("no folder for the data: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing depends on it
	w = weight{On: on.String(), Workers: h.workers, Messages: h.workers * h.messages, Cases: h.cases}
	where, server, err := on.place(ctx, dir)
	if err != nil {
		return w, err
	}
	defer func() { server.kill() }()
	c, err := settle(dir, where)
	if err != nil {
		return w, err
	}
	if err := h.fill(ctx, c, out); err != nil {
		return w, err
	}
	if on.redis {
		if err := server.restart(ctx, &w); err != nil {
			return w, err
		}
	}
	if w.Disk, err = sizeOf(dir); err != nil {
		return w, err
	}
	p, err := newPlatform(0, 0)
	if err != nil {
		return w, err
	}
	defer p.Close()
	b, err := startBot(ctx, program, dir, p.url(), append([]string{"STORE=" + where}, unlimited...)...)
	if err != nil {
		return w, err
	}
	defer func() { b.kill() }()
	err = h.weigh(ctx, p, b, server, &w)
	return w, err
}

// weigh starts a bot twice and lets it work in between.
func (h heavy) weigh(ctx context.Context, p *platform, b *process, server *redisServer, w *weight) error {
	took, err := b.ready(ctx)
	if err != nil {
		return err
	}
	w.ReadyMS, w.Memory = millis(took), share(b.pid())
	crowd, err := newCrowd(p, fleet{b}, h.load)
	if err != nil {
		return err
	}
	before, began := fleet{b}.spent(server), time.Now()
	if err := crowd.work(ctx); err != nil {
		return fmt.Errorf("%w; the bot says: %s", err, b.lastWords())
	}
	w.Turns = newResult(h.load, crowd, time.Since(began), before, fleet{b}.spent(server))
	w.Worked = share(b.pid())
	if info, err := os.Stat(filepath.Join(b.dir, "voice.db-wal")); err == nil {
		w.WAL = info.Size()
	}
	if server != nil {
		w.Redis, w.RedisPeak = server.used(ctx), spent(server.cmd.Process.Pid).peak
	}
	b.kill()
	if err := b.start(ctx); err != nil {
		return err
	}
	again, err := b.ready(ctx)
	w.AgainMS = millis(again)
	return err
}

// ready waits until the bot says that work may be given to it, and returns how
// long that is after its start.
func (b *process) ready(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.addr+"/readyz", nil)
		if err != nil {
			return 0, err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(b.began), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the bot is not ready: %w; it says: %s", ctx.Err(), b.lastWords())
		case <-b.ended:
			return 0, errors.New("the bot has ended; it says: " + b.lastWords())
		case <-again.C:
		}
	}
}

// share is what a process has of the machine's memory, with its share of what
// several have: Pss of /proc/PID/smaps_rollup, proc(5). It is zero elsewhere.
func share(pid int) int64 {
	all, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	for line := range bytes.Lines(all) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "Pss:" {
			kilobytes, _ := strconv.ParseInt(f[1], 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}

// sizeOf adds up the files in a folder.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // gone since
			return nil
		}
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// restart stops the server with its file written in full, as it is every night,
// and starts it again on the same address.
func (s *redisServer) restart(ctx context.Context, w *weight) error {
	c := redis.NewClient(&redis.Options{Addr: s.addr})
	defer c.Close()
	if err := c.BgRewriteAOF(ctx).Err(); err != nil {
		return fmt.Errorf("the Redis to measure with does not write its file anew: %w", err)
	}
	for busy := true; busy; {
		info, err := c.Info(ctx, "persistence").Result()
		if err != nil {
			return fmt.Errorf("the Redis to measure with does not answer: %w", err)
		}
		busy = figure(info, "aof_rewrite_in_progress") != 0 || figure(info, "aof_rewrite_scheduled") != 0
		if busy {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	s.kill()
	began := time.Now()
	if err := s.start(ctx); err != nil {
		return err
	}
	for c.Ping(ctx).Err() != nil { // while it reads its file
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	w.LoadMS = millis(time.Since(began))
	return nil
}

// used is what the server says that it uses.
func (s *redisServer) used(ctx context.Context) int64 {
	c := redis.NewClient(&redis.Options{Addr: s.addr})
	defer c.Close()
	info, _ := c.Info(ctx, "memory").Result() // zero
	return figure(info, "used_memory")
}

// figure reads one line of what Redis tells of itself.
func figure(info, name string) int64 {
	_, rest, _ := strings.Cut(info, "\n"+name+":")
	value, _, _ := strings.Cut(rest, "\r")
	n, _ := strconv.ParseInt(value, 10, 64)
	return n
}
