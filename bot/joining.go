package bot

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// LetJoin lets other workers join a case, and returns the code to show them.
// The case keeps its code, so that posters stay good, unless anew is set: then
// the earlier one leads nowhere. With ask, a caseworker lets each of them in.
func (e *Engine) LetJoin(ctx context.Context, by cases.Caseworker, id cases.ID, ask, anew bool) (code string, err error) {
	return e.Store.OpenJoining(ctx, by, id, ask, anew, NewCode)
}

// JoinLink returns the address that a case's code stands for on posters, and
// "" if there is no public one. It is the same for every kind of code: nothing
// in it tells that there is a case.
func (e *Engine) JoinLink(code string) string {
	if e.Public == "" {
		return ""
	}
	return e.Public + "/j/" + code
}

// invited answers an event that brings the code of a case along: from a link,
// as the text that the poster had written in the app, or typed by hand. ok says
// whether it did.
func (e *Engine) invited(ctx context.Context, s flows.Session, ev channels.Event) (next flows.Session, fx []flows.Effect, ok bool, err error) {
	code := codeIn(ev)
	if code == "" || !e.links.leads(ctx, e, code) {
		return s, nil, false, nil
	}
	v, err := e.Store.Invited(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return s, nil, false, nil
	}
	if err != nil {
		return s, nil, false, err
	}
	ev.Ref, ev.Text = "", "" // "Hello CODE" was written by the poster, not by the worker
	ev = e.hear(s, ev, func(string) (string, bool) { return "", false })
	next, fx = e.safely(s, ev, func() (flows.Session, []flows.Effect) { return flows.Join(s, ev, v) })
	return next, fx, true, nil
}

// codeIn returns what may be the code of a case: what a link brought along, or
// a word of a message so short that it can hold little else.
func codeIn(ev channels.Event) string {
	switch {
	case ev.Kind != channels.Started && ev.Kind != channels.Said, len(ev.Media) > 0, ev.Place != nil:
		return ""
	case ev.Ref != "":
		return strings.ToUpper(ev.Ref)
	case ev.Choice != "" || utf8.RuneCountInString(ev.Text) > 40:
		return ""
	}
	text := ev.Text
	if c := strings.ToUpper(written.Replace(text)); len(c) == codeLen { // read aloud in parts: K7M2-QX42
		text = c
	}
	return findCode(text)
}
