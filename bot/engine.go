// Package bot moves conversations forward: it takes in what workers say, asks
// the flows what follows, and sends the answers.
//
// A message goes one way through it: webhook.go stores it, turn.go answers it
// (hear.go reads, flows decide, speak.go writes), send.go delivers what was
// decided after gate.go has looked whether it still may be.
package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
	"workervoice/translations"
)

// A Config says what an Engine works with.
type Config struct {
	Store    *store.Store
	Files    *store.Files // sealed attachments
	Channels []channels.Adapter
	Texts    *translations.Catalog
	Log      *slog.Logger
	Now      func() time.Time // time.Now outside tests
	Chance   io.Reader        // crypto/rand's if nil

	Name        string // what workers know the service by; harmless on a locked screen
	Org         string // the organisation that reads reports
	Independent string // who hears complaints about ourselves
	Public      string // the public address, without a slash at its end; empty if there is none
	Directory   cases.Directory

	Secret [32]byte                          // seals the addresses of attachments that platforms fetch
	Draw   func(link string) ([]byte, error) // draws a link as a code to scan, in PNG

	// Template is the approved WhatsApp template behind which messages wait
	// while the window is closed, and its language. Empty: they wait silently.
	Template, TemplateLang string

	// Tier is how many workers may be sent a template in 24 hours: WhatsApp's
	// messaging limit of the account, 250 to begin with. Zero: no limit.
	Tier int
}

// An Engine runs the bot. Several engines may share one store.
type Engine struct {
	Config
	named   map[string]any // what every text may hold
	turns   bell
	entries bell
	wakes   bell
	moved   bell
	follows bell
	fans    bell
	round   round // of fans
	soonest soonest
	hours   openings
	senders map[channels.ID]*sender
	links   links
	archive archive
	acks    acks
	stopped chan struct{}
	figures figures
	health  health
}

// New returns an engine that has yet to Run.
func New(c Config) *Engine {
	if c.Chance == nil {
		c.Chance = rand.Reader
	}
	e := &Engine{Config: c, named: map[string]any{"ServiceName": c.Name}, turns: newBell(), entries: newBell(), wakes: newBell(), moved: newBell(), follows: newBell(), fans: newBell(), stopped: make(chan struct{}), senders: make(map[channels.ID]*sender)}
	e.acks.rate.all = ackRate
	for _, a := range c.Channels {
		e.senders[a.Info().ID] = newSender(e, a)
		e.figures.room(a.Info().ID)
	}
	return e
}

const (
	lease   = time.Minute     // how long an engine may hold a conversation or a parcel
	tick    = 5 * time.Second // how often it looks for what nobody announced: another engine's leavings
	takers  = 8               // turns at a time, besides those that webhooks take
	sending = 160             // messages at a time, of each channel: a platform that takes 100 ms still gets 1,000 a second
)

// Run works until ctx is done, then finishes what it has begun. It is called once.
func (e *Engine) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	e.Store.OnWork(e.left)
	e.Store.OnPause(e.paused)
	for range takers {
		g.Go(func() error { return e.turns.loop(ctx, tick, e.answer) })
	}
	g.Go(func() error { return e.entries.loop(ctx, tick, e.file) })
	g.Go(func() error { return e.wake(ctx) })
	g.Go(func() error { return e.clock(ctx) })
	g.Go(func() error { return e.tidy(ctx) })
	g.Go(func() error { return e.follows.loop(ctx, tick, e.attend) })
	g.Go(func() error { return e.fans.loop(ctx, tick, e.fan) })
	for _, s := range e.senders {
		g.Go(func() error { return s.run(ctx) })
		if p, ok := s.a.(channels.Poller); ok && s.polls {
			g.Go(func() error { return e.poll(ctx, p) })
		}
		if f, ok := s.a.(channels.Fetcher); ok {
			g.Go(func() error {
				return s.media.loop(ctx, tick, func(ctx context.Context) bool { return e.fetch(ctx, s, f) })
			})
		}
		if m, ok := s.a.(channels.Meter); ok {
			g.Go(func() error { return e.meter(ctx, s, m) })
		}
	}
	err := g.Wait()
	close(e.stopped)
	e.acks.wait()
	return err
}

// poll takes in what a channel has for as long as the engine runs. One that
// cannot be asked, for want of a valid token, holds up none of the others; a
// terminal that is closed ends the engine.
func (e *Engine) poll(ctx context.Context, p channels.Poller) error {
	for {
		err := p.Poll(ctx, e.Deliver)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return err
		}
		e.Log.Error("a channel cannot be asked for messages, it is tried again in a minute", "channel", p.Info().ID, "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Minute):
		}
	}
}

// left has looked at what another engine has left. Updates that are on their
// way stand in no queue and are handed out by whoever approved them: only where
// that one may have ended does anybody else look for them before the next tick.
func (e *Engine) left(anything bool) {
	e.turns.ring()
	e.entries.ring()
	e.follows.ring()
	if anything {
		e.fans.ring()
	}
	for _, s := range e.senders {
		s.bell.ring()
		s.media.ring()
	}
}

// Poll says that a channel asks for its events instead of being called. It is
// called before Run.
func (e *Engine) Poll(id channels.ID) { e.senders[id].polls = true }

// info returns what a channel can carry.
func (e *Engine) info(id channels.ID) channels.Info {
	if s := e.senders[id]; s != nil {
		return s.info
	}
	return channels.Info{ID: id, Text: channels.Limit{N: 4096}, Body: channels.Limit{N: 1024}, Button: channels.Limit{N: 20}, Row: channels.Limit{N: 24}}
}

// A bell tells those who wait that there may be work. One ring wakes one of
// them, who rings again if there was.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// loop calls work whenever the bell rings, and now and then without, until ctx
// is done. It goes on without waiting as long as work reports that it did some.
func (b bell) loop(ctx context.Context, every time.Duration, work func(context.Context) bool) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		for ctx.Err() == nil && work(ctx) {
			b.ring()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b:
		case <-t.C:
		}
	}
}
