package flows

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
)

// MayMerge says why from cannot be merged into into, or nil. The two must be
// about the same kind of abuse in the same country; that it is the same
// workplace, the caseworker has seen. Nobody may come to read of a worker who
// could not before: whoever reads into must read from already.
func MayMerge(from, into cases.Case) error {
	same := slices.ContainsFunc(from.Issues, func(i cases.Issue) bool { return into.Issue(i.Kind) != nil })
	switch {
	case from.ID == into.ID:
		return notNow("itself")
	case from.Into != "" || into.Into != "":
		return notNow("merge_merged")
	case !from.Status.Open() || !into.Status.Open():
		return notNow("merge_closed")
	case from.Country != "" && into.Country != "" && from.Country != into.Country:
		return notNow("merge_countries")
	case !same:
		return notNow("merge_kinds")
	case from.Org != into.Org || from.Lead != "" || into.Lead != "":
		return notAllowed("merge_organisations")
	}
	for _, o := range into.Teams {
		if !slices.Contains(from.Teams, o) {
			return notAllowed("helper_may_not_read")
		}
	}
	return nil
}

// OffshootOf names the case that is split off another by an entry: the same
// each time.
func OffshootOf(id cases.ID, key string) cases.ID {
	h := sha256.Sum256([]byte("offshoot\x00" + string(id) + "\x00" + key))
	return cases.ID("c" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:]))[:20])
}

// TakeIn has a worker who takes part in another case take part in c, with all
// that the worker allowed there and nothing more. kept is the worker in c, for
// one who takes part in both: what was allowed here stays, and of what was
// not asked here the other counts.
func TakeIn(c cases.Case, kept *cases.Member, m cases.Member, from cases.Case, n cases.Entry) Change {
	a := &step{c: copied(c), m: kept.Clone(), n: n, role: cases.System, was: c}
	a.uncount()
	if a.m == nil {
		a.m = m.Clone()
		a.m.Lead, a.m.Left, a.m.Claims = false, false, nil
		a.m.Joined = n.At
	} else {
		a.m.Left = false
		a.m.Consent = also(a.m.Consent, m.Consent)
	}
	for _, x := range m.Claims {
		if a.m.Claim(x.Issue) != nil {
			continue
		}
		i := a.issue(x.Issue)
		if i == nil {
			was := from.Issue(x.Issue)
			if was == nil {
				continue
			}
			a.c.Issues = append(a.c.Issues, cases.Issue{Kind: was.Kind, Status: openOr(was.Status), Since: n.At, Round: was.Round})
			i = a.issue(x.Issue)
			a.clocks(i)
		}
		was := from.Issue(x.Issue)
		if was != nil && splitOff(c, *i, from) && unfixed(m, x.Issue) { // nobody begins anew: the promise, the claim and what they said of it count on
			i.Round, i.Promise, i.Claimed = was.Round, was.Promise, was.Claimed
			a.lead(x.Issue, cases.Reopened)
		}
		if was != nil && was.Round != i.Round && x.Last != nil { // said about another remedy
			x.Before = append(slices.Clip(x.Before), *x.Last)
			x.Last, x.Asked = nil, 0
		}
		x.Round = i.Round
		a.m.Claims = append(a.m.Claims, x)
	}
	a.m.From = from.ID
	a.c.Severity = a.c.Severity.Worse(from.Severity)
	a.c.Many = a.c.Many || from.Many
	a.count()
	a.settle()
	return Change{Case: a.c, Member: a.m, Entries: []cases.Entry{n}}
}

// splitOff reports whether an issue of c is one that was split off from's, and
// nobody has come along with it yet.
func splitOff(c cases.Case, i cases.Issue, from cases.Case) bool {
	return c.Parent == from.ID && i.Status == cases.Received && i.Tally == cases.Tally{}
}

// unfixed reports whether a worker's last word on an issue was that it is not fixed.
func unfixed(m cases.Member, issue cases.Code) bool {
	x := m.Claim(issue)
	return x != nil && Dissents(m, issue, x.Round)
}

// openOr is the status in which an issue comes along from another case.
func openOr(s cases.Status) cases.Status {
	if s.Open() {
		return s
	}
	return cases.Heard
}

// also returns what a worker allows who was asked twice: the answer given in
// this case, else that of the other one.
func also(here, there cases.Consent) cases.Consent {
	if here.Employer == "" {
		here.Employer, here.Guess = there.Employer, there.Guess
	}
	here.Shared, here.At = over(there.Shared, here.Shared), over(there.At, here.At)
	return here
}

// over returns what m holds, and of what it does not hold, what under does.
func over[V any](under, m map[string]V) map[string]V {
	if under == nil {
		return maps.Clone(m)
	}
	under = maps.Clone(under)
	maps.Copy(under, m)
	return under
}

// LetGo has a worker go on in another case: c counts the worker no more, and
// keeps what the worker said. With issue, it is about that one only.
func LetGo(c cases.Case, m cases.Member, issue cases.Code, n cases.Entry) Change {
	a := &step{c: copied(c), m: m.Clone(), n: n, role: cases.System, was: c}
	a.uncount()
	if issue == "" || len(m.Claims) <= 1 {
		a.m.Left = true
	}
	for i := range a.m.Claims {
		if x := &a.m.Claims[i]; issue == "" || x.Issue == issue {
			x.Status = cases.Withdrawn
		}
	}
	a.count()
	a.settle()
	return Change{Case: a.c, Member: a.m, Entries: []cases.Entry{n}}
}

// Dissents reports whether a worker has said of an issue that it is not fixed,
// or not wholly, and wants it to go on.
func Dissents(m cases.Member, issue cases.Code, round int) bool {
	x := m.Claim(issue)
	if x == nil || m.Left || m.Held || m.Spokes || x.Status == cases.Withdrawn || x.Round != round || x.Last == nil {
		return false
	}
	switch Says(x.Last) {
	case WordNone, WordForced, WordPart:
		return x.Last.Further != "enough"
	}
	return false
}

// What a worker who goes on in another case is brought: Case is the new one,
// Topic the one before.
const (
	MovedTo = "moved"  // the new case, which others have too, takes the place of the one before
	PartTo  = "alone"  // the new case, split off, takes the place of the one before
	AlsoIn  = "parted" // the worker has both
)

func init() {
	brought[MovedTo] = func(t *talk) { t.moved(true, "case.merged") }
	brought[PartTo] = func(t *talk) { t.moved(true, "case.split") }
	brought[AlsoIn] = func(t *talk) { t.moved(false, "case.split") }
}

// moved tells the worker the new number of a case, in free time.
func (t *talk) moved(instead bool, key string) {
	into, from := cases.ID(t.e.Case), cases.ID(t.e.Topic)
	i := slices.IndexFunc(t.s.Mine, func(m Mine) bool { return m.ID == from })
	if into == "" || i < 0 || t.s.Lang == "" {
		return
	}
	old := t.s.Mine[i].Ref
	m := t.s.Mine[i]
	m.ID, m.Ref = into, cases.RefOf(into)
	if m.Report != nil {
		m.Report = m.Report.Clone()
	}
	known := slices.ContainsFunc(t.s.Mine, func(o Mine) bool { return o.ID == into })
	switch {
	case known && instead:
		t.s.Mine = slices.Delete(t.s.Mine, i, i+1)
	case known:
		return
	case instead:
		t.s.Mine[i] = m
	default:
		t.s.Mine = append(t.s.Mine, m)
	}
	if t.s.Mark == old && instead {
		t.s.Mark = m.Ref
	}
	if instead {
		t.moveChecks(from, into)
	}
	t.do(Say{Parts: []Part{{Key: key, Args: Args{"Old": old, "Ref": m.Ref}}}, Class: channels.Push})
}

// Undone is the trigger of an entry that takes a link between cases back.
const Undone = "undone"

// tied notes that a case belongs together with another, or no longer.
func tied(a *step) {
	other := cases.ID(a.n.Other)
	a.c.Links = slices.DeleteFunc(slices.Clone(a.c.Links), func(id cases.ID) bool { return id == other })
	if a.n.Trigger != Undone {
		a.c.Links = append(a.c.Links, other)
	}
}
