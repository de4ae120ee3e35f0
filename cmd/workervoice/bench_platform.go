package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The bot's credentials on the platform that is played.
const (
	benchToken  = "7000000001:AAEbenchbenchbenchbenchbenchbenchben"
	benchSecret = "bench_secret"
)

// A platform plays Telegram for the bench and the tests: it takes messages and
// hands each to the worker it is for.
type platform struct {
	server *http.Server
	addr   string
	delay  time.Duration
	limit  *bucket // nil: takes any number

	chats   sync.Map // of *inbox, by the chat's number
	updates atomic.Int64
	names   atomic.Int64 // of messages
	refused atomic.Int64 // messages answered with 429
	strange atomic.Int64 // messages for a worker who has left
	life    atomic.Int64 // how often the bot was started: stands in every message
}

// A message is what a worker sees.
type message struct {
	id      int64
	text    string
	buttons json.RawMessage
	at      time.Time
	life    int64 // of the bot that sent it
}

// same reports whether m says what o says, with the same buttons.
func (m message) same(o message) bool { return m.text == o.text && bytes.Equal(m.buttons, o.buttons) }

// state is where the conversation stands that m asks for: what its first
// button's value begins with.
func (m message) state() string {
	_, rest, _ := strings.Cut(string(m.buttons), `"callback_data":"`)
	state, _, _ := strings.Cut(rest, ":")
	return state
}

type inbox chan message

// room is more than any worker leaves unread.
const room = 64

// lifeOf names in a context which life of the bot has made a connection.
type lifeOf struct{}

// newPlatform listens on a free port of this machine. Beyond limit messages a
// second, of which as many may come at once, it refuses; 0 is no limit.
func newPlatform(delay time.Duration, limit int) (*platform, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no port for the platform that is played: %w", err)
	}
	p := &platform{addr: l.Addr().String(), delay: delay}
	if limit > 0 {
		p.limit = &bucket{rate: float64(limit), full: float64(limit)}
	}
	p.updates.Store(100_000)
	p.server = &http.Server{Handler: p, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, lifeOf{}, p.life.Load()) // what a bot that was killed has sent may be read later
	}}
	go p.server.Serve(l) //nolint:errcheck // ends with Close
	return p, nil
}

func (p *platform) url() string { return "http://" + p.addr }

// Close ends all connections.
func (p *platform) Close() error { return p.server.Close() }

// open makes the chat of a worker.
func (p *platform) open(chat int64) inbox {
	in := make(inbox, room)
	p.chats.Store(chat, in)
	return in
}

// unread counts messages that no worker has waited for.
func (p *platform) unread() (n int64) {
	p.chats.Range(func(_, in any) bool { n += int64(len(in.(inbox))); return true })
	return n
}

// ServeHTTP is the Bot API: https://core.telegram.org/bots/api.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+benchToken+"/")
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`) //nolint:errcheck // as the bot sees it
		return
	}
	if method == "getWebhookInfo" {
		io.WriteString(w, `{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}`) //nolint:errcheck // as the bot sees it
		return
	}
	if method != "sendMessage" {
		io.WriteString(w, `{"ok":true,"result":true}`) //nolint:errcheck // as the bot sees it
		return
	}
	if wait := p.limit.take(time.Now()); wait > 0 {
		p.refused.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%[1]d}}`, wait)
		return
	}
	p.sendMessage(w, r)
}

func (p *platform) sendMessage(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Chat    int64           `json:"chat_id"`
		Text    string          `json:"text"`
		Buttons json.RawMessage `json:"reply_markup"`
	}
	b, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(b, &sent)
	}
	if err != nil || sent.Text == "" {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}`) //nolint:errcheck // as the bot sees it
		return
	}
	if p.delay > 0 {
		time.Sleep(p.delay) //nolint:forbidigo // this is what is played
	}
	m := message{id: p.names.Add(1), text: sent.Text, buttons: sent.Buttons, at: time.Now()}
	m.life, _ = r.Context().Value(lifeOf{}).(int64)
	if in, ok := p.chats.Load(sent.Chat); ok {
		select {
		case in.(inbox) <- m:
		default:
			p.strange.Add(1)
		}
	} else if sent.Chat < filledFrom {
		p.strange.Add(1)
	}
	fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"from":{"id":7000000001,"is_bot":true,"first_name":"Golden Friend"},"chat":{"id":%d,"type":"private"},"date":%d}}`,
		m.id, sent.Chat, m.at.Unix())
}

// A bucket holds a second's worth of messages and fills steadily.
type bucket struct {
	mu         sync.Mutex
	rate, full float64
	at         time.Time
}

// take returns zero if another message may come, else the seconds to wait.
func (b *bucket) take(now time.Time) (wait int) {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.at.IsZero() {
		b.full = min(b.rate, b.full+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.full < 1 {
		return int(math.Ceil((1-b.full)/b.rate)) + 1
	}
	b.full--
	return 0
}
