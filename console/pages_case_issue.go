package console

import (
	"slices"

	"workervoice/cases"
	"workervoice/flows"
)

// An issueView is an issue as the page shows it.
type issueView struct {
	cases.Issue
	c     *caseView
	First bool
}

// Issues are those of the case, the least advanced first.
func (c *caseView) Issues() (is []issueView) {
	order := flows.Statuses()
	for _, i := range c.C.Issues {
		is = append(is, issueView{Issue: i, c: c})
	}
	slices.SortStableFunc(is, func(a, b issueView) int {
		return slices.Index(order, a.Status) - slices.Index(order, b.Status)
	})
	if len(is) > 0 {
		is[0].First = is[0].Status.Open()
	}
	return is
}

// stages is how far each status is on the way of an issue, of seven steps.
var stages = map[cases.Status]int{
	cases.Received: 0, cases.Heard: 1, cases.Clarification: 1, cases.Passed: 1, cases.Reopened: 1, cases.WithEmployer: 2, cases.EmployerSpoke: 3,
	cases.Agreed: 4, cases.Underway: 4, cases.SaidFixed: 5, cases.Checking: 5,
}

// stageNames are the words of the seven steps.
var stageNames = []string{"received", "acknowledged", "raised", "responded", "plan", "check", "closed"}

// A stage is one of the steps of an issue.
type stage struct {
	Name  string
	Class string // done, now, or empty
}

// Life is the way of the issue in steps.
func (i issueView) Life() (out []stage) {
	at, open := stages[i.Status]
	if !open {
		at = len(stageNames)
	}
	for n, name := range stageNames {
		s := stage{Name: i.c.T("stage." + name)}
		switch {
		case n < at:
			s.Class = "done"
		case n == at:
			s.Class = "now"
		}
		out = append(out, s)
	}
	return out
}

// Step is how far it is, of seven.
func (i issueView) Step() int {
	if at, open := stages[i.Status]; open {
		return at + 1
	}
	return len(stageNames)
}

// Rates are what its workers say.
func (i issueView) Rates() cases.Rates { return i.Tally.Rates() }

// Percent writes a share of one.
func Percent(share float64) int { return int(100*share + .5) }

// Gap reports whether there is anything to compare.
func (i issueView) Gap() bool {
	return i.Tally.Fixed > 0 || i.Tally.Answers > 0 || i.Status == cases.Checking
}

// Base is how many count: those who take part and, once there are any, were asked.
func (i issueView) Base() int { return max(i.Tally.Asked, i.Tally.Fixed, i.Tally.Answers) }

// ClaimedShare, FullShare and the like are widths of bars.
func (i issueView) ClaimedShare() int { return share(i.Tally.Fixed, i.Base()) }

// FullShare is the share of the answers that say it is all there.
func (i issueView) FullShare() int { return share(i.Tally.All, i.Tally.Answers) }

// AnsweredShare is the share of those asked who have answered.
func (i issueView) AnsweredShare() int { return share(i.Tally.Answers, i.Base()) }

// Silent is how many were asked and have said nothing: they are unknown, and
// never counted as satisfied.
func (i issueView) Silent() int { return max(i.Base()-i.Tally.Answers-i.Tally.Pressed, 0) }

// Points is the gap between employer and workers, in points.
func (i issueView) Points() int { return Percent(i.Rates().Gap) }

// Low and High are the bounds for all who were asked.
func (i issueView) Low() int { return Percent(i.Rates().Low) }

// High is the upper one.
func (i issueView) High() int { return Percent(i.Rates().High) }

// share is a of b in percent.
func share(a, b int) int {
	if b <= 0 {
		return 0
	}
	return min(100, (100*a+b/2)/b)
}

// Verdict says what the answers come to, in words.
func (i issueView) Verdict() string {
	if i.Status != cases.Checking && i.Status != cases.SaidFixed {
		return ""
	}
	why := flows.Judge(i.Issue, i.c.Now()).Why
	if why == "" || !hasWord("verdict."+why) {
		return ""
	}
	return i.c.T("verdict." + why)
}

// PromiseText is what is to be done, in the language of the page or another.
func (i issueView) PromiseText() (text, lang string) {
	if i.Promise == nil {
		return "", ""
	}
	return inAny(i.Promise.Texts, i.c.Lang)
}

// inAny returns a text in a language, in English, or in any.
func inAny(texts map[string]string, lang string) (string, string) {
	for _, l := range append([]string{lang}, consoleLanguages...) {
		if texts[l] != "" {
			return texts[l], l
		}
	}
	return "", lang
}

// Disputed is the issue of which the employer says that it is fixed and workers
// do not, if there is one.
func (c *caseView) Disputed() *issueView {
	for _, i := range c.Issues() {
		t := i.Tally
		if (i.Status == cases.Checking || i.Status == cases.Reopened) && t.Fixed > 0 && t.None+t.Some-t.Enough > 0 {
			return &i
		}
	}
	return nil
}

// Page is the page on which the issue stands.
func (i issueView) Page() *caseView { return i.c }
