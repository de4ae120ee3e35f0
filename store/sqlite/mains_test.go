package sqlite

import (
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Mains is a file system whose power can fail. Its files are the machine's own
// as long as there is power; beside them it keeps what a disk would hold that
// loses all it was not told to flush, sector by sector and in no order. It is
// stricter than most disks.
type mains struct {
	vfs.VFSFilename
	mu    sync.Mutex
	disks map[string]*disk
	left  int        // writes and flushes until the power fails; negative: it does not
	dark  bool       // it has failed
	lies  bool       // flushing does nothing, as on a disk that says so to seem fast
	rand  *rand.Rand // what of the unflushed survives
	cuts  int
}

// A disk is what one file has on it.
type disk struct {
	kept    []byte // flushed
	pending []change
}

// A change has yet to be flushed.
type change struct {
	at   int64
	p    []byte
	size bool // the file is cut or grown to at
}

const sector = 512

func newMains(name string, seed uint64) *mains {
	m := &mains{VFSFilename: vfs.Find("").(vfs.VFSFilename), disks: map[string]*disk{}, left: -1, rand: rand.New(rand.NewPCG(seed, 1))}
	vfs.Register(name, m)
	return m
}

func (m *mains) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dark {
		return nil, flags, sqlite3.CANTOPEN
	}
	f, flags, err := m.VFSFilename.OpenFilename(name, flags)
	if err != nil || name == nil {
		return f, flags, err
	}
	d := m.disks[name.String()]
	if d == nil {
		kept, _ := os.ReadFile(name.String())
		d = &disk{kept: kept}
		m.disks[name.String()] = d
	}
	return &mainsFile{f, m, d}, flags, nil
}

func (m *mains) Delete(name string, dir bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dark {
		return sqlite3.IOERR_DELETE
	}
	delete(m.disks, name)
	return m.VFSFilename.Delete(name, dir)
}

// spend takes one step towards the end of the power, and reports whether there
// is still some. The step at which it fails may have its effect or not.
func (m *mains) spend() bool {
	if m.left > 0 {
		m.left--
	}
	m.dark = m.dark || m.left == 0
	return !m.dark
}

// restore puts on every file what its disk holds after the power has failed,
// and gives power again.
func (m *mains) restore(t *testing.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, d := range m.disks {
		for _, c := range d.pending {
			if c.size {
				if m.rand.IntN(2) == 0 {
					d.resize(c.at)
				}
				continue
			}
			for len(c.p) > 0 {
				n := min(len(c.p), sector-int(c.at%sector))
				if m.rand.IntN(2) == 0 {
					d.write(c.at, c.p[:n])
				}
				c.at, c.p = c.at+int64(n), c.p[n:]
			}
		}
		d.pending = nil
		if err := os.WriteFile(name, d.kept, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Remove(name + "-shm")
	}
	clear(m.disks)
	m.dark, m.left = false, -1
	m.cuts++
}

func (d *disk) write(at int64, p []byte) {
	if grow := at + int64(len(p)) - int64(len(d.kept)); grow > 0 {
		d.kept = append(d.kept, make([]byte, grow)...)
	}
	copy(d.kept[at:], p)
}

func (d *disk) resize(n int64) {
	if n < int64(len(d.kept)) {
		d.kept = d.kept[:n]
	}
	d.kept = append(d.kept, make([]byte, n-int64(len(d.kept)))...)
}

type mainsFile struct {
	vfs.File
	m *mains
	d *disk
}

func (f *mainsFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *mainsFile) WriteAt(p []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.dark {
		return 0, sqlite3.IOERR_WRITE
	}
	f.d.pending = append(f.d.pending, change{at: at, p: slices.Clone(p)})
	if !f.m.spend() {
		return 0, sqlite3.IOERR_WRITE
	}
	return f.File.WriteAt(p, at)
}

func (f *mainsFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.dark {
		return sqlite3.IOERR_TRUNCATE
	}
	f.d.pending = append(f.d.pending, change{at: size, size: true})
	if !f.m.spend() {
		return sqlite3.IOERR_TRUNCATE
	}
	return f.File.Truncate(size)
}

// Sync flushes without asking the machine's disk: that takes long, and this
// file system is its own disk.
func (f *mainsFile) Sync(vfs.SyncFlag) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.dark || !f.m.spend() {
		return sqlite3.IOERR_FSYNC
	}
	if f.m.lies {
		return nil
	}
	for _, c := range f.d.pending {
		if c.size {
			f.d.resize(c.at)
		} else {
			f.d.write(c.at, c.p)
		}
	}
	f.d.pending = nil
	return nil
}

// What a cut leaves of a write is for this file system to say.
func (f *mainsFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }
func (f *mainsFile) SectorSize() int                                 { return sector }

func (f *mainsFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if n < len(p) && err == nil {
		err = io.EOF
	}
	return n, err
}
