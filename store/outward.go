package store

import (
	"context"
	"errors"

	"workervoice/cases"
	"workervoice/flows"
)

// mayTellOutside asks flows whether an entry may tell a counterpart what it
// says. It reads all of the case's workers. One of them who changes what may
// be known meanwhile changes the case, and then all of it is done again.
func (s *Store) mayTellOutside(ctx context.Context, c openedCase, n cases.Entry) (err error) {
	var o flows.Outward
	if n.Org != "" {
		if o.Org, err = s.Organisation(ctx, n.Org); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	err = s.eachTold(ctx, c.id, func(m cases.Member, r *cases.Report) {
		if r == nil {
			r = new(cases.Report)
		}
		if !m.Consent.Name {
			o.Names = append(o.Names, m.Alias, r.Answers["name"].Text)
		}
		o.Places = append(o.Places, r.Answers["site"].Text, r.Answers["agency"].Text)
	})
	if err != nil {
		return err
	}
	return flows.MayTellOutside(n, o)
}

// eachTold calls f with each worker of a case that is kept under id, and with
// what that worker told: nil where that was erased. Who is damaged is left out.
func (s *Store) eachTold(ctx context.Context, id string, f func(cases.Member, *cases.Report)) error {
	for after := (Cursor{}); ; {
		ms, next, err := s.membersAfter(ctx, id, after, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if next == after {
			return nil
		}
		for _, m := range ms {
			r, err := s.b.Get(ctx, ShardOf(id), reports, reportID(id, m.Worker))
			if err != nil {
				return err
			}
			var p *cases.Report
			if err := decode(r.Body, &p); err != nil {
				return err
			}
			f(m, p)
		}
		after = next
	}
}
