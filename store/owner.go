package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// ErrTaken means that another caseworker has the conversation. The error that
// wraps it is a *[Taken] and says who.
var ErrTaken = errors.New("store: another caseworker has this conversation")

// Taken says who has a conversation.
type Taken struct {
	By    cases.CaseworkerID
	Since time.Time
	Epoch int64 // with which it can be assigned
}

// Error says what to do.
func (t *Taken) Error() string {
	return "store: another caseworker has this conversation: ask for it, or have a supervisor assign it"
}

// Unwrap returns [ErrTaken].
func (t *Taken) Unwrap() error { return ErrTaken }

// errHidden is the answer about a conversation that there is not, and about
// another organisation's: who asks cannot tell one from the other.
var errHidden = fmt.Errorf("store: no such conversation (%w, %w)", ErrNotFound, ErrDenied)

// How a conversation changes hands, as its transcript and the audit say it.
const (
	TookOver    = "took over"
	HandedBack  = "handed back"
	AssignedTo  = "assigned"
	Transferred = "transferred"
)

// AnyEpoch stands for the epoch of whoever has not looked.
const AnyEpoch = -1

// summon has the conversation wait for a person. One that a caseworker has
// stays with that caseworker.
func (n *standing) summon(severity cases.Severity, now time.Time) {
	n.Severity = n.Severity.Worse(severity)
	if n.Owner == "" {
		n.Owner, n.Waiting = Queued, now
		n.Epoch++
	}
}

// talks reports whether a caseworker may read and write conversations.
func talks(by cases.Caseworker) bool {
	return by.ID != "" && by.ID != Queued && by.Role != cases.Desk && by.Role != cases.Partner && by.Role != cases.Worker
}

// chat returns a conversation that by may deal with.
func (s *Store) chat(ctx context.Context, by cases.Caseworker, id string) (string, *known, error) {
	if !talks(by) {
		return id, nil, errHidden
	}
	return s.shown(ctx, by, id)
}

// shown is chat without a look at what by may do.
func (s *Store) shown(ctx context.Context, by cases.Caseworker, id string) (string, *known, error) {
	k, err := s.read(ctx, id)
	if err == nil && k.To != "" {
		id = k.To
		k, err = s.read(ctx, id)
	}
	if err == nil && (!k.kept || by.Role != cases.Desk && !within(by, k.Org)) {
		err = errHidden
	}
	return id, k, err
}

// Waiting returns up to n conversations that wait for a person and that by may
// take, those waiting longest in front, and where to go on.
func (s *Store) Waiting(ctx context.Context, by cases.Caseworker, after Cursor, n int) ([]Conversation, Cursor, error) {
	rs, cs, err := s.b.List(ctx, waiting, after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	var out []Conversation
	for i, r := range rs {
		k, fault := knownOf(r, s.now())
		if fault != nil {
			return nil, after, fault
		}
		if k.kept && within(by, k.Org) {
			out = append(out, k.Conversation)
		}
		after = cs[i]
	}
	if err := s.note(ctx, by, "list waiting", s.desk(by)); err != nil {
		return nil, after, err
	}
	return out, after, err
}

// A handing moves a conversation to another owner.
type handing struct {
	by   cases.Caseworker
	what string // TookOver and the like
	to   string // of whom, for the transcript
	seen int64  // the epoch that by has seen, or AnyEpoch
	own  bool   // only who has it, or a supervisor, may
	next func(*standing)
	say  []channels.Outbound
	back *channels.Event // to the conversation
}

// TakeOver makes by the owner of a conversation as it was at epoch: from now on
// the bot says nothing that was decided before, and what is on its way has
// arrived (unless Late is set: after some seconds it waits no longer). The
// worker is sent say.
//
// Where somebody else has it the error is a *[Taken]; where it has changed since
// epoch, ErrStale. For a caseworker who has it already nothing changes.
func (s *Store) TakeOver(ctx context.Context, by cases.Caseworker, id string, epoch int64, say ...channels.Outbound) (Conversation, error) {
	id, k, err := s.chat(ctx, by, id)
	if err != nil {
		return Conversation{}, err
	}
	if k.Owner == string(by.ID) {
		return k.Conversation, nil
	}
	return s.hand(ctx, id, handing{by: by, what: TookOver, seen: epoch, say: say, next: func(n *standing) { n.hold(by, s.now()) }})
}

// hold gives a conversation to a caseworker.
func (n *standing) hold(to cases.Caseworker, now time.Time) {
	n.Epoch++
	n.Owner, n.Waiting, n.Held, n.Taken = string(to.ID), time.Time{}, now, n.Epoch
	if to != cases.Bot {
		n.Org = to.Org
	}
}

// HandBack makes the bot the owner of a conversation that by has, or that a
// supervisor takes from whoever has it, as it was at epoch. The bot learns of
// it with an event in the same commit: how says what it is to do, name who
// leaves. For a conversation that the bot has already nothing changes.
func (s *Store) HandBack(ctx context.Context, by cases.Caseworker, id string, epoch int64, how, name string) (Conversation, error) {
	id, k, err := s.chat(ctx, by, id)
	if err != nil {
		return Conversation{}, err
	}
	if k.Owner == "" {
		return k.Conversation, nil
	}
	return s.hand(ctx, id, handing{by: by, what: HandedBack, seen: epoch, own: true, next: func(n *standing) {
		n.Epoch++
		if n.Human() {
			n.Met = s.now()
		}
		n.Owner, n.Waiting, n.Held, n.Since, n.Severity, n.Unread = "", time.Time{}, time.Time{}, time.Time{}, cases.Unjudged, 0
	}, back: &channels.Event{Kind: channels.Brought, What: HandedBack, Topic: how, Text: name}})
}

// Assign gives a conversation, as it was at epoch, to another caseworker of the
// same organisation, or with an empty to.ID back to the queue. Who has it may,
// a supervisor, and anybody while nobody has it.
func (s *Store) Assign(ctx context.Context, by cases.Caseworker, id string, epoch int64, to cases.Caseworker, say ...channels.Outbound) (Conversation, error) {
	id, k, err := s.chat(ctx, by, id)
	switch {
	case err != nil:
		return Conversation{}, err
	case to.ID != "" && (!talks(to) || to == cases.Bot || to.Org != k.Org):
		return Conversation{}, ErrDenied
	case k.Owner == string(to.ID) && to.ID != "" || k.Owner == Queued && to.ID == "":
		return k.Conversation, nil
	}
	return s.hand(ctx, id, handing{by: by, what: AssignedTo, to: string(to.ID), seen: epoch, own: true, say: say, next: func(n *standing) {
		if to.ID != "" {
			n.hold(to, s.now())
			return
		}
		n.queue(s.now())
	}})
}

// queue puts a conversation into the queue of its organisation.
func (n *standing) queue(now time.Time) {
	n.Epoch++
	if n.Human() {
		n.Met = now
	}
	n.Owner, n.Waiting, n.Held = Queued, now, time.Time{}
	if n.Since.IsZero() {
		n.Since = now
	}
}

// Transfer puts a conversation, as it was at epoch, into the queue of another
// organisation, which from then on is the only one to see it. The desk may, who
// has it, a supervisor, and anybody of the organisation while nobody has it.
func (s *Store) Transfer(ctx context.Context, by cases.Caseworker, id string, epoch int64, org cases.OrgID, say ...channels.Outbound) (Conversation, error) {
	id, k, err := s.shown(ctx, by, id)
	switch {
	case err != nil:
		return Conversation{}, err
	case by.Role != cases.Desk && !talks(by) || by.Role == cases.Desk && k.Human():
		return Conversation{}, errHidden
	case org == "":
		return Conversation{}, errors.New("store: a conversation is transferred to an organisation: name one")
	case k.Org == org:
		return k.Conversation, nil
	}
	return s.hand(ctx, id, handing{by: by, what: Transferred, to: string(org), seen: epoch, own: true, say: say, next: func(n *standing) {
		n.Org = org
		n.queue(s.now())
	}})
}

// hand carries out h, again if the worker has just written.
func (s *Store) hand(ctx context.Context, id string, h handing) (Conversation, error) {
	c, lanes, err := s.handOver(ctx, id, h)
	if err == nil && len(lanes) > 0 { // senders of this process, let in again, hold none for long
		c.Late = !s.settled(ctx, id, lanes...) || c.Late
	}
	return c, err
}

// handOver is hand without a look at other processes: it returns the lanes that
// they may send from.
func (s *Store) handOver(ctx context.Context, id string, h handing) (c Conversation, lanes []Lane, err error) {
	leave, quiet := s.passing.take(ctx, id)
	defer leave()
	for {
		_, k, err := s.shown(ctx, h.by, id)
		switch {
		case err != nil:
			return c, nil, err
		case k.Human() && !(h.own && (k.Owner == string(h.by.ID) || h.by.Role == cases.Supervisor || h.by == cases.Bot)):
			if k.Owner == string(h.by.ID) { // a double click, at the same moment
				return k.Conversation, nil, nil
			}
			return c, nil, &Taken{cases.CaseworkerID(k.Owner), k.Held, k.Epoch}
		case h.seen != AnyEpoch && h.seen != k.Epoch:
			return c, nil, ErrStale
		}
		next := k.standing
		h.next(&next)
		b := s.turned(id, k, &next)
		b.Append = append(b.Append, s.audit(h.by, h.what, id))
		s.speak(&b, &next, Exchange{By: h.by.ID, What: h.what, To: h.to}, h.say)
		if h.back != nil {
			e := *h.back
			e.ID, e.From, e.At = "back/"+id+"/"+itoa(next.Epoch), k.With, b.At
			b.Once = []string{s.event(id, e)}
			b.Jobs = append(b.Jobs, Job{Lane: Lane{turns, id}, Subject: inbox, Body: encode(e), Due: b.At})
		}
		if err = s.turn(ctx, id, b, &next); err == nil {
			if k.Org != next.Org {
				s.tell(id, k.Org)
			}
			c = next.Conversation
			c.Late = !quiet
			return c, b.Ring, nil
		}
		if !errors.Is(err, ErrStale) { // else the worker has just written
			return c, nil, err
		}
	}
}

// turned returns the batch that moves a conversation on, and has what waits
// to be sent looked at again.
func (s *Store) turned(id string, k *known, next *standing) Batch {
	record := k.put(id, next)
	return Batch{
		Shard: ShardOf(id), At: s.now(), Put: []Put{record}, Add: tally(record),
		Ring: s.lanes(k.Conversation),
	}
}

// lanes are those from which messages go to a conversation's worker.
func (s *Store) lanes(c Conversation) []Lane {
	return []Lane{{outbox(c.With.Channel), c.ID}, {pushbox(c.With.Channel), c.ID}}
}

// speak adds messages to a batch, and to the transcript with what else x says.
func (s *Store) speak(b *Batch, n *standing, x Exchange, ms []channels.Outbound) {
	x.At = b.At
	for i, m := range ms {
		if m.Key == "" {
			m.Key = n.ID + "/" + itoa(n.Epoch) + "/" + itoa(int64(i))
		}
		m.To, m.Owner = n.With, n.Epoch
		x.Sent = append(x.Sent, m)
		b.Jobs = append(b.Jobs, Job{Lane: Lane{outbox(n.With.Channel), n.ID}, Subject: n.ID, Body: encode(m), Due: b.At})
	}
	b.Append = append(b.Append, Entry{Log: n.ID + "/log", Subject: talk(n.ID, n.Talk), Body: encode(x)})
}

// turn commits what a person did to a conversation.
func (s *Store) turn(ctx context.Context, id string, b Batch, next *standing) error {
	_, err := s.commit(ctx, b)
	if err != nil {
		s.recent.drop(id)
		return err
	}
	s.owners.put(id, next.Epoch)
	s.recent.put(id, &known{*next, b.Put[0].Version + 1, true, b.At})
	for _, l := range b.Ring {
		s.hints.left(l.Queue, 1<<b.Shard)
	}
	s.hints.left(turns, 1<<b.Shard)
	s.tell(id, next.Org)
	return nil
}

// overtaken reports whether what is at hand of a conversation is older than
// what this process has made of its owner.
func (s *Store) overtaken(id string, k *known) bool {
	epoch, ok := s.owners.get(id)
	return ok && k.Epoch < epoch
}
