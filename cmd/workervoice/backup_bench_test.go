package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/store"
)

var (
	backupWorkers = flag.Int("backup.workers", 1000, "workers of BenchmarkBackup")
	backupStore   = flag.String("backup.redis", "", "address of an empty Redis that BenchmarkBackup moves them to, such as redis://127.0.0.1:6379")
)

// peak is the most memory in use while do runs, in MB.
func peak(do func()) float64 {
	var most atomic.Uint64
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	do()
	close(done)
	<-ended
	return float64(most.Load()) / 1e6
}

// BenchmarkBackup fills a store with workers of 20 messages each, backs it up,
// restores it and checks it: seconds, MB of the file and of memory for each.
// go test -run '^$' -bench Backup -benchtime 1x ./cmd/workervoice -args -backup.workers 50000
func BenchmarkBackup(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	c := config{now: time.Now}
	c.flags(flag.NewFlagSet("", flag.ContinueOnError))
	c.data = dir
	if err := c.check(); err != nil {
		b.Fatal(err)
	}
	if err := (crop{workers: *backupWorkers, messages: 20, cases: *backupWorkers / 10}).fill(ctx, c, os.Stderr); err != nil {
		b.Fatal(err)
	}
	if st, err := os.Stat(filepath.Join(dir, "voice.db")); err == nil {
		b.ReportMetric(float64(st.Size())/1e6, "db-MB")
	}
	text, err := store.NewSecret()
	if err != nil {
		b.Fatal(err)
	}
	secret, err := store.ParseSecret(text)
	if err != nil {
		b.Fatal(err)
	}
	step := func(name string, do func() error) {
		begun := time.Now()
		var err error
		mb := peak(func() { err = do() })
		if err != nil {
			b.Fatal(name, ": ", err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), name+"-s")
		b.ReportMetric(mb, name+"-MB")
	}
	backup := func(c config, file string) error {
		size, err := writeNew(file, func(w io.Writer) error {
			sealed, err := secret.Seal(w)
			if err != nil {
				return err
			}
			if _, err := c.snapshot(ctx, sealed); err != nil {
				return err
			}
			return sealed.Close()
		})
		b.ReportMetric(float64(size)/1e6, "file-MB")
		return err
	}
	restore := func(c config, file string) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		plain, err := secret.Open(f)
		if err != nil {
			return err
		}
		return c.fill(ctx, plain, nil, io.Discard)
	}
	check := func(c config) error {
		k, err := c.keep(ctx)
		if err != nil {
			return err
		}
		defer k.Close()
		var out bytes.Buffer
		return look(ctx, k.store, checkOrder{}, &out)
	}
	for n := range b.N {
		file := filepath.Join(dir, fmt.Sprint("backup", n))
		to := c
		to.store = "sqlite:" + filepath.Join(dir, fmt.Sprint("restored", n, ".db"))
		step("backup", func() error { return backup(c, file) })
		step("restore", func() error { return restore(to, file) })
		step("check", func() error { return check(to) })
		if *backupStore == "" {
			continue
		}
		to.store = *backupStore
		step("redis-restore", func() error { return restore(to, file) })
		step("redis-backup", func() error { return backup(to, file+"r") })
		step("redis-check", func() error { return check(to) })
	}
}
