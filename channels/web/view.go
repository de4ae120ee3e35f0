package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"workervoice/channels"
)

// A view is what the templates show.
type view struct {
	words
	Name    string
	First   bool // nothing was said: the page itself asks which language
	Lines   []lineView
	Choices []choiceView
	Duo     bool // choices in two columns
	Version string

	Nonce  string
	Draft  string // words that were not sent
	Retry  string // the choice that was not sent
	Notice string // key of a sentence about what went wrong
	Down   bool   // the Book cannot be read
	Saved  bool   // a private link was opened: it says so
	Link   string // the private link, on the page that shows it
}

// words are those of the page, in the language spoken.
type words struct {
	a    *Adapter
	Lang string
}

// T returns words of the page in its language.
func (w words) T(key string) string { return w.a.Texts(w.Lang, key) }

// In returns words of the page in another language.
func (w words) In(lang, key string) string { return w.a.Texts(lang, key) }

// NameLang is the language to mark the public name with.
func (v view) NameLang() string { return langOf(v.Name, v.Lang) }

// Script is the address of the page's script.
func (v view) Script() template.URL { return template.URL(assets["chat.js"].href) }

// MaxFile is how many bytes an attachment may have.
func (v view) MaxFile() int { return MaxFile }

type lineView struct {
	Name  string // the same for the same content
	Mine  bool
	Label bool
	Lang  string
	Parts []part
	Stamp string // the time, where a while has passed since the line before
	File  *fileView
	W     words
}

// A part is a piece of a text; with Link it can be followed.
type part struct {
	Text string
	Link string
}

type fileView struct {
	Path   string
	Kind   string // image, audio or file
	Length string // 0:16
}

type choiceView struct {
	Value  string
	Label  string
	Emoji  string
	Groups []string // the label's words, each kept on one line where it fits
	Desc   string
	Lang   string
	First  bool // the likely one
}

// pause is the silence after which a line shows its time.
const pause = 30 * time.Minute

// view returns what p looks like.
func (a *Adapter) view(p Page) view {
	v := view{words: words{a, p.Lang}, Name: a.Name}
	if !a.speaks(v.Lang) {
		v.Lang = a.anyLang()
	}
	var last time.Time
	for _, l := range p.Lines {
		lv := lineView{Mine: l.Mine, Label: l.Label, Lang: langOf(l.Text, v.Lang), Parts: parts(l.Text), File: fileOf(l.File), W: v.words}
		if l.At.Sub(last) > pause {
			lv.Stamp = l.At.UTC().Format(time.RFC3339)
		}
		last = l.At
		lv.Name = digest(l.ID, l.Text, fmt.Sprint(l.Mine, l.Label, l.File, lv.Lang), lv.Stamp)
		v.Lines = append(v.Lines, lv)
	}
	for _, c := range p.Choices {
		v.Choices = append(v.Choices, choiceOf(c, v.Lang))
	}
	v.Duo = duo(v.Choices)
	if p.Version != "" {
		v.Version = digest(p.Version)
	}
	return v
}

// digest returns a short name for what its arguments say.
func digest(of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	return "l" + hex.EncodeToString(sum[:8])
}

// hello makes v the first page: the question of the language, asked by the
// page itself, so that nothing is stored for whoever only looks. The language
// that the worker most likely reads comes first.
func (v *view) hello() {
	v.First = true
	for _, l := range v.a.Languages {
		c := choiceOf(channels.Choice{Label: v.a.Texts(l, "language."+l), Desc: v.a.Texts(l, "lang.choose"), Value: "language:" + l}, l)
		if c.Lang = l; l == v.Lang {
			c.First = true
			v.Choices = append([]choiceView{c}, v.Choices...)
			continue
		}
		v.Choices = append(v.Choices, c)
	}
}

func choiceOf(c channels.Choice, lang string) choiceView {
	emoji, label := splitEmoji(c.Label)
	return choiceView{Value: c.Value, Label: c.Label, Emoji: emoji, Groups: strings.Fields(label), Desc: c.Desc, Lang: langOf(label, lang)}
}

// splitEmoji takes the picture in front of a label off it.
func splitEmoji(s string) (emoji, rest string) {
	it := graphemes.FromString(s)
	if !it.Next() {
		return "", s
	}
	g := it.Value()
	r, _ := utf8.DecodeRuneInString(g)
	rest = strings.TrimSpace(s[len(g):])
	if rest == "" || !unicode.Is(unicode.So, r) && !strings.ContainsRune(g, '\uFE0F') && r < 0x1F000 {
		return "", s
	}
	return g, rest
}

// duo reports whether choices stand in two columns on a narrow phone: where
// all their words fit into one half, or where one column would be too long and
// a word may be broken, which browsers do between syllables.
func duo(cs []choiceView) bool {
	long := 0
	for _, c := range cs {
		if c.Desc != "" || (channels.Limit{Unit: channels.Graphemes}).Count(strings.Join(c.Groups, " ")) > 18 {
			return false
		}
		room := 10.0
		if c.Emoji != "" {
			room = 7.5
		}
		for _, g := range c.Groups {
			if width(g) > room {
				long++
				break
			}
		}
	}
	return len(cs) > 1 && (long == 0 || len(cs) > 5)
}

// width estimates how wide a word is, in Burmese letters, from what was
// measured in Noto Sans: marks above and below take no room, nor do letters
// that are stacked under others.
func width(s string) (w float64) {
	stacked := false
	for _, r := range s {
		switch {
		case stacked:
			stacked = false
		case r == '\u1039' || r == '\u17D2':
			stacked = true
		case unicode.Is(unicode.Mn, r):
		case unicode.Is(unicode.Mc, r):
			w += 0.5
		case unicode.In(r, unicode.Myanmar, unicode.Khmer):
			w++
		default:
			w += 0.7
		}
	}
	return w
}

var address = regexp.MustCompile(`https?://[^\s<>"'။၊។៕।]+`)

// parts splits a text at the addresses in it.
func parts(s string) (ps []part) {
	for s != "" {
		at := address.FindStringIndex(s)
		if at == nil {
			return append(ps, part{Text: s})
		}
		link := strings.TrimRight(s[at[0]:at[1]], ".,;:!?)")
		if at[0] > 0 {
			ps = append(ps, part{Text: s[:at[0]]})
		}
		ps = append(ps, part{Text: link, Link: link})
		s = s[at[0]+len(link):]
	}
	return ps
}

func fileOf(f *File) *fileView {
	if f == nil {
		return nil
	}
	fv := &fileView{Path: "/w/f/" + url.PathEscape(f.Ref), Kind: "file"}
	switch mt, _ := served(f.Type); {
	case strings.HasPrefix(mt, "image/") && mt != "image/heic": // browsers but Apple's show none
		fv.Kind = "image"
	case strings.HasPrefix(mt, "audio/") && mt != "audio/amr" && mt != "audio/3gpp":
		fv.Kind = "audio"
	}
	if f.Seconds > 0 {
		fv.Length = fmt.Sprintf("%d:%02d", f.Seconds/60, f.Seconds%60)
	}
	return fv
}

// scripts tell the language of a text of ours by its letters.
var scripts = []struct {
	lang  string
	table *unicode.RangeTable
}{{"my", unicode.Myanmar}, {"km", unicode.Khmer}, {"th", unicode.Thai}, {"ne", unicode.Devanagari}, {"en", unicode.Latin}}

// langOf returns the language to mark s with: that of the script which most of
// its letters have, so that line heights and fonts fit, or lang.
func langOf(s, lang string) string {
	most := 0
	for _, sc := range scripts {
		n := 0
		for _, r := range s {
			if unicode.Is(sc.table, r) {
				n++
			}
		}
		if n > most {
			most, lang = n, sc.lang
		}
	}
	return lang
}

// render fills in a template. It fails only if the template is wrong.
func render(name string, v view) (string, error) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		return "", fmt.Errorf("web: template %s: %w", name, err)
	}
	return b.String(), nil
}
