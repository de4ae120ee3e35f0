package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// T1: the platform has its 200, the answer has yet to be found, and the program
// is killed. After the start every message is answered once, in order, however
// often the platform repeats them.
func TestKilledBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	ctx := context.Background()
	var events []channels.Event
	for i := range 4 {
		events = append(events, s.event("w", channels.Event{Text: fmt.Sprintf("sentence %d of what they did to us", i)}))
	}
	if err := s.e.Store.Receive(ctx, events[0]); err != nil { // taken in by another process, which is gone
		t.Fatal(err)
	}
	for _, ev := range events[1:] {
		if err := s.e.Deliver(ctx, ev); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.sent()) != 0 {
		t.Fatal("the later ones are answered before the first")
	}
	s.restart()
	for _, ev := range slices.Concat(events, events[:2]) {
		if err := s.e.Deliver(ctx, ev); err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	said, sent := s.transcript("telegram", "w")
	_, session := s.look("telegram", "w")
	if len(said) != 4 || len(session.Early) != 4 {
		t.Fatalf("of 4 messages %d are answered and %d kept", len(said), len(session.Early))
	}
	for i, p := range session.Early {
		if said[i].ID != events[i].ID || p.Message != events[i].Message {
			t.Errorf("message %d is not where it was", i)
		}
	}
	got := s.sent()
	if len(got) != 4 || len(sent) != 4 || twice(got) != "" {
		t.Errorf("%d answers were decided, %d sent, twice: %q", len(sent), len(got), twice(got))
	}
}

// twice returns the key of a message that stands on the phone twice.
func twice(ms []channels.Outbound) string {
	keys := map[string]bool{}
	for _, m := range ms {
		if keys[m.Key] {
			return m.Key
		}
		keys[m.Key] = true
	}
	return ""
}

// crash loses all that the program has not written down, and lets the leases
// run out that it has left behind.
func (s *stage) crash() {
	s.Helper()
	s.restart()
	s.pass(lease + time.Second)
}

// states returns what the receipts say of a message, oldest first.
func (s *stage) states(user, key string) (out []string) {
	s.Helper()
	rs, err := s.e.Store.Receipts(context.Background(), s.address(user), 100)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range rs {
		if r.Key == key {
			out = append(out, r.State)
		}
	}
	return out
}

// T2: the message is on the worker's phone, and the program is killed before it
// has written that down.
func TestKilledAfterSending(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*channels.Info)
		receipt channels.Kind // of the platform, before the message is taken up again
		unsent  bool          // killed before sending instead
		requests,
		visible int
		states string // what is known of the first message in the end
	}{
		"nobody can tell":          {requests: 2, visible: 2, states: "maybe twice"},
		"known by its key":         {change: func(i *channels.Info) { i.Idempotent = true }, requests: 2, visible: 1, states: "sent"},
		"it was delivered":         {change: func(i *channels.Info) { i.Receipts = true }, receipt: channels.Delivered, requests: 1, visible: 1, states: "delivered sent"},
		"it was taken on":          {change: func(i *channels.Info) { i.Receipts = true }, receipt: channels.Accepted, requests: 1, visible: 1, states: "accepted sent"},
		"no receipt has come":      {change: func(i *channels.Info) { i.Receipts = true }, requests: 2, visible: 2, states: "maybe twice"},
		"killed before it is sent": {unsent: true, requests: 1, visible: 1, states: "maybe twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := infoOf(t, "telegram")
			if test.change != nil {
				test.change(&info)
			}
			s := newStage(t, info)
			s.say("w", "hello")
			s.say("w", "[language:en]")
			s.sent()
			if err := s.e.Deliver(t.Context(), s.event("w", channels.Event{Choice: "safety:danger"})); err != nil { // two messages, one behind the other
				t.Fatal(err)
			}
			snd := s.e.senders[info.ID]
			p := <-snd.parcels
			if len(p.Messages) != 2 {
				t.Fatalf("%d messages wait", len(p.Messages))
			}
			if !test.unsent {
				snd.deliver(t.Context(), p.Parcel) // and nobody writes down that it was
			}
			if test.receipt != "" {
				ev := channels.Event{ID: "r", Kind: test.receipt, From: s.address("w"), At: s.Now(), Key: p.Messages[0].Key, Message: "m"}
				if err := s.e.Deliver(t.Context(), ev); err != nil {
					t.Fatal(err)
				}
			}
			s.crash()
			if got := s.e.Counted("messages_maybe_twice") == 1; got != (test.states == store.MaybeTwice) {
				t.Errorf("counted as a message that may come twice: %v", got)
			}
			s.crash() // once more, after all is done: it is not taken up a third time
			var first, second int
			shown := map[string]bool{}
			for _, m := range s.sent() {
				shown[m.Key] = true
				switch m.Key {
				case p.Messages[0].Key:
					first++
				case p.Messages[1].Key:
					second++
				}
			}
			visible := first
			if info.Idempotent {
				visible = len(shown) - 1
			}
			if first != test.requests || second != 1 || visible != test.visible {
				t.Errorf("the first message was sent %d times and is visible %d times, the second %d: want %d, %d, 1", first, visible, second, test.requests, test.visible)
			}
			if got := strings.Join(s.states("w", p.Messages[0].Key), " "); got != test.states {
				t.Errorf("of the first message is known %q, want %q", got, test.states)
			}
			if got := s.e.Counted("messages_maybe_twice"); got != 0 { // by the process before, which has done it
				t.Errorf("%d messages are counted again as such that may come twice", got)
			}
			if got := strings.Join(s.states("w", p.Messages[1].Key), " "); got != store.SentState {
				t.Errorf("of the second message is known %q", got)
			}
		})
	}
}

// T2 within one run: the connection breaks before the answer comes. What nobody
// knows of is sent again once, marked and counted.
func TestNobodyKnows(t *testing.T) {
	t.Parallel()
	s := newStage(t, infoOf(t, "telegram"))
	broken := 0
	s.play.fail = func(channels.Outbound) error {
		if broken++; broken == 1 {
			return context.DeadlineExceeded
		}
		return nil
	}
	s.say("w", "hello")
	s.pass(time.Minute)
	got := s.sent()
	if len(got) != 1 || broken != 2 || !got[0].Again {
		t.Fatalf("%d requests, %d messages", broken, len(got))
	}
	if states := s.states("w", got[0].Key); len(states) != 1 || states[0] != store.MaybeTwice {
		t.Errorf("it is kept as %v", states)
	}
	if s.e.Counted("messages_maybe_twice") != 1 || s.e.Counted("messages_unknown") != 1 {
		t.Error("it is not counted")
	}
	s.say("w", "[language:en]")
	if got := s.sent(); len(got) != 1 || got[0].Again || s.e.Counted("messages_maybe_twice") != 1 {
		t.Error("the next message is taken for a repetition too")
	}
}

// T2 on LINE, which knows a push again by its key, and the key stands for all
// that was in the request: what the worker does in the meantime joins the
// outbox, and must not join the request that is repeated. A free reply has no
// key: what cannot be known again is marked and counted.
func TestKilledOnLINE(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply   bool
		writes  bool // the worker does, before it is repeated
		visible int
		states  string
	}{
		"a push":                        {visible: 1, states: "sent"},
		"a push, and the worker writes": {writes: true, visible: 1, states: "sent"},
		"a reply":                       {reply: true, visible: 2, states: "maybe twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, n := onInternet(t)
			say := func(id int, text string) {
				n.hook(t, "line", onLINE(id, "Uworker", s.Now(), fmt.Sprintf(`"type":"text","text":%q`, text)))
			}
			for i, what := range []string{"hello there", "English", "SOS"} {
				if s.pass(5 * time.Second); what != "SOS" || !test.reply {
					say(i, what)
				}
			}
			if test.reply {
				say(7, "SOS")
			} else {
				s.pass(time.Minute)
				s.later(10 * time.Minute) // and the bot asks how the worker is
				if _, err := s.e.Store.Wakes(t.Context(), 10); err != nil || !s.e.answer(t.Context()) {
					t.Fatal("nobody asks how the worker is", err)
				}
			}
			n.phones()
			snd := s.e.senders["line"]
			p := <-snd.parcels
			snd.deliver(t.Context(), p.Parcel)
			once := n.phones()
			if len(once) == 0 || once[0].reply != test.reply {
				t.Fatalf("%d messages: %v", len(once), once)
			}
			s.restart()
			if test.writes {
				say(8, "I am behind the kitchen")
			}
			s.pass(lease + time.Second)
			first := 1
			for _, m := range n.phones() {
				if m.text == once[0].text {
					first++
				}
			}
			if first != test.visible {
				t.Errorf("the message is visible %d times, want %d", first, test.visible)
			}
			rs, err := s.e.Store.Receipts(t.Context(), p.Messages[0].To, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs {
				if r.Key == p.Messages[0].Key && r.State != test.states {
					t.Errorf("it is kept as %q, want %q", r.State, test.states)
				}
			}
			if got := s.e.Counted("messages_maybe_twice") > 0; got != (test.states == store.MaybeTwice) {
				t.Errorf("counted as a message that may come twice: %v", got)
			}
		})
	}
}

// delivered returns what a worker who was away for so long gets of news on
// WhatsApp, before the program has written down that it was sent.
func delivered(t *testing.T, away time.Duration) (*stage, channels.Outbound) {
	t.Helper()
	s := newStage(t, infoOf(t, "whatsapp"))
	s.say("w", "hello")
	s.later(away)
	s.sent()
	s.news("w", "the news")
	snd := s.e.senders["whatsapp"]
	snd.claim(t.Context())
	p := <-snd.pushes
	snd.deliver(t.Context(), p.Parcel)
	got := s.sent()
	if len(got) != 1 {
		t.Fatalf("sent %v", got)
	}
	return s, got[0]
}

// accepts has the platform say that it has taken m on.
func (s *stage) accepts(m channels.Outbound) {
	s.Helper()
	ev := channels.Event{ID: "accepted/" + m.Key, Kind: channels.Accepted, From: m.To, At: s.Now(), Key: m.Key, Message: "m"}
	if err := s.e.Deliver(s.Context(), ev); err != nil {
		s.Fatal(err)
	}
}

// The template is on the worker's phone, Meta says so, and the program is
// killed before it has written that down: it does not knock again.
func TestKilledAfterKnocking(t *testing.T) {
	t.Parallel()
	s, m := delivered(t, 24*time.Hour)
	if m.Template == nil {
		t.Fatalf("sent %v", m)
	}
	s.accepts(m)
	s.crash()
	if got := s.sent(); len(got) != 0 {
		t.Errorf("after the start is sent %v", got)
	}
	s.readsTheNews()
}

// The receipt calls on a program that is dead, and comes again when it has
// started: until then nothing is sent a second time, neither a template nor a
// message.
func TestReceiptComesAfterTheStart(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]time.Duration{"a template": 24 * time.Hour, "a message": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := delivered(t, away)
			s.restart()
			s.pass(time.Second)
			s.accepts(m)
			s.pass(lease)
			if got := s.sent(); len(got) != 0 {
				t.Errorf("after the start is sent %v", got)
			}
		})
	}
}
