package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"workervoice/flows"
)

// passing keeps a message of the bot and a caseworker who takes over from
// passing one another: while a message goes out nobody takes its conversation
// over, and while somebody does no message goes out.
type passing struct {
	mu sync.Mutex
	m  map[string]*passage
}

type passage struct {
	out    int           // messages on their way
	takers int           // who take the conversation over, or wait to
	change chan struct{} // closed when that changes; nil while nobody waits
}

// onItsWay is how long a takeover waits for a message on its way. A platform
// that hangs for longer must not keep a caseworker out.
const onItsWay = 4 * time.Second

// out waits until nobody is taking id over. What it returns ends the passage.
func (p *passing) out(id string) (leave func()) {
	for {
		p.mu.Lock()
		x := p.at(id)
		if x.takers == 0 {
			x.out++
			p.mu.Unlock()
			return func() { p.end(id, x, &x.out) }
		}
		c := x.waited()
		p.mu.Unlock()
		<-c
	}
}

// take waits until no message to id is on its way, and lets none begin. It
// reports false where it has waited long enough: one still is.
func (p *passing) take(ctx context.Context, id string) (leave func(), quiet bool) {
	p.mu.Lock()
	x := p.at(id)
	x.takers++
	p.mu.Unlock()
	leave = func() { p.end(id, x, &x.takers) }
	t := time.NewTimer(onItsWay)
	defer t.Stop()
	for {
		p.mu.Lock()
		if x.out == 0 {
			p.mu.Unlock()
			return leave, true
		}
		c := x.waited()
		p.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
			return leave, false
		case <-t.C:
			return leave, false
		}
	}
}

func (p *passing) at(id string) *passage {
	x := p.m[id]
	if x == nil {
		x = new(passage)
		if p.m == nil {
			p.m = make(map[string]*passage)
		}
		p.m[id] = x
	}
	return x
}

func (x *passage) waited() chan struct{} {
	if x.change == nil {
		x.change = make(chan struct{})
	}
	return x.change
}

func (p *passing) end(id string, x *passage, n *int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *n--; x.change != nil {
		close(x.change)
		x.change = nil
	}
	if x.out+x.takers == 0 {
		delete(p.m, id)
	}
}

// justNow is how long ago this process may have read or changed a conversation
// for a message to go out without another look at the back end, where other
// processes use that too. A takeover by another process, which can only have
// come after that, waits until this one lets the lane go that it holds, see
// settled; and a look would not be much newer, since its way to the back end
// and back takes time, too.
const justNow = 100 * time.Millisecond

// Pass returns how the conversation stands to which p is sent now, as the last
// look before the request, and keeps it from being taken over until leave is
// called. Where other processes use the same back end it reads that, unless
// this one wrote it justNow.
func (s *Store) Pass(ctx context.Context, p Parcel) (c Conversation, session flows.Session, leave func(), err error) {
	leave = s.passing.out(p.lane.ID)
	ago := recently
	if !s.alone {
		ago = justNow
	}
	if c, session, err = s.standing(ctx, p, ago); err != nil {
		leave()
	}
	return c, session, leave, err
}

// settled waits until no other process sends to a conversation what it looked
// at before the takeover. It reports false where it has waited long enough.
func (s *Store) settled(ctx context.Context, id string, lanes ...Lane) bool {
	if s.alone {
		return true
	}
	end := time.Now().Add(onItsWay)
	for _, l := range lanes {
		for !s.unheld(ctx, id, l) {
			if time.Now().After(end) || ctx.Err() != nil {
				return false
			}
			t := time.NewTimer(20 * time.Millisecond)
			select {
			case <-ctx.Done():
			case <-t.C:
			}
			t.Stop()
		}
	}
	return true
}

// unheld reports whether nobody holds a lane: it is empty, or can be rung.
func (s *Store) unheld(ctx context.Context, id string, l Lane) bool {
	now := s.now()
	if _, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: now, Idle: []Lane{l}}); !errors.Is(err, ErrStale) {
		return err == nil
	}
	r, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: now, Ring: []Lane{l}})
	return err == nil && r.Rang
}
