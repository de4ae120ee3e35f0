package console

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/chat/{id}", staff, func(v *visit) error { return v.desk(v.R.PathValue("id")) })
	serve("GET /c/chat/{id}/thread", staff, part("thread"))
	serve("GET /c/chat/{id}/strip", staff, part("strip"))
	serve("GET /c/chat/{id}/here", staff, part("here"))
}

// part shows a piece of a conversation by itself.
func part(name string) func(*visit) error {
	return func(v *visit) error {
		c, err := v.chat(v.R.PathValue("id"))
		if err != nil {
			return err
		}
		return v.Show(name, c)
	}
}

// perThread is how many exchanges are shown at a time.
const perThread = 40

// A chatView is a conversation as the page shows it.
type chatView struct {
	*visit
	chatRow
	Info   channels.Info
	Lines  []line
	Before int64 // where the page before it begins; zero: there is none
	New    int64 // the place from which nothing had been read when the page was opened; zero: all had
	Others []presence
	Draft  store.Draft
	Holder string // name of who has it
	Card   cases.Contact
	sess   flows.Session
	names  map[cases.CaseworkerID]string
	kept   map[string]bool
}

// A line is one thing in a conversation.
type line struct {
	Kind  string // day, said, sent, event, note
	At    time.Time
	By    string // who wrote it, in words
	Mine  bool   // the person wrote it
	Bot   bool
	Lang  string
	Text  string
	What  string // what it was where there is no text
	Media []shownMedia
	Opts  []option
	State string // class: sent, delivered, read, failed, held
	Words string // of State
	Push  bool
	order int
}

// A shownMedia is an attachment.
type shownMedia struct {
	Src     string // where it is
	Kind    string // voice, image, video, file
	Kept    bool   // downloaded
	Seconds int
	Type    string
	v       *visit
}

// T returns words in the language of the page.
func (m shownMedia) T(key string) string { return m.v.T(key) }

// Length writes the length of a recording.
func (m shownMedia) Length() string {
	if m.Seconds <= 0 {
		return ""
	}
	return strconv.Itoa(m.Seconds/60) + ":" + strconv.Itoa(100 + m.Seconds%60)[1:]
}

// An option is a button that a worker was offered.
type option struct {
	Label, Lang string
	Picked      bool
}

// A para is a paragraph in one language.
type para struct{ Lang, Text string }

// Paras returns the paragraphs of l: the first message of the bot is in several
// languages.
func (l line) Paras() (out []para) {
	for _, p := range strings.Split(l.Text, "\n\n") {
		if p != "" {
			out = append(out, para{langOf(p, l.Lang), p})
		}
	}
	return out
}

// scripts are those that one of our languages alone is written in.
var scripts = []struct {
	lang  string
	table *unicode.RangeTable
}{{"my", unicode.Myanmar}, {"km", unicode.Khmer}, {"ne", unicode.Devanagari}, {"th", unicode.Thai}}

// langOf returns the language of a text where its script tells, else lang.
func langOf(text, lang string) string {
	latin := false
	for _, r := range text {
		for _, s := range scripts {
			if unicode.Is(s.table, r) {
				return s.lang
			}
		}
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	if latin {
		return "en"
	}
	return lang
}

// T returns words in the language of the page.
func (c *chatView) T(key string, values ...any) string { return c.visit.T(key, values...) }

// Platform is the kind of channel.
func (c *chatView) Platform() channels.Platform { return c.Info.Platform }

// ID of the conversation, which both parts of a chatView have.
func (c *chatView) ID() string { return c.Row.ID }

// chat reads a conversation.
func (v *visit) chat(id string) (*chatView, error) {
	row, err := v.Store.ChatRow(v.Ctx(), v.By(), id)
	if err != nil {
		return nil, err
	}
	c := &chatView{visit: v, chatRow: chatRow{Row: row, v: v}, Info: v.info(row.With.Channel), names: map[cases.CaseworkerID]string{}}
	before, err := strconv.ParseInt(v.R.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	page, err := v.Store.ChatLog(v.Ctx(), v.By(), row.ID, before, perThread)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	notes, err := v.Store.Notes(v.Ctx(), v.By(), row.ID, 0, 200)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	if err := c.keep(page); err != nil {
		return nil, err
	}
	c.Before = page.Before
	c.New = c.unread(page)
	c.lines(page, notes, before)
	if c.Draft, err = v.Store.Draft(v.Ctx(), v.By(), row.ID); err != nil {
		return nil, err
	}
	if _, c.sess, err = v.Store.Chat(v.Ctx(), v.By(), row.ID); err != nil {
		return nil, err
	}
	c.Card = c.sess.Contact
	if row.Human() {
		c.Holder = c.name(cases.CaseworkerID(row.Owner))
	}
	c.Others = v.live.others(row.ID, v.Me, v.Now())
	return c, nil
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
func (c *chatView) lines(p store.Page, notes []store.Note, before int64) {
	var out []line
	labels := map[string]*option{} // of what was last offered, by value
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
		out = append(out, line{Kind: "note", At: n.At, By: c.name(n.By), Mine: n.By == c.Me.ID, Text: n.Text})
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	day := ""
	for _, l := range out {
		if d := c.Texts.Day(c.visit.Lang, l.At, c.zone()); d != day {
			day = d
			c.Lines = append(c.Lines, line{Kind: "day", Text: d})
		}
		c.Lines = append(c.Lines, l)
	}
}

// WorkerLang is the language in which the worker is written to.
func (c *chatView) WorkerLang() string { return cmp.Or(c.Row.Lang, "en") }

// said is what a worker did.
func (c *chatView) said(x store.Exchange, e channels.Event, labels map[string]*option, n *int) line {
	at := e.At
	if at.IsZero() || at.After(x.At) {
		at = x.At
	}
	l := line{Kind: "said", At: at, By: c.T("chat.worker"), Lang: cmp.Or(e.Script, c.WorkerLang()), Text: e.Text}
	if e.Raw != "" {
		l.Text = e.Text
	}
	for _, m := range e.Media {
		l.Media = append(l.Media, c.media(x.Place, *n, m.Type, m.Voice, m.Seconds, c.kept[m.Ref]))
		*n++
	}
	switch {
	case e.Choice != "":
		l.Kind = "pressed"
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
	m := shownMedia{Kind: "file", Kept: kept, Seconds: seconds, Type: mt, v: c.visit,
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
	l := line{Kind: "sent", At: x.At, Lang: c.WorkerLang(), Text: m.Text, Bot: m.By == "", Push: m.Class == channels.Push, order: 2}
	switch {
	case m.By == "":
		l.By = c.T("chat.bot")
	case m.By == string(c.Me.ID):
		l.By, l.Mine = c.T("chat.you", "Name", c.Me.Name), true
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
		l.Kind, l.Text = "event", c.T("event.deleted")
		return l
	case m.Leave:
		l.Kind, l.Text = "event", c.T("event.left")
		return l
	}
	l.State, l.Words = c.state(m, st)
	return l
}

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
		if !c.Info.Receipts && c.Info.Platform != channels.Web {
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

// WindowShare is how much of the window is left, in percent.
func (c *chatView) WindowShare() int {
	if c.Info.Window == 0 {
		return 100
	}
	return int(100 * c.Window() / c.Info.Window)
}

// HerClock is the time of day where the worker works.
func (c *chatView) HerClock() string {
	return c.Texts.Clock(c.visit.Lang, c.Now(), cases.Zone(c.Country))
}

// MyClock is the time of day of the person.
func (c *chatView) MyClock() string { return c.Clock(c.Now()) }

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
