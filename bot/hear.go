package bot

import (
	"strconv"
	"strings"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/translations"
	"workervoice/translations/zawgyi"
)

// hear makes of what the platform delivered what a flow can read: text in
// Unicode and in order, words that are commands, typed numbers and labels that
// mean a button. It is pure but for the link codes, which it asks of known.
func (e *Engine) hear(s flows.Session, ev channels.Event, known func(code string) (lang string, ok bool)) channels.Event {
	if ev.Kind == channels.Started || ev.Kind == channels.Said {
		ev = e.follow(s, ev, known)
	}
	if ev.Text == "" {
		return ev
	}
	text := translations.Clean(ev.Text)
	if z, u := zawgyi.Detect(text); z-u >= 2 || z-u >= 1 && s.Zawgyi >= 2 {
		ev.Raw, text = ev.Text, translations.Clean(zawgyi.Convert(text))
	}
	ev.Text = text
	ev.Script = translations.Script(text)
	if ev.Kind != channels.Said && ev.Kind != channels.Started || ev.Choice != "" {
		return ev
	}
	if c := e.meant(s, text); c != "" {
		ev.Choice = c
		return ev
	}
	ev.Intent = e.Texts.Intent(s.Lang, text)
	if ev.Intent == "" {
		if what := e.Texts.Dangers(s.Lang, text); len(what) > 0 {
			ev.Intent = "maybe " + strings.Join(what, " ")
		}
	}
	return ev
}

// meant returns the button that a typed number or label stands for, or "".
func (e *Engine) meant(s flows.Session, text string) string {
	cs, numbered := flows.Choices(s)
	if len(cs) == 0 || len(text) > 200 {
		return ""
	}
	folded := translations.Fold(text)
	if n, err := strconv.Atoi(folded); err == nil && numbered && n > 0 && n <= len(cs) {
		return cs[n-1].Value
	}
	if folded == "" {
		return ""
	}
	for _, c := range cs {
		if c.Text != "" {
			if translations.Fold(c.Text) == folded {
				return c.Value
			}
			continue
		}
		for _, lang := range []string{c.Lang, s.Lang, translations.English} {
			if lang == "" {
				continue
			}
			if e.Texts.Folded(lang, c.Key) == folded {
				return c.Value
			}
		}
	}
	return ""
}

// follow recognises the code of a mobilizer's link, exact where the platform
// brings it along, and anywhere in the first words where the worker's app has
// put it into a text that can be changed.
func (e *Engine) follow(s flows.Session, ev channels.Event, known func(string) (string, bool)) channels.Event {
	code, typed := ev.Ref, false
	if code == "" && s.State == "" {
		code, typed = findCode(ev.Text), true
	}
	ev.Ref = ""
	if code == "" || s.State != "" {
		return ev
	}
	lang, ok := known(strings.ToUpper(code))
	if !ok {
		return ev
	}
	ev.Ref = strings.ToUpper(code)
	if ev.Locale == "" || lang != "" {
		ev.Locale = lang
	}
	if typed { // "Hello CODE" was written by the poster, not by the worker
		ev.Text = ""
	}
	return ev
}

// CodeLetters are those of link codes: none is taken for another.
const CodeLetters = "ABCDEFGHJKMNPQRSTVWXYZ23456789"

// codeLen is the length of a link's code; the last letter is a checksum.
const codeLen = 8

// findCode returns the first word of text that has the form of a link's code.
func findCode(text string) string {
	for _, w := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return !strings.ContainsRune(CodeLetters, r) }) {
		if len(w) == codeLen && checkLetter(w[:codeLen-1]) == w[codeLen-1] {
			return w
		}
	}
	return ""
}

// checkLetter makes a slip of one letter, or two exchanged, a code of nobody.
func checkLetter(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += (i + 2) * strings.IndexByte(CodeLetters, s[i])
	}
	return CodeLetters[sum%len(CodeLetters)]
}
