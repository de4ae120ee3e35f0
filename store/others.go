package store

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A Herald is a [Backend] that several processes use at once. What one of them
// says the others hear, soon and as a rule. Words may be lost, and may come
// after what they tell of is over, so nothing may rest on them.
type Herald interface {
	// Say passes words on to all processes, this one included.
	Say(ctx context.Context, words []byte) error

	// Hear calls f with what is said, one after the other, until ctx is done. It
	// calls f with nil where something may have been missed, and where a process
	// has ended that held something: one has to look everywhere.
	Hear(ctx context.Context, f func(words []byte))
}

// A Here says that somebody looks at a conversation, or does no longer.
type Here struct {
	Chat    string
	Who     cases.CaseworkerID
	Name    string
	Writing string
	Org     cases.OrgID
	Left    bool
}

// others tells other processes what changes, and hears it of them. The zero
// others is of a back end that has one process only.
type others struct {
	s    *Store
	to   Herald
	seal cipher.AEAD
	me   string
	bell chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	next  word
	known map[Hint]bool // those in next
	here  func(Here)
	work  func(anything bool)
	quiet func(channels.ID, time.Time)
}

// A word is what one process tells the others at a time.
type word struct {
	From  string
	Hints []Hint                    `json:",omitempty"`
	Left  map[string]uint64         `json:",omitempty"` // work that nobody holds: shards by queue
	Here  []Here                    `json:",omitempty"`
	Quiet map[channels.ID]time.Time `json:",omitempty"` // until when platforms asked for no messages
}

// gathers is how long hints wait for others, so that a busy process says a few
// words a second and not thousands.
const gathers = 25 * time.Millisecond

// meet begins to talk with other processes, if b has any.
func (o *others) meet(s *Store, b Backend, master Key) error {
	to, ok := b.(Herald)
	if !ok {
		return nil
	}
	key, err := hkdf.Key(sha256.New, master[:], nil, "others", 32)
	if err != nil {
		return err
	}
	if o.seal, err = aead(key); err != nil {
		return err
	}
	o.s, o.to, o.me, o.bell, o.known = s, to, rand.Text(), make(chan struct{}, 1), make(map[Hint]bool)
	var ctx context.Context
	ctx, o.stop = context.WithCancel(context.Background())
	o.done.Go(func() { to.Hear(ctx, o.hear) })
	o.done.Go(func() { o.talk(ctx) })
	return nil
}

// end says what is left to say, and no more.
func (o *others) end() {
	if o.to != nil {
		o.stop()
		o.done.Wait()
	}
}

// add has change say more with the next word.
func (o *others) add(change func(*word)) {
	if o.to == nil {
		return
	}
	o.mu.Lock()
	change(&o.next)
	o.mu.Unlock()
	select {
	case o.bell <- struct{}{}:
	default:
	}
}

func (o *others) tell(h Hint) {
	o.add(func(w *word) {
		switch {
		case o.known[h]:
		case len(w.Hints) >= manyHints:
			w.Hints = []Hint{{What: Everywhere}}
		default:
			w.Hints, o.known[h] = append(w.Hints, h), true
		}
	})
}

func (o *others) left(queue string, shards uint64) {
	o.add(func(w *word) {
		if w.Left == nil {
			w.Left = make(map[string]uint64)
		}
		w.Left[queue] |= shards
	})
}

func (o *others) pause(ch channels.ID, until time.Time) {
	o.add(func(w *word) {
		if w.Quiet == nil {
			w.Quiet = make(map[channels.ID]time.Time)
		}
		w.Quiet[ch] = latest(w.Quiet[ch], until)
	})
}

// talk says what has gathered until ctx is done.
func (o *others) talk(ctx context.Context) {
	t := time.NewTimer(gathers)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			o.say(last)
			return
		case <-o.bell:
		}
		o.say(ctx)
		t.Reset(gathers)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}

func (o *others) say(ctx context.Context) {
	o.mu.Lock()
	w := o.next
	o.next = word{}
	clear(o.known)
	o.mu.Unlock()
	if w.Hints == nil && w.Left == nil && w.Here == nil && w.Quiet == nil {
		return
	}
	w.From = o.me
	_ = o.to.Say(ctx, o.seal.Seal(nil, nil, encode(w), nil)) // only hints: whoever misses them looks now and then
}

// hear takes in what another process has said.
func (o *others) hear(words []byte) {
	if words == nil {
		o.s.hub.pass(Hint{What: Everywhere})
		o.s.hints.everywhere()
		if work := o.worker(); work != nil {
			work(true)
		}
		return
	}
	var w word
	plain, err := o.seal.Open(nil, nil, words, nil)
	if err != nil || decode(plain, &w) != nil || w.From == o.me {
		return // ours, or of an installation with another key
	}
	for _, h := range w.Hints {
		if h.What == ChatHint {
			o.s.recent.drop(h.ID)
		}
		o.s.hub.pass(h)
	}
	o.mu.Lock()
	here, quiet := o.here, o.quiet
	o.mu.Unlock()
	for ch, until := range w.Quiet {
		if quiet != nil {
			quiet(ch, until)
		}
	}
	for queue, shards := range w.Left {
		o.s.hints.left(queue, shards)
	}
	if work := o.worker(); work != nil && w.Left != nil {
		work(false)
	}
	for _, h := range w.Here {
		if here != nil {
			here(h)
		}
	}
}

// worker returns what is called when there may be work.
func (o *others) worker() func(anything bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.work
}

// Present tells other processes who looks at a conversation.
func (s *Store) Present(h Here) {
	s.hub.others.add(func(w *word) { w.Here = append(w.Here, h) })
}

// OnPresent has f called with what other processes say with Present. It is
// called once; f returns at once.
func (s *Store) OnPresent(f func(Here)) {
	s.hub.others.mu.Lock()
	defer s.hub.others.mu.Unlock()
	s.hub.others.here = f
}

// OnWork has f called when another process says that it has left work that
// nobody holds: claims look for it now. anything says that words may have been
// missed, or that a process has ended in the midst of what stands in no queue.
// It is called once; f returns at once.
func (s *Store) OnWork(f func(anything bool)) {
	s.hub.others.mu.Lock()
	defer s.hub.others.mu.Unlock()
	s.hub.others.work = f
}

// OnPause has f called when another process says until when a platform asked for
// no messages of a channel. It is called once; f returns at once.
func (s *Store) OnPause(f func(ch channels.ID, until time.Time)) {
	s.hub.others.mu.Lock()
	defer s.hub.others.mu.Unlock()
	s.hub.others.quiet = f
}
