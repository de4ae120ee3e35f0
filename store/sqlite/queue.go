package sqlite

import (
	"context"
	"runtime"
	"time"
)

// A request is work for the writer.
type request struct {
	ctx  context.Context
	do   func(*writer) error // an error undoes the whole transaction
	err  error
	done chan struct{}
}

// ask has the writer do something and waits until that is on disk. A request
// whose context ends before the writer takes it up is not done.
func (d *DB) ask(ctx context.Context, do func(*writer) error) error {
	r := &request{ctx, do, nil, make(chan struct{})}
	d.mu.RLock()
	if d.closed {
		d.mu.RUnlock()
		return errClosed
	}
	d.queue <- r
	d.mu.RUnlock()
	<-r.done
	return r.err
}

const (
	perCommit  = 256                    // most requests in one transaction
	checkpoint = 2000                   // requests between checkpoints under load
	few        = 50                     // requests that the writer copies itself, while everybody waits
	rounds     = 4                      // after which it copies however many there are
	quiet      = 100 * time.Millisecond // idle time that is used for one
)

// write is the writer. Under load a checkpoint would keep everybody waiting, so
// another connection does most of it beside the writer, then what has come
// meanwhile, and so on; and the writer only the few that are left: then the log
// begins anew. In a large file two thousand requests have touched so many pages
// that to copy and flush them takes a good part of a second.
func (d *DB) write(w *writer) {
	defer close(d.done)
	defer w.close()
	pending := 0             // requests that nobody copies yet
	round := 0               // of copying beside the writer
	var copied chan struct{} // closed when the other connection is done; nil if it does nothing
	idle := time.NewTimer(quiet)
	defer idle.Stop()
	for {
		select {
		case r, ok := <-d.queue:
			if !ok {
				if copied != nil {
					<-copied
				}
				w.checkpoint()
				return
			}
			pending += w.group(d.drain(r))
			idle.Reset(quiet)
		case <-copied:
			if copied = nil; pending <= few || round == rounds {
				pending, round = w.checkpoint(), 0
			}
		case <-idle.C:
			if copied == nil && (pending > 0 || w.dirty) {
				pending = w.checkpoint()
			}
		}
		if copied == nil && (pending >= checkpoint || round > 0) {
			copied, pending, round = make(chan struct{}), 0, round+1
			go d.copyLog(copied)
		}
	}
}

// copyLog moves what was committed into the main file while others write. What
// came meanwhile has SQLite leave the flush of that file to the last checkpoint,
// the writer's: so it is done here, and nobody waits for it.
func (d *DB) copyLog(done chan<- struct{}) {
	defer close(done)
	d.db.Exec(`PRAGMA wal_checkpoint(PASSIVE)`) //nolint:errcheck // the writer's own checkpoint meets the same fault
	d.main.Sync()                               //nolint:errcheck // as above
}

// drain returns r and whatever waits behind it. First it lets those run who are
// ready to: under load most of them are about to ask for something, and the more
// share a commit, the less each pays for it.
func (d *DB) drain(r *request) []*request {
	runtime.Gosched()
	rs := []*request{r}
	for len(rs) < perCommit {
		select {
		case r, ok := <-d.queue:
			if !ok {
				return rs
			}
			rs = append(rs, r)
		default:
			return rs
		}
	}
	return rs
}

// group does rs in one transaction and answers them once it is on disk.
func (w *writer) group(rs []*request) int {
	err := w.mend()
	if err == nil {
		err = w.exec(w.begin)
	}
	for _, r := range rs {
		if r.err = r.ctx.Err(); r.err == nil && err == nil {
			err = r.do(w)
		}
	}
	if err == nil {
		err = w.exec(w.commit)
	}
	if err != nil {
		w.undo()
		err = explain(err)
	}
	for _, r := range rs {
		if r.err == nil {
			r.err = err
		}
		close(r.done)
	}
	return len(rs)
}
