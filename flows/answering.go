package flows

import (
	"slices"
	"time"

	"workervoice/cases"
)

// What workers answer about a remedy, and what is done where one was punished.

// answering takes what a worker says about a remedy, and what follows from it.
func answering(a *step) {
	i := a.issue(a.n.Issue)
	if i == nil {
		i = &a.c.Issues[0]
	}
	c := a.m.Claim(i.Kind)
	if c == nil {
		a.m.Claims = append(a.m.Claims, cases.Claim{Issue: i.Kind})
		c = &a.m.Claims[len(a.m.Claims)-1]
	}
	answer := *a.n.Answer
	answer.Proxy, answer.Second = "", ""
	if byStaff(a) {
		answer.Proxy = string(a.n.By)
	}
	if answer.At.IsZero() {
		answer.At = a.n.At
	}
	lost, round, hurt, said := a.m.Lost != "", i.Round, c.Hurt, c.Status
	before := good(c.Last)
	i.Tally = i.Tally.Plus(Counted(*c, i.Round, lost)) // Answer moves it from one to the other
	was := *i
	next, claim, v := Answer(was, *c, answer, lost)
	if next.Round != round {
		f := i.Former
		next.Tally = next.Tally.Minus(cases.Tally{Members: f.Members, Lost: f.Lost, Open: f.Open, Retaliation: f.Retaliation})
		next.Former = cases.Tally{}
	}
	next.Tally = next.Tally.Minus(Counted(claim, next.Round, lost))
	*i, *c = next, claim
	a.verdict(i.Kind, v)
	no := c.Status == cases.Reopened && said != cases.Reopened && v.Then == ""
	if no && v.Split { // closed for the others already; what they say later sends nobody off again
		a.part(i.Kind)
	}
	if !before && good(claim.Last) && next.Round == round {
		a.rushed(i)
	}
	if no && i.Status == cases.Checking && !a.runs("look", i.Kind) {
		a.clock(cases.Clock{What: "look", Issue: i.Kind, At: a.n.At.Add(Look), Human: true}) // one of many says no: a person sees it all the same
	}
	if c.Hurt == "open" && hurt != "open" {
		a.follow(cases.Entry{Kind: cases.Retaliated, Issue: i.Kind, Worker: a.n.Worker, Member: a.n.Member, By: a.n.By, Role: a.n.Role})
	}
}

// minutes is how close together good answers of several workers have to come
// for somebody to have told them what to say.
const minutes = 10 * time.Minute

// rushed has a worker asked whether somebody said what to answer, where the
// third good answer or a later one comes within minutes of the first, and a
// third of all who take part have given one.
func (a *step) rushed(i *cases.Issue) {
	if i.Rush++; a.n.At.Sub(i.Rushed) > minutes {
		i.Rush, i.Rushed = 1, a.n.At
	}
	if i.Rush >= 3 && 3*i.Rush >= i.Tally.Members && !byStaff(a) {
		a.tell = append(a.tell, a.followed(FollowPressure))
	}
}

// verdict carries on with what the answers about an issue come to.
func (a *step) verdict(kind cases.Code, v Verdict) {
	if v.Then != "" {
		a.follow(cases.Entry{Kind: v.Then, Issue: kind, Role: cases.System})
	}
}

// validated has those who say no go on in a case of their own, whoever or
// whatever closed the issue for the others.
func validated(a *step) {
	for _, i := range a.about() {
		if Dissent(i.Tally) > 0 {
			a.part(i.Kind)
		}
	}
}

// part has those who say no of an issue go on in a case of their own.
func (a *step) part(kind cases.Code) {
	f := a.followed(FollowSplit)
	f.Issue = kind
	a.tell = append(a.tell, f)
}

func confirmed(a *step) {
	c := a.m.Claim(a.n.Issue)
	*c, _ = Confirms(*c, a.n.By)
}

func polled(a *step) {
	for _, i := range a.about() {
		if c := a.m.Claim(i.Kind); c != nil {
			*c = Asks(*c, i.Round, !i.Claimed.IsZero())
		}
	}
}

func retaliated(a *step) {
	a.pause(true)
	for _, i := range a.about() {
		if c := a.m.Claim(i.Kind); c != nil && c.Status != cases.Withdrawn {
			c.Hurt = "open"
		}
	}
	if a.c.Parent == "" || !slices.Equal(a.c.Kinds, []cases.Code{revenge}) { // which is a case of just that
		a.tell = append(a.tell, a.child(revenge, cases.Violence))
	}
}

// revenge is the kind of abuse of a case that is opened for a worker who was
// punished.
const revenge cases.Code = "job.revenge"

func resolved(a *step) {
	open := 0
	for _, i := range a.c.Issues {
		open += i.Tally.Open // of the others
	}
	if a.m != nil {
		for n := range a.m.Claims {
			a.m.Claims[n] = Dealt(a.m.Claims[n])
		}
	}
	if open == 0 {
		a.pause(false)
		for n := range a.c.Issues {
			i := a.c.Issues[n]
			if i.Status != cases.Checking {
				continue
			}
			if c := a.m.Claim(i.Kind); c != nil {
				i.Tally = i.Tally.Plus(Counted(*c, i.Round, a.m.Lost != ""))
			}
			a.verdict(i.Kind, ripe(i, a.n.At))
		}
	}
}
