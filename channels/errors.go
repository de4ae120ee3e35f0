package channels

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrForged means that a request does not prove that the platform sent it.
	// It is answered 401 or 403 and nothing of it is kept.
	ErrForged = errors.New("channels: request is not from the platform: check the secret on both sides")

	// ErrTooBig means that a request is longer than any the platform sends.
	ErrTooBig = errors.New("channels: request body is too big")
)

// A SendError means that a message was certainly not delivered.
type SendError struct {
	Reason Reason
	After  time.Duration // how long the platform asks to wait, if it does
	One    bool          // with that message only, so others need not wait
	Err    error         // what the platform said, without the worker's name, the words or a token
}

func (e *SendError) Error() string { return fmt.Sprintf("channels: %s: %v", e.Reason, e.Err) }

// Unwrap returns what the platform said.
func (e *SendError) Unwrap() error { return e.Err }

// A Reason says why a message was not delivered, and so what to do about it.
type Reason string

// Reasons for not delivering.
const (
	Busy        Reason = "busy"          // wait, then send again
	Unreachable Reason = "unreachable"   // the worker blocked us or is gone: freeze what waits
	OutOfWindow Reason = "window"        // park it and send a template instead
	Rejected    Reason = "rejected"      // the message itself is at fault: never repeat, tell a caseworker
	NoQuota     Reason = "quota"         // the plan's messages are used up: hold, tell the operator
	Misset      Reason = "misconfigured" // a token or permission is wrong: hold, tell the operator
	Stranger    Reason = "stranger"      // another person may hold the account: hold, tell a caseworker
)
