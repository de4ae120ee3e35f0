package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"workervoice/cases"
)

const (
	updates = "update" // kind of record: news to workers, in the shard of their case
	going   = "going"  // index of updates that are being handed out, by when they were approved
)

var (
	// ErrApproved means that an update is on its way: it is not changed any
	// more. What was wrong in it is put right by a new update that names it.
	ErrApproved = errors.New("store: this update was approved; write a correction instead")

	// errChanged is ErrStale where looking again does not help.
	errChanged = errors.New("store: changed meanwhile")

	// ErrEmpty means that there is nothing that could be told to anybody.
	ErrEmpty = errors.New("store: nobody has written anything in this update; write it in one language at least")
)

func (s *Store) updateID(id, update string) string { return id + "~" + s.name(updates, update) }

// updatesOf names the index of a case's updates, by when they were made.
func updatesOf(id string) string { return updates + "/" + id }

// PutUpdate keeps a draft. Without an ID it is a new one; else it replaces the
// draft of that Version. It returns the draft as kept, ErrStale if somebody
// else has changed it meanwhile, and ErrApproved once it is on its way.
func (s *Store) PutUpdate(ctx context.Context, by cases.Caseworker, u cases.Update) (cases.Update, error) {
	if _, err := s.writable(ctx, by, u.Case); err != nil {
		return u, err
	}
	var err error
	was := cases.Update{Author: by.ID, Made: s.now()}
	if u.ID == "" {
		u.ID = "u" + strings.ToLower(rand.Text())[:19]
	} else if was, err = s.kept(ctx, u.Case, u.ID); err != nil && !(errors.Is(err, ErrNotFound) && by == cases.Bot) {
		return u, err
	}
	switch {
	case was.ID != "" && was.State != cases.UpdateDraft:
		return u, ErrApproved
	case was.Version != u.Version:
		return u, ErrStale
	case was.ID == "":
		was.Author, was.Made = by.ID, s.now()
	}
	u.State, u.Author, u.Made = cases.UpdateDraft, was.Author, was.Made
	u.By, u.After, u.Total, u.Right = "", "", 0, ""
	id := s.caseID(u.Case)
	_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{s.putUpdate(was, u)},
		Append: []Entry{s.audit(by, "draft update", id)}})
	u.Version++
	return u, err
}

// writes reports whether somebody may write to the workers of a case.
func writes(by cases.Caseworker, c cases.Case) bool {
	return by == cases.Bot || within(by, c.Org) && (by.Role == cases.Helper || by.Role == cases.Supervisor)
}

// writable returns a case to somebody who may write to its workers.
func (s *Store) writable(ctx context.Context, by cases.Caseworker, id cases.ID) (cases.Case, error) {
	c, err := s.file(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !sees(by, c):
		err = errNoCase
	case err == nil && !writes(by, c):
		err = ErrDenied
	}
	return c, err
}

// putUpdate returns the change of an update's record from was to u.
func (s *Store) putUpdate(was, u cases.Update) Put {
	id := s.caseID(u.Case)
	p := Put{Record: Record{Kind: updates, ID: s.updateID(id, u.ID), Version: u.Version, Body: encode(u)}, Subject: id}
	if u.Version == 0 {
		p.Index = []Index{{updatesOf(id), u.Made.UnixMilli()}}
	}
	switch {
	case was.State != cases.UpdateGoing && u.State == cases.UpdateGoing:
		p.Index = append(p.Index, Index{going, u.At.UnixMilli()})
	case was.State == cases.UpdateGoing && u.State != cases.UpdateGoing:
		p.Was = append(p.Was, Index{going, u.At.UnixMilli()})
	}
	return p
}

// kept returns an update without asking who wants it.
func (s *Store) kept(ctx context.Context, c cases.ID, update string) (u cases.Update, err error) {
	id := s.caseID(c)
	r, err := s.b.Get(ctx, ShardOf(id), updates, s.updateID(id, update))
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err != nil {
		return u, err
	}
	err = decode(r.Body, &u)
	u.Version = r.Version
	return u, err
}

// Approve sends a draft of that version on its way to the workers, and adds it
// to the case's timeline. Any caseworker of the case's organisation may. What
// it corrects, if anything, says so from then on, and is not read any more by
// those who have not yet.
func (s *Store) Approve(ctx context.Context, by cases.Caseworker, c cases.ID, update string, version int64) (cases.Update, error) {
	if _, err := s.writable(ctx, by, c); err != nil {
		return cases.Update{}, err
	}
	u, err := s.kept(ctx, c, update)
	if err != nil {
		return u, err
	}
	switch {
	case u.State != cases.UpdateDraft:
		return u, ErrApproved
	case u.Version != version:
		return u, ErrStale
	case cases.Wording(u.Kind) != "" && !slices.ContainsFunc(values(u.Texts), func(t string) bool { return strings.TrimSpace(t) != "" }):
		return u, ErrEmpty
	}
	return s.goAhead(ctx, by, u, cases.Entry{Key: "update/" + u.ID})
}

// Inform sends on its way an update that the bot has made, once: its ID says
// what it was made of. Who uses the same ID again changes nothing. A draft of
// that ID that nobody has approved goes out as it is.
func (s *Store) Inform(ctx context.Context, u cases.Update) error {
	switch was, err := s.kept(ctx, u.Case, u.ID); {
	case err == nil && was.State != cases.UpdateDraft:
		return nil
	case err == nil:
		u = was
	case !errors.Is(err, ErrNotFound):
		return err
	default:
		u.Version, u.Author, u.Made, u.State = 0, cases.Bot.ID, s.now(), cases.UpdateDraft
	}
	_, err := s.goAhead(ctx, cases.Bot, u, cases.Entry{Key: "update/" + u.ID, Role: cases.System})
	return err
}

// goAhead keeps an update's approval together with the entry that tells of it.
func (s *Store) goAhead(ctx context.Context, by cases.Caseworker, was cases.Update, n cases.Entry) (u cases.Update, err error) {
	n.Case, n.Kind, n.At, n.Issue, n.Other, n.Due = was.Case, cases.Updated, s.now(), was.Issue, was.ID, was.Due
	if was.Wrong != "" {
		n.Kind = cases.Corrected
	}
	_, err = s.do(ctx, by, n, func(_, next cases.Case, b *Batch) error {
		var ps []Put
		var fault error
		u, ps, fault = s.approving(ctx, by, next, was)
		b.Put = append(b.Put, ps...)
		return fault
	})
	if errors.Is(err, errChanged) {
		err = ErrStale
	}
	if err != nil {
		return was, err
	}
	u.Version++
	return u, nil
}

func values(m map[string]string) (vs []string) {
	for _, v := range m {
		vs = append(vs, v)
	}
	return vs
}

// approving returns the changes that approve an update: its own, and that of
// the one that it corrects.
//
// It is asked again where somebody else has changed the case meanwhile, so it
// reads whether the update is still the one that is to be approved.
func (s *Store) approving(ctx context.Context, by cases.Caseworker, c cases.Case, was cases.Update) (u cases.Update, ps []Put, err error) {
	switch now, err := s.kept(ctx, was.Case, was.ID); {
	case err != nil && !(errors.Is(err, ErrNotFound) && was.Version == 0):
		return was, nil, err
	case now.State != "" && now.State != cases.UpdateDraft:
		return was, nil, ErrApproved
	case now.Version != was.Version:
		return was, nil, errChanged
	}
	u = was
	u.State, u.By, u.At, u.Status, u.Total = cases.UpdateGoing, by.ID, s.now(), c.Status, 0
	ps = []Put{s.putUpdate(was, u)}
	if u.Wrong == "" {
		return u, ps, nil
	}
	wrong, err := s.kept(ctx, u.Case, u.Wrong)
	switch {
	case err != nil:
		return u, nil, err
	case wrong.State == cases.UpdateDraft || wrong.Right != "" && wrong.Right != u.ID:
		return u, nil, errChanged // it can still be changed, or was corrected by another
	}
	right := wrong
	right.Right = u.ID
	return u, append(ps, s.putUpdate(wrong, right)), nil
}

// Update returns an update of a case. It returns ErrNotFound where the case has
// none such, and, to an organisation that the case was referred to, for one
// from before.
func (s *Store) Update(ctx context.Context, by cases.Caseworker, c cases.ID, update string) (cases.Update, error) {
	return s.updateFor(ctx, by, "update", c, update)
}

// updateFor returns an update of a case to somebody who may read it, and notes
// what for.
func (s *Store) updateFor(ctx context.Context, by cases.Caseworker, what string, id cases.ID, update string) (cases.Update, error) {
	c, err := s.open(ctx, by, what, id)
	if err != nil {
		return cases.Update{}, err
	}
	u, err := s.kept(ctx, id, update)
	if err == nil && before(u, scope(by, c)) {
		return cases.Update{}, ErrNotFound
	}
	return u, err
}

// before reports whether an update was made before a case came into a scope.
func before(u cases.Update, x *cases.Scope) bool { return x != nil && u.Made.Before(x.Since) }

// Updates returns up to n updates of a case, oldest first, and where to go on.
// To an organisation that the case was referred to there are none from before.
func (s *Store) Updates(ctx context.Context, by cases.Caseworker, id cases.ID, after Cursor, n int) ([]cases.Update, Cursor, error) {
	c, err := s.open(ctx, by, "updates", id)
	if err != nil {
		return nil, after, err
	}
	us, after, err := s.updates(ctx, updatesOf(s.caseID(id)), after, n)
	return slices.DeleteFunc(us, func(u cases.Update) bool { return before(u, scope(by, c)) }), after, err
}

// Going returns up to n updates that are being handed out, those approved first
// in front, and where to go on. It is for the bot.
func (s *Store) Going(ctx context.Context, after Cursor, n int) ([]cases.Update, Cursor, error) {
	return s.updates(ctx, going, after, n)
}

func (s *Store) updates(ctx context.Context, index string, after Cursor, n int) ([]cases.Update, Cursor, error) {
	rs, cs, err := s.b.List(ctx, index, after, n)
	us := make([]cases.Update, 0, len(rs))
	for i, r := range rs {
		after = cs[i]
		if r.Body == nil {
			continue
		}
		var u cases.Update
		if fault := decode(r.Body, &u); fault != nil { // the others are read all the same
			err = errors.Join(err, fault)
			continue
		}
		u.Version = r.Version
		us = append(us, u)
	}
	return us, after, err
}

// CaseOf returns a case for the bot, which leaves no note.
func (s *Store) CaseOf(ctx context.Context, id cases.ID) (cases.Case, error) { return s.file(ctx, id) }

// DeliveryOf returns what [channels.Outbound] says in For.
func DeliveryOf(text string) (c cases.ID, update string) {
	a, b, _ := strings.Cut(text, "/")
	return cases.ID(a), b
}

// Told returns an update for the worker who is to read it. It is for the bot.
func (s *Store) Told(ctx context.Context, c cases.ID, update string) (cases.Update, error) {
	return s.kept(ctx, c, update)
}
