package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"workervoice/bot"
)

// version is set when the program is built, with -ldflags "-X main.version=…".
var version string

// running returns which version of the program this is.
func running() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return "unknown"
}

var begun = time.Now()

// machine writes how the process and its disk do, under the names that
// Prometheus' own library gives them.
func (s *system) machine(w io.Writer) error {
	t := bot.NewTable(w)
	kind, _, _ := strings.Cut(s.config.store, ":")
	t.Family("voice_info", "gauge", "Always 1: which version runs, on which kind of store.")
	t.Line("", 1, "version", running(), "store", kind)
	gauge := func(name, help string, v float64) {
		t.Family(name, "gauge", help)
		t.Line("", v)
	}
	used := spent(os.Getpid())
	t.Family("process_cpu_seconds_total", "counter", "Processor time that was used.")
	t.Line("", used.bot.Seconds())
	gauge("process_start_time_seconds", "When the process started.", float64(begun.UnixMilli())/1000)
	gauge("process_resident_memory_bytes", "Memory in use.", float64(used.memory))
	gauge("go_goroutines", "Goroutines.", float64(runtime.NumGoroutine()))
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		gauge("process_open_fds", "Open files and connections.", float64(len(fds)))
	}
	if free, err := freeBytes(s.data); err == nil {
		gauge("voice_data_free_bytes", "Room that is left on the disk of the data folder.", float64(free))
	}
	err := s.backups(t)
	if fault := t.Flush(); fault != nil {
		return fault
	}
	return err
}

// backups writes when the newest file came to BACKUP_DIR, whoever put it there:
// zero if there is none, nothing if nobody has said where backups go.
func (s *system) backups(t *bot.Table) error {
	if s.backupDir == "" {
		return nil
	}
	var newest time.Time
	files, err := os.ReadDir(s.backupDir)
	for _, f := range files {
		i, fault := f.Info()
		if fault != nil || !i.Mode().IsRegular() || i.Size() == 0 || strings.HasPrefix(f.Name(), ".") || filepath.Ext(f.Name()) == ".part" {
			continue
		}
		if i.ModTime().After(newest) {
			newest = i.ModTime()
		}
	}
	t.Family("voice_backup_newest_timestamp_seconds", "gauge", "When the newest file came to BACKUP_DIR; 0 if there is none.")
	if newest.IsZero() {
		t.Line("", 0)
	} else {
		t.Line("", float64(newest.Unix()))
	}
	return err
}
