package whatsapp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

func at(s int64) time.Time { return time.Unix(1795000000+s, 0).UTC() }

// from makes an event of a payload that holds one message by itself, named
// after its file, from a worker with both names.
func from(name string, e channels.Event) channels.Event {
	e.ID = "wamid." + strings.ToUpper(name)
	if e.Message == "" && e.Kind != channels.Grouped && e.Kind != channels.Moved && e.Kind != channels.Changed {
		e.Message = e.ID
	}
	if e.From.User == "" {
		e.From.User, e.Alias = user, phone
	}
	e.From.Channel, e.At = "whatsapp-th", at(0)
	return e
}

func odd(what string) channels.Event { return channels.Event{Kind: channels.Odd, What: what} }

func TestKinds(t *testing.T) {
	said := func(text string) channels.Event { return channels.Event{Kind: channels.Said, Text: text} }
	chose := func(value string) channels.Event { return channels.Event{Kind: channels.Said, Choice: value} }
	sent := func(text string, m channels.Media) channels.Event {
		return channels.Event{Kind: channels.Said, Text: text, Media: []channels.Media{m}}
	}
	by := func(name, alias string, e channels.Event) channels.Event {
		e.From.User, e.Alias = name, alias
		return e
	}
	for name, want := range map[string]channels.Event{
		"text":                       said("လစာ မရသေးဘူး"),
		"text_user_only":             by(user, "", said("hello")),
		"text_phone_only":            by(phone, "", said("hello")),
		"text_ids_in_contacts":       said("hello"),
		"text_ids_only_in_contacts":  said("hello"),
		"text_reply":                 said("yes, that one"),
		"text_forwarded":             said("see this"),
		"text_referral":              said("Hello K7M2QX4P"),
		"image":                      sent("my payslip", channels.Media{Ref: "1003383421387256", Type: "image/jpeg"}),
		"voice":                      sent("", channels.Media{Ref: "1003383421387257", Type: "audio/ogg; codecs=opus", Voice: true}),
		"audio":                      sent("", channels.Media{Ref: "1003383421387258", Type: "audio/mpeg"}),
		"video":                      sent("", channels.Media{Ref: "1003383421387259", Type: "video/mp4"}),
		"document":                   sent("contract", channels.Media{Ref: "1003383421387260", Type: "application/pdf", Name: "contract 2026.pdf"}),
		"sticker":                    {Kind: channels.Said, What: "sticker"},
		"location":                   {Kind: channels.Said, Place: &channels.Place{Lat: 13.7563, Lng: 100.5018, Name: "Dormitory 4, Rama IV Road"}},
		"location_bare":              {Kind: channels.Said, Place: &channels.Place{Lat: -8.5, Lng: 115}},
		"location_nowhere":           odd("location"),
		"contacts":                   {Kind: channels.Said, What: "contact", Text: "Broker Lin, Lin Agency +66 81 999 8888 66819997777\nBoss"},
		"button":                     chose("read/17"),
		"button_without_payload":     said("Read now"),
		"button_reply":               chose("yes"),
		"list_reply":                 chose("pay.late"),
		"nfm_reply":                  odd("nfm_reply"),
		"reaction":                   {Kind: channels.Reacted, Text: "👍", Message: "wamid.OURS"},
		"reaction_taken_back":        {Kind: channels.Reacted, Message: "wamid.OURS"},
		"order":                      {Kind: channels.Odd, What: "order", Text: "two please"},
		"revoke":                     {Kind: channels.Unsent, Message: "wamid.TEXT"},
		"edit":                       {Kind: channels.Edited, Message: "wamid.TEXT", Text: "my pay is late"},
		"edit_caption":               {Kind: channels.Edited, Message: "wamid.IMAGE", Text: "September payslip"},
		"edit_caption_removed":       {Kind: channels.Edited, Message: "wamid.IMAGE"},
		"unsupported":                odd("unsupported"),
		"unsupported_poll":           odd("poll"),
		"unknown_kind":               odd("hologram"),
		"welcome":                    {Kind: channels.Started},
		"group":                      by("Y2FwaV9ncm91cA", "", channels.Event{Kind: channels.Grouped}),
		"changed_number":             by("TH.9000000002", user, channels.Event{Kind: channels.Moved}),
		"changed_number_before_ids":  by("66833334444", phone, channels.Event{Kind: channels.Moved}),
		"changed_number_new_id_only": by("TH.9000000002", phone, channels.Event{Kind: channels.Moved}),
		"changed_user_id":            by("TH.9000000002", user, channels.Event{Kind: channels.Moved}),
		"changed_to_nothing":         by(phone, "", odd("system")),
		"identity_changed":           {Kind: channels.Changed},
		"identity_changed_elsewhere": by(phone, "", channels.Event{Kind: channels.Changed}),
		"system_unknown":             odd("system"),
	} {
		t.Run(name, func(t *testing.T) {
			same(t, receive(t, payload(t, name)), []channels.Event{from(name, want)})
		})
	}
}

func TestReceipts(t *testing.T) {
	receipt := func(kind channels.Kind, status string, s int64, name, alias string) channels.Event {
		return channels.Event{
			ID: "wamid.OURS/" + status, Kind: kind, At: at(s), Key: "c/1/ev-9/0", Message: "wamid.OURS",
			From: channels.Address{Channel: "whatsapp-th", User: name}, Alias: alias,
		}
	}
	same(t, receive(t, payload(t, "statuses")), []channels.Event{
		receipt(channels.Accepted, "sent", 1, phone, ""),
		receipt(channels.Delivered, "delivered", 2, user, phone),
		receipt(channels.Read, "read", 3, user, ""),
		receipt(channels.Read, "played", 4, user, phone),
	})
	failed := receipt(channels.Failed, "failed", 0, user, phone)
	failed.Key, failed.Reason = "c/1/ev-9/1", channels.OutOfWindow
	same(t, receive(t, payload(t, "status_failed")), []channels.Event{failed})
	failed.Key, failed.Reason = "", channels.Rejected
	same(t, receive(t, payload(t, "status_failed_without_code")), []channels.Event{failed})
}

func TestWhyAReceiptFailed(t *testing.T) {
	for code, want := range map[int]channels.Reason{
		131047: channels.OutOfWindow, 131026: channels.Unreachable, 131050: channels.Unreachable, 130497: channels.Unreachable,
		131049: channels.Busy, 131048: channels.Busy, 130429: channels.Busy, 131056: channels.Busy, 4: channels.Busy, 80007: channels.Busy,
		131042: channels.NoQuota, 137000: channels.Stranger, 131031: channels.Misset, 190: channels.Misset, 230: channels.Misset,
		132000: channels.Rejected, 132001: channels.Rejected, 132015: channels.Rejected, 132068: channels.Rejected,
		131051: channels.Rejected, 131053: channels.Rejected, 131062: channels.Rejected, 100: channels.Rejected, 999999: channels.Rejected,
		// Trouble at Meta: it failed for certain, so it may be sent again.
		1: channels.Busy, 2: channels.Busy, 131000: channels.Busy, 131016: channels.Busy,
	} {
		body := strings.Replace(string(payload(t, "status_failed")), "131047", fmt.Sprint(code), 1)
		events := receive(t, []byte(body))
		if len(events) != 1 || events[0].Kind != channels.Failed || events[0].Reason != want {
			t.Errorf("%d: %v, want %s", code, events, want)
		}
	}
}

// What nobody can read is told as such, and takes nothing else with it.
func TestBrokenAmongGood(t *testing.T) {
	events := receive(t, payload(t, "broken_among_good"))
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprintf("%s %s %q %q %d", e.ID, e.Kind, e.Text, e.What, len(e.Media)))
	}
	sum := ""
	for _, e := range events {
		if strings.HasPrefix(e.ID, "sum-") {
			sum = e.ID
			if !e.At.Equal(now) {
				t.Error("a message without a time came at", e.At)
			}
		}
	}
	want := []string{
		sum + ` said "no id and no time" "" 0`,
		`wamid.ONE said "one" "" 0`,
		`wamid.BAD odd "" "text" 0`,
		`wamid.WORSE odd "" "image" 0`,
		`wamid.TWO said "" "" 1`,
		`wamid.ODD odd "" "unreadable" 0`,
		`wamid.THREE said "three" "" 0`,
	}
	if now.After(at(0)) || len(sum) != 36 {
		t.Fatalf("the times of this test do not fit: %s, %q", now, sum)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNotOurs(t *testing.T) {
	events := receive(t, payload(t, "other_number"))
	if len(events) != 1 || events[0].Text != "to us" {
		t.Errorf("of two numbers: %v", events)
	}
	for _, name := range []string{"other_fields", "nothing"} {
		if events := receive(t, payload(t, name)); len(events) != 0 {
			t.Errorf("%s: %v", name, events)
		}
	}
}

// Nothing of what a worker said or is called shows where events are printed.
func TestEventsKeepQuiet(t *testing.T) {
	for _, name := range []string{"text", "contacts", "document", "location", "changed_number", "statuses"} {
		for _, e := range receive(t, payload(t, name)) {
			for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
				s := fmt.Sprintf(form, e)
				for _, secret := range []string{phone, user, e.Text, "contract", "Dormitory", "wamid"} {
					if secret != "" && strings.Contains(s, secret) {
						t.Errorf("%s: %s shows %q", name, form, secret)
					}
				}
			}
		}
	}
}
