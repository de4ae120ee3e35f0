package bot

import (
	"fmt"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// A voice writes what a flow wants said, in one worker's language and within
// the limits of one channel.
type voice struct {
	e    *Engine
	info channels.Info
	lang string
	ref  string // the link that brought the worker
	now  time.Time
}

// speak returns the messages that say amounts to, without keys and addresses.
// Choices stand under the last.
func (v voice) speak(say flows.Say) []channels.Outbound {
	return v.say(v.text(say.Parts), say)
}

// say returns the messages with a text in place of say's parts.
func (v voice) say(text string, say flows.Say) []channels.Outbound {
	var choices []channels.Choice
	for _, c := range say.Choices {
		choices = append(choices, v.choice(c, len(say.Choices)))
	}
	var ms []channels.Outbound
	limit := v.info.Text
	if len(choices) > 0 && v.info.Body.Count(text) > v.info.Body.N {
		limit = v.info.Body
	}
	for _, part := range channels.Split(text, limit) {
		ms = append(ms, channels.Outbound{Text: part, Class: say.Class, Expires: say.Expires})
	}
	if n := len(ms); n > 0 && len(choices) > 0 {
		ms[n-1].Choices = choices
		ms[n-1].List = v.word("btn.choose")
	}
	for i := range ms {
		ms[i].Silent = say.Class == channels.Push || say.Class == channels.Nudge
		ms[i].Preview = v.word("preview.neutral")
	}
	return ms
}

// text writes parts as paragraphs.
func (v voice) text(parts []flows.Part) string {
	var ps []string
	for _, p := range parts {
		if s := v.part(p); s != "" {
			ps = append(ps, s)
		}
	}
	return strings.Join(ps, "\n\n")
}

// part writes one text. Where it needs a fact that is not known here, or not
// checked any more, its Else stands instead: a number is shown or it is not.
func (v voice) part(p flows.Part) string {
	if p.Lang != "" {
		v.lang = p.Lang
	}
	args, listing := map[string]any{"ServiceName": v.e.Name}, ""
	for name, a := range p.Args {
		s, ok := v.value(a)
		if !ok {
			return v.word(p.Else)
		}
		if name == "" {
			listing = fmt.Sprint(s)
			continue
		}
		args[name] = s
	}
	text, err := v.e.Texts.Text(v.lang, p.Key, args)
	if err != nil {
		v.e.count("texts_missing", p.Key)
		v.e.Log.Error("text cannot be written: add it to the catalogue", "key", p.Key, "lang", v.lang, "err", err)
		text, _ = v.e.Texts.Text(v.lang, "err.try_again", nil)
	}
	if listing != "" {
		return text + "\n\n" + listing
	}
	return text
}

// value writes the value of a placeholder, and reports whether it is known.
func (v voice) value(a any) (any, bool) {
	switch a := a.(type) {
	case flows.Term:
		return v.word(string(a)), true
	case flows.Terms:
		var ss []string
		for _, t := range a {
			ss = append(ss, v.word(t))
		}
		return v.e.Texts.List(v.lang, ss), true
	case flows.Moment:
		return v.e.Texts.Date(v.lang, a.At, cases.Zone(a.Country)), true
	case flows.Fact:
		s := v.e.fact(a, v)
		return s, s != ""
	case flows.Listing:
		s := v.e.listing(a, v)
		return s, s != ""
	}
	return a, true
}

// word writes a text that has no placeholders.
func (v voice) word(key string) string {
	if key == "" {
		return ""
	}
	s, err := v.e.Texts.Text(v.lang, key, v.e.named)
	if err != nil {
		v.e.count("texts_missing", key)
		return ""
	}
	return s
}

// choice writes a button. A label that is too long for the channel, which the
// linter lets pass nowhere, loses its emoji and then its end.
func (v voice) choice(c flows.Choice, among int) channels.Choice {
	if c.Lang != "" {
		v.lang = c.Lang
	}
	out := channels.Choice{Label: c.Text, Value: c.Value}
	if c.Text == "" {
		out.Label = v.word(c.Key)
		if v.info.Desc.N > 0 && v.e.Texts.Has(c.Key+".desc") {
			out.Desc = v.word(c.Key + ".desc")
		}
	}
	limit := v.info.Row // a label that is no button becomes a row: adapters look
	if among <= v.info.Buttons && v.info.Button.N > limit.N {
		limit = v.info.Button
	}
	if !limit.Fits(out.Label) {
		if sign, bare, ok := strings.Cut(out.Label, " "); ok && sign != "" && []rune(sign)[0] >= 0x2000 {
			out.Label = bare
		}
	}
	if !limit.Fits(out.Label) {
		out.Label = channels.Split(out.Label, limit)[0]
	}
	if !v.info.Desc.Fits(out.Desc) {
		out.Desc = channels.Split(out.Desc, v.info.Desc)[0]
	}
	return out
}

// fact returns what this installation knows, or "".
func (e *Engine) fact(f flows.Fact, v voice) string {
	switch f.Name {
	case "link":
		return e.link(v.ref, v.info.ID)
	case "org":
		return e.Org
	case "independent":
		return e.Independent
	}
	kind, part, _ := strings.Cut(f.Name, ".")
	n, ok := e.Directory.Find(country(f.Country), kind, v.now)
	if !ok {
		return ""
	}
	if part == "name" {
		return n.Name
	}
	return n.Number
}

// country is where a worker is taken to be who has not said.
func country(c string) string {
	if c == "" {
		return "TH"
	}
	return c
}

// listing writes what the directory has on a country, or "".
func (e *Engine) listing(l flows.Listing, v voice) string {
	switch l.What {
	case "numbers":
		var lines []string
		for _, n := range e.Directory.In(country(l.Country), v.now) {
			s, err := e.Texts.Text(v.lang, "help.entry", map[string]any{"Name": n.Name, "Number": n.Number, "Hours": n.Hours,
				"Languages": strings.Join(n.Languages, ", "), "Date": e.Texts.DayYear(v.lang, n.Checked, time.UTC)})
			if err == nil {
				lines = append(lines, s)
			}
			if n.Old(v.now) {
				lines = append(lines, v.word("rights.old"))
			}
		}
		return strings.Join(lines, "\n")
	case "rights":
		c, ok := e.Directory.Card(country(l.Country), l.Topic, v.lang, v.now)
		if !ok {
			return ""
		}
		s, err := e.Texts.Text(v.lang, "rights.card", map[string]any{"Text": c.Text, "Org": c.Checker, "Date": e.Texts.DayYear(v.lang, c.Checked, time.UTC)})
		if err != nil {
			return ""
		}
		if c.Old(v.now) {
			s += "\n" + v.word("rights.old")
		}
		return s
	}
	return ""
}
