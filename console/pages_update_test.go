package console

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// reports has a worker report late pay, and returns the case.
func (h *house) reports(user, lang string, by cases.Caseworker) cases.Case {
	h.Helper()
	for _, e := range []channels.Event{{Kind: channels.Started}, {Choice: "language:" + lang}, {Choice: "safety:yes"}, {Choice: "consent:agree"}, {Choice: "menu:report"}, {Choice: "problem:pay"}, {Choice: "sub:pay.late"}, {Choice: "more:no_more"}, {Choice: "quick:send_now"}} {
		n := len(h.play.texts(user))
		h.does(user, e)
		h.until("an answer to "+e.Choice, func() bool { return len(h.play.texts(user)) > n })
	}
	var c cases.Case
	h.until("a case", func() bool {
		cs, _, err := h.s.Cases(h.Context(), by, store.OpenCases, store.CaseFilter{Kind: "pay.late"}, store.Cursor{}, 5)
		h.must(err)
		for _, x := range cs {
			c = x
		}
		return len(cs) > 0
	})
	return c
}

// TestUpdates sees that a draft is kept once, that two who change one are told,
// that nobody is left out without a word, and that it goes out once.
func TestUpdates(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	lin := h.joins("lin@x", "Lin", "en", cases.Helper).signs()
	c := h.reports("66811111111", "my", nan.person.Caseworker)
	all := "/c/case/" + string(c.ID) + "/update/"
	first := url.Values{"key": {"u1"}, "kind": {"free"}, "text.en": {"We asked <again>"}}
	for range 2 {
		nan.posts(all+"new", first, 200, "Kept.", "We asked &lt;again&gt;", "Nobody wrote in Burmese: 1 worker", "Left out")
	}
	us, _, err := h.s.Updates(t.Context(), nan.person.Caseworker, c.ID, store.Cursor{}, 10)
	h.must(err)
	if len(us) != 1 {
		t.Fatalf("%d drafts of one form", len(us))
	}
	draft := all + us[0].ID
	nan.posts(all+"new", url.Values{"key": {"u0"}, "text.en": {"stays"}, "due": {"2020-01-01"}}, 422, "choose a day to come", ">stays</textarea>")
	nan.posts(draft+"/approve", url.Values{"version": {"1"}}, 422, "Say what happens to workers in whose language nobody wrote")
	lin.posts(draft, url.Values{"version": {"1"}, "kind": {"free"}, "text.en": {"Lin wrote this"}, "text.my": {"လင်း"}}, 200, "Kept.")
	body := nan.posts(draft, url.Values{"version": {"1"}, "kind": {"free"}, "text.en": {"Nan wrote that"}}, 409, "Somebody else changed this draft", "Nan wrote that", "Lin wrote this", `name="version" value="2"`)
	if !strings.Contains(body, "Keep mine") {
		t.Error("nobody can go on after a conflict")
	}
	nan.posts(draft+"/approve", url.Values{"version": {"1"}}, 409, "Somebody else changed this draft")
	nan.posts(draft, url.Values{"version": {"2"}, "kind": {"free"}, "text.en": {"Nan wrote that"}, "text.my": {"သတင်း တစ်ခု"}}, 200, "Kept.", "Send to 1 worker", "သတင်း တစ်ခု", "You have news", "ဘေးမှာ ဘယ်သူမှ")
	for _, want := range []string{"On its way.", "sent already"} {
		nan.posts(draft+"/approve", url.Values{"version": {"3"}}, 200, want)
	}
	nan.posts(draft, url.Values{"version": {"3"}, "text.en": {"changed after"}}, 200, "sent already")
	h.until("a delivery", func() bool {
		_, page := nan.ask("GET", draft+"/counts", nil)
		return strings.Contains(page, "/list?state=") && strings.Contains(page, "of 1 worker")
	})
	chat, err := h.s.ChatOf(t.Context(), channels.Address{Channel: "whatsapp", User: "66811111111"})
	h.must(err)
	nan.sees("/c/case/"+string(c.ID), `href="/c/chat/`+chat)
	nan.posts("/c/case/"+string(c.ID)+"/do/take", url.Values{"key": {"t1"}, "go": {"chat"}}, 200, "Done.", `action="/c/chat/`+chat)
	nan.sees(all+"new?wrong="+us[0].ID, "This corrects", "သတင်း တစ်ခု")
	nan.posts("/c/case/"+string(c.ID)+"/nonews", url.Values{}, 200, "No change yet", "Send to 1 worker")
	nan.posts("/c/case/"+string(c.ID)+"/nonews", url.Values{"approve": {"1"}}, 200, "On its way.")
	if n := len(h.audit(c.ID, "updated")); n != 2 {
		t.Errorf("%d updates in the timeline", n)
	}
}

// TestQueues sees that each queue shows what belongs there, and does it.
func TestQueues(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	h.opens("c1", "harm.hit", 1, "no")
	h.opens("c2", "pay.unpaid", 3, "yes")
	_, err := h.s.Do(t.Context(), cases.Bot, cases.Entry{Case: "c1", Worker: member("c1", 0), Kind: cases.Alerted, At: h.now(), Severity: cases.Danger})
	h.must(err)
	ref := cases.RefOf("c1")
	body := nan.sees("/c/urgent", ref, "S0 danger", "Take it", "left of 15 min")
	if strings.Contains(body, cases.RefOf("c2")) {
		t.Error("what is not urgent stands among what is")
	}
	nan.posts("/c/case/c1/do/take", nan.form(body, "/c/case/c1/do/take"), 200, "Done.")
	nan.sees("/c/urgent", "Nobody is in danger", "Somebody has it", ref)
	nan.sees("/c/overdue", "Nothing is late")
	h.pass(6 * 24 * time.Hour)
	nan.signs()
	nan.sees("/c/overdue", "First answer of a person", "News to the workers", cases.RefOf("c2"), "/c/case/c2?act=acknowledge&amp;issue=pay.unpaid")
	nan.sees("/c/case/c2?act=acknowledge&issue=pay.unpaid", `id="f-acknowledge-pay-unpaid" open`)
	nan.sees("/c/quiet", cases.RefOf("c2"), "without news from us", `action="/c/case/c2/nonews"`)
	body = nan.sees("/c/cases?severity=3", cases.RefOf("c2"))
	if strings.Contains(body, ref) {
		t.Error("a filter lets through what it should not")
	}
	nan.sees("/c/cases?country=NP", "No case is like this")
	nan.sees("/c/today", "In danger, not taken", "No employer has said yet")
	nan.sees("/c/reopened", "Nothing was opened again")
	nan.sees("/c/checking", "No worker is being asked")
	for _, path := range []string{"/c/urgent/list", "/c/overdue/list", "/c/reopened/list", "/c/checking/list", "/c/quiet/list", "/c/cases/list", "/c/today/now", "/c/case/c2/head", "/c/case/c2/side", "/c/case/c2/aside"} {
		if part := nan.sees(path); strings.Contains(part, "<html") {
			t.Errorf("%s is a page, and was to be a piece of one", path)
		}
	}
}

// TestTakeDown sees that a report made by telephone opens one case.
func TestTakeDown(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	nan.posts("/c/new", url.Values{"key": {"n1"}, "kind": {"nonsense"}, "text": {"she called <us>"}}, 422, "Fill in: Kind", "she called &lt;us&gt;", `value="n1"`)
	form := url.Values{"key": {"n1"}, "kind": {"pay.unpaid"}, "text": {"she called us"}, "country": {"TH"}, "lang": {"km"}, "raise": {"no"}, "name": {"Bopha"}}
	for range 2 {
		body := nan.posts("/c/new", form, 200, "Done.", "Not paid at all", "Thailand", "1 worker", "she called us")
		if strings.Contains(body, "Bopha") {
			t.Error("the name is shown")
		}
	}
	cs, _, err := h.s.Cases(t.Context(), nan.person.Caseworker, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	h.must(err)
	if len(cs) != 1 || cs[0].Severity != cases.Serious {
		t.Errorf("%d cases of one form", len(cs))
	}
	c := "/c/case/" + string(cs[0].ID)
	nan.posts(c+"/nonews", url.Values{"approve": {"1"}}, 200, "0 blocked, 1 without a chat")
	if n := len(h.audit(cs[0].ID, "updated")); n != 0 {
		t.Error("news that reach nobody count as news")
	}
}

// TestPapers sees to joining, mergers, letters and evidence.
func TestPapers(t *testing.T) {
	h := newHouse(t)
	may := h.joins("may@x", "May", "en", cases.Supervisor).signs()
	h.opens("c1", "pay.unpaid", 12, "yes")
	h.opens("c2", "pay.unpaid", 1, "yes")
	h.opens("c3", "hours.long", 1, "no")
	may.posts("/c/case/c1/join", url.Values{"ask": {"1"}}, 200, "Done.", "friend.example/j/", "<svg", "11-50", "waits until somebody")
	_, err := h.s.Do(t.Context(), cases.Bot, cases.Entry{Case: "c1", Worker: "w-late", Kind: cases.Joined, At: h.now(), Lang: "my", Report: &cases.Report{Kinds: []cases.Code{"pay.unpaid"}}})
	h.must(err)
	body := may.sees("/c/case/c1/join", "1 waits to be let in", "Do not let in")
	may.posts("/c/case/c1/do/admit", with(may.form(body, "/c/case/c1/do/admit"), "member", "w-late"), 200, "Done.")
	may.sees("/c/case/c1/join", "Nobody waits.")
	may.posts("/c/case/c1/join/close", url.Values{}, 200, "Nobody may join now")
	letter := url.Values{"with": {"employer"}, "lang": {"en"}, "addressee": {"The Manager"}, "from": {"2026-01"}, "until": {"2026-02"}, "ask": {"pay"}, "due": {h.day(9)}, "key": {"l1"}}
	h.pass(0)
	body = may.posts("/c/case/c1/letter", with(letter, "added", "Ask Khin Lay 3 about it."), 422, "This could tell who a worker is", "Khin Lay 3")
	if strings.Contains(body, "<article") {
		t.Error("a letter with a name is shown")
	}
	may.posts("/c/case/c1/letter", with(letter, "do", "look"), 200, "wages that were not paid", "Make the letter")
	may.posts("/c/case/c1/letter", with(letter, "do", "make"), 200, "Print")
	may.posts("/c/case/c1/letter", with(letter, "do", "make"), 200, "Print")
	if n := len(h.audit("c1", "lettered")); n != 1 {
		t.Errorf("a letter made twice stands in the timeline %d times", n)
	}
	may.posts("/c/case/c3/letter", letter, 422, "no worker has agreed")
	may.sees("/c/case/c1/evidence", "Nobody has sent a photo")
	if body := may.sees("/c/case/c3/tie", "There is no open case about the same", "there is nobody to split off"); strings.Contains(body, "/split") {
		t.Error("a split is offered where nobody says no")
	}
	may.posts("/c/case/c1/split", url.Values{"issue": {"pay.unpaid"}, "reason": {"they say no"}, "key": {"s0"}}, 422, "there is nobody to split off")
	may.posts("/c/case/c1/merge", url.Values{"other": {"c3"}, "reason": {"same place"}, "key": {"m0"}}, 422, "no kind of abuse in common")
	may.posts("/c/case/c1/link", url.Values{"other": {"c2"}, "reason": {"same employer"}, "key": {"m1"}}, 200, "Belongs together with", cases.RefOf("c2"))
	for range 2 {
		may.posts("/c/case/c2/merge", url.Values{"other": {"c1"}, "reason": {"same employer"}, "key": {"m2"}}, 200, "Merged")
	}
	h.until("the worker to have moved", func() bool {
		return strings.Contains(may.sees("/c/case/c1/head"), "14 workers")
	})
}
