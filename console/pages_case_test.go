package console

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

// opens opens a case with so many workers, who allow what yes says.
func (h *house) opens(id cases.ID, kind cases.Code, n int, yes string) {
	h.Helper()
	for i := range n {
		e := cases.Entry{Key: fmt.Sprint(id, "/w", i), Case: id, Worker: member(id, i), Kind: cases.Opened, At: h.now(), Lang: []string{"my", "km", "ne", "th"}[i%4], Channel: "whatsapp",
			Severity: cases.Serious, Org: "home", Report: &cases.Report{ID: id, Kinds: []cases.Code{kind}, Sent: h.now(), Severity: cases.Serious, Answers: map[string]cases.Answer{
				"raise": {Choices: []string{yes}}, "country": {Choices: []string{"MY"}}, "howmany": {Choices: []string{"many"}}, "name": {Text: fmt.Sprint("Khin Lay ", i)}}}}
		if i > 0 {
			e.Kind = cases.Joined
		}
		_, err := h.s.Do(h.Context(), cases.Bot, e)
		h.must(err)
	}
}

func member(id cases.ID, i int) cases.WorkerID {
	return cases.WorkerID(fmt.Sprint("w-", id, "-", i))
}

// asked has the workers of an issue asked whether it is fixed, and some of them
// answer: one letter each, a for all, s for some, n for nothing.
func (h *house) asked(id cases.ID, kind cases.Code, answers string) {
	h.Helper()
	_, err := h.s.Do(h.Context(), cases.Bot, cases.Entry{Case: id, Kind: cases.Checked, Issue: kind, At: h.now()})
	h.must(err)
	for i := 0; ; i++ {
		if _, err := h.s.Do(h.Context(), cases.Bot, cases.Entry{Case: id, Kind: cases.Polled, Issue: kind, Member: member(id, i), Role: cases.System, At: h.now()}); err != nil {
			break
		}
	}
	for i, a := range answers {
		x := map[rune]cases.Answered{'a': {Fact: "all", Satisfied: "yes"}, 's': {Fact: "some", Satisfied: "partly"}, 'n': {Fact: "none", Satisfied: "no", Words: "ငွေ မရသေးဘူး", Missing: []string{"amount"}}}[a]
		x.At = h.now()
		_, err := h.s.Do(h.Context(), cases.Bot, cases.Entry{Case: id, Kind: cases.Answering, Issue: kind, Worker: member(id, i), Answer: &x, At: h.now()})
		h.must(err)
	}
}

var (
	hiddenField = regexp.MustCompile(`name="(key|at)" value="([^"]*)"`)
	actForm     = `action="/c/case/%s/do/%s"`
)

// form returns the fields that a form of a page carries by itself.
func (c *colleague) form(page, action string) url.Values {
	c.h.Helper()
	_, rest, ok := strings.Cut(page, fmt.Sprintf(`action="%s"`, action))
	if !ok {
		c.h.Fatalf("there is no form to %s", action)
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	v := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(rest, -1) {
		v.Set(m[1], m[2])
	}
	return v
}

// with adds fields to a form.
func with(v url.Values, more ...string) url.Values {
	out := url.Values{}
	for k, x := range v {
		out[k] = x
	}
	for i := 0; i < len(more); i += 2 {
		out.Set(more[i], more[i+1])
	}
	return out
}

func (h *house) day(days int) string { return h.now().AddDate(0, 0, days).Format(time.DateOnly) }

// TestCaseActs sees that a page offers what the life of an issue allows a role,
// and nothing else, from report to remedy.
func TestCaseActs(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	may := h.joins("may@x", "May", "en", cases.Supervisor).signs()
	h.opens("c1", "pay.unpaid", 12, "yes")
	offers := func(c *colleague, yes, no string) {
		t.Helper()
		page := c.sees("/c/case/c1")
		for _, a := range strings.Fields(yes) {
			if !strings.Contains(page, fmt.Sprintf(actForm, "c1", a)) {
				t.Errorf("%s is not offered %s", c.person.Name, a)
			}
		}
		for _, a := range strings.Fields(no) {
			if strings.Contains(page, fmt.Sprintf(actForm, "c1", a)) {
				t.Errorf("%s is offered %s", c.person.Name, a)
			}
		}
	}
	do := func(c *colleague, a string, fields ...string) {
		t.Helper()
		to := "/c/case/c1/do/" + a
		c.posts(to, with(c.form(c.sees("/c/case/c1"), to), append([]string{"issue", "pay.unpaid"}, fields...)...), 200, "Done.")
	}
	offers(nan, "acknowledge inform redirect note assign judge", "raise respond plan claim giveup escalate lose")
	offers(may, "acknowledge note", "raise respond")
	do(nan, "acknowledge")
	offers(nan, "raise inquire", "acknowledge respond plan giveup")
	do(nan, "raise", "with", "employer", "text", "we met the manager", "due", h.day(5))
	offers(nan, "respond", "raise plan giveup")
	do(nan, "respond", "text", "we pay next week")
	offers(nan, "plan refuse", "respond claim")
	do(nan, "plan", "promise.my", "လစာ ပေးမယ်", "who", "the employer", "by", h.day(7))
	nan.sees("/c/case/c1", "လစာ ပေးမယ်", "the employer")
	do(nan, "start")
	do(nan, "claim", "text", "all paid")
	offers(nan, "note", "claim respond start")
	h.asked("c1", "pay.unpaid", "annn")
	nan.sees("/c/case/c1", "1 of 4 (25 %)", "12 of 12", "8 unknown", "Reopened", "tr class=\"diff\"")
	do(nan, "take")
	nan.sees("/c/case/c1", "A person is on it", "Taken up")
}

// TestCaseRefusals sees that what is refused says what to do instead, in place,
// and loses nothing; and that the same form counts once.
func TestCaseRefusals(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	lin := h.joins("lin@x", "Lin", "en", cases.Helper).signs()
	h.opens("c1", "pay.unpaid", 3, "no")
	page := nan.sees("/c/case/c1")
	to := "/c/case/c1/do/acknowledge"
	once := with(nan.form(page, to), "issue", "pay.unpaid", "text", "wrote in Burmese")
	for range 3 {
		nan.posts(to, once, 200, "Done.", "wrote in Burmese")
	}
	if n := strings.Count(nan.sees("/c/case/c1/timeline"), "wrote in Burmese"); n != 1 {
		t.Errorf("a form that was sent three times stands in the timeline %d times", n)
	}
	raise := "/c/case/c1/do/raise"
	if page = nan.sees("/c/case/c1", "no worker has agreed that we talk to the employer"); strings.Contains(page, raise) {
		t.Error("raising is offered though nobody agreed")
	}
	form := url.Values{"key": {"k1"}, "issue": {"pay.unpaid"}, "with": {"employer"}, "text": {"we met <b>the</b> manager"}, "due": {h.day(5)}}
	nan.posts(raise, form, 422, "no worker has agreed that we talk to the employer")
	note := "/c/case/c1/do/note"
	nan.posts(note, url.Values{"key": {"k2"}, "text": {" "}}, 422, "Fill in: What happened")
	judge := "/c/case/c1/do/judge"
	nan.posts(judge, url.Values{"key": {"k3"}, "severity": {"4"}, "reason": {"it is less <bad>"}}, 422, "only a supervisor lowers how serious a case is", "it is less &lt;bad&gt;", `value="k3"`)
	page = nan.sees("/c/case/c1")
	mine := with(nan.form(page, judge), "severity", "2", "reason", "she was hit")
	lin.posts("/c/case/c1/do/assign", with(lin.form(lin.sees("/c/case/c1"), "/c/case/c1/do/assign"), "other", string(lin.person.ID)), 200, "Done.", "Lin has it")
	h.pass(time.Minute)
	body := nan.posts(judge, mine, 409, "Lin changed this", "Assigned: Lin", "she was hit", "Do it all the same")
	again := with(nan.form(body, judge), "severity", "2", "reason", "she was hit")
	nan.posts(judge, again, 200, "Done.", "S1 violence")
	nan.posts("/c/case/c1/do/nothing", url.Values{}, 404, "There is nothing here for you")
	if n := len(h.audit("c1", "judged")); n != 1 {
		t.Errorf("judged %d times", n)
	}
}

// audit returns what was noted of a case with a name.
func (h *house) audit(id cases.ID, what string) (out []store.AuditEntry) {
	h.Helper()
	as, err := h.s.Audit(h.Context(), cases.Bot, id, 1000)
	h.must(err)
	for _, a := range as {
		if a.What == what {
			out = append(out, a)
		}
	}
	return out
}

// TestCaseStrangers sees that another organisation's case looks like none.
func TestCaseStrangers(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Supervisor).signs()
	h.opens("c1", "pay.unpaid", 1, "yes")
	_, err := h.s.Do(t.Context(), cases.Bot, cases.Entry{Case: "c1", Kind: cases.Noted, Text: "x"})
	if err == nil {
		t.Error("the bot makes team notes")
	}
	_, err = h.s.Do(t.Context(), cases.Bot, cases.Entry{Key: "o", Case: "c2", Worker: "w9", Kind: cases.Opened, Org: "elsewhere", At: h.now(), Report: &cases.Report{Kinds: []cases.Code{"pay.late"}}})
	h.must(err)
	_, want := nan.ask("GET", "/c/case/none", nil)
	for _, path := range []string{"", "/aside", "/head", "/side", "/workers", "/worker/w9", "/timeline", "/trail"} {
		status, body := nan.ask("GET", "/c/case/c2"+path, nil)
		if status != 404 || body != want {
			t.Errorf("%s of another organisation: %d, and not the page of a case that there is not", path, status)
		}
	}
	for _, path := range []string{"/do/note", "/do/assign", "/worker/w9/show"} {
		status, body := nan.ask("POST", "/c/case/c2"+path, url.Values{"key": {"1"}, "text": {"hello"}, "other": {"x"}, "reason": {"because of it"}}, "Sec-Fetch-Site", "same-origin")
		if status != 404 || body != want {
			t.Errorf("POST %s of another organisation: %d", path, status)
		}
	}
	stranger := h.visitor(cases.Person{}, nil)
	stranger.sees("/c/case/c1", "Sign in")
}

// TestCaseNames sees that names are shown for a reason only, and that this is kept.
func TestCaseNames(t *testing.T) {
	h := newHouse(t)
	may := h.joins("may@x", "May", "en", cases.Supervisor).signs()
	h.opens("c1", "pay.unpaid", 2, "yes")
	worker := "/c/case/c1/worker/" + string(member("c1", 0))
	for _, page := range []string{may.sees("/c/case/c1"), may.sees("/c/case/c1/workers"), may.sees(worker, "Name and number are hidden"), may.sees("/c/case/c1/aside")} {
		if strings.Contains(page, "Khin Lay") {
			t.Error("a name is shown to somebody who has not said why")
		}
	}
	may.posts(worker+"/show", url.Values{"reason": {"x"}}, 422, "at least five letters")
	may.posts(worker+"/show", url.Values{"reason": {"to call her lawyer"}}, 200, "Khin Lay 0", "to call her lawyer")
	may.sees(worker, "Name and number are hidden")
	may.sees("/c/case/c1/timeline", "Looked at name and number: to call her lawyer", "May")
	if len(h.audit("c1", "member")) < 3 || len(h.audit("c1", "report")) != 1 {
		t.Error("it is not kept who looked at a worker")
	}
	may.sees("/c/case/c1/trail", "member", "May")
	may.posts("/c/case/c1/do/told", url.Values{"key": {"k1"}, "member": {string(member("c1", 0))}, "issue": {"pay.unpaid"}, "fact": {"none"}, "satisfied": {"no"}, "text": {"nothing came"}}, 200, "nothing came", "told May")
	may.posts("/c/case/c1/do/choose", url.Values{"key": {"k2"}, "member": {string(member("c1", 0))}, "what": {"share:buyer"}, "answer": {"yes"}, "reason": {""}}, 422, "Fill in: How the worker told you")
	may.posts("/c/case/c1/do/choose", url.Values{"key": {"k2"}, "member": {string(member("c1", 0))}, "what": {"share:buyer"}, "answer": {"yes"}, "reason": {"by telephone"}}, 200, "Share with Buyer")
	may.sees("/c/case/c1/side", "Share with Buyer: 1 of 2")
}
