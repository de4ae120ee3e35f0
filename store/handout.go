package store

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// A Recipient is a worker who is to hear of an update, and how.
type Recipient struct {
	Member   cases.Member
	Chat     Conversation // the one in which the worker is told: the zero Conversation if there is none
	Session  flows.Session
	Lang     string // the worker's own
	Language string // in which the update is told; empty: the worker is left out
	Why      string // where the worker is left out: "proxy", "chat", "language"
}

// Recipients returns up to n workers to whom an update goes, and where to go
// on. It is the same for a plan as for what happens.
func (s *Store) Recipients(ctx context.Context, u cases.Update, after Cursor, n int) ([]Recipient, Cursor, error) {
	to, after, _, err := s.recipients(ctx, u, after, n)
	return to, after, err
}

// recipients is Recipients, and says whether those were the last.
func (s *Store) recipients(ctx context.Context, u cases.Update, after Cursor, n int) (to []Recipient, next Cursor, last bool, err error) {
	rs, cs, err := s.b.List(ctx, joinersOf(s.caseID(u.Case)), after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, false, err
	}
	ms := make([]cases.Member, 0, len(rs))
	for i, r := range rs {
		after = cs[i]
		var m cases.Member
		if r.Body == nil {
			continue
		}
		if err := decode(r.Body, &m); err != nil {
			return nil, after, false, err
		}
		if m.Held || m.Left || u.Issue != "" && !slices.ContainsFunc(m.Claims, func(c cases.Claim) bool { return c.Issue == u.Issue }) {
			continue
		}
		ms = append(ms, m)
	}
	out := make([]Recipient, len(ms))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, m := range ms {
		g.Go(func() (err error) {
			out[i], err = s.recipient(reading, u, m)
			return err
		})
	}
	return out, after, len(rs) < n, g.Wait()
}

// readers is how many conversations are read at a time for a plan.
const readers = 8

func (s *Store) recipient(ctx context.Context, u cases.Update, m cases.Member) (Recipient, error) {
	to := Recipient{Member: m, Lang: m.Lang}
	k, err := s.chatOf(ctx, m)
	if err != nil && !errors.Is(err, ErrDamaged) { // damaged: the others hear of it all the same
		return to, err
	}
	if k != nil {
		to.Chat, to.Session = k.Conversation, k.Session
		if k.Session.Lang != "" {
			to.Lang = k.Session.Lang
		}
	}
	to.Language = u.Language(to.Lang)
	switch {
	case m.Proxy && k == nil:
		to.Language, to.Why = "", "proxy"
	case k == nil:
		to.Language, to.Why = "", "chat"
	case to.Language == "":
		to.Why = "language"
	}
	return to, nil
}

// chatOf returns the conversation in which a worker is told: of several apps
// the one that is not blocked and not silent, and among those the one last
// used. It returns nil if there is none.
func (s *Store) chatOf(ctx context.Context, m cases.Member) (*known, error) {
	p, _, err := s.person(ctx, m.Worker)
	if err != nil {
		return nil, err
	}
	ids := p.Conversations
	if m.Chat != "" && !slices.Contains(ids, m.Chat) {
		ids = append(slices.Clip(ids), m.Chat)
	}
	var best *known
	for _, id := range ids {
		k, err := s.know(ctx, id)
		if err == nil && k.To != "" {
			k, err = s.know(ctx, k.To)
		}
		switch {
		case err != nil:
			return nil, err
		case k.kept && k.Worker == m.Worker && (best == nil || better(k, best)):
			best = k
		}
	}
	return best, nil
}

func better(a, b *known) bool {
	quiet := func(k *known) bool { return k.Session.Contact.Silent || k.Session.Contact.Paused }
	switch {
	case a.Gone != b.Gone:
		return b.Gone
	case quiet(a) != quiet(b):
		return quiet(b)
	}
	return a.LastIn.After(b.LastIn)
}

// HandOut hands an update that was approved to up to n more conversations, and
// returns it as it then is: UpdateOut when there are no more. Whoever does so
// again after a crash begins where it ended, and no conversation gets it twice.
// It returns ErrStale where somebody else does the same.
func (s *Store) HandOut(ctx context.Context, u cases.Update, n int) (cases.Update, int, error) {
	var after Cursor
	if err := uncursor(u.After, &after); err != nil {
		return u, 0, err
	}
	c, err := s.file(ctx, u.Case)
	if err != nil {
		return u, 0, err
	}
	to, next, last, err := s.recipients(ctx, u, after, n)
	if err != nil {
		return u, 0, err
	}
	if u, err = s.listed(ctx, u, to); err != nil {
		return u, 0, err
	}
	if err := s.bring(ctx, u, c, to); err != nil {
		return u, 0, err
	}
	was := u
	if u.After = cursorText(next); last {
		u.State = cases.UpdateOut
	}
	u, err = s.step(ctx, was, u, nil, nil)
	return u, len(to), err
}

// step replaces an update that is being handed out.
func (s *Store) step(ctx context.Context, was, u cases.Update, ps []Put, cs []Counter) (cases.Update, error) {
	_, err := s.commit(ctx, Batch{Shard: ShardOf(s.caseID(u.Case)), At: s.now(), Put: append(ps, s.putUpdate(was, u)), Add: cs})
	u.Version++
	return u, err
}

// listed makes the deliveries to a number of workers, and counts them.
func (s *Store) listed(ctx context.Context, u cases.Update, to []Recipient) (cases.Update, error) {
	id := s.caseID(u.Case)
	known := make(map[string]bool)
	for again := false; ; again = true {
		var ps []Put
		var cs []Counter
		was := u
		for _, r := range to {
			record := s.deliveryID(id, u.ID, r.Member.Worker)
			if again {
				_, version, err := s.delivery(ctx, id, record)
				if err != nil {
					return u, err
				}
				known[record] = version > 0
			}
			if known[record] {
				continue
			}
			d := cases.Delivery{Update: u.ID, Worker: r.Member.Worker, State: cases.ToSend, At: s.now(), Lang: r.Language, Channel: r.Member.Channel}
			if r.Language == "" {
				d.State, d.Why, d.Lang = cases.LeftOut, r.Why, r.Lang
			}
			p, add := s.putDelivery(id, record, 0, cases.Delivery{}, d)
			ps, cs = append(ps, p), append(cs, add...)
			u.Total++
		}
		if len(ps) == 0 {
			return u, nil
		}
		next, err := s.step(ctx, was, u, ps, net(cs))
		if err == nil || !errors.Is(err, ErrStale) || again {
			return next, err
		}
		u = was // stopped half way before: some are there
	}
}

// bring puts the update into the conversations of those who are told.
func (s *Store) bring(ctx context.Context, u cases.Update, c cases.Case, to []Recipient) error {
	bs := make([]Batch, 0, len(to))
	var shards uint64
	for _, r := range to {
		if r.Language == "" {
			continue
		}
		b := s.arrival(r.Chat.ID, channels.Event{ID: "update/" + u.ID + "/" + r.Chat.ID, Kind: channels.Brought, What: "update", From: r.Chat.With, At: s.now(),
			Case: string(u.Case), Topic: string(u.Issue), Update: u.ID, Facts: flows.Facts(u, c, r.Language)})
		bs, shards = append(bs, b), shards|1<<b.Shard
	}
	for _, r := range s.b.Commit(ctx, bs...) {
		if r.Err != nil && !errors.Is(r.Err, ErrSeen) {
			return r.Err
		}
	}
	s.hints.left(turns, shards)
	return nil
}

// TurnsDue returns how many conversations wait for a turn just now: whoever
// brings work that is in no hurry lets those go first.
func (s *Store) TurnsDue(ctx context.Context) (int64, error) {
	d, err := s.b.Depth(ctx, turns, s.now())
	return d.Due, err
}

func cursorText(c Cursor) string { return base64.RawURLEncoding.EncodeToString(encode(c)) }

func uncursor(text string, c *Cursor) error {
	if text == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = decode(b, c)
	}
	if err != nil {
		return errors.New("store: how far an update was handed out cannot be read")
	}
	return nil
}
