package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"crypto/rand"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() { serve("POST /c/case/{id}/do/{act}", staff, doAct) }

// An act is something that a caseworker may do to a case. What may be done
// where and by whom is not said here: the table of package flows does.
type act struct {
	Key    string // in addresses, and of its words: act.KEY
	Kind   cases.EntryKind
	Fields []string // in the order in which they are asked
	Need   []string // those that may not be empty
	Danger bool
}

// about one issue, in the order in which they usually happen.
var issueActs = []act{
	{Key: "take", Kind: cases.Taken},
	{Key: "acknowledge", Kind: cases.Acknowledged, Fields: []string{"text"}},
	{Key: "raise", Kind: cases.Raised, Fields: []string{"employer", "text", "due"}, Need: []string{"text", "due"}},
	{Key: "respond", Kind: cases.Responded, Fields: []string{"text", "summary"}, Need: []string{"text"}},
	{Key: "plan", Kind: cases.Planned, Fields: []string{"promise", "who", "by", "amount", "shown", "payday"}, Need: []string{"promise", "who", "by"}},
	{Key: "start", Kind: cases.Started, Fields: []string{"text"}},
	{Key: "progress", Kind: cases.Progressed, Fields: []string{"text"}, Need: []string{"text"}},
	{Key: "claim", Kind: cases.Claimed, Fields: []string{"text"}, Need: []string{"text"}},
	{Key: "refuse", Kind: cases.Refused, Fields: []string{"reason"}, Need: []string{"reason"}},
	{Key: "inquire", Kind: cases.Inquired, Fields: []string{"question"}, Need: []string{"question"}},
	{Key: "escalate", Kind: cases.Escalated, Fields: []string{"party", "text", "due"}, Need: []string{"with", "text"}},
	{Key: "helped", Kind: cases.Helped, Fields: []string{"text"}},
	{Key: "inform", Kind: cases.Informed, Fields: []string{"text"}, Need: []string{"text"}},
	{Key: "redirect", Kind: cases.Redirected, Fields: []string{"elsewhere", "reason"}, Need: []string{"other", "reason"}},
	{Key: "giveup", Kind: cases.GaveUp, Fields: []string{"reason"}, Need: []string{"reason"}, Danger: true},
}

// about the case as a whole.
var caseActs = []act{
	{Key: "note", Kind: cases.Noted, Fields: []string{"text"}, Need: []string{"text"}},
	{Key: "assign", Kind: cases.Assigned, Fields: []string{"colleague"}, Need: []string{"other"}},
	{Key: "judge", Kind: cases.Judged, Fields: []string{"severity", "reason"}, Need: []string{"severity"}},
	{Key: "contact", Kind: cases.Contacted, Fields: []string{"track", "step", "text"}, Need: []string{"with", "text"}},
	{Key: "accept", Kind: cases.Accepted, Fields: []string{"text"}},
	{Key: "return", Kind: cases.Returned, Fields: []string{"reason"}, Need: []string{"reason"}},
	{Key: "refer", Kind: cases.Referred, Fields: []string{"organisation", "reason"}, Need: []string{"other", "reason"}},
	{Key: "resolve", Kind: cases.Resolved, Fields: []string{"reason"}, Need: []string{"reason"}},
	{Key: "alert", Kind: cases.Alerted, Fields: []string{"text"}, Need: []string{"text"}, Danger: true},
	{Key: "lose", Kind: cases.Lost, Fields: []string{"reason"}, Need: []string{"reason"}, Danger: true},
	{Key: "route", Kind: cases.Routed, Fields: []string{"organisation", "reason"}, Need: []string{"other", "reason"}, Danger: true},
}

// actOf finds an act by its key.
func actOf(key string) (act, bool) {
	for _, list := range [][]act{issueActs, caseActs, workerActs} {
		if i := slices.IndexFunc(list, func(a act) bool { return a.Key == key }); i >= 0 {
			return list[i], true
		}
	}
	return act{}, false
}

// A passage is an entry about an issue that stands somewhere.
type passage struct {
	from cases.Status
	kind cases.EntryKind
}

// roles says who may make an entry where, as the table of package flows has it.
var roles = func() map[passage][]cases.Role {
	m := map[passage][]cases.Role{}
	for _, w := range flows.Ways() {
		m[passage{w.From, w.Event}] = w.Who
	}
	return m
}()

// may reports whether the table lets the person make an entry of a kind about
// an issue that stands at s.
func (c *caseView) may(s cases.Status, kind cases.EntryKind) bool {
	if !c.Ours() && !(kind == cases.Returned && c.Me.Org == c.C.Lead) {
		return false
	}
	return slices.Contains(roles[passage{s, kind}], c.Me.Role)
}

// A form is an act as the page offers it: with what was typed, if it was refused.
type form struct {
	act
	c      *caseView
	Issue  cases.Code
	Member cases.WorkerID
	Not    string   // why it would be refused as things stand; empty: it may be done
	Wrong  string   // why it was refused
	By     []string // who changed the case meanwhile
	Open   bool
	Next   bool // the usual next step
	values url.Values
	ID     string
	Submit string // the key under which it is sent, once
}

// A tried is what was typed into a form that was refused.
type tried struct {
	Act    string
	Issue  cases.Code
	Member cases.WorkerID
	Values url.Values
	Wrong  string
	By     []string
}

// T returns words in the language of the page.
func (f *form) T(key string, values ...any) string { return f.c.T(key, values...) }

// V is what was typed into a field.
func (f *form) V(name string) string { return f.values.Get(name) }

// Label of the form's field: its own, or that of all forms.
func (f *form) Label(field string) string {
	if key := "act." + f.Key + "." + field; hasWord(key) {
		return f.T(key)
	}
	return f.T("field." + field)
}

// Hint is what else there is to say about a field, or "".
func (f *form) Hint(field string) string {
	if key := "act." + f.Key + "." + field + "_why"; hasWord(key) {
		return f.T(key)
	}
	return ""
}

// Why says what the act does, or "".
func (f *form) Why() string {
	if key := "act." + f.Key + ".why"; hasWord(key) {
		return f.T(key)
	}
	return ""
}

// Needs reports whether a field may not be left empty.
func (f *form) Needs(field string) bool { return slices.Contains(f.Need, field) }

// form makes a form of an act.
func (c *caseView) form(a act, issue cases.Code, member cases.WorkerID) *form {
	f := &form{act: a, c: c, Issue: issue, Member: member, values: url.Values{}, Submit: rand.Text()[:16],
		ID: "f-" + a.Key + "-" + strings.ReplaceAll(string(issue), ".", "-")}
	if t := c.Tried; t != nil && t.Act == a.Key && t.Issue == issue && t.Member == member {
		f.Open, f.Wrong, f.By = true, t.Wrong, t.By
		if t.Values != nil {
			f.values = t.Values
			f.Submit = t.Values.Get("key")
		}
	}
	return f
}

// Acts are what the person may do about an issue now.
func (i issueView) Acts() ([]offer, error) {
	var fs []*form
	next := false
	for _, a := range issueActs {
		if !i.c.may(i.Status, a.Kind) || a.Key == "take" && i.Status != cases.Reopened && !i.c.C.Urgent || a.Key == "acknowledge" && i.Status != cases.Received {
			continue
		}
		f := i.c.form(a, i.Kind, "")
		f.Not = i.c.refused(a, i.Kind)
		if f.Not == "" && !next && !a.Danger && a.Key != "inquire" {
			f.Next, next = i.First, true
		}
		fs = append(fs, f)
	}
	return i.c.offers(fs)
}

// Acts are what the person may do about the case.
func (c *caseView) Acts() ([]offer, error) {
	var fs []*form
	for _, a := range caseActs {
		if !slices.ContainsFunc(c.C.Issues, func(i cases.Issue) bool { return c.may(i.Status, a.Kind) }) {
			continue
		}
		switch {
		case a.Key == "resolve" && !c.C.Paused, a.Key == "return" && c.C.Lead == "" && len(c.C.Teams) == 0, a.Key == "accept" && c.C.Lead == "":
			continue
		}
		f := c.form(a, "", "")
		f.Not = c.refused(a, "")
		fs = append(fs, f)
	}
	return c.offers(fs)
}

// refused asks flows whether an act that is filled in well would be refused as
// the case stands, and returns the sentence.
func (c *caseView) refused(a act, issue cases.Code) string {
	n := c.sample(a, issue)
	list := []cases.Entry{n}
	switch a.Key { // one of several is enough
	case "escalate":
		list = nil
		for _, p := range parties[1:] {
			n.With = p
			list = append(list, n)
		}
	case "contact":
		list = nil
		for _, t := range c.C.Tracks {
			for _, s := range trackSteps {
				n.With, n.Trigger = t.With, string(s)
				list = append(list, n)
			}
		}
		if list == nil {
			n.With = cases.Employer
			list = []cases.Entry{n}
		}
	case "refer":
		list = nil
		for _, o := range c.others() {
			n.Other = string(o.ID)
			list = append(list, n)
		}
		if list == nil {
			return c.T("refer.nobody")
		}
	}
	why := ""
	for i, n := range list {
		_, _, err := flows.Advance(c.C, nil, n)
		if err == nil {
			return ""
		}
		if i == 0 {
			why = c.whyNot(err)
		}
	}
	return why
}

// trackSteps are where a track can go.
var trackSteps = []cases.Step{cases.TrackReminded, cases.TrackAnswered, cases.TrackAgreed, cases.TrackDone, cases.TrackRefused, cases.TrackSilent, cases.TrackOpened}

// sample is an act that is filled in as well as can be.
func (c *caseView) sample(a act, issue cases.Code) cases.Entry {
	now := c.Now()
	n := cases.Entry{Key: "look", Case: c.C.ID, Kind: a.Kind, At: now, By: c.Me.ID, Role: c.Me.Role, Org: c.Me.Org, Issue: issue, Text: "x", Reason: "x", Due: now.Add(time.Hour)}
	switch a.Key {
	case "plan":
		n.Promise = &cases.Promise{Texts: map[string]string{"en": "x"}, Who: "x", By: now.Add(time.Hour)}
	case "judge":
		n.Severity = cases.Danger
	case "assign", "redirect", "route":
		n.Other = "x"
	}
	return n
}

// doAct carries out a form. What is refused is shown with the sentence that
// says what to do instead, and with all that was typed.
func doAct(v *visit) error {
	a, ok := actOf(v.R.PathValue("act"))
	if !ok {
		return store.ErrNotFound
	}
	c, err := v.caseView()
	if err != nil {
		return err
	}
	if err := v.R.ParseForm(); err != nil {
		return err
	}
	t := &tried{Act: a.Key, Issue: cases.Code(v.R.PostFormValue("issue")), Member: cases.WorkerID(v.R.PostFormValue("member")), Values: v.R.PostForm}
	n, wrong := c.entry(a)
	done, by, err := c.since(n.Key)
	if err != nil {
		return err
	}
	switch {
	case done:
		return v.Redirect(c.back(a, n), "done")
	case wrong != "":
		t.Wrong = wrong
		return v.giveBack(http.StatusUnprocessableEntity, t)
	case len(by) > 0:
		t.By = by
		t.Values.Set("at", strconv.FormatInt(c.At, 10))
		return v.giveBack(http.StatusConflict, t)
	}
	next, err := v.do(n)
	if why := v.whyNot(err); why != "" {
		t.Wrong = why
		return v.giveBack(http.StatusUnprocessableEntity, t)
	}
	if err != nil {
		return err
	}
	to, err := c.after(a, n, next)
	if err != nil {
		return err
	}
	return v.Redirect(to, "done")
}

// do adds an entry to a case.
func (v *visit) do(n cases.Entry) (cases.Case, error) {
	if v.Engine != nil {
		return v.Engine.Do(v.Ctx(), v.By(), n)
	}
	return v.Store.Do(v.Ctx(), v.By(), n)
}

// giveBack shows the page again that a form came from.
func (v *visit) giveBack(status int, t *tried) error {
	v.Status = status
	if t.Member != "" {
		return v.workerPage(t)
	}
	return v.casePage(t)
}

// back is where a form leads.
func (c *caseView) back(a act, n cases.Entry) string {
	if n.Member != "" {
		return c.Href("worker", string(n.Member))
	}
	return c.Href()
}

// since looks at what happened to the case after the form was made: whether
// the form was carried out already, and which colleagues were faster.
func (c *caseView) since(key string) (done bool, by []string, err error) {
	at, err := strconv.ParseInt(c.R.PostFormValue("at"), 10, 64)
	if err != nil {
		return false, nil, nil // from a script that has seen no page
	}
	tail, err := c.Tail(passedTail)
	if err != nil {
		return false, nil, err
	}
	mine := string(c.Me.ID) + "/" + string(c.C.ID) + "/" + key
	for _, e := range tail {
		if key != "" && e.Key == mine {
			return true, nil, nil
		}
		if e.At.UnixMilli() > at && e.By != "" && e.By != c.Me.ID && e.By != cases.Bot.ID && e.Kind != cases.Noted {
			by = append(by, c.T("since.did", "Name", c.name(e.By), "What", c.what(e), "Span", c.Since(e.At)))
		}
	}
	return false, by, nil
}

// after does what goes with an entry beyond it, and returns where to go.
func (c *caseView) after(a act, n cases.Entry, next cases.Case) (string, error) {
	to := c.back(a, n)
	if a.Key == "take" && c.R.PostFormValue("go") == "chat" {
		ms, _, err := c.Store.Members(c.Ctx(), c.By(), c.C.ID, store.Cursor{}, 1)
		if err == nil && len(ms) == 1 && ms[0].Chat != "" {
			return "/c/chat/" + ms[0].Chat, nil
		}
		return to, nil // the case leads there as well
	}
	var u cases.Update
	switch a.Key {
	case "respond":
		u = cases.Update{Kind: "responded", Texts: texts(c.R.PostForm, "summary")}
	case "inquire":
		u = cases.Update{Kind: "clarify", Texts: texts(c.R.PostForm, "question")}
	}
	if len(u.Texts) == 0 || next.Version == c.C.Version {
		return to, nil
	}
	u.Case, u.Issue, u.Due = c.C.ID, n.Issue, flows.NewsBy(next.Severity, c.Now())
	u.Args = map[string]string{"NextDate": u.Due.UTC().Format(time.RFC3339)}
	u, err := c.Store.PutUpdate(c.Ctx(), c.By(), u)
	if errors.Is(err, store.ErrDenied) {
		return to, nil
	}
	return c.Href("update", u.ID), err
}
