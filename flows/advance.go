package flows

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"workervoice/cases"
)

var (
	// ErrNotNow means that an entry may not join a case where it stands.
	ErrNotNow = errors.New("flows: this cannot happen to the case now")

	// ErrNotAllowed means that it may, but is for somebody else to make.
	ErrNotAllowed = errors.New("flows: this is for somebody else to do")
)

// Advance returns c and the member that n is about after n: the worker whose
// entry it is, or n.Member. m is nil where there is no such member, or none
// yet. It returns ErrNotNow where the case's life or a guard does not let n
// happen, and ErrNotAllowed where it is for another role; then nothing changes.
//
// What a worker says is never refused for the status of the case. An entry
// that comes before the report itself, such as an alert, opens the case.
func Advance(c cases.Case, m *cases.Member, n cases.Entry) (cases.Case, *cases.Member, error) {
	v, err := advance(c, m, n)
	if err != nil {
		return c, m, err
	}
	return v.c, v.m, nil
}

// Acts returns in whose name n is made.
func Acts(n cases.Entry) cases.Role {
	switch {
	case n.Role != "":
		return n.Role
	case n.By != "" && n.By != cases.Bot.ID:
		return "" // a caseworker without a role may do nothing
	case n.Worker != "":
		return cases.Worker
	}
	return cases.System
}

// About returns the worker that n is about, or "".
func About(n cases.Entry) cases.WorkerID {
	return cases.WorkerID(or(string(n.Member), string(n.Worker)))
}

// A step is an entry being applied to a case.
type step struct {
	c    cases.Case
	m    *cases.Member
	n    cases.Entry
	role cases.Role
	was  cases.Case
	next []cases.Entry // follow at once
	tell []Follow
}

func advance(c cases.Case, m *cases.Member, n cases.Entry) (*step, error) {
	if About(n) == "" {
		m = nil
	}
	mended, _ := Mend(c, nil)
	a := &step{c: copied(mended), m: m.Clone(), n: n, role: Acts(n), was: mended}
	if a.role == cases.Worker && About(n) == "" {
		return nil, notNow("say_worker")
	}
	if err := a.open(); err != nil {
		return nil, err
	}
	if a.n.Kind == cases.Answering && a.n.Issue != "" && a.issue(a.n.Issue) == nil { // as the worker's phone still knew it
		a.n.Issue = a.c.Issues[0].Kind
	}
	moved, err := a.moves()
	if err != nil {
		return nil, err
	}
	if g := guards[n.Kind]; g != nil {
		if err := g(a); err != nil {
			return nil, err
		}
	}
	a.uncount()
	a.member()
	a.learn()
	if f := effects[n.Kind]; f != nil {
		f(a)
	}
	if !a.alone() { // the others go on
		moved = nil
	}
	for _, to := range moved {
		a.lead(to.kind, to.status)
	}
	a.count()
	a.settle()
	return a, nil
}

// open begins a case with its first entry.
func (a *step) open() error {
	if a.c.Status != "" {
		return nil
	}
	if _, ok := may[crossing{unopened, a.n.Kind}]; !ok && a.role != cases.Worker && a.role != cases.System {
		return notNow("no_case")
	}
	c := &a.c
	c.ID, c.Ref, c.Opened, c.News, c.Status = a.n.Case, cases.RefOf(a.n.Case), a.n.At, a.n.At, cases.Received
	c.Issues = []cases.Issue{{Kind: unnamed, Status: cases.Received, Since: a.n.At}}
	if a.n.Org != "" && c.Org == "" {
		c.Org = a.n.Org
	}
	if a.n.Kind == cases.Opened || a.n.Kind == cases.Proxied {
		c.Parent = cases.ID(a.n.Other)
	}
	return nil
}

// unnamed is the kind of the only issue of a case until one is told.
const unnamed cases.Code = "other"

// A target is where an issue goes.
type target struct {
	kind   cases.Code
	status cases.Status
}

// moves returns where the issues go that the entry is about. The table has the
// word, and the machine made of it; at least one issue must let it happen.
func (a *step) moves() (to []target, err error) {
	if a.was.Status == "" {
		who, ok := may[crossing{unopened, a.n.Kind}]
		if ok && !slices.Contains(who, a.role) {
			return nil, notAllowed("opened_by", roles(who)...)
		}
		return nil, nil
	}
	refused := notNow("no_issue")
	for _, i := range a.c.Issues {
		if a.n.Issue != "" && a.n.Issue != i.Kind {
			continue
		}
		status, err := life.next(State(i.Status), Event(a.n.Kind))
		if err != nil {
			refused = instead(i.Status, a.n.Kind)
			continue
		}
		if who := may[crossing{State(i.Status), a.n.Kind}]; !slices.Contains(who, a.role) {
			refused = notAllowed("for_others", roles(who)...)
			continue
		}
		to = append(to, target{i.Kind, cases.Status(status)})
	}
	if len(to) == 0 {
		return nil, refused
	}
	return to, nil
}

// instead says what may happen in a status.
func instead(s cases.Status, event cases.EntryKind) error {
	data := []string{"Status", string(s)}
	for _, w := range ways {
		if w.Event == event && w.From != "" {
			data = append(data, "From", string(w.From))
		}
	}
	switch len(data)/2 - 1 {
	case 0:
		return notNow("no_step")
	case 1, 2, 3, 4:
		return notNow("issue_must", data...)
	}
	return notNow("issue_stands", data[:2]...)
}

// leaving are entries by which one worker leaves; the case is over only if
// nobody else takes part.
var leaving = map[cases.EntryKind]bool{cases.Withdrew: true, cases.Erased: true, cases.Lost: true}

// alone reports whether what happens to one worker happens to the case.
func (a *step) alone() bool {
	switch {
	case !leaving[a.n.Kind]:
		return true
	case a.n.Kind == cases.Lost:
		return a.c.Size-a.c.Lost <= 0 || About(a.n) == ""
	}
	return a.c.Size == 0
}

// lead takes an issue to a status.
func (a *step) lead(kind cases.Code, to cases.Status) {
	i := a.issue(kind)
	if i == nil || i.Status == to {
		return
	}
	i.Status, i.Since, i.Check = to, a.n.At, 0
	switch to {
	case cases.Checking:
		i.Check = 1
	case cases.Clarification:
		i.Check = 1
	}
	a.clocks(i)
}

// issue returns an issue of the case, or nil.
func (a *step) issue(kind cases.Code) *cases.Issue {
	for n := range a.c.Issues {
		if a.c.Issues[n].Kind == kind {
			return &a.c.Issues[n]
		}
	}
	return nil
}

// about returns the issues that the entry is about.
func (a *step) about() (is []*cases.Issue) {
	for n := range a.c.Issues {
		if i := &a.c.Issues[n]; a.n.Issue == "" || a.n.Issue == i.Kind {
			is = append(is, i)
		}
	}
	return is
}

// settle derives what follows from the issues.
func (a *step) settle() {
	c := &a.c
	if s := Least(c.Issues); s != "" {
		c.Status = s
	}
	c.Kinds = nil
	for _, i := range c.Issues {
		c.Kinds = append(c.Kinds, i.Kind)
	}
	if c.Severity != a.was.Severity {
		a.hurry()
	}
	a.watch()
	c.Due = time.Time{}
	for _, k := range c.Clocks {
		if k.Human && (c.Due.IsZero() || k.At.Before(c.Due)) {
			c.Due = k.At
		}
	}
	slices.SortStableFunc(c.Clocks, func(x, y cases.Clock) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.What, y.What)) })
	if len(c.Allow) == 0 {
		c.Allow = nil
	}
}

// copied returns c with nothing shared that an entry may change.
func copied(c cases.Case) cases.Case {
	c.Issues, c.Tracks, c.Clocks, c.Teams, c.Kinds = slices.Clone(c.Issues), slices.Clone(c.Tracks), slices.Clone(c.Clocks), slices.Clone(c.Teams), slices.Clone(c.Kinds)
	c.Allow = maps.Clone(c.Allow)
	return c
}

// Mend returns a case as it is written today, and the members of one that an
// older version of the program kept with the names of its workers in it.
func Mend(c cases.Case, workers []cases.WorkerID) (cases.Case, []cases.Member) {
	if len(c.Issues) == 0 && c.Status != "" {
		kinds := c.Kinds
		if len(kinds) == 0 {
			kinds = []cases.Code{unnamed}
		}
		for _, k := range kinds {
			c.Issues = append(c.Issues, cases.Issue{Kind: k, Status: c.Status, Since: c.Opened, Tally: cases.Tally{Members: len(workers)}})
			if c.Status == cases.Received && !c.Due.IsZero() { // the answer that the worker was promised
				c.Clocks = append(c.Clocks[:len(c.Clocks):len(c.Clocks)], cases.Clock{What: "first", Issue: k, At: c.Due, Human: true})
			}
		}
		c.Size = len(workers)
	}
	var ms []cases.Member
	for n, w := range workers {
		m := cases.Member{Worker: w, Lang: c.Lang, Channel: c.Channel, Country: c.Country, Joined: c.Opened, Lead: n == 0}
		for _, i := range c.Issues {
			m.Claims = append(m.Claims, cases.Claim{Issue: i.Kind})
		}
		ms = append(ms, m)
	}
	return c, ms
}
