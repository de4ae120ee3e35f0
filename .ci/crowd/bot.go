package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"chatrig/rig"
)

// ahead is added to the standard library's package time for this build only.
const ahead = `package time

import "syscall"

// ahead is by how many seconds the clock on the wall goes ahead.
var ahead = func() (n int64) {
	s, _ := syscall.Getenv("CLOCK_AHEAD")
	sign := int64(1)
	for _, d := range []byte(s) {
		if d == '-' {
			sign = -1
		} else {
			n = n*10 + int64(d-'0')
		}
	}
	return n * sign
}()
`

// build makes the program, with a clock on the wall that can go ahead: one line
// of the standard library's time.Now is another. Nothing of the product is.
func build(to string) error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	source, err := os.ReadFile(filepath.Join(root, "time.go"))
	if err != nil {
		return err
	}
	const was = "\tsec, nsec, mono := runtimeNow()\n"
	if bytes.Count(source, []byte(was)) != 1 {
		return fmt.Errorf("time.Now is written in another way in this version of Go: look at %s", root)
	}
	dir := filepath.Dir(to)
	replace := map[string]string{}
	for name, text := range map[string]string{"time.go": strings.Replace(string(source), was, was+"\tsec += ahead\n", 1), "ahead.go": ahead} {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(root, name)] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-overlay", overlay, "-o", to, "./cmd/workervoice")
	cmd.Dir, cmd.Stderr = "../..", os.Stderr
	return cmd.Run()
}

// A bot is the built program.
type bot struct {
	c           *crowd
	addr, hooks string
	data        string
	ahead       time.Duration
	log         *os.File
	cmd         *exec.Cmd
	done        chan error
	fails       int
}

func newBot(c *crowd) (*bot, error) {
	b := &bot{c: c, data: filepath.Join(c.dir, "data")}
	for _, to := range []*string{&b.addr, &b.hooks} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*to = l.Addr().String()
		l.Close()
	}
	var err error
	if b.log, err = os.Create(filepath.Join(c.dir, "log")); err != nil {
		return nil, err
	}
	for p, path := range map[rig.Platform]string{rig.Telegram: "/telegram", rig.LINE: "/line", rig.WhatsApp: "/whatsapp"} {
		c.r.SetWebhook(p, "http://"+b.hooks+path)
	}
	return b, nil
}

// env is what the program is told.
func (b *bot) env() []string {
	return append(append(os.Environ(), b.c.r.Env()...), "TELEGRAM_SECRET=crowd-telegram-secret", "ADDR="+b.addr, "WEBHOOK_ADDR="+b.hooks, "DATA_DIR="+b.data,
		"WHATSAPP_TEMPLATE=case_update", fmt.Sprint("WHATSAPP_TIER=", *tier), fmt.Sprint("CLOCK_AHEAD=", int64(b.ahead/time.Second)))
}

func (b *bot) start() error {
	cmd := exec.Command(*program, "serve", "-joins-a-minute", "100000")
	cmd.Env, cmd.Stderr = b.env(), b.log
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	b.cmd, b.done = cmd, done
	for range 600 {
		a, err := http.Get("http://" + b.addr + "/c/sign-in")
		if err == nil {
			a.Body.Close()
			return nil
		}
		select {
		case err := <-done:
			b.cmd = nil
			return fmt.Errorf("the program does not start: %v, see %s", err, b.log.Name())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the program does not answer, see %s", b.log.Name())
}

// kill ends the program at once.
func (b *bot) kill() {
	b.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-b.done
	b.cmd = nil
}

// stop asks the program to end.
func (b *bot) stop() error {
	if b.cmd == nil {
		return nil
	}
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := <-b.done
	b.cmd = nil
	return err
}

var invitation = regexp.MustCompile(`invitation (\S+)`)

// invite makes an invitation to the console.
func (b *bot) invite(login string) (string, error) {
	cmd := exec.Command(*program, "invite", "-as", login, "-role", "supervisor")
	cmd.Env = b.env()
	out, err := cmd.CombinedOutput()
	m := invitation.FindSubmatch(out)
	if err != nil || m == nil {
		return "", fmt.Errorf("nobody can be invited: %v %s", err, out)
	}
	return string(m[1]), nil
}

// tell fails for what the program's log calls an error.
func (b *bot) tell(c *crowd) {
	text, err := os.ReadFile(b.log.Name())
	if err != nil {
		c.fail("%v", err)
	}
	n := map[string]int{}
	for _, l := range strings.Split(string(text), "\n") {
		for _, level := range []string{"level=WARN", "level=ERROR"} {
			if _, said, ok := strings.Cut(l, level+" "); ok {
				said, _, _ = strings.Cut(said, "\" ")
				n[level[6:]+" "+said]++
			}
		}
	}
	for said, k := range n {
		fmt.Printf("the log, %d times: %s\n", k, said)
	}
}
