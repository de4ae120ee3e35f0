package web

import (
	"crypto/sha256"
	"strings"

	"workervoice/channels"
)

// events returns what a form means.
//
// The name of an event comes from the worker, the form and the content: a form
// sent twice is one event, and a page that the browser kept and that is used
// for something else is another.
func (a *Adapter) events(f *form) (es []channels.Event) {
	add := func(e channels.Event) {
		e.From = channels.Address{Channel: a.ID, User: f.user}
		e.At = a.Now()
		e.Locale = f.locale
		sum := ""
		if len(e.Media) > 0 {
			sum = string(f.sum.Sum(nil))
		}
		e.ID = f.name(string(e.Kind), e.Text, e.Choice, sum)
		e.Message = e.ID
		es = append(es, e)
	}
	said := f.said()
	if f.first && len(said) > 0 {
		begun := channels.Event{Kind: channels.Started, Ref: f.code}
		if said[0].Choice != "" { // of the language, on the page before the chat
			begun.Choice, said = said[0].Choice, said[1:]
		}
		add(begun)
	}
	for _, e := range said {
		add(e)
	}
	return es
}

// said splits a form into what the worker did. Whoever presses a button while
// words stand in the field has not sent the words: they stay in the field. A
// file comes before the button, as it is kept with the question that stands
// open and does not answer it.
func (f *form) said() (es []channels.Event) {
	if f.refused != "" && len(f.media) == 0 && f.choice == "" {
		return nil
	}
	text := f.text
	if f.choice != "" || strings.TrimSpace(text) == "" || f.refused == "web.too_long" {
		text = ""
	}
	if text != "" || len(f.media) > 0 {
		es = append(es, channels.Event{Kind: channels.Said, Text: text, Media: f.media})
	}
	if f.choice != "" {
		es = append(es, channels.Event{Kind: channels.Said, Choice: f.choice})
	}
	return es
}

// draft returns the words that were not sent.
func (f *form) draft() string {
	if strings.TrimSpace(f.text) == "" {
		return ""
	}
	for _, e := range f.said() {
		if e.Text != "" {
			return ""
		}
	}
	return f.text
}

// name returns a name for what the parts make up.
func (f *form) name(parts ...string) string {
	h := sha256.New()
	for _, p := range append([]string{f.user, f.nonce}, parts...) {
		h.Write([]byte(token32.EncodeToString([]byte(p))))
		h.Write([]byte{'.'})
	}
	return token32.EncodeToString(h.Sum(nil)[:20])
}
