package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/flows"
)

const follows = "follows" // queue of what entries ask for beyond their case

// Do adds an entry to a case in by's name and returns the case after it. It is
// the only way to change a case. What the case's life or a guard does not
// allow is refused in the transaction, with flows.ErrNotNow or
// flows.ErrNotAllowed and a sentence that [flows.Why] returns; a caller of
// another organisation gets ErrDenied.
//
// An entry whose Key this caller has used for the case before changes nothing: the case is
// returned as it is. Without a key each call counts. Where somebody was faster,
// Do looks again.
//
// A caseworker's entry about one worker names it in Member. One of the bot's
// with a Worker is that worker's own.
func (s *Store) Do(ctx context.Context, by cases.Caseworker, n cases.Entry) (cases.Case, error) {
	return s.do(ctx, by, n, nil)
}

// with adds to the batch that changes a case what must be kept together with it.
type with func(was, next cases.Case, b *Batch) error

func (s *Store) do(ctx context.Context, by cases.Caseworker, n cases.Entry, and with) (cases.Case, error) {
	if n.Key == "" {
		n.Key = rand.Text()
	}
	if n.At.IsZero() || by != cases.Bot {
		n.At = s.now()
	}
	switch {
	case by != cases.Bot:
		n.Key = string(by.ID) + "/" + string(n.Case) + "/" + n.Key
		n.By, n.Role, n.Org = by.ID, by.Role, by.Org
		n.Worker, n.Member = "", flows.About(n)
	case n.Worker == "" && n.Role == "":
		n.Role = cases.System
	}
	return s.enter(ctx, change{by: by, n: n, and: and})
}

// A change is an entry on its way into a case.
type change struct {
	by   cases.Caseworker
	n    cases.Entry
	conv string       // the conversation that it comes from
	keep bool         // what the case's life refuses joins the timeline all the same
	stop *cases.Clock // that leads to n; it goes even where n is refused
	and  with
}

// enter reads the case and the member that the entry is about, lets flows say
// what becomes of them, and commits it, again when somebody was faster.
func (s *Store) enter(ctx context.Context, x change) (cases.Case, error) {
	for {
		c, err := s.once(ctx, x)
		switch {
		case errors.Is(err, ErrSeen):
			return s.file(ctx, x.n.Case)
		case !errors.Is(err, ErrStale):
			return c, err
		case ctx.Err() != nil:
			return c, ctx.Err()
		}
	}
}

// An opened case is a case as it was read for a change.
type openedCase struct {
	cases.Case
	id      string
	old     bool           // an older version kept it
	members []cases.Member // of one that an older version kept
}

func (s *Store) once(ctx context.Context, x change) (cases.Case, error) {
	was, err := s.opened(ctx, x)
	if err != nil {
		return was.Case, err
	}
	if !mayAct(x.by, x.n.Kind, was.Case) {
		if sees(x.by, was.Case) {
			return cases.Case{}, ErrDenied
		}
		return cases.Case{}, errNoCase
	}
	if x.stop != nil && !slices.Contains(was.Clocks, *x.stop) {
		return was.Case, ErrSeen // somebody else was faster
	}
	m, record, err := s.aboutWhom(ctx, was, x.n)
	if err != nil {
		return was.Case, err
	}
	ch, err := flows.Live(was.Case, m, x.n)
	if err == nil && flows.Outwards(x.n) {
		err = s.mayTellOutside(ctx, was, x.n)
	}
	if refused := errors.Is(err, flows.ErrNotNow) || errors.Is(err, flows.ErrNotAllowed); refused && was.Version > 0 {
		if seen, fault := s.repeated(ctx, was.id, x.n.Key); seen || fault != nil {
			return was.Case, errors.Join(fault, ErrSeen)
		}
		if x.keep {
			ch, err = flows.Change{Case: was.Case, Member: m, Entries: []cases.Entry{x.n}}, nil
		}
		if x.stop != nil {
			ch, err = flows.Change{Case: was.Case, Member: m}, nil
		}
	}
	if err != nil {
		return was.Case, err
	}
	if x.stop != nil {
		ch.Case = flows.Stop(ch.Case, *x.stop)
	}
	return s.commitChange(ctx, x, was, m, record, ch)
}

// opened reads the case of a change. One that is new belongs to the caller's
// organisation, or to the one at home.
func (s *Store) opened(ctx context.Context, x change) (o openedCase, err error) {
	o.id = s.caseID(x.n.Case)
	r, err := s.b.Get(ctx, ShardOf(o.id), files, o.id)
	if err != nil {
		return o, err
	}
	if r.Body == nil {
		if x.by != cases.Bot && x.n.Kind != cases.Proxied {
			return o, errNoCase
		}
		o.ID, o.Org = x.n.Case, s.home
		if x.n.Org != "" {
			o.Org = x.n.Org
		}
		return o, nil
	}
	var old struct{ Workers []cases.WorkerID }
	if err := decode(r.Body, &o.Case); err != nil {
		return o, err
	}
	if err := decode(r.Body, &old); err != nil {
		return o, err
	}
	o.Version, o.old = r.Version, len(o.Issues) == 0
	var workers []cases.WorkerID
	for _, w := range old.Workers {
		if _, version, err := s.b.key(ctx, string(w), 0); err == nil || version == 0 { // else erased since
			workers = append(workers, w)
		}
	}
	o.Case, o.members = flows.Mend(o.Case, workers)
	return o, nil
}

// aboutWhom reads the member that an entry is about.
func (s *Store) aboutWhom(ctx context.Context, c openedCase, n cases.Entry) (m *cases.Member, r Record, err error) {
	w := flows.About(n)
	if w == "" {
		return nil, r, nil
	}
	for i := range c.members {
		if c.members[i].Worker == w {
			return &c.members[i], Record{Kind: members, ID: memberID(c.id, w)}, nil
		}
	}
	return s.member(ctx, c.id, w)
}

// repeated reports whether an entry stands in the timeline already, among the
// last hundred.
func (s *Store) repeated(ctx context.Context, id, key string) (bool, error) {
	bodies, _, err := s.b.Scan(ctx, ShardOf(id), id+"/log", -1, 100)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return false, err
	}
	for _, b := range bodies {
		var l struct{ Key string }
		if err := decode(b, &l); err != nil {
			return false, err
		}
		if l.Key == key {
			return true, nil
		}
	}
	return false, nil
}

// commitChange keeps in one batch what an entry has made of a case.
func (s *Store) commitChange(ctx context.Context, x change, was openedCase, m *cases.Member, r Record, ch flows.Change) (cases.Case, error) {
	id, next := was.id, ch.Case
	b := Batch{Shard: ShardOf(id), At: s.now(), Once: []string{s.name("entry", x.n.Key)}}
	p := Put{Record: Record{Kind: files, ID: id, Version: was.Version, Body: encode(next)}, Subject: id}
	before, after := []Index(nil), places(next)
	if was.Version > 0 {
		before = places(was.Case)
		b.Add = counted(was.Case, -1)
	}
	if p.Was, p.Index = moved(before, after); was.old {
		before, p.Was, p.Index = nil, olderPlaces(was.Case), after
	}
	b.Add = append(append(b.Add, counted(next, 1)...), shown(before, after)...)
	b.Add = append(b.Add, figured(was.Case, next, m, ch.Member)...)
	b.Put = append(b.Put, p)
	for i := range was.members {
		if m == nil || was.members[i].Worker != m.Worker {
			b.Put = append(b.Put, s.putMember(id, Record{Kind: members, ID: memberID(id, was.members[i].Worker)}, nil, &was.members[i]))
		}
	}
	if ch.Member != nil {
		if ch.Member.Chat == "" && ch.Member.Lost != flows.Unnamed {
			ch.Member.Chat = x.conv
		}
		b.Put = append(b.Put, s.putMember(id, r, m, ch.Member))
	}
	if err := s.writeEntries(ctx, x, id, ch.Entries, &b); err != nil {
		return was.Case, err
	}
	for _, f := range ch.Follow {
		b.Jobs = append(b.Jobs, followJob(id, f, b.At))
	}
	if x.and != nil {
		if err := x.and(was.Case, next, &b); err != nil {
			return was.Case, err
		}
	}
	b.Add = net(b.Add)
	if _, err := s.commit(ctx, b); err != nil {
		return was.Case, err
	}
	for _, j := range b.Jobs {
		s.hints.left(j.Lane.Queue, 1<<b.Shard)
	}
	s.tellCase(was.Case, next)
	next.Version = was.Version + 1
	return next, nil
}

// writeEntries adds entries to the timeline, and what they tell to the reports.
// Of a worker who had everything erased no report is left.
func (s *Store) writeEntries(ctx context.Context, x change, id string, ns []cases.Entry, b *Batch) error {
	for _, n := range ns {
		if n.Kind == cases.Polled { // a case may have thousands, and they say nothing
			continue
		}
		line, err := s.write(ctx, id, n)
		if err != nil {
			return err
		}
		by := x.by
		if n.Role == cases.System {
			by = cases.Bot
		}
		b.Append = append(b.Append, Entry{Log: id + "/log", Subject: id, Body: encode(line)}, s.audit(by, string(n.Kind), id))
		w := flows.About(n)
		if w == "" || n.Report == nil && n.Kind != cases.Erased {
			continue
		}
		r, err := s.b.Get(ctx, b.Shard, reports, reportID(id, w))
		if err != nil {
			return err
		}
		switch {
		case n.Kind != cases.Erased:
			r.Body = encode(n.Report)
			b.Put = append(b.Put, Put{Record: r, Subject: string(w)})
		case r.Version > 0: // its name alone would say that this worker told something here
			r.Body = nil
			b.Put = append(b.Put, Put{Record: r})
		}
	}
	return nil
}

// followJob takes what an entry asks for to where it is done: another case is
// opened by the store itself, the rest is the bot's.
func followJob(id string, f flows.Follow, now time.Time) Job {
	if f.Open != nil {
		return Job{Lane: Lane{entries, id}, Subject: id, Body: encode(filing{Entry: f.Open}), Due: now}
	}
	return Job{Lane: Lane{follows, id}, Subject: id, Body: encode(f), Due: now}
}

// net adds up counters of one name.
func net(cs []Counter) (out []Counter) {
	for _, c := range cs {
		i := slices.IndexFunc(out, func(o Counter) bool { return o.Name == c.Name })
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].N += c.N
	}
	return slices.DeleteFunc(out, func(c Counter) bool { return c.N == 0 })
}

// mayAct reports whether somebody may add an entry of a kind to a case at all.
// What the role may do there, flows say.
func mayAct(by cases.Caseworker, kind cases.EntryKind, c cases.Case) bool {
	switch {
	case by == cases.Bot:
		return true
	case by.ID == "" || by.Org == "" && by.Role != cases.Desk:
		return false
	case by.Role == cases.Desk: // who routes also what nobody has yet
		return true
	case by.Org == c.Org:
		return true
	}
	return kind == cases.Returned && by.Org == c.Lead // taken back before it was accepted
}

// Follow carries out what entries have asked for beyond their case, of up to n
// cases, and reports whether there was anything. do may be called again for the
// same thing, after a crash or an error, and must then come to the same.
func (s *Store) Follow(ctx context.Context, n int, lease time.Duration, do func(context.Context, flows.Follow) error) (bool, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: follows, At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: perTurn})
	for _, h := range hs {
		gone := 0
		var fault error
		for _, body := range h.Jobs {
			var x flows.Follow
			if fault = decode(body, &x); fault == nil && body != nil {
				fault = do(ctx, x)
			}
			if fault != nil {
				break
			}
			gone++
		}
		due := s.now()
		if fault != nil {
			err, due = errors.Join(err, fault), due.Add(patience)
		}
		_, end := s.commit(ctx, Batch{Shard: h.Shard, At: now, Done: []Done{{Lane: h.Lane, Fence: f, N: gone, Due: due}}})
		if end != nil && !errors.Is(end, ErrStale) {
			err = errors.Join(err, end)
		}
		s.hints.left(follows, 1<<h.Shard)
	}
	return len(hs) > 0, err
}
