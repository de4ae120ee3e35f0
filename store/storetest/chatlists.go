package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func waitsSince(t rig) {
	t.s.Home(nay.Org)
	begin := t.c.Now()
	c := t.chat("a", "1", store.Outcome{})
	t.want(c.Since.IsZero(), true) // the bot answers
	t.c.Pass(time.Minute)
	c = t.chat("a", "2", store.Outcome{Summon: &store.Summon{}})
	t.want(c.Since.Sub(begin), time.Minute)
	t.c.Pass(time.Minute)
	c = t.chat("a", "3", store.Outcome{})
	t.want(show(c.Since.Sub(begin), c.Unread), "1m0s 3") // it is the first that counts
	got, err := t.s.TakeOver(ctx, may, c.ID, c.Epoch)
	t.must(err)
	t.want(got.Since.Sub(begin), time.Minute) // to take is not to answer
	t.must(t.s.Seen(ctx, nay, c.ID))
	row, err := t.s.ChatRow(ctx, may, c.ID)
	t.must(err)
	t.want(row.Unread, 3) // somebody else looked
	t.must(t.s.Seen(ctx, may, c.ID))
	_, err = t.s.Write(ctx, may, c.ID, "k", nil, []channels.Outbound{{Text: "hi"}})
	t.must(err)
	t.c.Pass(time.Minute)
	row, err = t.s.ChatRow(ctx, may, c.ID)
	t.must(err)
	t.want(show(row.Since.IsZero(), row.Due.IsZero(), row.Unread, row.Line.By), "true true 0 may")
	c = t.chat("a", "4", store.Outcome{})
	t.want(show(c.Since.Sub(begin), c.Unread, c.Line.Text), "3m0s 1 4")
	got, err = t.s.Transfer(ctx, may, c.ID, c.Epoch, other.Org)
	t.must(err)
	t.want(got.Since.Sub(begin), 3*time.Minute) // the worker waits, whoever has it
	got, err = t.s.HandBack(ctx, other, c.ID, got.Epoch, "", "")
	t.must(err)
	t.want(got.Since.IsZero(), true)
}

// everyone returns the users of a box.
func (t rig) everyone(by cases.Caseworker, box store.Box, f store.Filter) string {
	t.Helper()
	var names []string
	for after := (store.Cursor{}); ; {
		rows, next, err := t.s.Chats(ctx, by, box, f, after, 3)
		t.must(err)
		for _, r := range rows {
			names = append(names, r.Line.Text)
		}
		if after = next; next == (store.Cursor{}) {
			return strings.Join(names, " ")
		}
	}
}

func boxed(t rig) {
	t.s.Home(nay.Org)
	at := func(lang, country string) flows.Session {
		return flows.Session{Lang: lang, State: "want", Contact: cases.Contact{Country: country}}
	}
	var cs []store.Conversation
	for i, o := range []store.Outcome{
		{Session: at("my", "TH")},
		{Session: at("km", "TH"), Summon: &store.Summon{Severity: cases.Ordinary}},
		{Session: at("my", "MY"), Summon: &store.Summon{Severity: cases.Danger}},
		{Session: at("th", ""), Summon: &store.Summon{Severity: cases.Violence}},
		{Session: at("my", "TH"), Summon: &store.Summon{Severity: cases.Information}},
	} {
		t.c.Pass(20 * time.Minute)
		cs = append(cs, t.chat(fmt.Sprint("w", i), fmt.Sprint(i), o))
	}
	t.c.Pass(time.Minute)
	t.want(t.everyone(nay, store.All, store.Filter{}), "4 3 2 1 0")
	t.want(t.everyone(nay, store.InQueue, store.Filter{}), "1 2 3 4")
	t.want(t.everyone(nay, store.Urgent, store.Filter{}), "2 3")
	t.want(t.everyone(nay, store.Overdue, store.Filter{}), "2") // 15 minutes have passed, 2 hours not
	for f, want := range map[store.Filter]string{
		{Lang: "my"}: "4 2 0", {Country: "TH"}: "4 1 0", {Lang: "my", Country: "TH"}: "4 0", {Channel: "line"}: "", {Channel: "tg"}: "4 3 2 1 0",
		{Worst: cases.Violence}: "3 2", {Owner: store.Queued}: "4 3 2 1", {Org: nay.Org}: "4 3 2 1 0",
	} {
		t.want(t.everyone(nay, store.All, f), want)
	}
	for _, i := range []int{1, 4} {
		_, err := t.s.TakeOver(ctx, nay, cs[i].ID, cs[i].Epoch)
		t.must(err)
	}
	_, err := t.s.Write(ctx, nay, cs[1].ID, "k", nil, []channels.Outbound{{Text: "1"}})
	t.must(err)
	t.want(t.everyone(nay, store.Mine, store.Filter{}), "4 1") // whose worker waits goes first
	t.want(t.everyone(may, store.Mine, store.Filter{}), "")
	n, err := t.s.ChatCounts(ctx, nay)
	t.must(err)
	t.want(n, store.Counts{Mine: 2, Queue: 2, Urgent: 2, All: 5, Overdue: 1})
	for by, queue := range map[cases.Caseworker]int64{nay: 2, may: 2, other: 0} {
		p, err := t.s.Pressing(ctx, by)
		t.must(err)
		t.want(show(by.ID, p), show(by.ID, store.Pressing{Queue: queue}))
	}
	_, err = t.s.Pressing(ctx, desk)
	t.wantIs(err, store.ErrDenied)
	row, err := t.s.ChatRow(ctx, nay, cs[2].ID)
	t.must(err)
	step, steps := flows.Progress(at("", ""))
	t.want(show(row.Lang, row.Country, row.Level, row.Step, row.Steps, row.With.User), fmt.Sprint("my MY S0 ", step, " ", steps, " "))
	t.want(step > 0 && row.Due.Sub(row.Since) == 15*time.Minute, true)

	t.must(t.s.Erase(ctx, channels.Address{Channel: "tg", User: "w2"}, store.Everything))
	t.want(t.everyone(nay, store.All, store.Filter{}), "4 3 1 0")
	n, err = t.s.ChatCounts(ctx, nay)
	t.must(err)
	t.want(n, store.Counts{Mine: 2, Queue: 1, Urgent: 1, All: 4})
}

// unheard sees that who has sent a report waits until a person takes it up,
// though the bot has the conversation.
func unheard(t rig) {
	t.s.Home(nay.Org)
	report := func(status cases.Status) flows.Session {
		r := &cases.Report{ID: "c1", Sent: t.c.Now()}
		return flows.Session{Lang: "my", Mine: []flows.Mine{{ID: "c1", Ref: "C1", Status: status, Severity: cases.Serious, Report: r, Due: t.c.Now().Add(time.Hour)}}}
	}
	c := t.chat("w", "1", store.Outcome{Session: report(cases.Received)})
	t.want(t.everyone(nay, store.InQueue, store.Filter{}), "1")
	t.want(t.everyone(nay, store.Overdue, store.Filter{}), "")
	row, err := t.s.ChatRow(ctx, nay, c.ID)
	t.must(err)
	t.want(row.Unheard && row.Due.Equal(t.c.Now().Add(time.Hour)) && row.Owner == "", true)
	t.c.Pass(2 * time.Hour)
	t.want(t.everyone(nay, store.Overdue, store.Filter{}), "1")
	n, err := t.s.ChatCounts(ctx, nay)
	t.must(err)
	t.want(n, store.Counts{Queue: 1, All: 1, Overdue: 1})
	t.chat("w", "2", store.Outcome{Session: report(cases.Heard)})
	t.want(t.everyone(nay, store.InQueue, store.Filter{})+t.everyone(nay, store.Overdue, store.Filter{}), "")
}

// met sees that a report which a caseworker has seen who had the conversation
// is no new one once the bot has it again, until the worker sends another.
func met(t rig) {
	t.s.Home(nay.Org)
	report := func() flows.Session {
		r := &cases.Report{ID: "c1", Sent: t.c.Now()}
		return flows.Session{Lang: "my", Mine: []flows.Mine{{ID: "c1", Ref: "C1", Status: cases.Received, Report: r}}}
	}
	c := t.chat("w", "1", store.Outcome{Session: report()})
	new := func() bool {
		row, err := t.s.ChatRow(ctx, nay, c.ID)
		t.must(err)
		t.want(row.Unheard, !row.Due.IsZero())
		t.want(row.Unheard, t.everyone(nay, store.InQueue, store.Filter{}) != "")
		return row.Unheard
	}
	t.want(new(), true)
	t.c.Pass(time.Minute)
	c, err := t.s.Assign(ctx, nay, c.ID, store.AnyEpoch, cases.Caseworker{}) // nobody has looked
	t.must(err)
	_, err = t.s.HandBack(ctx, nay, c.ID, store.AnyEpoch, "resume", "Nay")
	t.must(err)
	t.want(new(), true)
	t.c.Pass(time.Minute)
	_, err = t.s.TakeOver(ctx, nay, c.ID, store.AnyEpoch)
	t.must(err)
	t.c.Pass(time.Minute)
	_, err = t.s.HandBack(ctx, nay, c.ID, store.AnyEpoch, "resume", "Nay")
	t.must(err)
	t.want(new(), false)
	t.c.Pass(time.Minute)
	t.end(t.next(), store.Outcome{Session: report()}) // what the bot learns of the hand-back
	t.want(new(), true)
}

func bounded(t rig) {
	t.s.Home(nay.Org)
	for i := range 450 {
		lang := "my"
		if i == 3 || i == 449 {
			lang = "km"
		}
		t.chat(fmt.Sprint("w", i), fmt.Sprint(i), store.Outcome{Session: flows.Session{Lang: lang}})
		t.c.Pass(10 * time.Minute)
	}
	rows, next, err := t.s.Chats(ctx, nay, store.All, store.Filter{Lang: "km"}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(rows), rows[0].Line.Text, next == store.Cursor{}), "1 449 false")
	rows, next, err = t.s.Chats(ctx, nay, store.All, store.Filter{Lang: "km"}, next, 10)
	t.must(err)
	t.want(show(len(rows), rows[0].Line.Text, next == store.Cursor{}), "1 3 true")
}

func paged(t rig) {
	t.s.Home(nay.Org)
	var c store.Conversation
	for i := range 6 {
		c = t.chat("a", fmt.Sprint(i), sends("a", fmt.Sprint("m", i)))
		t.c.Pass(2 * lease)
		p := t.parcels()[0]
		t.settle(store.Settlement{Parcel: p, Gone: 1, Sent: []store.Sent{{Key: p.Messages[0].Key, MessageID: fmt.Sprint("p", i), State: store.SentState}}})
	}
	receipt := func(id string, kind channels.Kind, key, message string) {
		t.receive(channels.Event{ID: id, Kind: kind, From: c.With, At: t.c.Now(), Key: key, Message: message, Reason: channels.OutOfWindow})
	}
	receipt("r1", channels.Read, "m5", "")
	receipt("r2", channels.Delivered, "m5", "") // they come in any order
	receipt("r3", channels.Delivered, "", "p4") // by the platform's name
	w, err := t.s.Write(ctx, may, c.ID, "k", nil, []channels.Outbound{{Text: "w"}})
	t.must(err)
	page, err := t.s.ChatLog(ctx, nay, c.ID, 0, 3)
	t.must(err)
	t.want(show(len(page.Exchanges), page.Before, page.States["m5"].State, page.States[w.Keys[0]].State, page.States["m3"].State), "3 5 read  ")
	page, err = t.s.ChatLog(ctx, nay, c.ID, page.Before, 3)
	t.must(err)
	t.want(show(len(page.Exchanges), page.Exchanges[0].Place, page.Before, page.States["m4"].State, page.States["m3"].State), "3 2 2 delivered sent")
	page, err = t.s.ChatLog(ctx, nay, c.ID, page.Before, 3)
	t.must(err)
	t.want(show(len(page.Exchanges), page.Exchanges[1].Said[0].Text, page.Before), "2 1 0")
}

func noted(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{})
	for range 2 {
		t.must(t.s.Note(ctx, nay, c.ID, "k", "she sounded afraid"))
	}
	t.must(t.s.Note(ctx, may, c.ID, "k", "call at eight"))
	ns, err := t.s.Notes(ctx, may, c.ID, 0, 10)
	t.must(err)
	t.want(show(len(ns), ns[0].By, ns[0].Text, ns[1].By), "2 nay she sounded afraid may")
	t.want(len(t.parcels()), 0) // nothing is ever sent of them
	xs, err := t.s.Transcript(ctx, c.With, 0, 10)
	t.must(err)
	t.want(len(xs), 1)
	t.must(t.s.Erase(ctx, c.With, store.Chat))
	ns, err = t.s.Notes(ctx, nay, c.ID, 0, 10)
	t.must(err)
	t.want(len(ns), 0)
}

func drafted(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{})
	d, err := t.s.Draft(ctx, nay, c.ID)
	t.must(err)
	t.want(show(d.Text, d.Version), " 0")
	d.Text = "one"
	first, err := t.s.KeepDraft(ctx, nay, c.ID, d)
	t.must(err)
	was, err := t.s.KeepDraft(ctx, nay, c.ID, d) // of another tab
	t.want(show(err == store.ErrStale, was.Text), "true one")
	first.Text = "two"
	_, err = t.s.KeepDraft(ctx, nay, c.ID, first)
	t.must(err)
	d, err = t.s.Draft(ctx, may, c.ID)
	t.must(err)
	t.want(d.Text, "") // everybody has their own
	t.must(t.s.Erase(ctx, c.With, store.Chat))
	d, err = t.s.Draft(ctx, nay, c.ID)
	t.must(err)
	t.want(show(d.Text, d.Version), " 2")
	d.Text = "three"
	_, err = t.s.KeepDraft(ctx, nay, c.ID, d)
	t.must(err)
}

func watched(t rig) {
	t.s.Home(nay.Org)
	w, o := t.s.Watch(nay), t.s.Watch(other)
	defer o.Close()
	c := t.chat("a", "1", store.Outcome{})
	t.chat("a", "2", store.Outcome{})
	hs, err := w.Next(ctx)
	t.must(err)
	t.want(hs, []store.Hint{{What: store.ChatHint, ID: c.ID, Org: nay.Org}})
	_, err = t.s.Transfer(ctx, nay, c.ID, 0, other.Org)
	t.must(err)
	hs, err = o.Next(ctx)
	t.must(err)
	t.want(hs, []store.Hint{{What: store.ChatHint, ID: c.ID, Org: other.Org}})
	hs, err = w.Next(ctx)
	t.must(err)
	t.want(len(hs), 1) // it is gone from the list
	for i := range 300 {
		t.chat(fmt.Sprint("w", i), fmt.Sprint("w", i), store.Outcome{})
	}
	hs, err = w.Next(ctx)
	t.must(err)
	t.want(show(len(hs), hs[0].What), "1 all")
	w.Close()
	t.chat("b", "3", store.Outcome{})
	done, cancel := contextDone()
	defer cancel()
	hs, err = w.Next(done)
	t.want(show(len(hs), err != nil), "0 true")
}

// watchedCase has the two organisations of a case that was referred hear of what
// changes, and nobody else; of an update from before only the first.
func watchedCase(t rig) {
	t.refers(false)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Returned, Reason: "once more"})
	turn, err := t.s.Begin(ctx, event("a", "speaks"))
	t.must(err)
	turn.Session.State, turn.Session.Lang = "menu", "en"
	t.end(turn, store.Outcome{Session: turn.Session})
	put := func(by cases.Caseworker) cases.Update {
		u, err := t.s.PutUpdate(ctx, by, cases.Update{Case: "c", Kind: cases.Free, Texts: map[string]string{"en": "news"}})
		t.must(err)
		u, err = t.s.Approve(ctx, by, "c", u.ID, u.Version)
		t.must(err)
		t.c.Pass(1e9)
		_, _, err = t.s.HandOut(ctx, u, 5)
		t.must(err)
		t.brought()
		return u
	}
	was := put(nay)
	_, err = t.s.Refer(ctx, nay, "c", "legal", nil, false, "", "they know the law")
	t.must(err)
	t.does(lawyer, "c", cases.Entry{Kind: cases.Accepted})
	now := put(lawyer)
	all := []cases.Caseworker{nay, lawyer, other}
	hears := func(what string, of any, do func(), want ...bool) {
		t.Helper()
		for i, by := range all {
			w := t.s.Watch(by)
			do()
			done, cancel := contextDone()
			hs, _ := w.Next(done) // what there is
			cancel()
			w.Close()
			heard := slices.ContainsFunc(hs, func(h store.Hint) bool { return h.What == what && h.ID == fmt.Sprint(of) })
			t.want(show(by.Org, what, of, heard), show(by.Org, what, of, want[i]))
		}
	}
	n := 0
	stands := func(u cases.Update, states ...cases.DeliveryState) func() {
		return func() {
			n++
			turn, err := t.s.Begin(ctx, event("a", fmt.Sprint("stands", n)))
			t.must(err)
			o := store.Outcome{Session: turn.Session}
			for _, st := range states {
				o.Stands = append(o.Stands, flows.Stands{Case: "c", Update: u.ID, State: st, Until: t.c.Now()})
			}
			t.end(turn, o)
			t.files()
			t.c.Pass(1e9)
		}
	}
	hears(store.UpdateHint, now.ID, stands(now, cases.ForHours), true, true, false)
	hears(store.UpdateHint, was.ID, stands(was, cases.ForHours), true, false, false)
	hears(store.CaseHint, "c", func() { t.does(lawyer, "c", cases.Entry{Kind: cases.Noted, Text: "noted"}) }, true, true, false)
}

func previewed(t rig) {
	t.s.Home(nay.Org)
	line := func(user string) string {
		id, err := t.s.ChatOf(ctx, channels.Address{Channel: "tg", User: user})
		t.must(err)
		r, err := t.s.ChatRow(ctx, nay, id)
		t.must(err)
		return r.Line.Text
	}
	t.chat("a", "before consent", store.Outcome{Redact: true})
	t.want(line("a"), "")
	e := event("a", strings.Repeat("မ", 100))
	e.Message = "x1"
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.end(turn, store.Outcome{})
	t.want(line("a"), strings.Repeat("မ", 80))
	gone := event("a", "u")
	gone.Kind, gone.Message, gone.Text = channels.Unsent, "x1", ""
	turn, err = t.s.Begin(ctx, gone)
	t.must(err)
	t.end(turn, store.Outcome{Retract: []string{"x1"}})
	t.want(line("a"), "")
	t.chat("a", "more", store.Outcome{})
	t.want(line("a"), "more")
	t.must(t.s.Erase(ctx, channels.Address{Channel: "tg", User: "a"}, store.Chat))
	t.want(line("a"), "")
}

func contextDone() (context.Context, context.CancelFunc) {
	c, cancel := context.WithCancel(ctx)
	cancel()
	return c, cancel
}
