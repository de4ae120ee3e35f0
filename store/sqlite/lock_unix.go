//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// tryLock takes a lock that ends with f or with the process, however it ends.
func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
