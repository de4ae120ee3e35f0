package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// built is the folder of the program that tests run as a process.
var built struct {
	once sync.Once
	dir  string
	err  error
	says []byte
}

// build returns the program's file. It is built once for all tests.
func build(t testing.TB) string {
	t.Helper()
	file := filepath.Join(built.dir, "workervoice.exe") // the name that every system runs
	built.once.Do(func() { built.says, built.err = exec.Command("go", "build", "-o", file, ".").CombinedOutput() })
	if built.err != nil {
		t.Fatalf("%v: %s", built.err, built.says)
	}
	return file
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "workervoice-test-")
	if err != nil {
		panic(err)
	}
	built.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// TestBench runs what the README quotes, in small: nothing may be lost or come
// twice, whatever the platform does.
func TestBench(t *testing.T) {
	for name, args := range map[string][]string{
		"load":     {"-conversations", "2,8", "-turns", "200"},
		"delay":    {"-platform-delay", "30ms", "-conversations", "8", "-turns", "100"},
		"throttle": {"-throttle", "30", "-conversations", "60"},
		"idle":     {"-idle"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(build(t), append([]string{"bench", "-json"}, args...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			runs := 0
			for line := range strings.Lines(string(out)) {
				var r result
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatalf("%v in %s", err, line)
				}
				runs++
				switch {
				case r.Mode != name || r.Lost+r.Doubled != 0:
					t.Errorf("got %s", line)
				case name == "idle":
					if r.FirstPageMS <= 0 {
						t.Errorf("the first page came after %v ms", r.FirstPageMS)
					}
				case r.Turns < r.Conversations || r.P50MS <= 0 || r.P99MS < r.P50MS:
					t.Errorf("this was not measured: %s", line)
				case name == "delay" && r.P50MS < 30:
					t.Errorf("answers came before the platform took them: %s", line)
				case name == "throttle" && (r.RefusedTooMany > 1 || r.Seconds < 1):
					t.Errorf("the bot does not keep to the rate: %s", line)
				}
			}
			if want := len(strings.Split(args[min(1, len(args)-1)], ",")); runs != want {
				t.Errorf("%d runs, want %d", runs, want)
			}
		})
	}
}

// TestScale measures a store that is not so full, in small: everything that the
// README quotes is there.
func TestScale(t *testing.T) {
	for name, redis := range map[string]bool{"sqlite": false, "redis": true} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(build(t), "bench", "-json", "-scale", "-store", name, "-workers", "300", "-messages", "10", "-cases", "20", "-turns", "300").CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			said, line, _ := strings.Cut(string(out), "\n")
			if !strings.HasPrefix(said, "filled with 300 workers, 3000 messages and 20 cases") {
				t.Errorf("it says %q first", said)
			}
			var w weight
			if err := json.Unmarshal([]byte(line), &w); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if w.ReadyMS <= 0 || w.AgainMS <= 0 || w.Memory <= 0 || w.Worked <= 0 || w.Disk < 500_000 || w.Turns.Turns != 300 || w.Turns.Lost+w.Turns.Doubled != 0 {
				t.Errorf("this was not measured: %s", line)
			}
			if redis != (w.Redis > 0) || redis != (w.LoadMS > 0) || redis == (w.WAL > 0) {
				t.Errorf("this is of another store: %s", line)
			}
		})
	}
}

// TestTypos gives wrong commands and settings: each is named, with what to do,
// and no secret is shown.
func TestTypos(t *testing.T) {
	for name, c := range map[string]struct {
		args, env []string
		want      string
	}{
		"command":  {args: []string{"sevre"}, want: `there is no command "sevre"; workervoice -help lists them`},
		"flag":     {args: []string{"-adr", ":80"}, env: []string{"LINE_CHANNEL_TOKEN=S3CR3T"}, want: "flag provided but not defined: -adr"},
		"public":   {env: []string{"PUBLIC_URL=friend.example"}, want: "PUBLIC_URL must be an address such as https://friend.example"},
		"rate":     {env: []string{"TELEGRAM_TOKEN=1:T", "TELEGRAM_RATE=fast"}, want: "TELEGRAM_RATE"},
		"token":    {env: []string{"TELEGRAM_TOKEN=1:S3CR3T S3CR3T"}, want: "TELEGRAM_TOKEN holds a character that no token has"},
		"hook":     {env: []string{"TELEGRAM_TOKEN=1:T", "TELEGRAM_SECRET=S3CR3T!"}, want: "TELEGRAM_SECRET must be"},
		"store":    {env: []string{"STORE=mysql:x"}, want: "STORE must be sqlite:FILE or redis://HOST:PORT"},
		"key":      {env: []string{"MASTER_KEY_FILE=main.go"}, want: "does not hold a master key"},
		"address":  {env: []string{"ADDR=256.0.0.1:80"}, want: "ADDR: nothing can be served there"},
		"bench":    {args: []string{"bench", "-conversations", "many"}, want: "-conversations is"},
		"stores":   {args: []string{"bench", "-store", "redis://S3CR3T@localhost:6379"}, want: "-store of the bench is sqlite or redis"},
		"language": {args: []string{"link", "-lang", "xx"}, want: "-lang is"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(build(t), c.args...)
			cmd.Env = append([]string{"DATA_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, c.env...)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("it went on: %s", out)
			}
			if !strings.Contains(string(out), c.want) {
				t.Errorf("it says %s, want %s", out, c.want)
			}
			if strings.Contains(string(out), "S3CR3T") {
				t.Errorf("it shows a secret: %s", out)
			}
		})
	}
}
