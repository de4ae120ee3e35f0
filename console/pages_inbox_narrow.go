package console

import (
	"html/template"

	"workervoice/cases"
	"workervoice/store"
)

// A severityChoice is a choice of the filter.
type severityChoice struct {
	N     int
	Words string
	Here  bool
}

// Severities returns those to narrow a list to.
func (l listed) Severities() (out []severityChoice) {
	for s := cases.Danger; s <= cases.Information; s++ {
		out = append(out, severityChoice{int(s), l.T("sev." + Sev(s)), s == l.Filter.Worst})
	}
	return out
}

// A narrowing says all that what narrows a list depends on.
type narrowing struct {
	Box      store.Box
	Filter   store.Filter
	Narrowed bool
}

// Narrows is the form that narrows the list.
func (l listed) Narrows() (template.HTML, error) {
	k := flatKey{l.Lang, "chat-filter", narrowing{l.Box, l.Filter, l.Narrowed}}
	return l.pieces.find(k, l.Now(), func() (template.HTML, error) { return l.piece("chat-filter", l) })
}
