package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"workervoice/channels"
)

var _ channels.Checker = (*Adapter)(nil)

// Check implements [channels.Checker]. It asks for the state and quality of the
// number, which proves the token, and, where Config.WABAID is set, whether the
// account's events go to an app at all. Meta does not tell to which address:
// that only the app's settings show.
// https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers
func (a *Adapter) Check(ctx context.Context, _ string) channels.Standing {
	st := channels.Standing{Waiting: -1}
	var node struct {
		Status  string `json:"status"`
		Quality string `json:"quality_rating"`
	}
	asked := a.c.Now()
	clock := func(h http.Header) { st.Clock = channels.SkewOf(h, asked, a.c.Now()) }
	err := a.call(ctx, request{method: http.MethodGet, path: "/" + a.c.PhoneID + "?fields=status,quality_rating", wait: patience, head: clock}, &node)
	if no, ok := errors.AsType[*channels.SendError](err); ok && no.Reason == channels.Misset && !notThere(err) {
		st.Token = fmt.Errorf("whatsapp: WHATSAPP_TOKEN does not open the number WHATSAPP_PHONE_ID: %w", no.Err)
		return st
	}
	if err != nil && !notThere(err) { // a stand-in for Meta need not play this
		st.Unasked = fmt.Errorf("whatsapp: the number cannot be looked at: %w", err)
		return st
	}
	st.Account = disorder(node.Status, node.Quality)
	if a.c.WABAID == "" {
		return st
	}
	var apps struct {
		Data *[]struct{} `json:"data"`
	}
	// A token without the right to manage the account cannot ask this.
	if err := a.call(ctx, request{method: http.MethodGet, path: "/" + a.c.WABAID + "/subscribed_apps", wait: patience}, &apps); err == nil && apps.Data != nil && len(*apps.Data) == 0 {
		st.Webhook = errors.New("whatsapp: no app gets the account's events, so nothing comes: restart, or subscribe the app to the account WHATSAPP_WABA_ID")
	}
	return st
}

// disorder says what the state or the quality of a number asks the operator to do.
func disorder(status, quality string) error {
	switch {
	case status == "BANNED" || status == "RESTRICTED":
		return errors.New("whatsapp: Meta has shut or restricted the number: see Account Quality in Meta Business Suite, and tell workers another way")
	case status == "FLAGGED" || quality == "RED":
		return errors.New("whatsapp: too many people block or report the number, Meta may soon lower its limits: see its quality in WhatsApp Manager, send less unasked")
	case status == "DISCONNECTED" || status == "UNVERIFIED" || status == "DELETED":
		return errors.New("whatsapp: the number is not connected: register it again in WhatsApp Manager")
	}
	return nil
}
