package redis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A server is a redis-server that a test has started.
type server struct {
	t         testing.TB
	addr, dir string
	args      []string
	cmd       *exec.Cmd
	ended     chan struct{} // closed when it has
}

// start runs a redis-server of the test's own, with the given settings beside
// those that the store asks for.
func start(t testing.TB, settings ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	s := &server{t: t, dir: t.TempDir()}
	t.Cleanup(s.tell)
	for range 20 {
		port := fmt.Sprint(11_000 + rand.IntN(11_000)) // below those of outgoing connections, so that it is still free for another start; as is that 10,000 higher, on which nodes of a Cluster talk
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l.Close()
		s.addr = "127.0.0.1:" + port
		s.args = append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always",
			"--save", "", "--rdbcompression", "no", "--repl-diskless-sync-delay", "0"}, settings...)
		s.run()
		t.Cleanup(s.kill)
		if s.ready() {
			return s
		}
		s.kill()
	}
	t.Fatal("redis-server does not start")
	return nil
}

// run starts the server, or starts it again with other settings added.
func (s *server) run(settings ...string) {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command("redis-server", append(s.args, settings...)...)
	s.cmd.Stdout = log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait() //nolint:errcheck // most are killed
		close(ended)
	}(s.cmd, s.ended)
}

// tell shows the end of the server's log where the test has failed.
func (s *server) tell() {
	if !s.t.Failed() {
		return
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := strings.SplitAfter(string(log), "\n")
	s.t.Logf("the last that the server %s has logged (%v):\n%s", s.addr, err, strings.Join(lines[max(0, len(lines)-40):], ""))
}

// again starts a server that was killed.
func (s *server) again(settings ...string) {
	s.t.Helper()
	s.run(settings...)
	if !s.ready() {
		s.t.Fatal("the server does not come back: " + s.addr)
	}
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// freeze has the server do nothing until it is thawed.
func (s *server) freeze() { s.cmd.Process.Signal(syscall.SIGSTOP) }
func (s *server) thaw()   { s.cmd.Process.Signal(syscall.SIGCONT) }

// ready waits until the server answers, and has read what it keeps. It reports
// false where it has ended: another program had its port.
func (s *server) ready() (ok bool) {
	s.t.Helper()
	until(s.t, func() bool {
		select {
		case <-s.ended:
			return true
		default:
			ok = s.answers()
			return ok
		}
	})
	return ok
}

// answers reports whether this very server answers.
func (s *server) answers() bool {
	c := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
	defer c.Close()
	err := c.Ping(context.Background()).Err()
	if redis.HasErrorPrefix(err, "NOAUTH") {
		return true
	}
	info, bad := c.Info(context.Background(), "server").Result()
	return err == nil && bad == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r", s.cmd.Process.Pid))
}

func (s *server) url() string { return "redis://" + s.addr }

func (s *server) host() string { host, _, _ := net.SplitHostPort(s.addr); return host }
func (s *server) port() string { _, port, _ := net.SplitHostPort(s.addr); return port }

// ask runs a command and returns its answer.
func (s *server) ask(args ...any) string {
	s.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.addr, Protocol: 2})
	defer c.Close()
	v, err := c.Do(context.Background(), args...).Result()
	if err != nil && err != redis.Nil {
		s.t.Fatal(args, ": ", err)
	}
	return fmt.Sprint(v)
}

// says waits until what the server tells of itself holds all of the words.
func (s *server) says(section string, words ...string) {
	s.t.Helper()
	until(s.t, func() bool {
		c := redis.NewClient(&redis.Options{Addr: s.addr})
		defer c.Close()
		info, err := c.Info(context.Background(), section).Result()
		for _, w := range words {
			if err != nil || !strings.Contains(info, w) {
				return false
			}
		}
		return true
	})
}

// replicaOf starts a server that follows another, and waits until it has all.
func replicaOf(t testing.TB, s *server, settings ...string) *server {
	t.Helper()
	r := start(t, append(settings, "--replicaof", s.host()+" "+s.port())...)
	r.says("replication", "master_link_status:up")
	s.says("replication", "state=online")
	return r
}

// cluster starts three masters, and a replica of each where asked for.
func cluster(t testing.TB, replicas bool, settings ...string) (all []*server) {
	t.Helper()
	settings = append([]string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "5000"}, settings...)
	n := 3
	if replicas {
		n = 6
	}
	for i := range n {
		s := start(t, settings...)
		if all = append(all, s); i < 3 {
			s.ask("cluster", "addslotsrange", i*16384/3, (i+1)*16384/3-1)
		}
		s.ask("cluster", "meet", all[0].host(), all[0].port())
	}
	whole := func() {
		for _, s := range all {
			until(t, func() bool {
				info := s.ask("cluster", "info")
				return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprint("cluster_known_nodes:", n))
			})
		}
	}
	whole()
	for i, s := range all[3:] {
		s.ask("cluster", "replicate", all[i].ask("cluster", "myid"))
		s.says("replication", "master_link_status:up")
	}
	whole()
	return all
}

// urlOf names all nodes of a Cluster.
func urlOf(all []*server) string {
	var addrs []string
	for _, s := range all {
		addrs = append(addrs, s.addr)
	}
	return "redis://" + strings.Join(addrs, ",")
}

// until waits for ok, which comes by itself, on a busy machine after a long
// time.
func until(t testing.TB, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(4 * time.Minute); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited in vain for minutes")
		}
	}
}
