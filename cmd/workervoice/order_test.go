package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/flows"
	"workervoice/translations"
)

// TestOrder has workers write on before they have their answers, each message
// to the other of two processes on one Redis, now and then to both. Each is
// answered once, and in the order in which they were written, whichever process
// takes the turn and whichever sends. VOICE_TURNS says how many, of 64 workers at
// a time; 1,500 of 12 if empty.
func TestOrder(t *testing.T) {
	turns, workers := int64(1500), 12
	if n, err := strconv.ParseInt(os.Getenv("VOICE_TURNS"), 10, 64); err == nil && n > 0 {
		turns, workers = n, 64
	}
	o := newSequence(t)
	began := time.Now()
	g, ctx := errgroup.WithContext(t.Context())
	for range workers {
		g.Go(func() error {
			for o.answered.Load() < turns {
				if err := o.talk(ctx, func(in inbox) inbox { return in }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	if end := o.bots.stop(); err != nil || end != nil {
		t.Fatalf("%v %v; the bots say: %s; %s", err, end, o.bots[0].lastWords(), o.bots[1].lastWords())
	}
	if n := o.p.strange.Load() + o.p.unread(); n > 0 {
		t.Errorf("%d messages came that nobody waited for", n)
	}
	t.Logf("%d messages of %d workers answered once and in order, %d of them given to both processes and %d refused at first, at %.0f a second",
		o.answered.Load(), o.people.Load(), o.both.Load(), o.refused.Load(), float64(o.answered.Load())/time.Since(began).Seconds())
}

// TestOrderSees shows that the test before would see two answers that come the
// wrong way round, and one that comes twice.
func TestOrderSees(t *testing.T) {
	o := newSequence(t)
	for _, spoil := range []func(m, next message) (message, message){
		func(m, next message) (message, message) { return next, m },
		func(m, _ message) (message, message) { return m, m },
	} {
		err := o.talk(t.Context(), func(in inbox) inbox {
			out := make(inbox, room)
			go func() {
				for m := range in {
					if strings.Contains(m.text, numbered(1)) {
						m, next := spoil(m, <-in)
						out <- m
						out <- next
						continue
					}
					out <- m
				}
			}()
			return out
		})
		if !errors.Is(err, errOrder) {
			t.Errorf("nobody sees it: %v", err)
		}
	}
	if err := o.bots.stop(); err != nil {
		t.Error(err)
	}
}

var errOrder = errors.New("an answer is missing, doubled or out of order")

// A sequence is two processes on one Redis, and the workers who write to both.
type sequence struct {
	p     *platform
	moves []move
	bots  fleet

	people, answered, both, refused atomic.Int64
}

func newSequence(t *testing.T) *sequence {
	t.Helper()
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	texts, err := newScript()
	if err != nil {
		t.Fatal(err)
	}
	o := &sequence{p: p}
	english := texts.moves(slices.Index(flows.Languages, translations.English))
	employer := slices.IndexFunc(english, func(m move) bool { return m.expect == "employer" })
	o.moves = english[:employer+1]
	var redis *redisServer
	o.bots, redis, err = ground{redis: true, bots: 2}.start(t.Context(), build(t), t.TempDir(), p.url(), unlimited...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.kill)
	t.Cleanup(o.bots.kill)
	return o
}

// numbered is what a worker writes for the nth time. It fits no question, so that
// the answer quotes it.
func numbered(n int) string { return fmt.Sprintf("and then number %d.", n) }

const (
	lines = 100
	ahead = 6 // of them, at most, that wait for an answer
)

// talk is one worker, who sees what through lets through.
func (o *sequence) talk(ctx context.Context, through func(inbox) inbox) error {
	hs := o.bots.hooks()
	defer hs.close()
	w := newWorker(o.p, hs, o.people.Add(1))
	defer w.leave()
	in := through(w.in)
	for _, m := range o.moves {
		if err := o.write(ctx, w, m); err != nil {
			return err
		}
		got, err := o.read(ctx, in)
		if err != nil || got.state() != m.expect {
			return fmt.Errorf("%w: worker %d: after %s%s the bot asks for %q, not for %q: %v", errOrder, w.chat, m.press, m.write, got.state(), m.expect, err)
		}
		w.last = got
	}
	for wrote, read := 0, 0; read < lines; {
		if wrote < lines && wrote-read < ahead {
			if err := o.write(ctx, w, move{write: numbered(wrote)}); err != nil {
				return err
			}
			wrote++
			continue
		}
		m, err := o.read(ctx, in)
		if err != nil || !strings.Contains(m.text, numbered(read)) {
			return fmt.Errorf("%w: worker %d: the answer to message %d is %q: %v", errOrder, w.chat, read, m.text, err)
		}
		read++
	}
	return nil
}

// read returns the next answer.
func (o *sequence) read(ctx context.Context, in inbox) (message, error) {
	select {
	case m := <-in:
		o.answered.Add(1)
		return m, nil
	case <-ctx.Done():
		return message{}, ctx.Err()
	case <-time.After(2 * patience):
		return message{}, errUnanswered
	}
}

// write gives what a worker does to one of the processes, and once in eight
// times to the other as well. What is refused for the moment comes again, as
// platforms see to.
func (o *sequence) write(ctx context.Context, w *worker, m move) error {
	update := w.update(m)
	times := 1
	if rand.IntN(8) == 0 {
		times = 2
		o.both.Add(1)
	}
	for late := time.Now().Add(2 * patience); times > 0; {
		status, _, err := w.hook().post(update)
		switch {
		case err == nil && status == http.StatusOK:
			times--
		case err != nil || status != http.StatusServiceUnavailable || time.Now().After(late) || ctx.Err() != nil:
			return fmt.Errorf("a webhook was answered with %d: %v %v", status, err, ctx.Err())
		default:
			o.refused.Add(1)
			wait()
		}
	}
	return nil
}
