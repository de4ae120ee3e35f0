package store

import (
	"errors"
	"fmt"
	"time"
)

// A snapshot is everything that a back end keeps, as it stood at one moment, in
// a form that no back end owns: what one writes, another reads. It serves as a
// backup and to move from one back end to the other.
//
// # What is in it
//
// Every record with its version and its places in indexes; every log with its
// entries in order; every lane with its jobs in order, when it is due and how
// often its oldest job was claimed; every counter; every key seen with the time
// when it is forgotten; every attachment; and a head with the number of shards
// and of the schema. Leases are left out: what somebody held is due at once and
// counts as claimed before, so that a message which was on its way then is
// handled like one that was on its way when a process died.
//
// All of it is sealed as the back end keeps it, and the keys of subjects are
// among the records, wrapped by the master key. The master key is not in it, so
// that nobody can read a worker's words without both. What the sealing leaves
// in clear (times, statuses, organisations, sizes) is hidden by the envelope:
// see [Secret].
//
// # Which moment
//
// On SQLite it is that of one read transaction; commits go on beside it. On
// Redis keys are read while commits go on, and those that change meanwhile are
// read again. At the end all shards stop taking commits for some milliseconds,
// at most [Stopped], while the last of these are read: that is the moment, and
// it is the same for all shards. So nothing stands between two shards that did
// not stand there really: a job on its way from a conversation to a case is
// still in its lane, or the case has it, or both where the case had it and the
// lane was still to hear of it; then the job is done again and its key drops it,
// as after a crash. Attachments are copied afterwards. They never change, so one
// is missing only where it was deleted since.
//
// # How it is written
//
// A stream of frames, each one [Part], in no order that matters but that of a
// log's entries and of a lane's jobs. A part that comes later takes the place
// of an earlier one of the same name: so a back end that reads while others
// write can say again what has changed. The last frame says how many there
// were. The stream lies in an envelope ([Secret.Seal]), which finds whatever was changed,
// exchanged, left out or cut off. Neither side keeps more than a few parts in
// memory.
//
// # How it is read
//
// Only into a back end that is empty, all of it or nothing: SQLite takes it in
// one transaction; Redis is marked, commits nothing and is not opened again
// until all is there. See [Store.Restore].
type snapshot struct {
	Format  int       // of the frames
	Schema  int       // of what is in them
	Shards  int       // among which the parts are spread
	At      time.Time // when it was taken
	Running bool      // something may have been sent after that
	Master  []byte    // tells whether a master key is the one that seals the records
}

// Schema numbers the shapes in which things are kept. It rises when an older
// program could not read what this one writes; such a program then refuses.
const Schema = 1

// Stopped is how long a snapshot may keep commits waiting, at most. It is far
// longer than it should take: when it is not enough, the snapshot is given up.
const Stopped = 5 * time.Second

// everyShard is the shard of a mark of which nobody knows where it stands.
const everyShard Shard = Shards

// A What says what a Part is, and which of its fields count.
type What byte

// Kinds of parts.
const (
	RecordPart  What = iota + 1 // Kind, ID, N (its version), Body
	PlacePart                   // Name (an index), N (the score), Kind, ID
	LogPart                     // Name: the log begins anew, with no entries
	EntryPart                   // Name (a log), Body: its next entry
	LanePart                    // Name (a queue), ID, N (when due, unix ms), Claims: the lane begins anew, with no jobs
	JobPart                     // Name (a queue), ID, Body: the lane's next job
	MarkPart                    // Name (a key seen), N (when it is forgotten, unix ms); in shard Shards: in all
	CounterPart                 // Name, N: added up over all shards
	FilePart                    // Name (of an attachment's file), Body: what comes next in it; none: it is complete
	endPart                     // N: how many parts came before
)

// A Part is one thing that a back end keeps.
type Part struct {
	What     What
	Shard    Shard
	Gone     bool // of a record, a place or a lane: there is none any more
	Name     string
	Kind, ID string
	N        int64
	Claims   int
	Body     []byte
}

// Errors of a snapshot and a restore.
var (
	// ErrNotEmpty means that a restore would have mixed two stores.
	ErrNotEmpty = errors.New("store: there is something in it already: restore into an empty one, and keep this one until you know what it holds")

	// ErrHalf means that a restore into the store was cut short. What is there
	// is of no use, and only another restore may follow.
	ErrHalf = errors.New("store: a restore into it did not finish: run workervoice restore again")

	// ErrBusy means that a snapshot is under way or has kept commits waiting
	// for too long. Nothing was changed.
	ErrBusy = errors.New("store: a snapshot or a restore is under way: try again in a minute")
)

// shardOfLog returns the shard of a log: that of what it belongs to.
func shardOfLog(name string) Shard {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return ShardOf(name[:i])
		}
	}
	return ShardOf(name)
}

// Home returns the shard where a part belongs, by its name alone. A back end
// that does not know better says so with it.
func (p Part) Home() Shard {
	switch p.What {
	case RecordPart, PlacePart, LanePart, JobPart:
		return ShardOf(p.ID)
	case LogPart, EntryPart:
		return shardOfLog(p.Name)
	case CounterPart:
		return ShardOf(p.Name)
	}
	return everyShard
}

// A Summary says how much a snapshot holds. It names nobody.
type Summary struct {
	At                                    time.Time
	Running                               bool // it was taken while the program ran, or may have been
	Records, Entries, Jobs, Marks, Places int64
	Files, Bytes                          int64
}

// String is one line for people.
func (s Summary) String() string {
	return fmt.Sprintf("%d records, %d log entries, %d waiting jobs, %d attachments, %.1f MB, as of %s",
		s.Records, s.Entries, s.Jobs, s.Files, float64(s.Bytes)/1e6, s.At.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// count adds a part to s.
func (s *Summary) count(p Part) {
	switch {
	case p.Gone:
	case p.What == RecordPart:
		s.Records++
	case p.What == PlacePart:
		s.Places++
	case p.What == EntryPart:
		s.Entries++
	case p.What == JobPart:
		s.Jobs++
	case p.What == MarkPart:
		s.Marks++
	case p.What == FilePart && len(p.Body) == 0:
		s.Files++
	}
}
