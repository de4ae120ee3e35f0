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
		cases.Routed: elsewhere, cases.Split: mayPart, cases.Linked: elsewhere, cases.Chose: mayChoose, cases.Retaliated: present,
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
		return notNow("say_worker")
	}
	if byStaff(a) && a.m == nil {
		return notNow("no_member")
	}
	return nil
}

func somebody(a *step) error {
	if About(a.n) == "" {
		return notNow("say_worker")
	}
	return nil
}

func present(a *step) error {
	if a.m == nil && (a.role != cases.Worker || a.n.Kind == cases.Polled) {
		return notNow("no_member")
	}
	if a.m != nil && (a.m.Left || a.m.Held) && a.n.Kind == cases.Polled {
		return notNow("no_member")
	}
	return nil
}

func held(a *step) error {
	if a.m == nil || !a.m.Held {
		return notNow("not_held")
	}
	return nil
}

func elsewhere(a *step) error {
	if a.n.Other == "" {
		return notNow("say_where")
	}
	if a.n.Other == string(a.c.ID) {
		return notNow("itself")
	}
	return nil
}

// Named is the trigger of an entry that splits off workers by their names,
// whatever they say.
const Named = "named"

// mayPart lets a caseworker split off who says no only where somebody does: the
// timeline would name a case that nobody goes to. The bot does so where it has
// just heard a no, and all who said it may have gone by then.
func mayPart(a *step) error {
	if err := elsewhere(a); err != nil || !byStaff(a) || a.n.Trigger == Named {
		return err
	}
	switch i := a.issue(a.n.Issue); {
	case i == nil:
		return notNow("say_issue")
	case Dissent(i.Tally) == 0:
		return notNow("nobody_says_no")
	}
	return nil
}

// notPaused holds off contact with the employer until a person has decided.
func notPaused(a *step) error {
	with := cases.Party(or(string(a.n.With), string(cases.Employer)))
	if a.c.Paused && (with == cases.Employer || with == cases.Agency) {
		return notNow("paused")
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
		return notNow("employer_not_agreed")
	case a.c.Allow[string(with)] == 0:
		return notNow("not_agreed", "Party", string(with))
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
		return notNow("employer_not_agreed")
	case !owning(a.n.With):
		return notNow("raise_with")
	case !FewWorkers(c):
		return nil
	case a.role != cases.Supervisor:
		return notAllowed("few_supervisor")
	case c.Allow[cases.Guess] < max(1, c.Size-c.Lost):
		return notNow("few_agree")
	}
	return nil
}

func mayEscalate(a *step) error {
	if a.n.With == "" || a.n.With == cases.Employer {
		return notNow("say_to")
	}
	if err := notPaused(a); err != nil {
		return err
	}
	if a.c.Allow[string(a.n.With)] == 0 {
		return notNow("not_agreed", "Party", string(a.n.With))
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
		return notNow("there_already")
	}
	if a.c.Allow[a.n.Other] < max(1, a.c.Size-a.c.Lost) {
		return notNow("refer_not_agreed")
	}
	return nil
}

func mayAccept(a *step) error {
	switch {
	case a.c.Lead == "":
		return notNow("no_offer")
	case a.n.Org != a.c.Org:
		return notAllowed("for_offered")
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
		return notNow("no_track")
	case (a.n.With == cases.Employer || a.n.With == cases.Agency) && to != cases.TrackReminded:
		return notNow("record_employer")
	case !slices.Contains(steps[t.State], to):
		return notNow("track_stands", "Step", string(t.State))
	case to == cases.TrackReminded || to == cases.TrackOpened: // else it is they who have spoken
		return agreed(a)
	}
	return nil
}

func mayPlan(a *step) error {
	p := a.n.Promise
	if p == nil || len(p.Texts) == 0 || p.Who == "" || p.By.IsZero() {
		return notNow("plan_lacks")
	}
	return nil
}

// rounds is how often an answer may be sent back before the supervisor chooses
// another way.
const rounds = 2

func mayRefuse(a *step) error {
	for _, t := range a.c.Tracks {
		if (t.With == cases.Employer || t.With == cases.Agency) && t.Round >= rounds {
			return notNow("two_answers")
		}
	}
	return nil
}

func mayGiveUp(a *step) error {
	if a.n.Reason == "" {
		return notNow("say_why")
	}
	if a.c.Size > a.c.Lost && (a.c.News.Equal(a.c.Opened) || a.n.At.Sub(a.c.News) > 30*24*time.Hour) {
		return notNow("tell_first")
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
			return notNow("say_looked")
		}
		return nil
	}
	if a.n.Member != "" || a.n.Worker != "" { // one of several; the case goes on
		return present(a)
	}
	if grave(a.c.Severity) {
		return notAllowed("danger_supervisor")
	}
	if a.c.Size > 0 && a.c.Lost >= a.c.Size {
		return nil
	}
	for _, i := range a.about() {
		if i.Status != cases.Clarification || i.Check < attempts || a.n.At.Sub(i.Since) < patience {
			return notNow("ask_four_times")
		}
	}
	return nil
}

func mayJudge(a *step) error {
	was, is := a.c.Severity, a.n.Severity
	switch {
	case is < cases.Danger || is > cases.Information:
		return notNow("say_severity")
	case was != cases.Unjudged && is > was && a.role != cases.Supervisor:
		return notAllowed("lower_supervisor")
	case was != cases.Unjudged && is > was && a.n.Reason == "":
		return notNow("say_less")
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
		return notNow("say_done")
	case open == 0 && !a.c.Paused:
		return notNow("nobody_hurt")
	case open == 0:
		return nil
	case a.role != cases.Supervisor:
		return notAllowed("punished_supervisor")
	case a.m == nil || !slices.ContainsFunc(a.m.Claims, func(c cases.Claim) bool { return c.Hurt == "open" }):
		return notNow("say_punished")
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
		return notNow("no_answer")
	}
	if a.n.Issue == "" && len(a.c.Issues) != 1 {
		return notNow("say_issue")
	}
	after := a.m != nil && a.m.Left && Says(a.n.Answer) == "" // who stopped the case may say that somebody was bad to them for it
	if a.m != nil && (a.m.Held || a.m.Left && !after || a.m.Spokes) {
		return notNow("answers_nothing")
	}
	return nil
}

func mayConfirm(a *step) error {
	if err := forWhom(a); err != nil {
		return err
	}
	c := a.m.Claim(a.n.Issue)
	if c == nil {
		return notNow("said_nothing")
	}
	if _, ok := Confirms(*c, a.n.By); !ok {
		return notAllowed("second_person")
	}
	return nil
}

// decided holds what closes or reopens an issue to what its workers say.
func decided(a *step) error {
	i := a.issue(a.n.Issue)
	if i == nil {
		return notNow("say_issue")
	}
	if then := ripe(*i, a.n.At).Then; then != a.n.Kind && !(a.n.Kind == cases.Disputed && Dissent(i.Tally) > 0) {
		return notNow("not_said")
	}
	return nil
}

// Dissent is how many of a tally say that it is not fixed, or had to say that it is.
func Dissent(t cases.Tally) int { return max(t.Some+t.None-t.Enough+t.Pressed, 0) }

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
		return notNow("say_told")
	}
	what, answer, _ := strings.Cut(a.n.Trigger, " ")
	if !slices.Contains([]string{"raise", "guess", "name", "contact", "share", "plan"}, what) || !slices.Contains([]string{"yes", "no", "later"}, answer) {
		return notNow("say_allowed")
	}
	if what == "share" && a.n.With == "" && a.n.Other == "" {
		return notNow("say_with")
	}
	return nil
}
