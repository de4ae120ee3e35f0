package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
	"workervoice/store/storetest"
)

// A server is a redis-server that a test has started.
type server struct {
	addr, dir string
	cmd       *exec.Cmd
}

// start runs a redis-server of the test's own, with the given settings beside
// those that the store asks for.
func start(t testing.TB, settings ...string) *server {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	dir := t.TempDir()
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0") // a port that nobody has
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		l.Close()
		s := &server{addr: "127.0.0.1:" + port, dir: dir}
		log, err := os.Create(filepath.Join(dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		s.cmd = exec.Command(bin, append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir,
			"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--rdbcompression", "no"}, settings...)...)
		s.cmd.Stdout = log
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			log.Close()
		})
		if s.ready() {
			return s
		}
		s.cmd.Process.Kill()
	}
	t.Fatal("redis-server does not start: see its log in " + dir)
	return nil
}

// ready waits until the server answers, and reports whether it does.
func (s *server) ready() bool {
	c := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: 100, MinRetryBackoff: 10 * time.Millisecond, MaxRetryBackoff: 50 * time.Millisecond})
	defer c.Close()
	return c.Ping(context.Background()).Err() == nil
}

func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
}

// empty returns a back end on c with nothing in it.
func empty(t testing.TB, c redis.UniversalClient) *DB {
	t.Helper()
	flush := func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }
	var err error
	switch c := c.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(t.Context(), flush)
	case *redis.Client:
		err = flush(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), c, false)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBackend(t *testing.T) {
	s := start(t)
	storetest.Run(t, func(t *testing.T) (store.Backend, string) {
		return empty(t, s.client()), filepath.Join(s.dir, "appendonlydir")
	})
}

func BenchmarkTurn(b *testing.B) {
	storetest.Bench(b, empty(b, start(b).client()))
}

// TestCluster runs the suite on a cluster of three masters.
func TestCluster(t *testing.T) {
	var addrs []string
	for i := range 3 {
		s := start(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
		addrs = append(addrs, s.addr)
		c := s.client()
		defer c.Close()
		if err := c.ClusterAddSlotsRange(t.Context(), i*16384/3, (i+1)*16384/3-1).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(addrs[0])
		if err := c.ClusterMeet(t.Context(), host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	client := func() *redis.ClusterClient {
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, MaxRedirects: 3})
	}
	c := client()
	defer c.Close()
	until(t, func() bool {
		for _, a := range addrs {
			n := redis.NewClient(&redis.Options{Addr: a})
			info, err := n.ClusterInfo(t.Context()).Result()
			n.Close()
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
				return false
			}
		}
		return true
	})
	storetest.RunWithoutFiles(t, func(t *testing.T) store.Backend { return empty(t, client()) })
}

// until waits for ok, which comes by itself.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited for 30 s")
		}
	}
}

// TestSafetyProfile checks that a server which could lose what it acknowledged
// is refused, and accepted by one who says so.
func TestSafetyProfile(t *testing.T) {
	for _, settings := range [][]string{{"--appendonly", "no"}, {"--appendfsync", "everysec"}, {"--maxmemory-policy", "allkeys-lru"}} {
		s := start(t, settings...)
		_, err := Open(t.Context(), s.client(), false)
		if err == nil || !strings.Contains(err.Error(), settings[0][2:]) {
			t.Errorf("%v: %v", settings, err)
		}
		d, err := Open(t.Context(), s.client(), true)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
	}
}

// TestReplicas checks that nothing is acknowledged that no replica has.
func TestReplicas(t *testing.T) {
	s := start(t)
	host, port, _ := net.SplitHostPort(s.addr)
	replica := start(t, "--replicaof", fmt.Sprint(host, " ", port))
	c := s.client()
	defer c.Close()
	until(t, func() bool {
		info, err := c.Info(t.Context(), "replication").Result()
		return err == nil && strings.Contains(info, "state=online")
	})
	if _, err := Open(t.Context(), s.client(), false); err == nil || !strings.Contains(err.Error(), "min-replicas-to-write") {
		t.Fatal(err)
	}
	if err := c.ConfigSet(t.Context(), "min-replicas-to-write", "1").Err(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), s.client(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	put := func(ids ...string) (fault error) {
		var bs []store.Batch
		for _, id := range ids {
			r := store.Record{Kind: "k", ID: id, Body: []byte(id)}
			bs = append(bs, store.Batch{Shard: store.ShardOf(id), At: time.Now(), Put: []store.Put{{Record: r}}})
		}
		for _, r := range d.Commit(t.Context(), bs...) {
			fault = errors.Join(fault, r.Err)
		}
		return fault
	}
	if err := put("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	replica.cmd.Process.Signal(syscall.SIGSTOP)
	if err := put("d", "e"); !errors.Is(err, errAlone) {
		t.Fatal("acknowledged what no replica has: ", err)
	}
	replica.cmd.Process.Signal(syscall.SIGCONT)
	if err := put("f"); err != nil {
		t.Fatal(err)
	}
	if err := put("d"); !errors.Is(err, store.ErrStale) { // the server has it nevertheless
		t.Fatal(err)
	}
}

// TestServerGone checks that a server which dies and comes back needs no new
// start of ours, and still has what was acknowledged.
func TestServerGone(t *testing.T) {
	s := start(t)
	d := empty(t, s.client())
	defer d.Close()
	put := func(id string) error {
		r := store.Record{Kind: "k", ID: id, Body: []byte(id)}
		return d.Commit(t.Context(), store.Batch{Shard: store.ShardOf(id), At: time.Now(), Put: []store.Put{{Record: r}}})[0].Err
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	if err := put("while"); err == nil || errors.Is(err, store.ErrStale) || errors.Is(err, io.EOF) && err == io.EOF {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.addr)
	again := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Process.Kill(); again.Wait() })
	if !s.ready() {
		t.Fatal("the server does not come back")
	}
	if err := put("after"); err != nil { // whose scripts the server has forgotten
		t.Fatal(err)
	}
	for _, id := range []string{"before", "after"} {
		if r, err := d.Get(t.Context(), store.ShardOf(id), "k", id); err != nil || string(r.Body) != id {
			t.Errorf("%s: %v %v", id, r, err)
		}
	}
}
