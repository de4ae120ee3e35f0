package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/store"
)

// Every test here does its worst FAULTS times, or a few times without it.

// TestKilled kills the server at work and starts it again.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := newCrowd(t, open(t, s.url()))
	for range repeats(2) {
		c.goesOn(t, 5)
		s.kill()
		s.again()
	}
	c.goesOn(t, 5)
	c.keepsAll(t)
}

// TestInterrupted takes scripts and connections away at work.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := newCrowd(t, open(t, s.url()))
	for range repeats(5) {
		c.goesOn(t, 3)
		s.ask("script", "flush")
		c.goesOn(t, 3)
		s.ask("client", "kill", "type", "normal")
	}
	c.goesOn(t, 3)
	c.keepsAll(t)
}

// TestFrozen has the server stand still for longer than a client waits: what
// was sent first arrives after it was sent again.
func TestFrozen(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url()+"?read_timeout=100ms")
	c := newCrowd(t, d)
	for range repeats(3) {
		c.goesOn(t, 3)
		s.freeze()
		dialled := d.c.PoolStats().Misses
		until(t, func() bool { return d.c.PoolStats().Misses > dialled+2 }) // the client has given up, and tries again
		s.thaw()
	}
	c.goesOn(t, 3)
	c.keepsAll(t)
}

// A pair is a primary with a replica and a Sentinel that promotes it.
type pair struct {
	t        testing.TB
	one, two *server // the primary, and its replica
	sentinel *server
}

// follows are settings of a server that may be either of a pair. Replicas come
// as a user of their own, so that they can be cut off.
func follows(least string) []string {
	return []string{"--min-replicas-to-write", least, "--user", "replica", "on", ">secret", "+psync", "+replconf", "+ping", "--masteruser", "replica", "--masterauth", "secret",
		"--repl-timeout", "5"}
}

func newPair(t testing.TB, least string) *pair {
	p := &pair{t: t, one: start(t, follows(least)...)}
	p.two = replicaOf(t, p.one, follows(least)...)
	p.sentinel = sentinelOf(t, p.one.port(), time.Minute)
	return p
}

func (p *pair) url() string { return p.sentinel.url() + "?master_name=voice" }

// cut has the replica miss what is written from now on.
func (p *pair) cut() {
	p.one.ask("acl", "setuser", "replica", "off")
	p.one.ask("client", "kill", "user", "replica")
}

// failOver kills the primary, waits until the replica is promoted and starts
// the other one again as a replica of it. Sentinel is told to promote the
// replica, and to take a minute to notice by itself that the primary is down:
// it never promotes one that has been cut off for ten times as long as that,
// and on a busy machine a test would wait for ever.
func (p *pair) failOver() {
	p.t.Helper()
	p.one.kill()
	until(p.t, func() bool { return p.sentinel.try("sentinel", "failover", "voice") == nil })
	p.two.says("replication", "role:master")
	p.one.again("--replicaof", p.two.host()+" "+p.two.port())
	p.one, p.two = p.two, p.one
	p.one.says("replication", "state=online")
	p.two.says("replication", "master_link_status:up")
	p.sentinel.sees(p.two.port())
}

// TestFailOver kills the primary at work, every other time after its replica
// was cut off: what no replica has is not acknowledged.
func TestFailOver(t *testing.T) {
	t.Parallel()
	p := newPair(t, "1")
	c := newCrowd(t, open(t, p.url()))
	for i := range repeats(2) {
		c.goesOn(t, 5)
		if i%2 == 1 {
			p.cut()
		}
		p.failOver()
	}
	c.goesOn(t, 5)
	c.keepsAll(t)
}

// TestFailOverLoses shows that the test before would see a loss: where no
// replica is waited for, what the replica missed is gone.
func TestFailOverLoses(t *testing.T) {
	t.Parallel()
	p := newPair(t, "0")
	c := newCrowd(t, unsafely(t, p.url()))
	c.goesOn(t, 5)
	p.cut()
	c.goesOn(t, 5)
	p.failOver()
	c.goesOn(t, 5)
	c.losesSome(t)
}

// TestNodeLost kills a master of a Cluster whose replicas take over.
func TestNodeLost(t *testing.T) {
	t.Parallel()
	all := cluster(t, true, "--cluster-node-timeout", "2000", "--min-replicas-to-write", "1", "--cluster-allow-replica-migration", "no")
	c := newCrowd(t, open(t, urlOf(all)))
	for i := range repeats(1) {
		c.goesOn(t, 5)
		one, two := all[i%3], all[i%3+3]
		if i/3%2 == 1 {
			one, two = two, one
		}
		one.kill()
		two.says("replication", "role:master")
		one.again()
		two.says("replication", "state=online")
		c.goesOn(t, 5)
	}
	c.keepsAll(t)
}

// TestNodeGone kills a master of a Cluster that has no replica: its shards get
// one clear line, and go on when it is back.
func TestNodeGone(t *testing.T) {
	t.Parallel()
	all := cluster(t, false, "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")
	d := open(t, urlOf(all))
	c := newCrowd(t, d)
	c.goesOn(t, 3)
	all[1].kill()
	var err error
	until(t, func() bool {
		for i := range 20 {
			if err = d.put(t, fmt.Sprint("gone", i)); err != nil && !errors.Is(err, store.ErrStale) {
				return true
			}
		}
		return false
	})
	if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "it cannot be reached") && !strings.Contains(err.Error(), "a part of the Cluster is down") {
		t.Error(err)
	}
	all[1].again()
	c.goesOn(t, 3)
	c.keepsAll(t)
}
