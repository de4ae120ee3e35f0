package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
)

// A queue is Telegram's queue of updates, and how it answers getUpdates.
type queue struct {
	*httptest.Server
	mu      sync.Mutex
	updates map[int64]string
	asked   []map[string]any
	fails   []func(w http.ResponseWriter) // answers before it works
	idle    chan struct{}                 // told when a request finds nothing and waits
}

func newQueue(t *testing.T, texts ...string) (*queue, *Adapter) {
	q := &queue{updates: map[int64]string{}, idle: make(chan struct{}, 100)}
	for i, text := range texts {
		id := int64(1001 + i)
		q.updates[id] = fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1795000000,"chat":{"id":700000001,"type":"private"},"text":%q}}`, id, i+1, text)
	}
	q.Server = httptest.NewServer(q)
	t.Cleanup(q.Close)
	return q, newAdapter(t, q.URL)
}

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var p map[string]any
	_ = json.NewDecoder(r.Body).Decode(&p)
	offset, _ := p["offset"].(float64)
	q.mu.Lock()
	q.asked = append(q.asked, p)
	if len(q.fails) > 0 {
		fail := q.fails[0]
		q.fails = q.fails[1:]
		q.mu.Unlock()
		fail(w)
		return
	}
	var due []string
	for id := int64(1001); id < 1100; id++ {
		if id < int64(offset) {
			delete(q.updates, id)
		} else if u := q.updates[id]; u != "" {
			due = append(due, u)
		}
	}
	q.mu.Unlock()
	if len(due) == 0 { // a long poll ends when somebody hangs up
		q.idle <- struct{}{}
		<-r.Context().Done()
		return
	}
	io.WriteString(w, `{"ok":true,"result":[`+strings.Join(due, ",")+`]}`)
}

// run polls until the queue is empty and everything confirmed, and returns
// what was delivered, each delivery on its own, and the waits in between.
func (q *queue) run(t *testing.T, a *Adapter, deliver func(n int) error) (delivered [][]string, waits []time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a.pause = func(_ context.Context, d time.Duration) { waits = append(waits, d) }
	done := make(chan error)
	go func() {
		done <- a.Poll(ctx, func(_ context.Context, es ...channels.Event) error {
			var texts []string
			for _, e := range es {
				texts = append(texts, e.Text)
			}
			delivered = append(delivered, texts)
			return deliver(len(delivered))
		})
	}()
	select {
	case <-q.idle:
	case err := <-done:
		t.Fatalf("polling ended with %v", err)
	case <-time.After(10 * time.Second):
		t.Fatal("the queue is never done")
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("polling ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("polling does not end with its context")
	}
	return delivered, waits
}

func TestPollConfirmsOnlyWhatWasDelivered(t *testing.T) {
	q, a := newQueue(t, "one", "two")
	delivered, waits := q.run(t, a, func(n int) error {
		q.mu.Lock()
		kept := len(q.updates)
		q.mu.Unlock()
		if kept != 2 {
			t.Errorf("delivery %d: Telegram keeps %d updates, want both until they are stored", n, kept)
		}
		if n <= 2 {
			return errors.New("disk full")
		}
		return nil
	})
	both := []string{"one", "two"}
	if want := [][]string{both, both, both}; !reflect.DeepEqual(delivered, want) {
		t.Errorf("delivered %v, want %v", delivered, want)
	}
	if want := []time.Duration{time.Second, 2 * time.Second}; !reflect.DeepEqual(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
	if len(q.updates) != 0 {
		t.Errorf("%d updates were never confirmed", len(q.updates))
	}
	first, last := q.asked[0], q.asked[len(q.asked)-1]
	if first["timeout"] != 50.0 || !reflect.DeepEqual(first["allowed_updates"], []any{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"}) || first["offset"] != nil {
		t.Errorf("first asked for %v", first)
	}
	if last["offset"] != 1003.0 {
		t.Errorf("last asked from %v, want 1003", last["offset"])
	}
}

func TestPollPassesOverWhatCannotBeRead(t *testing.T) {
	q, a := newQueue(t, "one", "two", "three", "four")
	q.updates[1002] = `{"update_id":1002,"weather":{"sky":"blue"}}`
	q.updates[1003] = `["they keep my passport"]`
	delivered, _ := q.run(t, a, func(int) error { return nil })
	if want := [][]string{{"one", "four"}}; !reflect.DeepEqual(delivered, want) {
		t.Errorf("delivered %v, want %v", delivered, want)
	}
	if len(q.updates) != 0 {
		t.Errorf("%d updates were never confirmed", len(q.updates))
	}
}

func TestPollGoesOnAfterTrouble(t *testing.T) {
	q, a := newQueue(t, "one")
	answer := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	cut := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	html := answer(502, "<html>bad gateway</html>")
	q.fails = []func(http.ResponseWriter){
		answer(429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":42}}`),
		answer(409, `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}`),
		answer(200, `{"ok":true,"result":{}}`), cut, html, html, answer(403, "<html>sign in</html>"),
	}
	delivered, waits := q.run(t, a, func(int) error { return nil })
	if want := [][]string{{"one"}}; !reflect.DeepEqual(delivered, want) {
		t.Errorf("delivered %v, want %v", delivered, want)
	}
	if want := []time.Duration{42e9, 2e9, 4e9, 8e9, 16e9, 30e9, 30e9}; !reflect.DeepEqual(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
}

func TestPollGivesUp(t *testing.T) {
	for _, c := range []struct {
		code  int
		words string
		says  string
		asked int
	}{
		{409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", "stop the other", conflicts + 1},
		{409, "Conflict: can't use getUpdates method while webhook is active", "webhook", conflicts + 1},
		{401, "Unauthorized", "TELEGRAM_TOKEN", 1},
		{404, "Not Found", "TELEGRAM_TOKEN", 1},
		{400, "Logged out", "TELEGRAM_API_URL", 1},
	} {
		f, a := newFake(t)
		f.says(no(c.code, c.words))
		a.pause = func(context.Context, time.Duration) {}
		err := a.Poll(t.Context(), func(context.Context, ...channels.Event) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: got %v, want a word about %s", c.words, err, c.says)
		}
		if n := len(f.made("getUpdates")); n != c.asked {
			t.Errorf("%s: asked %d times, want %d", c.words, n, c.asked)
		}
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	pause(ctx, time.Hour)
	pause(t.Context(), time.Millisecond)
	if d := time.Since(begun); d > time.Minute {
		t.Errorf("paused %v", d)
	}
}
