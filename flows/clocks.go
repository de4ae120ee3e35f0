package flows

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/cases"
)

// A timer is a row of clocks.tsv.
type timer struct {
	what   string
	status cases.Status // empty: as long as the case is open
	human  bool
	after  [5][]time.Duration // by severity, S0 first
}

//go:embed clocks.tsv
var clocksFile string

var timers = parseClocks(clocksFile)

// parseClocks panics on a bad row: the file is part of the program.
func parseClocks(file string) (ts []timer) {
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "clock\t") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 8 || f[2] != "person" && f[2] != "bot" || f[1] != "case" && !slices.Contains(ladder, cases.Status(f[1])) {
			panic(fmt.Sprintf("flows: clocks.tsv line %d is not a clock, a status, person or bot, and five times", i+1))
		}
		t := timer{what: f[0], status: cases.Status(f[1]), human: f[2] == "person"}
		if f[1] == "case" {
			t.status = ""
		}
		for s, cell := range f[3:] {
			if cell == "-" {
				continue
			}
			n, err := strconv.Atoi(cell[:len(cell)-1])
			unit, ok := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[cell[len(cell)-1]]
			if err != nil || !ok {
				panic(fmt.Sprintf("flows: clocks.tsv line %d: %q is no time", i+1, cell))
			}
			t.after[s] = append(t.after[s], time.Duration(n)*unit)
		}
		ts = append(ts, t)
	}
	return ts
}

// durations returns how long a clock runs for a severity; none if it does not.
func durations(what string, v cases.Severity) []time.Duration {
	if v == cases.Unjudged {
		v = cases.Ordinary
	}
	for _, t := range timers {
		if t.what == what {
			return t.after[v-cases.Danger]
		}
	}
	return nil
}

func (a *step) clock(k cases.Clock) { a.c.Clocks = append(a.c.Clocks, k) }

func (a *step) unclock(gone func(cases.Clock) bool) {
	a.c.Clocks = slices.DeleteFunc(a.c.Clocks, gone)
}

// fired takes away the bot's clocks that have led to the entry.
func (a *step) fired(whats ...string) {
	a.unclock(func(k cases.Clock) bool {
		return !k.Human && slices.Contains(whats, k.What) && !k.At.After(a.n.At) && (k.Issue == "" || a.n.Issue == "" || k.Issue == a.n.Issue)
	})
}

// clocks sets the clocks of an issue by where it stands, and no others.
func (a *step) clocks(i *cases.Issue) {
	a.unclock(func(k cases.Clock) bool { return k.Issue == i.Kind })
	for _, t := range timers {
		if t.status != i.Status || t.what == "raise" || t.what == "referral" && a.c.Lead == "" || t.what == "safety" && (a.m == nil || !a.m.Consent.Contact) {
			continue
		}
		for _, d := range durations(t.what, a.c.Severity) {
			at := a.n.At
			if p := i.Promise; t.what == "check" && p != nil { // not before the workers can tell
				for _, day := range []time.Time{p.By, p.PayDay} {
					if day.After(at) {
						at = day
					}
				}
			}
			k := cases.Clock{What: t.what, Issue: i.Kind, At: at.Add(d), Human: t.human}
			if t.what == "answer" && a.n.Due.After(a.n.At) {
				k.At = a.n.Due
			}
			a.clock(k)
		}
	}
	if i.Status == cases.Passed && a.c.Lead == "" { // it was accepted, or sent where nobody answers us: how did it go?
		for _, days := range []int{7, 30} {
			a.clock(cases.Clock{What: "followup", Issue: i.Kind, At: a.n.At.AddDate(0, 0, days), Human: true})
		}
	}
	if i.Status == cases.Satisfied || i.Status == cases.Partly {
		for _, at := range Rechecks(a.c.Severity, a.n.At) {
			a.clock(cases.Clock{What: "recheck", Issue: i.Kind, At: at})
		}
	}
}

// hurry sets the clocks for people anew where the case has become more or less
// serious: they run since the issue came to where it stands.
func (a *step) hurry() {
	for n, k := range a.c.Clocks {
		i := a.issue(k.Issue)
		if i == nil || !k.Human || k.Issue == "" {
			continue
		}
		if d := durations(k.What, a.c.Severity); len(d) > 0 {
			a.c.Clocks[n].At = i.Since.Add(d[0])
		}
	}
}

// watch sets the clocks that depend on the case as a whole.
func (a *step) watch() {
	c := &a.c
	a.unclock(func(k cases.Clock) bool {
		return k.Issue == "" && (k.What == "news" || k.What == "silence" || !c.Status.Open()) || k.What == "raise" && c.Allow[cases.Raise] == 0
	})
	if !c.Status.Open() {
		return
	}
	since := c.News
	if since.IsZero() {
		since = c.Opened
	}
	for _, t := range timers {
		for _, d := range durations(t.what, c.Severity) {
			if t.status == "" {
				a.clock(cases.Clock{What: t.what, At: since.Add(d), Human: t.human})
			}
		}
	}
	for _, i := range c.Issues {
		d := durations("raise", c.Severity)
		if i.Status == cases.Heard && c.Allow[cases.Raise] > 0 && len(d) > 0 && !a.runs("raise", i.Kind) {
			a.clock(cases.Clock{What: "raise", Issue: i.Kind, At: a.n.At.Add(d[0]), Human: true})
		}
	}
	gone := c.Size > 0 && c.Lost >= c.Size
	switch {
	case !gone:
		a.unclock(func(k cases.Clock) bool { return k.What == "gone" && k.Issue == "" })
	case !a.runs("gone", "") && grave(c.Severity):
		a.clock(cases.Clock{What: "gone", At: a.n.At.Add(24 * time.Hour), Human: true})
	case !a.runs("gone", ""):
		a.clock(cases.Clock{What: "gone", At: a.n.At.Add(patience)})
	}
}

func (a *step) runs(what string, issue cases.Code) bool {
	return slices.ContainsFunc(a.c.Clocks, func(k cases.Clock) bool { return k.What == what && k.Issue == issue })
}

// Next returns when the bot has something to do about a case by itself, or the
// zero time.
func Next(c cases.Case) (t time.Time) {
	for _, k := range c.Clocks {
		if !k.Human && (t.IsZero() || k.At.Before(t)) {
			t = k.At
		}
	}
	return t
}

// Ring returns the entry that a clock of c leads to at a time. It has the same
// key whenever it is asked for. An entry without a kind stands for nothing to
// do: the clock has only to go.
func Ring(c cases.Case, k cases.Clock, now time.Time) cases.Entry {
	n := cases.Entry{
		Key:  "clock/" + string(c.ID) + "/" + k.What + "/" + string(k.Issue) + "/" + strconv.FormatInt(k.At.UnixMilli(), 10) + "/" + strconv.FormatInt(c.Version, 10),
		Case: c.ID, Issue: k.Issue, At: now, Role: cases.System, Trigger: k.What,
	}
	i := c.Issue(k.Issue)
	switch k.What {
	case "answer":
		n.Kind = cases.Lapsed
	case "referral":
		n.Kind = cases.Returned
	case "check":
		n.Kind = cases.Checked
	case "recheck", "safety":
		n.Kind = cases.Rechecked
	case "silence":
		n.Kind = cases.Silent
	case "gone":
		n.Kind = cases.Lost
	case "remind":
		if n.Kind = cases.Inquired; i != nil && i.Check >= attempts && now.Sub(i.Since) >= patience && !grave(c.Severity) {
			n.Kind = cases.Lost
		}
	case "again":
		if i == nil {
			break
		}
		if v := ripe(*i, now); v.Then != "" {
			n.Kind = v.Then
		} else if i.Check < asks {
			n.Kind = cases.Checked
		}
	}
	return n
}

// Stop returns c without a clock.
func Stop(c cases.Case, k cases.Clock) cases.Case {
	c.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(o cases.Clock) bool {
		return o.What == k.What && o.Issue == k.Issue && o.At.Equal(k.At) && o.Human == k.Human
	})
	return c
}
