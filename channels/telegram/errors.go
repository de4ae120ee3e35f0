package telegram

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"workervoice/channels"
)

// A broken is a request that got no answer.
type broken struct {
	left bool // it may have reached Telegram
	err  error
}

func (e *broken) Error() string {
	if !e.left {
		return fmt.Sprintf("telegram: no connection: check the network and TELEGRAM_API_URL: %v", e.err)
	}
	return fmt.Sprintf("telegram: connection lost before the answer: %v", e.err)
}

func (e *broken) Unwrap() error { return e.err }

// A refusal is what Telegram, or something on the way to it, said instead of
// doing what it was asked.
type refusal struct {
	code    int
	after   time.Duration // 429
	migrate int64         // the supergroup that a group has become
	foreign bool          // it was not Telegram that answered
	raw     string        // in lower case, to tell refusals apart; never shown, as it may quote
	shown   string
}

func (e *refusal) Error() string {
	if e.foreign {
		return fmt.Sprintf("telegram: status %d from something that is not Telegram: check TELEGRAM_API_URL and any proxy", e.code)
	}
	return fmt.Sprintf("telegram: %d %s", e.code, e.shown)
}

// GoString shows no more than Error.
func (e *refusal) GoString() string { return e.Error() }

func (e *refusal) says(parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(e.raw, p) {
			return true
		}
	}
	return false
}

// refused reads a refusal of Telegram's.
func (a *Adapter) refused(resp *http.Response, ans answer) *refusal {
	e := &refusal{code: ans.Code, migrate: ans.Parameters.MigrateTo, raw: strings.ToLower(ans.Description)}
	if e.code == 0 {
		e.code = resp.StatusCode
	}
	e.shown = mask(strings.ReplaceAll(ans.Description, a.c.Token, "…"))
	e.after = wait(ans.Parameters.RetryAfter, resp)
	return e
}

// foreign is the refusal of an answer that is not the Bot API's, such as the
// error page of a proxy.
func foreign(resp *http.Response) *refusal {
	return &refusal{code: resp.StatusCode, foreign: true, after: wait(0, resp)}
}

// wait returns how long to wait after a 429: what the answer says, or its header.
func wait(seconds int64, resp *http.Response) time.Duration {
	if seconds <= 0 {
		seconds, _ = strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	}
	return time.Duration(min(max(seconds, 0), 24*3600)) * time.Second
}

var private = regexp.MustCompile(`"[^"]*"?|\S*(://|@)\S*|\d[\d ().-]{3,}\d|\d{4,}|[^ -~]+`)

// mask takes out of Telegram's words what they might quote: names, numbers,
// addresses and anything that is not plain English.
func mask(s string) string {
	s = private.ReplaceAllString(s, "…")
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}

// hide takes the address, which holds the token, out of an error of net/http,
// and all else that is not known to quote nothing.
func (a *Adapter) hide(err error) error {
	for u := (*url.Error)(nil); errors.As(err, &u); {
		err = u.Err
	}
	if safe(err) && !strings.Contains(err.Error(), a.c.Token) {
		return err
	}
	return fmt.Errorf("connection failed (%T)", err)
}

// safe reports whether err's words are made of system messages and hosts alone.
func safe(err error) bool {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF} {
		if err == known {
			return true
		}
	}
	switch err.(type) {
	case *net.OpError, *net.DNSError, syscall.Errno, *tls.CertificateVerificationError, tls.RecordHeaderError, tls.AlertError:
		return true
	}
	return false
}

// gone are Telegram's words for a worker who cannot be reached, beyond those
// that come with 403.
var gone = []string{
	"chat not found", "user not found", "user is deactivated", "user_is_blocked",
	"input_user_deactivated", "peer_id_invalid", "group chat was deactivated", "group is deactivated",
}

// sendError says what err, from call, means for the message that was sent: a
// *channels.SendError if it was certainly not delivered.
func sendError(err error) error {
	var b *broken
	if errors.As(err, &b) && !b.left {
		return &channels.SendError{Reason: channels.Busy, Err: err}
	}
	var e *refusal
	if !errors.As(err, &e) {
		return err
	}
	reason := channels.Rejected
	switch {
	case e.code == http.StatusTooManyRequests:
		return &channels.SendError{Reason: channels.Busy, After: e.after, Err: err}
	case e.code < 400 || e.code >= 500 || e.foreign && e.code == http.StatusRequestTimeout:
		return err // what became of the message is not said
	case e.code == http.StatusRequestEntityTooLarge:
	case e.foreign, e.code == http.StatusUnauthorized, e.code == http.StatusNotFound, e.says("logged out"):
		reason, err = channels.Misset, fmt.Errorf("check TELEGRAM_TOKEN and TELEGRAM_API_URL: %w", err)
	case e.code == http.StatusForbidden, e.says(gone...):
		reason = channels.Unreachable
	}
	return &channels.SendError{Reason: reason, Err: err}
}
