package console

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"crypto/rand"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/case/{id}/evidence", staff, evidencePage)
	serve("GET /c/case/{id}/letter", staff, func(v *visit) error { return v.letterPage(nil) })
	serve("POST /c/case/{id}/letter", staff, makeLetter)
}

// A piece is something that a worker sent.
type piece struct {
	Kind, Type, Size, Length, Sum, At, Worker, Href, Chat string
}

// mostEntries is how many entries of a case are read for papers.
const mostEntries = 50_000

// all reads the timeline from its beginning.
func (c *caseView) all() (out []cases.Entry, err error) {
	for len(out) < mostEntries {
		es, err := c.Store.Timeline(c.Ctx(), c.By(), c.C.ID, int64(len(out)), 1000)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return nil, err
		}
		if out = append(out, es...); len(es) < 1000 {
			break
		}
	}
	return out, nil
}

// evidencePage lists what workers sent, with the sum that each file had as it
// came. To open one leads to the conversation, where that is recorded.
func evidencePage(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	es, err := c.all()
	if err != nil {
		return err
	}
	var list []piece
	seen := map[string]bool{}
	for _, e := range es {
		media := slices.Clone(e.Media)
		if e.Report != nil {
			for _, p := range e.Report.Story {
				media = append(media, p.Media...)
			}
		}
		for _, m := range media {
			if seen[m.Ref] {
				continue
			}
			seen[m.Ref] = true
			p := piece{Type: m.Type, Size: bytesOf(m.Size), Sum: m.Sum, At: c.Stamp(e.At), Kind: c.T("evidence.file"), Length: shownMedia{Seconds: m.Seconds}.Length()}
			switch kind, _, _ := strings.Cut(m.Type, "/"); {
			case m.Voice || kind == "audio":
				p.Kind = c.T("evidence.voice")
			case kind == "image":
				p.Kind = c.T("evidence.photo")
			case kind == "video":
				p.Kind = c.T("evidence.video")
			}
			if w := flows.About(e); w != "" {
				p.Worker, p.Href = c.masked(w), c.Href("worker", string(w))
			}
			list = append(list, p)
		}
	}
	slices.Reverse(list)
	v.Title = c.C.Ref + " · " + v.T("evidence.title")
	return v.Show("case-evidence", struct {
		*caseView
		List []piece
	}{c, list})
}

// A letterView is the page on which a letter is made.
type letterView struct {
	*caseView
	values url.Values
	Page   *flows.Page
	Found  []flows.Found
	Wrong  string
	Not    string // why no letter may be written now
	Made   bool
	Submit string
}

// Hidden forms carry on what was chosen.
func (l *letterView) V(name string) string { return l.values.Get(name) }

// Has reports whether something was chosen.
func (l *letterView) Has(name, value string) bool { return slices.Contains(l.values[name], value) }

func (v *visit) letterView() (*letterView, error) {
	c, err := v.caseView()
	if err != nil {
		return nil, err
	}
	l := &letterView{caseView: c, values: url.Values{}, Submit: rand.Text()[:16]}
	day := v.Now().In(v.zone())
	l.values.Set("due", day.AddDate(0, 0, 10).Format(time.DateOnly))
	l.values.Set("from", c.C.Opened.In(v.zone()).AddDate(0, -2, 0).Format("2006-01"))
	l.values.Set("until", day.Format("2006-01"))
	l.values.Set("lang", "en")
	l.values["ask"] = []string{"stop", "records"}
	_, _, err = flows.Advance(c.C, nil, cases.Entry{Case: c.C.ID, Kind: cases.Lettered, At: v.Now(), By: v.Me.ID, Role: v.Me.Role, Org: v.Me.Org, With: cases.Employer})
	l.Not = v.whyNot(err)
	if c.C.Allow[cases.Raise] == 0 {
		l.Not = v.T("letter.nobody")
	}
	v.Title = c.C.Ref + " · " + v.T("letter.title")
	return l, nil
}

// letterPage shows the form for a letter.
func (v *visit) letterPage(l *letterView) error {
	if l == nil {
		var err error
		if l, err = v.letterView(); err != nil {
			return err
		}
	}
	return v.Show("case-letter", l)
}

// LetterParties are those that a letter can go to.
func (l *letterView) LetterParties() []string {
	return []string{"employer", "agency", "buyer", "government"}
}

// Asks are what a letter can ask for.
func (l *letterView) Asks() []string { return flows.LetterAsks }

// OpenIssues are those that a letter can name.
func (l *letterView) OpenIssues() (out []issueView) {
	for _, i := range l.Issues() {
		if i.Status.Open() {
			out = append(out, i)
		}
	}
	return out
}

// makeLetter shows a letter as it would be printed, or with make writes down
// that it was made. What could tell who a worker is, is refused.
func makeLetter(v *visit) error {
	l, err := v.letterView()
	if err != nil {
		return err
	}
	if !l.Ours() {
		return store.ErrDenied
	}
	if err := v.R.ParseForm(); err != nil {
		return err
	}
	l.values = v.R.PostForm
	if l.Not != "" {
		v.Status = 422
		return v.letterPage(l)
	}
	told, err := l.tell()
	if err != nil {
		return err
	}
	org, err := v.Store.Organisation(v.Ctx(), v.Me.Org)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	letter, found, err := flows.LetterTo(l.C, l.C.Allow[cases.Raise], org, l.wanted(), told, v.Now().In(v.zone()))
	if err != nil {
		l.Found, v.Status = found, 422
		if l.Wrong = strings.TrimPrefix(err.Error(), flows.ErrLetter.Error()+": "); len(found) > 0 {
			l.Wrong = v.T("letter.names")
		}
		return v.letterPage(l)
	}
	page := letter.Page()
	l.Page = &page
	if v.R.PostFormValue("do") == "make" {
		_, err := v.do(cases.Entry{Key: v.R.PostFormValue("key"), Case: l.C.ID, Kind: cases.Lettered, With: cases.Party(l.V("with")), Reason: upTo(l.V("addressee"), 200)})
		if why := v.whyNot(err); why != "" {
			l.Wrong, l.Page, v.Status = why, nil, 422
			return v.letterPage(l)
		}
		if err != nil {
			return err
		}
		l.Made = true
	}
	return v.letterPage(l)
}

// wanted is what was chosen for the letter.
func (l *letterView) wanted() flows.Wanted {
	w := flows.Wanted{Lang: l.V("lang"), To: cases.Party(l.V("with")), Addressee: strings.TrimSpace(upTo(l.V("addressee"), 200)), From: monthOf(l.V("from")), Until: monthOf(l.V("until")),
		Asks: l.values["ask"], Added: strings.TrimSpace(upTo(l.V("added"), 2000))}
	for _, k := range l.values["kind"] {
		w.Kinds = append(w.Kinds, cases.Code(k))
	}
	if t, ok := l.day(l.V("due")); ok {
		w.Due = t
	}
	return w
}

func monthOf(text string) flows.Month {
	t, err := time.Parse("2006-01", text)
	if err != nil {
		return flows.Month{}
	}
	return flows.Month{Year: t.Year(), Month: t.Month()}
}

// tell gathers what the case knows about its workers, to compare with what is
// to leave the system.
func (l *letterView) tell() (told flows.Told, err error) {
	es, err := l.all()
	if err != nil {
		return told, err
	}
	reports := map[cases.WorkerID]*cases.Report{}
	for _, e := range es {
		if e.Report != nil {
			reports[flows.About(e)] = e.Report
		}
		if e.By == "" && e.Text != "" {
			told.Words = append(told.Words, e.Text)
		}
	}
	for after, n := (store.Cursor{}), 0; n < mostEntries; {
		ms, next, err := l.Store.Members(l.Ctx(), l.By(), l.C.ID, after, 500)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return told, err
		}
		for _, m := range ms {
			told.TellOf(m, reports[m.Worker])
		}
		if n += len(ms); next == after || len(ms) == 0 {
			break
		}
		after = next
	}
	told.Refs = append(told.Refs, l.C.Ref)
	return told, nil
}
