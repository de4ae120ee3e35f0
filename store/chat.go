package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// Every method here is about one conversation, by its [Conversation.ID]. It
// answers about another organisation's as about one that there is not, with an
// error that is both ErrDenied and ErrNotFound, and leaves an audit entry.

// saw notes that by looked at something; once an hour, since pages look again
// whenever something changes.
func (s *Store) saw(ctx context.Context, by cases.Caseworker, what, id string) error {
	now := s.now()
	once := s.name("saw", string(by.ID), what, id, itoa(now.Unix()/3600))
	if _, ok := s.noted.get(once); ok {
		return nil
	}
	return s.jot(ctx, Batch{Shard: ShardOf(id), At: now, Append: []Entry{s.audit(by, what, id)}, Once: []string{once}})
}

// Chat returns a conversation and where its flow stands. It does not say how
// the worker is reached: [Store.Reach] does.
func (s *Store) Chat(ctx context.Context, by cases.Caseworker, id string) (Conversation, flows.Session, error) {
	id, k, err := s.chat(ctx, by, id)
	if err == nil {
		err = s.saw(ctx, by, "read chat", id)
	}
	if err != nil {
		return Conversation{}, flows.Session{}, err
	}
	c := k.Conversation
	if by != cases.Bot {
		c.With.User = ""
	}
	return c, k.Session, nil
}

// ChatRow returns a conversation as lists show it.
func (s *Store) ChatRow(ctx context.Context, by cases.Caseworker, id string) (Row, error) {
	id, k, err := s.chat(ctx, by, id)
	if err == nil {
		err = s.saw(ctx, by, "read chat", id)
	}
	if err != nil {
		return Row{}, err
	}
	return k.row(), nil
}

// ChatOf returns the id of the conversation at an address, which tells nothing.
func (s *Store) ChatOf(ctx context.Context, a channels.Address) (string, error) {
	id, k, err := s.at(ctx, a)
	if err == nil && !k.kept {
		err = ErrNotFound
	}
	return id, err
}

// A Page is a stretch of a conversation.
type Page struct {
	Exchanges []Exchange       // oldest first
	States    map[string]State // what became of each message sent, by its key; absent: it still waits
	Before    int64            // where the page before it ends; zero: this is the first
}

// A State is the last that is known of a message.
type State struct {
	State  string // SentState and the like, or what the platform reported
	Reason string // why not
	At     time.Time
	Knock  time.Time // when the template was sent behind which it waits
}

// ChatLog returns up to n exchanges of a conversation that stand before a
// place; with before 0 the last ones.
func (s *Store) ChatLog(ctx context.Context, by cases.Caseworker, id string, before int64, n int) (Page, error) {
	id, _, err := s.chat(ctx, by, id)
	if err == nil {
		err = s.saw(ctx, by, "read chat", id)
	}
	if err != nil {
		return Page{}, err
	}
	from := int64(-1)
	if before > 0 {
		from = max(before-int64(n), 0)
		n = int(before - from)
	}
	bodies, first, err := s.b.Scan(ctx, ShardOf(id), id+"/log", from, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Page{}, err
	}
	p := Page{States: make(map[string]State), Before: first}
	for i, b := range bodies {
		x := Exchange{Place: first + int64(i)}
		if fault := decode(b, &x); fault != nil {
			return p, fault
		}
		if b != nil { // else erased
			p.Exchanges = append(p.Exchanges, x)
		}
	}
	return p, errors.Join(err, s.states(ctx, id, &p))
}

// slack is by how much a platform's clock may be behind ours.
const slack = 2 * time.Minute

// states finds what became of the messages of a page: in the log of receipts
// from the time of its first message on, as far as is needed.
func (s *Store) states(ctx context.Context, id string, p *Page) error {
	open := map[string]bool{}
	var since time.Time
	for _, x := range p.Exchanges {
		for _, m := range x.Sent {
			if open[m.Key] = true; since.IsZero() {
				since = x.At.Add(-slack)
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	log, names := id+"/sent", map[string]string{}
	from, err := s.receiptAt(ctx, id, log, since)
	if err != nil {
		return err
	}
	for read := 0; read < 2000 && len(open) > 0; {
		bodies, _, err := s.b.Scan(ctx, ShardOf(id), log, from, 100)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		for _, b := range bodies {
			var rs []Receipt
			if err := decode(b, &rs); err != nil {
				return err
			}
			for _, r := range rs {
				p.learn(r, open, names)
			}
		}
		if from, read = from+int64(len(bodies)), read+len(bodies); len(bodies) < 100 {
			break
		}
	}
	return nil
}

// receiptAt returns the place of the first receipt that came at a time or
// later, or one shortly before it.
func (s *Store) receiptAt(ctx context.Context, id, log string, at time.Time) (int64, error) {
	_, last, err := s.b.Scan(ctx, ShardOf(id), log, -1, 1)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return 0, err
	}
	lo, hi := int64(0), last
	for hi-lo > 50 {
		mid := (lo + hi) / 2
		bodies, _, err := s.b.Scan(ctx, ShardOf(id), log, mid, 1)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return 0, err
		}
		var rs []Receipt
		if len(bodies) > 0 {
			if err := decode(bodies[0], &rs); err != nil {
				return 0, err
			}
		}
		if len(rs) > 0 && rs[0].At.Before(at) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, nil
}

// ranks say which of two states of a message counts.
var ranks = map[string]int{
	SentState: 1, MaybeTwice: 1, string(channels.Accepted): 2, string(channels.Delivered): 3, string(channels.Read): 4,
	FailedState: 5, DroppedState: 5, Superseded: 5,
}

// learn takes over what a receipt tells of the messages of a page. A platform
// may name one by the name that it gave it.
func (p *Page) learn(r Receipt, open map[string]bool, names map[string]string) {
	key := r.Key
	if key == "" {
		key = names[r.MessageID]
	}
	if waits, knock := strings.CutSuffix(key, "/t"); knock && open[waits] {
		st := p.States[waits]
		st.Knock = r.At
		p.States[waits] = st
		return
	}
	if !open[key] {
		return
	}
	if r.MessageID != "" {
		names[r.MessageID] = key
	}
	if st := p.States[key]; ranks[r.State] >= ranks[st.State] {
		st.State, st.Reason, st.At = r.State, r.Reason, r.At
		p.States[key] = st
	}
}

// Seen notes that by has read all of a conversation: nothing in it is unread.
// Only who has it, or anybody while nobody does, changes that.
func (s *Store) Seen(ctx context.Context, by cases.Caseworker, id string) error {
	for {
		id, k, err := s.chat(ctx, by, id)
		if err != nil || k.Unread == 0 || k.Human() && k.Owner != string(by.ID) {
			return err
		}
		next := k.standing
		next.Unread = 0
		b := s.turned(id, k, &next)
		b.Ring = nil
		if err := s.turn(ctx, id, b, &next); !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// A Written says what became of what a caseworker wrote.
type Written struct {
	Conversation
	Keys []string // of the messages
}

// Write sends messages in a caseworker's name, and takes the conversation over
// where nobody has it: then hello goes first. key is the client's: however often
// a message comes with it, it is sent once, and the answer is the same. What a
// caseworker writes is never superseded. Where somebody else has the
// conversation the error is a *[Taken].
func (s *Store) Write(ctx context.Context, by cases.Caseworker, id, key string, hello, messages []channels.Outbound) (Written, error) {
	id, k, err := s.chat(ctx, by, id)
	if err == nil && len(messages) == 0 {
		err = errors.New("store: there is nothing to write")
	}
	if err != nil {
		return Written{}, err
	}
	w := writing{by: by, id: id, name: s.name("write", id, string(by.ID), key), hello: hello, messages: slices.Clone(messages)}
	out := Written{}
	for i := range w.messages {
		m := &w.messages[i]
		m.By, m.Key = string(by.ID), w.name+"/"+itoa(int64(i))
		out.Keys = append(out.Keys, m.Key)
	}
	leave, quiet := func() {}, true
	if !k.Human() {
		leave, quiet = s.passing.take(ctx, id)
	}
	var took bool
	for err = ErrStale; errors.Is(err, ErrStale); { // the worker has just written
		out.Conversation, took, err = s.writeOnce(ctx, w)
	}
	leave()
	if took {
		out.Late = !s.settled(ctx, id, s.lanes(out.Conversation)...) || !quiet
	}
	return out, err
}

// A writing is what a caseworker writes.
type writing struct {
	by              cases.Caseworker
	id, name        string // name begins the keys of the messages
	hello, messages []channels.Outbound
}

// writeOnce reports whether it took the conversation over.
func (s *Store) writeOnce(ctx context.Context, w writing) (c Conversation, took bool, err error) {
	_, k, err := s.chat(ctx, w.by, w.id)
	if err != nil {
		return c, false, err
	}
	if k.Human() && k.Owner != string(w.by.ID) {
		if s.wrote(ctx, w.id, w.name) { // and gave it away since
			return k.Conversation, false, nil
		}
		return c, false, &Taken{cases.CaseworkerID(k.Owner), k.Held, k.Epoch}
	}
	next := k.standing
	if took = !k.Human(); took {
		next.hold(w.by, s.now())
	}
	last := w.messages[len(w.messages)-1]
	next.Since, next.Unread, next.Line = time.Time{}, 0, Line{At: s.now(), By: w.by.ID, Text: shorten(last.Text)}
	b := s.turned(w.id, k, &next)
	b.Once = []string{w.name}
	b.Append = append(b.Append, s.audit(w.by, "wrote", w.id))
	if took {
		s.speak(&b, &next, Exchange{By: w.by.ID, What: TookOver}, w.hello)
	} else {
		b.Ring = nil
	}
	s.speak(&b, &next, Exchange{By: w.by.ID}, w.messages)
	err = s.turn(ctx, w.id, b, &next)
	if errors.Is(err, ErrSeen) {
		return k.Conversation, false, nil
	}
	s.hints.left(outbox(next.With.Channel), 1<<b.Shard)
	return next.Conversation, took, err
}

// wrote reports whether a message that came with a key is among the last of a
// conversation.
func (s *Store) wrote(ctx context.Context, id, name string) bool {
	xs, err := s.scan(ctx, id, -1, 50)
	return err == nil && slices.ContainsFunc(xs, func(x Exchange) bool {
		return slices.ContainsFunc(x.Sent, func(m channels.Outbound) bool { return strings.HasPrefix(m.Key, name+"/") })
	})
}
