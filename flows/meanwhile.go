package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A Tap is something that a worker asked of the bot while a caseworker had the
// conversation: a button, or a word that is a command. It is kept, and shown to
// the caseworker; nothing follows from it.
type Tap struct {
	At     time.Time `json:"at"`
	Choice string    `json:"choice,omitempty"` // the button, as STATE:VALUE
	Intent string    `json:"intent,omitempty"` // the command, or "maybe" and what the words hint at
}

// An Aside is where a session stood before the bot had to do something in
// between.
type Aside struct {
	State State   `json:"state"`
	Mark  string  `json:"mark,omitempty"`
	Place []Place `json:"place,omitempty"`
}

// mostTaps is how many are kept; the newest count.
const mostTaps = 20

// How a conversation is handed back to the bot.
const (
	BackToStep = "resume" // goes on where it was
	BackToMenu = "menu"
	BackQuiet  = "close" // says that the person has left, and nothing else
)

// Meanwhile is what an event changes while a caseworker has the conversation:
// the bot is silent, and keeps what it is asked for. Only what protects the
// worker is done as always: an alert goes out, the chat is hidden, a message or
// everything is deleted.
func Meanwhile(s Session, e channels.Event) (Session, []Effect) {
	t := &talk{s: s.clone(), e: e}
	t.mend()
	switch e.Kind {
	case channels.Started, channels.Said, channels.Odd:
		t.s.Seen, t.s.Broken, t.s.Contact.Paused = e.At, false, false
		t.aside()
	case channels.Returned:
		t.s.Broken = false
	case channels.Woke:
		t.postpone()
	case channels.Brought:
		e.From = channels.Address{}
		t.s.Later = append(slices.Clip(t.s.Later), e)
	default:
		t.hear()
	}
	t.flush()
	return t.s, t.fx
}

// aside takes in what the worker did, without a word.
func (t *talk) aside() {
	_, v, _ := strings.Cut(t.e.Choice, ":")
	switch {
	case t.e.Intent == "danger" || v == "danger":
		t.alertSilently()
	case t.e.Intent == "hide" || v == "hide":
		t.hide()
	case t.s.Aside != nil && t.answersDeleting():
		t.deleting()
	case t.e.Intent == "delete" || t.e.Intent == "delete?" || t.e.Choice == "settings:delete" || t.e.Choice == "mydata:delete":
		if t.s.Aside == nil {
			t.s.Aside = &Aside{t.s.State, t.s.Mark, slices.Clone(t.s.Place)}
		}
		t.wipe()
	default:
		t.comeBack()
		if t.e.Choice != "" || t.e.Intent != "" {
			t.s.Taps = append(slices.Clip(t.s.Taps), Tap{t.e.At, t.e.Choice, t.e.Intent})
			t.s.Taps = t.s.Taps[max(0, len(t.s.Taps)-mostTaps):]
		}
		t.overhear()
	}
}

// asides are the states in which the bot deletes what is kept.
var asides = []State{deleting, surely, verify}

// answersDeleting reports whether the worker answers the question what to
// delete, and does not go on talking with the person.
func (t *talk) answersDeleting() bool {
	if t.s.State == verify {
		return t.e.Text != "" || strings.HasPrefix(t.e.Choice, verify)
	}
	at, _, _ := strings.Cut(t.e.Choice, ":")
	return slices.Contains(asides, t.s.State) && (State(at) == t.s.State || t.e.Intent == "yes" || t.e.Intent == "no" || t.e.Intent == "back")
}

// deleting carries on with what to delete. Of what the bot says only that is
// said.
func (t *talk) deleting() {
	if t.e.Choice != "" {
		t.press()
	} else if !t.command() {
		t.written()
	}
	if slices.Contains(asides, t.s.State) || t.s.Aside == nil { // or everything is gone
		return
	}
	t.parts = slices.DeleteFunc(t.parts, func(p Part) bool { return !strings.HasPrefix(p.Key, "delete.") && !strings.HasPrefix(p.Key, "verify.") })
	t.cut()
	t.comeBack()
}

// comeBack puts the session where it stood before an aside.
func (t *talk) comeBack() {
	if a := t.s.Aside; a != nil {
		t.s.State, t.s.Mark, t.s.Place, t.s.Aside = a.State, a.Mark, a.Place, nil
	}
}

// alertSilently sends for help at once, as ever. The person who has the
// conversation answers; the bot does not.
func (t *talk) alertSilently() {
	t.comeBack()
	before := Aside{t.s.State, t.s.Mark, slices.Clone(t.s.Place)}
	if t.s.Lang == "" { // all languages would be shown
		t.s.Lang = t.guess()
	}
	t.alert("button", cases.Danger)
	t.fx = slices.DeleteFunc(t.fx, func(f Effect) bool { _, says := f.(Say); return says })
	t.parts, t.class = nil, ""
	t.s.State, t.s.Mark, t.s.Place = before.State, before.Mark, before.Place
	t.alarm("nobody", time.Time{})
	t.alarm("checkin", time.Time{})
}

// overhear keeps the worker's words where the bot would have: with the report
// being told, or with the case that it is about.
func (t *talk) overhear() {
	p := cases.Part{At: t.e.At, Message: t.e.Message, Asked: "person", Text: t.words(), Media: attachments(t.e.Media)}
	if p.Text == "" && len(p.Media) == 0 {
		return
	}
	m := t.last()
	switch {
	case t.s.Draft != nil:
		t.s.Draft.Story = append(slices.Clip(t.s.Draft.Story), p)
		t.fetch(t.s.Draft.ID)
	case t.s.State == person && t.s.Mark != "":
		t.addedTo(cases.ID(t.s.Mark), p)
	case t.s.Danger != nil:
		t.addedTo(t.s.Danger.Case, p)
	case m != nil:
		t.addedTo(m.ID, p)
	default:
		t.fetch("")
	}
}

func (t *talk) addedTo(id cases.ID, p cases.Part) {
	if p.Text != "" {
		t.enter(id, cases.Entry{Kind: cases.Said, Text: p.Text})
	}
	t.fetch(id)
}

// postpone keeps the bot from speaking by itself: what is due is due again in
// an hour. That nobody has come yet is not true any more.
func (t *talk) postpone() {
	for _, a := range slices.Clone(t.s.Alarms) {
		switch {
		case a.At.After(t.e.At):
		case a.What == "nobody" || a.What == "checkin":
			t.alarm(a.What, time.Time{})
		default:
			t.alarm(a.What, t.e.At.Add(time.Hour))
		}
	}
	if t.e.What == "quiet" {
		t.s.Contact.Silent = true
		t.s.Alarms = nil
	}
}

func init() { brought["handed back"] = (*talk).handedBack }

// handedBack goes on where the worker was when the caseworker came: says that
// the bot is back, what was told so far, and asks again.
func (t *talk) handedBack() {
	t.comeBack()
	taps, later := t.s.Taps, t.s.Later
	t.s.Taps, t.s.Later, t.s.Waits, t.s.Danger = nil, nil, false, nil
	t.alarm("nobody", time.Time{})
	t.alarm("checkin", time.Time{})
	if t.s.State != "" {
		t.tell("person.back_to_bot", Args{"HelperName": or(t.e.Text, "👤")})
		t.pickUp(taps)
	}
	now := t.e
	for _, e := range later {
		if f := brought[e.What]; f != nil {
			t.flush()
			t.e = e
			t.e.From, t.e.At = now.From, now.At
			f(t)
		}
	}
}

// ended are states that are over when a person has been there.
var ended = []State{person, danger, checkin, selfharm, childask, welcome}

func (t *talk) pickUp(taps []Tap) {
	switch how := t.e.Topic; {
	case how == BackToMenu || how == BackQuiet:
		t.s.Place, t.s.Extra, t.s.Topic = nil, 0, ""
		if t.to(t.home()); how == BackToMenu {
			t.show()
		}
		return
	case slices.Contains(ended, t.s.State):
		for n := len(t.s.Place); n > 0 && slices.Contains(ended, t.s.Place[n-1].State); n-- {
			t.s.Place = t.s.Place[:n-1]
		}
		p := Place{State: t.home()}
		if n := len(t.s.Place); n > 0 {
			p, t.s.Place = t.s.Place[n-1], t.s.Place[:n-1]
		}
		t.to(p.State)
		t.s.Mark = p.Mark
	}
	if t.s.Draft != nil && t.reporting() && (len(t.s.Draft.Kinds) > 0 || len(t.s.Draft.Answers) > 0) && t.s.State != review {
		t.tell("review.summary", summed(t.s.Draft))
	}
	cs, _ := Choices(t.s)
	for _, tap := range slices.Backward(taps) {
		if i := slices.IndexFunc(cs, func(c Choice) bool { return c.Value == tap.Choice }); i >= 0 && cs[i].Key != "" {
			t.tell("person.pressed", Args{"Answer": Term(cs[i].Key)})
			break
		}
	}
	t.again()
}

// promised says when a person answers: at night, that nobody is there now, and
// a time that can be kept.
func (t *talk) promised(v cases.Severity) {
	t.parts = append(t.parts, Promised(t.s, v, t.e.At, t.e.Opens))
}

// Promised is the text that says when a person answers who is asked for now.
// opens is when the next one is there, if nobody is.
func Promised(s Session, v cases.Severity, now, opens time.Time) Part {
	key, due := "person.queue", now.Add(Limit(v))
	if opens.After(now) {
		key = "person.off_hours"
		if due.Before(opens.Add(time.Hour)) {
			due = opens.Add(max(Limit(v), time.Hour))
		}
	}
	return Part{Key: key, Args: Args{"ByWhen": Moment{due, s.Contact.Country}}}
}

// Limit is within what time a person answers a worker.
func Limit(v cases.Severity) time.Duration {
	if v == cases.Unjudged {
		v = cases.Ordinary
	}
	return limits[v]
}

// Progress returns which question of the report stands open in s, and how many
// there are. Zero means that none does.
func Progress(s Session) (n, of int) {
	i := slices.IndexFunc(intake, func(q question) bool { return q.state == s.State })
	if i < 0 {
		return 0, 0
	}
	return i + 1, len(intake)
}
