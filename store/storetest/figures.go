package storetest

import (
	"fmt"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

// sums takes the figures of the clinic, or of one group of kinds, together.
func (t rig) sums(by cases.Caseworker, group cases.Code) string {
	t.Helper()
	f, err := t.s.Figures(ctx, by, group)
	t.must(err)
	ta := f.Said
	return show(f.Claims, f.Against, ta.Members, ta.Fixed, ta.Asked, ta.Answers, ta.All, ta.Some, ta.None, ta.Retaliation, f.Reopenings, f.Closings)
}

// tallied counts by hand what the figures should say.
func (t rig) tallied(ids ...cases.ID) (sum cases.Tally) {
	t.Helper()
	for _, id := range ids {
		c, err := t.s.Case(ctx, bot, id)
		t.must(err)
		for _, i := range c.Issues {
			if !i.Claimed.IsZero() {
				sum = sum.Plus(i.Tally)
			}
		}
	}
	return sum
}

// summedUp lets employers claim and workers answer, and compares the figures
// with what the cases say.
func summedUp(t rig) {
	t.want(t.sums(nay, ""), "0 0 0 0 0 0 0 0 0 0 0 0")
	t.crowd("a", 5)
	t.crowd("b", 1)
	t.open("c") // of which no employer has said anything
	t.want(t.sums(nay, ""), "2 0 6 6 6 0 0 0 0 0 0 0")
	t.c.Pass(60 * time.Hour)
	t.says("b", worker("b"), "all", "yes", "no")
	t.says("a", worker("a0"), "all", "yes", "no")
	t.says("a", worker("a1"), "some", "partly", "yes")
	t.says("a", worker("a2"), "none", "", "")
	t.want(t.sums(nay, ""), "2 1 6 6 6 4 2 1 1 1 1 1")
	t.want(t.sums(nay, "pay"), "2 1 6 6 6 4 2 1 1 1 1 1")
	t.want(t.sums(nay, "papers"), "0 0 0 0 0 0 0 0 0 0 0 0")
	t.want(t.sums(other, ""), "0 0 0 0 0 0 0 0 0 0 0 0")
	t.want(t.sums(bot, ""), t.sums(nay, ""))
	f, err := t.s.Figures(ctx, nay, "")
	t.must(err)
	t.want(f.Said, t.tallied("a", "b", "c"))
	t.want(show(f.Now[cases.Satisfied], f.Now[cases.Reopened], f.Now[cases.Received]), "1 1 1")
	t.want(show(f.Days > 2, f.Days <= 3), "true true") // sixty hours
	r := f.Said.Rates()
	t.want(fmt.Sprintf("%.2f %.2f %.2f %.2f", r.Claimed, r.Validated, r.Response, r.Gap), "1.00 0.50 0.67 0.50")

	t.does(bot, "b", cases.Entry{Kind: cases.Answering, Worker: worker("b"), Issue: "pay.late", At: t.c.Now(), Answer: &cases.Answered{At: t.c.Now(), Fact: "all", Satisfied: "yes", Helped: "good"}})
	t.c.Pass(200 * 24 * time.Hour)
	t.says("b", worker("b"), "none", "", "") // months later
	f, err = t.s.Figures(ctx, nay, "")
	t.must(err)
	t.want(f.Said, t.tallied("a", "b", "c"))
	t.want(show(f.Now[cases.Satisfied], f.Now[cases.Reopened], f.Reopenings, f.Closings, f.Helped["good"]), "0 2 2 1 1")

	_, err = t.s.Figures(ctx, cases.Caseworker{}, "")
	t.want(err, store.ErrDenied)
}

// summedApart has those who say no go on in a case of their own: what the
// employer claimed, and what all of them say, stays what it was.
func summedApart(t rig) {
	t.crowd("a", 12)
	t.c.Pass(60 * time.Hour)
	for i := range 9 {
		t.says("a", worker(fmt.Sprint("a", i)), "all", "yes", "no")
	}
	t.says("a", worker("a9"), "none", "", "no")
	t.says("a", worker("a10"), "some", "partly", "no")
	before := t.sums(nay, "")
	t.want(before, "1 0 12 12 12 11 9 1 1 0 0 0")
	id, err := t.s.Split(ctx, bot, "a", "pay.late", nil, "apart", "")
	t.must(err)
	t.files()
	t.want(t.sums(nay, ""), strings.Replace(before, " 0 0 0", " 0 1 0", 1)) // opened again, for two
	c := t.reads1(id)
	i := c.Issue("pay.late")
	t.want(show(i.Status, i.Promise.Who, i.Claimed.IsZero(), i.Tally.Members, i.Tally.Answers, i.Tally.None, i.Tally.Some), "reopened factory false 2 2 1 1")
	m, err := t.s.Member(ctx, nay, id, worker("a9"))
	t.must(err)
	t.want(show(m.Claims[0].Last.Fact, len(m.Claims[0].Before)), "none 0")
	t.want(t.tallied("a", id), t.tallied("a").Plus(i.Tally))

	for _, k := range []cases.EntryKind{cases.Taken, cases.Raised, cases.Responded, cases.Planned, cases.Claimed} { // once more, for them
		n := cases.Entry{Kind: k, At: t.c.Now().Add(time.Second), Promise: &cases.Promise{Texts: map[string]string{"en": "wages"}, Who: "factory", By: t.c.Now().Add(time.Hour)}}
		t.does(nay, id, n)
	}
	t.does(bot, id, cases.Entry{Kind: cases.Checked, At: t.c.Now()})
	c = t.reads1(id)
	i = c.Issue("pay.late")
	t.want(show(i.Status, i.Round, i.Tally.Members, i.Tally.Answers), "worker_check 2 2 0") // what was said counted for the claim before
	f, err := t.s.Figures(ctx, nay, "")
	t.must(err)
	t.want(show(f.Claims, f.Said), show(2, t.tallied("a", id)))
}
