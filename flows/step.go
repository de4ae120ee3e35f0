package flows

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// Step is the conversation's answer to an event. It never fails: what a state
// does not understand is kept and asked again, and a session that it does not
// know begins anew without losing the report half told.
func Step(s Session, e channels.Event) (Session, []Effect) {
	t := &talk{s: s.clone(), e: e}
	t.mend()
	t.hear()
	t.flush()
	t.news()
	t.questions(s.State)
	t.refers(s.State)
	return t.s, t.fx
}

// A talk is one step under way.
type talk struct {
	s     Session
	e     channels.Event
	fx    []Effect
	parts []Part         // of the message being put together
	class channels.Class // of the message
	until time.Time      // its expiry
}

// A screen is a state that is not a question of the report.
type screen struct {
	show    func(*talk)             // says what the state asks
	choices func(*Session) []Choice // buttons under it
	read    func(*talk, string)     // the button pressed, without its state
	write   func(*talk)             // anything else; nil: not understood
	free    bool                    // a typed number is text here, not the number of a button
}

var screens map[State]screen

func init() { // not a literal: the functions lead back to it
	screens = map[State]screen{}
	for _, m := range []map[State]screen{opened, reported, alarmed, served, kept, joined, remedied, referred1} {
		for k, v := range m {
			screens[k] = v
		}
	}
	for _, q := range intake {
		screens[q.state] = screen{show: func(t *talk) { t.tell(q.text, nil) }, choices: q.choices, read: q.read, write: q.write,
			free: q.kind != oneOf && q.kind != several}
	}
}

// Choices returns the buttons on show in s, and whether a typed number picks
// one of them.
func Choices(s Session) (cs []Choice, numbered bool) { return s.choices() }

func (s *Session) choices() (cs []Choice, numbered bool) {
	scr, ok := screens[s.State]
	if !ok || scr.choices == nil {
		return nil, false
	}
	return scr.choices(s), !scr.free
}

// hear sorts events by kind.
func (t *talk) hear() {
	switch t.e.Kind {
	case channels.Started, channels.Said, channels.Odd:
		t.arrive()
	case channels.Grouped:
		if t.s.State != grouped {
			t.to(grouped)
			t.tell("start.in_group", Args{"Link": Fact{Name: "link"}})
		}
		t.flush()
		t.do(Leave{})
	case channels.Left:
		t.s.Broken, t.s.Alarms = true, nil
		for _, m := range t.s.Mine {
			t.enter(m.ID, cases.Entry{Kind: cases.Unreachable})
		}
	case channels.Returned:
		t.s.Broken = false
		if t.s.State != "" {
			t.tell("start.hello_back", nil)
			t.again()
		}
	case channels.Edited:
		t.keep("edited")
	case channels.Unsent:
		t.retract()
	case channels.Woke:
		t.woke()
	case channels.Brought:
		if f := brought[t.e.What]; f != nil {
			f(t)
		}
	}
}

// brought are the things that come from a case or a caseworker, by What.
var brought = map[string]func(*talk){}

// tell adds a paragraph to the message under way.
func (t *talk) tell(key string, args Args) { t.parts = append(t.parts, Part{Key: key, Args: args}) }

// cut ends the message under way, without buttons.
func (t *talk) cut() {
	if len(t.parts) > 0 {
		t.fx = append(t.fx, Say{Parts: t.parts, Class: t.class, Expires: t.until})
		t.parts = nil
	}
}

// flush sends the message under way with the buttons of the state.
func (t *talk) flush() {
	if len(t.parts) == 0 {
		return
	}
	cs, _ := t.s.choices()
	t.fx = append(t.fx, Say{Parts: t.parts, Choices: cs, Class: t.class, Expires: t.until})
	t.parts, t.s.Asked = nil, t.e.At
}

// flurry reports whether this is one of several things sent at once: an album,
// a follow and a greeting. They are kept, and the question is on show already.
func (t *talk) flurry() bool {
	return t.e.Choice == "" && t.e.Intent != "danger" && t.e.At.Sub(t.s.Asked) < 2*time.Second
}

func (t *talk) do(fx ...Effect) { t.fx = append(t.fx, fx...) }

// to goes to a state that any other leads to.
func (t *talk) to(state State) { t.step(Event("to " + string(state))) }

// step follows the table. An event that the table does not have here changes
// nothing; TestTable shows that none of ours is missing.
func (t *talk) step(event Event) {
	from := t.s.State
	if from == "" {
		from = conversation.initial
	}
	to, err := conversation.next(from, event)
	followed(from, event, to, err)
	if err != nil {
		return
	}
	if to != t.s.State {
		t.s.Misses, t.s.Voices, t.s.Picked = 0, 0, nil
		if _, q := find(to); q {
			t.s.Mark = ""
		}
		if to == menu { // what was being changed is left as it is
			t.s.Edit = false
		}
	}
	t.s.State = to
}

// followed lets tests see what becomes of every event.
var followed = func(from State, event Event, to State, err error) {}

// go2 follows the table and shows where it leads.
func (t *talk) go2(event Event) {
	t.step(event)
	t.show()
}

// open goes to a state and shows it.
func (t *talk) open(state State) {
	t.to(state)
	t.show()
}

// show says what the state asks, after passing over what needs no asking.
func (t *talk) show() {
	t.pass()
	if scr := screens[t.s.State]; scr.show != nil {
		scr.show(t)
	}
}

// again repeats the question that stands open.
func (t *talk) again() {
	if scr := screens[t.s.State]; scr.show != nil {
		scr.show(t)
	}
}

// interrupt remembers where the bot goes on after state.
func (t *talk) interrupt(state State) {
	from := t.s.State
	if from == "" {
		from = language
	}
	if from != state && !passing[from] {
		t.s.Place = append(t.s.Place, Place{from, t.s.Mark})
		if len(t.s.Place) > 4 {
			t.s.Place = t.s.Place[1:]
		}
	}
	t.to(state)
}

// passing are states that nothing comes back to.
var passing = map[State]bool{relang: true, switching: true, danger: true, checkin: true, selfharm: true, childask: true, welcome: true,
	verify: true, complaint: true, grouped: true, surely: true, forced: true, linked: true}

// resume goes back to what was interrupted, or to the menu.
func (t *talk) resume() {
	n := len(t.s.Place)
	if n == 0 {
		t.open(t.home())
		return
	}
	p := t.s.Place[n-1]
	t.s.Place = t.s.Place[:n-1]
	if p.State == language && t.s.Lang != "" { // chosen in the meantime
		p.State = t.home()
	}
	t.to(p.State)
	t.s.Mark = p.Mark
	t.show()
}

// home is where the worker stands with nothing begun.
func (t *talk) home() State {
	switch {
	case t.s.Lang == "":
		return language
	case t.s.Consent.Given || t.s.Consent.Refused:
		if t.s.Consent.Refused && !t.s.Consent.Given {
			return declined
		}
		return menu
	default:
		return safety
	}
}

// enter adds an entry to a case of this worker.
func (t *talk) enter(id cases.ID, n cases.Entry) {
	n.Case, n.At = id, t.e.At
	n.Lang = t.s.Lang
	t.do(Enter{n})
}

// token returns letters that are always the same for this step and tell
// nothing about it to those without the session's seed.
func (t *talk) token(what string) string {
	h := hmac.New(sha256.New, t.s.Seed)
	h.Write([]byte(what + "\x00" + t.e.ID))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)))
}

// newCase returns the name of a case that this step opens.
func (t *talk) newCase() cases.ID { return cases.ID("c" + t.token("case")[:20]) }

// alarm sets a time at which the bot speaks by itself; it replaces an earlier
// one of the same name. The zero time only takes that away.
func (t *talk) alarm(what string, at time.Time) {
	t.s.Alarms = slices.DeleteFunc(t.s.Alarms, func(a Alarm) bool { return a.What == what })
	if !at.IsZero() {
		t.s.Alarms = append(t.s.Alarms, Alarm{at, what})
	}
}

// last returns the case that the worker most likely means: the newest open one.
func (t *talk) last() *Mine {
	for i := len(t.s.Mine) - 1; i >= 0; i-- {
		if t.s.Mine[i].Status != cases.Withdrawn {
			return &t.s.Mine[i]
		}
	}
	return nil
}
