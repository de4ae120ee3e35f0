package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

const (
	// patience is how long LINE may take to answer. It is short enough for a
	// reply of unknown outcome to be repeated while its token lives.
	patience = 10 * time.Second

	// maxAnswer is far more than any answer of LINE's needs.
	maxAnswer = 1 << 20
)

// client returns an HTTP client that keeps enough connections for a busy
// channel. Without a limit on the whole exchange, since downloads take their
// time; and without following redirects, which LINE does not use.
func client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// An answer is what LINE said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status/100 == 2 }

// call makes one request. It returns an error only when there is no answer: a
// *channels.SendError if the request did not even leave.
func (a *Adapter) call(ctx context.Context, method, path string, body []byte, retryKey string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := a.do(ctx, method, a.c.URL+path, body, retryKey)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	ans := answer{status: resp.StatusCode, header: resp.Header}
	ans.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && !ans.ok() { // what a refusal means is in its words
		return answer{}, unknown(err)
	}
	return ans, nil
}

// do makes one request and leaves the body of the answer to the caller.
func (a *Adapter) do(ctx context.Context, method, address string, body []byte, retryKey string) (*http.Response, error) {
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { left.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, &channels.SendError{Reason: channels.Misset, Err: errors.New("line: no such address: check LINE_API_URL and LINE_DATA_URL")}
	}
	req.Header.Set("Authorization", "Bearer "+a.c.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if retryKey != "" {
		req.Header.Set("X-Line-Retry-Key", retryKey)
	}
	resp, err := a.http.Do(req)
	if err == nil {
		return resp, nil
	}
	if !left.Load() {
		return nil, &channels.SendError{Reason: channels.Busy, Err: fmt.Errorf("line: cannot be reached, check the network: %w", bare(err))}
	}
	return nil, unknown(err)
}

// bare drops the address, which may name a worker's message or group.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// unknown says that a request left and nothing came back.
func unknown(err error) error {
	return fmt.Errorf("line: no answer, the outcome is unknown: %w", bare(err))
}

// get reads one of LINE's answers into v. It reports false where there is none
// at the address, as with a stand-in for LINE.
func (a *Adapter) get(ctx context.Context, path string, v any) (found bool, err error) {
	ans, err := a.call(ctx, http.MethodGet, path, nil, "")
	if err != nil {
		return false, err
	}
	return ans.into(path, v)
}

// into reads what LINE answered at path into v, as get does.
func (a answer) into(path string, v any) (found bool, err error) {
	switch {
	case a.status == http.StatusNotFound:
		return false, nil
	case !a.ok():
		return false, a.refusal()
	case json.Unmarshal(a.body, v) != nil:
		return false, fmt.Errorf("line: answer to %s is not JSON: check LINE_API_URL", path)
	}
	return true, nil
}

// refusal says what an answer that is no success means. LINE's own words are
// read but not passed on: they may repeat ours.
func (a answer) refusal() error {
	text, names := a.words()
	e := &channels.SendError{}
	switch {
	case a.status == http.StatusTooManyRequests && strings.Contains(text, "monthly limit"):
		e.Reason, e.Err = channels.NoQuota, errors.New("line: the plan's messages of this month are used up: buy more, or wait for the next month")
	case a.status == http.StatusTooManyRequests:
		e.Reason, e.After, e.Err = channels.Busy, a.wait(), errors.New("line: too many requests: LINE_CHANNEL_TOKEN may be in use elsewhere too")
	case a.status == http.StatusUnauthorized:
		e.Reason, e.Err = channels.Misset, errors.New("line: LINE does not accept LINE_CHANNEL_TOKEN: issue a new one in the LINE Developers console")
	case a.status == http.StatusForbidden:
		e.Reason, e.Err = channels.Misset, errors.New("line: the account may not do this: check its plan and the rights of LINE_CHANNEL_TOKEN")
	case a.status == http.StatusNotFound || a.status/100 == 3:
		e.Reason, e.Err = channels.Misset, fmt.Errorf("line: status %d, nothing at this address: check LINE_API_URL", a.status)
	case a.status/100 != 4 || a.status == http.StatusConflict || a.status == http.StatusRequestTimeout:
		return fmt.Errorf("line: status %d, the outcome is unknown: ask again later", a.status)
	default:
		e.Reason, e.Err = channels.Rejected, fmt.Errorf("line: status %d, LINE does not take %s", a.status, names)
	}
	return e
}

// words returns LINE's message in lower case, and the names of the properties
// that LINE objects to.
func (a answer) words() (text, names string) {
	var e api.ErrorResponse
	_ = json.Unmarshal(a.body, &e) // an answer without JSON has no words
	text = strings.ToLower(e.Message)
	var bad []string
	for _, d := range e.Details {
		if property.MatchString(d.Property) {
			bad = append(bad, d.Property)
		}
	}
	if m := invalid.FindStringSubmatch(text); m != nil {
		bad = append(bad, m[1])
	}
	switch {
	case len(bad) > 0:
		return text, strings.Join(bad, ", ")
	case strings.Contains(text, "failed to send"): // LINE does not know the worker
		return text, "to"
	}
	return text, "the request"
}

var (
	property = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)
	invalid  = regexp.MustCompile(`^the property, '?([a-z0-9_.\[\]-]{1,100})'?, in the request body is invalid`)
)

// deadToken reports whether LINE refused because of the reply token: used
// before, too old, or never given.
func (a answer) deadToken() bool {
	text, names := a.words()
	return a.status == http.StatusBadRequest && (strings.Contains(text, "invalid reply token") || names == "replyToken")
}

// wait is how long LINE asks to wait, if it says.
func (a answer) wait() time.Duration {
	n, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}
