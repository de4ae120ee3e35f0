package flows

import (
	"slices"
	"time"

	"workervoice/cases"
)

// Limit is within what time a person answers a worker.
func Limit(v cases.Severity) time.Duration {
	if v == cases.Unjudged {
		v = cases.Ordinary
	}
	return limits[v]
}

// Progress returns which question of the report stands open in s, and how many
// there are. Zero means that none does.
func Progress(s Session) (n, of int) {
	i := slices.IndexFunc(intake, func(q question) bool { return q.state == s.State })
	if i < 0 {
		return 0, 0
	}
	return i + 1, len(intake)
}
