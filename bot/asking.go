package bot

import (
	"context"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() { followers = append(followers, (*Engine).inquire) }

// pageAsked is how many workers are asked at a time: those who write to the bot
// meanwhile come in between.
const pageAsked = 50

// inquire has the workers of a case asked about a remedy, where that is what an
// entry asks for. Repeated after a stop, it asks nobody twice.
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
			next, err := e.Store.Ask(ctx, a, after, pageAsked)
			if err != nil {
				return err
			}
			e.turns.ring()
			if next == (store.Cursor{}) {
				break
			}
			after = next
			if due, err := e.Store.TurnsDue(ctx); err == nil && due >= pageAsked {
				time.Sleep(way)
			}
		}
	}
	return nil
}
