package bot

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

// Abroad is a bot on a WhatsApp whose clock shows another time than its machine's.
type abroad struct {
	*stage
	srv    *httptest.Server
	ahead  time.Duration // of this machine's clock
	silent bool          // it tells no time
	taken  atomic.Int64  // messages
}

// newAbroad returns a bot on WhatsApp, at three in the morning in Bangkok.
func newAbroad(t *testing.T, ahead time.Duration) *abroad {
	f := &abroad{ahead: ahead}
	f.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if !f.silent {
			w.Header().Set("Date", f.there().UTC().Format(http.TimeFormat))
		}
		if strings.HasSuffix(r.URL.Path, "/messages") {
			fmt.Fprintf(w, `{"messages":[{"id":"wamid.%d"}]}`, f.taken.Add(1))
			return
		}
		io.WriteString(w, `{"status":"CONNECTED","quality_rating":"GREEN"}`)
	}))
	t.Cleanup(f.srv.Close)
	newLiveStage(t, func(s *stage) []channels.Adapter {
		f.stage = s
		a, err := whatsapp.New(whatsapp.Config{ID: "whatsapp", Token: "t", AppSecret: "s", VerifyToken: "v", PhoneID: "1", URL: f.srv.URL, Now: s.Now})
		if err != nil {
			s.Fatal(err)
		}
		return []channels.Adapter{a}
	})
	f.later(5*time.Hour + 50*time.Minute)
	return f
}

// there is what the platform's clock shows.
func (f *abroad) there() time.Time { return f.Now().Add(-f.ahead) }

// asks asks the platform how the account stands, as is done every few minutes.
func (f *abroad) asks() error {
	f.Helper()
	return f.e.check(f.Context(), f.e.Channels[0].(channels.Checker), "")
}

// answers has a worker write now, and returns how many messages came at once.
func (f *abroad) answers(user string) int64 {
	f.Helper()
	before := f.taken.Load()
	ev := f.event(user, channels.Event{Text: "hello"})
	ev.At = f.there()
	f.hear(ev)
	return f.taken.Load() - before
}

// Where this machine's clock is an hour ahead, answers leave at once all the
// same as soon as the platform has told the time, also while it tells it no
// more; what really comes an hour late waits for the worker's free hours.
func TestAnswersWhenAhead(t *testing.T) {
	t.Parallel()
	f := newAbroad(t, time.Hour)
	if n := f.answers("66200000001"); n != 0 {
		t.Fatalf("%d messages left before the clocks were compared: the test proves nothing", n)
	}
	for range 2 {
		if err := f.asks(); err == nil || !strings.Contains(err.Error(), "ahead of the platform's") {
			t.Errorf("asked, it says %v", err)
		}
		if n := f.answers("66200000002"); n == 0 {
			t.Error("the answer waits though the worker has just written")
		}
		f.silent = true
	}
	late := f.event("66200000003", channels.Event{Text: "hello"})
	late.At = f.there().Add(-time.Hour)
	before := f.taken.Load()
	if f.hear(late); f.taken.Load() != before {
		t.Error("what came an hour late was answered at night")
	}
}

// A clock that is behind, or a platform whose own clock is wrong, holds nothing
// back.
func TestAnswersWhenBehind(t *testing.T) {
	t.Parallel()
	f := newAbroad(t, -time.Hour)
	if err := f.asks(); err == nil || !strings.Contains(err.Error(), "behind the platform's") {
		t.Errorf("asked, it says %v", err)
	}
	if f.answers("66200000001") == 0 {
		t.Error("the answer waits though the worker has just written")
	}
	ev := f.event("66200000002", channels.Event{Text: "hello"}) // the platform stamps what it brings with the right time
	before := f.taken.Load()
	if f.hear(ev); f.taken.Load() == before {
		t.Error("the answer waits though the clocks of the worker's message and of this machine are together")
	}
}

// A clock that is wrong is told once, and once that it is right again; the
// figures show by how much.
func TestClockTold(t *testing.T) {
	t.Parallel()
	f := newAbroad(t, 10*time.Minute)
	figure := func(want string) {
		t.Helper()
		var b bytes.Buffer
		if err := f.e.Stock(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if line := "\nvoice_channel_clock_ahead_seconds" + want; !strings.Contains(b.String(), line) {
			t.Errorf("%q is missing in\n%s", line, b.String())
		}
	}
	said := func(line string, n int) {
		t.Helper()
		if got := strings.Count(f.log.String(), line); got != n {
			t.Errorf("%q is said %d times, not %d, in\n%s", line, got, n, f.log.String())
		}
	}
	f.silent = true
	if err := f.asks(); err != nil {
		t.Errorf("without the time it says %v", err)
	}
	said("the clock of this machine", 0)
	f.silent = false
	for range 3 {
		if err := f.asks(); err == nil {
			t.Error("nothing is to be mended")
		}
		f.ahead += time.Minute
	}
	said("the clock of this machine is wrong", 1)
	said("the clock of this machine is 10m", 1)
	figure(`{channel="whatsapp"} 719.5`)
	f.ahead = time.Minute
	if err := f.asks(); err != nil {
		t.Errorf("a minute off it says %v", err)
	}
	said("the clock of this machine is right again", 1)
	figure(`{channel="whatsapp"} 59.5`)
	f.ahead = -2*time.Minute - 5*time.Second
	f.asks() //nolint:errcheck // the log says it
	said("2m6s behind", 1)
	figure(`{channel="whatsapp"} -125.5`)
}
