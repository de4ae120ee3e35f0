package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"workervoice/cases"
)

// A check reads everything that is kept and compares it. It needs some hundred
// bytes for each record, attachment and place in a list, however long they are.
type check struct {
	s    *Store
	seed maphash.Seed
	sum  Summary

	files    map[string]bool // names of attachments
	damage   map[string]int  // what does not open, by what it is and why
	records  map[uint64]bool
	places   map[uint64]spot
	names    []string // of indexes and counters
	numbers  map[string]int32
	wants    map[uint64][]amount // what each case adds to counters
	counters map[int32]int64     // as they are
	expected map[int32]int64     // as they should be
}

// A spot is where a record stands in an index.
type spot struct {
	record uint64
	index  int32
	counts bool // a counter says how many there are
}

// An amount is what something adds to a counter.
type amount struct {
	counter int32
	n       int64
}

// Check reads everything and calls tell with a line for each thing that is
// wrong, what it is and what to do: what does not open with its key, attachments
// that cannot be read to their end, places in lists where nothing stands,
// counters that count something else than there is, and what the back end finds.
// With mend it sets counters right and takes such places away, which is safe
// while others work. It returns how much it read.
func (s *Store) Check(ctx context.Context, mend bool, tell func(string)) (Summary, error) {
	c := &check{
		s: s, seed: maphash.MakeSeed(), files: map[string]bool{}, damage: map[string]int{}, records: map[uint64]bool{}, places: map[uint64]spot{}, numbers: map[string]int32{},
		wants: map[uint64][]amount{}, counters: map[int32]int64{}, expected: map[int32]int64{},
	}
	c.sum.At = s.now()
	if err := s.b.Backend.Check(ctx, tell); err != nil {
		return c.sum, err
	}
	if err := s.b.Snapshot(ctx, c.sum.At, func(p Part) error { return c.part(ctx, p) }); err != nil {
		return c.sum, err
	}
	for _, what := range slices.Sorted(maps.Keys(c.damage)) {
		tell(fmt.Sprintf("%d %s: restore the last backup, or go on without them", c.damage[what], what))
	}
	if err := c.attached(ctx, tell); err != nil {
		return c.sum, err
	}
	if err := c.dangling(ctx, mend, tell); err != nil {
		return c.sum, err
	}
	return c.sum, c.counts(ctx, mend, tell)
}

func (c *check) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	for _, p := range parts {
		h.WriteString(p) //nolint:errcheck // never fails
		h.WriteByte(0)   //nolint:errcheck // never fails
	}
	return h.Sum64()
}

// number returns a short name of an index or a counter.
func (c *check) number(name string) int32 {
	n, ok := c.numbers[name]
	if !ok {
		n = int32(len(c.names))
		c.numbers[name], c.names = n, append(c.names, name)
	}
	return n
}

func (c *check) part(ctx context.Context, p Part) error {
	c.sum.count(p)
	switch p.What {
	case RecordPart:
		return c.record(ctx, p)
	case EntryPart:
		body, err := c.opens(ctx, "log/"+p.Name, "log entries", p.Body)
		c.attaches(p, body)
		return err
	case JobPart:
		_, err := c.opens(ctx, "job/"+p.Name+"/"+p.ID, "waiting jobs", p.Body)
		return err
	case PlacePart:
		at := c.hash(p.Name, p.Kind, p.ID)
		if delete(c.places, at); !p.Gone {
			counts := p.Kind == deliveries || p.Kind == sessions && p.Name != wakes
			c.places[at] = spot{c.hash(p.Kind, p.ID), c.number(p.Name), counts}
		}
	case CounterPart:
		c.counters[c.number(p.Name)] += p.N
	}
	return nil
}

// opens returns what is in body. What does not open is counted.
func (c *check) opens(ctx context.Context, place, what string, body []byte) ([]byte, error) {
	out, err := c.s.b.unseal(ctx, place, body)
	if errors.Is(err, ErrDamaged) {
		c.damage[what+" do not open ("+strings.TrimPrefix(err.Error(), ErrDamaged.Error()+": ")+")"]++
		return nil, nil
	}
	return out, err
}

// attaches notes the attachments that a part stands for.
func (c *check) attaches(p Part, body []byte) {
	if c.s.files == nil {
		return
	}
	if refs(p, body, func(ref string) { c.files[ref] = true }) != nil {
		c.damage["records and log entries cannot be read (written by another program)"]++
	}
}

func (c *check) record(ctx context.Context, p Part) error {
	at := c.hash(p.Kind, p.ID)
	for _, a := range c.wants[at] { // what it was before
		c.expected[a.counter] -= a.n
	}
	delete(c.wants, at)
	delete(c.records, at)
	if p.Gone {
		return nil
	}
	c.records[at] = true
	if p.Kind == keyKind {
		if _, err := c.s.b.master.Open(nil, nil, p.Body, []byte(keyKind+"/"+p.ID)); err != nil && len(p.Body) > len(erasedBody) {
			c.damage["keys do not open (changed, or of another master key)"]++
		}
		return nil
	}
	body, err := c.opens(ctx, p.Kind+"/"+p.ID, "records of kind "+p.Kind, p.Body)
	c.attaches(p, body)
	if err != nil || body == nil || p.Kind != files {
		return err
	}
	var k cases.Case
	if err := decode(body, &k); err != nil {
		c.damage["records of kind case cannot be read (written by another program)"]++
		return nil
	}
	if len(k.Issues) == 0 { // of an older version: counted from its next change on
		return nil
	}
	for _, x := range caseCounters(k) {
		a := amount{c.number(x.Name), x.N}
		c.wants[at] = append(c.wants[at], a)
		c.expected[a.counter] += a.n
	}
	return nil
}

// caseCounters returns what a case adds to the counters that say how cases
// stand. Others count what has happened.
func caseCounters(k cases.Case) []Counter {
	cs := append(counted(k, 1), shown(nil, places(k))...)
	for _, x := range figured(cases.Case{}, k, nil, nil) {
		if stands(x.Name) {
			cs = append(cs, x)
		}
	}
	return net(cs)
}

// stands reports whether a counter of figures says how cases stand now.
func stands(name string) bool {
	_, rest, _ := strings.Cut(strings.TrimPrefix(name, "figures/"), "/") // without the organisation
	_, what, _ := strings.Cut(rest, "/")                                 // without the group
	return strings.HasPrefix(what, "now/") || strings.HasPrefix(what, "said/") || what == "claims" || what == "against"
}

// counting reports whether a counter says how much there is now of something.
func counting(name string) bool {
	for _, p := range []string{"cases/", "open/", countsOfCaseTab, "chats/"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return name == waiting || strings.HasPrefix(name, "figures/") && stands(name)
}

// dangling tells of places at which nothing stands, and takes them away.
func (c *check) dangling(ctx context.Context, mend bool, tell func(string)) error {
	lost := map[int32]int{}
	for at, p := range c.places {
		if c.records[p.record] {
			if p.counts {
				c.expected[p.index]++
			}
			delete(c.places, at) // the others stay for mending
			continue
		}
		lost[p.index]++
	}
	for _, n := range slices.SortedFunc(maps.Keys(lost), func(a, b int32) int { return strings.Compare(c.names[a], c.names[b]) }) {
		tell(fmt.Sprintf("list %q: nothing stands at %d of its places: %s", c.names[n], lost[n], advised(mend)))
	}
	if !mend || len(lost) == 0 {
		return nil
	}
	var away []Batch
	err := c.s.b.Snapshot(ctx, c.sum.At, func(p Part) error {
		if _, ok := c.places[c.hash(p.Name, p.Kind, p.ID)]; ok && p.What == PlacePart && !p.Gone {
			away = append(away, Batch{Shard: p.Shard, At: c.sum.At, Put: []Put{{Record: Record{Kind: p.Kind, ID: p.ID}, Was: []Index{{p.Name, p.N}}}}})
		}
		return nil
	})
	for _, r := range c.s.b.Commit(ctx, away...) {
		if r.Err != nil && !errors.Is(r.Err, ErrStale) { // stale: something stands there now
			err = errors.Join(err, r.Err)
		}
	}
	return err
}

func advised(mend bool) string {
	if mend {
		return "set right"
	}
	return "run workervoice check store -mend"
}

// counts tells of counters that are wrong, and adds what is missing: whatever
// was counted since is added to the same.
func (c *check) counts(ctx context.Context, mend bool, tell func(string)) error {
	for i, name := range c.names {
		is, want := c.counters[int32(i)], c.expected[int32(i)]
		if is == want || want == 0 && !counting(name) {
			continue
		}
		tell(fmt.Sprintf("counter %q says %d, there are %d: %s", name, is, want, advised(mend)))
		if mend {
			b := Batch{Shard: ShardOf(name), At: c.sum.At, Add: []Counter{{name, want - is}}}
			if _, err := c.s.commit(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}
