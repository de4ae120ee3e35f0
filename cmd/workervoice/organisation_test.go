package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestOrganisation says with whom an organisation may speak, while the program
// runs and while it does not.
func TestOrganisation(t *testing.T) {
	data, err := os.MkdirTemp("", "wv") // short: the path of a socket may have 104 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(data)
	for i, c := range []struct {
		args []string
		says string
		ok   bool
	}{
		{[]string{"-speaks", "king"}, "there is no such counterpart", false},
		{[]string{"-of", "union"}, "say with -of-name", false},
		{[]string{"-of", "union", "-of-name", "The union", "-speaks", "employer", "-speaks", "legal"}, "union, The union\nspeaks with            employer, legal\nemployers, agencies    all\n", true},
		{[]string{"-of", "union", "-employer", "Golden Prawn", "-employer", "กุ้งทอง", "-conflict", "Silver Fish"}, "employer, legal\nemployers, agencies    Golden Prawn; กุ้งทอง\nnot independent of     Silver Fish\n", true},
		{[]string{"-of", "union", "-speaks", "", "-conflict", ""}, "all\nemployers, agencies    Golden Prawn; กุ้งทอง\nnot independent of     none\n", true},
	} {
		if i == 3 {
			program(t, data)
		}
		out, err := exec.Command(build(t), append([]string{"organisation", "-data", data}, c.args...)...).CombinedOutput()
		if (err == nil) != c.ok || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: %v: %s", c.args, err, out)
		}
	}
}
