package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var invitation = regexp.MustCompile(`invitation (\S+)/c/invite#(\S+)`)

// TestInvite invites somebody while the program runs, and while it does not.
// The address works once.
func TestInvite(t *testing.T) {
	data, err := os.MkdirTemp("", "wv") // short: the path of a socket may have 104 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(data)
	run := func(args ...string) (string, error) {
		out, err := exec.Command(build(t), append([]string{"invite", "-data", data}, args...)...).CombinedOutput()
		return string(out), err
	}
	out, err := run("-as", "early@x", "-role", "supervisor")
	if err != nil || !invitation.MatchString(out) {
		t.Fatalf("while nothing runs: %v: %s", err, out)
	}
	base, _ := program(t, data)
	out, err = run("-as", "nan@x")
	m := invitation.FindStringSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v: %s", err, out)
	}
	if m[1] != base {
		t.Errorf("the invitation leads to %s, the program is at %s", m[1], base)
	}
	for i, want := range []string{"nan@x", "This invitation was used"} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := http.Client{Jar: jar}
		r, err := c.PostForm(base+"/c/invite", url.Values{"token": {m[2]}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("time %d: status %d, %v, without %q", i+1, r.StatusCode, err, want)
		}
		if err := r.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "say with -as"},
		{[]string{"-as", "x", "-role", "king"}, "is no role"},
		{[]string{"-as", "x", "-of", "union"}, "say with -of-name"},
		{[]string{"-as", "nan@x", "-of", "union", "-of-name", "The union"}, "has an account in another organisation"},
	} {
		if out, err := run(c.args...); err == nil || !strings.Contains(out, c.says) {
			t.Errorf("%v: %v: %s", c.args, err, out)
		}
	}
	if out, err := run("-as", "om@x", "-of", "union"); err != nil {
		t.Errorf("the union is there now: %v: %s", err, out)
	}
}
