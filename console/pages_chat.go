package console

import (
	"cmp"
	"crypto/rand"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/chat/{id}", staff, func(v *visit) error { return v.desk(v.R.PathValue("id")) })
	serve("GET /c/chat/{id}/thread", staff, part("thread", (*chatView).talk))
	serve("GET /c/chat/{id}/strip", staff, part("strip"))
	serve("GET /c/chat/{id}/here", staff, part("here"))
}

// part shows a piece of a conversation by itself, with what it reads besides.
func part(name string, reads ...func(*chatView) error) func(*visit) error {
	return func(v *visit) error {
		c, err := v.chat(v.R.PathValue("id"))
		if err != nil {
			return err
		}
		for _, read := range reads {
			if err := read(c); err != nil {
				return err
			}
		}
		return v.Show(name, c)
	}
}

// perThread is how many exchanges are shown at a time: a whole report.
const perThread = 40

// A chatView is a conversation as the page shows it.
type chatView struct {
	*visit
	chatRow
	Info   channels.Info
	Lines  template.HTML // one after the other
	Before int64         // where the page before it begins; zero: there is none
	New    int64         // the place from which nothing had been read when the page was opened; zero: all had
	Others []presence
	Draft  store.Draft
	Holder string // name of who has it
	Card   cases.Contact
	sess   flows.Session
	names  map[cases.CaseworkerID]string
	kept   map[string]bool
}

// T returns words in the language of the page.
func (c *chatView) T(key string, values ...any) string { return c.visit.T(key, values...) }

// Platform is the kind of channel.
func (c *chatView) Platform() channels.Platform { return c.Info.Platform }

// ID of the conversation, which both parts of a chatView have.
func (c *chatView) ID() string { return c.Row.ID }

// chat reads who has a conversation and who looks at it, and nothing of what
// was said: see talk and desk.
func (v *visit) chat(id string) (*chatView, error) {
	row, err := v.Store.ChatRow(v.Ctx(), v.By(), id)
	if err != nil {
		return nil, err
	}
	c := &chatView{visit: v, chatRow: chatRow{Row: row, v: v}, Info: v.info(row.With.Channel), names: map[cases.CaseworkerID]string{}}
	if row.Human() {
		c.Holder = c.name(cases.CaseworkerID(row.Owner))
	}
	c.Others = v.live.others(row.ID, v.Me, v.Now())
	return c, nil
}

// talk reads what was said, and what the team noted.
func (c *chatView) talk() error {
	ctx, by := c.Ctx(), c.visit.By()
	before, err := strconv.ParseInt(c.R.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	page, err := c.Store.ChatLog(ctx, by, c.ID(), before, perThread)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	notes, err := c.Store.Notes(ctx, by, c.ID(), 0, 200)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	if err := c.keep(page); err != nil {
		return err
	}
	c.Before = page.Before
	c.New = c.unread(page)
	return c.lines(page, notes, before)
}

// desk reads what only the whole page shows: the draft, and how the worker may
// be reached.
func (c *chatView) desk() (err error) {
	if c.Draft, err = c.Store.Draft(c.Ctx(), c.visit.By(), c.ID()); err != nil {
		return err
	}
	if _, c.sess, err = c.Store.Chat(c.Ctx(), c.visit.By(), c.ID()); err != nil {
		return err
	}
	c.Card = c.sess.Contact
	return nil
}

// keep finds out what of the attachments is there.
func (c *chatView) keep(p store.Page) (err error) {
	var refs []string
	for _, x := range p.Exchanges {
		for _, e := range x.Said {
			for _, m := range e.Media {
				refs = append(refs, m.Ref)
			}
		}
	}
	if len(refs) == 0 {
		return nil
	}
	c.kept, err = c.Store.ChatKept(c.Ctx(), c.visit.By(), c.ID(), refs)
	return err
}

// unread returns the place from which nobody of the team has read: what a page
// that is open already says, else as many of the worker's words from the end as
// are unread.
func (c *chatView) unread(p store.Page) int64 {
	if n, err := strconv.ParseInt(c.R.URL.Query().Get("new"), 10, 64); err == nil {
		return n
	}
	left := c.Unread
	for i := len(p.Exchanges) - 1; i >= 0 && left > 0; i-- {
		if left -= len(p.Exchanges[i].Said); left <= 0 {
			return p.Exchanges[i].Place
		}
	}
	return 0
}

// first is when what the worker did in an exchange began.
func first(x store.Exchange) time.Time {
	at := x.At
	for _, e := range x.Said {
		if !e.At.IsZero() && e.At.Before(at) {
			at = e.At
		}
	}
	return at
}

// name is what a colleague is called.
func (c *chatView) name(id cases.CaseworkerID) string {
	if n, ok := c.names[id]; ok {
		return n
	}
	n := c.T("chat.somebody")
	if p, err := c.Store.Person(c.Ctx(), c.visit.By(), id); err == nil && p.Name != "" {
		n = p.Name
	}
	c.names[id] = n
	return n
}

// lines puts what was said, done and noted in its order, with the days.
func (c *chatView) lines(p store.Page, notes []store.Note, before int64) error {
	out := make([]line, 0, 2*len(p.Exchanges)+len(notes)+8) // a line is large
	labels := map[string]*option{}                          // of what was last offered, by value
	for _, x := range p.Exchanges {
		n := 0
		if c.New > 0 && x.Place == c.New {
			out = append(out, line{Kind: "unread", At: first(x), Text: c.T("chat.unread")})
		}
		for _, e := range x.Said {
			out = append(out, c.said(x, e, labels, &n))
		}
		if x.What != "" {
			out = append(out, line{Kind: "event", At: x.At, Text: c.changed(x), order: 1})
		}
		for _, m := range x.Sent {
			out = append(out, c.sent(x, m, p.States[m.Key], labels, &n))
		}
	}
	var begins time.Time
	if len(p.Exchanges) > 0 {
		begins = p.Exchanges[0].At
	}
	for _, n := range notes {
		if (p.Before > 0 && n.At.Before(begins)) || (before > 0 && len(out) > 0 && n.At.After(out[len(out)-1].At)) {
			continue
		}
		out = append(out, line{Kind: "note", At: n.At, By: c.T("chat.note_by", "Name", c.name(n.By)), Text: n.Text, Lang: c.visit.Lang})
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return c.thread(out)
}

// thread writes lines, with the days.
func (c *chatView) thread(list []line) error {
	pieces := make([]string, 0, len(list)+8)
	write := func(l line) error {
		h, err := c.write(l)
		pieces = append(pieces, string(h))
		return err
	}
	zone, last := c.zone(), [3]int{}
	for _, l := range list {
		y, m, d := l.At.In(zone).Date()
		if day := [3]int{y, int(m), d}; day != last {
			last = day
			if err := write(line{Kind: "day", Text: c.Texts.Day(c.visit.Lang, l.At, zone)}); err != nil {
				return err
			}
		}
		l.Clock = c.Clock(l.At)
		if err := write(l); err != nil {
			return err
		}
	}
	c.Lines = template.HTML(strings.Join(pieces, "")) //nolint:gosec // what templates have escaped
	return nil
}

// LastSaid is when the worker last did something, in words.
func (c *chatView) LastSaid() string {
	switch ago := c.Now().Sub(c.LastIn); {
	case c.LastIn.IsZero():
		return ""
	case ago < time.Minute:
		return c.T("strip.just")
	default:
		return c.T("strip.last", "Span", c.Span(ago))
	}
}

// WorkerLang is the language in which the worker is written to.
func (c *chatView) WorkerLang() string { return cmp.Or(c.Row.Lang, "en") }

// Window is how long the platform still takes free text; zero: it has closed,
// or never does.
func (c *chatView) Window() time.Duration {
	if c.Info.Window == 0 {
		return 0
	}
	return max(c.LastIn.Add(c.Info.Window).Sub(c.Now()), 0)
}

// Closed reports whether the platform's window is closed.
func (c *chatView) Closed() bool { return c.Info.Window > 0 && c.Window() == 0 }

// Outlook says when what is written now goes out, if not at once.
func (c *chatView) Outlook() string {
	return c.outlook(c.Engine.Outlook(c.Conversation, c.sess, false))
}

// Hours says when the worker may be written to.
func (c *chatView) Hours() string {
	switch {
	case c.Card.Silent:
		return c.T("safe.silent")
	case c.Card.Paused:
		return c.T("safe.paused")
	case len(c.Card.Times) == 0:
		return c.T("safe.careful")
	}
	var out []string
	for _, t := range c.Card.Times {
		out = append(out, c.T("time."+t))
	}
	return c.Texts.List(c.visit.Lang, out)
}

// Key is what the page sends a message with, so that it goes once.
func (c *chatView) Key() string { return rand.Text() }
