package sqlite

import (
	"workervoice/store"
)

// apply checks the conditions of b before it writes anything, so that a batch
// that fails leaves no trace among the others in the transaction. Its error is
// a fault of the file; b's own fate is in the result.
func (w *writer) apply(b store.Batch) (r store.Result, err error) {
	w.now = max(w.now, b.At.UnixMilli())
	heads, fate, err := w.check(b)
	if err != nil || fate != nil {
		return store.Result{Err: fate}, err
	}
	for i, d := range b.Done {
		if r.Next, err = w.done(b.Shard, d, heads[i]); err != nil {
			return r, err
		}
	}
	for _, l := range b.Drop {
		if err := w.exec(w.empty, l.Queue, l.ID); err != nil {
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
		if err := w.exec(w.entry, e.Log, e.Body); err != nil {
			return err
		}
	}
	return nil
}

// A head is the oldest job of a lane. A lane without jobs has the zero head.
type head struct {
	seq, fence, due int64
	attempts        int
}

func (w *writer) head(l store.Lane) (h head, err error) {
	_, err = row(w.lane, []any{l.Queue, l.ID}, &h.seq, &h.fence, &h.attempts, &h.due)
	return h, err
}

// check returns why b cannot be applied, if so. Otherwise it marks b's keys
// seen and returns the heads of the lanes whose leases end.
func (w *writer) check(b store.Batch) (heads []head, fate, err error) {
	for _, l := range b.Idle {
		if h, err := w.head(l); h.seq != 0 || err != nil {
			return nil, store.ErrStale, err
		}
	}
	for _, d := range b.Done {
		h, err := w.head(d.Lane)
		if h.fence != d.Fence || err != nil {
			return nil, store.ErrStale, err
		}
		heads = append(heads, h)
	}
	for _, p := range b.Put {
		var version int64
		if _, err := row(w.version, []any{p.Kind, p.ID}, &version); version != p.Version || err != nil {
			return nil, store.ErrStale, err
		}
	}
	for i, key := range b.Once {
		res, err := w.once.ExecContext(bg, key, b.At.UnixMilli())
		if err != nil {
			return nil, nil, err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			for _, key := range b.Once[:i] {
				if err := w.exec(w.forget, key); err != nil {
					return nil, nil, err
				}
			}
			return nil, store.ErrSeen, nil
		}
	}
	return heads, nil, nil
}

func (w *writer) record(p store.Put) error {
	for _, x := range p.Was {
		if err := w.exec(w.unindex, x.Name, x.Score, p.Kind, p.ID); err != nil {
			return err
		}
	}
	if p.Body == nil {
		return w.exec(w.remove, p.Kind, p.ID)
	}
	for _, x := range p.Index {
		if err := w.exec(w.index, x.Name, x.Score, p.Kind, p.ID); err != nil {
			return err
		}
	}
	return w.exec(w.put, p.Kind, p.ID, p.Version+1, p.Body)
}

// ring makes a lane due that nobody holds, and reports whether there is one.
func (w *writer) ring(l store.Lane, at int64) (bool, error) {
	h, err := w.head(l)
	if err != nil || h.seq == 0 || h.fence != 0 {
		return false, err
	}
	if h.due <= at {
		return true, nil
	}
	return true, w.exec(w.front, at, 0, 0, l.Queue, l.ID, h.seq)
}

// enqueue adds j to its lane and reports whether j is leased already.
func (w *writer) enqueue(j store.Job) (held bool, err error) {
	h, err := w.head(j.Lane)
	if err != nil {
		return false, err
	}
	if h.seq == 0 {
		due, attempts := j.Due, 0
		if j.Fence != 0 {
			due, attempts = j.Until, 1
		}
		return j.Fence != 0, w.exec(w.add, j.Lane.Queue, j.Lane.ID, 1, 1, due.UnixMilli(), j.Fence, attempts, j.Body)
	}
	var last int64
	if _, err := row(w.last, []any{j.Lane.Queue, j.Lane.ID}, &last); err != nil {
		return false, err
	}
	return j.Fence != 0 && j.Fence == h.fence, w.exec(w.add, j.Lane.Queue, j.Lane.ID, last+1, 0, j.Due.UnixMilli(), 0, 0, j.Body)
}

// done ends a lease or, with Hold, lets it go on with the jobs that follow.
func (w *writer) done(s store.Shard, d store.Done, was head) (store.Leased, error) {
	if d.N > 0 {
		if err := w.exec(w.drop, d.Lane.Queue, d.Lane.ID, was.seq+int64(d.N)); err != nil {
			return store.Leased{}, err
		}
	}
	now, err := w.head(d.Lane)
	if err != nil || now.seq == 0 {
		return store.Leased{}, err
	}
	if d.Hold == 0 {
		return store.Leased{}, w.exec(w.front, d.Due.UnixMilli(), 0, 0, d.Lane.Queue, d.Lane.ID, now.seq)
	}
	if err := w.exec(w.front, d.Due.UnixMilli(), d.Fence, 1, d.Lane.Queue, d.Lane.ID, now.seq); err != nil {
		return store.Leased{}, err
	}
	h, _, err := w.read(s, d.Lane, d.Hold)
	return h, err
}

// read returns the oldest n jobs of a lane and the number of the first. Within
// a lane the numbers follow one another.
func (w *writer) read(s store.Shard, l store.Lane, n int) (h store.Leased, first int64, err error) {
	h = store.Leased{Shard: s, Lane: l}
	rows, err := w.jobs.QueryContext(bg, l.Queue, l.ID, n)
	if err != nil {
		return h, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var attempts int
		var body []byte
		if err := rows.Scan(&seq, &attempts, &body); err != nil {
			return h, 0, err
		}
		if len(h.Jobs) == 0 {
			first, h.Attempts = seq, attempts
		}
		h.Jobs = append(h.Jobs, body)
	}
	return h, first, rows.Err()
}
