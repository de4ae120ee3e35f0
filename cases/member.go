package cases

import (
	"maps"
	"slices"
	"time"
)

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
	From    ID      `json:",omitempty"` // the case that the worker came from, by a merge or a split
	Proxy   bool    `json:",omitempty"` // taken down by a caseworker: no chat
	Left    bool    `json:",omitempty"` // takes part no more
	Lost    string  `json:",omitempty"` // why the worker cannot be reached: blocked, left
	Consent Consent `json:",omitzero"`
	Claims  []Claim `json:",omitempty"`
}

// What a worker may allow, beside sharing the case with a party or an
// organisation.
const (
	Raise = "raise" // to talk to the employer, without a name
	Guess = "guess" // to do so though the employer may guess who it is
)

// Allows returns all that a worker allows, by name.
func (c Consent) Allows() (names []string) {
	if c.Employer == "yes" {
		names = append(names, Raise)
	}
	if c.Guess {
		names = append(names, Guess)
	}
	for name, yes := range c.Shared {
		if yes {
			names = append(names, name)
		}
	}
	return names
}

// Consent is what a worker allows. Nothing is allowed that was not asked.
type Consent struct {
	Employer   string           `json:",omitempty"` // "yes", "no", "later": raise with the employer, without a name
	Guess      bool             `json:",omitempty"` // also where so few workers know of it that the employer may guess who asked
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
	Got       string   `json:",omitempty"` // all, some, none: of the amount that this worker was promised
	Satisfied string   `json:",omitempty"` // yes, partly, no
	Missing   []string `json:",omitempty"` // codes of remedywhy
	Words     string   `json:",omitempty"`
	Voice     bool     `json:",omitempty"`
	Told      bool     `json:",omitempty"` // has said what is missing, or passed over it
	Treated   string   `json:",omitempty"` // yes, no, secret: treated badly for asking
	Further   string   `json:",omitempty"` // on, enough
	Pressed   string   `json:",omitempty"` // yes, no: told what to answer
	Again     string   `json:",omitempty"` // recheck: ok, back, punished
	Proxy     string   `json:",omitempty"` // the caseworker who was told, and Second who confirmed
	Second    string   `json:",omitempty"`
	Helped    string   `json:",omitempty"` // good, ok, bad: how our help was; never mixed with the rest
}

// Full reports whether the worker has all of it and is satisfied.
func (a *Answered) Full() bool {
	return a != nil && a.Fact == "all" && (a.Got == "" || a.Got == "all") && a.Satisfied == "yes"
}

// Clone returns a copy that shares nothing with m that an entry may change.
func (m *Member) Clone() *Member {
	if m == nil {
		return nil
	}
	c := *m
	c.Claims = slices.Clone(m.Claims)
	c.Consent.Shared, c.Consent.At = maps.Clone(m.Consent.Shared), maps.Clone(m.Consent.At)
	return &c
}

// Claim returns what m says about an issue, or nil.
func (m *Member) Claim(issue Code) *Claim {
	if m == nil {
		return nil
	}
	return find(m.Claims, func(c *Claim) bool { return c.Issue == issue })
}

// Share notes whether a worker allows that a party or an organisation sees the case.
func (c *Consent) Share(with string, yes bool) {
	if c.Shared == nil {
		c.Shared = map[string]bool{}
	}
	c.Shared[with] = yes
}
