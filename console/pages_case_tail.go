package console

import (
	"cmp"
	"errors"
	"html/template"
	"strings"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() { serve("GET /c/case/{id}/timeline", staff, timelinePage) }

const (
	shownTail  = 14  // entries of a timeline that a case's page shows, newest first
	readTail   = 24  // that it reads for that: some are told together
	longTail   = 60  // that it reads where many are told together
	passedTail = 200 // among which it finds what happened since a form was made
)

// Tail are the last n entries of the timeline or a few more, the oldest of them
// in front.
func (c *caseView) Tail(n int) ([]cases.Entry, error) {
	if c.read >= n || c.read > 0 && !c.grown {
		return c.tail, nil
	}
	es, err := c.Store.Timeline(c.Ctx(), c.By(), c.C.ID, -1, n+1)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	if err != nil {
		c.Log.Error("console: some entries of a case are damaged", "err", err)
	}
	c.read, c.grown = n, len(es) > n
	c.tail = es[max(len(es)-n, 0):]
	return c.tail, nil
}

// A toldEntry is an entry in words.
type toldEntry struct {
	Icon, What, Who, Text, Lang, Reason, Stamp string
	N                                          int // how many of the same, if more than one
	Media                                      int
	Quote                                      bool // Text is what somebody said
	Note, Crowd                                bool // Crowd: a worker did it
}

// Timeline is what happened, the newest first.
func (c *caseView) Timeline() ([]template.HTML, error) {
	tail, err := c.Tail(readTail)
	if err != nil {
		return nil, err
	}
	out := c.inWords(tail)
	if c.grown && len(out) < shownTail {
		if tail, err = c.Tail(longTail); err != nil {
			return nil, err
		}
		out = c.inWords(tail)
	}
	c.cut = c.grown || len(out) > shownTail
	return c.entries(out[:min(len(out), shownTail)])
}

// Longer reports whether there is more than Timeline shows.
func (c *caseView) Longer() bool { return c.cut }

// entries writes entries, each once for all who see it.
func (c *caseView) entries(list []toldEntry) (out []template.HTML, err error) {
	for _, e := range list {
		h, err := c.flat("told", e)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// inWords tells entries, the newest first. What many workers do one after the
// other is told once.
func (c *caseView) inWords(es []cases.Entry) (out []toldEntry) {
	for i := len(es) - 1; i >= 0; i-- {
		t := c.inWord(es[i])
		if n := len(out); n > 0 && t.Text == "" && out[n-1].Text == "" && out[n-1].What == t.What && (out[n-1].Who == t.Who || out[n-1].Crowd && t.Crowd) && t.Reason == "" {
			last := &out[n-1]
			if last.N = max(last.N, 1) + 1; last.Who != t.Who {
				last.Who = c.T("who.workers")
			}
			continue
		}
		out = append(out, t)
	}
	return out
}

var entryIcons = map[cases.EntryKind]string{
	cases.Opened: "flag", cases.Said: "chat", cases.Told: "chat", cases.Alerted: "urgent", cases.Asked: "hand", cases.Raised: "building", cases.Lettered: "building",
	cases.Responded: "building", cases.Refused: "x", cases.Planned: "note", cases.Claimed: "eye", cases.Checked: "people", cases.Answering: "people",
	cases.Validated: "tick", cases.Settled: "tick", cases.Disputed: "reopen", cases.Resumed: "reopen", cases.Updated: "send", cases.Corrected: "send",
	cases.Noted: "note", cases.Taken: "hand", cases.Acknowledged: "chat", cases.Escalated: "flag", cases.Referred: "scale", cases.GaveUp: "x",
	cases.Retaliated: "urgent", cases.Joined: "people", cases.Withdrew: "stop", cases.Erased: "stop", cases.Silent: "clock", cases.Lapsed: "clock",
	cases.Assigned: "user", cases.Judged: "scale", cases.Merged: "case", cases.Split: "case", cases.Linked: "case", cases.Joining: "key",
}

// inWord tells one entry.
func (c *caseView) inWord(e cases.Entry) toldEntry {
	t := toldEntry{Icon: cmp.Or(entryIcons[e.Kind], "tick"), What: c.what(e), Stamp: c.Stamp(e.At), Text: e.Text, Reason: e.Reason, Lang: cmp.Or(e.Lang, c.C.Lang), Media: len(e.Media), Note: e.Kind == cases.Noted}
	role := flows.Acts(e)
	switch {
	case e.By != "" && e.By != cases.Bot.ID:
		t.Who, t.Lang = c.name(e.By), ""
	case role == cases.Worker:
		t.Who, t.Quote, t.Crowd = c.T("who.worker"), true, true
		if w := flows.About(e); w != "" && c.C.Size > 1 {
			t.Who = c.masked(w)
		}
	default:
		t.Who = c.T("who.bot")
	}
	if e.Kind == cases.Responded {
		t.Quote = true
	}
	if p := e.Promise; p != nil {
		t.Text, t.Lang = inAny(p.Texts, c.Lang)
		t.Reason = c.T("tl.promise", "Who", p.Who, "Day", c.DayOf(p.By))
	}
	if a := e.Answer; a != nil && t.Text == "" {
		t.Text = a.Words
	}
	return t
}

// what names an entry, with what it is about.
func (c *caseView) what(e cases.Entry) string {
	key := "tl." + strings.ReplaceAll(string(e.Kind), " ", "_")
	if e.Kind == cases.Answering {
		if w := flows.Says(e.Answer); w != "" {
			key = "tl.answered_" + w
		}
	}
	if e.Kind == cases.Joining && e.Other == "" {
		key = "tl.joining_closed"
	}
	s := c.T(key)
	switch e.Kind {
	case cases.Escalated, cases.Contacted, cases.Lettered, cases.Raised:
		if e.With != "" {
			s += ": " + c.T("party."+string(e.With))
		}
	case cases.Assigned:
		s += ": " + c.name(cases.CaseworkerID(e.Other))
	case cases.Judged:
		s += ": " + e.Severity.String()
	case cases.Referred, cases.Routed:
		s += ": " + c.org(cases.OrgID(e.Other))
	case cases.Redirected:
		s += ": " + e.Other
	case cases.Merged, cases.Split, cases.Linked:
		s += ": " + cases.RefOf(cases.ID(e.Other))
	case cases.Chose:
		s += ": " + c.chosen(e)
	}
	if e.Issue != "" && len(c.C.Issues) > 1 {
		s += " · " + c.KindName(e.Issue)
	}
	return s
}

// chosen says what a worker allows or forbids.
func (c *caseView) chosen(e cases.Entry) string {
	what, answer, _ := strings.Cut(e.Trigger, " ")
	name := what
	if hasWord("chose." + what) {
		name = c.T("chose." + what)
	}
	if with := cmp.Or(string(e.With), e.Other); what == "share" && with != "" {
		name = c.T("consent.share", "Name", c.shared(with))
	}
	if hasWord("answer." + answer) {
		name += ": " + c.T("answer."+answer)
	}
	return name
}

// timelinePage shows all that happened, from the beginning, in pages.
func timelinePage(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	const page = 100
	from := number(v.R.URL.Query().Get("from"))
	es, err := v.Store.Timeline(v.Ctx(), v.By(), c.C.ID, from, page)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	list, err := c.entries(c.inWords(es))
	if err != nil {
		return err
	}
	next := int64(0)
	if len(es) == page {
		next = from + page
	}
	v.Title = c.C.Ref + " · " + v.T("case.timeline")
	return v.Show("case-timeline", struct {
		*caseView
		List []template.HTML
		Next int64
	}{c, list, next})
}
