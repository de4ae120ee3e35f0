package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"workervoice/cmd/workervoice/simulate"
)

// TestSimulate plays a small day on the real program: every session comes to
// its end, and what the workers sent is there.
func TestSimulate(t *testing.T) {
	base, _ := program(t, t.TempDir())
	m := simulate.Shipped()
	m.Messages = 1500
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	month := filepath.Join(t.TempDir(), "month.json")
	if err := os.WriteFile(month, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"simulate", "-to", base, "-days", "1", "-seed", "3", "-month", month}, nil, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var f simulate.Figures
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil {
		t.Fatal(err)
	}
	if f.Failed != 0 || f.Sessions["report"] == 0 || f.Messages < 20 {
		t.Errorf("%+v", f)
	}
}
