package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/go-telegram/bot"

	"workervoice/channels"
)

// deleteMost is how many messages deleteMessages takes.
const deleteMost = 100

// Acknowledge implements [channels.Acknowledger]. A button pressed so long ago
// that nothing waits any more is no error.
func (a *Adapter) Acknowledge(ctx context.Context, e channels.Event) error {
	if e.Callback == "" {
		return nil
	}
	_, err := a.call(ctx, sendTime, "answerCallbackQuery", &bot.AnswerCallbackQueryParams{CallbackQueryID: e.Callback})
	var no *refusal
	if errors.As(err, &no) && no.code == http.StatusBadRequest && no.says("query is too old", "query id is invalid", "query_id_invalid") {
		return nil
	}
	return sendError(err)
}

// Answer implements [channels.Answerer]: a webhook may be answered with one
// call of the Bot API, whose result Telegram does not tell
// (https://core.telegram.org/bots/api#making-requests-when-getting-updates).
func (a *Adapter) Answer(e channels.Event) []byte {
	if e.Callback == "" {
		return nil
	}
	b, err := json.Marshal(struct {
		Method string `json:"method"`
		bot.AnswerCallbackQueryParams
	}{"answerCallbackQuery", bot.AnswerCallbackQueryParams{CallbackQueryID: e.Callback}})
	if err != nil {
		return nil // a string can always be written
	}
	return b
}

// Delete implements [channels.Deleter]. Telegram removes messages of the last
// 48 hours, and the whole of a request fails for one that is older: then they
// are removed one by one.
func (a *Adapter) Delete(ctx context.Context, to channels.Address, messageIDs []string) error {
	chat, err := chatID(to)
	if err != nil {
		return err
	}
	ids, bad := numbers(messageIDs)
	for some := range slices.Chunk(ids, deleteMost) {
		_, err := a.call(ctx, sendTime, "deleteMessages", &bot.DeleteMessagesParams{ChatID: chat, MessageIDs: some})
		if stays(err) {
			err = a.deleteEach(ctx, chat, some)
		}
		if err != nil {
			return sendError(err)
		}
	}
	return bad
}

func (a *Adapter) deleteEach(ctx context.Context, chat int64, ids []int) error {
	for _, id := range ids {
		_, err := a.call(ctx, sendTime, "deleteMessage", &bot.DeleteMessageParams{ChatID: chat, MessageID: id})
		if err != nil && !stays(err) {
			return err
		}
	}
	return nil
}

// stays reports whether err means that messages are gone or too old to be removed.
func stays(err error) bool {
	var no *refusal
	return errors.As(err, &no) && no.code == http.StatusBadRequest && no.says(
		"message to delete not found", "message can't be deleted", "messages can't be deleted",
		"message_delete_forbidden", "message identifier is not specified", "message_id_invalid")
}

// Leave implements [channels.Leaver]. Having left before is no error.
func (a *Adapter) Leave(ctx context.Context, group channels.Address) error {
	chat, err := chatID(group)
	if err != nil {
		return err
	}
	err = a.leave(ctx, chat)
	var no *refusal
	if errors.As(err, &no) && no.migrate != 0 {
		err = a.leave(ctx, no.migrate)
	}
	return sendError(err)
}

func (a *Adapter) leave(ctx context.Context, chat int64) error {
	_, err := a.call(ctx, sendTime, "leaveChat", &bot.LeaveChatParams{ChatID: chat})
	var no *refusal
	if errors.As(err, &no) && !no.foreign && (no.code == http.StatusForbidden || no.says(gone...)) {
		return nil
	}
	return err
}
