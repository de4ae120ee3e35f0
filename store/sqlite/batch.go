package sqlite

import (
	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
)

// apply checks the conditions of b before it writes anything, so that a batch
// that fails leaves no trace among the others in the transaction. Its error is
// a fault of the file; b's own fate is in the result.
func (w *writer) apply(b store.Batch) (r store.Result, err error) {
	w.now = max(w.now, b.At.UnixMilli())
	fate, err := w.check(b)
	if err != nil || fate != nil {
		return store.Result{Err: fate}, err
	}
	for _, d := range b.Done {
		if r.Next, err = w.done(b.Shard, d); err != nil {
			return r, err
		}
	}
	for _, l := range b.Drop {
		if err := w.emptied(l); err != nil {
			return r, err
		}
	}
	if err := w.write(b); err != nil {
		return r, err
	}
	for _, l := range b.Ring {
		rang, err := w.ring(l, b.At.UnixMilli())
		if err != nil {
			return r, err
		}
		r.Rang = r.Rang || rang
	}
	for _, j := range b.Jobs {
		held, err := w.enqueue(j)
		if err != nil {
			return r, err
		}
		r.Held = r.Held || held
	}
	for _, c := range b.Add {
		if err := w.exec(w.count, c.Name, c.N); err != nil {
			return r, err
		}
	}
	if b.Scrub {
		w.dirty = true
		return r, w.exec(w.soil)
	}
	return r, nil
}

// write changes records and logs.
func (w *writer) write(b store.Batch) error {
	for _, name := range b.Cut {
		delete(w.hand.lengths, name)
		if err := w.exec(w.cut, name); err != nil {
			return err
		}
	}
	for _, p := range b.Put {
		if err := w.record(p); err != nil {
			return err
		}
	}
	for _, x := range b.Blank {
		if err := w.exec(w.blank, x.Body, x.Log, x.Place+1); err != nil {
			return err
		}
	}
	for _, e := range b.Append {
		n, err := w.length(e.Log)
		if err != nil {
			return err
		}
		w.hand.lengths[e.Log] = n + 1
		if err := w.exec(w.entry, e.Log, n+1, e.Body); err != nil {
			return err
		}
	}
	return nil
}

// check returns why b cannot be applied, if so. Otherwise it marks b's keys seen.
func (w *writer) check(b store.Batch) (fate, err error) {
	for _, l := range b.Idle {
		if h, err := w.head(l); h.jobs != 0 || err != nil {
			return store.ErrStale, err
		}
	}
	for _, d := range b.Done {
		if h, err := w.head(d.Lane); h.jobs == 0 || h.fence != d.Fence || err != nil {
			return store.ErrStale, err
		}
	}
	for _, p := range b.Put {
		if version, err := w.stands(name(p.Kind, p.ID)); version != p.Version || err != nil {
			return store.ErrStale, err
		}
	}
	for i, key := range b.Once {
		if err := w.exec(w.once, key, b.At.UnixMilli(), marked(b.Shard)); err != nil {
			return nil, err
		}
		if w.conn.Changes() == 0 {
			for _, key := range b.Once[:i] {
				if err := w.exec(w.forget, key); err != nil {
					return nil, err
				}
			}
			return store.ErrSeen, nil
		}
	}
	return nil, nil
}

func (w *writer) record(p store.Put) error {
	at := name(p.Kind, p.ID)
	for _, x := range p.Was {
		if err := w.exec(w.unindex, x.Name, x.Score, p.Kind, p.ID); err != nil {
			return err
		}
	}
	if p.Body == nil {
		w.hand.versions[at] = 0
		return w.exec(w.remove, at)
	}
	for _, x := range p.Index {
		if err := w.exec(w.index, x.Name, x.Score, p.Kind, p.ID); err != nil {
			return err
		}
	}
	w.hand.versions[at] = p.Version + 1
	return w.exec(w.put, at, p.Version+1, p.Body)
}

// ring makes a lane due that nobody holds, and reports whether there is one.
func (w *writer) ring(l store.Lane, at int64) (bool, error) {
	h, err := w.head(l)
	if err != nil || h.jobs == 0 || h.fence != 0 {
		return false, err
	}
	if h.due <= at {
		return true, nil
	}
	h.due = at
	return true, w.lead(l, h)
}

// enqueue adds j to its lane and reports whether j is leased already.
func (w *writer) enqueue(j store.Job) (held bool, err error) {
	h, err := w.head(j.Lane)
	if err != nil {
		return false, err
	}
	if h.jobs == 0 {
		h = head{seq: 1, jobs: 1, due: j.Due.UnixMilli()}
		if j.Fence != 0 {
			h.due, h.fence, h.attempts = j.Until.UnixMilli(), j.Fence, 1
		}
		w.note(j.Lane, h)
		return j.Fence != 0, w.exec(w.add, j.Lane.Queue, j.Lane.ID, 1, 1, h.due, h.fence, h.attempts, j.Body)
	}
	h.jobs++
	w.note(j.Lane, h)
	return j.Fence != 0 && j.Fence == h.fence, w.exec(w.add, j.Lane.Queue, j.Lane.ID, h.seq+h.jobs-1, 0, j.Due.UnixMilli(), 0, 0, j.Body)
}

// emptied removes the jobs of a lane.
func (w *writer) emptied(l store.Lane) error {
	h, err := w.head(l)
	if err != nil || h.jobs == 0 {
		return err
	}
	w.note(l, head{})
	return w.exec(w.empty, l.Queue, l.ID)
}

// done ends a lease or, with Hold, lets it go on with the jobs that follow.
func (w *writer) done(s store.Shard, d store.Done) (store.Leased, error) {
	h, err := w.head(d.Lane)
	if err != nil {
		return store.Leased{}, err
	}
	if n := min(int64(d.N), h.jobs); n > 0 {
		if err := w.exec(w.drop, d.Lane.Queue, d.Lane.ID, h.seq+n); err != nil {
			return store.Leased{}, err
		}
		h.seq, h.jobs, h.attempts = h.seq+n, h.jobs-n, 0 // what has never been the head was never claimed
	}
	if h.jobs == 0 {
		w.note(d.Lane, h)
		return store.Leased{}, nil
	}
	h.due = d.Due.UnixMilli()
	if d.Hold == 0 {
		h.fence = 0
		return store.Leased{}, w.lead(d.Lane, h)
	}
	h.attempts++
	if err := w.lead(d.Lane, h); err != nil {
		return store.Leased{}, err
	}
	return w.read(s, d.Lane, h, d.Hold)
}

// read returns the oldest n jobs of a lane with head h.
func (w *writer) read(s store.Shard, l store.Lane, h head, n int) (store.Leased, error) {
	r := store.Leased{Shard: s, Lane: l, Attempts: h.attempts}
	err := w.rows(w.jobs, func(s *sqlite3.Stmt) { r.Jobs = append(r.Jobs, s.ColumnBlob(0, nil)) }, l.Queue, l.ID, n)
	return r, err
}
