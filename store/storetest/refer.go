package storetest

import (
	"strings"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

var referring = []test{
	{"an organisation that a case is referred to sees what was chosen, and no more", referredCase},
	{"a case that is returned is the earlier organisation's again", returnedCase},
	{"a worker is asked before a case goes to another organisation", askedFirst},
	{"an organisation that a case is referred to reads no update from before", referredUpdates},
	{"who may not write to workers opens no door, asks nothing and promises nothing", partnersDenied},
	{"an update is read with its own case only", strayUpdate},
}

// lawyer is of another organisation.
var lawyer = cases.Caseworker{ID: "law", Org: "legal", Role: cases.Helper}

// refers has one worker tell a case, allow the lawyers to get it, and the
// clinic offer it to them.
func (t rig) refers(ends bool) cases.WorkerID {
	t.Helper()
	t.s.Home(nay.Org)
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened, At: t.c.Now(), Report: &cases.Report{Kinds: []cases.Code{"pay.ot"},
		Answers: map[string]cases.Answer{"site": {Text: "the shrimp shed"}, "name": {Text: "Khin Canary"}, "country": {Choices: []string{"TH"}}}, Story: []cases.Part{{Text: "my story canary"}}}})
	t.tells("a", "2", cases.Entry{Case: "c", Kind: cases.Said, At: t.c.Now(), Text: "secret canary"})
	t.does(nay, "c", cases.Entry{Kind: cases.Acknowledged})
	_, err := t.s.Refer(ctx, nay, "c", "legal", []string{"site", "country"}, ends, "", "they know the law")
	t.wantIs(err, flows.ErrNotNow) // nobody has asked the worker
	t.c.Pass(1e9)
	t.tells("a", "3", cases.Entry{Case: "c", Kind: cases.Chose, At: t.c.Now(), Trigger: "share yes", Other: "legal"})
	_, err = t.s.Case(ctx, lawyer, "c")
	t.wantIs(err, store.ErrNotFound)
	_, err = t.s.Refer(ctx, nay, "c", "legal", []string{"site", "country"}, ends, "", "they know the law")
	t.must(err)
	return turn.Worker
}

// all is everything that somebody can read of a case.
func (t rig) all(by cases.Caseworker, id cases.ID, w cases.WorkerID) string {
	t.Helper()
	line, err := t.s.Timeline(ctx, by, id, 0, 100)
	t.must(err)
	r, err := t.s.Report(ctx, by, id, w)
	t.must(err)
	ms, _, err := t.s.Members(ctx, by, id, store.Cursor{}, 10)
	t.must(err)
	m, err := t.s.Member(ctx, by, id, w)
	t.must(err)
	var b strings.Builder
	for _, n := range line {
		b.WriteString(show(n.Kind, n.Text, n.Reason, n.By, n.Answer))
		if n.Report != nil {
			b.WriteString(show(n.Report.Answers, n.Report.Story))
		}
	}
	return b.String() + show(r.Answers, r.Story, ms[0].Chat, m.Chat)
}

func referredCase(t rig) {
	w := t.refers(false)
	seen := t.all(lawyer, "c", w)
	if strings.Contains(seen, "canary") || strings.Contains(seen, "Canary") || strings.Contains(seen, "nay") && strings.Contains(seen, "acknowledgednay") {
		t.Errorf("the lawyers read %s", seen)
	}
	if !strings.Contains(seen, "the shrimp shed") {
		t.Errorf("the lawyers do not read what was given to them: %s", seen)
	}
	conv := strings.Split(string(w), "~")[0]
	if strings.Contains(seen, conv) {
		t.Error("the lawyers can reach the worker, though that was not given to them")
	}
	t.c.Pass(1e9)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Accepted})
	t.tells("a", "4", cases.Entry{Case: "c", Kind: cases.Said, At: t.c.Now(), Text: "thank you, lawyers"})
	if seen := t.all(lawyer, "c", w); !strings.Contains(seen, "thank you, lawyers") || strings.Contains(seen, "anary") {
		t.Errorf("after accepting, the lawyers read %s", seen)
	}
	if seen := t.all(nay, "c", w); !strings.Contains(seen, "thank you, lawyers") || !strings.Contains(seen, "my story canary") {
		t.Errorf("the clinic, which keeps the case too, reads %s", seen)
	}
	_, err := t.s.Case(ctx, other, "c")
	t.wantIs(err, store.ErrNotFound)
}

func returnedCase(t rig) {
	w := t.refers(true)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Accepted})
	_, err := t.s.Case(ctx, nay, "c") // the clinic has done with it
	t.wantIs(err, store.ErrNotFound)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Returned, Reason: "not our field"})
	_, err = t.s.Case(ctx, lawyer, "c")
	t.wantIs(err, store.ErrNotFound)
	if seen := t.all(nay, "c", w); !strings.Contains(seen, "my story canary") {
		t.Errorf("the clinic has it again and reads %s", seen)
	}
}

func askedFirst(t rig) {
	t.group("c", "pay.ot")
	a := t.joinsBy("a", "c", "yes", "pay.ot")
	t.files()
	t.must(t.s.AskReferral(ctx, nay, "c", "legal", "Sunrise Legal Clinic"))
	t.must(t.s.AskReferral(ctx, nay, "c", "legal", "Sunrise Legal Clinic"))
	turn, err := t.s.Next(ctx, lease)
	t.must(err)
	t.want(show(turn.Worker, len(turn.Events), turn.Events[0].What, turn.Events[0].Update, turn.Events[0].Text), show(a.Worker, 1, "refer", "legal", "Sunrise Legal Clinic"))
	t.wantIs(t.s.AskReferral(ctx, other, "c", "legal", "x"), store.ErrNotFound)
}

func referredUpdates(t rig) {
	t.refers(false)
	put := func(by cases.Caseworker, words string) cases.Update {
		t.Helper()
		u, err := t.s.PutUpdate(ctx, by, cases.Update{Case: "c", Kind: cases.Free, Texts: map[string]string{"en": words}})
		t.must(err)
		u, err = t.s.Approve(ctx, by, "c", u.ID, u.Version)
		t.must(err)
		t.c.Pass(1e9)
		return u
	}
	t.does(lawyer, "c", cases.Entry{Kind: cases.Returned, Reason: "once more"})
	was := put(nay, "told before")
	_, err := t.s.Refer(ctx, nay, "c", "legal", nil, false, "", "they know the law")
	t.must(err)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Accepted})
	now := put(lawyer, "told since")
	us, _, err := t.s.Updates(ctx, lawyer, "c", store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(us), us[0].ID), show(1, now.ID))
	_, err = t.s.Update(ctx, lawyer, "c", was.ID)
	t.wantIs(err, store.ErrNotFound)
	_, err = t.s.Counts(ctx, lawyer, "c", was.ID)
	t.wantIs(err, store.ErrNotFound)
	_, _, err = t.s.Deliveries(ctx, lawyer, "c", was.ID, cases.ToSend, store.Cursor{}, 10)
	t.wantIs(err, store.ErrNotFound)
	us, _, err = t.s.Updates(ctx, nay, "c", store.Cursor{}, 10) // who keeps the case
	t.must(err)
	t.want(len(us), 2)
}

func partnersDenied(t rig) {
	t.group("c", "pay.ot")
	a := t.joinsBy("a", "c", "yes", "pay.ot")
	t.files()
	code, err := t.s.OpenJoining(ctx, nay, "c", false, false, draw("AAAA2222"))
	t.must(err)
	u, err := t.s.PutUpdate(ctx, nay, cases.Update{Case: "c", Kind: cases.Free, Texts: map[string]string{"en": "news"}})
	t.must(err)
	for _, by := range []cases.Caseworker{{ID: "pa", Org: "clinic", Role: cases.Partner}, desk} {
		_, err = t.s.OpenJoining(ctx, by, "c", false, true, draw("BBBB3333"))
		t.wantIs(err, store.ErrDenied)
		t.wantIs(t.s.CloseJoining(ctx, by, "c"), store.ErrDenied)
		t.wantIs(t.s.Promised(ctx, by, "c", a.Worker, "pay.ot", "1 THB"), store.ErrDenied)
		t.wantIs(t.s.AskReferral(ctx, by, "c", "legal", "Sunrise Legal Clinic"), store.ErrDenied)
		_, err = t.s.Approve(ctx, by, "c", u.ID, u.Version)
		t.wantIs(err, store.ErrDenied)
	}
	v, err := t.s.Invited(ctx, code) // the poster still hangs
	t.must(err)
	_, other := t.s.Invited(ctx, "BBBB3333")
	t.want(show(v.Open, other), show(true, store.ErrNotFound))
	t.want(ids(t.next()), "nothing")
}

// strayUpdate asks with a case that one may read about an update of another.
func strayUpdate(t rig) {
	t.open("c")
	_, err := t.s.Do(ctx, bot, cases.Entry{Case: "theirs", Key: "theirs", Kind: cases.Opened, At: t.c.Now(), Org: other.Org, Worker: worker("theirs"), Report: &cases.Report{Kinds: []cases.Code{"pay.ot"}}})
	t.must(err)
	u, err := t.s.PutUpdate(ctx, other, cases.Update{Case: "theirs", Kind: cases.Free, Texts: map[string]string{"en": "news"}})
	t.must(err)
	u, err = t.s.Approve(ctx, other, "theirs", u.ID, u.Version)
	t.must(err)
	u, _, err = t.s.HandOut(ctx, u, 10)
	t.must(err)
	theirs, err := t.s.Counts(ctx, other, "theirs", u.ID)
	t.must(err)
	t.want(len(theirs), 1)
	_, err = t.s.Counts(ctx, nay, "c", u.ID)
	t.wantIs(err, store.ErrNotFound)
	for _, state := range cases.DeliveryStates {
		ds, _, err := t.s.Deliveries(ctx, nay, "c", u.ID, state, store.Cursor{}, 10)
		t.wantIs(err, store.ErrNotFound)
		t.want(len(ds), 0)
	}
}
