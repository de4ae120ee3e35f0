package cases

import "time"

// A Member is a worker who takes part in a case. What the worker says and how
// the worker is reached are sealed with the worker's key; the case knows only
// how many there are.
type Member struct {
	Worker  WorkerID
	Chat    string // the conversation, by its id in the store
	Alias   string `json:",omitempty"` // what staff call the worker: "No name 0313" until one is given
	Lang    string `json:",omitempty"`
	Channel string `json:",omitempty"` // platform
	Country string `json:",omitempty"`
	Joined  time.Time
	Lead    bool    `json:",omitempty"` // reported first
	Held    bool    `json:",omitempty"` // joined, and not let in yet
	Spokes  bool    `json:",omitempty"` // represents others: is told, does not answer for them
	Proxy   bool    `json:",omitempty"` // taken down by a caseworker: no chat
	Lost    string  `json:",omitempty"` // why the worker cannot be reached: blocked, left
	Consent Consent `json:",omitzero"`
	Claims  []Claim `json:",omitempty"`
}

// Consent is what a worker allows. Nothing is allowed that was not asked.
type Consent struct {
	Employer   string           `json:",omitempty"` // "yes", "no", "later": raise with the employer, without a name
	Name       bool             `json:",omitempty"` // the employer may be told the name
	Shared     map[string]bool  `json:",omitempty"` // by organisation or party: may read the case
	Statistics bool             `json:",omitempty"`
	Contact    bool             `json:",omitempty"` // afterwards, to ask how it is
	At         map[string]int64 `json:",omitempty"` // when each was last given or taken back, seconds since 1970
}

// A Claim is what one worker says about one issue. Only claims can close it.
type Claim struct {
	Issue  Code
	Status Status     // open as Checking or Reopened; Satisfied, Partly once the worker said so
	Fixed  bool       `json:",omitempty"` // the employer says so
	Amount string     `json:",omitempty"` // what this worker was promised, with its currency
	Asked  int        `json:",omitempty"` // times in this round
	Round  int        `json:",omitempty"`
	Last   *Answered  `json:",omitempty"`
	Before []Answered `json:",omitempty"` // earlier answers, oldest first: an answer may be changed, not lost
	Hurt   string     `json:",omitempty"` // retaliation: "open" until a supervisor has dealt with it, then "dealt"
}

// Answered is what a worker says about a remedy: about facts first, then
// whether it is enough.
type Answered struct {
	At        time.Time
	Round     int
	Fact      string   `json:",omitempty"` // all, some, none
	Satisfied string   `json:",omitempty"` // yes, partly, no
	Missing   []string `json:",omitempty"` // codes of remedywhy
	Words     string   `json:",omitempty"`
	Voice     bool     `json:",omitempty"`
	Treated   string   `json:",omitempty"` // yes, no, secret: treated badly for asking
	Further   string   `json:",omitempty"` // on, enough
	Pressed   string   `json:",omitempty"` // yes, no: told what to answer
	Again     string   `json:",omitempty"` // recheck: ok, back, punished
	Proxy     string   `json:",omitempty"` // the caseworker who was told, and Second who confirmed
	Second    string   `json:",omitempty"`
	Helped    string   `json:",omitempty"` // good, ok, bad: how our help was; never mixed with the rest
}

// Full reports whether the worker has all of it and is satisfied.
func (a *Answered) Full() bool { return a != nil && a.Fact == "all" && a.Satisfied == "yes" }
