package console

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"workervoice/cases"
	"workervoice/store"
)

// With whom an organisation may speak about cases: its supervisors see it and
// say it. What is against it is refused in the transaction.

const (
	mostNames   = 200 // employers and agencies in one list
	longestName = 100 // of one of them, in characters
)

func init() {
	serve("GET /c/organisation", supervisors, func(v *visit) error {
		o, err := v.organisation()
		if err != nil {
			return err
		}
		return v.standing(o, "")
	})
	serve("POST /c/organisation", supervisors, setStanding)
}

// organisation returns the person's own. One that nobody has described yet has
// no name but its short one.
func (v *visit) organisation() (cases.Organisation, error) {
	o, err := v.Store.Organisation(v.Ctx(), v.Me.Org)
	if errors.Is(err, store.ErrNotFound) {
		return cases.Organisation{ID: v.Me.Org, Name: string(v.Me.Org)}, nil
	}
	return o, err
}

// A standingPage says with whom an organisation may speak.
type standingPage struct {
	*visit
	Org   cases.Organisation
	Wrong string // the words for what was filled in wrong
}

func (v *visit) standing(o cases.Organisation, wrong string) error {
	v.Area, v.Title = "people", v.T("standing.title")
	return v.Show("standing", standingPage{v, o, wrong})
}

// Parties are the counterparts to choose from.
func (p standingPage) Parties() (cs []formChoice) {
	for _, with := range cases.Parties {
		cs = append(cs, formChoice{Value: string(with), Label: p.T("party." + string(with)), Picked: slices.Contains(p.Org.Speaks, with)})
	}
	return cs
}

// Lines are names to change, one on each line.
func (p standingPage) Lines(names []string) string { return strings.Join(names, "\n") }

// setStanding keeps what a supervisor has said, unless somebody else has
// changed it meanwhile.
func setStanding(v *visit) error {
	o, err := v.organisation()
	if err != nil {
		return err
	}
	seen, err := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64)
	if err != nil || seen != o.Version {
		return store.ErrStale
	}
	o.Speaks = nil
	for _, with := range cases.Parties {
		if slices.Contains(v.R.PostForm["speaks"], string(with)) {
			o.Speaks = append(o.Speaks, with)
		}
	}
	o.Employers, o.Conflicts = namesIn(v.R.PostFormValue("employers")), namesIn(v.R.PostFormValue("conflicts"))
	if tooMany(o.Employers) || tooMany(o.Conflicts) {
		v.Status = 422
		return v.standing(o, "standing.too_long")
	}
	if err := v.Store.PutOrganisation(v.Ctx(), v.By(), o); err != nil {
		return err
	}
	return v.Redirect("/c/organisation", "saved")
}

// namesIn reads names that stand on lines of their own, each once.
func namesIn(text string) (names []string) {
	for line := range strings.Lines(text) {
		if name := strings.Join(strings.Fields(line), " "); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func tooMany(names []string) bool {
	return len(names) > mostNames || slices.ContainsFunc(names, func(n string) bool { return len([]rune(n)) > longestName })
}
