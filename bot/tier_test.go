package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// newTiered returns a case of so many workers on WhatsApp, on an evening when
// the windows of all are closed, and no more than perDay templates may go out.
func newTiered(t *testing.T, workers, perDay int) *group {
	g := newGroup(newStage(t, infoOf(t, "whatsapp")))
	for i := range workers {
		g.users = append(g.users, fmt.Sprint("w", i))
		g.join(g.users[i], "en", nil)
	}
	g.settle()
	g.e.Tier = perDay
	g.now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) // 19:00
	return g
}

// The day's templates are spread over days as the plan says.
func TestTier(t *testing.T) {
	t.Parallel()
	g := newTiered(t, 20, 12)
	draft := g.writes(cases.Update{Kind: cases.Free, Texts: english})
	p, err := g.e.Plan(context.Background(), g.by, draft)
	if err != nil {
		t.Fatal(err)
	}
	ch := p.Channels[0]
	if ch.Templates != 20 || len(ch.Days) != 2 || ch.Days[0].N != 12 || ch.Days[1].N != 8 || ch.Now != 12 {
		t.Fatalf("the plan is %+v", ch)
	}
	u := g.approves(draft)
	g.settle()
	if got := len(g.sent()); got != 12 {
		t.Errorf("today go out %d", got)
	}
	g.want(u, "8 hours, 12 template")
	g.restart()
	g.e.Tier = 12
	g.pass(ch.Later[0].At.Sub(g.Now()) - time.Second)
	if got := len(g.sent()); got != 0 {
		t.Errorf("before the time of the plan go out %d", got)
	}
	g.pass(2 * time.Second)
	if got := len(g.sent()); got != 8 {
		t.Errorf("tomorrow go out %d", got)
	}
	g.want(u, "20 template")
}

// A template that the platform was too busy for does not use up the day's: as
// many reach workers as may.
func TestTierWithoutRefused(t *testing.T) {
	t.Parallel()
	g := newTiered(t, 5, 3)
	refused := 0
	g.play.fail = func(m channels.Outbound) error {
		if m.Template != nil && refused < 2 {
			refused++
			return &channels.SendError{Reason: channels.Busy, After: 10 * time.Second, Err: context.Canceled}
		}
		return nil
	}
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	g.settle()
	for range 5 {
		g.pass(15 * time.Second)
	}
	if got := len(g.sent()); got != 3 || refused != 2 {
		t.Errorf("%d templates went out, %d were refused", got, refused)
	}
	g.want(u, "2 hours, 3 template")
}

// A template that broke off, or that the account's settings kept from being
// sent, is sent when that is over, once: without it the worker hears nothing.
func TestTemplateSentLater(t *testing.T) {
	t.Parallel()
	refused := &channels.SendError{Reason: channels.Misset, Err: context.Canceled}
	for name, test := range map[string]struct {
		err     error
		arrived bool // though the connection broke off
		after   time.Duration
	}{
		"broken off":          {err: context.DeadlineExceeded, after: 10 * time.Second},
		"broken off, arrived": {err: context.DeadlineExceeded, arrived: true},
		"the token ran out":   {err: refused, after: untilAsked + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newTiered(t, 1, 1)
			var first channels.Outbound
			g.play.fail = func(m channels.Outbound) error {
				if first.Key == "" {
					first = m
					return test.err
				}
				return nil
			}
			u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
			g.settle()
			if test.arrived {
				g.accepts(first)
			}
			g.pass(test.after)
			g.pass(10 * time.Second)
			if got := len(g.sent()); got != 1 != test.arrived {
				t.Errorf("%d templates were sent afterwards", got)
			}
			g.want(u, "1 template")
		})
	}
}

// A blind back end cannot read what was sent while it is so.
type blind struct {
	store.Backend
	so bool
}

func (b *blind) Scan(ctx context.Context, s store.Shard, log string, from int64, n int) ([][]byte, int64, error) {
	if b.so && strings.HasSuffix(log, "/sent") {
		return nil, 0, errors.New("the disk does not answer")
	}
	return b.Backend.Scan(ctx, s, log, from, n)
}

// Where it cannot be read whether a template went out already, it goes out when
// that can be read again.
func TestTemplateUnread(t *testing.T) {
	t.Parallel()
	g := newTiered(t, 1, 1)
	b := &blind{Backend: g.db}
	e := g.engine(b)
	e.Tier, g.e = g.e.Tier, e
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	b.so = true
	g.settle()
	if got := len(g.sent()); got != 0 {
		t.Fatalf("%d templates were sent, though nobody knew of others", got)
	}
	b.so = false
	g.pass(time.Minute)
	if got := len(g.sent()); got != 1 {
		t.Errorf("%d templates were sent afterwards", got)
	}
	g.want(u, "1 template")
}

// A process is killed at one of its steps: before or after it commits or claims
// something, or asks the platform. It takes none after that.
type process struct {
	store.Backend
	*platform
	left *atomic.Int64 // steps until then
}

func (p process) step() {
	if p.left.Add(-1) < 0 {
		runtime.Goexit()
	}
}

func (p process) Commit(ctx context.Context, bs ...store.Batch) []store.Result {
	p.step()
	defer p.step()
	return p.Backend.Commit(ctx, bs...)
}

func (p process) Claim(ctx context.Context, c store.Claim) ([]store.Leased, error) {
	p.step()
	defer p.step()
	return p.Backend.Claim(ctx, c)
}

func (p process) Send(ctx context.Context, m channels.Outbound) (string, error) {
	p.step()
	defer p.step()
	return p.platform.Send(ctx, m)
}

// killedAfter has what waits carried out by a process that is killed after so
// many steps, and starts another. It reports false where the first had nothing
// left to do by then.
func (s *stage) killedAfter(steps int64) bool {
	s.Helper()
	p := process{s.db, s.play, new(atomic.Int64)}
	p.left.Store(steps)
	cast := s.cast
	s.cast = func() []channels.Adapter { return []channels.Adapter{p} }
	e, tier := s.engine(p), s.e.Tier
	e.Tier, s.cast = tier, cast
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.drive(e)
	}()
	<-over
	s.restart()
	s.e.Tier = tier
	return p.left.Load() < 0
}

// An update goes to as many as may get a template today, and the program is
// killed between any two of its steps. Everybody hears of it on that evening all the
// same, and nobody twice: what was counted before the kill is not counted again.
func TestTierKilled(t *testing.T) {
	t.Parallel()
	const all = 2
	for step := int64(0); ; step++ {
		g := newTiered(t, all, all)
		u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
		dead := g.killedAfter(step)
		once := g.sent()
		for _, m := range once { // the platform says again what it could not say to the dead
			g.accepts(m)
		}
		for range 3 {
			g.pass(10 * time.Second)
		}
		heard := map[string]int{}
		for _, m := range append(once, g.sent()...) {
			if heard[m.To.User]++; m.Template == nil {
				t.Errorf("killed after %d steps: a message goes out, and not a template", step)
			}
		}
		for _, w := range g.users {
			if heard[w] != 1 {
				t.Errorf("killed after %d steps: %s hears of it %d times", step, w, heard[w])
			}
		}
		g.want(u, "2 template")
		if g.e.Store.Close(); !dead {
			t.Logf("%d kills", step)
			return
		}
	}
}
