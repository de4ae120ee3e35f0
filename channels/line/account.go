package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

// Start implements [channels.Starter]. It proves the token, learns the
// account's names, and tells LINE where webhooks go, unless webhook is empty:
// LINE cannot be polled, so the address is then set in its console. Where a
// stand-in for LINE does not know one of these requests, Start goes on.
func (a *Adapter) Start(ctx context.Context, webhook string) error {
	var info api.BotInfoResponse
	known, err := a.get(ctx, "/v2/bot/info", &info)
	if err != nil {
		return fmt.Errorf("line: start: %w", err)
	}
	if known {
		basic := a.c.BasicID
		if basic == "" {
			basic = info.BasicId
		}
		a.account.Store(&account{user: info.UserId, basic: basic})
	}
	if webhook == "" {
		return nil
	}
	return a.hook(ctx, webhook)
}

// hook tells LINE where webhooks go and checks that it will send them.
func (a *Adapter) hook(ctx context.Context, webhook string) error {
	b, err := json.Marshal(api.SetWebhookEndpointRequest{Endpoint: webhook})
	if err != nil {
		return fmt.Errorf("line: start: %w", err)
	}
	ans, err := a.call(ctx, http.MethodPut, "/v2/bot/channel/webhook/endpoint", b, "")
	switch {
	case err != nil:
		return fmt.Errorf("line: start: %w", err)
	case ans.status == http.StatusNotFound:
		return nil
	case ans.status == http.StatusBadRequest:
		return errors.New("line: LINE does not take our address for webhooks: set PUBLIC_URL to a public https address with a valid certificate")
	case !ans.ok():
		return fmt.Errorf("line: start: %w", ans.refusal())
	}
	var set api.GetWebhookEndpointResponse
	known, err := a.get(ctx, "/v2/bot/channel/webhook/endpoint", &set)
	if err != nil {
		return fmt.Errorf("line: start: %w", err)
	}
	if known && !set.Active {
		return errors.New("line: LINE sends no webhooks yet: switch on \"Use webhook\" in the LINE Developers console, and \"Webhook redelivery\" beside it")
	}
	return nil
}

// Quota implements [channels.Meter]. LINE counts a push once for each person
// who gets it, however many messages it holds, and does not count replies.
func (a *Adapter) Quota(ctx context.Context) (limit, used int64, err error) {
	var plan api.MessageQuotaResponse
	if err := a.ask(ctx, "/v2/bot/message/quota", &plan); err != nil {
		return 0, 0, err
	}
	var sent api.QuotaConsumptionResponse
	if err := a.ask(ctx, "/v2/bot/message/quota/consumption", &sent); err != nil {
		return 0, 0, err
	}
	if plan.Type != api.QuotaType_LIMITED {
		return -1, sent.TotalUsage, nil
	}
	return plan.Value, sent.TotalUsage, nil
}

// ask is get where there must be an answer.
func (a *Adapter) ask(ctx context.Context, path string, v any) error {
	known, err := a.get(ctx, path, v)
	if err == nil && !known {
		err = fmt.Errorf("line: nothing at %s: check LINE_API_URL", path)
	}
	return err
}

// Leave implements [channels.Leaver]. A group that the account is not in any
// more is no error.
func (a *Adapter) Leave(ctx context.Context, group channels.Address) error {
	kind := ""
	switch {
	case len(group.User) > 1 && group.User[0] == 'C':
		kind = "group"
	case len(group.User) > 1 && group.User[0] == 'R':
		kind = "room"
	default:
		return rejected(errors.New("line: only groups and rooms can be left"))
	}
	ans, err := a.call(ctx, http.MethodPost, "/v2/bot/"+kind+"/"+url.PathEscape(group.User)+"/leave", nil, "")
	if err != nil {
		return err
	}
	if ans.ok() || ans.status == http.StatusNotFound {
		return nil
	}
	return ans.refusal()
}
