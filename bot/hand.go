package bot

import (
	"slices"
	"sync"

	"workervoice/channels"
	"workervoice/store"
)

// A hand is the lanes that this process sends from. A lease tells processes
// apart by the clock; where that is set forward it runs out early, and a sender
// is given again what it still has in hand. Then nothing is sent a second time:
// what is under way comes to its end, and is written down with the newest fence.
type hand struct {
	mu    sync.Mutex
	lanes map[store.Lane]*holding
	lost  int // how many of them are no longer in hand
}

// A holding is one lane in hand, or what this process alone knows of a lane.
type holding struct {
	newer *claimed          // the same lane, claimed since
	lost  *store.Settlement // it is not in hand: what became of its parcel could not be written down
}

// forgets is how many settlements that could not be written down are
// remembered. What goes beyond is sent again, as after a crash.
const forgets = 1000

// begin takes c in hand, and reports whether it is to be sent now. Where its
// lane is in hand it is not, and where a settlement is returned that is what
// has become of it already.
func (h *hand) begin(c claimed) (now bool, done *store.Settlement) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.lanes[c.Lane()]
	if was != nil && was.lost == nil {
		was.newer = &c
		return false, nil
	}
	if was != nil {
		done = under(*was.lost, c.Parcel)
		h.lost--
	}
	if h.lanes == nil {
		h.lanes = make(map[store.Lane]*holding)
	}
	h.lanes[c.Lane()] = &holding{}
	return done == nil, done
}

// end lets go of a lane where all that has become of it is written down. What
// is returned follows, and stays in hand: what was claimed since, else next.
func (h *hand) end(l store.Lane, next *claimed) *claimed {
	h.mu.Lock()
	defer h.mu.Unlock()
	if is := h.lanes[l]; is != nil && is.newer != nil {
		next, is.newer = is.newer, nil
	}
	if next == nil {
		delete(h.lanes, l)
	}
	return next
}

// lose is end where st could not be written down. Where the lane was claimed
// since, done is st with the fence of that, or next is what it holds instead;
// else st is remembered until it is claimed again. Where nothing was sent there
// is nothing to remember: what waits for the worker may be due by then.
func (h *hand) lose(st store.Settlement) (done *store.Settlement, next *claimed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := st.Parcel.Lane()
	is := h.lanes[l]
	if is == nil {
		return nil, nil
	}
	if newer := is.newer; newer != nil {
		is.newer = nil
		if done = under(st, newer.Parcel); done == nil {
			next = newer
		}
		return done, next
	}
	if st.Gone == 0 {
		delete(h.lanes, l)
		return nil, nil
	}
	is.lost = &st
	if h.lost++; h.lost > forgets {
		for other, x := range h.lanes {
			if x.lost != nil && other != l {
				delete(h.lanes, other)
				h.lost--
				break
			}
		}
	}
	return nil, nil
}

// under returns st as that of p, or nil where p does not begin with what st
// speaks of.
func under(st store.Settlement, p store.Parcel) *store.Settlement {
	n := max(st.Gone, 1)
	same := func(a, b channels.Outbound) bool { return a.Key == b.Key && a.Key != "" }
	if len(p.Messages) < n || !slices.EqualFunc(st.Parcel.Messages[:n], p.Messages[:n], same) {
		return nil
	}
	st.Parcel = p
	return &st
}
