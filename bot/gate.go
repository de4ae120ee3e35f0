package bot

import (
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// A verdict says what is to be done with a message at the moment of sending.
type verdict struct {
	do    action
	until time.Time // wait: until then; store.Held: until the worker writes
	why   string    // in one word, for the receipt and the metrics
}

type action int

const (
	pass action = iota
	wait
	park // behind a template that the platform has approved
	drop
)

// fresh is how long an answer counts as one: the worker has the phone in hand.
const fresh = 30 * time.Minute

// gate decides whether m may leave now. It is the one gate: a message born
// claimed passes it like one that waited for days.
//
// When the worker last wrote is told by the platform's clock. Where ours is
// ahead of it, how long ago that was is measured by the platform's as well:
// else every answer would look late, and wait for the worker's free hours.
func gate(c store.Conversation, s flows.Session, m channels.Outbound, info channels.Info, now time.Time, ahead time.Duration) verdict {
	silent := now.Sub(c.LastIn) - ahead
	open := info.Window == 0 || m.Template != nil || silent < info.Window-time.Minute
	switch {
	case m.To.User == "":
		return verdict{do: drop, why: "erased"}
	case !m.Expires.IsZero() && now.After(m.Expires):
		return verdict{do: drop, why: "expired"}
	case c.Gone:
		return verdict{do: wait, until: store.Held, why: "blocked"}
	case !m.Knock.IsZero() && c.LastIn.After(m.Knock):
		return verdict{do: drop, why: "read"} // the worker was here since, and has heard of it
	case m.Leave:
		return verdict{}
	case c.Human() && m.For != "" && m.By == "":
		return verdict{do: wait, until: store.Held, why: "person"} // news, until the bot is back
	case superseded(c, m):
		return verdict{do: drop, why: "superseded"}
	case m.Class == channels.Nudge && !open:
		return verdict{do: drop, why: "window"}
	}
	if v := hours(c, silent, s, m, now); v.do != pass {
		return v
	}
	if !m.Since.IsZero() && !c.LastIn.After(m.Since) || !open {
		return verdict{do: park, until: store.Held, why: "window"}
	}
	return verdict{}
}

// superseded reports whether the bot decided m before a caseworker took the
// conversation over. What a caseworker wrote stands, whoever has it now.
func superseded(c store.Conversation, m channels.Outbound) bool {
	return m.By == "" && m.For == "" && (m.Owner < c.Taken || c.Human() && m.Owner != c.Epoch)
}

// hours keeps news and reminders to the worker's free time, and holds answers
// that come too late to be expected. The worker has been silent for so long by
// the platform's clock. Only answers go by that: a platform's time that is wrong
// itself, as behind a proxy, must not bring news to a worker who has put the
// phone away.
func hours(c store.Conversation, silent time.Duration, s flows.Session, m channels.Outbound, now time.Time) verdict {
	switch m.Class {
	case channels.Urgent:
		return verdict{}
	case channels.Answer:
		if silent < fresh {
			return verdict{}
		}
	}
	if m.Class != channels.Answer && now.Sub(c.LastIn) < 2*time.Minute && !s.Contact.Paused {
		return verdict{} // the worker is writing: nothing waits
	}
	free := s.Contact.Free(now)
	switch {
	case free.IsZero():
		return verdict{do: wait, until: store.Held, why: "silent"}
	case !free.After(now):
		return verdict{}
	case !m.Expires.IsZero() && free.After(m.Expires):
		return verdict{do: drop, why: "hours"}
	}
	return verdict{do: wait, until: free, why: "hours"}
}
