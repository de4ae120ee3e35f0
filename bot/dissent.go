package bot

import (
	"context"

	"workervoice/cases"
	"workervoice/flows"
)

func init() { followers = append(followers, (*Engine).dissent) }

// dissent has those who say that it is not fixed go on in a case of their own,
// where the others of their case have closed the issue.
func (e *Engine) dissent(ctx context.Context, f flows.Follow) error {
	if f.What != flows.FollowSplit || f.Issue == "" {
		return nil
	}
	_, err := e.Store.Split(ctx, cases.Bot, f.Case, f.Issue, nil, "split/"+f.Key, "") // the key of the answer itself was used by it
	e.entries.ring()
	return err
}
