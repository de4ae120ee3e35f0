package whatsapp

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"workervoice/channels"
)

// A message is what every message of a worker has. What is particular to its
// kind stands beside it in a property named after the kind.
type message struct {
	ID    loose `json:"id"`
	Phone loose `json:"from"`
	User  loose `json:"from_user_id"`
	Group loose `json:"group_id"`
	At    loose `json:"timestamp"`
	Type  loose `json:"type"`
}

// message returns what a message of a worker means. The event's From is empty
// where the message names nobody.
func (a *Adapter) message(raw json.RawMessage, known []contact) channels.Event {
	var m message
	var parts map[string]json.RawMessage
	fails(raw, &m)
	fails(raw, &parts)
	e := a.event(m.Phone, m.User, m.At, known)
	e.ID, e.Message, e.What = string(m.ID), string(m.ID), word(string(m.Type))
	if e.ID == "" {
		sum := sha256.Sum256(raw)
		e.ID = fmt.Sprintf("sum-%x", sum[:16])
	}
	if m.Group != "" {
		// What is said in a group is not for us, and nothing of it is kept.
		return channels.Event{ID: e.ID, Kind: channels.Grouped, At: e.At, From: channels.Address{Channel: a.c.ID, User: string(m.Group)}}
	}
	if m.Type == "system" {
		system(&e, parts["system"], m)
		return e
	}
	if reader, ok := readers[string(m.Type)]; ok {
		if said := e; reader(&said, parts[string(m.Type)]) {
			return said
		}
	}
	return e
}

// readers read what is particular to a kind of message into an event of kind
// Odd that has only What. They report false where it cannot be read, and then
// the event stays as it was.
var readers map[string]func(e *channels.Event, content json.RawMessage) bool

func init() { // readers refer to one another
	readers = map[string]func(*channels.Event, json.RawMessage) bool{
		"text": words, "button": button, "interactive": interactive,
		"image": attachment, "audio": attachment, "video": attachment, "document": attachment,
		"location": location, "contacts": contacts, "sticker": sticker,
		"reaction": reaction, "revoke": revoke, "edit": edit, "request_welcome": welcome,
		"unsupported": unsupported, "order": order,
	}
}

func words(e *channels.Event, content json.RawMessage) bool {
	var text struct {
		Body string `json:"body"`
	}
	if fails(content, &text) || text.Body == "" {
		return false
	}
	e.Kind, e.What, e.Text = channels.Said, "", text.Body
	return true
}

// chosen puts a pressed button into e. A label alone, without the value that we
// gave it, is as if the worker had written it.
func chosen(e *channels.Event, value, label string) bool {
	if value == "" && label == "" {
		return false
	}
	if e.Kind, e.What, e.Choice = channels.Said, "", value; value == "" {
		e.Text = label
	}
	return true
}

// button reads a quick reply under a template.
func button(e *channels.Event, content json.RawMessage) bool {
	var b struct {
		Payload string `json:"payload"`
		Text    string `json:"text"`
	}
	return !fails(content, &b) && chosen(e, b.Payload, b.Text)
}

// interactive reads a button or a row under a message of ours. Forms and what
// else is interactive are never sent by us.
func interactive(e *channels.Event, content json.RawMessage) bool {
	type reply struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	var i struct {
		Type   loose `json:"type"`
		Button reply `json:"button_reply"`
		Row    reply `json:"list_reply"`
	}
	if fails(content, &i) {
		return false
	}
	switch i.Type {
	case "button_reply":
		return chosen(e, i.Button.ID, i.Button.Title)
	case "list_reply":
		return chosen(e, i.Row.ID, i.Row.Title)
	}
	e.What = word(string(i.Type))
	return true
}

// attachment reads a file that the worker sent, and the words with it. Meta
// tells no size.
func attachment(e *channels.Event, content json.RawMessage) bool {
	var f struct {
		ID      loose  `json:"id"`
		Type    string `json:"mime_type"`
		Name    string `json:"filename"`
		Caption string `json:"caption"`
		Voice   bool   `json:"voice"`
	}
	if fails(content, &f) || f.ID == "" {
		return false
	}
	e.Media = []channels.Media{{Ref: string(f.ID), Type: f.Type, Name: f.Name, Voice: f.Voice}}
	e.Kind, e.What, e.Text = channels.Said, "", f.Caption
	return true
}

func location(e *channels.Event, content json.RawMessage) bool {
	var l struct {
		Lat     loose  `json:"latitude"`
		Lng     loose  `json:"longitude"`
		Name    string `json:"name"`
		Address string `json:"address"`
	}
	if fails(content, &l) {
		return false
	}
	lat, err := strconv.ParseFloat(string(l.Lat), 64)
	lng, err2 := strconv.ParseFloat(string(l.Lng), 64)
	if err != nil || err2 != nil || !(math.Abs(lat) <= 90) || !(math.Abs(lng) <= 180) {
		return false
	}
	e.Place = &channels.Place{Lat: lat, Lng: lng, Name: joined(", ", l.Name, l.Address)}
	e.Kind, e.What = channels.Said, ""
	return true
}

// contacts reads shared contacts as words, one to a line, so that the number of
// an employer or a broker is not lost.
func contacts(e *channels.Event, content json.RawMessage) bool {
	var cs []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Org struct {
			Company string `json:"company"`
		} `json:"org"`
		Phones []struct {
			Phone loose `json:"phone"`
			WhoIs loose `json:"wa_id"`
		} `json:"phones"`
	}
	if fails(content, &cs) {
		return false
	}
	var lines []string
	for _, c := range cs {
		line := joined(", ", c.Name.Formatted, c.Org.Company)
		for _, p := range c.Phones {
			line = joined(" ", line, string(first(p.Phone, p.WhoIs)))
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	e.Kind, e.What, e.Text = channels.Said, "contact", strings.Join(lines, "\n")
	return true
}

// joined returns those of ss that are not empty, with sep between them.
func joined(sep string, ss ...string) string {
	var some []string
	for _, s := range ss {
		if s != "" {
			some = append(some, s)
		}
	}
	return strings.Join(some, sep)
}

// sticker reads a picture that says nothing of its own.
func sticker(e *channels.Event, _ json.RawMessage) bool {
	e.Kind = channels.Said
	return true
}

// reaction reads an emoji on a message. One that is taken back comes without
// the emoji.
func reaction(e *channels.Event, content json.RawMessage) bool {
	var r struct {
		Message string `json:"message_id"`
		Emoji   string `json:"emoji"`
	}
	if fails(content, &r) || r.Message == "" {
		return false
	}
	e.Kind, e.What, e.Text, e.Message = channels.Reacted, "", r.Emoji, r.Message
	return true
}

// revoke reads that a message was taken back. Meta tells it only of numbers
// that are in the WhatsApp Business app too, as with edits.
func revoke(e *channels.Event, content json.RawMessage) bool {
	var r struct {
		Original string `json:"original_message_id"`
	}
	if fails(content, &r) || r.Original == "" {
		return false
	}
	e.Kind, e.What, e.Message = channels.Unsent, "", r.Original
	return true
}

// edit reads a message's new text, or the new caption of an attachment.
func edit(e *channels.Event, content json.RawMessage) bool {
	type captioned struct {
		Caption *string `json:"caption"`
	}
	var c struct {
		Original string `json:"original_message_id"`
		Message  struct {
			Type loose `json:"type"`
			Text struct {
				Body string `json:"body"`
			} `json:"text"`
			Image    captioned `json:"image"`
			Video    captioned `json:"video"`
			Document captioned `json:"document"`
		} `json:"message"`
	}
	if fails(content, &c) || c.Original == "" {
		return false
	}
	now := &c.Message.Text.Body
	switch c.Message.Type {
	case "text":
		if *now == "" {
			return false
		}
	case "image":
		now = c.Message.Image.Caption
	case "video":
		now = c.Message.Video.Caption
	case "document":
		now = c.Message.Document.Caption
	default:
		return false
	}
	e.Kind, e.What, e.Message = channels.Edited, "", c.Original
	if now != nil {
		e.Text = *now
	}
	return true
}

// welcome reads that the worker opened the chat for the first time.
func welcome(e *channels.Event, _ json.RawMessage) bool {
	e.Kind, e.What = channels.Started, ""
	return true
}

// unsupported reads which kind of message Meta does not pass on.
func unsupported(e *channels.Event, content json.RawMessage) bool {
	var u struct {
		Type loose `json:"type"`
	}
	if fails(content, &u) || u.Type == "" {
		return false
	}
	if e.What = word(string(u.Type)); strings.HasPrefix(e.What, "poll_") {
		e.What = "poll"
	}
	return true
}

// order reads the words with an order. We sell nothing.
func order(e *channels.Event, content json.RawMessage) bool {
	var o struct {
		Text string `json:"text"`
	}
	if fails(content, &o) {
		return false
	}
	e.Text = o.Text
	return true
}

// word returns s if it is a plain word, as Meta's names of kinds are, so that
// it may stand in a log.
func word(s string) string {
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unreadable"
	}
	return cmp.Or(s, "unreadable")
}
