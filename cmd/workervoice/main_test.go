package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is the folder of the program that tests run as a process.
var built struct {
	once sync.Once
	dir  string
	err  error
	says []byte
}

// build returns the program's file. It is built once for all tests.
func build(t testing.TB) string {
	t.Helper()
	file := filepath.Join(built.dir, "workervoice.exe") // the name that every system runs
	built.once.Do(func() { built.says, built.err = exec.Command("go", "build", "-o", file, ".").CombinedOutput() })
	if built.err != nil {
		t.Fatalf("%v: %s", built.err, built.says)
	}
	return file
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "workervoice-test-")
	if err != nil {
		panic(err)
	}
	built.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
