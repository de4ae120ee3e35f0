package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

const deliveries = "delivery" // kind of record, and first part of its indexes and counters

// deliveryID names what becomes of an update for one worker. It stands in the
// shard of the case, and does not tell who the worker is.
func (s *Store) deliveryID(id, update string, w cases.WorkerID) string {
	return id + "~" + s.name(deliveries, update, string(w))
}

// inState names the index, and the counter, of an update's deliveries in a state.
func (s *Store) inState(update string, state cases.DeliveryState) string {
	return deliveries + "/" + s.name(updates, update) + "/" + string(state)
}

// putDelivery returns the change of a delivery from was to d, with the counters
// that move with it: each worker is counted in exactly one state.
func (s *Store) putDelivery(id, record string, version int64, was, d cases.Delivery) (Put, []Counter) {
	p := Put{Record: Record{Kind: deliveries, ID: record, Version: version, Body: encode(d)}, Subject: id,
		Index: []Index{{s.inState(d.Update, d.State), d.At.UnixMilli()}}}
	cs := []Counter{{s.inState(d.Update, d.State), 1}}
	if version > 0 {
		p.Was = []Index{{s.inState(was.Update, was.State), was.At.UnixMilli()}}
		cs = append(cs, Counter{s.inState(was.Update, was.State), -1})
	}
	return p, cs
}

// Deliveries returns up to n of what became of an update for the workers in one
// state, the longest in it first, and where to go on.
func (s *Store) Deliveries(ctx context.Context, by cases.Caseworker, c cases.ID, update string, state cases.DeliveryState, after Cursor, n int) ([]cases.Delivery, Cursor, error) {
	if _, err := s.updateFor(ctx, by, "deliveries", c, update); err != nil {
		return nil, after, err
	}
	rs, cs, err := s.b.List(ctx, s.inState(update, state), after, n)
	ds := make([]cases.Delivery, 0, len(rs))
	for i, r := range rs {
		after = cs[i]
		if r.Body == nil {
			continue
		}
		var d cases.Delivery
		if fault := decode(r.Body, &d); fault != nil {
			return nil, after, fault
		}
		ds = append(ds, d)
	}
	return ds, after, err
}

// Counts returns how many workers an update stands at in each state. Their sum
// is the update's Total.
func (s *Store) Counts(ctx context.Context, by cases.Caseworker, c cases.ID, update string) (map[cases.DeliveryState]int, error) {
	if _, err := s.updateFor(ctx, by, "counts", c, update); err != nil {
		return nil, err
	}
	var names []string
	for _, state := range cases.DeliveryStates {
		names = append(names, s.inState(update, state))
	}
	for again := 0; ; again++ {
		counts, sum := make(map[cases.DeliveryState]int, len(cases.DeliveryStates)), 0
		ns, err := s.b.Counts(ctx, names...)
		if err != nil {
			return nil, err
		}
		for i, state := range cases.DeliveryStates {
			if n := int(ns[i]); n != 0 {
				counts[state] = n
				sum += n
			}
		}
		u, err := s.kept(ctx, c, update)
		if errors.Is(err, ErrNotFound) || err == nil && sum == u.Total || again == recounts {
			return counts, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// recounts is how often counters are read again between which a delivery has
// moved: they are read one after the other.
const recounts = 50

// A progress is on its way from a conversation to the deliveries that it is
// about: those of For, or with Knock all that wait in the conversation.
type progress struct {
	For   string `json:",omitempty"`
	Knock bool   `json:",omitempty"`
	State cases.DeliveryState
	Why   string    `json:",omitempty"`
	Until time.Time `json:",omitzero"`
	As    string    `json:",omitempty"` // an update: as far as that one
	At    time.Time
}

// deliveryKey ends the keys of messages that carry out a delivery, so that a
// receipt tells by itself whether there is one to look for.
const deliveryKey = ".u"

// DeliveryKey returns the key of a message that carries out a delivery.
func DeliveryKey(key string) string { return key + deliveryKey }

// progressJob takes p to the case.
func progressJob(conv string, p progress) Job {
	return Job{Lane: Lane{entries, conv}, Subject: conv, Body: encode(filing{Progress: &p}), Due: p.At}
}

// stood takes what a flow says of deliveries to their cases.
func stood(conv string, sts []flows.Stands, now time.Time) (js []Job) {
	for _, st := range sts {
		js = append(js, progressJob(conv, progress{For: string(st.Case) + "/" + st.Update, State: st.State, Why: st.Why, Until: st.Until, As: st.As, At: now}))
	}
	return js
}

// carried returns what a settlement says of the deliveries that its messages
// carry out: of those that are gone, and of the one that waits.
func carried(st Settlement, now time.Time) (js []Job) {
	for i, m := range st.Parcel.Messages {
		if m.For == "" && m.Knock.IsZero() {
			continue
		}
		p := progress{For: m.For, Knock: !m.Knock.IsZero(), At: now}
		switch {
		case i < st.Gone:
			p.State, p.Why = gone(m, st.Sent)
		case i == st.Gone:
			p.State, p.Why = held(m, st)
			p.Until = st.Retry
			if p.State != cases.ForHours {
				p.Until = time.Time{}
			}
		}
		if p.State != "" {
			js = append(js, progressJob(st.Parcel.lane.ID, p))
		}
	}
	return js
}

// carries returns the delivery that the message of that key carries out, or "".
func carries(ms []channels.Outbound, key string) string {
	if !strings.HasSuffix(key, deliveryKey) {
		return ""
	}
	for _, m := range ms {
		if m.Key == key {
			return m.For
		}
	}
	return ""
}

// gone returns what it means for a delivery that its message was sent or given up.
func gone(m channels.Outbound, sent []Sent) (cases.DeliveryState, string) {
	for _, one := range sent {
		switch {
		case one.Key != m.Key:
		case one.State == SentState || one.State == MaybeTwice:
			switch {
			case !m.Knock.IsZero():
				return cases.Behind, ""
			case m.Class == channels.Answer: // the worker asked for it, the phone in hand
				return cases.Seen, ""
			}
			return cases.SentOut, ""
		case one.State == FailedState:
			return cases.Failed, one.Reason
		case one.State == DroppedState && m.Knock.IsZero():
			return cases.ForWorker, one.Reason
		}
	}
	return "", ""
}

// Reasons of a Settlement that deliveries are told.
const (
	WaitsForHours    = "hours"
	WaitsForWorker   = "silent"
	WaitsUnblocked   = "blocked"
	WaitsForTap      = "tap"      // a template went out
	WaitsForTemplate = "template" // none could
	WaitsForQuota    = "quota"
	WaitsForTier     = "tier" // of new conversations a day
)

// held returns what it means for a delivery that its message waits.
func held(m channels.Outbound, st Settlement) (cases.DeliveryState, string) {
	switch st.Why {
	case WaitsForHours, WaitsForTier:
		return cases.ForHours, st.Why
	case WaitsForWorker, WaitsForTemplate, WaitsForQuota:
		return cases.ForWorker, st.Why
	case WaitsUnblocked:
		return cases.Barred, st.Why
	case WaitsForTap:
		return cases.Behind, ""
	}
	return "", ""
}

// received adds to b, which keeps a receipt, what it says of a delivery.
func (s *Store) received(ctx context.Context, conv string, e channels.Event, b *Batch) error {
	state := map[channels.Kind]cases.DeliveryState{channels.Delivered: cases.Arrived, channels.Read: cases.Seen}[e.Kind]
	if state == "" || !strings.HasSuffix(e.Key, deliveryKey) {
		return nil
	}
	bodies, _, err := s.b.Scan(ctx, b.Shard, conv+"/sent", -1, 60)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	for _, body := range bodies {
		var rs []Receipt
		if err := decode(body, &rs); err != nil {
			return err
		}
		for _, r := range rs {
			if r.Key == e.Key && r.For != "" {
				b.Jobs = append(b.Jobs, progressJob(conv, progress{For: r.For, State: state, At: b.At}))
				return nil
			}
		}
	}
	return nil
}

// moveDeliveries carries out what a conversation has to say of deliveries.
func (s *Store) moveDeliveries(ctx context.Context, conv string, p progress) error {
	k, err := s.know(ctx, conv)
	if err != nil || !k.kept {
		return err
	}
	if !p.Knock {
		c, update := DeliveryOf(p.For)
		return s.moveDelivery(ctx, c, update, k, p)
	}
	for _, w := range k.Session.News.Waits {
		if w.State == cases.ForWorker || w.State == cases.Barred { // nobody knocked for it
			continue
		}
		if err := s.moveDelivery(ctx, w.Case, w.Update, k, p); err != nil {
			return err
		}
	}
	return nil
}

// moveDelivery brings the delivery to the worker of a conversation to where p
// says it is, unless it is further.
func (s *Store) moveDelivery(ctx context.Context, c cases.ID, update string, to *known, p progress) error {
	id, w := s.caseID(c), to.Worker
	record := s.deliveryID(id, update, w)
	for {
		was, version, err := s.delivery(ctx, id, record)
		if err != nil || version == 0 {
			return err
		}
		d := was
		d.State, d.Why, d.Until = p.State, p.Why, p.Until
		if p.As != "" {
			as, v, err := s.delivery(ctx, id, s.deliveryID(id, p.As, w))
			if err != nil {
				return err
			}
			if v > 0 && as.State.Waits() {
				d.State, d.Why, d.Until = as.State, as.Why, as.Until
			}
		}
		if same := d.State == was.State && !d.Until.Equal(was.Until); !same && !was.State.Becomes(d.State) {
			return nil
		}
		d.At = p.At
		put, add := s.putDelivery(id, record, version, was, d)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{put}, Add: add})
		if err == nil {
			s.tellUpdate(ctx, c, update)
		}
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// delivery reads one; version 0 if there is none.
func (s *Store) delivery(ctx context.Context, id, record string) (d cases.Delivery, version int64, err error) {
	r, err := s.b.Get(ctx, ShardOf(id), deliveries, record)
	if err != nil || r.Body == nil {
		return d, 0, err
	}
	return d, r.Version, decode(r.Body, &d)
}

// leaveUpdates has every delivery to a worker who is erased or has left the
// case say so, and no more who it was. What was read stays counted as read.
func (s *Store) leaveUpdates(ctx context.Context, id string, w cases.WorkerID) error {
	for after := (Cursor{}); ; {
		us, next, err := s.updates(ctx, updatesOf(id), after, perTurn)
		if err != nil || len(us) == 0 {
			return err
		}
		for _, u := range us {
			if err := s.leaveUpdate(ctx, id, u.ID, w); err != nil {
				return err
			}
		}
		after = next
	}
}

func (s *Store) leaveUpdate(ctx context.Context, id, update string, w cases.WorkerID) error {
	record := s.deliveryID(id, update, w)
	for {
		was, version, err := s.delivery(ctx, id, record)
		if err != nil || version == 0 || was.Worker == "" {
			return err
		}
		d := was
		d.Worker = ""
		if d.State != cases.Seen {
			d.State, d.Why, d.Until, d.At = cases.Gone, "left", time.Time{}, s.now()
		}
		put, add := s.putDelivery(id, record, version, was, d)
		_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{put}, Add: add, Scrub: true})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}
