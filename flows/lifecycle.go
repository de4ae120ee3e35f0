package flows

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/looplab/fsm"

	"workervoice/cases"
)

const unopened = "none"

// ladder is the statuses of an issue, least advanced first, and of those that
// are closed the one first that says least good.
var ladder = []cases.Status{
	cases.Reopened, cases.Received, cases.Heard, cases.Clarification, cases.Passed, cases.WithEmployer, cases.EmployerSpoke,
	cases.Agreed, cases.Underway, cases.SaidFixed, cases.Checking,
	cases.NotFixed, cases.NoContact, cases.Unverified, cases.Partly, cases.Satisfied, cases.Advised, cases.Withdrawn, cases.MergedInto,
}

// Statuses returns every status of an issue, the least advanced first.
func Statuses() []cases.Status { return slices.Clone(ladder) }

// A Way leads an issue from one status to another.
type Way struct {
	From  cases.Status // empty: there is no case yet
	Event cases.EntryKind
	To    cases.Status
	Who   []cases.Role
}

//go:embed lifecycle.tsv
var lifecycleFile string

// ways are the rows of lifecycle.tsv, one for each status that an entry may
// find an issue in.
var ways = parseLifecycle(lifecycleFile)

// Ways returns the life of an issue: all that may happen to it.
func Ways() []Way { return slices.Clone(ways) }

// life is the same as a machine.
var life = newMachine(unopened, transits(ways))

type crossing struct {
	from  State
	event cases.EntryKind
}

// may says who may make an entry where.
var may = func() map[crossing][]cases.Role {
	m := make(map[crossing][]cases.Role, len(ways))
	for _, w := range ways {
		m[crossing{stateOf(w.From), w.Event}] = w.Who
	}
	return m
}()

func stateOf(s cases.Status) State {
	if s == "" {
		return unopened
	}
	return State(s)
}

func transits(ways []Way) (es fsm.Events) {
	for _, w := range ways {
		es = append(es, fsm.EventDesc{Name: string(w.Event), Src: []string{string(stateOf(w.From))}, Dst: string(w.To)})
	}
	return es
}

// parseLifecycle panics on a bad row: the file is part of the program.
func parseLifecycle(file string) (ways []Way) {
	place := map[crossing]int{}
	named := map[crossing]bool{}
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if line == "" || line[0] == '#' || strings.HasPrefix(line, "event\t") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			panic(fmt.Sprintf("flows: lifecycle.tsv line %d: want 4 columns, have %d", i+1, len(f)))
		}
		for from, alone := range fromOf(f[1], i+1) {
			w := Way{from, cases.EntryKind(f[0]), cases.Status(f[2]), whoOf(f[3], i+1)}
			if w.To == "=" {
				w.To = from
			}
			if !slices.Contains(ladder, w.To) {
				panic(fmt.Sprintf("flows: lifecycle.tsv line %d: status %q is unknown", i+1, w.To))
			}
			at := crossing{stateOf(from), w.Event}
			n, twice := place[at]
			switch {
			case !twice:
				place[at], named[at] = len(ways), alone
				ways = append(ways, w)
			case alone && named[at]:
				panic(fmt.Sprintf("flows: lifecycle.tsv line %d: %s from %s stands twice", i+1, w.Event, at.from))
			case !named[at]: // a later group goes before an earlier one
				ways[n], named[at] = w, alone
			}
		}
	}
	slices.SortStableFunc(ways, func(a, b Way) int { return slices.Index(ladder, a.From) - slices.Index(ladder, b.From) })
	return ways
}

// fromOf returns the statuses that a row is about, and whether it names each.
func fromOf(names string, line int) map[cases.Status]bool {
	from := map[cases.Status]bool{}
	for _, name := range strings.Split(names, ",") {
		switch name {
		case unopened:
			from[""] = true
		case "any", "open", "closed":
			for _, s := range ladder {
				if name == "any" || s.Open() == (name == "open") {
					from[s] = false
				}
			}
		default:
			if !slices.Contains(ladder, cases.Status(name)) {
				panic(fmt.Sprintf("flows: lifecycle.tsv line %d: status %q is unknown", line, name))
			}
			from[cases.Status(name)] = true
		}
	}
	return from
}

func whoOf(names string, line int) (who []cases.Role) {
	for _, name := range strings.Split(names, ",") {
		r := cases.Role(name)
		if !slices.Contains([]cases.Role{cases.Worker, cases.System, cases.Helper, cases.Supervisor, cases.Desk, cases.Partner}, r) {
			panic(fmt.Sprintf("flows: lifecycle.tsv line %d: nobody is called %q", line, name))
		}
		who = append(who, r)
		if r == cases.Helper {
			who = append(who, cases.Supervisor)
		}
	}
	return who
}

// Least returns the status of a case with the given issues: that of the least
// advanced one that is open.
func Least(issues []cases.Issue) cases.Status {
	for _, s := range ladder {
		if slices.ContainsFunc(issues, func(i cases.Issue) bool { return i.Status == s }) {
			return s
		}
	}
	return ""
}

// LifecycleFaults names statuses that no issue comes to, and those in which one
// is stuck: an open one that cannot be closed, a closed one that the worker
// cannot open again. What was merged goes on in another case.
func LifecycleFaults() (faults []string) { return lifeFaults(ways) }

func lifeFaults(ways []Way) (faults []string) {
	reached := reach(ways, "", func(cases.Status) bool { return true })
	for _, s := range ladder {
		if !reached[s] {
			faults = append(faults, fmt.Sprintf("lifecycle: no issue ever comes to %s", s))
		}
		out := reach(ways, s, func(cases.Status) bool { return true })
		closes, opens := false, false
		for to := range out {
			closes, opens = closes || !to.Open(), opens || to.Open()
		}
		switch {
		case s.Open() && !closes:
			faults = append(faults, fmt.Sprintf("lifecycle: an issue that is %s can never be closed", s))
		case !s.Open() && s != cases.MergedInto && !opens:
			faults = append(faults, fmt.Sprintf("lifecycle: a worker cannot open again what is %s", s))
		}
	}
	return faults
}

// reach returns the statuses that ways lead to from s, through those that via
// allows.
func reach(ways []Way, s cases.Status, via func(cases.Status) bool) map[cases.Status]bool {
	seen := map[cases.Status]bool{}
	for queue := []cases.Status{s}; len(queue) > 0; queue = queue[1:] {
		for _, w := range ways {
			if w.From == queue[0] && w.To != w.From && !seen[w.To] && via(w.To) {
				seen[w.To] = true
				queue = append(queue, w.To)
			}
		}
	}
	return seen
}

// Lifecycle draws the life of an issue in Mermaid's language, without what
// leaves it where it is, and without what may happen nearly everywhere.
func Lifecycle() string {
	type pair struct{ from, to cases.Status }
	from := map[string]int{}
	for _, w := range ways {
		if w.From != w.To {
			from[string(w.Event)+string(w.To)]++
		}
	}
	names := map[pair][]string{}
	var order []pair
	for _, w := range ways {
		if w.From == w.To || from[string(w.Event)+string(w.To)] > 3 && w.From != cases.Checking || w.Event == cases.GaveUp || leaving[w.Event] {
			continue
		}
		p := pair{w.From, w.To}
		if names[p] == nil {
			order = append(order, p)
		}
		names[p] = append(names[p], string(w.Event))
	}
	var es fsm.Events
	for _, p := range order {
		slices.Sort(names[p])
		es = append(es, fsm.EventDesc{Name: strings.Join(names[p], ", "), Src: []string{string(stateOf(p.from))}, Dst: string(p.to)})
	}
	s, err := fsm.VisualizeForMermaidWithGraphType(fsm.NewFSM(unopened, es, nil), fsm.StateDiagram)
	if err != nil { // only for a kind of graph that does not exist
		panic(err)
	}
	return s
}
