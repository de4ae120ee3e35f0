package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// page returns what a process answers.
func page(t *testing.T, address string) (int, string) {
	t.Helper()
	r, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// says waits until a process says that it is ready, or why it is not.
func says(t *testing.T, b *process, want string) {
	t.Helper()
	got := ""
	for late := time.Now().Add(patience); time.Now().Before(late); <-time.After(20 * time.Millisecond) {
		if _, got = page(t, b.addr+"/readyz"); got == want+"\n" {
			return
		}
	}
	t.Fatalf("it says %q, not %q", got, want)
}

// TestFrozenStore stops the Redis under a process: it is not ready, platforms
// are told to come again, and whoever asks learns nothing else. When Redis goes
// on, so does the process, without a restart.
func TestFrozenStore(t *testing.T) {
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	bots, redis, err := ground{redis: true}.start(t.Context(), build(t), t.TempDir(), p.url(), unlimited...)
	if err != nil {
		t.Fatal(err)
	}
	defer redis.kill()
	defer bots.kill()
	b := bots[0]
	says(t, b, "ready")
	if err := redis.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	says(t, b, "not ready: the store does not answer")
	if status, got := page(t, b.addr+"/healthz"); status != http.StatusOK || got != "ok\n" {
		t.Errorf("the process lives and says %d %q", status, got)
	}
	if status, _ := page(t, b.counts+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d", status)
	}
	ask := exec.Command(build(t), "ready", "-metrics-addr", b.counts)
	if out, err := ask.CombinedOutput(); err == nil || !strings.Contains(string(out), "the store does not answer") {
		t.Errorf("workervoice ready says %v %s", err, out)
	}
	if err := redis.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	says(t, b, "ready")
	if out, err := exec.Command(build(t), "ready", "-addr", b.addr).CombinedOutput(); err != nil || string(out) != "ready\n" {
		t.Errorf("workervoice ready says %v %s", err, out)
	}
	if err := bots.stop(); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command(build(t), "ready", "-addr", b.addr).CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing answers") {
		t.Errorf("workervoice ready says %v %s", err, out)
	}
}

// TestStatus looks at what whoever runs the program sees, and that nobody else
// does.
func TestStatus(t *testing.T) {
	b, stop := alone(t, "LOG_FORMAT=json")
	says(t, b, "ready")
	_, got := page(t, b.counts+"/status")
	var o overview
	if err := json.Unmarshal([]byte(got), &o); err != nil || !o.Ready || o.Store != "ok" || len(o.Channels) != 2 || o.Channels[0].Platform != "telegram" || !o.Channels[0].OK {
		t.Errorf("%v in %s", err, got)
	}
	for _, path := range []string{"/status", "/metrics", "/debug/pprof/"} {
		if status, got := page(t, b.addr+path); status != http.StatusNotFound {
			t.Errorf("%s is shown to everybody: %d %s", path, status, got)
		}
	}
	stop()
	text, err := os.ReadFile(b.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var l struct{ Time, Level, Msg string }
		if err := json.Unmarshal(line, &l); err != nil || l.Time == "" || l.Level == "" || l.Msg == "" {
			t.Errorf("%v in the log: %s", err, line)
		}
	}
}

// TestNotify has systemd told that the program is ready, lives and stops.
func TestNotify(t *testing.T) {
	where := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: where, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	told := func(want string) {
		t.Helper()
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		for b := make([]byte, 200); ; {
			n, err := c.Read(b)
			if err != nil {
				t.Fatalf("systemd is not told %s: %v", want, err)
			}
			if strings.Contains(string(b[:n]), want) {
				return
			}
		}
	}
	b, stop := alone(t, "NOTIFY_SOCKET="+where, "DRAIN=2s")
	told("READY=1")
	told("WATCHDOG=1")
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told("STOPPING=1")
	stop()
}

// alone starts one process with SQLite, and returns what stops it.
func alone(t *testing.T, env ...string) (*process, func()) {
	t.Helper()
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	b, err := startBot(t.Context(), build(t), t.TempDir(), p.url(), env...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.kill)
	return b, func() {
		t.Helper()
		if err := b.stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestLogMasks gives the log what should never come to it.
func TestLogMasks(t *testing.T) {
	c := &config{logForm: "json", store: "redis://bot:Pa55word@a:1,b:2"}
	c.telegram.token, c.whatsapp.secret = "7000000001:S3CR3Ttoken", "S3CR3Tapp"
	for _, form := range []string{"json", "text"} {
		var b bytes.Buffer
		c.logForm = form
		log, err := newLog(c, &b)
		if err != nil {
			t.Fatal(err)
		}
		log.With("channel", "telegram").Error("a call to +66 81 234 5678 broke", "err", fmt.Errorf("at https://x/bot7000000001:S3CR3Ttoken/send: %w", io.EOF),
			slog.Group("g", "app", "S3CR3Tapp", "to", "U0123456789abcdef0123456789abcdef"), "store", "redis://bot:Pa55word@a:1", "n", 1234567890, "by", "nan@example.org", "chat", "-1001234567890", "in", 3*time.Second)
		got := b.String()
		for _, secret := range []string{"S3CR3T", "Pa55word", "234 5678", "0123456789abcdef", "nan@", "1001234567890"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s stands in the log: %s", secret, got)
			}
		}
		for _, kept := range []string{"telegram", "ERROR", "broke", "EOF", "1234567890"} {
			if !strings.Contains(got, kept) {
				t.Errorf("%s is missing in the log: %s", kept, got)
			}
		}
	}
	var b bytes.Buffer
	c.logForm = "text"
	log, err := newLog(c, &b)
	if err != nil {
		t.Fatal(err)
	}
	log.Error("x", "err", errors.Join(io.EOF, io.EOF, fmt.Errorf("again: %w", io.ErrUnexpectedEOF)))
	if got := b.String(); !strings.Contains(got, `err="EOF; again: unexpected EOF"`) {
		t.Errorf("several errors are not one line, each once: %s", got)
	}
	c.logForm = "xml"
	if _, err := newLog(c, io.Discard); err == nil || !strings.Contains(err.Error(), "LOG_FORMAT") {
		t.Errorf("got %v", err)
	}
}
