package bot

import (
	"context"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() { followers = append(followers, (*Engine).inquire) }

// inquire has the workers of a case asked about a remedy, where that is what an
// entry asks for. It stops between two pages when ctx is done; repeated after
// that, it asks nobody twice.
func (e *Engine) inquire(ctx context.Context, f flows.Follow) error {
	a := store.Asking{Key: f.Key, Case: f.Case, Issue: f.Issue}
	whats := map[string][]string{
		string(cases.Checked): {"check"}, string(cases.Helped): {"check"}, string(cases.Rechecked): {"recheck", "safety"}, flows.FollowPressure: {"pressure"},
		string(cases.Acknowledged): {"heard"}, string(cases.Taken): {"heard"},
	}[f.What]
	if f.What == flows.FollowPressure {
		a.Worker = f.Worker
	}
	for _, a.What = range whats {
		for after := (store.Cursor{}); ; {
			next, err := e.Store.Ask(context.WithoutCancel(ctx), a, after, page)
			if err != nil {
				return err
			}
			e.turns.ring()
			if next == (store.Cursor{}) {
				break
			}
			after = next
			e.giveWay(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}
