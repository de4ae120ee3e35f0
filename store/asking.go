package store

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// An Asking is one time that the workers of an issue are asked about it.
type Asking struct {
	Key    string // of the entry that asks; the same each time it is carried out
	Case   cases.ID
	Issue  cases.Code     // empty: all of the case's
	What   string         // check, recheck, safety, pressure; heard: no question, only that a person has taken up the case
	Worker cases.WorkerID // only this one
}

// Ask puts a question about a remedy to up to n more workers of a case, and
// returns where to go on: the zero Cursor when there are no more. Where it is
// carried out twice, nobody is asked twice nor counted twice.
//
// Those are asked who take part, have not said themselves what is asked, and
// have a chat: what a caseworker was told is asked once more.
// How the others are asked is for a caseworker: see [cases.Answered].Proxy.
func (s *Store) Ask(ctx context.Context, a Asking, after Cursor, n int) (Cursor, error) {
	for {
		next, err := s.ask(ctx, a, after, n)
		if !errors.Is(err, ErrStale) || ctx.Err() != nil {
			return next, err
		}
	}
}

// An asked worker is one of those who are asked, with what about.
type askedWorker struct {
	member cases.Member
	claims []cases.Claim
}

func (s *Store) ask(ctx context.Context, a Asking, after Cursor, n int) (Cursor, error) {
	was, err := s.opened(ctx, change{by: cases.Bot, n: cases.Entry{Case: a.Case, Kind: cases.Proxied}})
	if err != nil || was.Version == 0 {
		return Cursor{}, err
	}
	rs, next, err := s.toAsk(ctx, a, was.id, after, n)
	if err != nil {
		return after, err
	}
	b := Batch{Shard: ShardOf(was.id), At: s.now()}
	c := was.Case
	var who []askedWorker
	for _, r := range rs {
		var m cases.Member
		if r.Body == nil {
			continue
		}
		if err := decode(r.Body, &m); err != nil {
			return after, err
		}
		x := askedWorker{member: m, claims: a.of(c, m)}
		if len(x.claims) == 0 {
			continue
		}
		who = append(who, x)
		if a.What != "check" {
			continue
		}
		is := &m
		for _, cl := range x.claims {
			if cl.Round == c.Issue(cl.Issue).Round && cl.Asked >= c.Issue(cl.Issue).Check { // counted before
				continue
			}
			ch, err := flows.Live(c, is, cases.Entry{Key: a.Key, Case: a.Case, Kind: cases.Polled, Member: m.Worker, Issue: cl.Issue, At: b.At, Role: cases.System})
			if err != nil {
				continue // closed meanwhile: nobody needs to be asked
			}
			c, is = ch.Case, ch.Member
		}
		if is != &m {
			b.Put = append(b.Put, s.putMember(was.id, r, &m, is))
		}
	}
	if len(b.Put) > 0 {
		if err := s.commitAsked(ctx, was, c, b); err != nil {
			return after, err
		}
	}
	return next, s.bringQuestions(ctx, a, was.Case, who)
}

// toAsk returns the records of up to n more members.
func (s *Store) toAsk(ctx context.Context, a Asking, id string, after Cursor, n int) ([]Record, Cursor, error) {
	if a.Worker != "" {
		_, r, err := s.member(ctx, id, a.Worker)
		return []Record{r}, Cursor{}, err
	}
	rs, cs, err := s.b.List(ctx, joinersOf(id), after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	if len(rs) == 0 { // fewer than n may also be all that was read at once
		return nil, Cursor{}, nil
	}
	return rs, cs[len(cs)-1], nil
}

// of returns the claims of a member that are asked about.
func (a Asking) of(c cases.Case, m cases.Member) (cs []cases.Claim) {
	if m.Held || m.Left && a.What != "safety" || m.Spokes || m.Chat == "" {
		return nil
	}
	for _, cl := range m.Claims {
		i := c.Issue(cl.Issue)
		if i == nil || a.Issue != "" && a.Issue != cl.Issue {
			continue
		}
		word := flows.Says(cl.Last)
		closed := cl.Status == cases.Satisfied || cl.Status == cases.Partly
		ask := false
		switch a.What {
		case "check":
			ask = i.Status == cases.Checking && (cl.Round != i.Round || word == "" || cl.Last.Proxy != "")
		case "recheck":
			ask = closed && !i.Status.Open()
		case "safety":
			ask = cl.Status == cases.Withdrawn && m.Consent.Contact && len(cs) == 0
		case "pressure":
			ask = closed && cl.Last.Pressed == ""
		case "heard":
			ask = len(cs) == 0
		}
		if ask {
			cs = append(cs, cl)
		}
	}
	return cs
}

// commitAsked keeps with the case that some of its members were asked.
func (s *Store) commitAsked(ctx context.Context, was openedCase, c cases.Case, b Batch) error {
	p := Put{Record: Record{Kind: files, ID: was.id, Version: was.Version, Body: encode(c)}, Subject: was.id}
	before, after := places(was.Case), places(c)
	p.Was, p.Index = moved(before, after)
	b.Put = append(b.Put, p)
	b.Add = append(append(counted(was.Case, -1), counted(c, 1)...), shown(before, after)...)
	b.Add = net(append(b.Add, figured(was.Case, c, nil, nil)...))
	_, err := s.commit(ctx, b)
	if err == nil {
		s.tellCase(was.Case, c)
	}
	return err
}

// bringQuestions puts the question into the workers' conversations.
func (s *Store) bringQuestions(ctx context.Context, a Asking, c cases.Case, who []askedWorker) error {
	var bs []Batch
	var shards uint64
	for _, x := range who {
		k, err := s.chatOf(ctx, x.member)
		if err != nil {
			return err
		}
		if k == nil {
			continue
		}
		for _, cl := range x.claims {
			e := channels.Event{ID: "ask/" + a.Key + "/" + a.What + "/" + string(cl.Issue) + "/" + k.ID, Kind: channels.Brought, What: a.What, From: k.With, At: s.now(),
				Case: string(a.Case), Topic: string(cl.Issue), Facts: map[string]string{"round": strconv.Itoa(c.Issue(cl.Issue).Round)}}
			if p := c.Issue(cl.Issue).Promise; p != nil && a.What == "check" {
				e.Text = p.Texts[k.Session.Lang]
			}
			if cl.Amount != "" {
				e.Facts["amount"] = cl.Amount
			}
			b := s.arrival(k.ID, e)
			bs, shards = append(bs, b), shards|1<<b.Shard
		}
	}
	for _, r := range s.b.Commit(ctx, bs...) {
		if r.Err != nil && !errors.Is(r.Err, ErrSeen) && !errors.Is(r.Err, ErrErased) {
			return r.Err
		}
	}
	s.hints.left(turns, shards)
	return nil
}

// Promised sets what one worker is to get of what an employer has promised, so
// that the worker, and nobody else, is asked for that amount.
func (s *Store) Promised(ctx context.Context, by cases.Caseworker, id cases.ID, w cases.WorkerID, issue cases.Code, amount string) error {
	for {
		err := s.promised(ctx, by, id, w, issue, amount)
		if !errors.Is(err, ErrStale) || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) promised(ctx context.Context, by cases.Caseworker, id cases.ID, w cases.WorkerID, issue cases.Code, amount string) error {
	if _, err := s.writable(ctx, by, id); err != nil {
		return err
	}
	m, r, err := s.member(ctx, s.caseID(id), w)
	if err == nil && (m == nil || m.Left || !slices.ContainsFunc(m.Claims, func(c cases.Claim) bool { return c.Issue == issue })) {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	is := m.Clone()
	is.Claim(issue).Amount = amount
	_, err = s.commit(ctx, Batch{Shard: ShardOf(s.caseID(id)), At: s.now(), Put: []Put{s.putMember(s.caseID(id), r, m, is)},
		Append: []Entry{s.audit(by, "promised", s.caseID(id))}})
	return err
}
