package store

import (
	"context"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// A Conversation is what is known of a chat beside where its flow stands.
type Conversation struct {
	ID     string           `json:"-"` // tells nothing, and may stand in an address of the console
	With   channels.Address // where the worker is reached: the newest name heard
	Worker cases.WorkerID   // a pseudonym; after pairing that of the other conversation
	Owner  string           `json:",omitempty"` // "" the bot, Queued, else the caseworker
	Epoch  int64            `json:",omitempty"` // rises when the owner changes
	LastIn time.Time        `json:",omitzero"`  // when the worker last did something
	Gone   bool             `json:",omitempty"` // blocked or left: nothing is sent until it returns
	Talk   int              `json:",omitempty"` // generation of the key that seals transcript and attachments

	Waiting  time.Time      `json:",omitzero"` // since when it is in the queue for a person
	Severity cases.Severity `json:",omitempty"`
	Org      cases.OrgID    `json:",omitempty"` // empty until an organisation takes it

	Taken  int64     `json:",omitempty"` // the epoch of the last takeover: what the bot decided before is not sent any more
	Held   time.Time `json:",omitzero"`  // since when a caseworker has it
	Met    time.Time `json:",omitzero"`  // when the last caseworker who had it left: what was reported before is known
	Since  time.Time `json:",omitzero"`  // when the worker wrote the first message that no person has answered; zero where none waits
	Unread int       `json:",omitempty"` // what the worker did since somebody of the team last looked
	Begun  time.Time `json:",omitzero"`
	Line   Line      `json:",omitzero"` // what a person last said in it
	Late   bool      `json:"-"`         // returned by a takeover: a message of the bot was still on its way
}

// Subject names the key that seals what is attached in c, for [Files.Put].
func (c Conversation) Subject() string { return talk(c.ID, c.Talk) }

// Human reports whether a caseworker has the conversation.
func (c Conversation) Human() bool { return c.Owner != "" && c.Owner != Queued }

// Queued owns a conversation that waits for a person.
const Queued = "waiting"

// A Turn is a conversation and what has happened in it since the last turn.
type Turn struct {
	With         channels.Address
	Worker       cases.WorkerID
	Session      flows.Session
	Events       []channels.Event // oldest first
	Conversation Conversation     // to read; an Outcome says what becomes of it

	// Due is set by Commit: messages to the worker can be claimed, beside
	// those of the parcel that it returned.
	Due bool

	conv  string
	was   *known
	names []string // other names of the conversation, learnt with these events
	left  string   // a name that the worker has given up
	held  Done     // the lease; none if the turn has yet to be stored
}

// An Outcome is all that a turn changes.
type Outcome struct {
	Session flows.Session

	// Send joins the outbox in this order, with the owner's epoch as it is
	// after the turn. Pushes and nudges wait in a lane of their own.
	Send []channels.Outbound

	Entries []cases.Entry  // join the cases' timelines, in order, exactly once
	Fetch   []Fetch        // attachments to download
	Stands  []flows.Stands // how far updates have come for this worker, exactly once
	Came    []Came         // counted exactly once
	Redact  bool           // the transcript keeps of what was said its kind, time and name only
	Retract []string       // names of messages that the worker took back: no copy of their words is left
	Gone    *bool          // the worker blocked the channel, or returned
	Summon  *Summon        // a person is asked for
	Pair    *Pair          // another app may go on with this conversation

	// Erase destroys what was kept before this turn, as [Store.Erase] does:
	// "chat" what was said, "all" everything. Session is then what remains,
	// and Send is the last that is said.
	Erase string
}

// A Fetch asks for an attachment to be downloaded.
type Fetch struct {
	Media channels.Media
	Case  cases.ID // whose timeline it joins; empty for none
}

// A Summon asks for a person to talk with the worker.
type Summon struct{ Severity cases.Severity }

// A Pair lets another app go on with a conversation, once, until a time.
type Pair struct {
	Code  string
	Until time.Time
}

const (
	sessions = "session" // kind of record
	waiting  = "waiting" // index of conversations that wait for a person, by since when
	perTurn  = 32        // most events in one turn
)

// A standing is what a conversation's record holds. One that holds To is no
// conversation: its name is another name of that one.
type standing struct {
	Session flows.Session
	Conversation
	Names []string      `json:",omitempty"` // ids of records that lead here
	Left  []string      `json:",omitempty"` // names that the worker has given up
	Fired []flows.Alarm `json:",omitempty"` // alarms of Session that have become events
	To    string        `json:",omitempty"`
}

// A known is a standing and what is known of its record. It is never changed:
// several turns may have it at hand.
type known struct {
	standing
	version int64
	kept    bool      // there is something to read
	at      time.Time // when that was so
}

// know returns what is kept under id, at hand or from the back end.
//
// Where several processes answer the same workers, what is at hand is old every
// other time, and to find that out at the commit costs several times what
// reading does. So after one such time it is read for a while.
func (s *Store) know(ctx context.Context, id string) (*known, error) {
	if k, ok := s.recent.get(id); ok && (s.alone || s.now().UnixNano()-s.beaten.Load() > int64(rivalry)) {
		return k, nil
	}
	return s.read(ctx, id)
}

// rivalry is how long a process that found something old at hand does not rely
// on what is there.
const rivalry = time.Minute

// read returns what the back end keeps under id.
func (s *Store) read(ctx context.Context, id string) (*known, error) {
	at := s.now()
	r, err := s.b.Get(ctx, ShardOf(id), sessions, id)
	if err != nil {
		return nil, err
	}
	k, err := s.atHand(r, at)
	if err != nil {
		return nil, err
	}
	s.recent.put(id, k)
	if !k.kept { // somebody else may have erased it: what is written from now on has a new key
		s.b.keys.drop(id)
	}
	return k, nil
}

// atHand is what a record says, without decoding it where what is at hand was
// made of the same: that takes as long as all else.
func (s *Store) atHand(r Record, at time.Time) (*known, error) {
	if k, ok := s.recent.get(r.ID); ok && r.Body != nil && k.kept && k.version == r.Version {
		now := *k
		now.at = at
		return &now, nil
	}
	return knownOf(r, at)
}

func knownOf(r Record, at time.Time) (*known, error) {
	k := &known{version: r.Version, at: at, kept: r.Body != nil}
	k.ID = r.ID
	return k, decode(r.Body, &k.standing)
}

// put returns the change of a conversation's record to next.
func (k *known) put(id string, next *standing) Put {
	p := Put{Record: Record{Kind: sessions, ID: id, Version: k.version, Body: encode(next)}, Subject: id}
	p.Was, p.Index = moved(k.standing.places(), next.places())
	return p
}

// places returns where a conversation stands in lists.
func (k *standing) places() (is []Index) {
	if t := k.wake(); !t.IsZero() {
		is = append(is, Index{wakes, t.UnixMilli()})
	}
	if k.Owner == Queued {
		is = append(is, Index{waiting, k.Waiting.UnixMilli()})
	}
	return k.boxes(is)
}

// wake returns the time of the first alarm that has not become an event.
func (k *standing) wake() (t time.Time) {
	for _, a := range k.Session.Alarms {
		if !k.fired(a) && (t.IsZero() || a.At.Before(t)) {
			t = a.At
		}
	}
	return t
}

func (k *standing) fired(a flows.Alarm) bool {
	return slices.ContainsFunc(k.Fired, func(b flows.Alarm) bool { return same(a, b) })
}

func same(a, b flows.Alarm) bool { return a.What == b.What && a.At.Equal(b.At) }

// acts reports whether an event is something that the worker did in the chat.
func acts(k channels.Kind) bool {
	switch k {
	case channels.Left, channels.Moved, channels.Changed, channels.Grouped, channels.Woke, channels.Brought:
		return false
	}
	return !k.Receipt()
}

// talk names the subject that seals transcript and attachments.
func talk(conv string, generation int) string { return conv + "~t" + itoa(int64(generation)) }
