package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// found returns what the first group of a pattern finds.
func found(pattern, text string) (all []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestFigures asks a process for its figures: each is explained, and those of
// the board and the alarms are among them, with the labels that they name.
func TestFigures(t *testing.T) {
	b, _ := alone(t, "BACKUP_DIR="+t.TempDir())
	says(t, b, "ready")
	_, text := page(t, b.counts+"/metrics")
	kinds := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^# HELP (\S+) \S.*\n# TYPE (\S+) (counter|gauge|histogram)$`).FindAllStringSubmatch(text, -1) {
		if m[1] != m[2] || kinds[m[1]] != "" {
			t.Errorf("%s is explained twice, or as %s", m[1], m[2])
		}
		kinds[m[1]] = m[3]
	}
	for line := range strings.Lines(text) {
		if !regexp.MustCompile(`^(# (HELP|TYPE) .*|[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? [0-9.+-]+)\n$`).MatchString(line) {
			t.Errorf("this is no line of figures: %q", line)
		}
	}
	labels := append(found(`[{,]([a-z]+)="`, text), "instance", "job", // from Prometheus; the others from things that have not happened
		"reason", "state", "text", "of", "kind")
	for _, file := range []string{"docs/alerts.yml", "docs/grafana.json"} {
		uses := read(t, file)
		names := found(`\b((?:voice|process|go)_[a-z0-9_]+)\b`, uses)
		if len(names) < 20 {
			t.Errorf("%s uses %d figures", file, len(names))
		}
		for _, name := range names {
			whole := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			if kinds[name] == "" && kinds[whole] != "histogram" {
				t.Errorf("%s uses %s, which the program does not have", file, name)
			}
		}
		for _, by := range append(found(`by \(([a-z, ]+)\)`, uses), found(`[{]\s*\$labels\.([a-z]+)`, uses)...) {
			for l := range strings.SplitSeq(by, ",") {
				if l = strings.TrimSpace(l); l != "le" && !slices.Contains(labels, l) {
					t.Errorf("%s uses the label %s, which no figure has", file, l)
				}
			}
		}
	}
	if !json.Valid([]byte(read(t, "docs/grafana.json"))) {
		t.Error("docs/grafana.json is no JSON")
	}
}

// TestRunbook looks for an entry for each alarm, and an alarm for each entry.
func TestRunbook(t *testing.T) {
	alarms := found(`(?m)^ +- alert: (\S+)$`, read(t, "docs/alerts.yml"))
	entries := found(`(?m)^### (\S+)\n(?:page|look) · \S`, read(t, "docs/runbook.md"))
	if len(alarms) < 20 || !slices.Equal(alarms, entries) {
		t.Errorf("the alarms are %v, the entries %v", alarms, entries)
	}
	for _, link := range found(`\]\(#([^)]+)\)`, read(t, "docs/runbook.md")) {
		heads := strings.ReplaceAll(strings.ToLower(strings.Join(found(`(?m)^#+ (.+)$`, read(t, "docs/runbook.md")), "\n")), " ", "-")
		if !slices.Contains(strings.Split(heads, "\n"), link) {
			t.Errorf("nothing stands at #%s", link)
		}
	}
	for _, want := range found(`runbook: docs/runbook.md#(\S+)`, read(t, "docs/alerts.yml")) {
		if !slices.ContainsFunc(entries, func(e string) bool { return strings.ToLower(e) == want }) {
			t.Errorf("an alarm leads to #%s, where nothing stands", want)
		}
	}
}

// TestSettings looks whether the program knows every variable that the image,
// the compose file, the unit and the example set, and every command and path.
func TestSettings(t *testing.T) {
	help, err := exec.Command(build(t), "-help").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := append(found(`\[([A-Z_]+)\]`, string(help)), "REDISCLI_AUTH", "DOMAIN", "VERSION")
	compose, image, unit := read(t, "docker-compose.yml"), read(t, "Dockerfile"), read(t, "docs/workervoice.service")
	var set []string
	set = append(set, found(`(?m)^ +([A-Z_]+): `, compose)...)
	set = append(set, found(`(?m)[ ]([A-Z_]+)=\S+`, strings.Join(found(`(?m)^(ENV .*)$`, image), "\n"))...)
	set = append(set, found(`(?m)^Environment=([A-Z_]+)=`, unit)...)
	set = append(set, found(`(?m)^#?([A-Z_]+)=`, read(t, "docs/bot.env.example"))...)
	if len(set) < 25 {
		t.Errorf("only %v are set", set)
	}
	for _, name := range set {
		if !slices.Contains(known, name) {
			t.Errorf("%s is set, and the program does not know it", name)
		}
	}
	// What the proxy asks, and where, is what the processes have.
	proxy := read(t, "docs/Caddyfile")
	for _, want := range [][2]string{
		{proxy, "health_uri /readyz"}, {proxy, "health_port 9100"}, {proxy, "bot-a:8080 bot-b:8080"},
		{image, "ADDR=0.0.0.0:8080 METRICS_ADDR=0.0.0.0:9100"}, {image, "FROM scratch"}, {image, "USER 65532:65532"}, {image, `CMD ["/workervoice", "ready"]`},
		{compose, "read_only: true"}, {compose, "cap_drop: [ALL]"}, {compose, "--appendfsync always"}, {compose, "--min-replicas-to-write 1"},
		{read(t, "docs/prometheus.yml"), `["bot-a:9100", "bot-b:9100"]`}, {unit, "Type=notify"},
	} {
		if !strings.Contains(want[0], want[1]) {
			t.Errorf("%q is missing", want[1])
		}
	}
	for _, file := range found(`(?m)\./(\S+?):`, compose) {
		if _, err := os.Stat(filepath.Join("../..", file)); err != nil {
			t.Errorf("docker-compose.yml mounts %s: %v", file, err)
		}
	}
}

// TestImageFolders looks whether everything that the program is built from goes
// into the image, and nothing that is kept.
func TestImageFolders(t *testing.T) {
	ignore := read(t, ".dockerignore")
	if !strings.Contains(ignore, "\n*\n") {
		t.Error(".dockerignore lets in what it does not name: the data folder and its keys")
	}
	let := found(`(?m)^!(\S+)$`, ignore)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("../..", path)
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && rel != "." {
			return filepath.SkipDir
		}
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if !d.IsDir() && strings.HasSuffix(rel, ".go") && !slices.Contains(let, top) {
			t.Errorf("%s does not go into the image", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
