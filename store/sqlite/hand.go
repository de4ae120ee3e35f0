package sqlite

import (
	"github.com/ncruces/go-sqlite3"

	"workervoice/store"
)

// A hand holds what the writer has last read or written of lanes, records and
// logs: nobody else writes, so it need not ask again. It is emptied whenever a
// transaction is undone.
type hand struct {
	lanes    map[string]map[string]head // by ID, then by queue; an ID stands for all its lanes
	versions map[string]int64           // of records, by name
	lengths  map[string]int64           // of logs
}

// atHand is for how many conversations a hand has room: some 10 MB. A test
// makes it smaller.
var atHand = 20_000

func (h *hand) forget() { *h = hand{} }

// room empties a part of the hand that is full, and makes one that is missing.
func room[V any](m map[string]V) map[string]V {
	if m == nil || len(m) >= atHand {
		return make(map[string]V)
	}
	return m
}

// A head is the oldest job of a lane. A lane without jobs has the zero head.
type head struct {
	seq, fence, due int64
	attempts        int
	jobs            int64 // in the lane; their numbers follow one another
}

// head returns the head of a lane.
func (w *writer) head(l store.Lane) (head, error) {
	heads, ok := w.hand.lanes[l.ID]
	if !ok {
		heads = make(map[string]head)
		err := w.rows(w.lanes, func(s *sqlite3.Stmt) {
			heads[s.ColumnText(0)] = head{seq: s.ColumnInt64(1), jobs: s.ColumnInt64(2), fence: s.ColumnInt64(3), attempts: s.ColumnInt(4), due: s.ColumnInt64(5)}
		}, l.ID)
		if err != nil {
			return head{}, err
		}
		w.hand.lanes = room(w.hand.lanes)
		w.hand.lanes[l.ID] = heads
	}
	return heads[l.Queue], nil
}

// note keeps at hand what has become of the head of a lane.
func (w *writer) note(l store.Lane, h head) {
	heads, ok := w.hand.lanes[l.ID]
	switch {
	case !ok: // the hand was emptied meanwhile
	case h.jobs == 0:
		delete(heads, l.Queue)
	default:
		heads[l.Queue] = h
	}
}

// lead changes the head of a lane.
func (w *writer) lead(l store.Lane, h head) error {
	w.note(l, h)
	return w.exec(w.front, h.due, h.fence, h.attempts, l.Queue, l.ID, h.seq)
}

// name returns where a record is kept: beside the logs of the same ID.
func name(kind, id string) string { return id + "/" + kind }

// stands returns the version of a record; 0 if there is none.
func (w *writer) stands(name string) (version int64, err error) {
	return w.number(&w.hand.versions, w.version, name)
}

// length returns how many entries a log has.
func (w *writer) length(log string) (int64, error) { return w.number(&w.hand.lengths, w.last, log) }

// number returns what is at hand under name, or what a statement says.
func (w *writer) number(at *map[string]int64, s *sqlite3.Stmt, name string) (n int64, err error) {
	n, ok := (*at)[name]
	if ok {
		return n, nil
	}
	if err := w.rows(s, func(s *sqlite3.Stmt) { n = s.ColumnInt64(0) }, name); err != nil {
		return 0, err
	}
	*at = room(*at)
	(*at)[name] = n
	return n, nil
}
