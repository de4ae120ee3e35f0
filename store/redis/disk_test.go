package redis

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// grow gives a server so much to keep that writing it anew takes a while.
func (s *server) grow() {
	s.ask("eval", "for i = 1, 60000 do redis.call('set', 'ballast' .. i, string.rep('x', 200)) end", 0)
}

// newest returns the file to which a server appends.
func (s *server) newest() string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) == 0 {
		s.t.Fatal(files, err)
	}
	age := func(f string) int64 { i, _ := os.Stat(f); return i.ModTime().UnixNano() }
	return slices.MaxFunc(files, func(a, b string) int { return int(age(a) - age(b)) })
}

// TestRewritten has the server write its file anew at work, and kills it in
// the midst of that, or when it is done.
func TestRewritten(t *testing.T) {
	t.Parallel()
	s := start(t, "--auto-aof-rewrite-percentage", "0")
	s.grow()
	c := newCrowd(t, open(t, s.url()))
	for i := range repeats(4) {
		c.goesOn(t, 5)
		s.ask("bgrewriteaof")
		if i%2 == 1 {
			c.goesOn(t, 5)
			s.says("persistence", "aof_rewrite_in_progress:0", "aof_last_bgrewrite_status:ok")
			c.goesOn(t, 5)
		}
		s.kill()
		s.again()
	}
	c.goesOn(t, 5)
	c.keepsAll(t)
}

// TestRewrittenLoses shows that the test before would see a loss: of what came
// while the file was written anew.
func TestRewrittenLoses(t *testing.T) {
	t.Parallel()
	s := start(t, "--auto-aof-rewrite-percentage", "0")
	c := newCrowd(t, open(t, s.url()))
	c.goesOn(t, 5)
	s.ask("bgrewriteaof")
	s.says("persistence", "aof_rewrite_in_progress:0", "aof_last_bgrewrite_status:ok")
	c.goesOn(t, 5)
	s.kill()
	if err := os.Truncate(s.newest(), 0); err != nil {
		t.Fatal(err)
	}
	s.again()
	c.goesOn(t, 5)
	c.losesSome(t)
}

// fill has every write of a server fail from now on that makes a file longer
// than so many bytes, as on a disk without room.
func (s *server) fill(bytes int64) { s.limit(fmt.Sprint(bytes)) }

// empty makes room again.
func (s *server) empty() { s.limit("unlimited") }

func (s *server) limit(bytes string) {
	s.t.Helper()
	if out, err := exec.Command("prlimit", "--pid", fmt.Sprint(s.cmd.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
		s.t.Fatalf("prlimit: %v %s", err, out)
	}
}

// size returns how long the file is to which a server appends.
func (s *server) size() int64 {
	s.t.Helper()
	i, err := os.Stat(s.newest())
	if err != nil {
		s.t.Fatal(err)
	}
	return i.Size()
}

// hears waits until the crowd is told of a fault in one line with these words.
func (c *crowd) hears(t testing.TB, words string) {
	t.Helper()
	c.last.Store(nil)
	until(t, func() bool {
		err := c.last.Load()
		return err != nil && strings.Contains((*err).Error(), words) && !strings.Contains((*err).Error(), "\n")
	})
}

// TestDiskFull fills the disk of a server at work, also in the middle of a
// write. A server that flushes every commit ends then: it cannot know any more
// what is kept.
func TestDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // servers inherit that, and get the error of the write
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	s := start(t)
	c := newCrowd(t, open(t, s.url()))
	for i := range repeats(2) {
		c.goesOn(t, 5)
		s.fill(s.size() + int64(1000*i) + 333)
		<-s.ended // with one
		c.hears(t, "it cannot be reached: see that it runs, and that its disk is not full")
		s.again()
		c.goesOn(t, 5)
	}
	c.keepsAll(t)
}

// TestReplicatedDiskFull fills the disk of a server that flushes once a second,
// since a replica has every commit too: it refuses what it cannot keep, and
// goes on by itself.
func TestReplicatedDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	settings := []string{"--appendfsync", "everysec", "--min-replicas-to-write", "1"}
	s := start(t, settings...)
	replicaOf(t, s, settings...)
	c := newCrowd(t, open(t, s.url()))
	for range repeats(2) {
		c.goesOn(t, 5)
		s.fill(s.size() + 333)
		c.hears(t, "its disk is full or fails: make room")
		s.empty()
		c.goesOn(t, 5)
	}
	c.keepsAll(t)
}

// TestMemoryFull uses up the memory of a server at work.
func TestMemoryFull(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := newCrowd(t, open(t, s.url()))
	for range repeats(2) {
		c.goesOn(t, 5)
		s.ask("config", "set", "maxmemory", "1")
		c.hears(t, "its memory is used up")
		s.ask("config", "set", "maxmemory", "0")
		c.goesOn(t, 5)
	}
	c.keepsAll(t)
}
