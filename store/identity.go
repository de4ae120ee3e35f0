package store

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"workervoice/channels"
)

// A worker may be known on a channel by several names: a phone number today,
// a business-scoped id tomorrow. The conversation is kept under the first name
// heard; the record of any other name leads to it.

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// conversation returns the id under which a name is kept. A name that a worker
// has given up may one day be another's, who then gets the next generation.
func (s *Store) conversation(ch channels.ID, user string, generation int) string {
	if generation == 0 {
		return s.name("conversation", string(ch), user)
	}
	return s.name("conversation", string(ch), user, itoa(int64(generation)))
}

// at returns the conversation at an address as it stands now, or the id under
// which it is to begin.
func (s *Store) at(ctx context.Context, a channels.Address) (id string, k *known, err error) {
	return s.find(ctx, a.Channel, a.User, s.read)
}

// find returns the conversation that a name stands for, or the id under which
// it is to begin, as look tells.
func (s *Store) find(ctx context.Context, ch channels.ID, user string, look func(context.Context, string) (*known, error)) (id string, k *known, err error) {
	name := s.conversation(ch, user, 0)
	for g := 0; ; g++ {
		id = s.conversation(ch, user, g)
		if k, err = look(ctx, id); err != nil {
			return id, k, err
		}
		if k.To != "" {
			id = k.To
			k, err = look(ctx, id)
			return id, k, err
		}
		if !slices.Contains(k.Left, name) {
			return id, k, nil
		}
	}
}

// A place is where an event belongs.
type place struct {
	conv  string
	k     *known
	names []string // other names that lead to it, learnt from the event
	left  string   // a name that the worker has given up, as the event says
}

// resolve returns where e belongs, after it has noted what e says about names.
func (s *Store) resolve(ctx context.Context, e channels.Event) (p place, err error) {
	for range 5 {
		if p, err = s.resolveOnce(ctx, e); !errors.Is(err, ErrStale) {
			return p, err
		}
		s.forget(e)
	}
	return p, err
}

func (s *Store) resolveOnce(ctx context.Context, e channels.Event) (place, error) {
	conv, k, err := s.find(ctx, e.From.Channel, e.From.User, s.know)
	p := place{conv: conv, k: k}
	if err != nil || e.Alias == "" || e.Alias == e.From.User {
		return p, err
	}
	name := s.conversation(e.From.Channel, e.Alias, 0)
	if slices.Contains(k.Names, name) && e.Kind != channels.Moved || slices.Contains(k.Left, name) {
		return p, nil
	}
	other, o, err := s.find(ctx, e.From.Channel, e.Alias, s.know)
	if err != nil {
		return p, err
	}
	switch {
	case !k.kept && o.kept && other != conv: // known so far by the other name only
		p = place{conv: other, k: o, names: []string{conv}}
		err = s.lead(ctx, conv, k, other)
	case e.Kind != channels.Moved && !o.kept && other != conv:
		p.names = []string{other}
		err = s.lead(ctx, other, o, conv)
	case other == conv && e.Kind != channels.Moved: // another process was first
		p.names = []string{name}
	}
	if err == nil && e.Kind == channels.Moved {
		p.left = name
		err = s.depart(ctx, name, other, p.conv)
	}
	return p, err
}

// lead has the record id, as it is known, lead to a conversation.
func (s *Store) lead(ctx context.Context, id string, was *known, conv string) error {
	return s.change(ctx, id, was, conv, standing{To: conv})
}

// depart notes that a name is no longer that of the worker it stands for, who
// goes on in conv.
func (s *Store) depart(ctx context.Context, name, other, conv string) error {
	if other == name && other != conv { // two workers so far: the old name's is not to be reached by it
		k, err := s.know(ctx, other)
		if err != nil || !k.kept {
			return err
		}
		next := k.standing
		next.Gone, next.Left = true, append(slices.Clone(next.Left), name)
		return s.change(ctx, other, k, other, next)
	}
	k, err := s.know(ctx, name)
	if err != nil || k.To == "" {
		return err
	}
	return s.change(ctx, name, k, "", standing{}) // a name that leads nowhere
}

// change replaces what is kept under id, sealed with the key of subject. Without
// one nothing is left of it.
func (s *Store) change(ctx context.Context, id string, was *known, subject string, next standing) error {
	p := was.put(id, &next)
	p.Subject = subject
	at := s.now()
	_, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: at, Put: []Put{p}, Add: tally(p)})
	if err != nil {
		s.recent.drop(id)
		return err
	}
	s.recent.put(id, &known{next, was.version + 1, subject != "", at})
	return nil
}

// forget drops what is at hand about the names in e.
func (s *Store) forget(e channels.Event) {
	for _, user := range []string{e.From.User, e.Alias} {
		id := s.conversation(e.From.Channel, user, 0)
		if k, ok := s.recent.get(id); ok && k.To != "" {
			s.recent.drop(k.To)
		}
		s.recent.drop(id)
	}
}
