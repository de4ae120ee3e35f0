package cases

import "time"

// Statuses of an issue. The status of a case is that of the least advanced
// issue that is open.
const (
	Received      Status = "received"
	Heard         Status = "acknowledged"   // a person has written to the worker
	Clarification Status = "clarification"  // the worker was asked something
	Passed        Status = "referred"       // with another organisation
	WithEmployer  Status = "raised"         // the employer was told
	EmployerSpoke Status = "responded"      // the employer answered
	Agreed        Status = "plan"           // there is a plan
	Underway      Status = "in_progress"    // it is being carried out
	SaidFixed     Status = "remedy_claimed" // the employer says it is fixed
	Checking      Status = "worker_check"   // the workers are asked
	Reopened      Status = "reopened"       // a worker says it is not fixed
	Satisfied     Status = "closed_satisfied"
	Partly        Status = "closed_partly"     // a worker said that it is enough
	Unverified    Status = "closed_unverified" // nobody answered; never counted as satisfied
	Advised       Status = "closed_info"       // only information was wanted
	NotFixed      Status = "closed_not_fixed"
	NoContact     Status = "no_contact"
	Withdrawn     Status = "withdrawn" // by the worker; it can be taken up again
	MergedInto    Status = "merged"
)

// Open reports whether something is still to be done about it.
func (s Status) Open() bool {
	switch s {
	case Satisfied, Partly, Unverified, Advised, NotFixed, NoContact, Withdrawn, MergedInto:
		return false
	}
	return true
}

// An Issue is one kind of abuse in a case, with its own life.
type Issue struct {
	Kind    Code
	Status  Status
	Since   time.Time // of Status
	Round   int       `json:",omitempty"` // of checks with the workers: what they said in an earlier one does not count
	Promise *Promise  `json:",omitempty"`
	Claimed time.Time `json:",omitzero"`  // when the employer last said that it is fixed
	Check   int       `json:",omitempty"` // how often the workers were asked, in this round or for clarification
	Weeks   int       `json:",omitempty"` // how often they were asked again since it was closed
	Tally   Tally     `json:",omitzero"`
	Rush    int       `json:",omitempty"` // good answers that came within minutes of one another
	Rushed  time.Time `json:",omitzero"`  // when the first of them came
	Former  Tally     `json:",omitzero"`  // of Tally, what workers said who have left since without a trace
}

// A Promise is what is to be done about an issue. Its words are for workers
// and hold no name.
type Promise struct {
	Texts  map[string]string `json:",omitempty"` // by language
	Who    string            `json:",omitempty"`
	By     time.Time         `json:",omitzero"`
	Amount string            `json:",omitempty"` // with its currency; never the same message to all
	Shown  string            `json:",omitempty"` // how the workers will see it
	PayDay time.Time         `json:",omitzero"`  // after which they can tell, for pay
}

// A Tally counts what the workers of an issue say in the present round. It is
// all that a page needs to know of claims.
type Tally struct {
	Members     int `json:",omitempty"`
	Fixed       int `json:",omitempty"` // the employer says so
	Asked       int `json:",omitempty"`
	Answers     int `json:",omitempty"`
	All         int `json:",omitempty"` // got all of it and are satisfied
	Some        int `json:",omitempty"` // partly, in fact or in feeling
	None        int `json:",omitempty"` // not fixed or not satisfied
	Enough      int `json:",omitempty"` // partly, and want no more
	Open        int `json:",omitempty"` // retaliations that nobody has dealt with
	Retaliation int `json:",omitempty"` // all that were reported
	Secret      int `json:",omitempty"` // could not say whether there was any
	Proxy       int `json:",omitempty"` // told a caseworker that it is fixed, and a second person has confirmed it: counted apart, and never as satisfied
	Pressed     int `json:",omitempty"` // answers that somebody had told the worker to give: counted apart
	Lost        int `json:",omitempty"` // cannot be reached
	Half        int `json:",omitempty"` // of All, those who have yet to say whether there was any retaliation
}

// A Party is a counterpart of a case.
type Party string

// Parties. Several tracks go on at once.
const (
	Employer   Party = "employer"
	Agency     Party = "agency"
	Buyer      Party = "buyer"
	Government Party = "government"
	Legal      Party = "legal"
	Union      Party = "union"
	Embassy    Party = "embassy"
	Service    Party = "service"
)

// Parties are all of them.
var Parties = []Party{Employer, Agency, Buyer, Government, Legal, Union, Embassy, Service}

// A Track is what goes on with one counterpart.
type Track struct {
	With   Party
	State  Step
	Since  time.Time
	Due    time.Time `json:",omitzero"`  // when it should answer
	Round  int       `json:",omitempty"` // of answers that did not deal with it
	Paused bool      `json:",omitempty"` // retaliation: nobody writes until a supervisor says so
}

// A Step is where a track stands.
type Step string

// Steps of a track.
const (
	TrackOpened   Step = "opened"
	TrackReminded Step = "reminded"
	TrackAnswered Step = "answered"
	TrackAgreed   Step = "agreed"
	TrackDone     Step = "done"
	TrackRefused  Step = "refused"
	TrackSilent   Step = "no_answer"
)

// A Clock is something about a case that falls due.
type Clock struct {
	What  string // one of the clocks of clocks.tsv
	Issue Code   `json:",omitempty"`
	With  Party  `json:",omitempty"`
	At    time.Time
	Human bool `json:",omitempty"` // a person must act; else the bot does by itself
}

// Track returns what goes on with a counterpart, or nil.
func (c *Case) Track(with Party) *Track {
	return find(c.Tracks, func(t *Track) bool { return t.With == with })
}

// Issue returns the issue of a kind, or nil.
func (c *Case) Issue(kind Code) *Issue {
	return find(c.Issues, func(i *Issue) bool { return i.Kind == kind })
}

// find returns the first of xs of which is holds, or nil.
func find[T any](xs []T, is func(*T) bool) *T {
	for i := range xs {
		if is(&xs[i]) {
			return &xs[i]
		}
	}
	return nil
}
