package cases

import "time"

// An Invite is what somebody who brings the code of a case along is asked
// about: kinds of abuse, and never where, whose or who.
type Invite struct {
	Case     ID
	Code     string    // as it is printed on the poster
	Kinds    []Code    `json:",omitempty"` // that may be named to strangers
	Open     bool      `json:",omitempty"` // else nobody may join now
	Ask      bool      `json:",omitempty"` // who joins waits until a person has looked
	Band     string    `json:",omitempty"` // how many take part, roughly; empty while that could tell who
	Status   Status    `json:",omitempty"`
	Severity Severity  `json:",omitempty"`
	Due      time.Time `json:",omitzero"` // before which the workers hear again
}

// Few is the smallest number of people that is told to anybody outside the
// case: below it, a number and a little knowledge of the place are a name.
const Few = 11

// bands are the numbers of workers that are told apart.
var bands = []struct {
	upTo int
	name string
}{{Few - 1, ""}, {50, "11-50"}, {100, "51-100"}, {500, "101-500"}, {1000, "501-1000"}}

// Band says roughly how many n are, or nothing where n is less than [Few].
func Band(n int) string {
	for _, b := range bands {
		if n <= b.upTo {
			return b.name
		}
	}
	return "1000+"
}

// Spoken reports whether a kind of abuse may be named to somebody who holds no
// more than a code, who may be a supervisor. What was done to the body, or
// could be known to have happened to one person only, is not.
func (c Code) Spoken() bool {
	k, ok := Kinds.Find(c)
	if !ok || c == "other" {
		return false
	}
	switch c.Group() {
	case "sex", "harm", "free", "job":
		return false
	}
	return k.Severity == Unjudged || k.Severity >= Serious
}

// InviteTo returns what a code of c asks.
func InviteTo(c Case) Invite {
	v := Invite{Case: c.ID, Code: c.Code, Open: c.Code != "" && c.Status.Open() && c.Into == "", Ask: c.Ask, Band: Band(c.Size), Status: c.Status, Severity: c.Severity, Due: c.Due}
	if len(c.Issues) == 0 {
		for _, k := range c.Kinds {
			if k.Spoken() {
				v.Kinds = append(v.Kinds, k)
			}
		}
	}
	for _, i := range c.Issues {
		if i.Status.Open() && i.Kind.Spoken() && len(v.Kinds) < 5 {
			v.Kinds = append(v.Kinds, i.Kind)
		}
	}
	return v
}
