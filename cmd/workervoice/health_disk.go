//go:build linux || darwin

package main

import "golang.org/x/sys/unix"

// freeBytes returns how much room is left on the disk of a folder for those
// who are not root.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
