package store

import (
	"context"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// Look returns a conversation as it stands, without taking a turn. It returns
// ErrNotFound if there is none at the address.
func (s *Store) Look(ctx context.Context, a channels.Address) (Conversation, flows.Session, error) {
	_, k, err := s.at(ctx, a)
	if err == nil && !k.kept {
		err = ErrNotFound
	}
	if err != nil {
		return Conversation{}, flows.Session{}, err
	}
	return k.Conversation, k.Session, nil
}

// Reach returns the conversations in which a worker can be reached, the first
// one first. It returns ErrDenied where another organisation has one of them,
// and none if the worker had everything erased.
func (s *Store) Reach(ctx context.Context, by cases.Caseworker, w cases.WorkerID) ([]Conversation, error) {
	first, _, _ := strings.Cut(string(w), "~")
	p, _, err := s.person(ctx, w)
	if err != nil {
		return nil, err
	}
	if len(p.Conversations) == 0 {
		p.Conversations = []string{first}
	}
	var out []Conversation
	for _, id := range p.Conversations {
		k, err := s.read(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case !k.kept || k.Worker != w:
			continue
		case !within(by, k.Org):
			return nil, ErrDenied
		}
		out = append(out, k.Conversation)
	}
	return out, s.note(ctx, by, "reach", first)
}
