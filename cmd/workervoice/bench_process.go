package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is a bot that runs beside this program.
type process struct {
	program, dir string
	env          []string

	cmd    *exec.Cmd
	addr   string // of the pages
	hooks  string // of the webhooks
	counts string // of the metrics and profiles
	log    string // file
	began  time.Time
	first  time.Duration
	ended  chan struct{}
	err    error // of its end
}

// ports are those that the system gives nobody by itself. A bot that is started
// again needs the same address, and an outgoing connection could have got it.
const ports, morePorts = 11_000, 20_000

func freeAddr() (string, error) {
	for range 100 {
		addr := fmt.Sprint("127.0.0.1:", ports+rand.IntN(morePorts))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		return addr, l.Close()
	}
	return "", errors.New("no free port was found on this machine")
}

// startBot starts a bot of its own and waits for its first page. Its settings
// are env and what it needs to talk to a platform; it sees nothing else of this
// program's environment.
func startBot(ctx context.Context, program, dir, platform string, env ...string) (*process, error) {
	b := &process{program: program, dir: dir, log: filepath.Join(dir, "log")}
	for _, a := range []*string{&b.addr, &b.hooks, &b.counts} {
		var err error
		if *a, err = freeAddr(); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SystemRoot", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GODEBUG"} {
		if v, ok := os.LookupEnv(name); ok {
			b.env = append(b.env, name+"="+v)
		}
	}
	b.env = append(b.env, "TELEGRAM_TOKEN="+benchToken, "TELEGRAM_SECRET="+benchSecret, "TELEGRAM_BOT=golden_friend_bot", "TELEGRAM_API_URL="+platform)
	b.env = append(b.env, env...)
	return b, b.start(ctx)
}

// start starts the bot, or starts it again.
func (b *process) start(ctx context.Context) error {
	f, err := os.OpenFile(b.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the bot's log cannot be written: %w", err)
	}
	defer f.Close()
	cmd := exec.Command(b.program, "serve", "-addr", b.addr, "-webhook-addr", b.hooks, "-metrics-addr", b.counts, "-data", b.dir, "-debug")
	cmd.Stderr, cmd.Env = f, b.env
	b.began = time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the bot cannot be started: %w", err)
	}
	b.cmd, b.ended = cmd, make(chan struct{})
	go func() {
		b.err = cmd.Wait()
		close(b.ended)
	}()
	if err := b.await(ctx); err != nil {
		b.kill()
		return fmt.Errorf("the bot does not begin to work: %w; it says: %s", err, b.lastWords())
	}
	b.first = time.Since(b.began)
	return nil
}

// await returns when the first page is there.
func (b *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.addr+"/w", nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			io.Copy(io.Discard, resp.Body) //nolint:errcheck // the status tells
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.ended:
			return errors.New("it has ended")
		case <-again.C:
		}
	}
}

func (b *process) pid() int { return b.cmd.Process.Pid }

// kill ends the bot without a warning, and waits until it is gone.
func (b *process) kill() {
	b.cmd.Process.Kill() //nolint:errcheck // it has ended already
	<-b.ended
}

// stop lets the bot finish what it has begun.
func (b *process) stop() error {
	if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
		b.kill() // a system without this signal
		return nil
	}
	select {
	case <-b.ended:
	case <-time.After(patience):
		b.kill()
		return errors.New("the bot does not stop when asked")
	}
	if b.err != nil {
		return fmt.Errorf("the bot stopped with a fault: %w; it says: %s", b.err, b.lastWords())
	}
	return nil
}

// lastWords returns the end of the log.
func (b *process) lastWords() string {
	all, err := os.ReadFile(b.log)
	if err != nil {
		return "nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(all)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}

// profile writes five seconds of the bot's processor time to file.
func (b *process) profile(file string) error {
	resp, err := http.Get("http://" + b.counts + "/debug/pprof/profile?seconds=5")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, resp.Body)
	return errors.Join(err, f.Close())
}

// A spending is what was used up to a moment. It is zero where the system does
// not tell, as Linux does in /proc.
type spending struct {
	bot, load, machine time.Duration // of the processors
	memory, peak       int64         // of the bot, in bytes
}

func spent(pid int) (s spending) {
	s.bot, s.load = processorTime(fmt.Sprint(pid)), processorTime("self")
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range bytes.Lines(status) {
		f := strings.Fields(string(line))
		if len(f) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			s.memory = kilobytes * 1024
		case "VmHWM:":
			s.peak = kilobytes * 1024
		}
	}
	all, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(all), "\n")
	for i, f := range strings.Fields(first) {
		if i == 4 || i == 5 || i > 8 { // idle, waiting for the disk; what follows the host's share is counted already
			continue
		}
		s.machine += hundredths(f)
	}
	return s
}

// processorTime reads utime and stime, proc(5): in hundredths of a second.
func processorTime(pid string) time.Duration {
	b, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold anything
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	return hundredths(f[11]) + hundredths(f[12])
}

func hundredths(s string) time.Duration {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.Duration(n) * 10 * time.Millisecond
}

// flushTime is what a flush to the disk of dir takes: everything that is kept
// waits for one.
func flushTime(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		return 0, fmt.Errorf("the data folder cannot be written: %w", err)
	}
	defer f.Close()
	var took []time.Duration
	for range 50 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0, fmt.Errorf("the data folder cannot be written: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("the data folder cannot be flushed: %w", err)
		}
		took = append(took, time.Since(began))
	}
	return percentile(sorted(took), 0.5), nil
}
