package flows

import (
	"slices"

	"workervoice/cases"
)

// What a case counts of its workers it counts by difference: what the member
// said goes out before an entry and comes in again after it. So a case with
// thousands of workers costs no more than one with two.

func (a *step) uncount() { a.add(-1) }
func (a *step) count()   { a.add(1) }

func (a *step) add(n int) {
	m, c := a.m, &a.c
	switch {
	case m == nil || m.Left:
		return
	case m.Held:
		c.Held += n
		return
	}
	c.Size += n
	if m.Lost != "" {
		c.Lost += n
	}
	for _, name := range m.Consent.Allows() {
		if c.Allow == nil {
			c.Allow = map[string]int{}
		}
		if c.Allow[name] += n; c.Allow[name] == 0 {
			delete(c.Allow, name)
		}
	}
	if m.Spokes {
		return
	}
	for _, x := range m.Claims {
		i := a.issue(x.Issue)
		switch {
		case i == nil || x.Status == cases.Withdrawn:
		case n > 0:
			i.Tally = i.Tally.Plus(Counted(x, i.Round, m.Lost != ""))
		default:
			i.Tally = i.Tally.Minus(Counted(x, i.Round, m.Lost != ""))
		}
	}
}

// passingBy are entries that make nobody take part.
var passingBy = map[cases.EntryKind]bool{cases.Erased: true, cases.Unreachable: true, cases.Retracted: true, cases.Lost: true, cases.Polled: true}

// member has a worker take part who speaks for the first time.
func (a *step) member() {
	n := a.n
	w := About(n)
	if w == "" {
		a.m = nil
		return
	}
	if a.m == nil {
		begins := n.Kind == cases.Proxied || n.Kind == cases.Joined
		if passingBy[n.Kind] || !begins && a.role != cases.Worker && !(a.role == cases.System && n.Kind == cases.Opened) {
			return
		}
		a.m = &cases.Member{Worker: w, Joined: n.At, Lead: a.c.Size == 0, Proxy: n.Kind == cases.Proxied, Held: n.Kind == cases.Joined && (a.c.Ask || n.Trigger == Held)}
		if n.Kind != cases.Joined {
			for _, i := range a.c.Issues {
				a.m.Claims = append(a.m.Claims, cases.Claim{Issue: i.Kind})
			}
		}
	}
	if a.role == cases.Worker && !passingBy[n.Kind] {
		a.m.Lost = ""
	}
	if n.Lang != "" {
		a.m.Lang = n.Lang
	}
	if n.Channel != "" {
		a.m.Channel = n.Channel
	}
}

// learn takes over what the entry tells about the case.
func (a *step) learn() {
	c, n := &a.c, a.n
	if n.Kind != cases.Judged {
		c.Severity = c.Severity.Worse(n.Severity)
	}
	lead := a.m == nil || a.m.Lead
	if n.Lang != "" && lead {
		c.Lang = n.Lang
	}
	if n.Channel != "" && c.Channel == "" {
		c.Channel = n.Channel
	}
	if n.Report != nil {
		a.report(n.Report, lead)
	}
	for i := range c.Issues {
		if a.was.Issue(c.Issues[i].Kind) == nil {
			a.clocks(&c.Issues[i])
		}
	}
	if a.role != cases.Worker || n.Due.IsZero() {
		return
	}
	first := cases.Clock{What: "reply", At: n.Due, Human: true} // the worker was promised an answer by then
	a.unclock(func(k cases.Clock) bool {
		if k.What == first.What && k.At.Before(first.At) {
			first.At = k.At
		}
		return k.What == first.What
	})
	if c.Status.Open() {
		a.clock(first)
	}
}

// report takes over what a worker told, as far as the case knows it: codes.
func (a *step) report(r *cases.Report, lead bool) {
	c := &a.c
	c.Severity = c.Severity.Worse(r.Severity)
	if a.m != nil {
		a.allow(r)
		if l := r.First("country"); l != "" {
			a.m.Country = l
		}
	}
	if a.n.Kind == cases.Joined {
		a.claims(r)
		return
	}
	if !lead {
		return
	}
	if l := r.First("country"); l != "" {
		c.Country = l
	}
	switch r.First("howmany") {
	case "some", "many", "all":
		c.Many = true
	case "me", "few":
		c.Many = false
	}
	a.kinds(r.Kinds)
}

// allow takes over what a report says that the worker allows. What was not
// asked is not allowed.
func (a *step) allow(r *cases.Report) {
	c := &a.m.Consent
	note := func(what string) {
		if c.At == nil {
			c.At = map[string]int64{}
		}
		c.At[what] = a.n.At.Unix()
	}
	switch v := r.First("raise"); {
	case v == "" || v == c.Employer:
	case v == "ask":
		c.Employer = "later"
		note("raise")
	default:
		c.Employer = v
		note("raise")
	}
	if c.Employer != "yes" {
		c.Guess = false
	}
	if v := r.First("privacy"); v != "" {
		c.Name = v == "open"
	}
	if v := r.First("reply"); v != "" {
		c.Contact = v != "only_when_i_write"
	}
}

// kinds makes an issue of each kind of abuse in a report. The one that stood
// for what was not told yet becomes the first of them.
func (a *step) kinds(kinds []cases.Code) {
	c := &a.c
	if len(kinds) > 0 && len(c.Issues) == 1 && c.Issues[0].Kind == unnamed && !slices.Contains(kinds, unnamed) && c.Size == 0 {
		c.Issues[0].Kind = kinds[0]
		for i := range c.Clocks {
			if c.Clocks[i].Issue == unnamed {
				c.Clocks[i].Issue = kinds[0]
			}
		}
		if x := a.m.Claim(unnamed); x != nil {
			x.Issue = kinds[0]
		}
	}
	status := c.Issues[0].Status
	if len(a.was.Issues) > 1 || len(a.was.Issues) == 1 && a.was.Issues[0].Kind != unnamed {
		status = cases.Received // something new, which nobody has looked at
	}
	for _, k := range kinds {
		if a.issue(k) == nil {
			c.Issues = append(c.Issues, cases.Issue{Kind: k, Status: status, Since: a.n.At})
		}
		if a.m != nil && !a.m.Left && a.m.Claim(k) == nil {
			a.m.Claims = append(a.m.Claims, cases.Claim{Issue: k})
		}
	}
}

// claims has a worker who joins take part in the issues that are the same, or
// in all if the worker did not say.
func (a *step) claims(r *cases.Report) {
	for all := range 2 {
		for _, i := range a.c.Issues {
			if (all == 1 || slices.Contains(r.Kinds, i.Kind)) && a.m.Claim(i.Kind) == nil {
				a.m.Claims = append(a.m.Claims, cases.Claim{Issue: i.Kind})
			}
		}
		if len(a.m.Claims) > 0 {
			return
		}
	}
}
