package sqlite

import (
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"
)

// OpenSlow is [Open] on a disk that takes delay longer for every flush: it
// shows what a slow disk costs. It is for measurements; what it acknowledges is
// as safe as with Open.
func OpenSlow(path string, delay time.Duration) (*DB, error) {
	name := fmt.Sprint("slow-", delay)
	if vfs.Find(name) == nil {
		vfs.Register(name, slow{vfs.Find("").(vfs.VFSFilename), delay})
	}
	return open(path, name)
}

// slow is the machine's own file system but for its flushes.
type slow struct {
	vfs.VFSFilename
	delay time.Duration
}

func (s slow) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := s.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return slowFile{f, s.delay}, flags, nil
}

type slowFile struct {
	vfs.File
	delay time.Duration
}

// SharedMemory is that of the file below: several connections use the log.
func (f slowFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f slowFile) Sync(flags vfs.SyncFlag) error {
	time.Sleep(f.delay)
	return f.File.Sync(flags)
}
