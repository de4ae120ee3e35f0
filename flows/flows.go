// Package flows decides what the bot says and does. Everything in it is a
// pure function: it reads no clock, no store and no network, so the same
// conversation always goes the same way, in a test as on a worker's phone.
package flows

import (
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A Session is where one conversation stands. The zero Session is a
// conversation that has not begun. It is stored sealed after every step; a
// field may be added but never renamed, and a session that an older version
// stored goes on.
type Session struct {
	State State   `json:"state,omitempty"`
	Lang  string  `json:"lang,omitempty"`  // empty until chosen or guessed
	Ref   string  `json:"ref,omitempty"`   // the link that brought the worker here
	Seed  []byte  `json:"seed,omitempty"`  // chance, given by the bot with the first step
	Place []Place `json:"place,omitempty"` // where the bot goes on after what interrupted it, innermost last

	Consent Consent       `json:"consent,omitzero"`
	Early   []cases.Part  `json:"early,omitempty"` // sent before consent was asked: kept or dropped with the answer
	Draft   *cases.Report `json:"draft,omitempty"` // being told
	Mine    []Mine        `json:"mine,omitempty"`  // reports that were sent, oldest first
	Contact cases.Contact `json:"contact,omitzero"`
	Prefs   *cases.Report `json:"prefs,omitempty"` // answers that were given as settings, for the next report
	Word    string        `json:"word,omitempty"`  // digest of the secret word
	Proven  time.Time     `json:"proven,omitzero"` // when the secret word was last given
	Tries   int           `json:"tries,omitempty"` // wrong words in a row

	Group   cases.Code `json:"group,omitempty"`   // the first level chosen, while the second is asked
	Offer   string     `json:"offer,omitempty"`   // the language offered
	Refused []string   `json:"refused,omitempty"` // languages offered in vain
	Edit    bool       `json:"edit,omitempty"`    // one answer is being changed: back to the review after it
	Extra   int        `json:"extra,omitempty"`   // which of Mine an extra question belongs to, plus one
	Topic   string     `json:"topic,omitempty"`   // what is looked up: a topic of rights
	Country string     `json:"country,omitempty"`
	Picked  []string   `json:"picked,omitempty"` // of a question with several answers, so far
	Mark    string     `json:"mark,omitempty"`   // what a yes in this state refers to

	Taps  []Tap            `json:"taps,omitempty"`  // what the worker asked of the bot while a caseworker had the conversation
	Later []channels.Event `json:"later,omitempty"` // what was brought meanwhile: it comes up when the bot is back
	Aside *Aside           `json:"aside,omitempty"` // where the bot stood, while it deletes what the worker wants gone meanwhile

	Last   string    `json:"last,omitempty"` // the button last taken, to know it pressed twice
	LastAt time.Time `json:"lastAt,omitzero"`
	Misses int       `json:"misses,omitempty"` // answers in a row that were not understood
	Voices int       `json:"voices,omitempty"` // voice notes in a row for a question with buttons

	Asked  time.Time `json:"asked,omitzero"`   // when the question that stands open was last shown
	Alarms []Alarm   `json:"alarms,omitempty"` // times at which the bot speaks by itself
	Danger *Danger   `json:"danger,omitempty"` // an alert that no person has taken
	Extras Extras    `json:"extras,omitzero"`
	Seen   time.Time `json:"seen,omitzero"`    // the worker's last sign of life
	Zawgyi int       `json:"zawgyi,omitempty"` // how far the worker's texts lean to Zawgyi
	Broken bool      `json:"broken,omitempty"` // the channel was blocked
	Other  *Other    `json:"other,omitempty"`
	Join   *Joining  `json:"join,omitempty"`   // a case whose code was brought along
	Refers []Refer   `json:"refers,omitempty"` // whether other organisations may get a case
	News   News      `json:"news,omitzero"`    // updates that wait to be read
	Checks []Check   `json:"checks,omitempty"` // what cases ask, and what was answered last
	Waits  bool      `json:"waits,omitempty"`  // for a person
}

// A Place is a state to come back to.
type Place struct {
	State State  `json:"state"`
	Mark  string `json:"mark,omitempty"`
}

// Consent is the worker's answer to whether we may write down what is told.
type Consent struct {
	Given   bool      `json:"given,omitempty"`
	Refused bool      `json:"refused,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Wording int       `json:"wording,omitempty"` // version of the text agreed to
	Lang    string    `json:"lang,omitempty"`
}

// Other is the conversation in another app that this one goes on from.
type Other struct {
	At channels.Address `json:"at"`
}

// Mine is a report of this worker and what the bot may say about it.
type Mine struct {
	ID       cases.ID       `json:"id"`
	Ref      string         `json:"ref"`
	Status   cases.Status   `json:"status"`
	Severity cases.Severity `json:"severity,omitempty"`
	Report   *cases.Report  `json:"report,omitempty"`
	News     time.Time      `json:"news"`            // of the last news
	Due      time.Time      `json:"due,omitzero"`    // before which a person writes
	Rated    bool           `json:"rated,omitempty"` // was asked how our help was
}

// Danger is an alert under way.
type Danger struct {
	Trigger string         `json:"trigger"`
	At      time.Time      `json:"at"`
	Case    cases.ID       `json:"case"`
	Checks  int            `json:"checks,omitempty"` // how often the bot asked how the worker is
	Level   cases.Severity `json:"level"`
}

// Extras counts the questions asked after a report was sent.
type Extras struct {
	Day   string `json:"day,omitempty"` // in the worker's zone
	Count int    `json:"count,omitempty"`
}

// An Alarm is a time at which the bot does something by itself.
type Alarm struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// An Effect is something the bot must do because of a step. Effects are plain
// values: tests compare them, the bot carries them out.
type Effect interface{ effect() }

// Effects.
type (
	// Say sends one message: texts of the catalogue, one paragraph each, and
	// the choices under them.
	Say struct {
		Parts   []Part
		Choices []Choice
		Class   channels.Class
		Expires time.Time // not sent later than this
	}

	// Show sends the worker's link to share, drawn as a code to scan.
	Show struct{ Parts []Part }

	// Enter adds an entry to a case; one of kind Opened opens it.
	Enter struct{ Entry cases.Entry }

	// Keep fetches what the worker attached and keeps it with the case, or
	// with the draft while there is none.
	Keep struct {
		Case  cases.ID
		Media []channels.Media
	}

	// Summon asks for a person to talk with the worker.
	Summon struct {
		Case     cases.ID
		Severity cases.Severity
	}

	// Count counts a stage that a worker reached who came by a link.
	Count struct{ Link, Stage string }

	// Hide takes the messages of the last days off the worker's phone.
	Hide struct{}

	// Retract erases our copy of a message that the worker took back.
	Retract struct{ Message string }

	// Erase destroys what is kept about the worker: "chat" what was said
	// here, "all" everything.
	Erase struct{ What string }

	// Pair lets another app go on with this conversation, once, for a short
	// time, with Code.
	Pair struct {
		Code  string
		Until time.Time
	}

	// Quiet lets the conversation in the other app fall silent.
	Quiet struct{}

	// Leave leaves a group chat.
	Leave struct{}
)

func (Say) effect()     {}
func (Show) effect()    {}
func (Enter) effect()   {}
func (Keep) effect()    {}
func (Summon) effect()  {}
func (Count) effect()   {}
func (Hide) effect()    {}
func (Retract) effect() {}
func (Erase) effect()   {}
func (Pair) effect()    {}
func (Quiet) effect()   {}
func (Leave) effect()   {}

// A Part is one text of the catalogue with what stands in it.
type Part struct {
	Key  string
	Args Args
	Lang string // other than the session's

	// Else is said instead where a Fact among Args is not known here: no
	// number is ever shown that nobody has checked.
	Else string
}

// Args are the values of a text's placeholders. Besides plain strings and
// numbers there are values that each language writes in its own way.
type Args map[string]any

// Values that each language writes in its own way.
type (
	// Term is a text of the catalogue inside another.
	Term string

	// Terms are several, joined by commas.
	Terms []string

	// Moment is a time, written with its day in the zone of the country of work.
	Moment struct {
		At      time.Time
		Country string
	}

	// Fact is something that the installation knows: its own name, or a
	// checked number of the country of work.
	Fact struct{ Name, Country string }

	// Listing is every checked help number of a country ("numbers"), or a
	// rights card ("rights"), as far as the installation has them.
	Listing struct{ What, Country, Topic string }
)

// A Choice is a button: the key of its label and what it means in the state
// that shows it.
type Choice struct {
	Key   string
	Value string
	Lang  string // other than the session's
	Text  string // instead of Key: a case's number
}

// Copy returns s with nothing shared.
func (s Session) Copy() Session { return s.clone() }

// clone returns s with nothing shared, so that a step never changes the
// session that it was given.
func (s Session) clone() Session {
	s.Place, s.Early, s.Mine = slices.Clone(s.Place), slices.Clone(s.Early), slices.Clone(s.Mine)
	s.Picked, s.Alarms, s.Refused = slices.Clone(s.Picked), slices.Clone(s.Alarms), slices.Clone(s.Refused)
	s.News, s.Checks = s.News.clone(), slices.Clone(s.Checks)
	s.Refers = slices.Clone(s.Refers)
	s.Draft, s.Prefs, s.Join = s.Draft.Clone(), s.Prefs.Clone(), s.Join.clone()
	if s.Danger != nil {
		d := *s.Danger
		s.Danger = &d
	}
	return s
}

// Wake returns when the bot wants to speak by itself next, or the zero time.
func (s Session) Wake() (t time.Time) {
	for _, a := range s.Alarms {
		if t.IsZero() || a.At.Before(t) {
			t = a.At
		}
	}
	return t
}
