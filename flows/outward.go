package flows

import (
	"slices"
	"strings"

	"workervoice/cases"
)

// An Outward is what is known, beside the case, of an entry that tells a
// counterpart something: who speaks, and what must not be said.
type Outward struct {
	Org    cases.Organisation
	Names  []string // of workers of the case who have not agreed that the employer is told them
	Places []string // workplaces and agencies of the case, as its workers wrote them
}

// Outwards reports whether n tells a counterpart something, so that
// [MayTellOutside] has to be asked.
func Outwards(n cases.Entry) bool {
	switch n.Kind {
	case cases.Raised, cases.Escalated, cases.Lettered:
		return true
	case cases.Contacted: // the other steps of a track are theirs
		to := cases.Step(or(n.Trigger, string(cases.TrackReminded)))
		return to == cases.TrackReminded || to == cases.TrackOpened
	}
	return false
}

// evenly writes a name plainly, with one space between its words.
func evenly(name string) string { return strings.Join(strings.Fields(plainly(name)), " ") }

// MayTellOutside holds an entry that tells a counterpart something to what each
// worker lets be known, and to those with whom the organisation may speak. It
// returns ErrNotNow or ErrNotAllowed, with a sentence for [Why] that names
// nobody. Names are compared as in [Told.In]: a name in another script than the
// worker wrote it is not found.
func MayTellOutside(n cases.Entry, o Outward) error {
	with := cases.Party(or(string(n.With), string(cases.Employer)))
	ours := func(names []string) bool {
		return slices.ContainsFunc(o.Places, func(p string) bool {
			return slices.ContainsFunc(names, func(name string) bool { name = evenly(name); return name != "" && holds(evenly(p), name) })
		})
	}
	switch {
	case len(o.Org.Speaks) > 0 && !slices.Contains(o.Org.Speaks, with):
		return notAllowed("no_such_counterpart")
	case owning(with) && ours(o.Org.Conflicts):
		return notAllowed("not_independent")
	case owning(with) && len(o.Org.Employers) > 0 && !ours(o.Org.Employers):
		return notAllowed("no_standing")
	}
	for _, f := range (Told{Names: o.Names}).In(n.Text + "\n" + n.Reason) {
		if f.Why == "name" {
			return notNow("name_in_it")
		}
	}
	return nil
}
