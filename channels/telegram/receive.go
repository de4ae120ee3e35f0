package telegram

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"workervoice/channels"
)

// bodyMax is far more than the longest update: a message of 4,096 characters,
// each with its own mark-up, and another that it answers.
const bodyMax = 1 << 20

// Receive implements [channels.Adapter]. The proof of origin is the secret in a
// header; the body is not signed. Without a secret nothing is genuine.
//
// Whatever does not come from a chat with one worker is of kind Grouped, and
// holds nothing of what was said there. Text is the caption where there is one.
// A shared contact is a Said whose Text is the name and the number, and a poll
// one whose Text is the question. A reaction that was taken away again is a
// Reacted without Text.
func (a *Adapter) Receive(r *http.Request) ([]channels.Event, error) {
	proof := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	if a.c.Secret == "" || subtle.ConstantTimeCompare([]byte(proof), []byte(a.c.Secret)) != 1 {
		return nil, channels.ErrForged
	}
	if r.ContentLength > bodyMax {
		return nil, channels.ErrTooBig
	}
	b, err := readAll(r.Body, r.ContentLength, bodyMax+1)
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) || len(b) > bodyMax {
		return nil, channels.ErrTooBig
	}
	if err != nil {
		return nil, fmt.Errorf("telegram: the request broke off: %w", err)
	}
	u, err := decode(b)
	if err != nil {
		return nil, err
	}
	return a.events(u, b), nil
}

// events returns what u means: one event, or none if there is nothing to act
// on or nobody whom it is about. body is what u was read from.
func (a *Adapter) events(u update, body []byte) []channels.Event {
	e := channels.Event{ID: strconv.FormatInt(*u.ID, 10)}
	kind, act := "", false
	switch {
	case u.Message != nil:
		kind, act = "message", a.message(&e, u.Message, body)
	case u.Edited != nil:
		kind, act = "edited_message", a.edited(&e, u.Edited)
	case u.Post != nil:
		act = a.group(&e, u.Post.Chat, u.Post.Date)
	case u.EditedPost != nil:
		act = a.group(&e, u.EditedPost.Chat, u.EditedPost.Date)
	case u.Pressed != nil:
		kind, act = "callback_query", a.pressed(&e, u.Pressed)
	case u.Membership != nil:
		kind, act = "my_chat_member", a.membership(&e, u.Membership)
	case u.Reaction != nil:
		kind, act = "message_reaction", a.reaction(&e, u.Reaction)
	case u.unknownFrom != nil:
		kind, act = u.unknown, a.unknown(&e, u.unknown, u.unknownFrom)
	}
	if !act {
		return nil
	}
	if u.malformed && e.Kind != channels.Grouped {
		e = channels.Event{
			ID: e.ID, Kind: channels.Odd, What: kind, From: e.From, At: e.At,
			Locale: e.Locale, Message: e.Message, Callback: e.Callback,
		}
	}
	return []channels.Event{e}
}

// from says in e whom it is about and when it happened. It reports whether
// there is anybody.
func (a *Adapter) from(e *channels.Event, id int64, who person, date int64) bool {
	if id == 0 {
		id = who.ID
	}
	e.From = channels.Address{Channel: a.c.ID, User: strconv.FormatInt(id, 10)}
	e.Locale = who.Lang
	e.At = a.now().UTC()
	if date > 0 {
		e.At = time.Unix(date, 0).UTC()
	}
	return id != 0
}

// group makes e the event of a group: that it exists, and no more.
func (a *Adapter) group(e *channels.Event, c chat, date int64) bool {
	e.Kind = channels.Grouped
	return a.from(e, c.ID, person{}, date)
}

func (a *Adapter) message(e *channels.Event, m *incoming, body []byte) bool {
	if m.MigrateTo != 0 { // the group goes on under another name
		e.Alias = strconv.FormatInt(m.Chat.ID, 10)
		return a.group(e, chat{ID: m.MigrateTo}, m.Date)
	}
	if !m.Chat.private() {
		return (m.Gone.ID == 0 || m.Gone.ID != a.me) && a.group(e, m.Chat, m.Date)
	}
	e.Kind, e.Message = channels.Said, name(m.ID)
	if e.Text = m.words(); m.Text == "" || !start(e) {
		m.attached(e)
		if e.Text == "" && e.Media == nil && e.Place == nil && e.What == "" {
			e.Kind, e.What = channels.Odd, kindOf(body, "message")
		}
	}
	return a.from(e, m.Chat.ID, m.From, m.Date)
}

func (a *Adapter) edited(e *channels.Event, m *incoming) bool {
	if !m.Chat.private() {
		return a.group(e, m.Chat, m.EditDate)
	}
	e.Kind, e.Message, e.Text = channels.Edited, name(m.ID), command(m.words())
	m.attached(e)
	return a.from(e, m.Chat.ID, m.From, max(m.EditDate, m.Date))
}

// pressed makes e the press of a button. Telegram does not say when that was.
func (a *Adapter) pressed(e *channels.Event, p *pressed) bool {
	e.Callback = p.ID
	if c := p.Message.Chat; c.ID != 0 && !c.private() {
		return a.group(e, c, 0)
	}
	e.Kind, e.Choice, e.Message = channels.Said, p.Data, name(p.Message.ID)
	if p.Data == "" {
		e.Kind, e.What = channels.Odd, "callback_query"
	}
	return a.from(e, p.From.ID, p.From, 0)
}

// membership makes e what became of the bot in a chat. Telegram reports private
// chats only when the worker blocks the bot or lifts the block.
func (a *Adapter) membership(e *channels.Event, m *member) bool {
	if m.Chat.private() {
		switch m.New.Status {
		case "kicked", "left":
			e.Kind = channels.Left
		case "member", "administrator", "creator", "restricted":
			e.Kind = channels.Returned
		default:
			e.Kind, e.What = channels.Odd, "my_chat_member"
		}
		return a.from(e, m.Chat.ID, m.From, m.Date)
	}
	switch m.New.Status {
	case "kicked", "left":
		return false // we are out, as we want to be
	case "restricted":
		if !m.New.IsMember {
			return false
		}
	}
	return a.group(e, m.Chat, m.Date)
}

func (a *Adapter) reaction(e *channels.Event, r *reaction) bool {
	if !r.Chat.private() {
		return a.group(e, r.Chat, r.Date)
	}
	e.Kind, e.Message = channels.Reacted, name(r.Message)
	for _, x := range r.New {
		e.Text += x.Emoji
	}
	if e.Text == "" && len(r.New) > 0 {
		e.What = word(r.New[0].Type)
	}
	return a.from(e, r.Chat.ID, r.User, r.Date)
}

// unknown makes e an update of a kind that we did not ask for.
func (a *Adapter) unknown(e *channels.Event, kind string, s *someone) bool {
	if s.Chat.ID != 0 && !s.Chat.private() {
		return a.group(e, s.Chat, 0)
	}
	who := s.From
	if who.ID == 0 {
		who = s.User
	}
	e.Kind, e.What = channels.Odd, kind
	return a.from(e, s.Chat.ID, who, 0)
}

// name returns the name of a message, which Telegram numbers from 1.
func name(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// start makes e a Started if its text is the command that opens a chat. What
// follows it is the code of a link if it looks like one; otherwise the worker
// wrote it, and it stays.
func start(e *channels.Event) bool {
	text := command(e.Text)
	word, rest := text, ""
	if i := strings.IndexAny(text, " \n\t"); i >= 0 {
		word, rest = text[:i], text[i:]
	}
	if text == e.Text || !strings.EqualFold(word, "start") {
		e.Text = text
		return false
	}
	e.Kind, e.Text = channels.Started, strings.TrimSpace(rest)
	if codeForm(e.Text) {
		e.Ref, e.Text = e.Text, ""
	}
	return true
}

// codeForm reports whether s can be what Telegram carries along from a link: 1
// to 64 of A-Z, a-z, 0-9, _ and - (https://core.telegram.org/bots/features#deep-linking).
func codeForm(s string) bool { return len(s) <= 64 && secretForm.MatchString(s) }

// command returns text without the slash and the bot's name, if it begins with
// a command, such as /menu or /menu@bot.
func command(text string) string {
	if !strings.HasPrefix(text, "/") {
		return text
	}
	word, rest := text[1:], ""
	if i := strings.IndexAny(word, " \n\t"); i >= 0 {
		word, rest = word[:i], word[i:]
	}
	word, bot, named := strings.Cut(word, "@")
	if !commandForm(word) || named && !commandForm(bot) {
		return text
	}
	return word + rest
}

// commandForm reports whether s has 1 to 32 of A-Z, a-z, 0-9 and _.
func commandForm(s string) bool {
	return len(s) <= 32 && !strings.Contains(s, "-") && secretForm.MatchString(s)
}
