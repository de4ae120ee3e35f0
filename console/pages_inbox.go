package console

import (
	"context"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

func init() {
	serve("GET /c/{$}", staff, func(v *visit) error { return v.desk("") })
	serve("GET /c/chats", staff, chatList)
	railItem(item{Key: "inbox", Href: "/c/", Icon: "inbox", Order: 10, Who: staff, Count: func(v *visit) (string, bool) {
		return digits(v.pressing().Queue), false
	}})
}

// counts returns the numbers of the boxes: none where they cannot be read, so
// that a page is shown all the same. They are read once a page.
func (v *visit) counts() store.Counts {
	if v.counted != nil {
		return *v.counted
	}
	c, err := v.Store.ChatCounts(v.Ctx(), v.By())
	if err != nil && v.Ctx().Err() == nil { // else whoever asked has gone
		v.Log.Error("console: conversations cannot be counted", "err", err)
	}
	v.counted = &c
	return c
}

// boxes in the order of their tabs.
var boxes = []store.Box{store.Mine, store.InQueue, store.Urgent, store.Overdue, store.All}

// A listed is a list of conversations, with what narrows it.
type listed struct {
	*visit
	Box      store.Box
	Filter   store.Filter
	Counts   store.Counts
	Tabs     []tab
	Rows     template.HTML
	Held     template.HTML // in the first box: those that the person has, above those that wait
	More     string        // address of what follows
	Open     string        // the conversation shown beside it
	Query    template.URL  // to hand on: what url.Values encodes
	Channels []channels.ID
	Narrowed bool
	Damaged  bool
}

// A tab leads to a box.
type tab struct {
	Name string
	Href string
	N    string
	Hot  bool
	Here bool
}

// A chatRow is a conversation with the words for it.
type chatRow struct {
	store.Row
	v *visit
}

// A conv is a conversation as its row in the list shows it. It is made before
// the template runs, and flat: a list shows many, and a template finds a field
// much sooner than it calls a method or looks into what is embedded.
type conv struct {
	Href      template.URL // what the store names conversations by, and what url.Values encodes
	Who, Mark string       // Mark: the first letters of what tells it from others
	Alias     string       // what staff call the worker: many may have one case
	When      string
	Says      string // the beginning of what was last said, in words
	SaysLang  string
	Back      bool // the team said it
	Unread    int
	Level     string // class of the severity's mark, or ""
	LevelName string
	Left      string // how long there is to answer in, or since when that is over
	Gone      bool
	Report    bool // nobody has taken up what its worker has reported
	Mine      bool
	Human     bool // a colleague has it
	App, Lang string
	Here      bool // it is the one shown beside the list
}

// A convKey says all that the row of a conversation depends on.
type convKey struct {
	lang string
	conv
}

// row writes the row of a conversation. Most of a list is as it was when
// somebody last looked, and to carry out the template takes ten times as long
// as to find what it gave.
func (v *visit) row(c conv) (template.HTML, error) {
	return v.rows.find(convKey{v.Lang, c}, v.Now(), func() (template.HTML, error) { return v.piece("conv", c) })
}

// conv makes the row of a conversation. keep is what narrows the list.
func (v *visit) conv(row store.Row, open string, keep template.URL) conv {
	r := chatRow{row, v}
	c := conv{Href: "/c/chat/" + template.URL(url.PathEscape(row.ID)) + "?" + keep, Who: r.Who(), When: r.Wait(), Says: r.Says(), SaysLang: r.SaysLang(), //nolint:gosec // escaped
		Back: row.Line.By != "", Unread: row.Unread, Level: Sev(row.Level), Left: r.Left(), Gone: row.Gone, Report: row.Unheard, Mine: r.Mine(), Human: row.Human(),
		App: v.T("platform." + string(r.Platform())), Here: row.ID == open}
	mark := []rune(c.Who)
	if c.Alias = r.Alias(); c.Alias != "" {
		mark = []rune(fourDigits(row.Worker))
	}
	c.Mark = string(mark[:min(2, len(mark))])
	if c.Level != "" {
		c.LevelName = v.T("sev." + c.Level)
	}
	if row.Lang != "" {
		c.Lang = v.T("lang." + row.Lang)
	}
	return c
}

// T returns words in the language of the page.
func (r chatRow) T(key string, values ...any) string { return r.v.T(key, values...) }

// Platform is the kind of channel.
func (r chatRow) Platform() channels.Platform { return r.v.info(r.With.Channel).Platform }

// Who is how the team calls a worker: never by name.
func (r chatRow) Who() string { return called(r.v, r.Row) }

func called(v *visit, r store.Row) string {
	if r.Ref != "" {
		return r.Ref
	}
	return v.T("chat.no_case") + " " + cases.RefOf(cases.ID(r.ID))[:3]
}

// Alias is what staff call the worker on the pages of the case; "" before there
// is a case, when the conversation is all there is to tell apart.
func (r chatRow) Alias() string {
	if r.Ref == "" || r.Worker == "" {
		return ""
	}
	return r.v.masked(r.Worker)
}

// Wait is since when somebody waits, or when something was last said.
func (r chatRow) Wait() string {
	switch {
	case !r.Since.IsZero() && r.Owner != "":
		return r.v.Since(r.Since)
	case !r.Line.At.IsZero():
		return r.v.Since(r.Line.At)
	}
	return ""
}

// Mine reports whether the person has it.
func (r chatRow) Mine() bool { return r.Owner == string(r.v.Me.ID) }

// Left is how long there is to answer in, or since when that is over.
func (r chatRow) Left() string {
	if r.Due.IsZero() {
		return ""
	}
	d := r.Due.Sub(r.v.Now())
	switch {
	case d > 24*time.Hour:
		return ""
	case d > 0:
		return r.v.T("chat.left", "Span", r.v.Span(d))
	}
	return r.v.T("chat.late", "Span", r.v.Span(-d))
}

// Late reports whether a promise is broken.
func (r chatRow) Late() bool { return !r.Due.IsZero() && r.Due.Before(r.v.Now()) }

// Says is the beginning of what was last said, in words.
func (r chatRow) Says() string {
	l := r.Line
	if l.Text != "" {
		return l.Text
	}
	if l.What != "" && hasWord("what."+l.What) {
		return r.v.T("what." + l.What)
	}
	switch {
	case l.Choice != "":
		return r.v.T("what.button")
	case l.By != "":
		return r.v.T("what.file")
	}
	return ""
}

// SaysLang is the language of Says.
func (r chatRow) SaysLang() string {
	if r.Line.Text != "" && r.Lang != "" {
		return r.Lang
	}
	return r.v.Lang
}

// Platform is the kind of a channel.
func (v *visit) Platform(id channels.ID) channels.Platform { return v.info(id).Platform }

// info returns what a channel can carry.
func (v *visit) info(id channels.ID) channels.Info {
	for _, i := range v.Channels {
		if i.ID == id {
			return i
		}
	}
	return channels.Info{ID: id, Platform: channels.Platform(id), Text: channels.Limit{N: 4096}}
}

// Sev is the class of a severity's mark: s0 to s4.
func Sev(s cases.Severity) string {
	if s == cases.Unjudged {
		return ""
	}
	return strings.ToLower(s.String())
}

// perList is how many conversations a list shows at a time: twice what a high
// screen has room for.
const perList = 25

// list reads the box that the address asks for.
func (v *visit) list(ctx context.Context, open string) (listed, error) {
	q := v.R.URL.Query()
	l := listed{visit: v, Box: store.Box(q.Get("box")), Open: open}
	if !slices.Contains(boxes, l.Box) {
		l.Box = store.InQueue
	}
	if o := q.Get("open"); o != "" {
		l.Open = o
	}
	l.Filter = store.Filter{Lang: q.Get("lang"), Channel: channels.ID(q.Get("channel"))}
	if n, err := strconv.Atoi(q.Get("worst")); err == nil && n >= 1 && n <= 5 {
		l.Filter.Worst = cases.Severity(n)
	}
	l.Counts = v.counts()
	l.Narrowed = l.Filter != store.Filter{}
	var after store.Cursor
	if n, err := strconv.ParseInt(q.Get("score"), 10, 64); err == nil {
		after = store.Cursor{Score: n, Kind: "session", ID: q.Get("after")}
	}
	rows, next, err := v.Store.Chats(ctx, v.By(), l.Box, l.Filter, after, perList)
	if err != nil && rows == nil {
		return l, err
	}
	if err != nil {
		v.Log.Error("console: some conversations are damaged", "err", err)
		l.Damaged = true
	}
	l.link(q, next)
	if l.Rows, err = v.rowsOf(rows, l); err != nil {
		return l, err
	}
	if l.Box == store.InQueue && after == (store.Cursor{}) && l.Counts.Mine > 0 {
		mine, _, err := v.Store.Chats(ctx, v.By(), store.Mine, l.Filter, store.Cursor{}, perList)
		if err != nil && mine == nil {
			return l, err
		}
		if l.Held, err = v.rowsOf(mine, l); err != nil {
			return l, err
		}
	}
	return l, nil
}

// rowsOf writes rows one after the other, as one piece: a template looks at
// every piece that it is given.
func (v *visit) rowsOf(rs []store.Row, l listed) (template.HTML, error) {
	pieces := make([]string, len(rs))
	for i, r := range rs {
		h, err := v.row(v.conv(r, l.Open, l.Query))
		if err != nil {
			return "", err
		}
		pieces[i] = string(h)
	}
	return template.HTML(strings.Join(pieces, "")), nil //nolint:gosec // what templates have escaped
}

// link fills in where the list leads to.
func (l *listed) link(q url.Values, next store.Cursor) {
	keep := url.Values{"box": {string(l.Box)}}
	for _, k := range []string{"lang", "channel", "worst"} {
		if x := q.Get(k); x != "" {
			keep.Set(k, x)
		}
	}
	l.Query = template.URL(keep.Encode()) //nolint:gosec // encoded
	if next != (store.Cursor{}) {
		keep.Set("score", strconv.FormatInt(next.Score, 10))
		keep.Set("after", next.ID)
		l.More = "/c/?" + keep.Encode()
	}
	for _, b := range boxes {
		l.Tabs = append(l.Tabs, l.tab(b))
	}
	for _, i := range l.visit.Channels {
		l.Channels = append(l.Channels, i.ID)
	}
}

func (l *listed) tab(b store.Box) tab {
	t := tab{Name: l.T("box." + string(b)), Href: "/c/?box=" + string(b), Here: b == l.Box}
	switch b {
	case store.Mine:
		t.N = digits(l.Counts.Mine)
	case store.InQueue:
		t.N = digits(l.Counts.Queue)
		t.Href = "/c/"
	case store.Urgent:
		t.N, t.Hot = digits(l.Counts.Urgent), true
	case store.Overdue:
		t.N = orMore(int64(l.Counts.Overdue))
	case store.All:
		t.N = digits(l.Counts.All)
	}
	return t
}

// chatList is the list by itself.
func chatList(v *visit) error {
	l, err := v.list(v.Ctx(), "")
	if err != nil {
		return err
	}
	return v.Show("chats", l)
}

// A deskPage is the inbox, with a conversation or without.
type deskPage struct {
	*visit
	List listed
	Chat *chatView
}

// desk shows the inbox, and a conversation if one is open.
func (v *visit) desk(id string) error {
	l, err := v.list(v.Ctx(), id)
	if err != nil {
		return err
	}
	p := deskPage{visit: v, List: l}
	v.Area, v.Title = "inbox", v.T("rail.inbox")
	if id != "" {
		if p.Chat, err = v.chat(id); err != nil {
			return err
		}
		if err := p.Chat.talk(); err != nil {
			return err
		}
		if err := p.Chat.desk(); err != nil {
			return err
		}
		v.Title = strings.TrimSuffix(p.Chat.Who()+" · "+p.Chat.Alias(), " · ")
	}
	return v.Show("desk", p)
}
