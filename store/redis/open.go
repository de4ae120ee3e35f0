package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// DB is a store.Backend in Redis.
type DB struct {
	c     redis.UniversalClient
	waits bool          // there are replicas: what they do not have is not acknowledged
	soils chan struct{} // rings when something removed is to be cleaned from the servers' files
	stop  context.CancelFunc
	done  sync.WaitGroup
}

var _ store.Backend = (*DB)(nil)

// Open returns a back end on c. It refuses servers that could lose what they
// have acknowledged, unless unsafe. Close closes c.
func Open(ctx context.Context, c redis.UniversalClient, unsafe bool) (*DB, error) {
	var waits atomic.Bool
	check := func(ctx context.Context, c *redis.Client) error {
		if !unsafe {
			replicas, err := safe(ctx, c)
			if err != nil {
				return err
			}
			if replicas {
				waits.Store(true)
			}
		}
		for _, s := range []*redis.Script{commit, claim, clean} {
			if err := s.Load(ctx, c).Err(); err != nil {
				return fmt.Errorf("redis: %w", err)
			}
		}
		return nil
	}
	var err error
	switch c := c.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, check)
	case *redis.Client:
		err = check(ctx, c)
	default:
		err = errors.New("redis: only a single server or a cluster can be used")
	}
	if err != nil {
		return nil, err
	}
	d := &DB{c: c, waits: waits.Load(), soils: make(chan struct{}, 1)}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.done.Go(func() { d.cleaner(ctx) })
	return d, nil
}

// safe refuses a server that could lose what it has acknowledged: in memory
// only, flushed now and then, thrown away for want of room, or by a failover
// to a replica that lags behind. It reports whether there are replicas.
func safe(ctx context.Context, c *redis.Client) (replicas bool, err error) {
	for _, want := range [][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}, {"maxmemory-policy", "noeviction"}} {
		got, err := c.ConfigGet(ctx, want[0]).Result()
		if err != nil {
			return false, fmt.Errorf("redis: %w", err)
		}
		if got[want[0]] != want[1] {
			return false, fmt.Errorf("redis: %s is %q, must be %q: change it in redis.conf", want[0], got[want[0]], want[1])
		}
	}
	info, err := c.Info(ctx, "replication").Result()
	if err != nil {
		return false, fmt.Errorf("redis: %w", err)
	}
	if strings.Contains(info, "connected_slaves:0") || strings.Contains(info, "role:slave") {
		return false, nil
	}
	got, err := c.ConfigGet(ctx, "min-replicas-to-write").Result()
	if err != nil {
		return false, fmt.Errorf("redis: %w", err)
	}
	if got["min-replicas-to-write"] == "0" {
		return false, errors.New("redis: there are replicas and min-replicas-to-write is 0, must be 1 or more: a failover would lose messages")
	}
	return true, nil
}

// Close ends the use of the client, after what was removed is gone from the
// servers' files as well.
func (d *DB) Close() error {
	d.stop()
	d.done.Wait()
	return d.c.Close()
}
