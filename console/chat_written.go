package console

import (
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A line is one thing in a conversation. It is flat, and what its template
// shows of it is made before: a thread has many.
type line struct {
	Kind  string // day, unread, said, sent, event, note
	Us    bool   // sent by the team or the bot
	Her   bool   // said by the worker
	Taps  bool   // and that was a button
	At    time.Time
	Clock string // At, in words
	By    string // who wrote it, in words
	Bot   bool
	Paras []para // Text
	Lang  string
	Text  string
	What  string // what it was where there is no text
	Media []shownMedia
	Opts  []option
	State string // class: sent, delivered, read, failed, held, dropped
	Sign  string // its picture
	Words string // of State
	order int
}

// A shownMedia is an attachment.
type shownMedia struct {
	Src     string // where it is
	Kind    string // voice, image, video, file
	Kept    bool   // downloaded
	Seconds int
	Type    string
}

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

// paras returns the paragraphs of a text: the first message of the bot is in
// several languages.
func paras(text, lang string) (out []para) {
	for _, p := range strings.Split(text, "\n\n") {
		if p != "" {
			out = append(out, para{langOf(p, lang), p})
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

// A lineKey says all that a line depends on.
type lineKey = spelledKey

// key names what the template of a line shows.
func (l line) key(lang string) lineKey {
	b := make(spelled, 0, 512)
	b.words(l.Kind, l.Clock, l.By, l.Text, l.Lang, l.What, l.State, l.Words)
	b.yes(l.Us, l.Her, l.Taps, l.Bot)
	for _, m := range l.Media {
		b.words("media", m.Src, m.Kind, m.Length())
		b.yes(m.Kept)
	}
	for _, o := range l.Opts {
		b.words("option", o.Label, o.Lang)
		b.yes(o.Picked)
	}
	return lineKey{lang, string(b)}
}

// write writes a line of a thread. Most of what was said stays as it is, so it
// is written once for all who read it.
func (c *chatView) write(l line) (template.HTML, error) {
	lang := c.visit.Lang
	return c.visit.lines.find(l.key(lang), c.Now(), func() (template.HTML, error) {
		l.Paras, l.Sign = paras(l.Text, l.Lang), signs[l.State]
		return c.piece("line", l)
	})
}
