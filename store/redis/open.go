package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// DB is a store.Backend in Redis.
type DB struct {
	c      redis.UniversalClient
	unsafe bool
	need   atomic.Int64               // how many replicas must have a commit before it is acknowledged
	unfit  atomic.Pointer[unfitError] // why nothing is committed now
	clock  clock

	name    string // of this process among those that use the same Redis
	slots   slots
	writes  sync.Map // *line[*call], by *redis.Client
	lookups line[*lookup]
	lives   lives

	soils chan struct{} // rings when something removed is to be cleaned from the servers' files
	stop  context.CancelFunc
	life  context.Context // ends with Close
	done  sync.WaitGroup
}

var _ store.Backend = (*DB)(nil)

// Open returns a back end on the servers that where names:
//
//	redis://HOST:PORT                          one server, Redis 7 or Valkey
//	redis://HOST:PORT,HOST:PORT,...            nodes of a Cluster; the others are asked of them
//	redis://HOST:PORT,...?master_name=NAME     Sentinels, which tell the primary of that name
//	redis://USER:PASSWORD@...                  a user of the server's ACL; a password alone is the default user's
//	rediss://...                               the same over TLS; SSL_CERT_FILE names an authority of one's own
//
// Settings of the client may follow as in ?pool_size=20&read_timeout=3s.
//
// It refuses servers that could lose what they have acknowledged, see fit,
// unless unsafe, and looks again on every new connection and now and then. A
// server that cannot be reached yet is no error: commits fail until it can be.
// It refuses what a newer program wrote. With store.ErrHalf it returns a back
// end that only takes another restore.
func Open(ctx context.Context, where string, unsafe bool) (*DB, error) {
	return openBy(ctx, where, unsafe, time.Now)
}

// openBy is Open on a machine whose clock is wall.
func openBy(ctx context.Context, where string, unsafe bool, wall func() time.Time) (*DB, error) {
	d := &DB{unsafe: unsafe, clock: newClock(wall), name: rand.Text()[:10], soils: make(chan struct{}, 1)}
	d.lookups = line[*lookup]{trips: 3, send: d.look}
	var err error
	if d.c, err = connect(where, d.greet); err != nil {
		return nil, err
	}
	err = d.reach(ctx)
	if err == nil {
		err = d.known(ctx)
	}
	half := errors.Is(err, store.ErrHalf)
	if err != nil && !half && !transient(err) {
		return nil, errors.Join(explain(err), d.c.Close())
	}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.life = ctx
	d.done.Go(func() { d.cleaner(ctx) })
	d.done.Go(func() { d.watch(ctx) })
	d.done.Go(func() { d.beat(ctx) })
	if half {
		return d, err
	}
	return d, nil
}

// reach makes a connection to every server, so that greet sees it.
func (d *DB) reach(ctx context.Context) error {
	return d.masters(ctx, func(ctx context.Context, c *redis.Client) error { return d.inspect(ctx, c.Pipelined) })
}

// masters calls f for every server that takes commits.
func (d *DB) masters(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	if c, ok := d.c.(*redis.ClusterClient); ok {
		return c.ForEachMaster(ctx, f)
	}
	return f(ctx, d.c.(*redis.Client))
}

// watch looks now and then whether the servers are still fit, and keeps what
// is remembered of this process's commits from running out.
func (d *DB) watch(ctx context.Context) {
	for n := 1; wait(ctx, glance); n++ {
		d.clock.mu.Lock()
		d.judge(ctx) //nolint:errcheck // a server that does not answer is asked again
		d.clock.mu.Unlock()
		if n%int(time.Hour/glance) == 0 {
			d.remember(ctx)
		}
	}
}

// Close ends the use of the servers, after what was removed is gone from their
// files as well.
func (d *DB) Close() error {
	d.stop()
	d.done.Wait()
	return d.c.Close()
}
