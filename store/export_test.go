package store

import (
	"context"

	"workervoice/cases"
)

// Rewrite puts in the place of a case what an older version of the program
// wrote, into the lists that it knew.
func (s *Store) Rewrite(ctx context.Context, id cases.ID, body string) error {
	_, r, err := s.caseAt(ctx, s.caseID(id))
	if err != nil {
		return err
	}
	was, err := caseOf(r)
	if err != nil {
		return err
	}
	r.Body = []byte(body)
	next, err := caseOf(r)
	if err != nil {
		return err
	}
	_, err = s.commit(ctx, Batch{Shard: ShardOf(r.ID), At: s.now(), Put: []Put{{Record: r, Subject: r.ID, Was: places(was), Index: olderPlaces(next)}}, Add: shown(places(was), nil)})
	return err
}
