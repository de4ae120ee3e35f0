package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// What an erasure destroys.
const (
	Chat       = "chat" // what was said: the transcript and what was attached
	Contact    = "me"   // that too, the worker's name, and how the worker is reached; the reports stay
	Everything = "all"  // all that is kept about the worker
)

const (
	erasures  = "erase"   // queue of what erasures have left to do beyond the conversation's shard
	erasuring = "erasure" // subject that seals it
	byWorker  = "erased by subject"
)

// An erasure is what is left to do.
type erasure struct {
	What   string
	Conv   string
	Worker cases.WorkerID `json:",omitempty"`
	Names  []string       `json:",omitempty"`
	Cases  []string       `json:",omitempty"` // records of the worker's cases
	Texts  []string       `json:",omitempty"` // hidden names of the worker's names, to be taken out of them
	At     int64          // version of the conversation that was erased
	Talk   int            // generation of the attachments to delete
}

// Erase destroys the keys of what is kept about the worker at a. With [Chat]
// the transcript and attachments can not be read any more, and none that wait
// are downloaded; the reports and the rest stay. With [Contact] the worker's
// conversations and name go too: the reports stay, and nobody can write to the
// worker any more. With [Everything] the reports' words go as well, everywhere,
// with what waits to be sent; the cases go on without the worker and keep their
// codes. Who writes later is a new worker.
//
// When it returns nil all of this is done; after a crash [Store.File] does the rest.
func (s *Store) Erase(ctx context.Context, a channels.Address, what string) error {
	conv, _, err := s.at(ctx, a)
	if err != nil {
		return err
	}
	if err := s.eraseOne(ctx, conv, what); err != nil {
		return err
	}
	for more := true; more; {
		if more, err = s.sweep(ctx, perTurn, time.Minute); err != nil {
			return err
		}
	}
	return nil
}

// eraseOne erases what is in a conversation's own shard.
func (s *Store) eraseOne(ctx context.Context, conv, what string) error {
	for {
		k, err := s.read(ctx, conv)
		if err != nil {
			return err
		}
		if !k.kept {
			return nil
		}
		t := &Turn{conv: conv, was: k, Conversation: k.Conversation, With: k.With}
		c := s.closing(t, nil)
		*c.next = k.standing
		if err := c.erase(what); err != nil {
			return err
		}
		p := k.put(conv, c.next)
		if what != Chat { // nothing goes on here
			p.Subject, p.Was, p.Index = "", k.places(), nil
			c.b.Drop = append(c.b.Drop, Lane{turns, conv})
		}
		c.b.Put = append(c.b.Put, p)
		if what != Chat {
			c.b.Add = tally(p)
		}
		_, err = s.commit(ctx, c.b)
		s.recent.drop(conv)
		s.hints.left(erasures, 1<<c.b.Shard)
		if !errors.Is(err, ErrStale) { // else the worker has just written
			return err
		}
	}
}

// erase adds to the batch of c what destroys what was kept before it.
func (c *closing) erase(what string) error {
	conv, was := c.t.conv, c.t.was
	e := erasure{What: what, Conv: conv, At: was.version, Talk: was.Talk}
	c.b.Erase = append(c.b.Erase, talk(conv, was.Talk))
	c.b.Cut = append(c.b.Cut, conv+"/log", conv+"/notes")
	c.b.Drop = append(c.b.Drop, Lane{mediabox(c.t.With.Channel), conv})
	c.b.Scrub = true
	c.next.Talk, c.next.Line = was.Talk+1, Line{}
	switch what {
	case Chat:
	case Contact, Everything:
		e.Worker, e.Names = was.Worker, c.next.Names
		for _, m := range was.Session.Mine {
			e.Cases = append(e.Cases, c.s.caseID(m.ID))
			if name := m.Report; name != nil && name.Answers["name"].Text != "" {
				e.Texts = append(e.Texts, c.s.name("text", name.Answers["name"].Text))
			}
		}
		c.b.Cut = append(c.b.Cut, conv+"/sent")
		ch := c.t.With.Channel
		c.b.Drop = append(c.b.Drop, Lane{outbox(ch), conv}, Lane{pushbox(ch), conv})
		if what == Everything { // else what is on its way to a case still has to come there
			c.b.Erase = append(c.b.Erase, conv)
			c.b.Drop = append(c.b.Drop, Lane{entries, conv})
		}
		next := Conversation{
			ID: conv, Begun: c.b.At, With: c.next.With, Worker: cases.WorkerID(conv + "~w" + itoa(was.version)), LastIn: c.next.LastIn, Gone: c.next.Gone,
			Talk: was.Talk + 1, Epoch: was.Epoch + 1, Org: c.s.home,
		}
		*c.next = standing{Session: c.next.Session, Conversation: next, Left: was.Left}
	default:
		return fmt.Errorf("store: %q is nothing that can be erased: use %q, %q or %q", what, Chat, Contact, Everything)
	}
	c.b.Jobs = append(c.b.Jobs, Job{Lane: Lane{erasures, conv}, Subject: erasuring, Body: encode(e), Due: c.b.At})
	return nil
}

// sweep does what up to n erasures have left to do, and reports whether there
// was anything.
func (s *Store) sweep(ctx context.Context, n int, lease time.Duration) (bool, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: erasures, At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: perTurn})
	for _, h := range hs {
		b := Batch{Shard: h.Shard, At: now, Done: []Done{{Lane: h.Lane, Fence: f, N: len(h.Jobs), Due: now}}}
		var fault error
		for i, body := range h.Jobs {
			var e erasure
			if fault = decode(body, &e); fault == nil {
				fault = s.sweepOne(ctx, e)
			}
			if fault != nil {
				err = errors.Join(err, fault)
				b.Done[0].N, b.Done[0].Due = i, now.Add(patience)
				break
			}
		}
		if _, end := s.commit(ctx, b); end != nil && !errors.Is(end, ErrStale) {
			err = errors.Join(err, end)
		}
	}
	return len(hs) > 0, err
}

// sweepOne may be done again after a crash.
func (s *Store) sweepOne(ctx context.Context, e erasure) error {
	_, err := s.commit(ctx, Batch{
		Shard: ShardOf(erasures), At: s.now(), Once: []string{s.name(erasures, e.Conv, itoa(e.At))},
		Append: []Entry{s.audit(cases.Bot, byWorker, erasures)},
	})
	if err != nil && !errors.Is(err, ErrSeen) {
		return err
	}
	if err := s.registered(e); err != nil {
		return err
	}
	if s.files != nil {
		if err := errors.Join(s.files.DeleteAll(ctx, talk(e.Conv, e.Talk)), s.hurry(ctx, e.Conv)); err != nil {
			return err
		}
	}
	if e.What == Chat {
		return nil
	}
	for _, id := range e.Names {
		k, err := s.read(ctx, id)
		if err != nil {
			return err
		}
		if k.To != e.Conv {
			continue
		}
		p := k.put(id, &standing{})
		p.Subject = ""
		s.recent.drop(id)
		if _, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{p}}); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return s.eraseWorker(ctx, e)
}

// eraseWorker erases the other conversations of a worker, has the cases go on
// without, and then destroys the key of what the worker told. Of one who keeps
// the reports only the name leaves them.
func (s *Store) eraseWorker(ctx context.Context, e erasure) error {
	w := string(e.Worker)
	if w == "" {
		return nil
	}
	p, r, err := s.person(ctx, e.Worker)
	if err != nil {
		return err
	}
	for _, id := range p.Conversations {
		k, err := s.read(ctx, id)
		if err == nil && k.kept && k.Worker == e.Worker {
			err = s.eraseOne(ctx, id, e.What)
		}
		if err != nil {
			return err
		}
	}
	ids, err := s.joinedBy(ctx, e.Worker)
	if err != nil {
		return err
	}
	for _, id := range append(e.Cases, ids...) {
		if err := s.leaveCase(ctx, id, e); err != nil {
			return err
		}
	}
	b := Batch{Shard: ShardOf(w), At: s.now(), Scrub: true}
	if e.What == Everything {
		b.Erase = []string{w}
	}
	if r.Body != nil {
		b.Put = []Put{{Record: r}}
		b.Put[0].Body = erasedBody
	}
	_, err = s.commit(ctx, b)
	return err
}

// leaveCase has a case go on without a worker, or without the worker's name.
func (s *Store) leaveCase(ctx context.Context, id string, e erasure) error {
	if err := s.leaveUpdates(ctx, id, e.Worker); err != nil {
		return err
	}
	m, _, err := s.member(ctx, id, e.Worker)
	if err != nil {
		return err
	}
	c, _, err := s.caseAt(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n := cases.Entry{Key: "erased/" + e.Conv + "/" + itoa(e.At) + "/" + id, Case: c.ID, Worker: e.Worker, Kind: cases.Erased, At: s.now(), Role: cases.System}
	if e.What == Contact {
		if err := s.retractCase(ctx, id, retraction{Conv: e.Conv, Worker: e.Worker, Texts: e.Texts}); err != nil {
			return err
		}
		n.Kind, n.Trigger = cases.Unreachable, flows.Unnamed
	}
	if m == nil || n.Trigger != "" && m.Lost == n.Trigger { // the conversation has said so itself
		return nil
	}
	_, err = s.enter(ctx, change{by: cases.Bot, n: n})
	return err
}
