package channels

import "context"

// A Checker is an Adapter that can ask its platform how its account stands.
type Checker interface {
	Adapter

	// Check asks with at most four requests, which change nothing and reach no
	// worker. Events should come to webhook; where it is empty nobody here
	// knows their address, or the channel polls, and none is compared.
	Check(ctx context.Context, webhook string) Standing
}

// A Standing is what a platform says of an account. Each error is one line that
// tells the operator what to do and holds neither a secret nor anything of a
// worker; nil means that nothing is wrong as far as the platform tells.
type Standing struct {
	Unasked error // the platform did not answer: the rest is not known
	Token   error // it does not accept the token, or the token lacks a right
	Webhook error // events do not come, or go elsewhere
	Account error // the account is limited, flagged or not in order
	Waiting int64 // events that the platform holds for us; below zero: it does not tell
	Clock   Skew  // of this machine, beside the platform's; known also where the rest is not
}

// Fault returns what is to be mended first, or nil.
func (s Standing) Fault() error {
	for _, err := range []error{s.Token, s.Account, s.Webhook, s.Unasked} {
		if err != nil {
			return err
		}
	}
	return nil
}
