package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"workervoice/flows"
	"workervoice/translations"
)

// A move is what a worker does, and the state that the answer must ask for.
type move struct{ write, press, expect string }

// A script is what workers do, by language.
type script struct{ by [][]move }

// newScript takes what workers write from the texts, so that it is in the
// script of their language.
func newScript() (*script, error) {
	c, err := translations.Load()
	if err != nil {
		return nil, err
	}
	s := &script{}
	for _, lang := range flows.Languages {
		var words [4]string
		for i, key := range []string{"issue.pay.late", "issue.hours.norest", "country.TH", "sector.garment"} {
			if words[i], err = c.Text(lang, key, nil); err != nil {
				return nil, err
			}
		}
		story := words[0] + ". " + words[1] + ". " + words[0]
		s.by = append(s.by, report(lang, story, words[2], words[3]))
	}
	return s, nil
}

// moves returns what the nth worker does.
func (s *script) moves(n int) []move { return s.by[n%len(s.by)] }

// report is a worker's first conversation: two reports with all their questions.
func report(lang, story, place, name string) []move {
	questions := []move{
		{press: "quick:answer_now", expect: "story"},
		{write: story, expect: "story"},
		{press: "story:done", expect: "country"},
		{press: "country:TH", expect: "area"},
		{write: place, expect: "site"},
		{write: name, expect: "sector"},
		{press: "sector:garment", expect: "employer"},
		{press: "employer:factory", expect: "when"},
		{press: "when:now", expect: "howmany"},
		{press: "howmany:some", expect: "gender"},
		{press: "gender:both", expect: "hr"},
		{press: "hr:yes", expect: "hr_result"},
		{press: "hr_result:nothing", expect: "fear"},
		{press: "fear:maybe", expect: "bossknows"},
		{press: "bossknows:no", expect: "want"},
		{press: "want:pay", expect: "want"},
		{press: "want:stop", expect: "want"},
		{press: "want:done", expect: "photo"},
		{press: "photo:skip", expect: "privacy"},
		{press: "privacy:secret", expect: "name"},
	}
	last := []move{
		{press: "raise:yes", expect: "review"},
		{press: "review:send", expect: "sent"},
		{press: "sent:menu", expect: "menu"},
	}
	ms := []move{
		{write: "/start", expect: "language"},
		{press: "language:" + lang, expect: "safety"},
		{press: "safety:yes", expect: "consent"},
		{press: "consent:agree", expect: "menu"},
		{press: "menu:report", expect: "problem"},
		{press: "problem:pay", expect: "sub"},
		{press: "sub:pay.late", expect: "more"},
		{press: "more:no_more", expect: "quick"},
	}
	ms = append(ms, questions...)
	ms = append(ms,
		move{write: name, expect: "reply"},
		move{press: "reply:yes", expect: "times"},
		move{press: "times:evening", expect: "times"},
		move{press: "times:done", expect: "restday"},
		move{press: "restday:0", expect: "word"},
		move{write: place, expect: "raise"},
	)
	ms = append(ms, last...)
	ms = append(ms, // the second report
		move{press: "menu:report", expect: "problem"},
		move{press: "problem:papers", expect: "sub"},
		move{press: "sub:papers.passport", expect: "check"},
		move{press: "check:no", expect: "more"},
		move{press: "more:no_more", expect: "quick"},
	)
	ms = append(ms, questions...)
	ms = append(ms, move{write: name, expect: "raise"}) // contact and word are known
	return append(ms, last...)
}

// A worker is one who reports.
type worker struct {
	p     *platform
	hooks hooks
	calls int // so far
	chat  int64
	in    inbox
	last  message // answered
	begun bool
	twice int // answers that came again
}

// people begin here: numbers such as Telegram gives.
const people = 5_000_000_000

func newWorker(p *platform, hs hooks, n int64) *worker {
	w := &worker{p: p, hooks: hs, chat: people + n}
	w.in = p.open(w.chat)
	return w
}

// hook returns the bot's connection on which the next webhook comes: several
// bots get them in turn.
func (w *worker) hook() *hook {
	w.calls++
	return w.hooks[w.calls%len(w.hooks)]
}

// leave closes the chat: what comes now was not waited for.
func (w *worker) leave() {
	w.p.chats.Delete(w.chat)
	w.p.strange.Add(int64(len(w.in)))
}

var errUnanswered = errors.New("a worker got no answer")

// patience is more than anything may take here.
const patience = 60 * time.Second

// make does m and waits for the one answer. It returns how long that took.
func (w *worker) make(ctx context.Context, m move) (time.Duration, error) {
	began := time.Now()
	status, _, err := w.hook().post(w.update(m))
	switch {
	case err != nil:
		return 0, fmt.Errorf("the bot cannot be reached: %w", err)
	case status != http.StatusOK:
		return 0, fmt.Errorf("the bot answered a webhook with %d", status)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-late.C:
			return 0, errUnanswered
		case got := <-w.in:
			if w.begun && got.same(w.last) {
				w.twice++
				continue
			}
			if got.state() != m.expect {
				return 0, fmt.Errorf("after %s%s the bot asks for %q, not for %q", m.press, m.write, got.state(), m.expect)
			}
			w.last, w.begun = got, true
			return got.at.Sub(began), nil
		}
	}
}

// update is m as Telegram reports it.
func (w *worker) update(m move) []byte {
	now := time.Now().Unix()
	who := fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"W","username":"w%[1]d","language_code":"en"}`, w.chat)
	chat := fmt.Sprintf(`{"id":%d,"first_name":"W","username":"w%[1]d","type":"private"}`, w.chat)
	id := w.p.updates.Add(1)
	if m.press == "" {
		return fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"from":%s,"chat":%s,"date":%d,"text":%s}}`,
			id, w.p.names.Add(1), who, chat, now, quoted(m.write))
	}
	return fmt.Appendf(nil, `{"update_id":%d,"callback_query":{"id":"%d%d","from":%s,"message":{"message_id":%d,"from":{"id":7000000001,"is_bot":true,"first_name":"Golden Friend","username":"golden_friend_bot"},"chat":%s,"date":%d,"text":%s,"reply_markup":%s},"chat_instance":"%d","data":%s}}`,
		id, w.chat, id, who, w.last.id, chat, now, quoted(w.last.text), w.last.buttons, w.chat, quoted(m.press))
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s) // a string can always be written
	return b
}

// A hook is a connection on which the platform calls the bot.
type hook struct {
	addr string
	conn net.Conn
	read *bufio.Reader
}

// post sends one update and returns the bot's answer.
func (h *hook) post(body []byte) (status int, answer []byte, err error) {
	if h.conn == nil {
		if h.conn, err = net.DialTimeout("tcp", h.addr, 5*time.Second); err != nil {
			h.conn = nil
			return 0, nil, err
		}
		h.read = bufio.NewReader(h.conn)
	}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := h.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, nil, err
	}
	req := fmt.Appendf(make([]byte, 0, len(body)+256), "POST /telegram HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: %s\r\nContent-Length: %d\r\n\r\n",
		h.addr, benchSecret, len(body))
	if _, err := h.conn.Write(append(req, body...)); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(h.read, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

func (h *hook) close() {
	if h.conn != nil {
		h.conn.Close()
		h.conn = nil
	}
}
