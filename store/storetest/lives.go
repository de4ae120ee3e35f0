package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// shortly shows cases by their ids.
func shortly(cs []cases.Case) (out string) {
	for _, c := range cs {
		out += string(c.ID) + " "
	}
	return out
}

// pages reads a view in pages of two.
func (t rig) pages(by cases.Caseworker, v store.View, f store.CaseFilter) (out string) {
	t.Helper()
	for after := (store.Cursor{}); ; {
		cs, next, err := t.s.Cases(ctx, by, v, f, after, 2)
		t.must(err)
		out += shortly(cs)
		if after = next; next == (store.Cursor{}) {
			return out
		}
	}
}

func inViews(t rig) {
	for i, v := range []cases.Severity{cases.Ordinary, cases.Danger, cases.Serious, cases.Ordinary, cases.Violence} {
		country, kind := "TH", cases.Code("pay.late")
		if i%2 == 1 {
			country, kind = "MY", "papers.passport"
		}
		t.opens(cases.ID(fmt.Sprint("c", i)), cases.Entry{Severity: v, Report: &cases.Report{Kinds: []cases.Code{kind},
			Answers: map[string]cases.Answer{"country": {Choices: []string{country}}}}})
		t.c.Pass(time.Second)
	}
	t.does(bot, "c3", cases.Entry{Kind: cases.Alerted, Worker: worker("c3"), Severity: cases.Violence})
	t.does(bot, "c0", cases.Entry{Kind: cases.Alerted, Worker: worker("c0")})
	t.does(nay, "c2", cases.Entry{Kind: cases.Assigned, Other: "nay"})
	t.does(bot, "c1", cases.Entry{Kind: cases.Withdrew, Worker: worker("c1")})
	all := store.CaseFilter{}
	t.want(t.pages(nay, store.OpenCases, all), "c3 c4 c2 c0 ")
	t.want(t.pages(nay, store.OpenCases, store.CaseFilter{Country: "TH"}), "c4 c2 c0 ")
	t.want(t.pages(nay, store.OpenCases, store.CaseFilter{Kind: "pay"}), "c4 c2 c0 ")
	t.want(t.pages(nay, store.OpenCases, store.CaseFilter{Severity: cases.Violence, Kind: "papers.passport"}), "c3 ")
	t.want(t.pages(nay, store.OpenCases, store.CaseFilter{Severity: cases.Serious}), "c2 ")
	t.want(t.pages(nay, store.OpenCases, store.CaseFilter{Severity: cases.Ordinary}), "c0 ")
	t.want(t.pages(head, store.MyCases, store.CaseFilter{Assignee: "nay", Severity: cases.Serious}), "c2 ")
	t.want(t.pages(nay, store.InStatus, store.CaseFilter{Status: cases.Received}), "c0 c2 c3 c4 ")
	t.want(t.pages(nay, store.InStatus, store.CaseFilter{Status: cases.Withdrawn}), "c1 ")
	t.want(t.pages(nay, store.MyCases, all), "c2 ")
	t.want(t.pages(head, store.MyCases, store.CaseFilter{Assignee: "nay"}), "c2 ")
	t.want(t.pages(other, store.OpenCases, all), "")
	t.want(t.pages(desk, store.OpenCases, store.CaseFilter{Org: "clinic"}), "c3 c4 c2 c0 ")
	for _, by := range []cases.Caseworker{nay, bot} {
		t.want(t.pages(by, store.UrgentCases, all), "c3 c0 ")
		t.want(t.pages(by, store.LateCases, all), "")
	}
	t.c.Pass(3 * time.Hour)
	t.want(t.pages(nay, store.LateCases, all), "c3 c4 ")
	t.c.Pass(48 * time.Hour)
	t.want(t.pages(bot, store.LateCases, all), "c3 c4 c2 ")
	t.want(t.pages(nay, store.QuietCases, all), "c3 c4 ")
	t.inNumbers()

	t.does(nay, "c2", cases.Entry{Kind: cases.Acknowledged})
	t.does(nay, "c2", cases.Entry{Kind: cases.Chose, Member: worker("c2"), Trigger: "share yes", Other: "union", Reason: "on the phone"})
	t.does(nay, "c2", cases.Entry{Kind: cases.Referred, Other: "union"})
	t.want(t.pages(other, store.InStatus, store.CaseFilter{Status: cases.Passed}), "c2 ")
	t.want(t.pages(nay, store.InStatus, store.CaseFilter{Status: cases.Passed}), "c2 ")
	_, err := t.s.Do(ctx, nay, cases.Entry{Case: "c2", Kind: cases.Accepted})
	t.wantIs(err, store.ErrDenied)
	t.does(other, "c2", cases.Entry{Kind: cases.Accepted})
	c := t.does(other, "c2", cases.Entry{Kind: cases.Returned})
	t.want(show(c.Org, c.Status, len(c.Teams), t.pages(other, store.OpenCases, all)), "clinic acknowledged 0 ")
}

// inNumbers counts what inViews has listed.
func (t rig) inNumbers() {
	t.Helper()
	counts, err := t.s.CaseCounts(ctx, nay)
	t.must(err)
	t.want(show(counts[store.OpenCases], counts[store.MyCases], counts[store.UrgentCases], counts[store.CheckCases], counts[store.LateCases], counts[store.QuietCases]), "4 1 2 0 3 2")
	pressing, err := t.s.Pressing(ctx, nay)
	t.must(err)
	t.want(pressing, store.Pressing{Urgent: 2, Late: 3})
	pressing, err = t.s.Pressing(ctx, other)
	t.must(err)
	t.want(pressing, store.Pressing{}) // it sees nothing of the clinic's
	statuses, err := t.s.StatusCounts(ctx, nay)
	t.must(err)
	t.want(fmt.Sprint(statuses), "map[received:4 withdrawn:1]")
	received, err := t.s.Count(ctx, cases.Received)
	t.must(err)
	st, err := t.s.Stats(ctx)
	t.must(err)
	t.want(show(received, st.Open[cases.Violence], st.Open[cases.Serious], st.Open[cases.Danger]), "4 2 1 0")
}

// crowd has n workers take part in a case, whose employer says that it is fixed.
func (t rig) crowd(id cases.ID, n int) {
	t.Helper()
	r := func() *cases.Report {
		return &cases.Report{Kinds: []cases.Code{"pay.late"}, Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"many"}}}}
	}
	t.opens(id, cases.Entry{Severity: cases.Serious, Report: r()})
	for i := range n - 1 {
		t.does(bot, id, cases.Entry{Kind: cases.Joined, Worker: worker(fmt.Sprint(id, i)), Report: r(), At: t.c.Now().Add(time.Duration(i) * time.Second)})
	}
	for _, k := range []cases.EntryKind{cases.Acknowledged, cases.Raised, cases.Responded, cases.Planned, cases.Claimed} {
		t.does(nay, id, cases.Entry{Kind: k, Promise: &cases.Promise{Texts: map[string]string{"en": "wages"}, Who: "factory", By: t.c.Now().Add(time.Hour)}})
	}
	t.does(bot, id, cases.Entry{Kind: cases.Checked, At: t.c.Now()})
	ms, _, err := t.s.MembersOf(ctx, id, store.Cursor{}, n)
	t.must(err)
	t.want(len(ms), n)
	for _, m := range ms {
		t.does(bot, id, cases.Entry{Kind: cases.Polled, Member: m.Worker, At: t.c.Now()})
	}
}

func (t rig) says(id cases.ID, w cases.WorkerID, fact, satisfied, treated string) cases.Case {
	t.Helper()
	return t.does(bot, id, cases.Entry{Kind: cases.Answering, Worker: w, Issue: "pay.late", At: t.c.Now(),
		Answer: &cases.Answered{At: t.c.Now(), Fact: fact, Satisfied: satisfied, Treated: treated, Words: "in words"}})
}

func gathered(t rig) {
	t.crowd("c", 12)
	line := len(t.timeline("c"))
	t.says("c", worker("c3"), "none", "no", "no")
	t.says("c", worker("c7"), "all", "yes", "yes")
	c := t.says("c", worker("c5"), "all", "yes", "no")
	i := c.Issues[0]
	t.want(show(c.Size, i.Tally.Members, i.Tally.Asked, i.Tally.Answers, i.Tally.All, i.Tally.None, i.Tally.Open, c.Paused), "12 12 12 3 2 1 1 true")
	t.want(show(len(t.timeline("c"))-line, t.timeline("c")[line].Answer.Words), "4 in words") // three answers, one retaliation
	var got []cases.WorkerID
	for after := (store.Cursor{}); ; {
		ms, next, err := t.s.Members(ctx, nay, "c", after, 5)
		t.must(err)
		if len(ms) == 0 {
			break
		}
		for _, m := range ms {
			got = append(got, m.Worker)
		}
		after = next
	}
	t.want(show(len(got), got[0], got[1], got[11]), show(12, worker("c7"), worker("c3"), worker("c5")))
	m, err := t.s.Member(ctx, nay, "c", worker("c3"))
	t.must(err)
	t.want(show(m.Claims[0].Last.Fact, m.Lead, m.Consent.Employer), "none false yes")
	_, err = t.s.Member(ctx, nay, "c", "nobody")
	t.wantIs(err, store.ErrNotFound)
	mine, err := t.s.CasesOf(ctx, nay, worker("c3"))
	t.must(err)
	t.want(show(len(mine), mine[0].ID), "1 c")

	c = t.does(bot, "c", cases.Entry{Kind: cases.Erased, Worker: worker("c3")}) // of twelve: the number stays
	t.want(show(c.Size, c.Issues[0].Tally.None, c.Issues[0].Tally.Members, c.Status), "11 1 12 worker_check")
	c = t.does(bot, "c", cases.Entry{Kind: cases.Erased, Worker: worker("c4")}) // who had said nothing
	c = t.does(bot, "c", cases.Entry{Kind: cases.Withdrew, Worker: worker("c5")})
	t.want(show(c.Size, c.Issues[0].Tally.All, c.Issues[0].Tally.Members), "9 1 10")
	_, err = t.s.Member(ctx, nay, "c", worker("c3"))
	t.wantIs(err, store.ErrNotFound)
	mine, err = t.s.CasesOf(ctx, nay, worker("c3"))
	t.must(err)
	t.want(len(mine), 0)
}

var errBusy = errors.New("busy")

func asked(t rig) {
	t.opens("c", cases.Entry{Severity: cases.Serious, Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}})
	t.does(nay, "c", cases.Entry{Kind: cases.Acknowledged, Key: "a"})
	t.does(nay, "c", cases.Entry{Kind: cases.Acknowledged, Key: "a"})
	t.does(nay, "c", cases.Entry{Kind: cases.Inquired, Key: "b"})
	var got []string
	faults := 1
	follow := func() bool {
		some, err := t.s.Follow(ctx, 10, lease, func(_ context.Context, f flows.Follow) error {
			if faults--; faults == 0 {
				return errBusy
			}
			got = append(got, show(f.What, f.Case, f.By.ID, f.Status))
			return nil
		})
		t.want(err != nil, faults == 0)
		return some
	}
	t.want(follow(), true)
	t.want(len(got), 0)
	t.c.Pass(time.Minute)
	t.want(follow(), true)
	t.want(fmt.Sprint(got), "[acknowledged c nay acknowledged inquired c nay clarification]")
	t.c.Pass(time.Minute)
	t.want(follow(), false)
}

func punished(t rig) {
	t.s.Home("elsewhere")
	t.opens("c", cases.Entry{Severity: cases.Serious, Lang: "my", Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}})
	t.does(bot, "c", cases.Entry{Kind: cases.Retaliated, Worker: worker("c"), Key: "hurt"})
	t.files()
	cs, _, err := t.s.Cases(ctx, nay, store.OpenCases, store.CaseFilter{Kind: "job.revenge"}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(cs), cs[0].Severity, cs[0].Parent, cs[0].Size, cs[0].Lang, cs[0].Org), "1 S1 c 1 my clinic")
	m, err := t.s.Member(ctx, nay, cs[0].ID, worker("c"))
	t.must(err)
	t.want(show(m.Lead, m.Claims[0].Issue), "true job.revenge")
	c, err := t.s.Do(ctx, head, cases.Entry{Case: "c", Kind: cases.Resolved, Member: worker("c"), Reason: "moved to another line"})
	t.must(err)
	t.want(show(c.Paused, c.Issues[0].Tally.Retaliation, c.Issues[0].Tally.Open), "false 1 0")
}

func clocked(t rig) {
	t.crowd("c", 2)
	t.want(show(t.s.Tick(ctx, 10)), show(t.c.Now().Add(7*24*time.Hour).Local(), error(nil)))
	for day := range 80 {
		t.c.Pass(24 * time.Hour)
		for range 3 { // several processes look
			_, err := t.s.Tick(ctx, 10)
			t.must(err)
		}
		if day == 8 {
			t.does(nay, "c", cases.Entry{Kind: cases.Noted})
		}
	}
	counts := map[cases.EntryKind]int{}
	for _, n := range t.timeline("c") {
		counts[n.Kind]++
	}
	c, err := t.s.Case(ctx, bot, "c")
	t.must(err)
	t.want(show(c.Status, counts[cases.Checked], counts[cases.Unanswered], counts[cases.Silent] > 0), "closed_unverified 3 1 true")
	next, err := t.s.Tick(ctx, 10)
	t.must(err)
	t.want(next.IsZero(), true)
}

// everyCell makes every kind of entry in every status in every role, and
// compares what the store lets happen with the table. What a guard refuses
// besides, it refuses as well.
func everyCell(t rig) {
	allowed := map[string]flows.Way{}
	kinds := map[cases.EntryKind]bool{}
	for _, w := range flows.Ways() {
		kinds[w.Event] = true
		for _, r := range w.Who {
			allowed[show(w.From, w.Event, r)] = w
		}
	}
	roles := []cases.Caseworker{bot, nay, head, desk, {ID: "legal", Org: "clinic", Role: cases.Partner}}
	done, few := 0, t.far()
	for n, from := range flows.Statuses() {
		made := 0
		anew := func() cases.Case {
			made++
			return t.reaches(cases.ID(fmt.Sprint("c", n, "-", made)), from)
		}
		was := anew()
		t.want(was.Status, from)
		for kind := range kinds {
			for i, by := range append(roles, bot) {
				e := cases.Entry{Case: was.ID, Kind: kind, Key: fmt.Sprint(was.ID, kind, i), Other: "union", Reason: "because", Severity: cases.Serious, Org: "clinic", At: t.c.Now()}
				if kind == cases.Split { // those who say no are guarded besides
					e.Trigger = flows.Named
				}
				role := by.Role
				if i == len(roles) {
					role, e.Worker = cases.Worker, worker(string(was.ID))
				}
				w, ok := allowed[show(from, kind, role)]
				if few && rand.IntN(4) > 0 {
					continue
				}
				is, err := t.s.Do(ctx, by, e)
				t.judges(is, err, e, from, role, w, ok)
				if err == nil {
					done++
				}
				if err == nil && is.Status == from && is.Size == 1 && is.Lost == 0 && !is.Paused && is.Org == nay.Org {
					was = is
					continue
				}
				if err == nil {
					was = anew()
					continue
				}
				if is, err := t.s.Case(ctx, bot, was.ID); err != nil || is.Version != was.Version {
					t.Errorf("%s from %s was refused and has changed the case: %v", kind, from, err)
				}
			}
		}
	}
	t.want(done > 300 || few && done > 30, true)
}

// judges holds what became of an entry to the table: w, if that has it.
func (t rig) judges(is cases.Case, err error, e cases.Entry, from cases.Status, role cases.Role, w flows.Way, ok bool) {
	switch {
	case err == nil && !ok:
		t.Errorf("%s lets a %s make an entry %s when it is %s", e.Case, role, e.Kind, from)
	case err == nil:
		if is.Issues[0].Status != w.To {
			t.Errorf("%s from %s leads to %s, the table says %s", e.Kind, from, is.Issues[0].Status, w.To)
		}
	case flows.Why(err) == "" && !errors.Is(err, store.ErrDenied):
		t.Errorf("%s from %s by %s: %v", e.Kind, from, role, err)
	case ok && !guarded[e.Kind]:
		t.Errorf("the table lets a %s make an entry %s when it is %s, the store: %v", role, e.Kind, from, err)
	}
}

// reaches takes a case of one worker to a status as people would.
func (t rig) reaches(id cases.ID, to cases.Status) cases.Case {
	t.Helper()
	w := worker(string(id))
	c := t.opens(id, cases.Entry{Severity: cases.Serious, Report: &cases.Report{Kinds: []cases.Code{"pay.late"},
		Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"many"}}}}})
	by := func(who cases.Caseworker, ks ...cases.EntryKind) cases.Case {
		for _, k := range ks {
			c = t.does(who, id, cases.Entry{Kind: k, Key: fmt.Sprint(id, " to ", k), Other: "union", Reason: "because", At: t.c.Now(),
				Promise: &cases.Promise{Texts: map[string]string{"en": "wages"}, Who: "factory", By: t.c.Now().Add(time.Hour)}})
		}
		return c
	}
	checking := func() {
		by(nay, cases.Acknowledged, cases.Raised, cases.Responded, cases.Planned, cases.Claimed)
		by(bot, cases.Checked)
		c = t.does(bot, id, cases.Entry{Kind: cases.Polled, Member: w, At: t.c.Now()})
	}
	way := []cases.EntryKind{cases.Acknowledged, cases.Raised, cases.Responded, cases.Planned, cases.Started, cases.Claimed}
	stops := []cases.Status{cases.Heard, cases.WithEmployer, cases.EmployerSpoke, cases.Agreed, cases.Underway, cases.SaidFixed}
	if i := slices.Index(stops, to); i >= 0 {
		return by(nay, way[:i+1]...)
	}
	switch to {
	case cases.Clarification:
		by(nay, cases.Acknowledged, cases.Inquired)
	case cases.Passed:
		by(nay, cases.Redirected)
	case cases.Checking:
		checking()
	case cases.Reopened:
		checking()
		return t.says(id, w, "none", "no", "no")
	case cases.Satisfied:
		checking()
		return t.says(id, w, "all", "yes", "no")
	case cases.Partly:
		checking()
		return t.does(bot, id, cases.Entry{Kind: cases.Answering, Worker: w, Issue: "pay.late", At: t.c.Now(), Answer: &cases.Answered{At: t.c.Now(), Fact: "some", Satisfied: "partly", Further: "enough", Treated: "no"}})
	case cases.Unverified:
		checking()
		for i := range 2 {
			t.does(bot, id, cases.Entry{Kind: cases.Checked, Key: fmt.Sprint(id, " again ", i), At: t.c.Now()})
		}
		return t.does(bot, id, cases.Entry{Kind: cases.Unanswered, Issue: "pay.late", At: t.c.Now().Add(22 * 24 * time.Hour)})
	case cases.Advised:
		by(nay, cases.Informed)
	case cases.NotFixed:
		t.does(nay, id, cases.Entry{Kind: cases.Updated, At: t.c.Now()})
		t.c.Pass(time.Second)
		t.does(nay, id, cases.Entry{Kind: cases.Updated, At: t.c.Now()})
		by(head, cases.GaveUp)
	case cases.NoContact:
		by(head, cases.Lost)
	case cases.Withdrawn:
		c = t.does(bot, id, cases.Entry{Kind: cases.Withdrew, Worker: w, At: t.c.Now()})
	case cases.MergedInto:
		by(nay, cases.Merged)
	}
	return c
}

// guarded are the entries that need more than the table says: see guards.go of
// package flows.
var guarded = map[cases.EntryKind]bool{
	cases.Raised: true, cases.Contacted: true, cases.Escalated: true, cases.Referred: true, cases.Accepted: true, cases.Planned: true,
	cases.GaveUp: true, cases.Lost: true, cases.Resolved: true, cases.Answering: true, cases.Confirmed: true, cases.Validated: true, cases.Settled: true,
	cases.Disputed: true, cases.Unanswered: true, cases.Polled: true, cases.Admitted: true, cases.Rejected: true, cases.Chose: true, cases.Retaliated: true,
	cases.Withdrew: true, cases.Resumed: true, cases.Told: true, cases.Replied: true, cases.Asked: true, cases.Pressured: true, cases.Calmed: true,
	cases.Unreachable: true, cases.Erased: true, cases.Joined: true, cases.Lettered: true,
}
