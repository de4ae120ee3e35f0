package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"workervoice/channels"
)

// Send implements [channels.Adapter]. The text is sent as it is: Telegram reads
// no mark-up in it, and shows no preview of links.
//
// Telegram has no way to recognise a message that it was sent before. So an
// error that is no *channels.SendError leaves open whether the worker has it.
func (a *Adapter) Send(ctx context.Context, m channels.Outbound) (string, error) {
	switch {
	case m.Leave:
		return "", a.Leave(ctx, m.To)
	case len(m.Delete) > 0:
		return "", a.Delete(ctx, m.To, m.Delete)
	}
	chat, err := chatID(m.To)
	if err != nil {
		return "", err
	}
	var result json.RawMessage
	if m.File != nil {
		result, err = a.upload(ctx, chat, m)
	} else {
		result, err = a.call(ctx, sendTime, "sendMessage", message(chat, m))
	}
	if err != nil {
		return "", sendError(err)
	}
	var sent struct {
		ID int64 `json:"message_id"`
	}
	// Telegram said yes: a name that cannot be read does not take that back.
	if json.Unmarshal(result, &sent) != nil || sent.ID == 0 {
		return "", nil
	}
	return strconv.FormatInt(sent.ID, 10), nil
}

var yes = true

func message(chat int64, m channels.Outbound) *bot.SendMessageParams {
	p := &bot.SendMessageParams{
		ChatID:              chat,
		Text:                channels.Clean(m.Text),
		LinkPreviewOptions:  &models.LinkPreviewOptions{IsDisabled: &yes},
		DisableNotification: m.Silent,
		ProtectContent:      m.Protect,
	}
	if k := keys(m.Choices); k != nil {
		p.ReplyMarkup = k
	}
	return p
}

// chatID returns to as a number. A name, such as that of a public channel,
// is refused: we only ever write to those who wrote to us.
func chatID(to channels.Address) (int64, error) {
	id, err := strconv.ParseInt(to.User, 10, 64)
	if err != nil || id == 0 {
		return 0, &channels.SendError{Reason: channels.Rejected, Err: errors.New("telegram: the address is no chat of Telegram's")}
	}
	return id, nil
}

// A keyboard is an inline keyboard. The types are our own because the button
// of go-telegram/bot v1.19 carries a second, empty action, which makes it invalid.
type keyboard struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// keys lays choices out in their order: side by side where two neighbours are
// short enough to be read on a small phone, otherwise one to a row.
func keys(cs []channels.Choice) *keyboard {
	if len(cs) == 0 {
		return nil
	}
	k := &keyboard{}
	for i := 0; i < len(cs); i++ {
		row := []key{{channels.Clean(cs[i].Label), cs[i].Value}}
		if i+1 < len(cs) && short(cs[i].Label) && short(cs[i+1].Label) {
			i++
			row = append(row, key{channels.Clean(cs[i].Label), cs[i].Value})
		}
		k.Rows = append(k.Rows, row)
	}
	return k
}

// short reports whether label fits half the width of a small phone: 14
// characters as the reader counts them, of which those of Burmese and Khmer,
// written with several code points each, are wider.
func short(label string) bool {
	return channels.Limit{N: 14, Unit: channels.Graphemes}.Fits(label) && utf8.RuneCountInString(label) <= 21
}

// numbers returns the message names in ids that are Telegram's, in order.
func numbers(ids []string) (ns []int, err error) {
	for _, id := range ids {
		n, bad := strconv.Atoi(id)
		if bad != nil || n <= 0 {
			err = &channels.SendError{Reason: channels.Rejected, Err: fmt.Errorf("telegram: a message to delete has a name that is not Telegram's")}
			continue
		}
		ns = append(ns, n)
	}
	return ns, err
}
