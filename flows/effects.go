package flows

import (
	"slices"
	"strings"

	"workervoice/cases"
)

// effects are what entries do to a case beside moving its issues.
var effects map[cases.EntryKind]func(*step)

func init() { // not a literal: some lead back to it
	effects = map[cases.EntryKind]func(*step){
		cases.Alerted: endangered, cases.Taken: (*step).answered, cases.Acknowledged: (*step).answered,
		cases.Inquired: inquired, cases.Raised: raised, cases.Lapsed: lapsed, cases.Responded: onTrack(cases.TrackAnswered),
		cases.Refused: refused, cases.Planned: planned, cases.Claimed: claimed, cases.Escalated: escalated, cases.Contacted: contacted,
		cases.Referred: referred, cases.Accepted: accepted, cases.Returned: returned, cases.Checked: checked, cases.Helped: checked,
		cases.Rechecked: rechecked, cases.Answering: answering, cases.Confirmed: confirmed, cases.Polled: polled, cases.Retaliated: retaliated,
		cases.Resolved: resolved, cases.Validated: validated, cases.Chose: chose, cases.Joining: func(a *step) { a.c.Code, a.c.Ask = a.n.Other, a.n.Trigger == "ask" },
		cases.Admitted: func(a *step) { a.m.Held = false }, cases.Rejected: func(a *step) { a.m.Left = true },
		cases.Withdrew: withdrew, cases.Resumed: resumed, cases.Erased: erased, cases.Lost: lost, cases.Unreachable: lost,
		cases.Assigned: func(a *step) { a.c.Assignee = cases.CaseworkerID(a.n.Other) }, cases.Routed: func(a *step) { a.c.Org, a.c.Assignee = cases.OrgID(a.n.Other), "" },
		cases.Judged: func(a *step) { a.c.Severity = a.n.Severity }, cases.Merged: func(a *step) { a.c.Into = cases.ID(a.n.Other) }, cases.Linked: tied,
		cases.Disputed: (*step).informed, cases.Updated: (*step).informed, cases.Corrected: (*step).informed, cases.Silent: (*step).informed,
	}
}

// informed notes that the workers have heard of their case.
func (a *step) informed() { a.c.News = a.n.At }

// heard notes that a person has written to the worker.
func (a *step) heard() {
	a.c.News = a.n.At
	a.unclock(func(k cases.Clock) bool { return k.What == "reply" || k.What == "look" })
}

// answered notes that a person has taken up what was urgent, or written. Who
// does so first has the case from then on.
func (a *step) answered() {
	a.c.Urgent = false
	if a.c.Assignee == "" && (a.role == cases.Helper || a.role == cases.Supervisor) {
		a.c.Assignee = a.n.By
	}
	a.heard()
}

func endangered(a *step) {
	a.c.Urgent = true
	a.pause(true)
}

// pause holds off contact with the employer, or takes it up again.
func (a *step) pause(on bool) {
	a.c.Paused = on
	for n := range a.c.Tracks {
		if t := &a.c.Tracks[n]; t.With == cases.Employer || t.With == cases.Agency {
			t.Paused = on
		}
	}
}

// track returns the track with a counterpart, opening one if need be.
func (a *step) track(with cases.Party) *cases.Track {
	if with == "" {
		with = cases.Employer
	}
	if t := a.c.Track(with); t != nil {
		return t
	}
	a.c.Tracks = append(a.c.Tracks, cases.Track{With: with})
	return &a.c.Tracks[len(a.c.Tracks)-1]
}

func (a *step) put(with cases.Party, to cases.Step) *cases.Track {
	t := a.track(with)
	t.State, t.Since = to, a.n.At
	return t
}

// facing returns the counterpart with which the case was raised.
func (a *step) facing() cases.Party {
	switch {
	case a.n.With != "":
		return a.n.With
	case a.c.Track(cases.Employer) == nil && a.c.Track(cases.Agency) != nil:
		return cases.Agency
	}
	return cases.Employer
}

func onTrack(to cases.Step) func(*step) {
	return func(a *step) { a.put(a.facing(), to).Due = a.n.Due }
}

func raised(a *step) {
	t := a.put(a.n.With, cases.TrackOpened)
	t.Due = a.n.Due
	if d := durations("answer", a.c.Severity); t.Due.IsZero() && len(d) > 0 {
		t.Due = a.n.At.Add(d[0])
	}
}

func lapsed(a *step) {
	if t := a.c.Track(a.facing()); t != nil && (t.State == cases.TrackOpened || t.State == cases.TrackReminded) {
		a.put(t.With, cases.TrackSilent)
	}
	a.fired("answer")
}

func refused(a *step) {
	t := a.put(a.facing(), cases.TrackOpened)
	t.Round++
}

func planned(a *step) {
	a.put(a.facing(), cases.TrackAgreed).Due = a.n.Promise.By
	for _, i := range a.about() {
		if i.Status == cases.EmployerSpoke {
			p := *a.n.Promise
			i.Promise = &p
		}
	}
}

func claimed(a *step) {
	for _, i := range a.about() {
		if i.Status == cases.Agreed || i.Status == cases.Underway {
			i.Claimed = a.n.At
		}
	}
	if a.m != nil {
		if c := a.m.Claim(a.n.Issue); c != nil {
			c.Fixed = true
		}
	}
}

func escalated(a *step) {
	a.put(a.n.With, cases.TrackOpened).Due = a.n.Due
	a.unclock(func(k cases.Clock) bool { return k.What == "escalate" })
}

func contacted(a *step) {
	a.put(a.n.With, cases.Step(or(a.n.Trigger, string(cases.TrackReminded))))
	if a.n.Trigger == "" || a.n.Trigger == string(cases.TrackReminded) {
		a.unclock(func(k cases.Clock) bool { return k.What == "reminder" })
	}
}

// referred offers the case to another organisation, which sees of it what was
// chosen, and keeps to that when it accepts.
func referred(a *step) {
	a.c.Lead, a.c.Org, a.c.Assignee = a.c.Org, cases.OrgID(a.n.Other), ""
	a.c.Scope = &cases.Scope{Org: a.c.Org, By: a.c.Lead, Fields: slices.Clone(a.n.Fields), Since: a.n.At, Ends: a.n.Trigger == Ends}
}

// Ends is the trigger of a referral after which the organisation that refers
// the case has nothing more to do with it.
const Ends = "ends"

func accepted(a *step) {
	if !slices.Contains(a.c.Teams, a.c.Lead) && (a.c.Scope == nil || !a.c.Scope.Ends) {
		a.c.Teams = append(a.c.Teams, a.c.Lead)
	}
	a.c.Lead = ""
	for _, i := range a.about() {
		if i.Status == cases.Passed {
			a.clocks(i)
		}
	}
}

func returned(a *step) {
	back := a.c.Lead
	if x := a.c.Scope; x != nil && x.Ends && back == "" { // the organisation that had done with it
		back = x.By
	}
	a.c.Scope = nil
	if n := len(a.c.Teams); back == "" && n > 0 {
		back, a.c.Teams = a.c.Teams[n-1], a.c.Teams[:n-1]
	}
	if back != "" {
		a.c.Org, a.c.Lead, a.c.Assignee = back, "", ""
	}
}

func inquired(a *step) {
	if a.role != cases.System {
		a.heard()
	}
	for _, i := range a.about() {
		if i.Status != cases.Clarification {
			continue
		}
		i.Check++
		a.clocks(i)
		if i.Check >= attempts && grave(a.c.Severity) {
			a.clock(cases.Clock{What: "gone", Issue: i.Kind, At: a.n.At, Human: true})
		}
	}
}

// checked begins a round of questions, or asks once more.
func checked(a *step) {
	for _, i := range a.about() {
		switch i.Status {
		case cases.SaidFixed, cases.Passed:
			anew(i)
		case cases.Checking:
			i.Check++
			a.clocks(i)
		}
	}
}

// anew begins a new round, in which those who left have no part.
func anew(i *cases.Issue) {
	i.Tally, i.Former = i.Tally.Minus(i.Former), cases.Tally{}
	*i = Anew(*i)
}

func rechecked(a *step) {
	for _, i := range a.about() {
		if !i.Status.Open() {
			i.Weeks++
		}
	}
	a.fired("recheck", "safety")
}

func chose(a *step) {
	what, answer, _ := strings.Cut(a.n.Trigger, " ")
	c := &a.m.Consent
	yes := answer == "yes"
	switch what {
	case "raise":
		c.Employer = answer
		c.Guess = c.Guess && yes
	case "guess":
		c.Guess = yes
		if yes {
			c.Employer = "yes"
		}
	case "name":
		c.Name = yes
	case "contact":
		c.Contact = yes
	case "share":
		c.Share(or(string(a.n.With), a.n.Other), yes)
	}
	if c.At == nil {
		c.At = map[string]int64{}
	}
	c.At[what] = a.n.At.Unix()
}

func withdrew(a *step) {
	for n := range a.m.Claims {
		if c := &a.m.Claims[n]; a.n.Issue == "" || a.n.Issue == c.Issue {
			c.Status = cases.Withdrawn
		}
	}
	a.m.Left = a.n.Issue == ""
}

func resumed(a *step) {
	a.m.Left = false
	for n := range a.m.Claims {
		if c := &a.m.Claims[n]; c.Status == cases.Withdrawn && (a.n.Issue == "" || a.n.Issue == c.Issue) {
			c.Status = ""
		}
	}
}

// crowd is how many workers must take part for the answers of one who has
// everything erased to stay as a mere number.
const crowd = 11

func erased(a *step) {
	if a.m == nil {
		return
	}
	for _, c := range a.m.Claims {
		i := a.issue(c.Issue)
		if i == nil || a.m.Left || a.m.Held || c.Status == cases.Withdrawn || c.Round != i.Round || Says(c.Last) == "" || i.Tally.Members+1 < crowd {
			continue
		}
		t := Counted(Dealt(c), i.Round, false)
		i.Tally, i.Former = i.Tally.Plus(t), i.Former.Plus(t)
	}
	a.m.Left, a.m.Claims, a.m.Consent = true, nil, cases.Consent{}
}

// Unnamed is why a worker cannot be reached who had name and contact deleted.
const Unnamed = "deleted name and contact"

// lost notes that a worker cannot be reached. What the bot does about it when
// nobody else can be reached either waits for a while: a worker who blocks the
// bot may be watched.
func lost(a *step) {
	if a.m != nil {
		a.m.Lost = or(a.n.Trigger, "left")
	}
	if a.m != nil && a.n.Trigger == Unnamed {
		a.m.Chat, a.m.Consent.Name, a.m.Consent.Contact = "", false, false
	}
	a.fired("gone", "remind")
}
