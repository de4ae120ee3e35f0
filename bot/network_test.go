package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/faults"
)

// onBadInternet returns a stage by the real clock whose bot reaches the three
// platforms through a proxy that spoils its connections, without rates.
func onBadInternet(t *testing.T, wrap func(channels.Adapter) channels.Adapter) (*stage, *internet, *faults.Proxy) {
	t.Helper()
	n := newInternet(t)
	p := faults.New(t, n.Listener.Addr().String())
	n.by = "http://" + p.Addr()
	s := newLiveStage(t, func(s *stage) (as []channels.Adapter) {
		for _, a := range n.accounts(s) {
			if wrap != nil {
				a = wrap(a)
			}
			as = append(as, a)
		}
		return as
	})
	s.now = time.Time{}
	s.e = s.engine(s.db)
	for _, snd := range s.e.senders {
		snd.rate = newRater(channels.Info{}, s.Now())
	}
	n.answersWith(s)
	return s, n, p
}

// answersWith has webhooks go to the bot.
func (n *internet) answersWith(s *stage) {
	n.hears = hearing(s)
	var telling sync.WaitGroup
	var told atomic.Int64
	s.Cleanup(telling.Wait)
	n.takes = func(body string) { // Meta tells at once that it has taken a message
		var m struct {
			To  string `json:"to"`
			Key string `json:"biz_opaque_callback_data"`
		}
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			s.Error(err)
		}
		telling.Go(func() {
			body := onWhatsApp(fmt.Sprintf(`{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"statuses":[{"id":"wamid.taken%d","status":"sent","timestamp":"%d","recipient_id":%q,"biz_opaque_callback_data":%q}]}}`,
				phoneID, told.Add(1), time.Now().Unix(), m.To, m.Key))
			if status, err := n.post(n.URL, "whatsapp", body); err != nil || status != 200 {
				s.Errorf("a receipt was answered with %d: %v", status, err)
			}
		})
	}
}

// owed is a message that is to come to a phone.
type owed struct {
	to  channels.Address
	key string
}

// learns reports whether the bot knows what became of a message.
func (s *stage) learns(o owed) (twice, known bool) {
	s.Helper()
	rs, err := s.e.Store.Receipts(context.Background(), o.to, 100)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range rs {
		twice = twice || r.Key == o.key && r.State == store.MaybeTwice
		known = known || r.Key == o.key && (r.State == store.MaybeTwice || r.State == store.SentState)
	}
	return twice, known
}

// A harm is what a bad network has done to messages.
type harm struct {
	lost     int
	twice    map[channels.ID]int // came twice
	unmarked int                 // of them, those that the bot does not know of
}

var numbered = regexp.MustCompile(`answer (\d+)`)

// suffer has the bot send to workers on all platforms over a bad network.
func suffer(t *testing.T, f faults.Fault, wrap func(channels.Adapter) channels.Adapter) harm {
	t.Helper()
	s, n, p := onBadInternet(t, wrap)
	stop := s.start()
	p.Set(f)
	owes := make(map[int]owed)
	for range 3 {
		for w := range 30 {
			for _, to := range []channels.Address{
				{Channel: "telegram", User: fmt.Sprint(700_000_000 + w)}, {Channel: "line", User: fmt.Sprint("Uworker", w)}, {Channel: "whatsapp", User: fmt.Sprint(66_811_110_000 + w)},
			} {
				key := s.oweTo(to, channels.Answer, fmt.Sprint("answer ", len(owes)))
				owes[len(owes)] = owed{to, key}
			}
		}
	}
	s.untilReal(func() bool { return p.Spoiled() >= 40 })
	p.Set(faults.Fault{})
	marked := make(map[int]bool)
	for i, o := range owes {
		s.untilReal(func() (known bool) { marked[i], known = s.learns(o); return known })
	}
	stop()
	came := make(map[int]int)
	for _, m := range n.phones() {
		i, err := strconv.Atoi(append(numbered.FindStringSubmatch(m.text), "", "")[1])
		if err != nil {
			t.Fatalf("on a phone stands %q", m.text)
		}
		came[i]++
	}
	h := harm{twice: make(map[channels.ID]int)}
	for i, o := range owes {
		if came[i] == 0 {
			h.lost++
		}
		if came[i] > 1 {
			h.twice[o.to.Channel] += came[i] - 1
			if !marked[i] {
				h.unmarked++
			}
		}
	}
	if sum := int64(h.twice["telegram"] + h.twice["whatsapp"]); sum > s.e.Counted("messages_maybe_twice") && wrap == nil {
		t.Errorf("%d messages came twice, %d are counted", sum, s.e.Counted("messages_maybe_twice"))
	}
	t.Logf("%d connections spoilt, %d messages, %d lost, twice came %v, of them unknown %d; may have come twice as the bot counts %d", p.Spoiled(), len(owes), h.lost, h.twice, h.unmarked, s.e.Counted("messages_maybe_twice"))
	return h
}

// untilReal waits, by the real clock, for what comes by itself.
func (s *stage) untilReal(ok func() bool) {
	s.Helper()
	for end := time.Now().Add(5 * time.Minute); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatal("waited in vain")
		}
	}
}

// TestNetwork spoils the connections to the platforms while messages go out:
// requests that are cut, answers that are cut after the message was taken,
// connections that are half closed. Every message arrives. It comes twice only
// where a platform cannot tell, never on LINE, and then it is marked and
// counted; Meta's receipts tell of most. FAULTS says how often; then some connections go mute as well.
func TestNetwork(t *testing.T) {
	t.Parallel()
	f := faults.Fault{Delay: 5 * time.Millisecond, Lost: 0.1, Cut: 0.1, Half: 0.1}
	times, err := strconv.Atoi(os.Getenv("FAULTS"))
	if err == nil {
		f.Mute = 0.02
	}
	for range max(times, 1) {
		h := suffer(t, f, nil)
		if h.lost > 0 || h.unmarked > 0 || h.twice["line"] > 0 {
			t.Errorf("%+v", h)
		}
	}
}

// A careless adapter takes a request of which nobody knows for one that was
// taken; a forgetful one gives a message another key when it is repeated.
type (
	careless  struct{ channels.Adapter }
	forgetful struct{ channels.Adapter }
)

func (a careless) Send(ctx context.Context, m channels.Outbound) (string, error) {
	id, err := a.Adapter.Send(ctx, m)
	var no *channels.SendError
	if err != nil && !errors.As(err, &no) {
		return "m", nil
	}
	return id, err
}

func (a forgetful) Send(ctx context.Context, m channels.Outbound) (string, error) {
	if m.Again {
		m.Key += fmt.Sprint(rand.Int())
	}
	return a.Adapter.Send(ctx, m)
}

// TestNetworkHarms shows that the test before would see a message that is lost
// and one that comes twice unknown.
func TestNetworkHarms(t *testing.T) {
	t.Parallel()
	f := faults.Fault{Lost: 0.2, Cut: 0.2}
	if h := suffer(t, f, func(a channels.Adapter) channels.Adapter { return careless{a} }); h.lost == 0 {
		t.Errorf("nothing is lost where nothing is sent again: %+v", h)
	}
	if h := suffer(t, f, func(a channels.Adapter) channels.Adapter { return forgetful{a} }); h.unmarked == 0 || h.twice["line"] == 0 {
		t.Errorf("nothing comes twice where no key is kept: %+v", h)
	}
}
