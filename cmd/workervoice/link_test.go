package main

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestLink makes a link while the program runs on the same folder, opens its
// page, comes by it, and looks at the counts: they tell how many and never who.
func TestLink(t *testing.T) {
	data, err := os.MkdirTemp("", "wv") // short: the path of a socket may have 104 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(data)
	base, _ := program(t, data)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(build(t), append([]string{"link", "-data", data}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	code := regexp.MustCompile(`code +([A-Z2-9]{8})`).FindStringSubmatch(run("-lang", "my", "-for", "Ko Aung"))
	if code == nil {
		t.Fatal("no code was made")
	}
	for _, page := range []string{"/j/" + code[1], "/j/" + code[1] + ".svg", "/j/" + code[1] + ".png"} {
		r, err := http.Get(base + page)
		if err != nil || r.StatusCode != 200 {
			t.Fatal(page, r.StatusCode, err)
		}
	}
	p := newPhone(t, base)
	r, err := p.http.Get(base + "/w/j/" + code[1])
	if err != nil {
		t.Fatal(err)
	}
	p.read(r)
	p.press("language:my")
	p.must(`value="safety:yes"`)
	list := run("-list")
	for _, want := range []string{code[1], "my", "visited 1-10", "opened 1-10", "language 1-10", "agreed 0", "Ko Aung"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in the list: %s", want, list)
		}
	}
	if out, err := exec.Command(build(t), "link", "-data", data, "-lang", "xx").CombinedOutput(); err == nil || !strings.Contains(string(out), "must be one of") {
		t.Error("a language that there is none of was taken: ", string(out))
	}
}
