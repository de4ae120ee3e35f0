package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// filledFrom is the first chat of those with whom a store is filled. What the bot
// brings to them, such as that a case of theirs goes on, nobody waits for.
const filledFrom = 7_000_000_000

// A crop is how much a store is filled with before something is measured.
type crop struct {
	workers  int
	messages int // of each worker
	cases    int // of the first of them
}

// sowers is how many workers the store is filled with at the same time: a store
// flushes once for all whose commits wait.
const sowers = 256

// breath is how many messages a worker writes before the bot takes a turn.
const breath = 4

// season is how long ago the first of the workers reported. The others did so
// one after the other since.
const season = 90 * 24 * time.Hour

var (
	cropLangs = []string{"my", "my", "my", "km", "ne", "th"}
	cropKinds = []cases.Code{"pay.late", "pay.unpaid", "hours.norest", "papers.passport", "fees.recruit", "harm.hit"}
)

// fill puts invented workers, messages and cases into the store of c, by the
// same calls as the bot makes and without sending anything.
//
// It is the store of a service whose bot has run all along and whose people
// have not kept up: every case is open, its worker waits, and nobody has taken
// it up, so the lists are as long as they can be. The bot has done what was its
// own when it was due, so that hardly a clock of it is due when the measurement
// begins. A store that stood still for weeks would first work off all of those.
func (f crop) fill(ctx context.Context, c config, out io.Writer) (err error) {
	s, err := assemble(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	begun := time.Now()
	next := make(chan int)
	g, all := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(next)
		for i := range f.workers {
			select {
			case next <- i:
			case <-all.Done():
				return all.Err()
			}
		}
		return nil
	})
	for range sowers {
		g.Go(func() error {
			for i := range next {
				if err := f.worker(all, s.store, i, begun); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := f.file(ctx, s.store); err != nil {
		return err
	}
	if err := f.attend(ctx, s.store, begun); err != nil {
		return err
	}
	fmt.Fprintf(out, "filled with %d workers, %d messages and %d cases in %.0f s\n", f.workers, f.workers*f.messages, f.cases, time.Since(begun).Seconds())
	return nil
}

// worker is one worker who reported some time before now. Each turn is kept
// together with what led to it, as where a webhook finds the conversation idle.
func (f crop) worker(ctx context.Context, s *store.Store, i int, now time.Time) error {
	from := channels.Address{Channel: "telegram", User: strconv.Itoa(filledFrom + i)}
	at := f.reported(i, now)
	for said := 0; said < f.messages; {
		es := make([]channels.Event, min(breath, f.messages-said))
		for k := range es {
			es[k] = channels.Event{ID: fmt.Sprint(i, "-", said+k), Kind: channels.Said, From: from, At: at.Add(time.Duration(said+k) * time.Second),
				Text: "စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။ " + strconv.Itoa(said+k)}
		}
		t, err := s.Begin(ctx, es[0])
		if err != nil {
			return err
		}
		t.Events = es
		if _, err := s.Commit(ctx, t, f.outcome(t), time.Minute); err != nil {
			return err
		}
		said += len(es)
	}
	return nil
}

// reported is when a worker wrote first, the last of them long enough before
// now to have said everything.
func (f crop) reported(i int, now time.Time) time.Time {
	return now.Add(-time.Duration(f.messages) * time.Second).Add(-season / time.Duration(f.workers) * time.Duration(i))
}

// file takes what was reported to the cases, several at the same time.
func (f crop) file(ctx context.Context, s *store.Store) error {
	return sow(ctx, func(ctx context.Context) (bool, error) { return s.File(ctx, 16, time.Minute) })
}

// attend enters into each case what the bot did in it by itself until now: as
// often as its worker had heard nothing for too long, it said so. The message
// about it, and that it was read, are left out.
func (f crop) attend(ctx context.Context, s *store.Store, now time.Time) error {
	var next atomic.Int64
	err := sow(ctx, func(ctx context.Context) (bool, error) {
		i := int(next.Add(1)) - 1
		if i >= f.cases {
			return false, nil
		}
		for n, at := 0, flows.NewsBy(cropSeverity, f.reported(i, now)); at.Before(now); n, at = n+1, flows.NewsBy(cropSeverity, at) {
			e := cases.Entry{Key: fmt.Sprint("fill/silence/", i, "/", n), Case: cropCase(i), Kind: cases.Silent, Role: cases.System, Trigger: "silence", At: at}
			if _, err := s.Do(ctx, cases.Bot, e); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return sow(ctx, func(ctx context.Context) (bool, error) {
		return s.Follow(ctx, 16, time.Minute, func(context.Context, flows.Follow) error { return nil })
	})
}

// sow has several at the same time do something for as long as there is more.
func sow(ctx context.Context, do func(context.Context) (more bool, err error)) error {
	g, ctx := errgroup.WithContext(ctx)
	for range sowers {
		g.Go(func() error {
			for {
				if more, err := do(ctx); !more || err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// cropSeverity is how grave the cases are.
const cropSeverity = cases.Ordinary

// cropCase names the case of a worker.
func cropCase(i int) cases.ID { return cases.ID(fmt.Sprintf("cfill%d", i)) }

// outcome is what a turn of one of them comes to: the first opens a case for
// those who have one.
func (f crop) outcome(t *store.Turn) store.Outcome {
	i, _ := strconv.Atoi(t.With.User) // it was made from a number
	i -= filledFrom
	o := store.Outcome{Session: t.Session}
	if o.Session.State != "" {
		return o
	}
	at := t.Events[0].At
	o.Session.State, o.Session.Lang, o.Session.Consent = "menu", cropLangs[i%len(cropLangs)], flows.Consent{Given: true, At: at}
	if i >= f.cases {
		return o
	}
	id := cropCase(i)
	r := &cases.Report{ID: id, Begun: at, Sent: at, Severity: cropSeverity, Kinds: []cases.Code{cropKinds[i%len(cropKinds)]},
		Answers: map[string]cases.Answer{"country": {Choices: []string{"country.TH"}}, "site": {Text: "Blue Wave Seafood"}}}
	o.Session.Mine = []flows.Mine{{ID: id, Ref: cases.RefOf(id), Status: cases.Received, Severity: r.Severity, Report: r, News: at, Due: at.Add(72 * time.Hour)}}
	o.Entries = []cases.Entry{{Key: string(id) + "/opened", Case: id, Worker: t.Worker, Kind: cases.Opened, At: at, Severity: r.Severity,
		Report: r, Lang: o.Session.Lang, Channel: "telegram", Due: at.Add(72 * time.Hour)}}
	return o
}
