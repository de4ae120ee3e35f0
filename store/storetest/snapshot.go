package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var snapshots = []test{
	{"a snapshot brings back everything", broughtBack},
	{"a snapshot of workers, cases and attachments can be gone on with", broughtOn},
	{"a snapshot shows one moment while others write", oneMoment},
	{"what somebody held is due, and counts as claimed", heldInSnapshot},
	{"one restores into an empty store only", emptyOnly},
	{"what stops half way is as if it had not begun", halfWay},
	{"a snapshot stops when its reader does", unread},
	{"a check finds nothing wrong in a store that was used", soundStore},
	{"what was erased since a snapshot is erased again", erasedSince},
}

// A holding is what parts say, the later ones in the place of earlier ones.
type holding struct {
	records, places, lanes map[string]string
	logs                   map[string][]string
	counters               map[string]int64
	marks                  map[string]bool
	lane                   string
}

// Contents returns what a back end keeps, for a comparison with another.
func Contents(b store.Backend, at time.Time) (map[string]string, error) {
	c := &holding{map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}, map[string]int64{}, map[string]bool{}, ""}
	if err := b.Snapshot(ctx, at, c.take); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for k, v := range c.records {
		all["record "+k] = v
	}
	for k, v := range c.places {
		all["place "+k] = v
	}
	for k, v := range c.lanes {
		all["lane "+k] = v
	}
	for k, v := range c.logs {
		if len(v) > 0 {
			all["log "+k] = fmt.Sprintf("%q", v)
		}
	}
	for k, v := range c.counters {
		if v != 0 {
			all["counter "+k] = fmt.Sprint(v)
		}
	}
	for k := range c.marks {
		all["mark "+k] = "seen"
	}
	return all, nil
}

func (c *holding) take(p store.Part) error {
	record, lane := p.Kind+"/"+p.ID, p.Name+"/"+p.ID
	place := p.Name + " " + record
	switch p.What {
	case store.RecordPart:
		c.records[record] = fmt.Sprintf("%d %x", p.N, p.Body)
		if p.Gone {
			delete(c.records, record)
		}
	case store.PlacePart:
		c.places[place] = fmt.Sprint(p.N)
		if p.Gone {
			delete(c.places, place)
		}
	case store.LogPart:
		c.logs[p.Name] = nil
	case store.EntryPart:
		c.logs[p.Name] = append(c.logs[p.Name], fmt.Sprintf("%x", p.Body))
	case store.LanePart:
		c.lanes[lane] = fmt.Sprint(p.N, " ", p.Claims)
		if c.lane = lane; p.Gone {
			delete(c.lanes, lane)
		}
	case store.JobPart:
		if c.lane != lane {
			return fmt.Errorf("a job of %s among those of %s", lane, c.lane)
		}
		c.lanes[lane] += fmt.Sprintf(" %x", p.Body)
	case store.MarkPart:
		c.marks[fmt.Sprint(p.Shard, " ", p.Name)] = true
	case store.CounterPart:
		c.counters[p.Name] += p.N
	default:
		return fmt.Errorf("a part of kind %d", p.What)
	}
	if p.What != store.MarkPart && p.Shard != p.Home() && p.What != store.CounterPart {
		return fmt.Errorf("%s is in shard %d and not in %d", record+p.Name, p.Shard, p.Home())
	}
	return nil
}

// Differ says where two contents differ, or nothing.
func Differ(want, got map[string]string) string {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			return fmt.Sprintf("%s: %q became %q", k, want[k], got[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			return fmt.Sprintf("%s: %q came from nowhere", k, got[k])
		}
	}
	return ""
}

func (t rig) contents(b store.Backend) map[string]string {
	t.Helper()
	c, err := Contents(b, t.c.Now())
	t.must(err)
	return c
}

// Sow writes to b something of every kind: n conversations of several turns,
// with records that were removed, logs cut and written over, and lanes in every
// state. It writes nothing sealed.
func Sow(b store.Backend, at time.Time, n int) error {
	for i := range n {
		id := fmt.Sprint("conv", i)
		s, l := store.ShardOf(id), store.Lane{Queue: "out/tg", ID: id}
		record := func(version int64, body string, was, is []store.Index) []store.Put {
			return []store.Put{{Record: store.Record{Kind: "session", ID: id, Version: version, Body: []byte(body)}, Was: was, Index: is}}
		}
		box, wake := store.Index{Name: "chats/all/", Score: int64(-i)}, store.Index{Name: "wakes", Score: int64(i % 3)}
		job := func(body string, due time.Time) store.Job { return store.Job{Lane: l, Body: []byte(body), Due: due} }
		batches := []store.Batch{
			{Once: []string{id + "/e1"}, Put: record(0, "one", nil, []store.Index{box}), Append: []store.Entry{{Log: id + "/log", Body: []byte("a")}},
				Jobs: []store.Job{job("1", at), job("2", at)}, Add: []store.Counter{{Name: "n", N: 1}, {Name: id, N: int64(i)}}},
			{Once: []string{id + "/e2"}, Put: record(1, "two", []store.Index{box}, []store.Index{{Name: box.Name, Score: 7}, wake}),
				Append: []store.Entry{{Log: id + "/log", Body: []byte("b")}, {Log: id + "/log", Body: []byte("c")}, {Log: id + "/audit", Body: []byte{0, 255}}}},
			{Blank: []store.Blank{{Log: id + "/log", Place: 1, Body: []byte("-")}}, Jobs: []store.Job{{Lane: store.Lane{Queue: "turns", ID: id}, Body: []byte("t"), Due: store.Held}}},
		}
		switch i % 4 {
		case 1:
			batches = append(batches, store.Batch{Cut: []string{id + "/log"}, Append: []store.Entry{{Log: id + "/log", Body: []byte("anew")}}})
		case 2:
			batches = append(batches, store.Batch{Put: []store.Put{{Record: store.Record{Kind: "session", ID: id, Version: 2}, Was: []store.Index{{Name: box.Name, Score: 7}, wake}}}})
		case 3:
			batches = append(batches, store.Batch{Drop: []store.Lane{l}, Scrub: true})
		}
		for _, batch := range batches {
			batch.Shard, batch.At = s, at
			if err := b.Commit(ctx, batch)[0].Err; err != nil {
				return err
			}
		}
	}
	return nil
}

// moves takes a snapshot of t's store and restores it into an empty back end.
func (t rig) moves(use func(*store.Store)) (*store.Store, store.Backend) {
	t.Helper()
	var kept bytes.Buffer
	sum, err := t.s.Snapshot(ctx, &kept, true)
	t.must(err)
	b := t.again()
	s, err := store.New(b, store.Key{1}, t.c.Now)
	t.must(err)
	t.Cleanup(func() { s.Close() })
	use(s)
	seen, err := s.Examine(ctx, bytes.NewReader(kept.Bytes()))
	t.must(err)
	got, err := s.Restore(ctx, bytes.NewReader(kept.Bytes()))
	t.must(err)
	sum.Bytes, seen.Bytes, got.Bytes = 0, 0, 0
	t.want(show(got, seen), show(sum, sum))
	return s, b
}

func broughtBack(t rig) {
	t.must(Sow(t.b, t.c.Now(), 300))
	t.want(len(t.claim(1)), 0) // another queue
	want := t.contents(t.b)
	var kept []store.Part
	t.must(t.b.Snapshot(ctx, t.c.Now(), func(p store.Part) error {
		p.Body = bytes.Clone(p.Body)
		kept = append(kept, p)
		return nil
	}))
	b := t.again()
	t.must(b.Restore(ctx, t.c.Now(), each(kept)))
	t.want(Differ(want, t.contents(b)), "")
	for i := range 300 { // it goes on as if nothing had been
		id := fmt.Sprint("conv", i)
		batch := store.Batch{Shard: store.ShardOf(id), At: t.c.Now(), Once: []string{id + "/e1"}}
		t.want(b.Commit(ctx, batch)[0].Err, store.ErrSeen)
		batch.Once, batch.Append = []string{id + "/e3"}, []store.Entry{{Log: id + "/log", Body: []byte("d")}}
		t.must(b.Commit(ctx, batch)[0].Err)
		es, first, err := b.Scan(ctx, batch.Shard, id+"/log", -1, 1)
		t.must(err)
		t.want(show(bodies(es), first == 1, first == 3), show("d ", i%4 == 1, i%4 != 1))
	}
	ns, err := b.Counts(ctx, "n")
	t.must(err)
	hs, err := b.Claim(ctx, store.Claim{Queue: "out/tg", At: t.c.Now(), Until: t.c.Now().Add(lease), Fence: 5, In: 1<<store.Shards - 1, Lanes: 1000, Jobs: 9})
	t.must(err)
	t.want(show(ns[0], len(hs), bodies(hs[0].Jobs)), show(300, 225, "1 2 "))
	t.must(b.Close())
}

// each gives parts one after the other.
func each(ps []store.Part) iter.Seq2[store.Part, error] {
	return func(yield func(store.Part, error) bool) {
		for _, p := range ps {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func broughtOn(t rig) {
	f, dir := t.folder()
	turn, a := t.told(f)
	xs, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	before := t.timeline("c")
	r := t.reads1("c")
	next, _ := t.moves(func(s *store.Store) { f, _ = t.folderOf(s) })
	t.s = next
	ys, err := t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(string(encode(ys)), string(encode(t.timeline("c"))), t.reads1("c").Version), show(string(encode(xs)), string(encode(before)), r.Version))
	t.want(t.reads(f, a), "the contract")
	turn, err = t.s.Begin(ctx, event("a", "9"))
	t.must(err)
	t.end(turn, store.Outcome{Session: turn.Session})
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	ys, err = t.s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(show(len(ys), dir != ""), "0 true")
	other, err := store.New(t.b, store.Key{2}, t.c.Now)
	t.must(err)
	var kept bytes.Buffer
	_, err = t.s.Snapshot(ctx, &kept, false)
	t.must(err)
	_, err = other.Restore(ctx, bytes.NewReader(kept.Bytes()))
	t.wantIs(err, store.ErrOtherKey)
	_, err = other.Examine(ctx, bytes.NewReader(kept.Bytes()))
	t.wantIs(err, store.ErrOtherKey)
}

func heldInSnapshot(t rig) {
	t.receive(event("a", "1"))
	turn := t.next()
	t.must(t.s.Receive(ctx, event("a", "2")))
	o := sends("a", "m1", "m2")
	o.Session = turn.Session
	p := t.end(turn, o) // this process holds it, and dies
	t.want(keys(p), "m1 m2 ")
	o = sends("b", "news") // of which nobody has taken hold
	o.Send[0].Class = channels.Push
	other, err := t.s.Begin(ctx, event("b", "1"))
	t.must(err)
	t.end(other, o)
	s, _ := t.moves(func(*store.Store) {})
	t.s = s
	ps := t.parcels()
	t.want(show(len(ps), keys(&ps[0]), ps[0].Attempts, keys(&ps[1]), ps[1].Attempts), "2 m1 m2  2 news  2") // it may have been sent since
	t.want(ids(t.next()), "2 ")
	t.must(t.s.Receive(ctx, event("a", "2")))
	t.want(ids(t.next()), "nothing")
}

func emptyOnly(t rig) {
	t.must(Sow(t.b, t.c.Now(), 3))
	want := t.contents(t.b)
	t.wantIs(t.b.Restore(ctx, t.c.Now(), each(nil)), store.ErrNotEmpty)
	t.want(Differ(want, t.contents(t.b)), "")
	t.must(Sow(t.b, t.c.Now(), 0))
	b := t.again()
	t.must(b.Commit(ctx, store.Batch{At: t.c.Now(), Add: []store.Counter{{Name: "n", N: 1}}})[0].Err)
	t.wantIs(b.Restore(ctx, t.c.Now(), each(nil)), store.ErrNotEmpty)
	t.must(b.Close())
}

func halfWay(t rig) {
	t.must(Sow(t.b, t.c.Now(), 50))
	want := t.contents(t.b)
	var kept []store.Part
	t.must(t.b.Snapshot(ctx, t.c.Now(), func(p store.Part) error { p.Body = bytes.Clone(p.Body); kept = append(kept, p); return nil }))
	b := t.again()
	torn := errors.New("torn")
	for _, n := range []int{0, 1, len(kept) / 2, len(kept)} {
		err := b.Restore(ctx, t.c.Now(), func(yield func(store.Part, error) bool) {
			for _, p := range kept[:n] {
				if !yield(p, nil) {
					return
				}
			}
			yield(store.Part{}, torn)
		})
		t.wantIs(err, torn)
		t.want(Differ(nil, t.contents(b)), "")
	}
	gone, cancel := context.WithCancel(ctx)
	t.wantIs(b.Restore(gone, t.c.Now(), func(yield func(store.Part, error) bool) {
		cancel()
		for i := 0; ; i++ {
			if !yield(kept[i%len(kept)], gone.Err()) {
				return
			}
		}
	}), context.Canceled)
	t.want(Differ(nil, t.contents(b)), "")
	t.must(b.Restore(ctx, t.c.Now(), each(kept)))
	t.want(Differ(want, t.contents(b)), "")
	t.must(b.Close())
}

func unread(t rig) {
	t.must(Sow(t.b, t.c.Now(), 5))
	full := errors.New("the disk is full")
	for range 2 { // the first one leaves nothing in the way
		t.wantIs(t.b.Snapshot(ctx, t.c.Now(), func(store.Part) error { return full }), full)
	}
	t.must(t.commit(store.Batch{Add: []store.Counter{{Name: "n", N: 1}}}).Err)
}

func soundStore(t rig) {
	f, _ := t.folder()
	t.told(f)
	t.pair()
	t.must(t.s.Merge(ctx, nay, "from", "into", "k", "the same shed"))
	t.files()
	var said []string
	t.must(t.b.Check(ctx, func(line string) { said = append(said, line) }))
	t.want(strings.Join(said, "\n"), "")
}

func erasedSince(t rig) {
	f, _ := t.folder()
	turn, _ := t.told(f)
	var kept, register bytes.Buffer
	_, err := t.s.Snapshot(ctx, &kept, true)
	t.must(err)
	t.s.Register(&register)
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	t.want(strings.Contains(register.String(), turn.With.User+" "), false)

	b := t.again()
	s, err := store.New(b, store.Key{1}, t.c.Now)
	t.must(err)
	t.s = s
	t.Cleanup(func() { s.Close() })
	t.folderOf(s)
	_, err = s.Restore(ctx, bytes.NewReader(kept.Bytes()))
	t.must(err)
	xs, err := s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	t.want(len(xs) > 0, true) // it was back
	list := register.String()
	n, err := s.EraseAgain(ctx, strings.NewReader(list))
	t.must(err)
	t.want(n, 1)
	xs, err = s.Transcript(ctx, turn.With, 0, 10)
	t.must(err)
	_, fault := s.Report(ctx, bot, "c", turn.Worker)
	t.wantIs(fault, store.ErrNotFound)
	t.want(show(len(xs), t.timeline("c")[0].Text), "0 ")

	anew := t.tells("a", "7", cases.Entry{Case: "d", Kind: cases.Opened}) // who comes back stays
	n, err = s.EraseAgain(ctx, strings.NewReader(list))
	t.must(err)
	_, c, err := s.Look(ctx, anew.With)
	t.must(err)
	t.want(show(n, c.State == flows.Session{}.State), show(0, true))
	_, err = s.EraseAgain(ctx, strings.NewReader("what is this\n"))
	t.want(err != nil, true)
}
