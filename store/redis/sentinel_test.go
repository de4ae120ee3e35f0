package redis

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// sentinelOf starts a Sentinel that watches the primary at a port, and takes so
// long to notice by itself that it is down.
//
// It asks every second who follows whom, not every ten. It would do
// nothing for half a minute after standing still for two seconds, in which its
// clock seems to jump: on a busy machine that is all the time.
func sentinelOf(t testing.TB, port string, notices time.Duration, settings ...string) *server {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor voice 127.0.0.1 %s 1\nsentinel down-after-milliseconds voice %d\nsentinel failover-timeout voice 2000\n", port, notices.Milliseconds())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t) // for its port
	s.kill()
	s.args = append([]string{conf, "--sentinel", "--port", s.port(), "--bind", "127.0.0.1"}, settings...)
	s.again()
	s.ask("sentinel", "debug", "info-period", 1000, "publish-period", 500, "tilt-trigger", 60_000, "tilt-period", 1000)
	s.says("sentinel", "slaves=1")
	return s
}

// sees waits until a Sentinel knows the replica at a port, and could promote it.
func (s *server) sees(port string) {
	s.t.Helper()
	until(s.t, func() bool {
		c := redis.NewSentinelClient(&redis.Options{Addr: s.addr})
		defer c.Close()
		all, err := c.Replicas(context.Background(), "voice").Result()
		for _, r := range all {
			if err == nil && r["port"] == port && r["flags"] == "slave" && r["master-link-status"] == "ok" {
				return true
			}
		}
		return false
	})
}

// try runs a command, and returns what is wrong with it.
func (s *server) try(args ...any) error {
	c := redis.NewClient(&redis.Options{Addr: s.addr, Protocol: 2})
	defer c.Close()
	return c.Do(context.Background(), args...).Err()
}
