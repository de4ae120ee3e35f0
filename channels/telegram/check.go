package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"workervoice/channels"
)

var _ channels.Checker = (*Adapter)(nil)

// lately is how old Telegram's last failure to bring an event may be and still
// tell something of now: it tries again within two minutes.
const lately = 15 * time.Minute

// Check implements [channels.Checker] with getMe and getWebhookInfo. Between them
// it asks getMe once more for how the clocks stand, on the connection that is
// open by then: opening one would look like a clock that is behind.
func (a *Adapter) Check(ctx context.Context, webhook string) channels.Standing {
	st := channels.Standing{Waiting: -1}
	result, err := a.call(ctx, sendTime, "getMe", struct{}{})
	if err == nil {
		st.Clock = a.clock(ctx)
		result, err = a.call(ctx, sendTime, "getWebhookInfo", struct{}{})
	}
	var no *refusal
	switch {
	case errors.As(err, &no) && !no.foreign && (no.code == http.StatusUnauthorized || no.code == http.StatusNotFound):
		st.Token = errors.New("telegram: TELEGRAM_TOKEN is not valid any more: copy it again from @BotFather and restart")
		return st
	case err != nil:
		st.Unasked = fmt.Errorf("telegram: the account cannot be looked at: %w", err)
		return st
	}
	var hook models.WebhookInfo
	if err := json.Unmarshal(result, &hook); err != nil {
		st.Unasked = errors.New("telegram: the answer about the webhook is not Telegram's: check TELEGRAM_API_URL")
		return st
	}
	st.Waiting = int64(hook.PendingUpdateCount)
	failed := time.Unix(int64(hook.LastErrorDate), 0)
	switch {
	case webhook == "":
	case hook.URL == "":
		st.Webhook = errors.New("telegram: no webhook is set, so nothing comes: restart, and let nobody else poll with TELEGRAM_TOKEN")
	case hook.URL != webhook:
		st.Webhook = errors.New("telegram: the webhook leads elsewhere: somebody else uses TELEGRAM_TOKEN; stop them, then restart")
	case st.Waiting > 0 && a.now().Sub(failed) < lately:
		st.Webhook = fmt.Errorf("telegram: %d events could not be brought here: look at the proxy and its certificate; Telegram says: %s", st.Waiting, mask(hook.LastErrorMessage))
	}
	return st
}

// clock compares this machine's clock with Telegram's, by the header of an
// answer of which nothing else is read. Without an answer it says nothing.
func (a *Adapter) clock(ctx context.Context) channels.Skew {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	asked := a.now()
	resp, err := a.do(ctx, http.MethodPost, a.c.URL+"/bot"+a.c.Token+"/getMe", "application/json", strings.NewReader("{}"))
	if err != nil {
		return channels.Skew{}
	}
	defer resp.Body.Close()
	answered := a.now()
	io.Copy(io.Discard, io.LimitReader(resp.Body, answerMax)) //nolint:errcheck // only so that the connection can be used again
	return channels.SkewOf(resp.Header, asked, answered)
}
