package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

var _ channels.Checker = (*Adapter)(nil)

// Check implements [channels.Checker]. It asks for the bot and its webhook, and
// has LINE call the webhook once without events, which LINE allows 60 times an
// hour: https://developers.line.biz/en/reference/messaging-api/#test-webhook-endpoint.
func (a *Adapter) Check(ctx context.Context, webhook string) channels.Standing {
	st := channels.Standing{Waiting: -1}
	var info api.BotInfoResponse
	asked := a.c.Now()
	ans, err := a.call(ctx, http.MethodGet, "/v2/bot/info", nil, "")
	st.Clock = channels.SkewOf(ans.header, asked, a.c.Now())
	if err == nil {
		_, err = ans.into("/v2/bot/info", &info)
	}
	if err != nil {
		if no, ok := errors.AsType[*channels.SendError](err); ok && no.Reason == channels.Misset {
			st.Token = no.Err
		} else {
			st.Unasked = fmt.Errorf("line: the account cannot be looked at: %w", err)
		}
		return st
	}
	var hook api.GetWebhookEndpointResponse
	known, err := a.get(ctx, "/v2/bot/channel/webhook/endpoint", &hook)
	switch {
	case err != nil:
		st.Unasked = fmt.Errorf("line: the webhook cannot be looked at: %w", err)
	case !known || webhook == "":
	case hook.Endpoint != webhook:
		st.Webhook = errors.New("line: the webhook leads elsewhere: set it to PUBLIC_URL/line in the LINE Developers console, or restart")
	case !hook.Active:
		st.Webhook = errors.New("line: LINE sends no webhooks: switch on \"Use webhook\" in the LINE Developers console")
	default:
		st.Webhook, st.Unasked = a.tryHook(ctx)
	}
	return st
}

// why is what LINE calls a fault of a webhook: one of its own words.
var why = regexp.MustCompile(`^[A-Z_]{1,40}$`)

// tryHook has LINE call the webhook. It returns what is wrong with it, or why
// LINE did not try.
func (a *Adapter) tryHook(ctx context.Context) (fault, unasked error) {
	ans, err := a.call(ctx, http.MethodPost, "/v2/bot/channel/webhook/test", []byte("{}"), "")
	switch {
	case err != nil:
		return nil, fmt.Errorf("line: the webhook cannot be tried: %w", err)
	case ans.status == http.StatusNotFound || ans.status == http.StatusTooManyRequests:
		return nil, nil
	case !ans.ok():
		return nil, fmt.Errorf("line: the webhook cannot be tried: %w", ans.refusal())
	}
	var got api.TestWebhookEndpointResponse
	if json.Unmarshal(ans.body, &got) != nil {
		return nil, errors.New("line: the answer about the webhook is not JSON: check LINE_API_URL")
	}
	if got.Success {
		return nil, nil
	}
	if !why.MatchString(got.Reason) {
		got.Reason = "no reason"
	}
	return fmt.Errorf("line: LINE has called the webhook and did not get through (status %d, %s): look at the proxy, its certificate and LINE_CHANNEL_SECRET", got.StatusCode, got.Reason), nil
}
