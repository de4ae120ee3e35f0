package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// rights returns those of the user that the package comment describes.
func rights(t *testing.T) (rs []string) {
	b, err := os.ReadFile("redis.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(b), "package redis")
	_, list, _ := strings.Cut(comment, "needs, beside a password:")
	for line := range strings.Lines(list) {
		rs = append(rs, strings.Fields(strings.TrimPrefix(line, "//"))...)
	}
	return rs
}

// TestRefused checks that what an operator can mend is said in one line, at
// once, and shows no password.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := start(t, "--requirepass", "right horse", "--user", "voice", "on", ">word")
	for _, test := range []struct{ url, why string }{
		{"redis://:wrong%20horse@" + s.addr, "the user or the password in STORE is wrong"},
		{"redis://" + s.addr, "it asks for a password"},
		{"redis://voice:word@" + s.addr, "may not do all that is needed"},
		{"redis://:right%20horse@" + s.addr + "," + s.addr, "it is no Cluster"},
		{"redis://:right%20horse@" + s.addr + "?pool=1", "STORE is no address of a Redis"},
		{"redis://:right%20horse@" + s.addr + ":x", "STORE is no address of a Redis"},
		{"http://" + s.addr, "STORE must be redis://HOST:PORT"},
	} {
		d, err := Open(t.Context(), test.url, false)
		if err == nil {
			d.Close()
			t.Errorf("%s: accepted", test.url)
			continue
		}
		if !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "word@") {
			t.Errorf("%s: %v", test.url, err)
		}
	}
	d := open(t, "redis://:right%20horse@"+s.addr)
	if err := d.put(t, "a"); err != nil {
		t.Error(err)
	}
}

// TestPasswordLater checks that a password which is changed at work is told as
// that, at once, also to what was about to be written.
func TestPasswordLater(t *testing.T) {
	s := start(t, "--requirepass", "word")
	d := open(t, "redis://:word@"+s.addr)
	if err := d.put(t, "a"); err != nil {
		t.Fatal(err)
	}
	d.c.ConfigSet(t.Context(), "requirepass", "other")
	until(t, func() bool { // no connection is left from before
		c := redis.NewClient(&redis.Options{Addr: s.addr, Password: "other"})
		defer c.Close()
		n, err := c.ClientKillByFilter(t.Context(), "type", "normal").Result()
		return err == nil && n == 0
	})
	if err := d.put(t, "b"); err == nil || !strings.Contains(err.Error(), "the user or the password in STORE is wrong") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// TestRights checks that a user with the rights that the package comment names
// can do all that is needed.
func TestRights(t *testing.T) {
	t.Parallel()
	s := start(t)
	args := []any{"acl", "setuser", "voice", "on", ">word"}
	for _, r := range rights(t) {
		args = append(args, r)
	}
	s.ask(args...)
	d := open(t, "redis://voice:word@"+s.addr)
	if err := d.put(t, "a"); err != nil {
		t.Error(err)
	}
	b := writes("b")
	b.Scrub = true
	if err := d.Commit(t.Context(), b)[0].Err; err != nil {
		t.Error(err)
	}
	if some, err := d.clean(t.Context()); err != nil || !some {
		t.Error(some, err)
	}
	if err := d.Say(t.Context(), []byte("x")); err != nil {
		t.Error(err)
	}
	if got := s.ask("acl", "log"); got != "[]" {
		t.Error("was refused: ", got)
	}
}

// TestDownAtStart checks that a server which is not there yet is waited for,
// and told of in one line.
func TestDownAtStart(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.kill()
	d := open(t, s.url()+"?dial_timeout=200ms")
	err := d.put(t, "early")
	if err == nil || !strings.Contains(err.Error(), "it cannot be reached: see that it runs") {
		t.Error(err)
	}
	if _, err := d.Get(t.Context(), store.ShardOf("early"), "k", "early"); err == nil {
		t.Error("read from a server that is not there")
	}
	s.again()
	if err := d.put(t, "early"); err != nil {
		t.Error(err)
	}
}

// TestUnfitLater checks that a server which comes back without its safety is
// not written to.
func TestUnfitLater(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	s.kill()
	s.again("--appendonly", "no")
	if err := d.put(t, "a"); err == nil || !strings.Contains(err.Error(), `appendonly is "no"`) {
		t.Error(err)
	}
	s.kill()
	s.again()
	if err := d.put(t, "a"); err != nil {
		t.Error(err)
	}
}

// TestFull checks that a server without room says so, and that work goes on
// once there is some.
func TestFull(t *testing.T) {
	t.Parallel()
	s := start(t)
	d := open(t, s.url())
	s.ask("config", "set", "maxmemory", "1")
	if err := d.put(t, "a"); err == nil || !strings.Contains(err.Error(), "its memory is used up") {
		t.Error(err)
	}
	s.ask("config", "set", "maxmemory", "0")
	if err := d.put(t, "a"); err != nil {
		t.Error(err)
	}
}

// TestTLS checks that a server is only reached with a certificate that can be
// trusted.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: cert}, "key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t)
	s.kill()
	s.run("--tls-port", s.port(), "--port", "0", "--tls-cert-file", filepath.Join(dir, "cert"), "--tls-key-file", filepath.Join(dir, "key"),
		"--tls-auth-clients", "no")
	until(t, func() bool {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if _, err := Open(t.Context(), "rediss://"+s.addr, false); err == nil || !strings.Contains(err.Error(), "no TLS with the server") {
		t.Error(err)
	}
	d := open(t, "rediss://"+s.addr+"?skip_verify=true")
	if err := d.put(t, "a"); err != nil {
		t.Error(err)
	}
}
