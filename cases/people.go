package cases

import "time"

// A Caseworker is who acts on cases: a person of an organisation, or the Bot.
type Caseworker struct {
	ID   CaseworkerID
	Org  OrgID
	Role Role `json:",omitempty"`
}

// Bot acts for the workers who speak to it, and for time.
var Bot = Caseworker{ID: "bot", Role: System}

// A Role says what somebody may do. lifecycle.tsv of package flows says it for
// cases.
type Role string

// Roles.
const (
	System     Role = "system"     // the bot and its clock
	Worker     Role = "worker"     // about the worker's own claim
	Helper     Role = "caseworker" // everything else on cases of the own organisation
	Supervisor Role = "supervisor" // also lowers severity, raises for few workers, escalates, closes as not fixed, invites
	Desk       Role = "desk"       // routes between organisations and reads no words
	Partner    Role = "partner"    // sees only what was referred with consent
)

// A Person is a caseworker as the console knows one.
type Person struct {
	Caseworker
	Login    string   // with which the person signs in, such as an e-mail address; never changes
	Name     string   // shown to workers when the person takes a conversation over
	Langs    []string // spoken with workers
	Lang     string   // of the console
	Zone     string   // time zone, such as "Asia/Bangkok"
	Made     time.Time
	Keys     bool  // single keys act in the console
	Disabled bool  `json:",omitempty"`
	Version  int64 `json:"-"`
}

// String shows no more of p than the role.
func (p Person) String() string { return string(p.Role) }

// GoString shows no more than String.
func (p Person) GoString() string { return p.String() }

// An Organisation is a local NGO, union or legal clinic.
type Organisation struct {
	ID        OrgID
	Name      string
	Countries []string `json:",omitempty"`
	Langs     []string `json:",omitempty"`
	Kind      string   `json:",omitempty"` // ngo, union, legal, shelter
	Hours     []Hours  `json:",omitempty"` // when somebody answers; empty: nobody has said
	Zone      string   `json:",omitempty"`
	Version   int64    `json:"-"`

	// With whom it may speak about cases. Names are compared with what workers
	// call their workplace and agency, so every spelling stands here, in each
	// script.
	Speaks    []Party  `json:",omitempty"` // kinds of counterparts; empty: all
	Employers []string `json:",omitempty"` // employers and agencies; empty: all
	Conflicts []string `json:",omitempty"` // employers and agencies of which it is not independent
}

// Hours are when somebody answers: on a day of the week from a minute of the
// day to another.
type Hours struct {
	Day      time.Weekday
	From, To int      // minutes after midnight
	Langs    []string `json:",omitempty"` // empty: all of the organisation's
}

// Independent is the organisation that hears complaints about the service
// itself. Nobody else can read them, least of all who is complained about.
const Independent OrgID = "independent"
