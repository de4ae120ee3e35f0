package console

import (
	"cmp"
	"strconv"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// said is what a worker did.
func (c *chatView) said(x store.Exchange, e channels.Event, labels map[string]*option, n *int) line {
	at := e.At
	if at.IsZero() || at.After(x.At) {
		at = x.At
	}
	l := line{Kind: "said", Her: true, At: at, By: c.T("chat.worker"), Lang: cmp.Or(e.Script, c.WorkerLang()), Text: e.Text}
	if e.Raw != "" {
		l.Text = e.Text
	}
	for _, m := range e.Media {
		l.Media = append(l.Media, c.media(x.Place, *n, m.Type, m.Voice, m.Seconds, c.kept[m.Ref]))
		*n++
	}
	switch {
	case e.Choice != "":
		l.Taps = true
		if o := labels[e.Choice]; o != nil {
			o.Picked, l.Text = true, o.Label
		} else if l.Text == "" {
			l.What = c.T("what.button")
		}
	case e.Kind != channels.Said && l.Text == "":
		l.What = c.what(string(e.Kind))
	case e.What != "":
		l.What = c.what(e.What)
	case e.Place != nil:
		l.What = c.what("place")
	case l.Text == "" && len(l.Media) == 0:
		l.What = c.what("kept_back")
	}
	return l
}

// what names what a worker did without words.
func (c *chatView) what(key string) string {
	if hasWord("what." + key) {
		return c.T("what." + key)
	}
	return c.T("what.odd")
}

func (c *chatView) media(place int64, n int, mt string, voice bool, seconds int, kept bool) shownMedia {
	m := shownMedia{Kind: "file", Kept: kept, Seconds: seconds, Type: mt,
		Src: "/c/chat/" + c.ID() + "/file/" + strconv.FormatInt(place, 10) + "." + strconv.Itoa(n)}
	switch {
	case voice || len(mt) > 6 && mt[:6] == "audio/":
		m.Kind = "voice"
	case len(mt) > 6 && mt[:6] == "image/":
		m.Kind = "image"
	case len(mt) > 6 && mt[:6] == "video/":
		m.Kind = "video"
	}
	return m
}

// changed says how a conversation changed hands.
func (c *chatView) changed(x store.Exchange) string {
	who := c.name(x.By)
	switch x.What {
	case store.TookOver:
		return c.T("event.took", "Name", who)
	case store.HandedBack:
		return c.T("event.back", "Name", who)
	case store.AssignedTo:
		if x.To == "" {
			return c.T("event.queue", "Name", who)
		}
		return c.T("event.assigned", "Name", who, "To", c.name(cases.CaseworkerID(x.To)))
	}
	return c.T("event.transferred", "Name", who)
}

// sent is what was written to a worker, with what became of it.
func (c *chatView) sent(x store.Exchange, m channels.Outbound, st store.State, labels map[string]*option, n *int) line {
	l := line{Kind: "sent", Us: true, At: x.At, Lang: c.WorkerLang(), Text: m.Text, Bot: m.By == "", order: 2}
	switch {
	case m.By == "":
		l.By = c.T("chat.bot")
	case m.By == string(c.Me.ID):
		l.By = c.T("chat.you", "Name", c.Me.Name)
	default:
		l.By = c.name(cases.CaseworkerID(m.By))
	}
	if len(m.Choices) > 0 {
		clear(labels)
		l.Opts = make([]option, len(m.Choices))
		for i, o := range m.Choices {
			l.Opts[i].Label, l.Opts[i].Lang = o.Label, langOf(o.Label, l.Lang)
			labels[o.Value] = &l.Opts[i]
		}
	}
	if f := m.File; f != nil {
		l.Media = append(l.Media, c.media(x.Place, *n, f.Type, f.Voice, f.Seconds, true))
		*n++
	}
	switch {
	case len(m.Delete) > 0:
		l.Kind, l.Us, l.Text = "event", false, c.T("event.deleted")
		return l
	case m.Leave:
		l.Kind, l.Us, l.Text = "event", false, c.T("event.left")
		return l
	}
	l.State, l.Words = c.state(m, st)
	return l
}

// signs are the pictures of what became of a message.
var signs = map[string]string{"failed": "fail", "held": "clock", "dropped": "x", "sent": "tick", "delivered": "ticks", "read": "ticks"}

// state says what became of a message, in words.
func (c *chatView) state(m channels.Outbound, st store.State) (class, words string) {
	at := ""
	if !st.At.IsZero() {
		at = " " + c.Clock(st.At)
	}
	switch st.State {
	case "":
		return "held", c.waits(m, st)
	case store.SentState, string(channels.Accepted):
		if !c.Info.Receipts {
			return "sent", c.T("state.sent") + at
		}
		return "sent", c.T("state.sent_not_yet") + at
	case string(channels.Delivered):
		return "delivered", c.T("state.delivered") + at
	case string(channels.Read):
		return "read", c.T("state.read") + at
	case store.MaybeTwice:
		return "sent", c.T("state.twice") + at
	case store.Superseded:
		return "dropped", c.T("state.superseded")
	case store.DroppedState:
		return "dropped", c.T("state.dropped") + c.why(st.Reason)
	}
	return "failed", c.T("state.failed") + c.why(st.Reason)
}

// why is a reason in words.
func (c *chatView) why(reason string) string {
	if reason == "" || !hasWord("reason."+reason) {
		return ""
	}
	return ": " + c.T("reason."+reason)
}

// waits says what a message waits for.
func (c *chatView) waits(m channels.Outbound, st store.State) string {
	switch {
	case c.Gone:
		return c.T("state.waits_gone")
	case !st.Knock.IsZero():
		return c.T("state.waits_knock", "Time", c.Time(st.Knock))
	case c.Closed():
		return c.T("state.waits_window")
	case m.Class == channels.Push:
		return c.T("state.waits_hours")
	}
	return c.T("state.waits")
}
