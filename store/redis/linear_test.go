package redis

import (
	"context"
	"encoding/gob"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"workervoice/store/storetest"
)

// TestMain lets the test binary be one of several processes that share a Redis.
// Walks through the conformance suite are fewer than on SQLite, where each step
// takes a tenth of the time; with FAULTS they are as many.
func TestMain(m *testing.M) {
	if said := os.Getenv("VOICE_TEST_PROCESS"); said != "" {
		if err := converse(said); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if url := os.Getenv("VOICE_TEST_HOLDER"); url != "" {
		if err := hold(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("FAULTS") == "" {
		flag.Parse()
		flag.Set("rapid.checks", "30") //nolint:errcheck // it is a number
	}
	os.Exit(m.Run())
}

// converse does what said asks for, "URL PROCESS OPERATIONS", and writes down
// what it did.
func converse(said string) error {
	var url string
	var process, n int
	if _, err := fmt.Sscan(said, &url, &process, &n); err != nil {
		return err
	}
	d, err := Open(context.Background(), url, false)
	if err != nil {
		return err
	}
	defer d.Close()
	return gob.NewEncoder(os.Stdout).Encode(storetest.Converse(d, "linear", process, n))
}

const processes = 8

// operations is how many operations are checked: what LINEAR says, or some
// thousand.
func operations() int {
	if n, err := strconv.Atoi(os.Getenv("LINEAR")); err == nil && n > 0 {
		return n
	}
	return 6000
}

// TestLinear has eight processes work on the same conversations, while scripts
// and connections are taken away, and checks that what they saw can have
// happened one after the other.
func TestLinear(t *testing.T) {
	t.Parallel()
	s := start(t)
	var all []storetest.Op
	var mu sync.Mutex
	var wg sync.WaitGroup
	for p := range processes {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("VOICE_TEST_PROCESS=%s?read_timeout=300ms %d %d", s.url(), p, operations()/processes))
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			var ops []storetest.Op
			err := gob.NewDecoder(out).Decode(&ops)
			if end := cmd.Wait(); err != nil || end != nil {
				t.Errorf("%v %v %s", err, end, said.String())
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, ops...)
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	for n := 0; ; n++ {
		if !pass(ended) {
			break
		}
		s.ask("client", "kill", "type", "normal")
		if s.ask("script", "flush"); n%8 == 7 { // for longer than they wait
			s.freeze()
			pass(ended)
			pass(ended)
			s.thaw()
		}
	}
	if wrong, n := storetest.Linear(t, all); wrong > 0 || len(all) != operations()/processes*processes {
		t.Errorf("%d of %d conversations are not what they would be one operation after the other (%d operations)", wrong, n, len(all))
	}
}

// pass lets a moment pass, and reports whether the work still goes on.
func pass(ended chan struct{}) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	return wait(ctx, replicated/5)
}

// TestLinearSees shows that a check which is switched off would be seen.
func TestLinearSees(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, what := range []string{"version", "once"} {
		d := storetest.Careless(open(t, s.url()), what)
		var all []storetest.Op
		var mu sync.Mutex
		var wg sync.WaitGroup
		for p := range processes {
			wg.Go(func() {
				ops := storetest.Converse(d, what, p, 200)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, ops...)
			})
		}
		wg.Wait()
		if wrong, _ := storetest.Linear(t, all); wrong == 0 {
			t.Errorf("nobody sees that %q is not checked", what)
		}
	}
}
