package line

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

const (
	// maxBubble is LINE's limit for one bubble of a Flex Message, in bytes.
	maxBubble = 30 << 10

	// maxAlt is the stricter of the two limits that LINE's pages state for
	// altText, in UTF-16 units.
	maxAlt = 400

	// maxStill is LINE's limit for the small picture that stands for an image
	// or a video, in bytes.
	maxStill = 1 << 20

	// neutral is what a notification shows where nothing else is asked for.
	neutral = "💬"
)

// objects returns m as LINE's message objects, in the order in which they are
// shown: hardly ever more than two.
func (a *Adapter) objects(m channels.Outbound) ([]json.RawMessage, error) {
	text := m.Text
	if strings.TrimSpace(text) == "" { // LINE refuses blank text
		text = ""
	}
	var list []api.MessageInterface
	if text != "" && len(m.Choices) == 0 {
		list = append(list, &api.TextMessage{Text: text})
	}
	if m.File != nil {
		o, err := a.attachment(*m.File)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	var objects []json.RawMessage
	for _, o := range list {
		b, err := json.Marshal(o)
		if err != nil {
			return nil, rejected(fmt.Errorf("line: message: %w", err))
		}
		objects = append(objects, b)
	}
	if len(m.Choices) > 0 {
		bs, err := questions(text, m.Preview, m.Choices)
		if err != nil {
			return nil, err
		}
		objects = append(objects, bs...)
	}
	if len(objects) == 0 {
		return nil, rejected(errors.New("line: the message is empty"))
	}
	return objects, nil
}

// questions returns one bubble with the text and all choices. If that is more
// than LINE takes, the text goes ahead as a message of its own, and if it must
// be, the choices are shared among several bubbles.
func questions(text, preview string, choices []channels.Choice) ([]json.RawMessage, error) {
	b, err := json.Marshal(question(text, preview, choices))
	switch {
	case err != nil:
		return nil, rejected(fmt.Errorf("line: message: %w", err))
	case len(b) <= maxBubble:
		return []json.RawMessage{b}, nil
	case text != "":
		ahead, err := json.Marshal(&api.TextMessage{Text: text})
		if err != nil {
			return nil, rejected(fmt.Errorf("line: message: %w", err))
		}
		rest, err := questions("", preview, choices)
		return append([]json.RawMessage{ahead}, rest...), err
	case len(choices) == 1:
		return nil, rejected(fmt.Errorf("line: a choice needs %d bytes and LINE takes %d: shorten its label", len(b), maxBubble))
	}
	half := (len(choices) + 1) / 2
	upper, err := questions("", preview, choices[:half])
	if err != nil {
		return nil, err
	}
	lower, err := questions("", preview, choices[half:])
	return append(upper, lower...), err
}

// rejected says that a message can never be sent as it is.
func rejected(err error) error { return &channels.SendError{Reason: channels.Rejected, Err: err} }

// question returns a Flex Message with a button for each choice.
//
// Unlike quick replies, the buttons stay when the worker writes something.
// Unlike LINE's own buttons, which cut a long label, these are boxes whose text
// wraps: Burmese shows in full. The labels are repeated in the actions for
// screen readers and for the worker's side of the chat.
//
// A notification shows altText, so that never says what the question is about.
func question(text, preview string, choices []channels.Choice) *api.FlexMessage {
	alt := preview
	if strings.TrimSpace(alt) == "" || !(channels.Limit{N: maxAlt, Unit: channels.UTF16}).Fits(alt) {
		alt = neutral
	}
	buttons := &api.FlexBox{Layout: api.FlexBoxLAYOUT_VERTICAL, Spacing: "md"}
	for _, c := range choices {
		buttons.Contents = append(buttons.Contents, button(c))
	}
	bubble := &api.FlexBubble{Body: buttons}
	if text != "" {
		// No colour: LINE's own follows the phone's light or dark look.
		words := &api.FlexText{Text: text, Size: "md", Wrap: true, Scaling: true, LineSpacing: "4px"}
		bubble.Body = &api.FlexBox{Layout: api.FlexBoxLAYOUT_VERTICAL, Contents: []api.FlexComponentInterface{words}}
		bubble.Footer = buttons
	}
	return &api.FlexMessage{AltText: alt, Contents: bubble}
}

// button returns a box that answers with c when touched. Its ground and its
// letters are both set, 12:1 and 6:1 apart, so that it reads the same on a
// light and on a dark screen.
func button(c channels.Choice) *api.FlexBox {
	label := &api.FlexText{Text: c.Label, Size: "md", Color: "#1A2A3A", Wrap: true, Scaling: true, LineSpacing: "4px"}
	b := &api.FlexBox{
		Layout:          api.FlexBoxLAYOUT_VERTICAL,
		Contents:        []api.FlexComponentInterface{label},
		Action:          &api.PostbackAction{Label: c.Label, Data: c.Value, DisplayText: c.Label},
		BackgroundColor: "#E9EEF5", BorderColor: "#6B7C90", BorderWidth: "light",
		CornerRadius: "md", PaddingAll: "lg",
	}
	if c.Desc == "" {
		label.Align = api.FlexTextALIGN_CENTER
		return b
	}
	desc := &api.FlexText{Text: c.Desc, Size: "sm", Color: "#46566A", Wrap: true, Scaling: true, Margin: "xs"}
	b.Contents = append(b.Contents, desc)
	return b
}

// attachment returns f as what LINE can show in the chat, or else as a link.
// LINE fetches files itself: over https, images as JPEG or PNG with a preview
// of up to 1 MB, sound as M4A, film as MP4 with a still.
func (a *Adapter) attachment(f channels.File) (api.MessageInterface, error) {
	if err := fetchable(f.URL); err != nil {
		return nil, err
	}
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil {
		kind = f.Type
	}
	switch {
	case (kind == "image/jpeg" || kind == "image/png") && f.Size <= maxStill:
		return &api.ImageMessage{OriginalContentUrl: f.URL, PreviewImageUrl: f.URL}, nil
	case kind == "audio/mp4" || kind == "audio/m4a" || kind == "audio/x-m4a":
		return &api.AudioMessage{OriginalContentUrl: f.URL, Duration: int64(max(f.Seconds, 1)) * 1000}, nil
	case kind == "video/mp4" && a.c.Still != "":
		return &api.VideoMessage{OriginalContentUrl: f.URL, PreviewImageUrl: a.c.Still}, nil
	}
	return &api.TextMessage{Text: strings.TrimSpace(f.Name + "\n" + f.URL)}, nil
}

// fetchable checks that LINE can fetch from address.
func fetchable(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(address) > 2000 {
		return &channels.SendError{Reason: channels.Misset, Err: errors.New("line: LINE fetches attachments from us, over https only: set PUBLIC_URL to a public https address")}
	}
	return nil
}
