package console

import (
	"workervoice/cases"
	"workervoice/store"
)

// A stripWords is the strip of a conversation in words: who speaks to the worker
// now, and what the person can do about it.
type stripWords struct {
	ID             string
	Epoch          int64
	Strip          string // its class
	Me             cases.CaseworkerID
	Supervises     bool
	Holder, Step   string
	Silent, Resume string
	Window, Left   string // Window: of which app; "" if it has none
	Closed         bool
	Share          int // of the window that is left, in percent
	Hers, Mine     string
}

// InWords is the strip.
func (c *chatView) InWords() stripWords {
	w := stripWords{ID: c.ID(), Epoch: c.Epoch, Strip: c.Strip(), Me: c.Me.ID, Supervises: c.Supervises(),
		Hers: c.Texts.Clock(c.visit.Lang, c.Now(), cases.Zone(c.Country)), Mine: c.Clock(c.Now())}
	switch w.Strip {
	case "me":
		w.Silent, w.Resume = c.T("strip.silent", "Time", c.Time(c.Held)), c.T("strip.resume_any")
		if c.Step > 0 {
			w.Step, w.Resume = c.T("strip.paused", "N", c.Step, "Of", c.Steps), c.T("strip.resume", "N", c.Step)
		}
	case "other":
		w.Holder, w.Silent = c.T("strip.other", "Name", c.Holder), c.T("strip.silent", "Time", c.Time(c.Held))
	case "wait":
		w.Holder = c.T("strip.wait", "Span", c.Wait())
		switch {
		case c.Late():
			w.Step = c.T("strip.overdue", "Time", c.Time(c.Due))
		case !c.Due.IsZero():
			w.Step = c.T("strip.promised", "Time", c.Time(c.Due))
		}
	case "bot":
		if w.Holder, w.Step = c.T("strip.bot"), c.LastSaid(); c.Step > 0 {
			w.Holder = c.T("strip.asks", "N", c.Step, "Of", c.Steps)
		}
	}
	if c.Info.Window > 0 {
		w.Window = c.T("strip.window", "App", c.T("platform."+string(c.Info.Platform)))
		if w.Closed = c.Closed(); !w.Closed {
			w.Share, w.Left = int(100*c.Window()/c.Info.Window), c.T("chat.left", "Span", c.Span(c.Window()))
		}
	}
	return w
}

// Strip is the class of the strip: who speaks to the worker now.
func (c *chatView) Strip() string {
	switch {
	case c.Gone:
		return "stop"
	case c.chatRow.Mine():
		return "me"
	case c.Human():
		return "other"
	case c.Owner == store.Queued:
		return "wait"
	}
	return "bot"
}
