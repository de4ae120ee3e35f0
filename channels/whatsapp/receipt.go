package whatsapp

import (
	"encoding/json"
	"strconv"

	"workervoice/channels"
)

// outcomes are what Meta says of a message of ours. It says played when a voice
// note was heard.
var outcomes = map[loose]channels.Kind{
	"sent": channels.Accepted, "delivered": channels.Delivered,
	"read": channels.Read, "played": channels.Read, "failed": channels.Failed,
}

// receipt returns what became of a message of ours. It reports false for what
// says nothing of the kind. Receipts may overtake one another.
func (a *Adapter) receipt(raw json.RawMessage, known []contact) (channels.Event, bool) {
	var s struct {
		ID     loose `json:"id"`
		Status loose `json:"status"`
		At     loose `json:"timestamp"`
		Phone  loose `json:"recipient_id"`
		User   loose `json:"recipient_user_id"`
		Of     loose `json:"recipient_type"`
		Key    loose `json:"biz_opaque_callback_data"`
		Errors []struct {
			Code loose `json:"code"`
		} `json:"errors"`
	}
	fails(raw, &s)
	kind, ok := outcomes[s.Status]
	if !ok || s.ID == "" || s.Of == "group" {
		return channels.Event{}, false
	}
	e := a.event(s.Phone, s.User, s.At, known)
	e.ID, e.Kind, e.Message, e.Key = string(s.ID+"/"+s.Status), kind, string(s.ID), string(s.Key)
	if kind == channels.Failed {
		e.Reason = channels.Rejected
		if len(s.Errors) > 0 {
			code, _ := strconv.Atoi(string(s.Errors[0].Code))
			e.Reason = afterwards(code)
		}
	}
	return e, true
}

// system reads what Meta says about a worker's account, which leaves e odd where
// it is something else. A new telephone number brings a new business-scoped id.
// Meta names the old id since August 2026; before, the old number.
func system(e *channels.Event, content json.RawMessage, m message) {
	var s struct {
		Type     loose `json:"type"`
		Phone    loose `json:"wa_id"`
		User     loose `json:"user_id"`
		Previous loose `json:"previous_user_id"`
		Customer loose `json:"customer"`
	}
	fails(content, &s)
	switch s.Type {
	case "user_changed_number", "user_changed_user_id", "customer_changed_number":
		now := first(s.User, s.Phone)
		old := s.Previous
		for _, name := range []loose{m.User, m.Phone, s.Customer} {
			if old == "" && name != now && name != s.Phone {
				old = name
			}
		}
		if now == "" || old == "" || now == old {
			return
		}
		e.Kind, e.What, e.Message = channels.Moved, "", ""
		e.From.User, e.Alias = string(now), string(old)
	case "user_identity_changed", "customer_identity_changed":
		if e.From.User == "" {
			e.From.User = string(first(s.User, s.Customer, s.Phone))
		}
		e.Kind, e.What, e.Message = channels.Changed, "", ""
	}
}
