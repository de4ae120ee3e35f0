package bot

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// atOnce takes the turn that ev leads to, so that one commit keeps both.
func (e *Engine) atOnce(ctx context.Context, ev channels.Event) error {
	if ev.Kind.Receipt() && ev.Kind != channels.Failed {
		return e.Store.Receive(ctx, ev)
	}
	t, err := e.Store.Begin(ctx, ev)
	if err != nil {
		return err
	}
	return e.finish(ctx, t)
}

// answer takes a turn that is waiting, and reports whether there was one.
func (e *Engine) answer(ctx context.Context) bool {
	t, err := e.Store.Next(ctx, lease)
	if err != nil && ctx.Err() == nil {
		e.Log.Error("no turn can be taken: look at the store", "err", err)
	}
	if t == nil {
		return false
	}
	if err := e.finish(ctx, t); err != nil && !errors.Is(err, store.ErrStale) {
		e.Log.Error("a turn is not kept, it will be taken again", "err", err)
	}
	return true
}

// finish commits what t comes to and sets about sending it. A turn that has
// begun is finished even if the platform hangs up or the engine is to stop.
func (e *Engine) finish(ctx context.Context, t *store.Turn) error {
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	o, err := e.turn(ctx, t)
	if err != nil {
		return err
	}
	decided := time.Now()
	p, err := e.Store.Commit(ctx, t, o, lease)
	if err != nil {
		return err
	}
	e.figures.commits.since(decided)
	e.figures.turns.since(began)
	if len(o.Entries) > 0 {
		e.entries.ring()
	}
	if e.soonest.before(o.Session.Wake()) {
		e.wakes.ring()
	}
	s := e.senders[t.With.Channel]
	if s == nil {
		return nil
	}
	if len(o.Fetch) > 0 {
		s.media.ring()
	}
	if p != nil {
		s.take(*p)
	}
	if t.Due {
		s.bell.ring()
	}
	return nil
}

// turn returns what t comes to. It is the whole of a conversation step: it
// reads nothing but t, the texts and, where a worker typed one, a code.
func (e *Engine) turn(ctx context.Context, t *store.Turn) (store.Outcome, error) {
	o := store.Outcome{Session: t.Session, Redact: true}
	secret := false
	for i, ev := range t.Events {
		if ev.Kind == channels.Failed {
			if err := e.refused(ctx, t, ev, &o); err != nil {
				return o, err
			}
			continue
		}
		if len(o.Session.Seed) == 0 {
			o.Session.Seed = make([]byte, 16)
			if _, err := io.ReadFull(e.Chance, o.Session.Seed); err != nil {
				return o, fmt.Errorf("bot: no chance to be had: %w", err)
			}
		}
		if private(o.Session) {
			o.Redact = false
		}
		next, fx, err := e.reply(ctx, t, i, &o)
		if err != nil {
			return o, err
		}
		o.Session = next
		if private(o.Session) {
			o.Redact = false
		}
		c := carrier{e: e, o: &o, t: t, ev: ev, key: keyOf(ev), info: e.info(t.With.Channel), lang: spoken(next.Lang, t.Session.Lang)}
		for _, f := range fx {
			if err := c.carry(ctx, f); err != nil {
				return o, err
			}
			secret = secret || complains(f)
		}
		c.mark()
	}
	o.Redact = o.Redact || secret
	return o, nil
}

// complains reports whether f takes a complaint about ourselves to its case.
// The words stand there only: who is complained about may read the transcript.
func complains(f flows.Effect) bool {
	n, ok := f.(flows.Enter)
	return ok && n.Entry.Kind == cases.Complained && n.Entry.Org == cases.Independent && n.Entry.Text != ""
}

// private reports whether what the worker says may be written down: after
// consent, in danger, or when the worker asked for a person.
func private(s flows.Session) bool {
	return s.Consent.Given || s.Danger != nil || s.Waits
}

func spoken(now, before string) string {
	if now != "" {
		return now
	}
	return before
}

// step reads ev and asks the flows what follows.
func (e *Engine) step(ctx context.Context, s flows.Session, ev channels.Event) (flows.Session, []flows.Effect, error) {
	if next, fx, ok, err := e.invited(ctx, s, ev); ok || err != nil {
		return next, fx, err
	}
	if code := pairCode(ev); code != "" {
		from, conv, err := e.Store.Paired(ctx, code, ev)
		if err == nil {
			next, fx := flows.Adopt(s, from, flows.Other{At: conv.With}, ev.At)
			return next, fx, nil
		}
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrDenied) {
			return s, nil, err
		}
	}
	ev = e.hear(s, ev, func(code string) (string, bool) { return e.links.known(ctx, e, code) })
	if ev.Raw != "" {
		s.Zawgyi++
	}
	next, fx := e.safely(s, ev, func() (flows.Session, []flows.Effect) { return flows.Step(s, ev) })
	return next, fx, nil
}

// safely keeps a fault in a flow from stopping a conversation for good: the
// event would come again and again. The worker is asked to try once more, and
// what was sent is in the transcript.
func (e *Engine) safely(s flows.Session, ev channels.Event, step func() (flows.Session, []flows.Effect)) (next flows.Session, fx []flows.Effect) {
	defer func() {
		if fault := recover(); fault != nil {
			e.count("steps_failed", string(s.State))
			e.Log.Error("a flow has a fault, mend it: the worker was asked to try again", "state", s.State, "kind", ev.Kind, "stack", string(debug.Stack()))
			next, fx = s, []flows.Effect{flows.Say{Parts: []flows.Part{{Key: "err.try_again"}}}}
		}
	}()
	return step()
}

// written takes out what people put between the parts of a code.
var written = strings.NewReplacer("-", "", " ", "")

// pairCode returns what may be a code from another app, or "".
func pairCode(ev channels.Event) string {
	if ev.Kind != channels.Said || len(ev.Text) > 12 {
		return ""
	}
	code := strings.ToUpper(written.Replace(ev.Text))
	if len(code) != 8 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return ""
	}
	return code
}

// keyOf names what an event leads to: always the same for the same event, and
// without the platform's name, which may hold a phone number.
func keyOf(ev channels.Event) string {
	h := sha256.Sum256([]byte(string(ev.From.Channel) + "\x00" + ev.From.User + "\x00" + ev.ID))
	return base64.RawURLEncoding.EncodeToString(h[:15])
}

// A carrier writes the effects of one event into an outcome.
type carrier struct {
	e    *Engine
	o    *store.Outcome
	t    *store.Turn
	ev   channels.Event
	key  string
	info channels.Info
	lang string
	n    int // effects so far
}

func (c *carrier) name() string {
	c.n++
	return fmt.Sprintf("%s/%d", c.key, c.n-1)
}

func (c *carrier) voice() voice {
	return voice{e: c.e, info: c.info, lang: c.lang, ref: c.o.Session.Ref, now: c.e.Now()}
}

// carry writes effect f into the outcome. Its keys are the same whenever the
// turn is taken.
func (c *carrier) carry(ctx context.Context, f flows.Effect) error {
	switch f := f.(type) {
	case flows.Say:
		c.send(c.voice().speak(f)...)
	case flows.Tell:
		return c.tell(ctx, f)
	case flows.Knock:
		c.knock(f)
	case flows.Stands:
		c.o.Stands = append(c.o.Stands, f)
	case flows.Show:
		c.show(f)
	case flows.Enter:
		n := f.Entry
		n.Key, n.Worker, n.Channel = c.name(), c.t.Worker, string(c.info.Platform)
		c.o.Entries = append(c.o.Entries, n)
	case flows.Keep:
		id := f.Case
		if d := c.o.Session.Draft; d != nil && d.ID == id && c.o.Session.Danger == nil {
			id = "" // nobody sees a draft
		}
		for _, m := range f.Media {
			c.o.Fetch = append(c.o.Fetch, store.Fetch{Media: m, Case: id})
		}
	case flows.Summon:
		c.o.Summon = &store.Summon{Severity: f.Severity}
	case flows.Count:
		if f.Link != "" {
			c.o.Came = append(c.o.Came, store.Came{Link: f.Link, Stage: f.Stage})
		}
	case flows.Hide:
		c.hide()
	case flows.Retract:
		c.o.Retract = append(c.o.Retract, f.Message)
	case flows.Pair:
		c.o.Pair = &store.Pair{Code: f.Code, Until: f.Until}
	case flows.Erase:
		c.o.Erase = f.What
	case flows.Leave:
		c.send(channels.Outbound{Leave: true})
	case flows.Quiet:
		if other := c.o.Session.Other; other != nil {
			return c.e.Store.Receive(ctx, channels.Event{ID: "quiet/" + c.key, Kind: channels.Woke, What: "quiet", From: other.At, At: c.ev.At})
		}
	}
	return nil
}

// send adds messages, in order.
func (c *carrier) send(ms ...channels.Outbound) {
	for _, m := range ms {
		if m.Key, m.To = c.name(), c.ev.From; carried(m) {
			m.Key = store.DeliveryKey(m.Key)
		}
		if m.To.Channel == "" {
			m.To = c.t.With
		}
		c.o.Send = append(c.o.Send, m)
	}
}

// mark gives the messages of this event the right to answer at no cost, and
// notes what the event says about the channel.
func (c *carrier) mark() {
	for i := range c.o.Send {
		m := &c.o.Send[i]
		if strings.HasPrefix(m.Key, c.key+"/") && (m.Class == channels.Answer || m.Class == channels.Urgent) {
			m.ReplyToken, m.ReplyUntil = c.ev.ReplyToken, c.ev.ReplyUntil
		}
	}
	switch c.ev.Kind {
	case channels.Left:
		c.o.Gone = new(true)
	case channels.Returned, channels.Started, channels.Said:
		if c.t.Conversation.Gone {
			c.o.Gone = new(false)
		}
	}
}

// hide takes messages off the phone, or says how to.
func (c *carrier) hide() {
	if c.info.Deletes > 0 {
		c.send(channels.Outbound{Delete: []string{everything}})
		return
	}
	if key := "hide." + string(c.info.Platform); c.e.Texts.Has(key) {
		c.send(c.voice().speak(flows.Say{Parts: []flows.Part{{Key: key}}})...)
	}
}

// everything stands for all messages of the last days: which they are is
// looked up when they are deleted, so that the newest are among them.
const everything = "*"

// show sends the link to share, with a code to scan where the channel can.
func (c *carrier) show(f flows.Show) {
	ms := c.voice().speak(flows.Say{Parts: f.Parts})
	if link := c.e.link(c.o.Session.Ref, c.info.ID); link != "" && c.info.Files["image"] > 0 && len(ms) > 0 && c.info.Caption.Fits(ms[0].Text) && (!c.info.Links || c.e.Public != "") {
		ms[0].File = &channels.File{Ref: "qr/" + link, Type: "image/png", Name: "card.png"}
	}
	c.send(ms...)
}

// refused deals with a message that the platform took and could not deliver.
func (e *Engine) refused(ctx context.Context, t *store.Turn, ev channels.Event, o *store.Outcome) error {
	e.count("messages_failed_later", string(t.With.Channel), string(ev.Reason))
	if private(o.Session) {
		o.Redact = false
	}
	if strings.HasSuffix(ev.Key, ofTemplate) {
		e.withoutTemplate(o)
		return nil
	}
	switch ev.Reason {
	case channels.OutOfWindow:
		m, err := e.sentMessage(ctx, t.With, ev.Key)
		if err != nil || m == nil {
			return err
		}
		m.Key, m.Since, m.Class = keyOf(ev)+"/again", e.Now(), channels.Push
		o.Send = append(o.Send, *m)
	case channels.Unreachable, channels.Stranger:
		for i, mine := range o.Session.Mine {
			o.Entries = append(o.Entries, cases.Entry{Key: fmt.Sprintf("%s/%d", keyOf(ev), i), Case: mine.ID, Worker: t.Worker,
				Kind: cases.Unreachable, At: ev.At, Trigger: string(ev.Reason)})
		}
	}
	return nil
}

// sentMessage finds a message of the last turns by its key.
func (e *Engine) sentMessage(ctx context.Context, a channels.Address, key string) (*channels.Outbound, error) {
	if key == "" {
		return nil, nil
	}
	xs, err := e.Store.TranscriptTail(ctx, a, 30)
	for _, x := range xs {
		for _, m := range x.Sent {
			if m.Key == key {
				return &m, err
			}
		}
	}
	return nil, err
}
