package console

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// A workerView is a worker in a case.
type workerView struct {
	*caseView
	W     workerRow
	Shown *revealed
	Wrong string
}

// A revealed is who a worker is, shown once.
type revealed struct{ Alias, Name, User, Reason string }

// workerPage shows what a worker says and allows, with a form that was refused
// if t is not nil.
func (v *visit) workerPage(t *tried) error {
	w, err := v.workerView(t)
	if err != nil {
		return err
	}
	return v.Show("case-worker", w)
}

func (v *visit) workerView(t *tried) (*workerView, error) {
	c, err := v.caseView()
	if err != nil {
		return nil, err
	}
	c.Tried = t
	id := cases.WorkerID(v.R.PathValue("worker"))
	if t != nil {
		id = cmp.Or(id, t.Member)
	}
	m, err := v.Store.Member(v.Ctx(), v.By(), c.C.ID, id)
	if err != nil {
		return nil, err
	}
	v.Title = c.C.Ref + " · " + c.masked(m.Worker)
	return &workerView{caseView: c, W: workerRow{m, c}}, nil
}

// Acts are what the person may do about the worker.
func (w *workerView) Acts() ([]offer, error) {
	var fs []*form
	for _, a := range workerActs {
		if !slices.ContainsFunc(w.C.Issues, func(i cases.Issue) bool { return w.may(i.Status, a.Kind) }) || !w.fits(a.Key) {
			continue
		}
		fs = append(fs, w.form(a, "", w.W.Worker))
	}
	return w.offers(fs)
}

// fits reports whether an act makes sense for the worker as flows see it.
func (w *workerView) fits(key string) bool {
	m := w.W.Member
	hurt := slices.ContainsFunc(m.Claims, func(c cases.Claim) bool { return c.Hurt == "open" })
	proxied := slices.ContainsFunc(m.Claims, func(c cases.Claim) bool { _, ok := flows.Confirms(c, w.Me.ID); return ok })
	switch key {
	case "admit", "reject":
		return m.Held
	case "confirm":
		return proxied
	case "dealt":
		return hurt
	case "resume":
		return m.Left
	case "told", "choose", "punished", "withdraw":
		return !m.Left && !m.Held
	}
	return true
}

// Claims are the issues that the worker can be asked about.
func (f *form) Claims() (cs []formChoice) {
	for _, i := range f.c.C.Issues {
		cs = append(cs, formChoice{Value: string(i.Kind), Label: f.c.KindName(i.Kind)})
	}
	return f.picked("issue", cs)
}

// Chooses are what a worker can allow or forbid.
func (f *form) Chooses() (cs []formChoice) {
	for _, what := range []string{"raise", "guess", "name", "contact"} {
		cs = append(cs, formChoice{Value: what, Label: f.T("chose." + what)})
	}
	for _, p := range parties[2:] {
		cs = append(cs, formChoice{Value: "share:" + string(p), Label: f.T("consent.share", "Name", f.T("party."+string(p)))})
	}
	for _, o := range f.c.others() {
		cs = append(cs, formChoice{Value: "share:" + string(o.ID), Label: f.T("consent.share", "Name", o.Name)})
	}
	return f.picked("what", cs)
}

// Given is when and what the worker allowed.
func (w *workerView) Given() (out []consentView) {
	m := w.W.Consent
	add := func(name string, yes, asked bool) {
		if yes || asked {
			out = append(out, consentView{Name: w.T("chose." + name), Ok: yes})
		}
	}
	add("raise", m.Employer == "yes", m.Employer != "")
	add("guess", m.Guess, m.At["guess"] > 0)
	add("name", m.Name, m.At["name"] > 0 || m.Employer != "")
	add("contact", m.Contact, m.At["contact"] > 0)
	var shared []string
	for name := range m.Shared {
		shared = append(shared, name)
	}
	slices.Sort(shared)
	for _, name := range shared {
		out = append(out, consentView{Name: w.T("consent.share", "Name", w.shared(name)), Ok: m.Shared[name]})
	}
	return out
}

// An earlier is what a worker said before.
type earlier struct {
	At         time.Time
	Name, Says string
}

// Earlier are the worker's former answers, the newest first.
func (w *workerView) Earlier() (out []earlier) {
	for _, x := range w.W.Claims {
		for _, a := range x.Before {
			if says := flows.Says(&a); says != "" {
				out = append(out, earlier{a.At, w.KindName(x.Issue), w.T("says." + says)})
			}
		}
	}
	slices.SortFunc(out, func(a, b earlier) int { return b.At.Compare(a.At) })
	return out
}

// showWorker shows once who a worker is, to somebody who says why. Who asked,
// and why, is kept.
func showWorker(v *visit) error {
	w, err := v.workerView(nil)
	if err != nil {
		return err
	}
	reason := upTo(strings.TrimSpace(v.R.PostFormValue("reason")), 300)
	if len([]rune(reason)) < 5 {
		w.Wrong, v.Status = v.T("worker.say_why"), 422
		return v.Show("case-worker", w)
	}
	show := &revealed{Alias: w.W.Alias, Reason: reason}
	if w.W.Chat != "" {
		a, err := v.Store.Unmask(v.Ctx(), v.By(), w.W.Chat, reason)
		switch {
		case errors.Is(err, store.ErrReason):
			w.Wrong, v.Status = v.T("worker.say_why"), 422
			return v.Show("case-worker", w)
		case err != nil:
			return err
		}
		show.User = a.User
	}
	if _, err := v.do(cases.Entry{Case: w.C.ID, Kind: cases.Noted, Member: w.W.Worker, Trigger: "shown", Reason: v.T("tl.shown", "Reason", reason)}); err != nil {
		return err
	}
	r, err := v.Store.Report(v.Ctx(), v.By(), w.C.ID, w.W.Worker)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	show.Name = r.Answers["name"].Text
	w.Shown = show
	return v.Show("case-worker", w)
}
