package redis

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
	"workervoice/store/storetest"
)

func open(t testing.TB, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), url, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// empty returns a back end with nothing in it.
func empty(t testing.TB, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), url, false)
	if err != nil {
		t.Fatal(err)
	}
	err = d.masters(t.Context(), func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBackend(t *testing.T) {
	t.Parallel()
	s := start(t)
	storetest.Run(t, func(t *testing.T) (store.Backend, string) {
		return shaken{mortal{empty(t, s.url()), s.url()}, s}, filepath.Join(s.dir, "appendonlydir")
	})
}

// shaken is a back end whose server may forget its scripts and its clients.
type shaken struct {
	mortal
	s *server
}

func (x shaken) Disturb() {
	x.s.ask("script", "flush")
	x.s.ask("client", "kill", "type", "normal")
}

// mortal is a back end whose process may end.
type mortal struct {
	*DB
	url string
}

// Die ends what a kill ends, and returns what another process has. The server
// was emptied after the first beat, maybe.
func (x mortal) Die(t testing.TB) store.Backend {
	until(t, func() bool { return x.c.HExists(t.Context(), pulses, x.Life()).Val() })
	x.stop()
	x.c.Close()
	return open(t, x.url)
}

// TestCluster runs the suite on a cluster of three masters.
func TestCluster(t *testing.T) {
	t.Parallel()
	url := urlOf(cluster(t, false))
	storetest.RunWithoutFiles(t, func(t *testing.T) store.Backend { return mortal{empty(t, url), url} })
}

// BenchmarkTurn also reports what the server spends on a turn.
func BenchmarkTurn(b *testing.B) {
	s := start(b)
	d := empty(b, s.url())
	spent := func() (seconds float64) {
		for line := range strings.Lines(s.ask("info", "cpu")) {
			if v, ok := strings.CutPrefix(line, "used_cpu_user:"); ok {
				fmt.Sscan(v, &seconds)
			}
			if v, ok := strings.CutPrefix(line, "used_cpu_sys:"); ok {
				var more float64
				fmt.Sscan(v, &more)
				seconds += more
			}
		}
		return seconds
	}
	before := spent()
	storetest.Bench(b, d)
	b.ReportMetric((spent()-before)*1e6/float64(b.N), "server-µs/op")
}

// record returns a batch that writes a record for the first time.
func writes(id string) store.Batch {
	r := store.Record{Kind: "k", ID: id, Body: []byte(id)}
	return store.Batch{Shard: store.ShardOf(id), At: time.Now(), Put: []store.Put{{Record: r}}}
}

func (d *DB) put(t testing.TB, ids ...string) (fault error) {
	var bs []store.Batch
	for _, id := range ids {
		bs = append(bs, writes(id))
	}
	for _, r := range d.Commit(t.Context(), bs...) {
		fault = errors.Join(fault, r.Err)
	}
	return fault
}

// TestFit checks that a server which could lose what it acknowledged is
// refused in one line, and accepted by one who says so.
func TestFit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ settings []string }{
		{[]string{"--appendonly", "no"}}, {[]string{"--appendfsync", "everysec"}}, {[]string{"--appendfsync", "no", "--min-replicas-to-write", "1"}},
		{[]string{"--maxmemory-policy", "allkeys-lru"}},
	} {
		s := start(t, test.settings...)
		_, err := Open(t.Context(), s.url(), false)
		if err == nil || !strings.Contains(err.Error(), test.settings[0][2:]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", test.settings, err)
		}
		d, err := Open(t.Context(), s.url(), true)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
	}
}

// TestUnfit checks what the profile asks of the clock, the version and replicas.
func TestUnfit(t *testing.T) {
	good := map[string]string{"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "min-replicas-to-write": "0"}
	two := map[string]string{"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "min-replicas-to-write": "2"}
	for _, test := range []struct {
		said, set map[string]string
		skew      time.Duration
		need      int64
		why       string
	}{
		{map[string]string{"redis_version": "7.0.15", "role": "master", "connected_slaves": "0"}, good, time.Second, 0, ""},
		{map[string]string{"redis_version": "7.0.15", "role": "master", "connected_slaves": "1"}, good, 0, 0, "min-replicas-to-write"},
		{map[string]string{"redis_version": "7.0.15", "role": "master", "connected_slaves": "2"}, two, 0, 2, ""},
		{map[string]string{"redis_version": "7.0.15", "role": "master", "connected_slaves": "0"}, two, 0, 2, ""},
		{map[string]string{"redis_version": "7.0.15", "role": "slave", "connected_slaves": "0"}, two, 0, 0, ""},
		{map[string]string{"redis_version": "6.2.1", "role": "master", "connected_slaves": "0"}, good, 0, 0, "version is 6.2.1"},
		{map[string]string{"redis_version": "8.1.0", "role": "master", "connected_slaves": "0"}, good, time.Minute, 0, "1m0s apart"},
	} {
		need, err := fit(test.said, test.set, test.skew)
		if need != test.need || (err == nil) != (test.why == "") || err != nil && !strings.Contains(err.Error(), test.why) {
			t.Errorf("%v: %d %v", test, need, err)
		}
	}
}

// TestReplicas checks that nothing is acknowledged that no replica has, and
// that what was refused is there once when the replica is back.
func TestReplicas(t *testing.T) {
	t.Parallel()
	s := start(t)
	replica := replicaOf(t, s)
	if _, err := Open(t.Context(), s.url(), false); err == nil || !strings.Contains(err.Error(), "min-replicas-to-write") {
		t.Fatal(err)
	}
	s.ask("config", "set", "min-replicas-to-write", "1")
	d := open(t, s.url())
	if err := d.put(t, "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	replica.freeze()
	if err := d.put(t, "d", "e"); !errors.Is(err, errAlone) {
		t.Fatal("acknowledged what no replica has: ", err)
	}
	replica.thaw()
	if err := d.put(t, "f"); err != nil {
		t.Fatal(err)
	}
	if err := d.put(t, "d"); !errors.Is(err, store.ErrStale) { // the server has it nevertheless
		t.Fatal(err)
	}
}
