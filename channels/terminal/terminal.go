// Package terminal is a channel for a developer: a conversation with the bot
// in the terminal, without any platform.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"workervoice/channels"
)

// Adapter is a channels.Adapter on a terminal.
type Adapter struct {
	id   channels.ID
	in   io.Reader
	out  io.Writer
	now  func() time.Time
	user string

	mu sync.Mutex // one message is written whole
}

var (
	_ channels.Adapter = (*Adapter)(nil)
	_ channels.Poller  = (*Adapter)(nil)
)

// New returns an adapter that reads lines from in and writes to out, as the
// worker named user.
func New(id channels.ID, in io.Reader, out io.Writer, user string, now func() time.Time) *Adapter {
	return &Adapter{id: id, in: in, out: out, user: user, now: now}
}

// Info implements [channels.Adapter].
func (a *Adapter) Info() channels.Info {
	label := channels.Limit{N: 200}
	return channels.Info{ID: a.id, Platform: channels.Terminal, Text: channels.Limit{N: 100_000}, Body: channels.Limit{N: 100_000},
		Choices: 100, Buttons: 100, Button: label, Row: label, Desc: label, Value: 200, PerRequest: 1, Idempotent: true}
}

// Receive implements [channels.Adapter]. Nobody calls a terminal.
func (a *Adapter) Receive(*http.Request) ([]channels.Event, error) {
	return nil, channels.ErrForged
}

// Poll implements [channels.Poller]: every line is something that the worker
// wrote (the bot reads the number of a button as the button), and "/start CODE"
// opens the chat from a link. It returns io.EOF when the input ends.
func (a *Adapter) Poll(ctx context.Context, deliver func(context.Context, ...channels.Event) error) error {
	begun := strconv.FormatInt(a.now().UnixNano(), 36)
	lines := bufio.NewScanner(a.in)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan() && ctx.Err() == nil; n++ {
		text := strings.TrimSpace(lines.Text())
		ev := channels.Event{ID: fmt.Sprintf("%s-%d", begun, n), Kind: channels.Said, From: channels.Address{Channel: a.id, User: a.user}, At: a.now(), Text: text}
		if code, ok := strings.CutPrefix(text, "/start"); ok {
			ev.Kind, ev.Text, ev.Ref = channels.Started, "", strings.TrimSpace(code)
		}
		if err := deliver(ctx, ev); err != nil {
			return fmt.Errorf("terminal: what you wrote was not kept, write it again: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return io.EOF
}

// Send implements [channels.Adapter].
func (a *Adapter) Send(_ context.Context, m channels.Outbound) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var b strings.Builder
	b.WriteString("\n" + m.Text + "\n")
	for i, c := range m.Choices {
		fmt.Fprintf(&b, "  %d  %s", i+1, c.Label)
		if c.Desc != "" {
			b.WriteString(" – " + c.Desc)
		}
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(a.out, b.String()); err != nil {
		return "", &channels.SendError{Reason: channels.Unreachable, Err: errors.New("the terminal is closed")}
	}
	return m.Key, nil
}
