package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"workervoice/channels"
)

// An outgoing is a message as the Cloud API takes it.
type outgoing struct {
	Product   string `json:"messaging_product"`
	Of        string `json:"recipient_type"`
	To        string `json:"to,omitempty"`        // a telephone number
	Recipient string `json:"recipient,omitempty"` // a business-scoped id
	Key       string `json:"biz_opaque_callback_data,omitempty"`
	Type      string `json:"type"`

	Text        *text    `json:"text,omitempty"`
	Interactive *asked   `json:"interactive,omitempty"`
	Template    *filled  `json:"template,omitempty"`
	Image       *content `json:"image,omitempty"`
	Audio       *content `json:"audio,omitempty"`
	Video       *content `json:"video,omitempty"`
	Document    *content `json:"document,omitempty"`
}

type text struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

// content is an attachment that was uploaded.
type content struct {
	ID      string `json:"id"`
	Caption string `json:"caption,omitempty"`
	Name    string `json:"filename,omitempty"`
	Voice   bool   `json:"voice,omitempty"`
}

// asked is a text with buttons or a list under it.
type asked struct {
	Type   string  `json:"type"`
	Header *header `json:"header,omitempty"`
	Body   struct {
		Text string `json:"text"`
	} `json:"body"`
	Action struct {
		Buttons  []replyButton `json:"buttons,omitempty"`
		Button   string        `json:"button,omitempty"`
		Sections []section     `json:"sections,omitempty"`
	} `json:"action"`
}

type header struct {
	Type     string   `json:"type"`
	Image    *content `json:"image,omitempty"`
	Video    *content `json:"video,omitempty"`
	Document *content `json:"document,omitempty"`
}

type replyButton struct {
	Type  string `json:"type"`
	Reply row    `json:"reply"`
}

type section struct {
	Rows []row `json:"rows"`
}

type row struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Desc  string `json:"description,omitempty"`
}

// filled is a template with its parameters.
type filled struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []component `json:"components,omitempty"`
}

type component struct {
	Type       string      `json:"type"`
	Sub        string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type    string `json:"type"`
	Text    string `json:"text,omitempty"`
	Payload string `json:"payload,omitempty"`
}

// Send implements [channels.Adapter]. An attachment is uploaded first; until the
// message itself is sent, whatever fails has certainly not reached the worker.
func (a *Adapter) Send(ctx context.Context, m channels.Outbound) (string, error) {
	out, err := a.outgoing(ctx, m)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "", rejected("the message cannot be written as JSON")
	}
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	err = a.call(ctx, request{
		method: http.MethodPost, path: "/" + a.c.PhoneID + "/messages",
		kind: "application/json", body: bytes.NewReader(b), length: int64(len(b)), wait: patience,
	}, &answer)
	if err != nil {
		return "", err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return "", errors.New("whatsapp: the answer names no message: nobody knows whether it was sent")
	}
	return answer.Messages[0].ID, nil
}

// rejected returns the error for a message that WhatsApp has no form for.
func rejected(why string) error {
	return &channels.SendError{Reason: channels.Rejected, Err: errors.New("whatsapp: " + why)}
}

// outgoing returns m as the Cloud API takes it.
func (a *Adapter) outgoing(ctx context.Context, m channels.Outbound) (*outgoing, error) {
	out := &outgoing{Product: "whatsapp", Of: "individual", Key: m.Key}
	switch {
	case m.To.User == "":
		return nil, rejected("the message is to nobody")
	case strings.Trim(m.To.User, "+0123456789") == "":
		out.To = m.To.User
	default:
		out.Recipient = m.To.User
	}
	switch {
	case m.Template != nil:
		out.Type, out.Template = "template", a.filled(m.Template)
	case m.File != nil:
		if err := a.attach(ctx, out, m); err != nil {
			return nil, err
		}
	case len(m.Choices) > 0:
		out.Type, out.Interactive = "interactive", ask(m)
	default:
		out.Type, out.Text = "text", &text{Body: m.Text}
	}
	return out, nil
}

// ask returns m's question: with buttons where they are few and short enough,
// else with a list behind one button.
func ask(m channels.Outbound) *asked {
	q := &asked{Type: "button"}
	q.Body.Text = m.Text
	if asButtons(m.Choices) {
		for _, c := range m.Choices {
			q.Action.Buttons = append(q.Action.Buttons, replyButton{Type: "reply", Reply: row{ID: c.Value, Title: c.Label}})
		}
		return q
	}
	q.Type, q.Action.Button = "list", m.List
	if strings.TrimSpace(m.List) == "" {
		q.Action.Button = "≡" // says nothing in any language
	}
	rows := make([]row, len(m.Choices))
	for i, c := range m.Choices {
		rows[i] = row{ID: c.Value, Title: c.Label, Desc: c.Desc}
	}
	q.Action.Sections = []section{{Rows: rows}}
	return q
}

// asButtons reports whether choices can be buttons. No two buttons may have the
// same label.
func asButtons(choices []channels.Choice) bool {
	if len(choices) > maxButtons {
		return false
	}
	seen := make(map[string]bool, len(choices))
	for _, c := range choices {
		if !onButton.Fits(c.Label) || seen[c.Label] {
			return false
		}
		seen[c.Label] = true
	}
	return true
}

// filled returns t with its parameters. They hold neither line breaks nor runs
// of spaces, which Meta refuses.
func (a *Adapter) filled(t *channels.Template) *filled {
	f := &filled{Name: t.Name}
	if name, ok := a.c.Templates[t.Name]; ok {
		f.Name = name
	}
	f.Language.Code = t.Language
	if len(t.Params) > 0 {
		body := component{Type: "body"}
		for _, p := range t.Params {
			body.Parameters = append(body.Parameters, parameter{Type: "text", Text: strings.Join(strings.Fields(p), " ")})
		}
		f.Components = append(f.Components, body)
	}
	for i, value := range t.Choices {
		f.Components = append(f.Components, component{
			Type: "button", Sub: "quick_reply", Index: strconv.Itoa(i),
			Parameters: []parameter{{Type: "payload", Payload: value}},
		})
	}
	return f
}
