package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// connections is how many webhooks Telegram may have open at once, of 1 to 100.
// Those of one chat still come one after the other.
const connections = 100

// english is the menu of a chat where the configuration has none. Anybody who
// holds the phone can read it, so it does not say what the bot is for.
var english = []Command{
	{"menu", "Menu"},
	{"language", "Language"},
	{"sos", "Danger now"},
	{"hide", "Hide chat"},
	{"help", "Talk to a person"},
}

// Start implements [channels.Starter]. It asks Telegram who the bot is, which
// proves the token, says where webhooks go, or that there are none, and sets
// the menu of the chat, which it does once only. What waits at Telegram stays.
func (a *Adapter) Start(ctx context.Context, webhook string) error {
	if webhook != "" {
		if err := a.usable(webhook); err != nil {
			return err
		}
	}
	if err := a.learn(ctx); err != nil {
		return err
	}
	var err error
	if webhook == "" {
		_, err = a.call(ctx, sendTime, "deleteWebhook", &bot.DeleteWebhookParams{})
	} else {
		_, err = a.call(ctx, sendTime, "setWebhook", &bot.SetWebhookParams{
			URL: webhook, SecretToken: a.c.Secret, AllowedUpdates: allowed, MaxConnections: connections,
		})
	}
	var no *refusal
	if errors.As(err, &no) && no.code == http.StatusBadRequest {
		return fmt.Errorf("the webhook is refused: PUBLIC_URL must be https on port 443, 80, 88 or 8443 and reachable from the internet: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the webhook is not set: try again: %w", err)
	}
	return a.commands(ctx)
}

// usable says what is wrong with a webhook before Telegram is asked.
func (a *Adapter) usable(webhook string) error {
	if a.c.Secret == "" {
		return errors.New("telegram: TELEGRAM_SECRET is missing: without it anybody could speak as any worker: choose 1 to 256 of A-Z, a-z, 0-9, _ and -")
	}
	if u, err := url.Parse(webhook); err != nil || u.Host == "" {
		return errors.New("telegram: PUBLIC_URL is no address such as https://voice.example.org")
	}
	return nil
}

// learn asks Telegram which bot the token belongs to.
func (a *Adapter) learn(ctx context.Context) error {
	result, err := a.call(ctx, sendTime, "getMe", struct{}{})
	var no *refusal
	if errors.As(err, &no) && !no.foreign && (no.code == http.StatusUnauthorized || no.code == http.StatusNotFound) {
		return fmt.Errorf("TELEGRAM_TOKEN is not valid: copy it again from @BotFather: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the bot cannot start: %w", err)
	}
	var me models.User
	if json.Unmarshal(result, &me) != nil || me.Username == "" {
		return errors.New("telegram: Telegram does not say who the bot is: check TELEGRAM_API_URL")
	}
	a.name.Store(&me.Username)
	return nil
}

// commands sets the menu of the chat in every language there is, for chats
// with one worker: a group shows nothing.
func (a *Adapter) commands(ctx context.Context) error {
	if a.menu.Load() {
		return nil
	}
	for _, lang := range slices.Sorted(maps.Keys(a.c.Commands)) {
		p := struct {
			bot.SetMyCommandsParams
			// The library's scopes have no JSON form.
			Scope struct {
				Type string `json:"type"`
			} `json:"scope"`
		}{}
		p.LanguageCode, p.Scope.Type = lang, "all_private_chats"
		for _, c := range a.c.Commands[lang] {
			p.Commands = append(p.Commands, models.BotCommand{Command: c.Name, Description: c.Text})
		}
		if _, err := a.call(ctx, sendTime, "setMyCommands", p); err != nil {
			return fmt.Errorf("the menu of commands is not set: start again: %w", err)
		}
	}
	a.menu.Store(true)
	return nil
}
