package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	sendTime   = 20 * time.Second // for any request but those below
	uploadTime = 2 * time.Minute  // with 50 MB in it
	answerMax  = 32 << 20         // more than 100 updates of the longest kind
)

// client keeps connections open for as many sends as run at once. Its requests
// end by their context.
func client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 128
	return &http.Client{
		Transport: t,
		// Telegram never redirects, and whoever does would be shown the token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// An answer is what Telegram says to every request.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// call makes one request of the Bot API and returns its result. Its error is a
// *refusal when Telegram said no, a *broken when it did not answer.
func (a *Adapter) call(ctx context.Context, limit time.Duration, method string, params any) (json.RawMessage, error) {
	b, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("telegram: %s cannot be written as JSON: %w", method, err)
	}
	return a.post(ctx, limit, method, "application/json", bytes.NewReader(b))
}

// post is call for a body that is written already.
func (a *Adapter) post(ctx context.Context, limit time.Duration, method, kind string, body io.Reader) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, err := a.do(ctx, http.MethodPost, a.c.URL+"/bot"+a.c.Token+"/"+method, kind, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := readAll(resp.Body, resp.ContentLength, answerMax)
	if err != nil {
		return nil, &broken{left: true, err: a.hide(err)}
	}
	var ans answer
	if err := json.Unmarshal(b, &ans); err != nil || !ans.OK && ans.Code == 0 && ans.Description == "" {
		return nil, foreign(resp)
	}
	if !ans.OK {
		return nil, a.refused(resp, ans)
	}
	return ans.Result, nil
}

// do sends one request. Its errors tell whether it may have left.
func (a *Adapter) do(ctx context.Context, method, url, kind string, body io.Reader) (*http.Response, error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, &broken{err: errors.New("the address is malformed: check TELEGRAM_API_URL")}
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, &broken{left: connected.Load(), err: a.hide(err)}
	}
	return resp, nil
}

// readAll reads up to most bytes of a body of the announced length, which is -1
// if it is not known and need not be true.
func readAll(body io.Reader, length, most int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(length, 0), 64<<10)) + bytes.MinRead) // room enough to see the end without growing
	_, err := b.ReadFrom(io.LimitReader(body, most))
	return b.Bytes(), err
}
