package telegram

import (
	"encoding/json"
	"errors"
	"slices"
)

// An update is what Telegram reports, as far as we read it. These types are
// our own because those of the library refuse a whole update for one word they
// do not know, and would hold names and quoted messages that we do not want.
type update struct {
	ID          *int64    `json:"update_id"`
	Message     *incoming `json:"message"`
	Edited      *incoming `json:"edited_message"`
	Post        *incoming `json:"channel_post"`
	EditedPost  *incoming `json:"edited_channel_post"`
	Pressed     *pressed  `json:"callback_query"`
	Membership  *member   `json:"my_chat_member"`
	Reaction    *reaction `json:"message_reaction"`
	malformed   bool      // some field was not of the type it should be
	unknown     string    // the kind, if none of the above
	unknownFrom *someone
}

// allowed are the updates we ask for. Telegram leaves reactions out unless asked.
// Posts of channels are not asked for: what is never sent cannot leak.
var allowed = []string{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

// private reports whether c is a chat with one worker; all others are groups,
// and have numbers below zero.
func (c chat) private() bool { return c.Type == "private" || c.Type == "" && c.ID > 0 }

type person struct {
	ID   int64  `json:"id"`
	Lang string `json:"language_code"`
}

type incoming struct {
	ID       int64  `json:"message_id"`
	Chat     chat   `json:"chat"`
	From     person `json:"from"`
	Date     int64  `json:"date"`
	EditDate int64  `json:"edit_date"`

	Text    string          `json:"text"`
	Caption string          `json:"caption"`
	Rich    json.RawMessage `json:"rich_message"`

	Photo     []picture `json:"photo"`
	Voice     *file     `json:"voice"`
	Audio     *file     `json:"audio"`
	Video     *file     `json:"video"`
	VideoNote *file     `json:"video_note"`
	Animation *file     `json:"animation"`
	Document  *file     `json:"document"`

	Location *location `json:"location"`
	Venue    *venue    `json:"venue"`
	Contact  *contact  `json:"contact"`
	Sticker  *struct{} `json:"sticker"`
	Poll     *poll     `json:"poll"`
	Dice     *struct{} `json:"dice"`

	Gone      person `json:"left_chat_member"`
	MigrateTo int64  `json:"migrate_to_chat_id"`
}

type picture struct {
	ID     string `json:"file_id"`
	Size   int64  `json:"file_size"`
	Width  int64  `json:"width"`
	Height int64  `json:"height"`
}

type file struct {
	ID      string `json:"file_id"`
	Name    string `json:"file_name"`
	Type    string `json:"mime_type"`
	Size    int64  `json:"file_size"`
	Seconds int    `json:"duration"`
}

type location struct {
	Lat float64 `json:"latitude"`
	Lng float64 `json:"longitude"`
}

type venue struct {
	Title   string `json:"title"`
	Address string `json:"address"`
}

type contact struct {
	Phone string `json:"phone_number"`
	First string `json:"first_name"`
	Last  string `json:"last_name"`
}

type poll struct {
	Question string `json:"question"`
}

// A pressed is a press of a button. Message is ours; a very old one comes
// without its date.
type pressed struct {
	ID      string `json:"id"`
	From    person `json:"from"`
	Data    string `json:"data"`
	Message struct {
		ID   int64 `json:"message_id"`
		Chat chat  `json:"chat"`
	} `json:"message"`
}

type member struct {
	Chat chat   `json:"chat"`
	From person `json:"from"`
	Date int64  `json:"date"`
	New  struct {
		Status   string `json:"status"`
		IsMember bool   `json:"is_member"`
	} `json:"new_chat_member"`
}

type reaction struct {
	Chat    chat   `json:"chat"`
	Message int64  `json:"message_id"`
	User    person `json:"user"`
	Date    int64  `json:"date"`
	New     []struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	} `json:"new_reaction"`
}

// someone is where updates of any kind say whom they are about.
type someone struct {
	Chat chat   `json:"chat"`
	From person `json:"from"`
	User person `json:"user"`
}

// errUpdate quotes nothing of what came: it may be a worker's words.
var errUpdate = errors.New("telegram: the request is no update of Telegram's")

// decode reads one update. A field of another type than it should have makes
// the update malformed; the rest of it is read all the same.
func decode(b []byte) (u update, err error) {
	err = json.Unmarshal(b, &u)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		u.malformed, err = true, nil
	}
	if err != nil || u.ID == nil {
		return update{}, errUpdate
	}
	if u.Message == nil && u.Edited == nil && u.Post == nil && u.EditedPost == nil &&
		u.Pressed == nil && u.Membership == nil && u.Reaction == nil {
		u.unknown, u.unknownFrom = stranger(b)
	}
	return u, nil
}

// stranger returns the kind of an update that we do not know, and whom it is about.
func stranger(b []byte) (string, *someone) {
	var all map[string]json.RawMessage
	if json.Unmarshal(b, &all) != nil {
		return "", nil
	}
	delete(all, "update_id")
	for _, kind := range sorted(all) {
		var s someone
		_ = json.Unmarshal(all[kind], &s) // as much of it as can be read
		return word(kind), &s
	}
	return "", nil
}

// frame are the fields of a message that say how it came, not what it is.
var frame = []string{
	"message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
	"sender_boost_count", "sender_business_bot", "sender_tag", "date", "guest_query_id",
	"business_connection_id", "chat", "forward_origin", "is_topic_message",
	"is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_story",
	"reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot",
	"guest_bot_caller_user", "guest_bot_caller_chat", "edit_date", "has_protected_content",
	"is_from_offline", "is_paid_post", "media_group_id", "author_signature",
	"paid_star_count", "text", "caption", "entities", "caption_entities", "link_preview_options",
	"suggested_post_info", "effect_id", "show_caption_above_media", "has_media_spoiler",
	"reply_markup",
}

// kindOf names what a message is that we do not know: the field that is no
// part of the frame.
func kindOf(body []byte, of string) string {
	var all map[string]json.RawMessage
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &all) == nil && json.Unmarshal(all[of], &m) == nil {
		for _, k := range sorted(m) {
			if !slices.Contains(frame, k) {
				return word(k)
			}
		}
	}
	return of
}

func sorted(m map[string]json.RawMessage) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// word returns k if it is a name such as Telegram gives its fields.
func word(k string) string {
	if len(k) == 0 || len(k) > 64 {
		return "unknown"
	}
	for _, r := range k {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return "unknown"
		}
	}
	return k
}
