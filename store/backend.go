package store

import (
	"context"
	"errors"
	"hash/fnv"
	"iter"
	"strings"
	"time"
)

// A Backend keeps records, logs and jobs, and knows nothing of workers or
// cases. It is the narrow waist between what this package promises and the two
// databases that keep it; package storetest holds both to these comments.
//
// A Backend is spread over [Shards] shards and a [Batch] stays within one. It
// has no clock: times come as arguments. Its methods may be called from
// several goroutines at once.
type Backend interface {
	// Commit applies each batch, all of it or nothing, and says at the same
	// place of the answer what became of it. What it reports as done survives
	// a crash. Batches of one call are independent of one another.
	//
	// A Result with ErrSeen, ErrStale or a done context's error has changed
	// nothing. After any other error nobody knows.
	Commit(ctx context.Context, batches ...Batch) []Result

	// Get returns a record. One that does not exist has Version 0.
	Get(ctx context.Context, s Shard, kind, id string) (Record, error)

	// Scan returns up to n entries of a log, oldest first, leaving out the
	// first from, and the place of the first one returned. With from -1 it
	// returns the last n. It never shows an entry before those appended earlier.
	Scan(ctx context.Context, s Shard, log string, from int64, n int) ([][]byte, int64, error)

	// List returns up to n records that stand in an index behind the cursor,
	// lowest score first, from all shards: fewer only where there are no more.
	// The zero Cursor is the beginning.
	List(ctx context.Context, index string, after Cursor, n int) ([]Record, []Cursor, error)

	// UpTo returns how many records stand in an index up to a score, over all
	// shards: exactly, or n where there are more.
	UpTo(ctx context.Context, index string, score int64, n int) (int, error)

	// Counts returns the sums of counters over all shards, each at the place of
	// its name, with one look at each shard: a page shows dozens of them.
	Counts(ctx context.Context, names ...string) ([]int64, error)

	// Claim leases up to c.Lanes lanes of a queue whose oldest job is due and
	// that nobody holds, those due longest first. It never gives one lane to
	// two callers.
	//
	// A lease belongs to the process that took it. When that has ended without
	// ending its leases, however it ended, they soon end by themselves: what
	// was held is due and counts as claimed before, and its fences are stale.
	// A process that only stands still keeps its leases for their time.
	Claim(ctx context.Context, c Claim) ([]Leased, error)

	// Depth measures a queue. It may be a moment old.
	Depth(ctx context.Context, queue string, at time.Time) (Depth, error)

	// Snapshot calls each with everything that is kept, as it stood at one
	// moment between call and return, while commits go on: see [Part]. Leases
	// are left out; what is held is due at at. It returns the first error of
	// each, and ErrBusy while another one is under way.
	Snapshot(ctx context.Context, at time.Time, each func(Part) error) error

	// Restore keeps what a Snapshot has said, all of it or, after an error of
	// its own or of parts, nothing. It returns ErrNotEmpty if anything is kept
	// already. Marks that are forgotten by at are left out. Nobody else may use
	// the back end meanwhile.
	Restore(ctx context.Context, at time.Time, parts iter.Seq2[Part, error]) error

	// Check calls tell with a line for everything that does not fit together
	// within the back end itself, such as a lane whose jobs nobody would find.
	// It changes nothing, and what changes meanwhile is not told.
	Check(ctx context.Context, tell func(string)) error

	// Close ends the use of the back end.
	Close() error
}

// An Heir is a [Backend] that several processes use at once, who find out when
// one of them has ended: within seconds, where its machine goes on.
type Heir interface {
	// Life names this process, and none before or after it.
	Life() string

	// Inherit says that a process has ended, so that nobody need wait to find
	// out: one that ran where this one begins. Nothing is taken from a process
	// that is connected all the same.
	Inherit(ctx context.Context, life string) error
}

// Errors of a Commit that changed nothing.
var (
	// ErrSeen means that an event was kept before and is now dropped.
	ErrSeen = errors.New("store: seen before")

	// ErrStale means that a lease ran out, or that what was read has changed
	// since. What was computed from it must be thrown away.
	ErrStale = errors.New("store: stale")
)

// A Shard is a part of the store within which a batch is atomic.
type Shard uint16

// Shards is how many shards there are. Snapshots record it, so it never changes.
const Shards = 64

// ShardOf returns the shard of everything that is kept under id. What follows
// a "~" does not count, so that all that belongs to a conversation or a case
// can be changed together with it.
func ShardOf(id string) Shard {
	id, _, _ = strings.Cut(id, "~")
	h := fnv.New32a()
	h.Write([]byte(id))
	return Shard(h.Sum32() % Shards)
}

// A Batch is a set of changes to one shard, applied in the order of the fields.
type Batch struct {
	Shard Shard
	At    time.Time

	// Conditions. If one does not hold, nothing of the batch is applied.
	Idle []Lane   // lanes that must be empty, or ErrStale
	Done []Done   // leases that must still hold, or ErrStale; they end
	Once []string // keys that must be new, or ErrSeen; remembered for a week

	Drop []Lane   // lanes that are emptied; whoever holds one has lost it
	Cut  []string // logs that are emptied
	Put  []Put    // each in the shard of its ID

	Blank  []Blank
	Append []Entry
	Ring   []Lane // lanes that nobody holds and that have jobs are due at At
	Jobs   []Job
	Add    []Counter

	// Erase names subjects whose keys are destroyed. It is carried out by the
	// layer that seals; a Backend does not see it.
	Erase []string

	// Scrub says that what the batch replaced or removed must soon be gone
	// from the files of the store too, not only from its answers.
	Scrub bool
}

// A Result says what became of a batch.
type Result struct {
	Err  error
	Held bool   // its jobs that carry a fence are claimed: their lane was empty
	Rang bool   // a lane of Ring is due now
	Next Leased // what the lane of its last Done with Hold still had
}

// A Record is a value that is replaced as a whole.
type Record struct {
	Kind, ID string
	Version  int64 // rises by one with every change
	Body     []byte
}

// A Put writes a record if it still has Version, or the batch is ErrStale.
// Version 0 means that there is none yet; a nil Body removes it.
type Put struct {
	Record
	Subject    string  // whose key seals Body
	Was, Index []Index // where the record stood, and where it stands from now on
}

// An Index is a place of a record in a list.
type Index struct {
	Name  string
	Score int64
}

// A Cursor is a place in an index.
type Cursor struct {
	Score    int64
	Kind, ID string
}

// An Entry joins a log, which only grows. Its name is that of what it belongs
// to, a slash and a word; the log stands in the shard of the first.
type Entry struct {
	Log     string
	Subject string
	Body    []byte
}

// A Blank replaces the entry at a place of a log. Of a log that is shorter it
// changes nothing.
type Blank struct {
	Log     string
	Place   int64 // the first entry stands at 0
	Subject string
	Body    []byte
}

// A Lane is a line of jobs that are done one after the other. It stands in the
// shard of its ID.
type Lane struct{ Queue, ID string }

// A Job is something to be done. It joins the end of its lane.
type Job struct {
	Lane    Lane
	Subject string
	Body    []byte
	Due     time.Time

	// With a Fence, a job that finds its lane empty is leased at once under
	// Fence until Until, and so are the jobs of the same batch behind it.
	Fence int64
	Until time.Time
}

// A Claim asks for lanes.
type Claim struct {
	Queue     string
	At, Until time.Time // now, and when the lease ends
	Fence     int64     // proves the lease; no two claims have the same
	In        uint64    // a bit for each shard to look in; a hint, others may be looked in too
	Lanes     int       // at most
	Jobs      int       // at most, of each lane
}

// Leased is a lane that is held. The zero Leased is none.
type Leased struct {
	Shard    Shard
	Lane     Lane
	Attempts int      // leases of its oldest job, this one included
	Jobs     [][]byte // oldest first
}

// A Done ends a lease: the N oldest jobs are gone, the next is due at Due. With
// Hold it stays leased until Due instead, and up to Hold jobs are returned.
type Done struct {
	Lane  Lane
	Fence int64
	N     int
	Due   time.Time
	Hold  int
}

// A Counter is added to.
type Counter struct {
	Name string
	N    int64
}

// Depth says how much waits in a queue.
type Depth struct {
	Lanes  int64     // that have jobs
	Due    int64     // of them, those that could be claimed
	Parked int64     // of them, those that wait until something is heard of them: due at [Held]
	Oldest time.Time // since when the one waiting longest could be claimed; zero if none
}

// Held is a time that never comes: a lane due at Held waits until it is rung.
var Held = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
