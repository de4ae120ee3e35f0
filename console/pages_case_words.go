package console

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"

	"workervoice/cases"
)

// What a case's page shows is put into words before its templates run, in flat
// structs: see conv.

// A statusWords is where something stands.
type statusWords struct{ Class, Icon, Name string }

func (v *visit) statusWords(s cases.Status) statusWords {
	return statusWords{v.StatusClass(s), v.StatusIcon(s), v.StatusName(s)}
}

// A headWords is the heading of a case.
type headWords struct {
	Ref, Names                    string
	SevClass, SevName             string
	Status                        statusWords
	Workers, Country, Opened      string
	Update                        string // where an update is written, or ""
	Urgent, Paused                bool
	Referred, Disputed, Disputing string
}

// Head is the heading of the case.
func (c *caseView) Head() headWords {
	h := headWords{Ref: c.C.Ref, SevClass: c.SevClass(c.C.Severity), SevName: c.SevName(c.C.Severity), Status: c.statusWords(c.C.Status),
		Workers: c.T("case.workers", "Count", c.C.Size), Opened: c.T("case.opened", "Span", c.Since(c.C.Opened)) + " · ", Urgent: c.C.Urgent, Paused: c.C.Paused}
	var names []string
	for _, i := range c.Issues() {
		names = append(names, c.KindName(i.Kind))
	}
	h.Names = strings.Join(names[:min(2, len(names))], ", ")
	if more := len(names) - 2; more > 0 {
		h.Names += " +" + strconv.Itoa(more)
	}
	if c.C.Country != "" {
		h.Country = c.CountryName(c.C.Country)
	}
	if who := c.Assigned(); who != "" {
		h.Opened += c.T("case.with", "Name", who)
	} else {
		h.Opened += c.T("case.nobody")
	}
	if c.Ours() {
		h.Update = c.Href("update", anew)
	}
	if c.C.Lead != "" {
		h.Referred = c.T("case.referred", "Name", c.org(c.C.Lead))
	}
	if i := c.Disputed(); i != nil {
		h.Disputed = c.T("case.disputed", "All", i.Tally.All, "Some", i.Tally.Some, "None", i.Tally.None, "Kind", c.KindName(i.Kind))
		if h.Disputing = c.T("verdict.disputed"); i.Silent() > 0 {
			h.Disputing = c.T("case.disputed_why", "Count", i.Silent())
		}
	}
	return h
}

// An issueWords is an issue, without what can be done about it.
type issueWords struct {
	Kind                cases.Code
	Name                string
	Status              statusWords
	Step                string
	Life                [7]stage // as many as stageNames
	Workers             string
	Gapped              bool
	Gap                 gapWords
	Verdict             string
	Promise, PromiseLan string
	Promised            string
}

// Box is the issue as the case's page shows it, up to what can be done.
func (i issueView) Box() (template.HTML, error) {
	c := i.c
	w := issueWords{Kind: i.Kind, Name: c.KindName(i.Kind), Status: c.statusWords(i.Status), Step: c.T("case.step", "Step", i.Step(), "Of", len(stageNames)), Verdict: i.Verdict()}
	copy(w.Life[:], i.Life())
	w.Workers = c.T("case.workers", "Count", i.Tally.Members) + " · " + c.T("case.since", "Day", c.DayOf(i.Since))
	if i.Tally.Lost > 0 {
		w.Workers += " · " + c.T("case.lost", "Count", i.Tally.Lost)
	}
	if w.Gapped = i.Gap(); w.Gapped {
		w.Gap = i.InWords()
	}
	if w.Promise, w.PromiseLan = i.PromiseText(); w.Promise != "" {
		w.Promised = i.Promise.Who + " · " + c.DayOf(i.Promise.By)
		if i.Promise.Amount != "" {
			w.Promised += " · " + i.Promise.Amount
		}
	}
	return c.flat("issue-box", w)
}

// A gapWords is what the employer says beside what the workers say.
type gapWords struct {
	Claimed, Full                           int // in percent
	Employer, Workers                       string
	Points, Answered, Likely, Silent, Proxy string
	Pressed, Punished                       string
}

// InWords is the gap in words.
func (i issueView) InWords() gapWords {
	t, n := i.Tally, i.Base()
	count := func(key string, n int) string {
		if n <= 0 {
			return ""
		}
		return i.c.T(key, "Count", n)
	}
	w := gapWords{Claimed: i.ClaimedShare(), Full: i.FullShare(), Employer: i.c.T("gap.of", "N", t.Fixed, "Of", n), Workers: i.c.T("gap.nobody"),
		Answered: i.c.T("gap.answered", "N", t.Answers, "Of", n, "Share", i.AnsweredShare()), Silent: count("gap.silent", i.Silent()),
		Proxy: count("gap.proxy", t.Proxy), Pressed: count("gap.pressed", t.Pressed), Punished: count("gap.punished", t.Open)}
	if t.Answers > 0 {
		w.Workers = i.c.T("gap.of_share", "N", t.All, "Of", t.Answers, "Share", w.Full)
		w.Points = count("gap.points", i.Points())
		if i.Silent() > 0 {
			w.Likely = i.c.T("gap.likely", "Low", i.Low(), "High", i.High(), "Of", n)
		}
	}
	return w
}

// A claimWords is a row of the table of workers: what one says about one issue,
// or where no issue is left, how the worker stands.
type claimWords struct {
	Href, Called, Chat, Talk, Lang string
	First, Held, Lead              bool
	None                           bool // there is no issue: Says is all there is
	Differs, Claimed, Word, Hurt   bool
	Name, Icon, Says, Missing      string
	Face, Answered                 string
}

// Line is the worker in the table.
func (w workerRow) Line() (out template.HTML, err error) {
	r := claimWords{Href: w.Href(), Called: w.Called(), Talk: w.Talk(), Lang: w.Lang, Held: w.Held, Lead: w.Lead, First: true}
	if w.Chat != "" {
		r.Chat = "/c/chat/" + w.Chat
	}
	rows := w.Rows()
	if len(rows) == 0 {
		switch r.None, r.Says = true, "–"; {
		case w.Left:
			r.Says = w.c.T("says.left")
		case w.Held:
			r.Says = w.c.T("says.held")
		}
		return w.c.flat("claim-line", r)
	}
	for _, x := range rows {
		r.Differs, r.Claimed, r.Word, r.Hurt = x.Differs(), x.Claimed(), x.Word() != "", x.Hurt == "open"
		r.Name, r.Icon, r.Says, r.Missing, r.Face, r.Answered = x.Name(), x.Icon(), x.Says(), x.Missing(), x.Face(), x.Answered()
		h, err := w.c.flat("claim-line", r)
		if err != nil {
			return "", err
		}
		out += h
		r.First = false
	}
	return out, nil
}

// A trackWords is what goes on with a counterpart.
type trackWords struct {
	Icon, Name, State, Since string
	Open, Paused             bool
}

// Tracks are those that go on, and those for which workers have asked.
func (c *caseView) Tracks() (out []trackWords) {
	for _, p := range parties {
		t, x, allowed := trackWords{Icon: cmp.Or(partyIcons[p], "people"), Name: c.T("party." + string(p))}, c.C.Track(p), c.C.Allow[string(p)]
		switch {
		case x != nil:
			t.Open, t.Paused, t.State, t.Since = true, x.Paused, c.T("step."+string(x.State)), c.DayOf(x.Since)
			if !x.Due.IsZero() {
				t.Since += " · " + c.T("case.answer_due", "Day", c.DayOf(x.Due))
			}
			if x.Round > 0 {
				t.Since += " · " + c.T("case.round", "Count", x.Round)
			}
		case allowed > 0:
			t.State = c.T("case.not_opened") + ", " + c.T("case.allowed", "Count", allowed)
		case p == cases.Employer:
			t.State = c.T("case.not_opened")
		default:
			continue
		}
		out = append(out, t)
	}
	return out
}
