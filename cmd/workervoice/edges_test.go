package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed says which of our packages may import which: one direction, so that
// each can be understood without those that use it.
var allowed = map[string][]string{
	"cases":                    {},
	"channels":                 {},
	"channels/telegram":        {"channels"},
	"channels/line":            {"channels"},
	"channels/whatsapp":        {"channels"},
	"channels/web":             {"channels"},
	"channels/web/chromium":    {}, // tests of pages drive it: no program of ours has a browser in it
	"channels/terminal":        {"channels"},
	"translations/zawgyi":      {},
	"translations":             {"channels", "translations/zawgyi"},
	"flows":                    {"cases", "channels"},
	"store":                    {"flows", "cases", "channels"},
	"store/sqlite":             {"store", "channels"},
	"store/redis":              {"store", "channels"},
	"store/faults":             {}, // only tests use it
	"store/storetest":          {"store", "flows", "cases", "channels"},
	"bot":                      {"store", "flows", "cases", "channels", "translations", "translations/zawgyi"},
	"console":                  {"bot", "store", "flows", "cases", "channels", "translations"},
	"cmd/workervoice/simulate": {}, // it knows the service only by its pages
	"cmd/workervoice": {"cmd/workervoice/simulate", "bot", "console", "store", "store/sqlite", "store/redis", "flows", "cases", "translations",
		"channels", "channels/telegram", "channels/line", "channels/whatsapp", "channels/web", "channels/terminal"},
}

func TestWhoImportsWhom(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags=browser", "-json=ImportPath,Imports", "workervoice/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "workervoice/")
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s is in nobody's plan: add it to allowed, with the reason in the commit", name)
		}
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, "workervoice/"); ok && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			if name == "flows" && slices.Contains([]string{"os", "net/http", "log/slog", "math/rand", "math/rand/v2", "crypto/rand"}, i) {
				t.Errorf("flows imports %s: it decides, and reads nothing", i)
			}
		}
		seen++
	}
	if seen < len(allowed) {
		t.Errorf("%d packages found, %d planned: take out of allowed what is gone", seen, len(allowed))
	}
}
