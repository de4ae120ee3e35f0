package bot

import (
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// TestGate goes through every reason for which a message stays here. All times
// are of one evening in Bangkok; the worker can be written to from 18:30 to
// 21:30 unless the row says otherwise.
func TestGate(t *testing.T) {
	bangkok := cases.Zone("TH")
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 19, hour, minute, 0, 0, bangkok) }
	windowed := channels.Info{Window: 24 * time.Hour}
	always := channels.Info{}
	push := channels.Outbound{Class: channels.Push}
	with := func(m channels.Outbound, change func(*channels.Outbound)) channels.Outbound { change(&m); return m }
	card := func(c cases.Contact) flows.Session { return flows.Session{Contact: c} }
	now, yesterday := at(19, 0), at(19, 0).AddDate(0, 0, -1)

	for name, test := range map[string]struct {
		conv  store.Conversation
		card  flows.Session
		m     channels.Outbound
		info  channels.Info
		now   time.Time
		ahead time.Duration
		do    action
		until time.Time
		why   string
	}{
		"an answer":          {conv: store.Conversation{LastIn: now}, info: windowed, now: now, do: pass},
		"news, in the hours": {conv: store.Conversation{LastIn: yesterday}, m: push, info: always, now: now, do: pass},

		// erased, expired, blocked: in this order, before anything else
		"to nobody any more": {m: with(push, func(m *channels.Outbound) { m.To.User = "nobody" }), info: always, now: now, do: drop, why: "erased"},
		"expired":            {conv: store.Conversation{LastIn: now, Gone: true}, m: channels.Outbound{Expires: now.Add(-time.Second)}, info: always, now: now, do: drop, why: "expired"},
		"not expired yet":    {conv: store.Conversation{LastIn: now}, m: channels.Outbound{Expires: now}, info: always, now: now, do: pass},
		"blocked":            {conv: store.Conversation{LastIn: now, Gone: true}, m: channels.Outbound{Class: channels.Urgent}, info: always, now: now, do: wait, until: store.Held, why: "blocked"},

		// who speaks
		"a caseworker has it":               {conv: store.Conversation{LastIn: now, Owner: "may", Epoch: 2}, m: channels.Outbound{Owner: 1}, info: always, now: now, do: drop, why: "superseded"},
		"a caseworker's own":                {conv: store.Conversation{LastIn: now, Owner: "may", Epoch: 2}, m: channels.Outbound{Owner: 2}, info: always, now: now, do: pass},
		"the next caseworker has it":        {conv: store.Conversation{LastIn: now, Owner: "ko", Epoch: 3}, m: channels.Outbound{Owner: 2}, info: always, now: now, do: drop, why: "superseded"},
		"urgent, but a caseworker has it":   {conv: store.Conversation{LastIn: now, Owner: "may", Epoch: 2}, m: channels.Outbound{Owner: 1, Class: channels.Urgent}, info: always, now: now, do: drop, why: "superseded"},
		"nobody has taken it yet":           {conv: store.Conversation{LastIn: now, Owner: store.Queued, Epoch: 2}, m: channels.Outbound{Owner: 1}, info: always, now: now, do: pass},
		"handed back":                       {conv: store.Conversation{LastIn: now, Epoch: 4}, m: channels.Outbound{Owner: 1}, info: always, now: now, do: pass},
		"handed back, but decided before":   {conv: store.Conversation{LastIn: now, Epoch: 4, Taken: 3}, m: channels.Outbound{Owner: 2}, info: always, now: now, do: drop, why: "superseded"},
		"handed back, and decided since":    {conv: store.Conversation{LastIn: now, Epoch: 4, Taken: 3}, m: channels.Outbound{Owner: 4}, info: always, now: now, do: pass},
		"by a caseworker, another has it":   {conv: store.Conversation{LastIn: now, Owner: "ko", Epoch: 3, Taken: 3}, m: channels.Outbound{Owner: 2, By: "may"}, info: always, now: now, do: pass},
		"news, and a caseworker has it":     {conv: store.Conversation{LastIn: now, Owner: "may", Epoch: 2, Taken: 2}, m: channels.Outbound{Owner: 1, For: "C/U", Class: channels.Push}, info: always, now: now, do: wait, until: store.Held, why: "person"},
		"news, and the bot is back":         {conv: store.Conversation{LastIn: now, Epoch: 3, Taken: 2}, m: channels.Outbound{Owner: 1, For: "C/U", Class: channels.Push}, info: always, now: now, do: pass},
		"out of the group, whoever owns it": {conv: store.Conversation{LastIn: yesterday, Owner: "may", Epoch: 2}, m: channels.Outbound{Leave: true}, info: windowed, now: at(3, 0), do: pass},

		// hours
		"news at night":                  {conv: store.Conversation{LastIn: yesterday}, m: push, info: always, now: at(3, 0), do: wait, until: at(18, 30), why: "hours"},
		"news at 21:30":                  {conv: store.Conversation{LastIn: yesterday}, m: push, info: always, now: at(21, 30), do: wait, until: at(18, 30).AddDate(0, 0, 1), why: "hours"},
		"urgent at night":                {conv: store.Conversation{LastIn: yesterday}, m: channels.Outbound{Class: channels.Urgent}, info: always, now: at(3, 0), do: pass},
		"urgent to a silent worker":      {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Silent: true}), m: channels.Outbound{Class: channels.Urgent}, info: always, now: at(3, 0), do: pass},
		"an answer at night":             {conv: store.Conversation{LastIn: at(2, 31)}, info: always, now: at(3, 0), do: pass},
		"an answer that took half hour":  {conv: store.Conversation{LastIn: at(2, 30)}, info: always, now: at(3, 0), do: wait, until: at(18, 30), why: "hours"},
		"the worker is writing at night": {conv: store.Conversation{LastIn: at(2, 59)}, m: push, info: always, now: at(3, 0), do: pass},
		"the worker wrote 2 minutes ago": {conv: store.Conversation{LastIn: at(2, 58)}, m: push, info: always, now: at(3, 0), do: wait, until: at(18, 30), why: "hours"},
		"mornings only":                  {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Times: []string{"morning"}}), m: push, info: always, now: now, do: wait, until: at(6, 0).AddDate(0, 0, 1), why: "hours"},
		"it is an hour later in Taiwan":  {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Country: "TW"}), m: push, info: always, now: at(17, 45), do: pass},
		"silent":                         {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Silent: true}), m: push, info: always, now: now, do: wait, until: store.Held, why: "silent"},
		"a late answer to the silent":    {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Silent: true}), info: always, now: now, do: wait, until: store.Held, why: "silent"},
		"paused, and writing just now":   {conv: store.Conversation{LastIn: now}, card: card(cases.Contact{Paused: true}), m: push, info: always, now: now, do: wait, until: store.Held, why: "silent"},
		"silent, and writing just now":   {conv: store.Conversation{LastIn: now}, card: card(cases.Contact{Silent: true}), m: push, info: always, now: now, do: pass},
		"a reminder that would be late":  {conv: store.Conversation{LastIn: at(1, 0)}, m: channels.Outbound{Class: channels.Nudge, Expires: at(11, 0)}, info: always, now: at(3, 0), do: drop, why: "hours"},
		"a reminder that can wait":       {conv: store.Conversation{LastIn: at(1, 0)}, m: channels.Outbound{Class: channels.Nudge, Expires: at(20, 0)}, info: always, now: at(3, 0), do: wait, until: at(18, 30), why: "hours"},

		// the platform's window
		"a minute before it closes":               {conv: store.Conversation{LastIn: yesterday.Add(time.Minute)}, m: push, info: windowed, now: now, do: park, until: store.Held, why: "window"},
		"two minutes before":                      {conv: store.Conversation{LastIn: yesterday.Add(2 * time.Minute)}, m: push, info: windowed, now: now, do: pass},
		"urgent, and it is closed":                {conv: store.Conversation{LastIn: yesterday}, m: channels.Outbound{Class: channels.Urgent}, info: windowed, now: now, do: park, until: store.Held, why: "window"},
		"a template":                              {conv: store.Conversation{LastIn: yesterday}, m: channels.Outbound{Template: &channels.Template{}}, info: windowed, now: now, do: pass},
		"a reminder, and it is closed":            {conv: store.Conversation{LastIn: yesterday}, m: channels.Outbound{Class: channels.Nudge}, info: windowed, now: now, do: drop, why: "window"},
		"a clock that is ahead":                   {conv: store.Conversation{LastIn: at(2, 0)}, info: windowed, now: at(3, 10), ahead: time.Hour, do: pass},
		"ahead, and the answer late all the same": {conv: store.Conversation{LastIn: at(1, 30)}, info: always, now: at(3, 0), ahead: time.Hour, do: wait, until: at(18, 30), why: "hours"},
		"ahead, and news":                         {conv: store.Conversation{LastIn: at(2, 0)}, m: push, info: always, now: at(3, 1), ahead: time.Hour, do: wait, until: at(18, 30), why: "hours"},
		"ahead by a day":                          {conv: store.Conversation{LastIn: yesterday}, info: windowed, now: now, ahead: 24 * time.Hour, do: pass},
		"ahead by an hour, and it is closed":      {conv: store.Conversation{LastIn: yesterday.Add(-time.Hour)}, m: push, info: windowed, now: now, ahead: time.Hour, do: park, until: store.Held, why: "window"},
		"a reminder elsewhere":                    {conv: store.Conversation{LastIn: yesterday}, m: channels.Outbound{Class: channels.Nudge}, info: always, now: now, do: pass},
		"refused for the window before":           {conv: store.Conversation{LastIn: now.Add(-time.Hour)}, m: channels.Outbound{Class: channels.Push, Since: now.Add(-time.Minute)}, info: windowed, now: now, do: park, until: store.Held, why: "window"},
		"refused, and the worker wrote":           {conv: store.Conversation{LastIn: now}, m: channels.Outbound{Class: channels.Push, Since: now.Add(-time.Minute)}, info: windowed, now: now, do: pass},
		"closed, and it is night":                 {conv: store.Conversation{LastIn: yesterday.Add(-9 * time.Hour)}, m: push, info: windowed, now: at(3, 0), do: wait, until: at(18, 30), why: "hours"},
		"closed, and the worker is quiet":         {conv: store.Conversation{LastIn: yesterday}, card: card(cases.Contact{Silent: true}), m: push, info: windowed, now: now, do: wait, until: store.Held, why: "silent"},
	} {
		if m := &test.m; m.To.User == "nobody" {
			m.To.User = ""
		} else {
			m.To.User = "w"
		}
		v := gate(test.conv, test.card, test.m, test.info, test.now, test.ahead)
		if v.do != test.do || v.why != test.why || !v.until.Equal(test.until) {
			t.Errorf("%s: %d until %v (%s), want %d until %v (%s)", name, v.do, v.until, v.why, test.do, test.until, test.why)
		}
	}
}
