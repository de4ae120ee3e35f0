package bot

import (
	"context"
	"errors"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() { followers = append(followers, (*Engine).dissent) }

// dissent has those who say that it is not fixed go on in a case of their own,
// where the others of their case have closed the issue.
func (e *Engine) dissent(ctx context.Context, f flows.Follow) error {
	if f.What != flows.FollowSplit || f.Issue == "" {
		return nil
	}
	_, err := e.Store.Split(context.WithoutCancel(ctx), cases.Bot, f.Case, f.Issue, nil, "split/"+f.Key, "") // the key of the answer itself was used by it
	if errors.Is(err, store.ErrNotFound) {                                                                   // its workers are gone
		return nil
	}
	e.entries.ring()
	return err
}
