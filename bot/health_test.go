package bot

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// A broken back end keeps nothing while it is down.
type broken struct {
	store.Backend
	down bool
}

func (b *broken) Commit(ctx context.Context, bs ...store.Batch) []store.Result {
	if !b.down {
		return b.Backend.Commit(ctx, bs...)
	}
	rs := make([]store.Result, len(bs))
	for i := range rs {
		rs[i].Err = errors.New("disk full at 10.0.0.7")
	}
	return rs
}

// An engine is ready while its store keeps what it is given, until it is to
// stop. The line that strangers see tells them nothing.
func TestReady(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	b := &broken{Backend: s.db}
	e := s.engine(b)
	at := func(after time.Duration, works bool, want string) {
		t.Helper()
		s.later(after)
		if got := e.prove(t.Context(), s.n); got != works {
			t.Errorf("the store works: %v", got)
		}
		s.n++
		err := e.Ready()
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("after %v it says %v, not %q", after, err, want)
		}
	}
	if err := e.Ready(); err == nil || err.Error() != "it is starting" {
		t.Errorf("before the store is proved it says %v", err)
	}
	at(0, true, "")
	b.down = true
	at(beat, false, "")
	at(silence-beat, false, "")
	at(time.Second, false, "the store does not answer")
	if n := strings.Count(s.log.String(), "the store does not keep anything"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	b.down = false
	at(time.Second, true, "")
	if !strings.Contains(s.log.String(), "the store keeps again") {
		t.Error("nobody is told that the store works again")
	}
	e.Leave()
	if err := e.Ready(); err == nil || err.Error() != "it is stopping" || !e.Leaving() {
		t.Errorf("while it stops it says %v", err)
	}
}

// A watched platform is asked how the account stands.
type watched struct {
	*platform
	mu    sync.Mutex
	st    channels.Standing
	asked int
	hook  string
}

// stands has the account stand so from now on.
func (w *watched) stands(st channels.Standing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.st = st
}

// seen is how often it was asked, and for which address the last time.
func (w *watched) seen() (asked int, hook string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked, w.hook
}

func (w *watched) Check(_ context.Context, hook string) channels.Standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.hook = w.asked+1, hook
	return w.st
}

// The platforms are asked now and then, more often while something is wrong; a
// fault is said once, and shows in the figures.
func TestWatch(t *testing.T) {
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		w := &watched{platform: s.play, st: channels.Standing{Waiting: 3}}
		s.cast = func() []channels.Adapter { return []channels.Adapter{w} }
		e := s.engine(s.db)
		ctx, stop := context.WithCancel(s.Context())
		done := make(chan struct{})
		go func() {
			e.Watch(ctx, func(i channels.Info) string { return "https://friend.example/" + string(i.Platform) })
			close(done)
		}()
		look := func(after time.Duration, asked int, want ...string) {
			s.Helper()
			<-time.After(after) // at once, in a bubble
			synctest.Wait()
			if n, _ := w.seen(); n != asked {
				s.Errorf("after %v the platform was asked %d times, not %d", after, n, asked)
			}
			var b bytes.Buffer
			if err := e.Stock(ctx, &b); err != nil {
				s.Fatal(err)
			}
			for _, line := range want {
				if !strings.Contains(b.String(), "\nvoice_"+line+"\n") {
					s.Errorf("after %v %s is missing in\n%s", after, line, b.String())
				}
			}
		}
		look(time.Second, 0, "ready 1")
		look(checkFirst, 1, `channel_token_ok{channel="telegram"} 1`, `channel_webhook_ok{channel="telegram"} 1`, `channel_events_waiting{channel="telegram"} 3`)
		if _, hook := w.seen(); hook != "https://friend.example/telegram" {
			s.Errorf("it was asked for %q", hook)
		}
		w.stands(channels.Standing{Token: errors.New("copy the token again"), Waiting: -1})
		look(checkEvery, 2, `channel_token_ok{channel="telegram"} 0`, `channel_asked{channel="telegram"} 1`)
		look(3*checkAgain, 5)
		if n := strings.Count(s.log.String(), "copy the token again"); n != 1 {
			s.Errorf("the fault is said %d times", n)
		}
		w.stands(channels.Standing{})
		look(checkAgain, 6, `channel_token_ok{channel="telegram"} 1`)
		look(checkEvery-2*time.Second, 6)
		stop()
		<-done
	})
}

// Every figure that the engine counts is declared with what it means, and gets
// a value for each of its labels.
func TestCountings(t *testing.T) {
	t.Parallel()
	by := make(map[string]int)
	for _, c := range countings {
		by[c.name] = len(c.by)
	}
	var used []string
	files, err := filepath.Glob("[a-z]*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		used = append(used, counted(t, f, by)...)
	}
	for name := range by {
		if !slices.Contains(used, name) {
			t.Errorf("%s is declared and never counted", name)
		}
	}
	if !slices.IsSortedFunc(countings, func(a, b counting) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the countings are not in order")
	}
}

// counted returns what a file counts, and looks at how.
func counted(t *testing.T, f *ast.File, by map[string]int) (used []string) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "count" {
			return true
		}
		name, ok := call.Args[0].(*ast.BasicLit)
		if !ok {
			t.Errorf("a name that is counted is no constant")
			return true
		}
		s, _ := strconv.Unquote(name.Value)
		used = append(used, s)
		if want, ok := by[s]; !ok || want != len(call.Args)-1 {
			t.Errorf("%s is counted with %d labels, declared: %v, with %d", s, len(call.Args)-1, ok, want)
		}
		return true
	})
	return used
}

// What has not happened yet stands at zero, so that the first time shows as a
// rise; labels cannot break a line.
func TestMetricsText(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	s.e.count("steps_failed", "a\"b\\c\nd")
	s.e.figures.turns.since(time.Now().Add(-7 * time.Millisecond))
	var b bytes.Buffer
	if err := s.e.Metrics(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# TYPE voice_messages_sent_total counter\nvoice_messages_sent_total{channel=\"telegram\"} 0\n",
		`voice_messages_refused_total{channel="telegram",reason="misconfigured"} 0` + "\n",
		`voice_steps_failed_total{state="a\"b\\c\nd"} 1` + "\n",
		"voice_conversations_taken_over_total 0\n",
		"voice_turn_seconds_bucket{le=\"0.005\"} 0\nvoice_turn_seconds_bucket{le=\"0.01\"} 1\n",
		"voice_turn_seconds_bucket{le=\"+Inf\"} 1\n",
		"voice_turn_seconds_count 1\n",
		"voice_send_seconds_count{channel=\"telegram\"} 0\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
