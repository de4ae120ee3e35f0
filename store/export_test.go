package store

import (
	"context"

	"workervoice/cases"
)

// Rewrite puts in the place of a case what another version of the program wrote.
func (s *Store) Rewrite(ctx context.Context, id cases.ID, body string) error {
	_, r, err := s.caseAt(ctx, s.caseID(id))
	if err != nil {
		return err
	}
	r.Body = []byte(body)
	_, err = s.commit(ctx, Batch{Shard: ShardOf(r.ID), At: s.now(), Put: []Put{{Record: r, Subject: r.ID}}})
	return err
}
