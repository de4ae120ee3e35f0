package main

import (
	"os"
	"strings"
	"testing"

	"workervoice/flows"
	"workervoice/translations"
)

// TestREADME keeps what the README shows of the program true. With UPDATE=1
// it writes it anew.
func TestREADME(t *testing.T) {
	const file = "../../README.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := translations.Load()
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for mark, want := range map[string]string{
		"diagram":   "```mermaid\n" + strings.TrimSpace(flows.Diagram()) + "\n```",
		"lifecycle": "```mermaid\n" + strings.TrimSpace(flows.Lifecycle()) + "\n```",
		"review":    strings.TrimSpace(texts.ProgressTable()),
	} {
		before, rest, ok1 := strings.Cut(text, "<!-- "+mark+" -->\n")
		got, after, ok2 := strings.Cut(rest, "<!-- /"+mark+" -->")
		if !ok1 || !ok2 {
			t.Fatalf("README.md has no marks for the %s", mark)
		}
		if strings.TrimSpace(got) != want && os.Getenv("UPDATE") == "" {
			t.Errorf("the %s in README.md is not what the program says: run UPDATE=1 go test ./cmd/workervoice -run README", mark)
		}
		text = before + "<!-- " + mark + " -->\n" + want + "\n<!-- /" + mark + " -->" + after
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
