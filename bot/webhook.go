package bot

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// maxBody is more than any platform sends: WhatsApp's 3 MB and some room.
const maxBody = 4 << 20

// Webhook returns the handler that a's platform calls. It answers only once
// the events are stored: until then the platform will call again.
func (e *Engine) Webhook(a channels.Adapter) http.Handler {
	id := string(a.Info().ID)
	log := e.Log.With("channel", id)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			challenge(w, r, a)
			return
		}
		began := time.Now()
		// A platform sends at once. Whoever does not, holds nothing open.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(30 * time.Second)) // where it cannot be set, the server has its own
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		events, err := a.Receive(r)
		var big *http.MaxBytesError
		switch {
		case errors.Is(err, channels.ErrForged):
			e.count("webhooks_forged", id)
			http.Error(w, "forbidden", http.StatusForbidden)
		case errors.Is(err, channels.ErrTooBig) || errors.As(err, &big):
			e.count("webhooks_unreadable", id)
			http.Error(w, "too big", http.StatusRequestEntityTooLarge)
		case err != nil:
			e.count("webhooks_unreadable", id)
			log.Warn("a request that the platform signed cannot be read and was refused", "err", err)
			http.Error(w, "bad request", http.StatusBadRequest)
		default:
			pressed, err := e.keep(r.Context(), events...)
			if err != nil {
				e.acknowledge(pressed...)
				e.count("webhooks_unstored", id)
				log.Error("events are not stored, the platform will send them again: look at the store", "err", err)
				w.Header().Set("Retry-After", "5")
				http.Error(w, "try again", http.StatusServiceUnavailable)
				return
			}
			e.count("webhooks", id)
			e.figures.hooks[a.Info().ID].since(began)
			e.acknowledgeTo(w, a, pressed)
		}
	})
}

// acknowledgeTo acknowledges pressed buttons: each with a request of its own,
// which is tried again until it is taken. A platform that brings more presses
// than it takes requests gets the others with the answers to its webhooks, where
// it takes them there: that spares an eighth of a turn's processor time, but
// nobody learns what became of it.
func (e *Engine) acknowledgeTo(w http.ResponseWriter, a channels.Adapter, pressed []channels.Event) {
	if in, ok := a.(channels.Answerer); ok && len(pressed) == 1 {
		if wait, _ := e.acks.rate.take("", 1, e.Now(), true); wait > 0 {
			w.Header().Set("Content-Type", "application/json")
			w.Write(in.Answer(pressed[0])) //nolint:errcheck // nobody is left to tell
			return
		}
	}
	e.acknowledge(pressed...)
}

// ackRate is about what Telegram takes from one bot
// (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
var ackRate = channels.Rate{Messages: 30, Per: time.Second, Burst: 30}

// challenge answers a platform that proves the address before it uses it.
func challenge(w http.ResponseWriter, r *http.Request, a channels.Adapter) {
	c, ok := a.(channels.Challenger)
	if !ok {
		http.Error(w, "only the platform calls here", http.StatusMethodNotAllowed)
		return
	}
	answer, err := c.Challenge(r)
	if err != nil {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(answer)) //nolint:errcheck // nobody is left to tell
}

// Deliver answers events, or keeps them until they can be answered. When it
// returns nil they survive a crash.
func (e *Engine) Deliver(ctx context.Context, events ...channels.Event) error {
	pressed, err := e.keep(ctx, events...)
	e.acknowledge(pressed...)
	return err
}

// keep is Deliver without its acknowledgements. It returns the pressed buttons
// that wait for one, also with an error.
func (e *Engine) keep(ctx context.Context, events ...channels.Event) (pressed []channels.Event, err error) {
	for _, ev := range events {
		ev.Text = channels.Clean(ev.Text) // what is kept goes out again, in pages and messages
		err := e.atOnce(ctx, ev)
		if errors.Is(err, store.ErrStale) { // the conversation has other things to answer first
			err = e.Store.Receive(ctx, ev)
			e.turns.ring()
		}
		switch {
		case errors.Is(err, store.ErrSeen):
			e.count("events_repeated", string(ev.From.Channel))
			continue
		case err != nil:
			return pressed, err
		}
		e.count("events", string(ev.From.Channel))
		if ev.Callback != "" {
			pressed = append(pressed, ev)
		}
	}
	return pressed, nil
}

// acks ends the waiting shown for pressed buttons. It is not kept over a
// crash: a button that goes on turning for a while does no harm.
type acks struct {
	wg   sync.WaitGroup
	one  sync.Once
	sem  chan struct{}
	rate rater
}

func (a *acks) wait() { a.wg.Wait() }

// acknowledge asks the platform to end the waits shown for pressed buttons.
func (e *Engine) acknowledge(pressed ...channels.Event) {
	for _, ev := range pressed {
		s := e.senders[ev.From.Channel]
		if s == nil {
			continue
		}
		if a, ok := s.a.(channels.Acknowledger); ok {
			e.acks.one.Do(func() { e.acks.sem = make(chan struct{}, 64) })
			e.acks.wg.Go(func() { e.tryAcknowledge(a, ev) })
		}
	}
}

// tryAcknowledge tries for as long as the platform remembers the press.
func (e *Engine) tryAcknowledge(a channels.Acknowledger, ev channels.Event) {
	e.acks.sem <- struct{}{}
	defer func() { <-e.acks.sem }()
	for try := range 6 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := a.Acknowledge(ctx, ev)
		cancel()
		if err == nil {
			return
		}
		wait := 200 * time.Millisecond << try
		var no *channels.SendError
		if errors.As(err, &no) {
			if no.Reason != channels.Busy {
				return
			}
			wait = max(wait, no.After)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-e.stopped: // no button is worth holding up a stop
			t.Stop()
			return
		}
	}
	e.count("buttons_left_waiting", string(ev.From.Channel))
}
