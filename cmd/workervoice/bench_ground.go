package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A ground is what a run is on: the store, and how many bots share it.
type ground struct {
	redis bool          // a server of its own, flushed at every write; else a SQLite file
	flush time.Duration // what every flush of the SQLite file takes longer
	bots  int           // 0 is one
}

// String is the name that people read.
func (g ground) String() string {
	switch {
	case g.redis && g.bots > 1:
		return fmt.Sprintf("Redis, %d processes", g.bots)
	case g.redis:
		return "Redis"
	case g.flush > 0:
		return fmt.Sprintf("SQLite, flushes %v slower", g.flush)
	}
	return "SQLite"
}

// onGround reads what -store says of the kind of store to measure.
func onGround(store string) (ground, error) {
	switch store {
	case "sqlite", "sqlite:":
		return ground{}, nil
	case "redis", "redis:", "redis://":
		return ground{redis: true}, nil
	}
	return ground{}, errors.New("-store of the bench is sqlite or redis, without an address: it fills a store of its own, never one that is in use")
}

// place returns what STORE says for a store in dir, and starts a Redis if it
// is one.
func (g ground) place(ctx context.Context, dir string) (where string, s *redisServer, err error) {
	if g.redis {
		if s, err = startRedis(ctx, dir); err != nil {
			return "", nil, err
		}
		return "redis://" + s.addr, s, nil
	}
	where = "sqlite:" + filepath.Join(dir, "voice.db")
	if g.flush > 0 {
		where += "?flush_delay=" + g.flush.String()
	}
	return where, nil, nil
}

// settle returns the settings of a program that fills a store of the bench's
// own, whatever the environment says. A Redis that writes its file anew may take
// a while to answer.
func settle(dir, where string) (c config, err error) {
	if strings.HasPrefix(where, "redis:") {
		where += "?read_timeout=2m"
	}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	c.flags(fs)
	return c, c.parse(fs, []string{"-data", dir, "-store", where, "-key", filepath.Join(dir, "master.key")})
}

// start starts the bots, and Redis for them if need be.
func (g ground) start(ctx context.Context, program, dir, platform string, env ...string) (bots fleet, s *redisServer, err error) {
	where, s, err := g.place(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	env = append([]string{"STORE=" + where, "MASTER_KEY_FILE=" + filepath.Join(dir, "master.key")}, env...)
	for i := range max(g.bots, 1) {
		own := filepath.Join(dir, fmt.Sprint("bot", i))
		err := os.Mkdir(own, 0o700)
		var b *process
		if err == nil {
			b, err = startBot(ctx, program, own, platform, env...)
		}
		if err != nil {
			bots.kill()
			s.kill()
			return nil, nil, err
		}
		bots = append(bots, b)
	}
	return bots, s, nil
}

// A fleet is bots on one store.
type fleet []*process

func (f fleet) kill() {
	for _, b := range f {
		b.kill()
	}
}

// stop lets all of them finish what they have begun.
func (f fleet) stop() error {
	for _, b := range f {
		if err := b.stop(); err != nil {
			return err
		}
	}
	return nil
}

// hooks returns connections to all of them.
func (f fleet) hooks() (hs hooks) {
	for _, b := range f {
		hs = append(hs, &hook{addr: b.hooks})
	}
	return hs
}

// spent is what all of them used, with the server of their store.
func (f fleet) spent(s *redisServer) spending {
	sum := spent(f[0].pid())
	add := func(pid int) {
		one := spent(pid)
		sum.bot, sum.memory, sum.peak = sum.bot+one.bot, sum.memory+one.memory, sum.peak+one.peak
	}
	for _, b := range f[1:] {
		add(b.pid())
	}
	if s != nil {
		add(s.cmd.Process.Pid)
	}
	return sum
}

// Hooks are connections on which the platform calls several bots.
type hooks []*hook

func (hs hooks) close() {
	for _, h := range hs {
		h.close()
	}
}

// A redisServer is a Redis of the bench's own. Its zero pointer is none.
type redisServer struct {
	cmd  *exec.Cmd
	addr string
	args []string
}

func (s *redisServer) kill() {
	if s != nil {
		s.cmd.Process.Kill() //nolint:errcheck // it has ended already
		s.cmd.Wait()         //nolint:errcheck // it was killed
	}
}

// startRedis starts a server that flushes every write before it answers.
func startRedis(ctx context.Context, dir string) (*redisServer, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(addr, ":")
	s := &redisServer{addr: addr, args: []string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--rdbcompression", "no"}}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// start starts the server, or starts it again, and returns when it can be reached.
func (s *redisServer) start(ctx context.Context) error {
	s.cmd = exec.Command("redis-server", s.args...)
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("no Redis to measure with, install redis-server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if c, err := net.DialTimeout("tcp", s.addr, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			s.kill()
			return fmt.Errorf("the Redis to measure with does not answer: %w", ctx.Err())
		case <-again.C:
		}
	}
}
