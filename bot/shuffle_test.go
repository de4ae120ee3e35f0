package bot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
	"workervoice/store/faults"
)

// A webhook is one message of a worker, as its platform tells it.
type webhook struct {
	from channels.Address
	id   string // the platform's name for the event
	body string
}

// recounted returns what some workers on every platform write, twelve messages
// each, in their order. Telegram's times are all of one second, and its numbers
// go on from 9 to 10.
func recounted(workers int) (all []webhook) {
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	for n := range 12 * workers {
		w, m := n/12, n%12
		words := fmt.Sprintf("part %d of what they did", m)
		all = append(all,
			of("telegram", w, fmt.Sprint(n+8), func(user string) string {
				return onTelegram(n+8, int64(700_000_000+w), at, fmt.Sprintf(`"text":%q`, words))
			}),
			of("line", w, fmt.Sprint("ev", n), func(user string) string {
				return onLINE(n, user, at.Add(time.Duration(m)*time.Millisecond), fmt.Sprintf(`"type":"text","text":%q`, words))
			}),
			of("whatsapp", w, fmt.Sprint("wamid.", n), func(user string) string {
				return onWhatsApp(change("", wamessage(fmt.Sprint(n), at.Add(time.Duration(m)*time.Second), fmt.Sprintf(`"from":%q`, user), fmt.Sprintf(`"type":"text","text":{"body":%q}`, words))))
			}))
	}
	return all
}

// presses returns the same of workers who change the language again and again,
// which is answered each time.
func presses(workers int) (all []webhook) {
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	for n := range 5 * workers {
		w, m := n/5, n%5
		value := "language:" + flows.Languages[m]
		all = append(all,
			of("telegram", w, fmt.Sprint(n+8), func(user string) string { return pressedOnTelegram(n+8, int64(700_000_000+w), value) }),
			of("line", w, fmt.Sprint("ev", n), func(user string) string {
				return fmt.Sprintf(`{"destination":"Ufriend","events":[{"webhookEventId":"ev%d","type":"postback","timestamp":%d,"replyToken":"reply%d","source":{"type":"user","userId":%q},"postback":{"data":%q}}]}`,
					n, at.UnixMilli()+int64(m), n, user, value)
			}),
			of("whatsapp", w, fmt.Sprint("wamid.", n), func(user string) string {
				return onWhatsApp(change("", wamessage(fmt.Sprint(n), at.Add(time.Duration(m)*time.Second), fmt.Sprintf(`"from":%q`, user),
					fmt.Sprintf(`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":%q,"title":"x"}}`, value))))
			}))
	}
	return all
}

// of returns the webhook of a worker, whose body is for the worker's name.
func of(on channels.ID, worker int, id string, body func(user string) string) webhook {
	user := map[channels.ID]string{"telegram": fmt.Sprint(700_000_000 + worker), "line": fmt.Sprint("Uworker", worker), "whatsapp": fmt.Sprint(66_811_110_000 + worker)}[on]
	return webhook{channels.Address{Channel: on, User: user}, id, body(user)}
}

// thrice returns every webhook three times, in any order.
func thrice(all []webhook) []webhook {
	all = slices.Concat(all, all, all)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// bombard has platforms call, many at a time and each until it is answered with
// 200, as they do.
func (n *internet) bombard(t *testing.T, url string, all []webhook) {
	t.Helper()
	calls := make(chan webhook)
	var platforms sync.WaitGroup
	for range 8 {
		platforms.Go(func() {
			for h := range calls {
				for end := time.Now().Add(5 * time.Minute); ; {
					status, err := n.post(url, h.from.Channel, h.body)
					if err == nil && status == http.StatusOK {
						break
					}
					if err == nil && status != http.StatusServiceUnavailable || time.Now().After(end) {
						t.Errorf("%s is answered with %d: %v", h.id, status, err)
						break
					}
				}
			}
		})
	}
	for _, h := range all {
		calls <- h
	}
	close(calls)
	platforms.Wait()
}

// TestShuffled has every webhook of three platforms come three times, all of
// them shuffled, over connections that break: each is answered once, and all
// that is kept can be put into the order in which its platform numbers it.
func TestShuffled(t *testing.T) {
	t.Parallel()
	s, n, _ := onBadInternet(t, nil)
	front := faults.New(t, n.Listener.Addr().String())
	front.Set(faults.Fault{Lost: 0.05, Cut: 0.05, Half: 0.05})
	stop := s.start()
	all := presses(12)
	n.bombard(t, "http://"+front.Addr(), thrice(all))
	s.answeredOnce(all, n, true)
	stop()
	t.Logf("%d messages, %d connections spoilt, %d repeated events dropped", len(all), front.Spoiled(), s.e.Counted("events_repeated"))
}

// answeredOnce waits until all is answered that was told, and reports whether
// each has one answer. It fails the test if not, unless that is expected.
func (s *stage) answeredOnce(all []webhook, n *internet, must bool) bool {
	s.Helper()
	once := true
	bad := func(form string, args ...any) {
		if once = false; must {
			s.Errorf(form, args...)
		}
	}
	by := make(map[channels.Address][]string)
	for _, h := range all {
		by[h.from] = append(by[h.from], h.id)
	}
	total := 0
	for who, ids := range by {
		said, sent := s.transcript(who.Channel, who.User)
		s.untilReal(func() bool {
			said, sent = s.transcript(who.Channel, who.User)
			for _, m := range sent {
				if _, known := s.learns(owed{who, m.Key}); !known {
					return false
				}
			}
			return len(said) >= len(ids)
		})
		total += len(sent)
		slices.SortStableFunc(said, channels.Order)
		var got []string
		for _, ev := range said {
			got = append(got, ev.ID)
			key := keyOf(ev) + "/"
			if !slices.ContainsFunc(sent, func(m channels.Outbound) bool { return strings.HasPrefix(m.Key, key) }) {
				bad("%s has no answer", ev.ID)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(ids) {
			bad("%v is kept as\n%v, was\n%v", who.Channel, got, ids)
		}
		if key := twice(sent); key != "" {
			bad("an answer was decided twice")
		}
	}
	if phones := len(n.phones()); phones != total {
		bad("%d answers were decided, %d came to phones", total, phones)
	}
	return once
}

// forgetting is a back end that does not know what it has seen.
type forgetting struct{ store.Backend }

func (x forgetting) Commit(ctx context.Context, batches ...store.Batch) []store.Result {
	for i := range batches {
		batches[i].Once = nil
	}
	return x.Backend.Commit(ctx, batches...)
}

// TestShuffledHarms shows that the test before would see what is answered twice.
func TestShuffledHarms(t *testing.T) {
	t.Parallel()
	s, n, _ := onBadInternet(t, nil)
	s.e = s.engine(forgetting{s.db})
	stop := s.start()
	all := presses(3)
	n.bombard(t, n.URL, thrice(all))
	once := s.answeredOnce(all, n, false)
	stop()
	if once {
		t.Error("everything is answered once where nothing is remembered: a test for that would see nothing")
	}
}

// TestWaitingInOrder has what workers told wait in any order: it is heard in
// that of the platform.
func TestWaitingInOrder(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	all := recounted(3)
	for _, h := range thrice(all) {
		events, err := s.e.senders[h.from.Channel].a.Receive(called(n.URL, h.from.Channel, h.body))
		if err == nil {
			err = s.e.Store.Receive(t.Context(), events...)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	for _, h := range all[:3] {
		_, session := s.look(h.from.Channel, h.from.User)
		if len(session.Early) != 12 {
			t.Fatalf("%d parts", len(session.Early))
		}
		for i, p := range session.Early {
			if want := fmt.Sprintf("part %d of", i); !strings.HasPrefix(p.Text, want) {
				t.Errorf("%v: part %d says %q", h.from.Channel, i, p.Text)
			}
		}
	}
}
