package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// An echo answers every line with itself, and counts them.
func echo(t *testing.T) (addr string, lines *atomic.Int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					s, err := r.ReadString('\n')
					if err != nil {
						return
					}
					lines.Add(1)
					io.WriteString(c, s)
				}
			}()
		}
	}()
	return l.Addr().String(), lines
}

// ask makes a connection and sends a line.
func ask(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := fmt.Fprintln(c, "hello there"); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

const line = "hello there\n"

// Each fault does to a request and its answer what it says.
func TestProxy(t *testing.T) {
	addr, lines := echo(t)
	p := New(t, addr)
	for _, test := range []struct {
		name    string
		f       Fault
		whole   bool  // the answer comes
		carried int64 // requests that reach the server
		end     error // of what is read; nil: that there is no more
	}{
		{"no fault", Fault{}, true, 1, nil},
		{"a delay", Fault{Delay: 1000}, true, 1, nil},
		{"a request is lost", Fault{Lost: 1}, false, 0, syscall.ECONNRESET},
		{"an answer is cut", Fault{Cut: 1}, false, 1, syscall.ECONNRESET},
		{"half closed", Fault{Half: 1}, false, 1, nil},
	} {
		before := lines.Load()
		p.Set(test.f)
		c := ask(t, p)
		if test.whole {
			c.CloseWrite()
		}
		got, err := io.ReadAll(c)
		if whole := string(got) == line; whole != test.whole || !strings.HasPrefix(line, string(got)) || !errors.Is(err, test.end) {
			t.Errorf("%s: read %q, then %v", test.name, got, err)
		}
		if n := lines.Load() - before; n != test.carried {
			t.Errorf("%s: %d requests were carried out", test.name, n)
		}
	}
}

// While a client is apart nothing passes, and what was sent arrives afterwards.
func TestApart(t *testing.T) {
	addr, lines := echo(t)
	p := New(t, addr)
	old := ask(t, p)
	r := bufio.NewReader(old)
	if s, err := r.ReadString('\n'); s != line {
		t.Fatal(s, err)
	}
	p.Set(Fault{Apart: All})
	fmt.Fprint(old, line)
	young := ask(t, p)
	other := New(t, addr) // another way to the same server, by which to know that time has passed
	through := ask(t, other)
	if s, err := bufio.NewReader(through).ReadString('\n'); s != line {
		t.Fatal(s, err)
	}
	if n := lines.Load(); n != 2 {
		t.Errorf("%d requests were carried out, not 2", n)
	}
	p.Set(Fault{})
	for _, r := range []*bufio.Reader{r, bufio.NewReader(young)} {
		if s, err := r.ReadString('\n'); s != line {
			t.Error(s, err)
		}
	}
	p.Reset()
	if _, err := old.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

// On a connection that is mute the server still hears the client, which hears
// nothing more.
func TestMute(t *testing.T) {
	addr, lines := echo(t)
	p := New(t, addr)
	p.Set(Fault{Mute: 1})
	c := ask(t, p)
	until(func() bool { return p.Spoiled() == 1 })
	p.Set(Fault{})
	fmt.Fprint(c, line)
	until(func() bool { return lines.Load() == 2 })
	c.CloseWrite() // the server ends, and so does the link
	if got, err := io.ReadAll(c); len(got) > 0 {
		t.Errorf("read %q, then %v", got, err)
	}
}

// until waits for something that comes by itself.
func until(ok func() bool) {
	for !ok() {
		runtime.Gosched()
	}
}
