package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"workervoice/channels"
)

// A problem is what one of Meta's error codes means for us.
type problem struct {
	reason channels.Reason // empty: nobody knows whether the message went out
	after  time.Duration   // how long to wait, where Meta's page says it
	advice string          // in our words: Meta's can quote a number
}

// problems are Meta's error codes, from the Cloud API's page on them. Codes that
// are absent are judged by the HTTP status.
var problems = map[int]problem{
	0:      {channels.Misset, 0, "the access token is not accepted: renew WHATSAPP_TOKEN"},
	3:      {channels.Misset, 0, "the token lacks a capability: give it whatsapp_business_messaging"},
	10:     {channels.Misset, 0, "the token lacks a permission: give it whatsapp_business_messaging"},
	33:     {channels.Misset, 0, "the number does not exist or the token may not see it: check WHATSAPP_PHONE_ID"},
	190:    {channels.Misset, 0, "the access token has expired or was withdrawn: renew WHATSAPP_TOKEN"},
	368:    {channels.Misset, 0, "the account is restricted for a breach of policy: see Account Quality in Meta Business Suite"},
	131005: {channels.Misset, 0, "access denied: give the token whatsapp_business_messaging"},
	131031: {channels.Misset, 0, "the account is locked: see Account Quality in Meta Business Suite"},
	131037: {channels.Misset, 0, "the number's display name is not approved: see WhatsApp Manager"},
	131045: {channels.Misset, 0, "the number is not registered rightly: register it again in WhatsApp Manager"},
	133010: {channels.Misset, 0, "the number is not registered: register it in WhatsApp Manager"},

	4:      {channels.Busy, 0, "the app has called too often"},
	17:     {channels.Busy, 0, "the token has called too often"},
	613:    {channels.Busy, 0, "the app has called too often"},
	80007:  {channels.Busy, 0, "the business account has called too often"},
	130429: {channels.Busy, time.Second, "the number sends too fast"}, // it may send so many a second
	131048: {channels.Busy, time.Hour, "too many people block or report the number: see its quality in WhatsApp Manager"},
	131049: {channels.Busy, 24 * time.Hour, "Meta holds the message back from this person for now"},
	131056: {channels.Busy, 6 * time.Second, "too many messages to one person"},
	131057: {channels.Busy, 0, "the account is under maintenance"},
	133016: {channels.Busy, 0, "the number was registered too often"},

	131026: {channels.Unreachable, 0, "the person cannot be reached on WhatsApp, or has blocked the number"},
	131030: {channels.Unreachable, 0, "a test number writes only to people on its list: add them on the API setup page"},
	131050: {channels.Unreachable, 0, "the person wants no such messages"},
	130497: {channels.Unreachable, 0, "the account may not write to people in that country"},

	131047: {channels.OutOfWindow, 0, "more than 24 hours since the person last wrote: only a template passes"},
	131042: {channels.NoQuota, 0, "payment: see the billing of the business account"},
	137000: {channels.Stranger, 0, "the identity key has changed: another person may hold the account"},

	100:    {channels.Rejected, 0, "a parameter is wrong"},
	130472: {channels.Rejected, 0, "the person is part of an experiment of Meta's"},
	131008: {channels.Rejected, 0, "a parameter is missing or empty"},
	131009: {channels.Rejected, 0, "a value is wrong"},
	131021: {channels.Rejected, 0, "the number cannot write to itself"},
	131051: {channels.Rejected, 0, "WhatsApp has no such kind of message"},
	131052: {channels.Rejected, 0, "the worker's attachment cannot be downloaded"},
	131053: {channels.Rejected, 0, "our attachment cannot be uploaded: check its kind and size"},
	131062: {channels.Rejected, 0, "this message needs a telephone number, not a business-scoped id"},
	132000: {channels.Rejected, 0, "the template wants another number of parameters"},
	132001: {channels.Rejected, 0, "there is no approved template of that name in that language"},
	132005: {channels.Rejected, 0, "the filled template is too long"},
	132007: {channels.Rejected, 0, "the template breaks a policy"},
	132012: {channels.Rejected, 0, "a template parameter has the wrong form"},
	132015: {channels.Rejected, 0, "the template is paused"},
	132016: {channels.Rejected, 0, "the template is disabled"},
	132018: {channels.Rejected, 0, "a template parameter is wrong"},

	1:      {"", 0, "an unknown error, or trouble at Meta"},
	2:      {"", 0, "trouble at Meta"},
	131000: {"", 0, "an unknown error"},
	131016: {"", 0, "the service is overloaded or down"},
}

// meaning returns what code means, and whether Meta's page says it.
func meaning(code int) (problem, bool) {
	if p, ok := problems[code]; ok {
		return p, true
	}
	switch {
	case code >= 200 && code <= 299:
		return problem{channels.Misset, 0, "the token lacks a permission: give it whatsapp_business_messaging"}, true
	case code >= 132000 && code <= 132999:
		return problem{channels.Rejected, 0, "the template is at fault"}, true
	}
	return problem{}, false
}

// afterwards returns why a message that Meta had taken failed after all. It
// certainly failed, so that trouble at Meta is no doubt but a wait.
func afterwards(code int) channels.Reason {
	p, known := meaning(code)
	switch {
	case !known:
		return channels.Rejected
	case p.reason == "":
		return channels.Busy
	}
	return p.reason
}

// onePerson reports whether Meta asks for a pause towards one person only.
func onePerson(code int) bool { return code == 131049 || code == 131056 }

// A refusal is what Meta answers instead of what was asked for.
type refusal struct {
	Error struct {
		Code    loose `json:"code"`
		Subcode loose `json:"error_subcode"`
		Type    loose `json:"type"`
	} `json:"error"`
}

const (
	none         = -1 // no code
	noSuchObject = 33 // Graph's subcode for an id that does not exist, or that the token may not see
)

// refused says what an answer other than 2xx means. Of Meta's words nothing is
// kept, since they can quote the worker's number.
func refused(status int, header http.Header, body []byte) error {
	var r refusal
	fails(body, &r)
	p, known := problem{}, false
	code, err := strconv.Atoi(string(r.Error.Code))
	if err != nil {
		code = none
	} else {
		if code == 100 && (r.Error.Subcode == "33" || r.Error.Type == "GraphMethodException") {
			code = noSuchObject
		}
		p, known = meaning(code)
	}
	if finer, _ := strconv.Atoi(string(r.Error.Subcode)); finer > 130000 { // as Meta wrote before v16.0
		if q, ok := meaning(finer); ok {
			code, p, known = finer, q, true
		}
	}
	if !known {
		p = bare(status)
	}
	e := &codeError{code: code, status: status, advice: p.advice}
	if p.reason == "" {
		return fmt.Errorf("%w: nobody knows whether it was done", e)
	}
	return &channels.SendError{Reason: p.reason, After: max(p.after, retryAfter(header)), One: onePerson(code), Err: e}
}

// bare says what an HTTP status means by itself.
func bare(status int) problem {
	switch {
	case status == http.StatusRequestTimeout || status >= 500:
		return problem{"", 0, "trouble at Meta"}
	case status == http.StatusTooManyRequests:
		return problem{channels.Busy, 0, "too many requests"}
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType, status == http.StatusUnprocessableEntity:
		return problem{channels.Rejected, 0, "the request is refused"}
	case status == http.StatusUnauthorized:
		return problem{channels.Misset, 0, "the access token is not accepted: renew WHATSAPP_TOKEN"}
	}
	return problem{channels.Misset, 0, "that is not the Graph API's answer: check WHATSAPP_API_URL and the token's permissions"}
}

// retryAfter returns how long the header asks to wait.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s < 0 || s > 7*24*3600 {
		return 0
	}
	return time.Duration(s) * time.Second
}

// A codeError is a refusal without Meta's words.
type codeError struct {
	code   int // or none
	status int
	advice string
}

func (e *codeError) Error() string {
	if e.code == none {
		return fmt.Sprintf("whatsapp: status %d: %s", e.status, e.advice)
	}
	return fmt.Sprintf("whatsapp: code %d, status %d: %s", e.code, e.status, e.advice)
}

// decoded reads a 2xx answer.
func decoded(body []byte, answer any) error {
	if json.Unmarshal(body, answer) != nil { // not wrapped: it would quote
		return errors.New("whatsapp: the answer cannot be read: nobody knows whether it was done")
	}
	return nil
}
