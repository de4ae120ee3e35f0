package flows

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// guards are what must hold beside the table before an entry may happen.
var guards map[cases.EntryKind]func(*step) error

func init() { // not a literal: some lead back to it
	guards = map[cases.EntryKind]func(*step) error{
		cases.Raised: mayRaise, cases.Lettered: mayLetter, cases.Contacted: mayContact, cases.Escalated: mayEscalate, cases.Referred: mayRefer,
		cases.Accepted: mayAccept, cases.Planned: mayPlan, cases.Refused: mayRefuse, cases.GaveUp: mayGiveUp, cases.Lost: mayLose,
		cases.Judged: mayJudge, cases.Resolved: mayResolve, cases.Answering: mayAnswer, cases.Confirmed: mayConfirm,
		cases.Validated: decided, cases.Settled: decided, cases.Disputed: decided, cases.Unanswered: decided, cases.Polled: present,
		cases.Admitted: held, cases.Rejected: held, cases.Merged: elsewhere, cases.Redirected: elsewhere, cases.Assigned: elsewhere,
		cases.Routed: elsewhere, cases.Split: elsewhere, cases.Linked: elsewhere, cases.Chose: mayChoose, cases.Retaliated: present,
		cases.Withdrew: forWhom, cases.Resumed: forWhom, cases.Told: forWhom, cases.Replied: forWhom, cases.Asked: forWhom, cases.Pressured: forWhom,
		cases.Erased: somebody, cases.Proxied: somebody, cases.Joined: somebody, cases.Calmed: forWhom, cases.Unreachable: forWhom,
	}
}

// smallGroup is how many workers must be able to have complained before one of
// them cannot be guessed.
const smallGroup = 5

// FewWorkers reports whether an employer could guess who complained.
func FewWorkers(c cases.Case) bool { return c.Size < smallGroup && !c.Many }

func byStaff(a *step) bool { return a.role != cases.Worker && a.role != cases.System }

// forWhom has a caseworker who speaks for a worker say for whom.
func forWhom(a *step) error {
	if byStaff(a) && a.n.Member == "" {
		return notNow("say which worker it is about")
	}
	if byStaff(a) && a.m == nil {
		return notNow("this worker does not take part in the case")
	}
	return nil
}

func somebody(a *step) error {
	if About(a.n) == "" {
		return notNow("say which worker it is about")
	}
	return nil
}

func present(a *step) error {
	if a.m == nil && (a.role != cases.Worker || a.n.Kind == cases.Polled) {
		return notNow("this worker does not take part in the case")
	}
	if a.m != nil && (a.m.Left || a.m.Held) && a.n.Kind == cases.Polled {
		return notNow("this worker does not take part in the case")
	}
	return nil
}

func held(a *step) error {
	if a.m == nil || !a.m.Held {
		return notNow("this worker does not wait to be let in")
	}
	return nil
}

func elsewhere(a *step) error {
	if a.n.Other == "" {
		return notNow("say where it goes, or to whom")
	}
	if a.n.Other == string(a.c.ID) {
		return notNow("a case cannot be joined to itself")
	}
	return nil
}

// notPaused holds off contact with the employer until a person has decided.
func notPaused(a *step) error {
	with := cases.Party(or(string(a.n.With), string(cases.Employer)))
	if a.c.Paused && (with == cases.Employer || with == cases.Agency) {
		return notNow("nobody writes to the employer while a worker is in danger or punished: resolve that first")
	}
	return nil
}

// owning are the counterparts to whom a case is raised. All others hear of it
// where a supervisor escalates.
func owning(with cases.Party) bool {
	return with == "" || with == cases.Employer || with == cases.Agency
}

// agreed holds what a counterpart is told to what workers allow: what they have
// taken back counts at once, whatever was said before.
func agreed(a *step) error {
	with := a.n.With
	switch {
	case owning(with) && a.c.Allow[cases.Raise] > 0, with == cases.Agency && a.c.Allow[string(with)] > 0: // raised, or escalated
		return nil
	case owning(with):
		return notNow("no worker has agreed that we talk to the employer: ask first")
	case a.c.Allow[string(with)] == 0:
		return notNow("no worker has agreed that " + string(with) + " hears of it: ask first")
	}
	return nil
}

func mayRaise(a *step) error {
	if err := notPaused(a); err != nil {
		return err
	}
	c := a.c
	switch {
	case c.Allow[cases.Raise] == 0:
		return notNow("no worker has agreed that we talk to the employer: ask first")
	case !owning(a.n.With):
		return notNow("a case is raised with the employer or the agency: a supervisor escalates it to others")
	case !FewWorkers(c):
		return nil
	case a.role != cases.Supervisor:
		return notAllowed("fewer than 5 workers may have complained, so the employer may guess who it was: a supervisor decides")
	case c.Allow[cases.Guess] < max(1, c.Size-c.Lost):
		return notNow("fewer than 5 workers may have complained: each of them must agree though the employer may guess who it was")
	}
	return nil
}

func mayEscalate(a *step) error {
	if a.n.With == "" || a.n.With == cases.Employer {
		return notNow("say to whom")
	}
	if err := notPaused(a); err != nil {
		return err
	}
	if a.c.Allow[string(a.n.With)] == 0 {
		return notNow("no worker has agreed that " + string(a.n.With) + " hears of it: ask first")
	}
	return nil
}

// mayLetter holds a letter to all that its counterpart's first hearing of the
// case is held to, unless that was before.
func mayLetter(a *step) error {
	with := cases.Party(or(string(a.n.With), string(cases.Employer)))
	if owning(with) && a.c.Track(with) == nil {
		return mayRaise(a)
	}
	return cmp.Or(notPaused(a), agreed(a))
}

func mayRefer(a *step) error {
	if err := elsewhere(a); err != nil {
		return err
	}
	if cases.OrgID(a.n.Other) == a.c.Org {
		return notNow("the case is with this organisation already")
	}
	if a.c.Allow[a.n.Other] < max(1, a.c.Size-a.c.Lost) {
		return notNow("the worker has not agreed that this organisation gets the case: ask first")
	}
	return nil
}

func mayAccept(a *step) error {
	switch {
	case a.c.Lead == "":
		return notNow("the case waits for no answer")
	case a.n.Org != a.c.Org:
		return notAllowed("it is for the organisation that the case was offered to")
	}
	return nil
}

// steps are where a track may go from where it stands.
var steps = map[cases.Step][]cases.Step{
	cases.TrackOpened:   {cases.TrackReminded, cases.TrackAnswered, cases.TrackRefused, cases.TrackSilent},
	cases.TrackReminded: {cases.TrackReminded, cases.TrackAnswered, cases.TrackRefused, cases.TrackSilent},
	cases.TrackSilent:   {cases.TrackReminded, cases.TrackAnswered, cases.TrackRefused},
	cases.TrackAnswered: {cases.TrackOpened, cases.TrackAgreed, cases.TrackRefused},
	cases.TrackAgreed:   {cases.TrackDone, cases.TrackRefused, cases.TrackOpened},
	cases.TrackRefused:  {cases.TrackOpened, cases.TrackAnswered},
	cases.TrackDone:     {cases.TrackOpened},
}

// mayContact looks after the steps of a track. With the employer, what is said
// on it moves the issues, so it is told by entries of its own.
func mayContact(a *step) error {
	t := a.c.Track(a.n.With)
	to := cases.Step(or(a.n.Trigger, string(cases.TrackReminded)))
	if err := notPaused(a); err != nil {
		return err
	}
	switch {
	case t == nil:
		return notNow("there is nothing going on with them yet: raise it, or escalate")
	case (a.n.With == cases.Employer || a.n.With == cases.Agency) && to != cases.TrackReminded:
		return notNow("record what the employer says as an answer, a plan or a claim")
	case !slices.Contains(steps[t.State], to):
		return notNow("with them it is " + string(t.State))
	case to == cases.TrackReminded || to == cases.TrackOpened: // else it is they who have spoken
		return agreed(a)
	}
	return nil
}

func mayPlan(a *step) error {
	p := a.n.Promise
	if p == nil || len(p.Texts) == 0 || p.Who == "" || p.By.IsZero() {
		return notNow("a plan says what is done, by whom and by when")
	}
	return nil
}

// rounds is how often an answer may be sent back before the supervisor chooses
// another way.
const rounds = 2

func mayRefuse(a *step) error {
	for _, t := range a.c.Tracks {
		if (t.With == cases.Employer || t.With == cases.Agency) && t.Round >= rounds {
			return notNow("two answers did not deal with it: a supervisor escalates it, or closes it as not fixed")
		}
	}
	return nil
}

func mayGiveUp(a *step) error {
	if a.n.Reason == "" {
		return notNow("say why: the worker is told")
	}
	if a.c.Size > a.c.Lost && (a.c.News.Equal(a.c.Opened) || a.n.At.Sub(a.c.News) > 30*24*time.Hour) {
		return notNow("tell the workers first why it is not fixed")
	}
	return nil
}

// attempts is how often a worker is asked before the bot gives up, and over
// how long.
const (
	attempts = 4
	patience = 21 * 24 * time.Hour
)

func grave(v cases.Severity) bool { return v == cases.Danger || v == cases.Violence }

func mayLose(a *step) error {
	if a.role == cases.Supervisor {
		if a.n.Reason == "" {
			return notNow("say how the worker was looked for")
		}
		return nil
	}
	if a.n.Member != "" || a.n.Worker != "" { // one of several; the case goes on
		return present(a)
	}
	if grave(a.c.Severity) {
		return notAllowed("nobody is given up in danger: a supervisor decides")
	}
	if a.c.Size > 0 && a.c.Lost >= a.c.Size {
		return nil
	}
	for _, i := range a.about() {
		if i.Status != cases.Clarification || i.Check < attempts || a.n.At.Sub(i.Since) < patience {
			return notNow("the worker is asked four times, over three weeks")
		}
	}
	return nil
}

func mayJudge(a *step) error {
	was, is := a.c.Severity, a.n.Severity
	switch {
	case is < cases.Danger || is > cases.Information:
		return notNow("say how serious it is, from S0 to S4")
	case was != cases.Unjudged && is > was && a.role != cases.Supervisor:
		return notAllowed("only a supervisor lowers how serious a case is")
	case was != cases.Unjudged && is > was && a.n.Reason == "":
		return notNow("say why it is less serious")
	}
	return nil
}

func mayResolve(a *step) error {
	open := 0
	for _, i := range a.c.Issues {
		open += i.Tally.Open
	}
	switch {
	case a.n.Reason == "":
		return notNow("say what was done")
	case open == 0 && !a.c.Paused:
		return notNow("nobody was reported to be in danger or punished")
	case open == 0:
		return nil
	case a.role != cases.Supervisor:
		return notAllowed("a supervisor decides when a worker was punished")
	case a.m == nil || !slices.ContainsFunc(a.m.Claims, func(c cases.Claim) bool { return c.Hurt == "open" }):
		return notNow("say which worker's punishment was dealt with")
	}
	return nil
}

// mayAnswer lets a worker answer about the worker's own claim, and a
// caseworker write down what a worker told by telephone.
func mayAnswer(a *step) error {
	if err := forWhom(a); err != nil {
		return err
	}
	if a.n.Answer == nil {
		return notNow("there is no answer in it")
	}
	if a.n.Issue == "" && len(a.c.Issues) != 1 {
		return notNow("say which issue it is about")
	}
	after := a.m != nil && a.m.Left && Says(a.n.Answer) == "" // who stopped the case may say that somebody was bad to them for it
	if a.m != nil && (a.m.Held || a.m.Left && !after || a.m.Spokes) {
		return notNow("this worker answers for nothing in the case")
	}
	return nil
}

func mayConfirm(a *step) error {
	if err := forWhom(a); err != nil {
		return err
	}
	c := a.m.Claim(a.n.Issue)
	if c == nil {
		return notNow("this worker has said nothing about it")
	}
	if _, ok := Confirms(*c, a.n.By); !ok {
		return notAllowed("a second person confirms what a caseworker was told")
	}
	return nil
}

// decided holds what closes or reopens an issue to what its workers say.
func decided(a *step) error {
	i := a.issue(a.n.Issue)
	if i == nil {
		return notNow("say which issue it is about")
	}
	if then := ripe(*i, a.n.At).Then; then != a.n.Kind && !(a.n.Kind == cases.Disputed && dissent(i.Tally)) {
		return notNow("the workers have not said so")
	}
	return nil
}

func dissent(t cases.Tally) bool { return t.Some+t.None-t.Enough+t.Pressed > 0 }

// ripe is Judge, but does not wait for ever to ask those who cannot be asked.
func ripe(i cases.Issue, now time.Time) Verdict {
	v := Judge(i, now)
	if v.Why == "asking" && i.Status == cases.Checking && i.Check >= asks && now.Sub(i.Since) >= lastWait {
		i.Tally.Asked = max(i.Tally.Asked, i.Tally.Members-i.Tally.Lost)
		v = Judge(i, now)
	}
	return v
}

func mayChoose(a *step) error {
	if err := forWhom(a); err != nil {
		return err
	}
	if byStaff(a) && a.n.Reason == "" {
		return notNow("say how the worker told you")
	}
	what, answer, _ := strings.Cut(a.n.Trigger, " ")
	if !slices.Contains([]string{"raise", "guess", "name", "contact", "share", "plan"}, what) || !slices.Contains([]string{"yes", "no", "later"}, answer) {
		return notNow("say what the worker allows, and whether")
	}
	if what == "share" && a.n.With == "" && a.n.Other == "" {
		return notNow("say with whom")
	}
	return nil
}
