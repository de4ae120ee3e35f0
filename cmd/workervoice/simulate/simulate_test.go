package simulate

import (
	"strings"
	"testing"
	"time"
)

// TestPlan: a month has about as many messages as it says, at the hours it
// says, and the same seed plans the same month.
func TestPlan(t *testing.T) {
	m := Shipped()
	vs := m.plan(chance(5, 1), 30)
	messages, evening := 0.0, 0
	for i, v := range vs {
		messages += m.Lengths[v.kind]
		if h := v.at % (24 * time.Hour) / time.Hour; h >= 19 && h < 23 {
			evening++
		}
		if v.at < 0 || v.at >= 30*24*time.Hour || i > 0 && v.at < vs[i-1].at {
			t.Fatalf("session %d is at %v", i, v.at)
		}
	}
	if messages < 0.9*float64(m.Messages) || messages > 1.1*float64(m.Messages) {
		t.Errorf("%.0f messages are planned, and not about %d", messages, m.Messages)
	}
	if share := float64(evening) / float64(len(vs)); share < 0.35 || share > 0.5 {
		t.Errorf("%.2f of the sessions are in the evening", share)
	}
	again := m.plan(chance(5, 1), 30)
	for i := range vs {
		if vs[i] != again[i] {
			t.Fatal("the same seed planned another month")
		}
	}
}

// TestParse: what is wrong with a month is said.
func TestParse(t *testing.T) {
	for file, want := range map[string]string{
		`{`:                "must be JSON",
		`{"messages": 10}`: "is empty",
		strings.Replace(string(monthFile), `"all": 0.70`, `"all": -1`, 1): "below zero",
		strings.Replace(string(monthFile), `[3.0, `, `[`, 1):              "24 hours",
		strings.Replace(string(monthFile), `15000`, `0`, 1):               "above zero",
	} {
		if _, err := Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s… leads to %v, and not to %q", file, err, want)
		}
	}
}
