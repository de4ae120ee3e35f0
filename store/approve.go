package store

import (
	"context"

	"workervoice/cases"
)

// approve keeps an update's approval together with the entry that tells of it.
func (s *Store) approve(ctx context.Context, by cases.Caseworker, u cases.Update) (cases.Update, error) {
	n := cases.Entry{Key: "approved/" + u.ID, Case: u.Case, Kind: cases.Updated, Issue: u.Issue, Other: u.ID, Due: u.Due}
	if u.Wrong != "" {
		n.Kind = cases.Corrected
	}
	_, err := s.do(ctx, by, n, func(_, next cases.Case, b *Batch) error {
		approved, ps, err := s.approving(ctx, by, next, u)
		u.State, u.By, u.At = approved.State, approved.By, approved.At
		b.Put = append(b.Put, ps...)
		return err
	})
	u.Version++
	return u, err
}
