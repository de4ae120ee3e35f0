package main

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/storetest"
)

// A folder is a data folder, and what is done with the program there.
type folder struct {
	t    *testing.T
	data string
}

// short makes a folder whose path is short: that of a socket may have 104 bytes.
func short(t *testing.T) folder {
	t.Helper()
	data, err := os.MkdirTemp("", "wv")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	return folder{t, data}
}

func (f folder) run(args ...string) (string, error) {
	f.t.Helper()
	out, err := exec.Command(build(f.t), append(args, "-data", f.data)...).CombinedOutput()
	return string(out), err
}

func (f folder) must(args ...string) string {
	f.t.Helper()
	out, err := f.run(args...)
	if err != nil {
		f.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return out
}

// fails runs what must be refused with one line that says why.
func (f folder) fails(why string, args ...string) {
	f.t.Helper()
	out, err := f.run(args...)
	if err == nil || !strings.Contains(out, why) || strings.Count(out, "\n") != 1 {
		f.t.Errorf("%v: %v: %q, want one line with %q", args, err, out, why)
	}
}

func (f folder) file(name string) string { return filepath.Join(f.data, name) }

func (f folder) copy(from folder, names ...string) {
	f.t.Helper()
	for _, n := range names {
		b, err := os.ReadFile(from.file(n))
		if err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(f.file(n), b, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
}

// with copies files into the folder, and returns its path.
func (f folder) with(from folder, names ...string) string {
	f.copy(from, names...)
	return f.data
}

// contents returns what a store holds.
func contents(t *testing.T, c config) map[string]string {
	t.Helper()
	b, err := openStore(context.Background(), c.store, false)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	all, err := storetest.Contents(b, time.UnixMilli(1))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (f folder) contents() map[string]string {
	return contents(f.t, config{store: "sqlite:" + f.file("voice.db")})
}

// grown fills a folder with workers, messages and cases.
func grown(t *testing.T) folder {
	t.Helper()
	f := short(t)
	c := settled(t, f.data)
	var out bytes.Buffer
	if err := (crop{workers: 150, messages: 10, cases: 12}).fill(context.Background(), c, &out); err != nil {
		t.Fatal(err)
	}
	return f
}

// settled is the settings of a program on a folder.
func settled(t *testing.T, data string) config {
	t.Helper()
	c := config{now: time.Now}
	c.flags(flag.NewFlagSet("", flag.ContinueOnError))
	c.data = data
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	return c
}

// filled is where one of those is reached with whom a folder was filled.
func filled(n int) channels.Address {
	return channels.Address{Channel: "telegram", User: strconv.Itoa(7_000_000_000 + n)}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestBackup backs a store up offline and while the program runs, and restores
// it elsewhere with nothing but the two keys. What is wrong is told in one line
// and changes nothing.
func TestBackup(t *testing.T) {
	f := grown(t)
	monday, sunday := filepath.Join(t.TempDir(), "monday"), filepath.Join(t.TempDir(), "sunday")
	if out := f.must("check", "store"); !strings.Contains(out, "no faults") {
		t.Errorf("it says %s", out)
	}
	if out := f.must("backup", "-to", monday); !strings.Contains(out, "made a backup key") || !strings.Contains(out, "backed up") {
		t.Errorf("it says %s", out)
	}
	want := f.contents()
	st, err := os.Stat(monday)
	if err != nil || st.Mode() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	kept, err := os.ReadFile(monday)
	if err != nil || bytes.Contains(kept, []byte("session")) || bytes.Contains(kept, []byte("telegram")) {
		t.Errorf("it shows what it holds, %v", err)
	}
	f.fails("is there already", "backup", "-to", monday)
	f.fails("nothing can be written there", "backup", "-to", filepath.Join(f.data, "none", "x"))
	f.fails("say with -to", "backup")
	f.fails("something in it already", "restore", "-from", monday)

	base, _ := program(t, f.data)
	if out := f.must("backup", "-to", sunday); strings.Contains(out, "made a backup key") {
		t.Errorf("it says %s", out)
	}
	if out := f.must("check", "store"); !strings.Contains(out, "no faults") {
		t.Errorf("it says %s", out)
	}
	if r, err := http.Get(base + "/w"); err != nil || r.StatusCode != 200 {
		t.Errorf("the program does not go on: %v", err)
	}
	f.fails("the program runs on this data folder", "restore", "-from", sunday)

	g := short(t)
	g.fails("put the copy that was kept of the master key there", "restore", "-from", monday)
	g.copy(f, "master.key", "backup.key")
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":    func(b []byte) []byte { return b[:len(b)-1000] },
		"chunk":  func(b []byte) []byte { return b[:len(b)-len(b)%65552] },
		"bit":    func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"longer": func(b []byte) []byte { return append(b, 0) },
		"head":   func(b []byte) []byte { return b[:100] },
		"ordered": func(b []byte) []byte {
			n := len(b) - 3*65552
			return append(append(b[:n:n], b[n+65552:n+2*65552]...), append(b[n:n+65552], b[n+2*65552:]...)...)
		},
	} {
		bad := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(bad, spoil(bytes.Clone(kept)), 0o600); err != nil {
			t.Fatal(err)
		}
		g.fails(bad+" is not restored, and nothing was changed: store: the backup is damaged or cut off: fetch the copy again, or take another backup", "restore", "-from", bad)
		g.fails(bad+" is not restored", "restore", "-try", "-from", bad)
	}
	g.fails(g.file("master.key")+" is not restored, and nothing was changed: store: this is no backup", "restore", "-from", g.file("master.key"))
	if out := g.must("restore", "-try", "-from", monday); !strings.Contains(out, "the backup is whole") {
		t.Errorf("it says %s", out)
	}
	if _, err := os.Stat(g.file("voice.db")); !os.IsNotExist(err) {
		t.Errorf("a try or a refusal has made a store: %v", err)
	}
	g.must("restore", "-from", monday)
	if d := storetest.Differ(want, g.contents()); d != "" {
		t.Error(d)
	}
	program(t, g.data)
	g.must("check", "store")
}

// TestKeep makes a backup into a folder, where older ones go after their days.
func TestKeep(t *testing.T) {
	f, dir := grown(t), t.TempDir()
	old := time.Now().UTC().AddDate(0, 0, -31).Format(dated)
	young := time.Now().UTC().AddDate(0, 0, -29).Format(dated)
	for _, name := range []string{old, young, "photos", "1999-01-01.backup"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := f.must("backup", "-backups", dir, "-keep", "30"); !strings.Contains(out, "removed 1 backups") {
		t.Errorf("it says %s", out)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 4 || slices.Contains(left, filepath.Join(dir, old)) {
		t.Errorf("%v are left, %v", left, err)
	}
	for _, name := range left {
		if at, err := time.Parse(dated, filepath.Base(name)); err == nil && time.Since(at) < time.Hour {
			f.must("restore", "-try", "-from", name)
			return
		}
	}
	t.Errorf("none of %v is new", left)
}

// TestOtherKeys restores with what is not the backup's own.
func TestOtherKeys(t *testing.T) {
	f, g := grown(t), short(t)
	file := filepath.Join(t.TempDir(), "b")
	phrase, other := filepath.Join(t.TempDir(), "phrase"), filepath.Join(t.TempDir(), "other")
	for name, text := range map[string]string{phrase: "seven lamps over the quiet harbour\n", other: "seven lamps over the quiet harbor\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.must("backup", "-to", file, "-backup-key", phrase)
	g.copy(f, "master.key")
	g.fails("the backup key cannot be read", "restore", "-from", file)
	g.fails("does not open with this backup key", "restore", "-from", file, "-backup-key", other)
	if err := os.WriteFile(g.file("master.key"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	g.fails("under another master key", "restore", "-from", file, "-backup-key", phrase)
	if err := os.WriteFile(other, []byte("too short"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.fails("at least 20 characters", "backup", "-to", file+"2", "-backup-key", other)
	if _, err := os.Stat(file + "2"); !os.IsNotExist(err) {
		t.Error("a refused backup leaves a file")
	}
}

// TestFullDisk backs up to where there is no room for it.
func TestFullDisk(t *testing.T) {
	f := grown(t)
	f.must("backup", "-to", filepath.Join(t.TempDir(), "fits")) // and makes the key
	dir := t.TempDir()
	limited := exec.Command("bash", "-c", `trap "" XFSZ; ulimit -f 64; exec "$0" "$@"`, build(t), "backup", "-data", f.data, "-to", filepath.Join(dir, "b"))
	out, err := limited.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "write") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

// TestErasedSince restores a backup that is older than an erasure, with a copy
// of the list that was kept beside the store.
func TestErasedSince(t *testing.T) {
	f, g := grown(t), short(t)
	file := filepath.Join(t.TempDir(), "b")
	f.must("backup", "-to", file)
	s, err := assemble(context.Background(), settled(t, f.data), quiet())
	if err != nil {
		t.Fatal(err)
	}
	with := filled(3)
	if err := s.store.Erase(context.Background(), with, store.Everything); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	g.copy(f, "master.key", "backup.key")
	list := filepath.Join(t.TempDir(), "erased.list")
	b, err := os.ReadFile(f.file("erased.list"))
	if err != nil || bytes.Contains(b, []byte("7000000003")) {
		t.Fatalf("%s %v", b, err)
	}
	if err := os.WriteFile(list, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := g.must("restore", "-from", file, "-erased", list); !strings.Contains(out, "erased again what 1 workers") {
		t.Errorf("it says %s", out)
	}
	s, err = assemble(context.Background(), settled(t, g.data), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if xs, err := s.store.Transcript(context.Background(), with, 0, 10); err == nil && len(xs) > 0 {
		t.Errorf("%d turns of an erased worker are back", len(xs))
	}
	if xs, err := s.store.Transcript(context.Background(), filled(4), 0, 10); err != nil || len(xs) == 0 {
		t.Errorf("of another nothing is there: %v", err)
	}
}
