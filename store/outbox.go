package store

import (
	"context"
	"slices"
	"time"

	"workervoice/channels"
	"workervoice/flows"
)

// A Parcel is the messages waiting for one worker, oldest first. Whoever holds
// it sends them in this order, and nobody else sends from the same lane to that
// worker: answers are one lane, pushes and nudges another.
type Parcel struct {
	Messages []channels.Outbound
	Attempts int // claims of the first message, this one included

	shard Shard
	lane  Lane
	fence int64
	near  bool // this process has just committed what it holds
}

// Lane is the one from which p is sent.
func (p Parcel) Lane() Lane { return p.lane }

// A Settlement says what became of a parcel: the first Gone messages were sent
// or given up; the rest may be claimed again at Retry. With Retry [Held] they
// wait until the worker does something.
type Settlement struct {
	Parcel Parcel
	Gone   int
	Retry  time.Time // zero to go on at once with what remains
	Sent   []Sent    // joins the receipts of the conversation
	Why    string    // why the first of the rest waits, for the delivery that it carries out
}

// Sent says what became of one message.
type Sent struct {
	Key       string
	MessageID string `json:",omitempty"` // the platform's name, if it was sent
	State     string // SentState, FailedState, DroppedState, MaybeTwice, or what the platform reported
	Reason    string `json:",omitempty"` // why not
	For       string `json:",omitempty"` // the delivery that it carries out
}

// What becomes of a message as its sender sees it. Receipts of the platform
// have the names of their kinds: accepted, delivered, read, failed.
const (
	SentState    = "sent"
	FailedState  = "failed"
	DroppedState = "dropped"
	MaybeTwice   = "maybe twice"
	Superseded   = "superseded" // not sent: a caseworker had taken the conversation over
)

const perPack = 8 // most messages in one parcel

// outbox names the queue of a channel's answers: a lane per worker.
func outbox(ch channels.ID) string { return "out/" + string(ch) }

// pushbox names the queue of what a channel's workers have not asked for.
func pushbox(ch channels.ID) string { return "push/" + string(ch) }

// Claim leases up to n parcels due on a channel, answers before pushes and
// those waiting longest first. It never has two parcels of one lane out at once.
func (s *Store) Claim(ctx context.Context, ch channels.ID, n int, lease time.Duration) ([]Parcel, error) {
	var ps []Parcel
	for _, q := range []string{outbox(ch), pushbox(ch)} {
		if len(ps) >= n {
			break
		}
		f, now := fence(), s.now()
		hs, err := s.claim(ctx, Claim{Queue: q, At: now, Until: now.Add(lease), Fence: f, Lanes: n - len(ps), Jobs: perPack})
		for _, h := range hs {
			p, fault := parcel(h, f)
			if fault != nil {
				return ps, fault
			}
			ps = append(ps, *p)
		}
		if err != nil {
			return ps, err
		}
	}
	return ps, nil
}

func parcel(h Leased, f int64) (*Parcel, error) {
	p := &Parcel{Attempts: h.Attempts, shard: h.Shard, lane: h.Lane, fence: f, Messages: make([]channels.Outbound, len(h.Jobs))}
	for i, b := range h.Jobs { // one of a worker erased since stays empty: there is nobody to send to
		if err := decode(b, &p.Messages[i]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Settled says what became of a settlement.
type Settled struct {
	Kept bool    // it is written down; else the claim was lost meanwhile, or nobody knows
	Next *Parcel // what the claim goes on with, if it does
}

// Settle ends the claims of parcels. Where more messages to the same worker
// have come meanwhile and no Retry is set, their claim goes on for lease, with
// the next parcel. The answer says so in the place of each settlement.
//
// A claim that was lost meanwhile changes nothing and is no error.
func (s *Store) Settle(ctx context.Context, lease time.Duration, ss ...Settlement) ([]Settled, error) {
	now := s.now()
	bs := make([]Batch, len(ss))
	for i, st := range ss {
		p := st.Parcel
		d := Done{Lane: p.lane, Fence: p.fence, N: st.Gone, Due: now.Add(lease), Hold: perPack}
		if !st.Retry.IsZero() {
			d.Due, d.Hold = st.Retry, 0
		}
		bs[i] = Batch{Shard: p.shard, At: now, Done: []Done{d}, Jobs: carried(st, now)}
		if len(st.Sent) > 0 {
			rs := make([]Receipt, len(st.Sent))
			for j, one := range st.Sent {
				rs[j] = Receipt{one, now}
				rs[j].For = carries(p.Messages[:st.Gone], one.Key)
			}
			bs[i].Append = []Entry{s.receipts(p.lane.ID, rs...)}
		}
	}
	rs := make([]Settled, len(ss))
	var failed error
	for i, r := range s.b.Commit(ctx, bs...) {
		if r.Err != nil {
			if r.Err != ErrStale {
				failed = r.Err
			}
			continue
		}
		rs[i].Kept = true
		if len(bs[i].Jobs) > 0 {
			s.hints.left(entries, 1<<bs[i].Shard)
		}
		if len(r.Next.Jobs) > 0 {
			p, err := parcel(r.Next, ss[i].Parcel.fence)
			if err != nil {
				failed = err
				continue
			}
			p.near = true
			rs[i].Next = p
		}
	}
	return rs, failed
}

// Due says that the time to retry p has come, so that the next Claim looks for it.
func (s *Store) Due(p Parcel) {
	s.hints.left(p.lane.Queue, 1<<p.shard)
	s.hub.others.left(p.lane.Queue, 1<<p.shard)
}

// recently is how long a process may rely on what it last knew of a
// conversation. A takeover elsewhere is seen within that time.
const recently = time.Second

// Standing returns how the conversation stands to which p is to be sent: who
// owns it, where the worker is now reached and may be written to. It returns
// ErrErased if the worker had everything erased since.
//
// What this process committed a moment ago is at hand; anything else is read.
func (s *Store) Standing(ctx context.Context, p Parcel) (Conversation, flows.Session, error) {
	return s.standing(ctx, p, recently)
}

// standing is Standing for who may rely on what was known so long ago.
func (s *Store) standing(ctx context.Context, p Parcel, ago time.Duration) (Conversation, flows.Session, error) {
	k, ok := s.recent.get(p.lane.ID)
	later := func(m channels.Outbound) bool { return m.Owner > k.Epoch } // from after a takeover that k does not know of
	if !ok || !p.near || s.now().Sub(k.at) > ago || s.overtaken(p.lane.ID, k) || slices.ContainsFunc(p.Messages, later) {
		var err error
		if k, err = s.read(ctx, p.lane.ID); err != nil {
			return Conversation{}, flows.Session{}, err
		}
	}
	if !k.kept {
		return Conversation{}, flows.Session{}, ErrErased
	}
	return k.Conversation, k.Session, nil
}
