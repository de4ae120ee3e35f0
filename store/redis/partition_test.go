package redis

import (
	"net"
	"testing"
	"time"

	"workervoice/store/faults"
)

// An apartPair is a pair whose connections all pass through proxies, so that
// it can be parted while everybody lives. Who connects is told by the address
// that each connects from.
type apartPair struct {
	*pair
	to     map[*server]*faults.Proxy
	from   map[*server]string // the address that a server connects from
	sought *faults.Proxy      // the way of clients to the Sentinel
}

// newApart returns a pair of which a primary waits for so many replicas.
func newApart(t testing.TB, least string) *apartPair {
	p := &apartPair{pair: &pair{t: t}, to: make(map[*server]*faults.Proxy), from: make(map[*server]string)}
	side := func(from string) *server {
		s := start(t, append(follows(least), "--bind-source-addr", from, "--replica-announce-ip", "127.0.0.1")...)
		p.to[s], p.from[s] = faults.New(t, s.addr), from
		s.ask("config", "set", "replica-announce-port", p.port(s))
		return s
	}
	p.one, p.two = side("127.0.0.2"), side("127.0.0.3")
	p.two.ask("replicaof", "127.0.0.1", p.port(p.one))
	p.two.says("replication", "master_link_status:up")
	p.one.says("replication", "state=online")
	p.sentinel = sentinelOf(t, p.port(p.one), 400*time.Millisecond, "--bind-source-addr", "127.0.0.4")
	p.sought = faults.New(t, p.sentinel.addr)
	return p
}

func (p *apartPair) port(s *server) string {
	_, port, _ := net.SplitHostPort(p.to[s].Addr())
	return port
}

func (p *apartPair) url() string {
	return "redis://" + p.sought.Addr() + "?master_name=voice&read_timeout=500ms"
}

// only is a fault that parts those who connect from one of the addresses.
func only(from ...string) faults.Fault {
	return faults.Fault{Apart: func(a net.Addr) bool {
		host, _, _ := net.SplitHostPort(a.String())
		for _, f := range from {
			if f == host {
				return true
			}
		}
		return false
	}}
}

const client = "127.0.0.1" // where tests connect from

// part parts the primary from its replica and the Sentinel, and waits until
// the replica is promoted. Clients stay with the old primary, or see all.
func (p *apartPair) part(clientsToo bool) {
	p.t.Helper()
	others := []string{p.from[p.one]}
	if clientsToo {
		others = append(others, client)
		p.sought.Set(only(client))
	}
	p.to[p.one].Set(only(p.from[p.two], "127.0.0.4"))
	p.to[p.two].Set(only(others...))
	p.two.says("replication", "role:master")
}

// join ends that: the old primary becomes a replica of the new one.
func (p *apartPair) join() {
	p.t.Helper()
	for _, x := range []*faults.Proxy{p.to[p.one], p.to[p.two], p.sought} {
		x.Set(faults.Fault{})
	}
	p.one, p.two = p.two, p.one
	p.one.says("replication", "state=online")
	p.two.says("replication", "role:slave", "master_link_status:up")
	p.sentinel.sees(p.port(p.two))
}

// TestPartition parts a primary that lives from its replica and the Sentinel,
// which promotes the replica: what the old primary takes meanwhile no replica
// has, so it is not acknowledged. Every other time, the first as well, clients
// are parted too, on the side of the old primary.
func TestPartition(t *testing.T) {
	t.Parallel()
	p := newApart(t, "1")
	c := newCrowd(t, open(t, p.url()))
	for i := range repeats(1) {
		c.goesOn(t, 5)
		p.part(i%2 == 0)
		p.join()
		c.goesOn(t, 5)
	}
	c.keepsAll(t)
}

// TestPartitionLoses shows that the test before would see a loss: where no
// replica is waited for, what the old primary acknowledged is gone.
func TestPartitionLoses(t *testing.T) {
	t.Parallel()
	p := newApart(t, "0")
	c := newCrowd(t, unsafely(t, p.url()))
	c.goesOn(t, 5)
	p.part(true)
	c.goesOn(t, 5)
	p.join()
	c.goesOn(t, 5)
	c.losesSome(t)
}
