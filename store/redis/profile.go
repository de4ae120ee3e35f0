package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	glance = 15 * time.Second // between two looks at the servers
	skewed = 15 * time.Second // how far clocks may be apart: leases last a minute, and half of that is in use
)

// An unfitError says why a server must not be used.
type unfitError struct{ why string }

func (e *unfitError) Error() string { return "redis: " + e.why }

// greet looks at the server of a new connection.
func (d *DB) greet(ctx context.Context, c *redis.Conn) error { return d.inspect(ctx, c.Pipelined) }

// inspect asks a server what it is, and refuses one that is not fit. pipelined
// is that of a connection or of a client.
func (d *DB) inspect(ctx context.Context, pipelined func(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error)) error {
	var info *redis.StringCmd
	var clock *redis.TimeCmd
	set := redis.NewMapStringStringCmd(ctx, "config", "get", "appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write")
	_, err := pipelined(ctx, func(p redis.Pipeliner) error {
		info, clock = p.Info(ctx, "server", "replication", "cluster"), p.Time(ctx)
		if d.unsafe {
			return nil
		}
		return p.Process(ctx, set)
	})
	said := make(map[string]string)
	for line := range strings.Lines(info.Val()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		said[name] = value
	}
	if said["redis_mode"] == "sentinel" {
		return nil // it keeps nothing
	}
	if err != nil {
		return err
	}
	if _, ok := d.c.(*redis.ClusterClient); !ok && said["cluster_enabled"] == "1" {
		return &unfitError{"this is a node of a Cluster: name two of its nodes in STORE, with a comma between them"}
	}
	if d.unsafe {
		return nil
	}
	need, err := fit(said, set.Val(), d.clock.wall().Sub(clock.Val()).Abs())
	if err != nil {
		return err
	}
	for was := d.need.Load(); need > was && !d.need.CompareAndSwap(was, need); was = d.need.Load() {
	}
	return nil
}

// fit refuses a server that could lose what it has acknowledged: in memory
// only, flushed now and then, thrown away for want of room, or by a failover
// to a replica that lags behind. It returns how many replicas must have a
// commit before it is acknowledged: as many as the server itself asks for with
// min-replicas-to-write. Where there are none, every commit must be flushed; a
// server that flushes once a second needs a replica that has it too.
//
// With several replicas, of which any may be promoted, only as many as there
// are replicas are proof against every failover; with fewer the one with the
// most data must win, as Sentinel and Cluster try to see to.
func fit(said, set map[string]string, skew time.Duration) (need int64, err error) {
	major, _, _ := strings.Cut(said["redis_version"], ".")
	if n, err := strconv.Atoi(major); err == nil && n < 7 {
		return 0, &unfitError{"version is " + said["redis_version"] + ", must be 7 or newer, or Valkey: update it"}
	}
	need, _ = strconv.ParseInt(set["min-replicas-to-write"], 10, 64)
	for _, want := range [][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}, {"maxmemory-policy", "noeviction"}} {
		got := set[want[0]]
		if got == want[1] || got == "everysec" && need > 0 {
			continue
		}
		return 0, &unfitError{fmt.Sprintf("%s is %q, must be %q, or messages can be lost: change it in redis.conf", want[0], got, want[1])}
	}
	if skew > skewed {
		return 0, &unfitError{fmt.Sprintf("the clock of this machine and that of the server are %s apart: have both set by NTP", skew.Round(time.Second))}
	}
	if said["role"] == "slave" { // commits are refused there, and what it asks for is not yet asked of anybody
		return 0, nil
	}
	if need == 0 && said["connected_slaves"] != "0" {
		return 0, &unfitError{"there are replicas and min-replicas-to-write is 0, must be 1 or more: a failover would lose messages"}
	}
	return need, nil
}
