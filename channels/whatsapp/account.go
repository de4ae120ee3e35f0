package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"workervoice/channels"
)

// Start implements [channels.Starter]. It asks Meta for the number, which proves
// the token, and asks for the business account's events where Config.WABAID is
// set. It changes no webhook address: that is entered by hand with the verify
// token, in the app's WhatsApp configuration, with the field "messages" ticked.
//
// A *[channels.SendError] with reason Misset means that nothing can work before
// the operator acts. Any other error means that Meta could not be asked now; the
// channel works all the same once Meta answers, but Start should be called again
// where Config.Number is empty.
func (a *Adapter) Start(ctx context.Context, _ string) error {
	var node struct {
		Number string `json:"display_phone_number"`
	}
	err := a.call(ctx, request{method: http.MethodGet, path: "/" + a.c.PhoneID + "?fields=display_phone_number", wait: patience}, &node)
	switch {
	case notThere(err): // a stand-in need not play this; sending will tell
	case misset(err):
		return fmt.Errorf("whatsapp: WHATSAPP_TOKEN does not open the number WHATSAPP_PHONE_ID: %w", err)
	case err != nil:
		return fmt.Errorf("whatsapp: Meta could not be asked for the number: see whether this machine reaches the Internet: %w", err)
	}
	if number := digits(node.Number); number != "" && a.c.Number == "" {
		a.number.Store(&number)
	}
	if a.c.WABAID != "" {
		// The token need not have the right to manage the account: then the app
		// was subscribed by hand, or the lack of webhooks shows it.
		_ = a.call(ctx, request{method: http.MethodPost, path: "/" + a.c.WABAID + "/subscribed_apps", wait: patience}, new(struct{}))
	}
	return nil
}

// notThere reports whether the server has no such address at all.
func notThere(err error) bool {
	e, ok := errors.AsType[*codeError](err)
	return ok && e.status == http.StatusNotFound
}

// misset reports whether err is for the operator to mend.
func misset(err error) bool {
	e, ok := errors.AsType[*channels.SendError](err)
	return ok && e.Reason == channels.Misset
}
