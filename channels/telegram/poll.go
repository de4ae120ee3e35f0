package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"workervoice/channels"
)

const (
	pollWait  = 50 * time.Second          // Telegram's longest
	pollTime  = pollWait + 15*time.Second // for the answer to a poll that waits so long
	pauseMin  = time.Second
	pauseMax  = 30 * time.Second
	conflicts = 5 // in a row, before it is more than the old process ending
)

// pauseFunc waits for d, or until ctx is done.
type pauseFunc func(ctx context.Context, d time.Duration)

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Poll implements [channels.Poller]. It asks for up to 100 updates at a time,
// waits on Telegram's side for 50 seconds, and after a failure for 1 second,
// then 2, 4 and so on to 30, or for as long as Telegram asks. Call Start with
// no webhook first.
//
// It returns ctx's error when ctx is done, and before that only if the operator
// has to act: the token is not valid, or something else takes the updates.
func (a *Adapter) Poll(ctx context.Context, deliver func(context.Context, ...channels.Event) error) error {
	var next int64 // the first update not confirmed
	failures, clashes := 0, 0
	for ctx.Err() == nil {
		after, err := a.poll(ctx, next, deliver)
		if err == nil {
			next, failures, clashes = after, 0, 0
			continue
		}
		if ctx.Err() != nil {
			break
		}
		var no *refusal
		wait := min(pauseMin<<min(failures, 10), pauseMax)
		failures++
		if errors.As(err, &no) {
			wait = max(wait, no.after)
			if no.code != http.StatusConflict {
				clashes = 0
			} else if clashes++; clashes > conflicts {
				return fmt.Errorf("something else takes this bot's updates: stop the other process with this TELEGRAM_TOKEN, or remove the webhook that was set since: %w", err)
			}
			if err := hopeless(no); err != nil {
				return err
			}
		}
		a.pause(ctx, wait)
	}
	return ctx.Err()
}

// hopeless returns an error if asking again would bring the same answer.
func hopeless(no *refusal) error {
	switch {
	case no.foreign, no.code >= 500, no.code == http.StatusConflict, no.code == http.StatusTooManyRequests:
		return nil
	case no.code == http.StatusUnauthorized, no.code == http.StatusNotFound:
		return fmt.Errorf("TELEGRAM_TOKEN is not valid any more: copy it again from @BotFather: %w", no)
	}
	return fmt.Errorf("updates are refused: check TELEGRAM_API_URL: %w", no)
}

// poll asks once for the updates from next on, and delivers them. It returns
// the first not delivered: asking for that one confirms those before it.
func (a *Adapter) poll(ctx context.Context, next int64, deliver func(context.Context, ...channels.Event) error) (int64, error) {
	result, err := a.call(ctx, pollTime, "getUpdates", struct {
		Offset  int64    `json:"offset,omitempty"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{next, int(pollWait / time.Second), allowed})
	if err != nil {
		return next, err
	}
	var updates []json.RawMessage
	if err := json.Unmarshal(result, &updates); err != nil {
		return next, errUpdate
	}
	var events []channels.Event
	for _, b := range updates {
		u, err := decode(b)
		if err != nil {
			continue // it names nobody, and must not keep the others from coming
		}
		next = max(next, *u.ID+1)
		events = append(events, a.events(u, b)...)
	}
	if len(events) > 0 {
		if err := deliver(ctx, events...); err != nil {
			return next, err
		}
	}
	return next, nil
}
