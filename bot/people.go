package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// What caseworkers do in a conversation. Each is one commit of the store; the
// words that go with it are composed here, in the worker's language and within
// the limits of the worker's channel.

// ErrCannotCarry means that the worker's channel does not take this. The error
// that wraps it says what to do instead.
var ErrCannotCarry = errors.New("bot: the worker's app does not take this")

// human reports whether a caseworker had the conversation of t when its event
// i came: has it now, or has handed it back since.
func human(t *store.Turn, i int) bool {
	if t.Conversation.Human() {
		return true
	}
	for _, ev := range t.Events[i+1:] {
		if ev.Kind == channels.Brought && ev.What == store.HandedBack {
			return true
		}
	}
	return false
}

// reply reads event i of t and asks the flows what follows: what the bot
// answers or, while a caseworker has the conversation, what it keeps.
func (e *Engine) reply(ctx context.Context, t *store.Turn, i int, o *store.Outcome) (flows.Session, []flows.Effect, error) {
	ev := t.Events[i]
	if !human(t, i) {
		ev.Opens = e.opens(ctx, t.Conversation.Org, o.Session.Lang)
		return e.step(ctx, o.Session, ev)
	}
	o.Redact = false // the worker knows that a person reads
	ev = e.hear(o.Session, ev, func(code string) (string, bool) { return e.links.known(ctx, e, code) })
	next, fx := e.silently(o.Session, ev)
	return next, fx, nil
}

// silently keeps a fault in a flow from stopping a conversation. Nothing is
// said of it: what the worker sent is in the transcript, which a person reads.
func (e *Engine) silently(s flows.Session, ev channels.Event) (next flows.Session, fx []flows.Effect) {
	defer func() {
		if fault := recover(); fault != nil {
			e.count("steps_failed", string(s.State))
			e.Log.Error("a flow has a fault, mend it: a caseworker has the conversation", "state", s.State, "kind", ev.Kind, "stack", string(debug.Stack()))
			next, fx = s, nil
		}
	}()
	return flows.Meanwhile(s, ev)
}

// Take makes by the one who talks with the worker, as [store.Store.TakeOver]
// does, and tells the worker who that is.
func (e *Engine) Take(ctx context.Context, by cases.Caseworker, id string, epoch int64) (store.Conversation, error) {
	c, session, err := e.Store.Chat(ctx, by, id)
	if err != nil {
		return c, err
	}
	c, err = e.Store.TakeOver(ctx, by, id, epoch, e.joined(ctx, by, c, session)...)
	if err == nil {
		e.count("conversations_taken_over")
	}
	e.said(c, err)
	return c, err
}

// HandBack returns a conversation to the bot, as [store.Store.HandBack] does:
// flows.BackToStep, BackToMenu or BackQuiet say how it goes on.
func (e *Engine) HandBack(ctx context.Context, by cases.Caseworker, id string, epoch int64, how string) (store.Conversation, error) {
	name, _ := e.whoIs(ctx, by)
	c, err := e.Store.HandBack(ctx, by, id, epoch, how, name)
	if err == nil {
		e.count("conversations_handed_back")
	}
	e.said(c, err)
	return c, err
}

// Assign gives a conversation to a colleague, as [store.Store.Assign] does, and
// tells the worker who is there now; with an empty to.ID back to the queue.
func (e *Engine) Assign(ctx context.Context, by cases.Caseworker, id string, epoch int64, to cases.Caseworker) (store.Conversation, error) {
	c, session, err := e.Store.Chat(ctx, by, id)
	if err != nil {
		return c, err
	}
	say := e.waits(ctx, c, session, c.Org)
	if to.ID != "" {
		say = e.joined(ctx, to, c, session)
	}
	c, err = e.Store.Assign(ctx, by, id, epoch, to, say...)
	e.said(c, err)
	return c, err
}

// Transfer passes a conversation on to another organisation, as
// [store.Store.Transfer] does, and tells the worker by when somebody answers.
func (e *Engine) Transfer(ctx context.Context, by cases.Caseworker, id string, epoch int64, org cases.OrgID) (store.Conversation, error) {
	c, session, err := e.Store.Chat(ctx, cases.Bot, id)
	if err != nil {
		return c, err
	}
	c, err = e.Store.Transfer(ctx, by, id, epoch, org, e.waits(ctx, c, session, org)...)
	e.said(c, err)
	return c, err
}

// said has what was committed carried out.
func (e *Engine) said(c store.Conversation, err error) {
	if err != nil {
		return
	}
	if s := e.senders[c.With.Channel]; s != nil {
		s.bell.ring()
	}
	e.turns.ring()
}

// whoIs returns what a worker is told of a caseworker.
func (e *Engine) whoIs(ctx context.Context, by cases.Caseworker) (name, org string) {
	name, org = string(by.ID), e.Org
	if p, err := e.Store.Person(ctx, cases.Bot, by.ID); err == nil && p.Name != "" {
		name = p.Name
	}
	if o, err := e.Store.Organisation(ctx, by.Org); err == nil && o.Name != "" {
		org = o.Name
	}
	return name, org
}

// joined says who is there now.
func (e *Engine) joined(ctx context.Context, by cases.Caseworker, c store.Conversation, s flows.Session) []channels.Outbound {
	name, org := e.whoIs(ctx, by)
	return e.tells(c, s, flows.Part{Key: "person.joined", Args: flows.Args{"HelperName": name, "OrgName": org}})
}

// waits says by when somebody answers.
func (e *Engine) waits(ctx context.Context, c store.Conversation, s flows.Session, org cases.OrgID) []channels.Outbound {
	part := flows.Promised(s, c.Severity, e.Now(), e.opens(ctx, org, s.Lang))
	return e.tells(c, s, part)
}

// tells writes one text for the worker of a conversation.
func (e *Engine) tells(c store.Conversation, s flows.Session, p flows.Part) []channels.Outbound {
	v := voice{e: e, info: e.info(c.With.Channel), lang: s.Lang, ref: s.Ref, now: e.Now()}
	if v.lang == "" {
		v.lang = "en"
	}
	return v.speak(flows.Say{Parts: []flows.Part{p}})
}

// Words are what a caseworker writes to a worker.
type Words struct {
	Text   string
	Files  []channels.File // as Attach returned them
	Urgent bool            // at any hour, whatever the worker's free times are
}

// A Reply says what became of a caseworker's words.
type Reply struct {
	store.Written
	Outlook
}

// An Outlook says when the worker can be written to.
type Outlook struct {
	Why    string    // empty: now; else hours, silent, window, blocked
	Until  time.Time // when it goes out; store.Held: when the worker next writes
	Closes time.Time // when the platform's window closes; zero: never, or it is closed
}

// Outlook says what would become of an answer that is written now.
func (e *Engine) Outlook(c store.Conversation, s flows.Session, urgent bool) Outlook {
	info, now := e.info(c.With.Channel), e.Now()
	m := channels.Outbound{To: channels.Address{Channel: c.With.Channel, User: "worker"}, By: "caseworker", Owner: c.Epoch}
	if urgent {
		m.Class = channels.Urgent
	}
	ahead := e.ahead(info.ID)
	v := gate(c, s, m, info, now, ahead)
	o := Outlook{Why: v.why, Until: v.until}
	if closes := c.LastIn.Add(info.Window - time.Minute); info.Window > 0 && now.Add(-ahead).Before(closes) {
		o.Closes = closes
	}
	return o
}

// Write sends a caseworker's words to the worker, once for each key however
// often it is called, and takes the conversation over where nobody has it. A
// long text goes in several messages, cut between sentences. What the worker's
// channel cannot carry is refused with ErrCannotCarry, before anything is sent.
// Where the platform's window is closed the words wait behind the neutral
// template; the Reply says so.
func (e *Engine) Write(ctx context.Context, by cases.Caseworker, id, key string, w Words) (Reply, error) {
	c, session, err := e.Store.Chat(ctx, by, id)
	if err != nil {
		return Reply{}, err
	}
	ms, err := e.compose(c, w)
	if err != nil {
		return Reply{}, err
	}
	written, err := e.Store.Write(ctx, by, id, key, e.joined(ctx, by, c, session), ms)
	if err != nil {
		return Reply{}, err
	}
	e.said(written.Conversation, nil)
	return Reply{written, e.Outlook(written.Conversation, session, w.Urgent)}, nil
}

// compose cuts words into messages that a channel carries.
func (e *Engine) compose(c store.Conversation, w Words) (ms []channels.Outbound, err error) {
	info := e.info(c.With.Channel)
	text := strings.TrimSpace(w.Text)
	for i := range w.Files {
		f := w.Files[i]
		if err := e.carries(info, f); err != nil {
			return nil, err
		}
		m := channels.Outbound{File: &f}
		if len(w.Files) == 1 && !f.Voice && info.Caption.N > 0 && info.Caption.Fits(text) {
			m.Text, text = text, ""
		}
		ms = append(ms, m)
	}
	var before []channels.Outbound
	for _, part := range channels.Split(text, info.Text) {
		before = append(before, channels.Outbound{Text: part})
	}
	if ms = append(before, ms...); len(ms) == 0 {
		return nil, fmt.Errorf("bot: there is nothing to send: write or attach something")
	}
	for i := range ms {
		if w.Urgent {
			ms[i].Class = channels.Urgent
		}
		ms[i].Preview = e.preview()
	}
	return ms, nil
}

// preview is what shows outside the chat: nothing of what was written.
func (e *Engine) preview() string {
	return voice{e: e, lang: "en"}.word("preview.neutral")
}

// carries reports why a channel does not take a file.
func (e *Engine) carries(info channels.Info, f channels.File) error {
	kind, _, _ := strings.Cut(f.Type, "/")
	limit := info.Files[kind]
	switch {
	case limit == 0:
		return fmt.Errorf("%w: it takes no %s, send a photo or write", ErrCannotCarry, kind)
	case f.Size > limit:
		return fmt.Errorf("%w: it takes at most %d MB, send a smaller file", ErrCannotCarry, limit>>20)
	case info.Links && e.Public == "":
		return fmt.Errorf("%w: it fetches files from a public address, and this installation has none", ErrCannotCarry)
	}
	return nil
}

// Attach keeps what a caseworker wants to send, sealed with the key of the
// conversation: it goes when the worker has that erased. It returns
// ErrCannotCarry where the worker's channel does not take it.
func (e *Engine) Attach(ctx context.Context, by cases.Caseworker, id string, r io.Reader, f channels.File) (channels.File, error) {
	c, _, err := e.Store.Chat(ctx, by, id)
	if err != nil {
		return f, err
	}
	if err := e.carries(e.info(c.With.Channel), f); err != nil {
		return f, err
	}
	kind, _, _ := strings.Cut(f.Type, "/")
	a, _, err := e.Files.Put(ctx, c.Subject(), r, min(maxAttachment, e.info(c.With.Channel).Files[kind]))
	if errors.Is(err, store.ErrTooBig) {
		return f, fmt.Errorf("%w: the file is too long, send a smaller one (%w)", ErrCannotCarry, err)
	}
	f.Ref, f.Size = Attached+a.Ref, a.Size
	return f, err
}

// openings remember for a minute when organisations answer.
type openings struct {
	mu sync.Mutex
	m  map[[2]string]opening
}

type opening struct{ at, opens time.Time }

// opens returns when an organisation next answers in a language; the zero time
// if it does now, or if nobody has said.
func (e *Engine) opens(ctx context.Context, org cases.OrgID, lang string) time.Time {
	now, key := e.Now(), [2]string{string(org), lang}
	e.hours.mu.Lock()
	o, ok := e.hours.m[key]
	e.hours.mu.Unlock()
	if ok && !now.Before(o.at) && now.Sub(o.at) < time.Minute {
		return o.opens
	}
	o = opening{at: now}
	if of, err := e.Store.Organisation(ctx, org); err == nil {
		o.opens = of.Opens(now, lang)
	}
	e.hours.mu.Lock()
	defer e.hours.mu.Unlock()
	if e.hours.m == nil || len(e.hours.m) > 1000 {
		e.hours.m = make(map[[2]string]opening)
	}
	e.hours.m[key] = o
	return o.opens
}
