package flows

import (
	"errors"
	"slices"

	"github.com/looplab/fsm"

	"workervoice/cases"
)

// ErrNotNow means that an entry may not join a case where it stands.
var ErrNotNow = errors.New("flows: this cannot happen to the case now")

const unopened = "unopened"

// life says which entries move a case from one status to another. The rest
// leave the status as it is.
var life = newMachine(unopened, fsm.Events{
	{Name: string(cases.Opened), Src: []string{unopened, string(cases.Received)}, Dst: string(cases.Received)},
	{Name: string(cases.Withdrew), Src: []string{string(cases.Received)}, Dst: string(cases.Withdrawn)},
	{Name: string(cases.Erased), Src: []string{string(cases.Received), string(cases.Withdrawn)}, Dst: string(cases.Withdrawn)},
	{Name: string(cases.Resumed), Src: []string{string(cases.Withdrawn)}, Dst: string(cases.Received)},
})

// moving are the entries that life knows.
var moving = []cases.EntryKind{cases.Opened, cases.Withdrew, cases.Erased, cases.Resumed}

// Advance returns c after n, or ErrNotNow if n may not happen to c now. An
// entry that comes before the report itself, such as an alert, opens the case.
func Advance(c cases.Case, n cases.Entry) (cases.Case, error) {
	from := State(c.Status)
	if from == "" {
		from = unopened
	}
	event := Event(n.Kind)
	if from == unopened {
		event = Event(cases.Opened)
		c.ID, c.Ref, c.Opened = n.Case, cases.RefOf(n.Case), n.At
	} else if !slices.Contains(moving, n.Kind) {
		return learn(c, n), nil
	}
	to, err := life.next(from, event)
	if err != nil {
		return c, ErrNotNow
	}
	c.Status = cases.Status(to)
	return learn(c, n), nil
}

// learn takes over what n tells about c.
func learn(c cases.Case, n cases.Entry) cases.Case {
	c.Severity = c.Severity.Worse(n.Severity)
	if n.Worker != "" && !slices.Contains(c.Workers, n.Worker) {
		c.Workers = append(slices.Clone(c.Workers), n.Worker)
	}
	if n.Kind == cases.Erased {
		c.Workers = slices.DeleteFunc(slices.Clone(c.Workers), func(w cases.WorkerID) bool { return w == n.Worker })
	}
	if n.Lang != "" {
		c.Lang = n.Lang
	}
	if n.Channel != "" && c.Channel == "" {
		c.Channel = n.Channel
	}
	if !n.Due.IsZero() && (c.Due.IsZero() || n.Due.Before(c.Due)) {
		c.Due = n.Due
	}
	if n.Kind == cases.Alerted {
		c.Urgent = true
	}
	if r := n.Report; r != nil {
		c.Kinds = slices.Clone(r.Kinds)
		c.Severity = c.Severity.Worse(r.Severity)
		if l := r.First("country"); l != "" {
			c.Country = l
		}
	}
	return c
}
