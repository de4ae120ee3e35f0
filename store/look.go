package store

import (
	"context"

	"workervoice/channels"
	"workervoice/flows"
)

// Look returns a conversation as it stands, without taking a turn. It returns
// ErrNotFound if there is none at the address.
func (s *Store) Look(ctx context.Context, a channels.Address) (Conversation, flows.Session, error) {
	_, k, err := s.find(ctx, a.Channel, a.User)
	if err != nil {
		return Conversation{}, flows.Session{}, err
	}
	if !k.kept {
		return Conversation{}, flows.Session{}, ErrNotFound
	}
	return k.Conversation, k.Session, nil
}
