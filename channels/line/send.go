package line

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

// perRequest is how many message objects LINE takes in one request.
const perRequest = 5

// Send implements [channels.Adapter].
func (a *Adapter) Send(ctx context.Context, m channels.Outbound) (string, error) {
	ids, err := a.SendAll(ctx, []channels.Outbound{m})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// SendAll implements [channels.Batcher]. It replies where a reply token is
// given and alive, and pushes otherwise.
//
// One request carries all, unless attachments with captions make them more than
// five message objects, or some are silent and some are not. If a later request
// fails, the outcome is unknown, whatever its cause; repeating the same messages
// then delivers the rest only. The retry key is made from the keys of all
// messages in a request, so an unknown outcome must be repeated with the same
// messages in the same order.
func (a *Adapter) SendAll(ctx context.Context, ms []channels.Outbound) ([]string, error) {
	requests, err := a.pack(ms)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range requests {
		got, err := a.deliver(ctx, r)
		if err != nil && len(ids) > 0 {
			// Not %w: as a SendError it would say that none was delivered.
			return nil, fmt.Errorf("line: %d of %d messages delivered, repeat all of them: %v", len(ids), len(ms), err)
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, got...)
	}
	return ids, nil
}

// A request is what one call to LINE delivers.
type request struct {
	to      string
	key     string // retry key
	token   string // reply token, and until when it is alive
	until   time.Time
	again   bool
	silent  bool
	last    []int // for each message, the place of its last object
	objects []json.RawMessage
	keys    []string
}

// pack sorts ms into as few requests as LINE allows. Nothing has been sent yet
// when it finds a fault.
func (a *Adapter) pack(ms []channels.Outbound) ([]*request, error) {
	if len(ms) == 0 || len(ms) > perRequest {
		return nil, rejected(fmt.Errorf("line: %d messages at once: give 1 to %d", len(ms), perRequest))
	}
	var all []*request
	for _, m := range ms {
		objects, err := a.objects(m)
		if err != nil {
			return nil, err
		}
		if m.To != ms[0].To || m.To.User == "" {
			return nil, rejected(errors.New("line: messages at once must go to one worker"))
		}
		if n := len(all); n == 0 || len(all[n-1].objects)+len(objects) > perRequest || all[n-1].silent != m.Silent {
			all = append(all, &request{to: m.To.User, silent: m.Silent})
		}
		all[len(all)-1].add(m, objects)
	}
	for _, r := range all {
		r.key = retryKey(r.keys)
	}
	return all, nil
}

// add puts m into r. Of several reply tokens it keeps the one that lives
// longest, so that a repeat picks the same one.
func (r *request) add(m channels.Outbound, objects []json.RawMessage) {
	r.objects = append(r.objects, objects...)
	r.last = append(r.last, len(r.objects)-1)
	r.keys = append(r.keys, m.Key)
	r.again = r.again || m.Again
	if m.ReplyToken != "" && m.ReplyUntil.After(r.until) {
		r.token, r.until = m.ReplyToken, m.ReplyUntil
	}
}

// retryKey returns a UUID (version 8, made by the application) that is the same
// whenever the keys are.
func retryKey(keys []string) string {
	b := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// deliver makes the request, as a reply if it can be.
func (a *Adapter) deliver(ctx context.Context, r *request) ([]string, error) {
	if r.token != "" && a.c.Now().Before(r.until) {
		if ids, done, err := a.reply(ctx, r); done || err != nil {
			return ids, err
		}
	}
	return a.push(ctx, r)
}

// reply uses r's reply token. It reports false when a push is needed instead.
//
// Replies have no retry key, but a token is good for one request: if an earlier
// attempt of unknown outcome was made with this token and LINE now calls the
// token invalid, then that attempt was accepted.
func (a *Adapter) reply(ctx context.Context, r *request) (ids []string, done bool, err error) {
	u, ours := a.tokens.try(r.token, r.key, a.c.Now())
	if !ours || u.done {
		return u.ids, ours, nil
	}
	ans, err := a.call(ctx, http.MethodPost, "/v2/bot/message/reply", r.body(body{ReplyToken: r.token}), "")
	if err == nil && !ans.ok() && !ans.deadToken() {
		err = ans.refusal()
	}
	switch {
	case err != nil:
		if _, certain := errors.AsType[*channels.SendError](err); certain {
			a.tokens.release(r.token)
		}
		return nil, false, err
	case ans.ok() || r.again:
		u = use{key: r.key, ids: r.ids(ans), done: true}
		a.tokens.set(r.token, u)
		return u.ids, true, nil
	}
	a.tokens.set(r.token, use{}) // of no use to anybody: a repeat must push with its key
	return nil, false, nil
}

// push sends r with its retry key. LINE answers 409 to a key that it has
// accepted within the last 24 hours: then the message was delivered before.
func (a *Adapter) push(ctx context.Context, r *request) ([]string, error) {
	ans, err := a.call(ctx, http.MethodPost, "/v2/bot/message/push", r.body(body{To: r.to}), r.key)
	if err != nil {
		return nil, err
	}
	if ans.ok() || ans.status == http.StatusConflict && ans.header.Get("X-Line-Accepted-Request-Id") != "" {
		return r.ids(ans), nil
	}
	return nil, ans.refusal()
}

// A body is what reply and push take. The SDK's own type would send
// "customAggregationUnits": null with it.
type body struct {
	ReplyToken string            `json:"replyToken,omitempty"`
	To         string            `json:"to,omitempty"`
	Messages   []json.RawMessage `json:"messages"`
	Silent     bool              `json:"notificationDisabled,omitempty"`
}

func (r *request) body(b body) []byte {
	b.Messages, b.Silent = r.objects, r.silent
	out, err := json.Marshal(b)
	if err != nil {
		panic("line: strings and encoded JSON always encode: " + err.Error())
	}
	return out
}

// ids returns LINE's name for each message: that of its last object. A name
// that LINE did not give is empty; the message was delivered all the same.
func (r *request) ids(ans answer) []string {
	var sent api.PushMessageResponse // a reply's is the same, and so is a 409's
	_ = json.Unmarshal(ans.body, &sent)
	ids := make([]string, len(r.last))
	for i, n := range r.last {
		if n < len(sent.SentMessages) {
			ids[i] = sent.SentMessages[n].Id
		}
	}
	return ids
}
