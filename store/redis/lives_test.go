package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"workervoice/store"
)

var heldLane = store.Lane{Queue: "q", ID: "a"}

const heldFence = 7

// hold leases a lane at a server for an hour, says so, and ends the lease when
// it is told to.
func hold(url string) error {
	d, err := Open(context.Background(), url, false)
	if err != nil {
		return err
	}
	defer d.Close()
	hs, err := d.Claim(context.Background(), claiming(heldFence))
	if err != nil || len(hs) != 1 {
		return fmt.Errorf("it is not held: %v", err)
	}
	fmt.Println(d.Life())
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	fmt.Println(d.Commit(context.Background(), ending(heldFence))[0].Err)
	return nil
}

func claiming(fence int64) store.Claim {
	now := time.Now()
	return store.Claim{Queue: "q", At: now, Until: now.Add(time.Hour), Fence: fence, In: 1<<store.Shards - 1, Lanes: 1, Jobs: 1}
}

func ending(fence int64) store.Batch {
	return store.Batch{Shard: store.ShardOf("a"), At: time.Now(), Done: []store.Done{{Lane: heldLane, Fence: fence, Due: time.Now()}}}
}

// A holder is a process that holds a lane.
type holder struct {
	cmd  *exec.Cmd
	in   io.Writer
	out  *bufio.Reader
	life string
}

func newHolder(t *testing.T, s *server) *holder {
	t.Helper()
	h := &holder{cmd: exec.Command(os.Args[0])}
	h.cmd.Env, h.cmd.Stderr = append(os.Environ(), "VOICE_TEST_HOLDER="+s.url()), os.Stderr
	in, err := h.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.kill)
	h.in, h.out = in, bufio.NewReader(out)
	h.life = h.says(t)
	return h
}

func (h *holder) kill() {
	h.cmd.Process.Kill()
	h.cmd.Wait()
}

func (h *holder) says(t *testing.T) string {
	t.Helper()
	line, err := h.out.ReadString('\n')
	if err != nil {
		t.Fatal("the process that holds a lane says nothing: ", err)
	}
	return line[:len(line)-1]
}

// missing returns for how many looks the beats of a life have stayed away.
func (d *DB) missing(life string) int {
	d.lives.mu.Lock()
	defer d.lives.mu.Unlock()
	return d.lives.beats[life].missing
}

// claims reports whether the lane can be had.
func (d *DB) claims(t *testing.T, fence int64) (attempts int, ok bool) {
	t.Helper()
	hs, err := d.Claim(t.Context(), claiming(fence))
	if err != nil {
		t.Fatal(err)
	}
	if len(hs) == 0 {
		return 0, false
	}
	return hs[0].Attempts, true
}

func oneJob(t *testing.T, d *DB) {
	t.Helper()
	if err := d.Commit(t.Context(), store.Batch{Shard: store.ShardOf("a"), At: time.Now(), Jobs: []store.Job{{Lane: heldLane, Body: []byte("x")}}})[0].Err; err != nil {
		t.Fatal(err)
	}
}

// TestStandsStill freezes a process that holds something for longer than its
// beats may stay away: it keeps its lease, and ends it itself.
func TestStandsStill(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	oneJob(t, d)
	h := newHolder(t, s)
	h.cmd.Process.Signal(syscall.SIGSTOP)
	until(t, func() bool { return d.missing(h.life) > missed+2 })
	if err := d.Inherit(t.Context(), h.life); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.claims(t, 8); ok {
		t.Error("a process that only stood still has lost its lease")
	}
	h.cmd.Process.Signal(syscall.SIGCONT)
	fmt.Fprintln(h.in)
	if got := h.says(t); got != "<nil>" {
		t.Error("it could not end its lease: ", got)
	}
}

// TestKilledProcess kills a process that holds something: it is due for others
// soon, counts as claimed before, and the fence is worth nothing any more.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	oneJob(t, d)
	newHolder(t, s).kill()
	attempts := 0
	until(t, func() (ok bool) { attempts, ok = d.claims(t, 8); return ok })
	if attempts != 2 {
		t.Errorf("it was claimed %d times, not 2", attempts)
	}
	if err := d.Commit(t.Context(), ending(heldFence))[0].Err; !errors.Is(err, store.ErrStale) {
		t.Error("the fence of a process that has ended still holds: ", err)
	}
}

// TestInherit has a process know whose place it takes: nobody waits for beats
// that stay away.
func TestInherit(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	oneJob(t, d)
	h := newHolder(t, s)
	h.kill()
	heir := open(t, s.url())
	until(t, func() bool {
		return s.ask("pubsub", "numsub", presence(h.life)) == fmt.Sprintf("[%s 0]", presence(h.life))
	})
	if err := heir.Inherit(t.Context(), h.life); err != nil {
		t.Fatal(err)
	}
	if _, ok := heir.claims(t, 8); !ok {
		t.Error("what it held is not due at once")
	}
}

// TestBeats cuts the connections by which processes are seen, and the server
// itself: who goes on beating keeps what it holds.
func TestBeats(t *testing.T) {
	t.Parallel()
	s := start(t)
	one, two := open(t, s.url()), open(t, s.url())
	oneJob(t, one)
	if _, ok := one.claims(t, heldFence); !ok {
		t.Fatal("it cannot be claimed")
	}
	for range 2 {
		from := two.beatsOf(one.Life())
		s.ask("client", "kill", "type", "pubsub")
		until(t, func() bool { return two.beatsOf(one.Life()) > from+missed })
		s.kill()
		s.again()
		from = two.beatsOf(one.Life())
		until(t, func() bool { return two.beatsOf(one.Life()) > from+missed })
	}
	if _, ok := two.claims(t, 8); ok {
		t.Error("a process that was cut off for a moment has lost its lease")
	}
	if err := one.Commit(t.Context(), ending(heldFence))[0].Err; err != nil {
		t.Error(err)
	}
}

// beatsOf returns how many beats of a life were heard.
func (d *DB) beatsOf(life string) (n int) {
	d.lives.mu.Lock()
	defer d.lives.mu.Unlock()
	fmt.Sscan(d.lives.beats[life].n, &n)
	return n
}
