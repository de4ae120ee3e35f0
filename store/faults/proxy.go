// Package faults breaks networks, for tests. No program of ours has it in it.
package faults

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A Fault is what happens to connections. The zero Fault is none. Chances are
// from 0 to 1 for each piece that is read from a connection, which on a quiet
// one is a whole request or answer.
type Fault struct {
	Delay time.Duration // each piece waits for up to that long, and all behind it

	Lost float64 // chance that a request is cut somewhere, and its connection reset: what came whole is carried out
	Cut  float64 // chance that an answer is cut somewhere, and its connection reset: the request was carried out
	Half float64 // chance that an answer is cut somewhere and the client is told that there will be no more, while the server still hears it
	Mute float64 // chance that from an answer on nothing comes any more, on a connection that stays

	// Apart says whose connections nothing passes, either way, as when a cable
	// is pulled: they stay, and what was sent arrives when that is over.
	Apart func(client net.Addr) bool
}

// All is for Fault.Apart: nothing passes at all.
func All(net.Addr) bool { return true }

// A Proxy passes connections on to a server, and spoils them as it is told.
type Proxy struct {
	to string
	l  net.Listener

	mu     sync.Mutex
	fault  Fault
	change chan struct{} // closed with the next fault
	links  map[*link]bool
	closed bool

	spoiled atomic.Int64
}

// New returns a proxy for the server at to. It ends with the test.
func New(t testing.TB, to string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{to: to, l: l, change: make(chan struct{}), links: make(map[*link]bool)}
	var accepting sync.WaitGroup
	accepting.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.Set(Fault{})
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.Reset()
		accepting.Wait()
	})
	return p
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.l.Addr().String() }

// Spoiled counts what was cut, half closed and muted.
func (p *Proxy) Spoiled() int64 { return p.spoiled.Load() }

// Set has f happen from now on, also to connections that are there.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.change)
	p.change = make(chan struct{})
}

// Reset breaks every connection.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.reset()
	}
}

// now returns what happens now, and what is closed when that changes.
func (p *Proxy) now() (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.change
}

func (p *Proxy) accept() {
	var links sync.WaitGroup
	defer links.Wait()
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		l := &link{p: p, client: c.(*net.TCPConn), done: make(chan struct{})}
		p.mu.Lock()
		p.links[l] = true
		closed := p.closed
		p.mu.Unlock()
		if closed {
			l.reset()
		}
		links.Go(func() {
			l.run()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.links, l)
		})
	}
}

// A link is a connection of a client with the server.
type link struct {
	p      *Proxy
	client *net.TCPConn
	done   chan struct{} // closed with its end

	mu     sync.Mutex
	ended  bool
	server *net.TCPConn
}

// reset ends a link as a router does that knows nothing of it.
func (l *link) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	close(l.done)
	for _, c := range []*net.TCPConn{l.client, l.server} {
		if c != nil {
			c.SetLinger(0) //nolint:errcheck // it is closed in any case
			c.Close()
		}
	}
}

// run passes on both ways until both have come to their end.
func (l *link) run() {
	defer l.reset()
	if !l.passes() {
		return
	}
	c, err := net.Dial("tcp", l.p.to)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.server = c.(*net.TCPConn)
	ended := l.ended
	l.mu.Unlock()
	if ended {
		c.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.pump(l.client, l.server, false) })
	both.Go(func() { l.pump(l.server, l.client, true) })
	both.Wait()
}

// passes waits while nothing passes, and reports whether the link is still there.
func (l *link) passes() bool {
	for {
		f, change := l.p.now()
		if f.Apart == nil || !f.Apart(l.client.RemoteAddr()) {
			return true
		}
		select {
		case <-change:
		case <-l.done:
			return false
		}
	}
}

// pump passes requests or answers on, until there are no more.
func (l *link) pump(from, to *net.TCPConn, answers bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if !l.passes() {
			return
		}
		if n > 0 {
			f, _ := l.p.now()
			if f.Delay > 0 {
				<-time.After(rand.N(f.Delay))
			}
			if l.spoils(f, b[:n], to, answers) {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				l.reset()
				return
			}
		}
		if err != nil {
			to.CloseWrite() //nolint:errcheck // it may be gone
			return
		}
	}
}

// spoils may do harm to a piece, and reports whether the rest is not for to.
func (l *link) spoils(f Fault, piece []byte, to *net.TCPConn, answer bool) bool {
	if !answer {
		if !chance(f.Lost) {
			return false
		}
		l.cut(piece, to)
		l.reset()
		return true
	}
	switch {
	case chance(f.Cut):
		l.cut(piece, to)
		l.reset()
	case chance(f.Half):
		l.cut(piece, to)
		to.CloseWrite() //nolint:errcheck // it may be gone
	case chance(f.Mute):
		l.p.spoiled.Add(1)
	default:
		return false
	}
	return true
}

// cut passes on what comes before a place somewhere in a piece.
func (l *link) cut(piece []byte, to *net.TCPConn) {
	l.p.spoiled.Add(1)
	to.Write(piece[:rand.IntN(len(piece))]) //nolint:errcheck // it may be gone
}

func chance(c float64) bool { return c > 0 && rand.Float64() < c }
