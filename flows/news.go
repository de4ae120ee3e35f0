package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// News of a case reach a worker in this way. The session keeps which update
// waits and never what it says, so that a correction made meanwhile is what is
// read. What shows on the phone is a neutral line with a button, one however
// much waits; the news themselves come once the worker is there: with the
// button, or after the answer to whatever the worker writes.

// A Waiting is an update that the worker has yet to read, or has just read.
type Waiting struct {
	Case   cases.ID            `json:"case"`
	Update string              `json:"update"`
	Kind   string              `json:"kind,omitempty"`
	Topic  cases.Code          `json:"topic,omitempty"`
	Wrong  string              `json:"wrong,omitempty"` // the update that it corrects
	With   string              `json:"with,omitempty"`  // whom we would ask for help
	Lang   string              `json:"lang,omitempty"`  // in which it could be told when it came
	At     time.Time           `json:"at,omitzero"`
	State  cases.DeliveryState `json:"state,omitempty"`
	Until  time.Time           `json:"until,omitzero"`
	Chose  string              `json:"chose,omitempty"` // the answer that the worker gave to it
}

// News is what of updates a conversation remembers.
type News struct {
	Waits   []Waiting `json:"waits,omitempty"`  // oldest first
	Told    []Waiting `json:"told,omitempty"`   // the last ones, oldest first
	Knocked time.Time `json:"knocked,omitzero"` // when the neutral line was decided on that is unread
	Later   int       `json:"later,omitempty"`  // how often the worker has put it off since the last came
	NotYet  time.Time `json:"notYet,omitzero"`  // put off until then
}

func (n News) clone() News {
	n.Waits, n.Told = slices.Clone(n.Waits), slices.Clone(n.Told)
	return n
}

// Effects of news.
type (
	// Tell says what an update says, in the worker's language, as it is when
	// the step is taken: Lang is the last resort among languages. A Push shows
	// the news on a locked phone.
	Tell struct {
		Waiting
		Class channels.Class
	}

	// Knock says that news wait, and not which.
	Knock struct {
		Parts   []Part
		Choices []Choice
		Class   channels.Class
	}

	// Stands says how far an update has come for this worker. As names another
	// that this one waits together with: it has come as far.
	Stands struct {
		Case   cases.ID
		Update string
		State  cases.DeliveryState
		Why    string
		Until  time.Time
		As     string
	}
)

func (Tell) effect()   {}
func (Knock) effect()  {}
func (Stands) effect() {}

const (
	remembered = 20             // updates that a button may still belong to
	putOff     = 12 * time.Hour // how long "not now" is obeyed at least
	window     = 23 * time.Hour // after this long a silence some platforms let only a neutral line pass
)

func init() { brought["update"] = broughtUpdate }

// broughtUpdate takes in that there is an update. What to do about it is for
// the end of the step.
func broughtUpdate(t *talk) {
	n, f := &t.s.News, t.e.Facts
	w := Waiting{Case: cases.ID(t.e.Case), Update: t.e.Update, Kind: f["kind"], Topic: cases.Code(t.e.Topic), Wrong: f["wrong"], With: f["with"], Lang: f["lang"],
		At: t.e.At, State: cases.ToSend}
	if f["again"] != "" {
		t.notSent(w)
		return
	}
	same := func(o Waiting) bool { return o.Update == w.Update }
	if slices.ContainsFunc(n.Told, same) { // in the place of the one that it corrects
		t.do(Stands{Case: w.Case, Update: w.Update, State: cases.Seen})
		return
	}
	if slices.ContainsFunc(n.Waits, same) {
		return
	}
	m := t.caseOf(w.Case)
	if t.s.State == "" || m != nil && m.Status == cases.Withdrawn {
		t.do(Stands{Case: w.Case, Update: w.Update, State: cases.Gone, Why: "left"})
		return
	}
	if m != nil {
		m.follow(f, t.e.At)
	}
	n.Waits, n.Later = append(slices.Clip(n.Waits), w), 0
}

// notSent has an update that was told wait once more: its message was held
// back, because a person had begun to write.
func (t *talk) notSent(w Waiting) {
	n := &t.s.News
	i := slices.IndexFunc(n.Told, func(o Waiting) bool { return o.Update == w.Update })
	if i < 0 {
		return
	}
	w = n.Told[i]
	w.State = cases.ForWorker
	n.Told = slices.Delete(n.Told, i, i+1)
	n.Waits = append([]Waiting{w}, n.Waits...)
}

// follow brings what the bot says of a case up to date.
func (m *Mine) follow(facts map[string]string, at time.Time) {
	m.News = at
	if s := facts["status"]; s != "" {
		m.Status = cases.Status(s)
	}
	if due, err := time.Parse(time.RFC3339, facts["due"]); err == nil {
		m.Due = due
	} else if !m.Status.Open() {
		m.Due = time.Time{}
	}
}

// caseOf returns this worker's report of a case, or nil.
func (t *talk) caseOf(id cases.ID) *Mine {
	i := slices.IndexFunc(t.s.Mine, func(m Mine) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &t.s.Mine[i]
}

// news ends every step: what waits is told if the worker is there to read it,
// and else announced as the worker's card allows.
func (t *talk) news() {
	n := &t.s.News
	acted := t.e.Kind == channels.Said || t.e.Kind == channels.Started || t.e.Kind == channels.Odd
	if acted {
		t.got()
	}
	if acted && (!t.locked() || t.e.At.Sub(n.Knocked) > time.Hour) {
		n.Knocked = time.Time{}
	}
	t.left()
	switch {
	case len(n.Waits) == 0:
		t.alarmNews(time.Time{})
	case acted && t.e.Kind != channels.Started && t.e.Choice != laterChoice && t.reads() && !t.locked():
		t.tellNews(n.Waits, channels.Answer)
		*n = News{Told: n.Told}
		t.alarmNews(time.Time{})
	default:
		t.announce(acted && t.e.Choice != laterChoice || t.e.Kind == channels.Returned)
	}
}

// left drops news of cases that the worker has withdrawn from.
func (t *talk) left() {
	for i := len(t.s.News.Waits) - 1; i >= 0; i-- {
		w := t.s.News.Waits[i]
		if m := t.caseOf(w.Case); m != nil && m.Status == cases.Withdrawn {
			t.stands(&w, Stands{State: cases.Gone, Why: "left"})
			t.s.News.Waits = slices.Delete(t.s.News.Waits, i, i+1)
		}
	}
}

// got notes that what was shown at once has been read: the worker is there.
func (t *talk) got() {
	for i := range t.s.News.Told {
		if w := &t.s.News.Told[i]; w.State == cases.SentOut {
			t.stands(w, Stands{State: cases.Seen})
		}
	}
}

// reads reports whether this is a moment for news. In danger, and where the
// worker has said that it is not safe, it is none.
func (t *talk) reads() bool {
	switch t.s.State {
	case fact, amount, content, missing, treated, further, recheck, pressed, rating: // one thing after the other
		return false
	case "", language, safety, unsafe, danger, checkin, selfharm, childask, verify, grouped, surely, deleting, linked:
		return false
	}
	return t.s.Danger == nil && !t.s.Contact.Paused &&
		t.e.Intent != "hide" && t.e.Intent != "stop" && !strings.HasSuffix(t.e.Choice, ":hide")
}

// locked reports whether the secret word comes before anything about a case.
func (t *talk) locked() bool { return t.s.Word != "" && t.e.At.Sub(t.s.Proven) > time.Hour }

// tellNews says what ws say and remembers them.
func (t *talk) tellNews(ws []Waiting, class channels.Class) {
	n := &t.s.News
	for _, w := range ws {
		t.do(Tell{Waiting: w, Class: class})
		if w.State, w.Until = cases.Seen, (time.Time{}); class == channels.Push {
			w.State = cases.SentOut
		}
		n.Told = append(slices.Clip(n.Told), w)
	}
	n.Told = n.Told[max(0, len(n.Told)-remembered):]
}

// announce decides for everything that waits how the worker hears of it. here
// says that the worker has the phone in hand.
func (t *talk) announce(here bool) {
	n := &t.s.News
	here = here && t.reads()
	var at time.Time
	knock := false
	waits := n.Waits
	n.Waits = make([]Waiting, 0, len(waits))
	for _, w := range waits {
		state, until := t.s.Reach(w.Case, w.Topic, t.e.At)
		st := Stands{State: state, Until: until}
		switch {
		case state == cases.Barred, state == cases.ForWorker:
		case !n.Knocked.IsZero():
			st = Stands{State: w.State, Until: w.Until}
			if w.At.After(n.Knocked) {
				st = Stands{State: cases.Behind, As: n.knocked(waits)}
			}
		case here: // at any hour
			st, knock = Stands{State: cases.ToSend}, true
		case !t.reads() || n.Later > 1:
			st = Stands{State: cases.ForWorker}
		case state == cases.ForHours:
			if at.IsZero() || until.Before(at) {
				at = until
			}
		case t.s.open(w) && !t.locked() && t.e.At.Sub(t.s.Seen) < window:
			t.tellNews([]Waiting{w}, channels.Push)
			continue
		default:
			knock = true
		}
		t.stands(&w, st)
		n.Waits = append(n.Waits, w)
	}
	t.alarmNews(at)
	if knock {
		t.knock(here)
	}
}

// knocked returns the first of ws that the neutral line stands for.
func (n *News) knocked(ws []Waiting) string {
	for _, w := range ws {
		if !w.At.After(n.Knocked) && w.State != cases.ForWorker && w.State != cases.Barred {
			return w.Update
		}
	}
	return ""
}

// stands notes how far w has come, where that is new.
func (t *talk) stands(w *Waiting, st Stands) {
	if w.State == st.State && w.Until.Equal(st.Until) {
		return
	}
	w.State, w.Until = st.State, st.Until
	st.Case, st.Update = w.Case, w.Update
	t.do(st)
}

// alarmNews sets the time at which news are announced, if it is another.
func (t *talk) alarmNews(at time.Time) {
	i := slices.IndexFunc(t.s.Alarms, func(a Alarm) bool { return a.What == newsAlarm })
	if i < 0 && at.IsZero() || i >= 0 && t.s.Alarms[i].At.Equal(at) {
		return
	}
	t.alarm(newsAlarm, at)
}

const (
	newsAlarm   = "news"
	laterChoice = "news:later"
)

// knock sends the neutral line.
func (t *talk) knock(here bool) {
	t.s.News.Knocked = t.e.At
	t.do(KnockOf(len(t.s.News.Waits), here))
}

// KnockOf returns the neutral line about n updates: for a worker who is here,
// as an answer.
func KnockOf(n int, here bool) Knock {
	k := Knock{Parts: []Part{{Key: "preview.open"}}, Class: channels.Push, Choices: []Choice{{Key: "btn.read_now", Value: "news:read"}, {Key: "btn.not_now", Value: laterChoice}}}
	if here {
		k.Class = channels.Answer
	}
	if n > 1 {
		k.Parts = []Part{{Key: "update.waiting", Args: Args{"Count": n}}}
	}
	return k
}

// Announces reports whether anything is announced at all just now: not in
// danger, and not before the worker has begun.
func Announces(s Session) bool {
	t := talk{s: s}
	return t.reads()
}

// Reach says how a worker hears of an update about a case at a time: pushed at
// once (ToSend) or at an hour (ForHours), only when the worker writes
// (ForWorker), or not while the channel is blocked (Barred). It is what a plan
// shows and what happens.
func (s Session) Reach(id cases.ID, topic cases.Code, now time.Time) (cases.DeliveryState, time.Time) {
	switch {
	case s.Broken:
		return cases.Barred, time.Time{}
	case s.silent(id, topic):
		return cases.ForWorker, time.Time{}
	}
	from := now
	if s.News.NotYet.After(now) {
		from = s.News.NotYet
	}
	free := s.Contact.Free(from)
	switch {
	case free.IsZero():
		return cases.ForWorker, time.Time{}
	case free.After(now):
		return cases.ForHours, free
	}
	return cases.ToSend, time.Time{}
}

// silent reports whether nothing at all may show on the phone: on choice, and
// where it would harm most.
func (s Session) silent(id cases.ID, topic cases.Code) bool {
	if s.Contact.Silent || s.Contact.Paused || unseen(topic) {
		return true
	}
	for _, m := range s.Mine {
		if r := m.Report; m.ID == id && r != nil {
			return slices.ContainsFunc(r.Kinds, unseen) || r.First("sector") == "home" || r.First("bossknows") == "yes"
		}
	}
	return false
}

// unseen are the kinds of abuse of which a phone must not show a trace.
func unseen(c cases.Code) bool { return c.Group() == "sex" || c.Group() == "free" }

// open reports whether the worker wants news at once, whoever sees the phone.
func (s Session) open(w Waiting) bool { return s.Contact.Open && !s.silent(w.Case, w.Topic) }
