//go:build browser

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels/web/chromium"
)

// day is a day to come as the boxes for dates hold it.
func (y *story) day(n int) string { return y.now().AddDate(0, 0, n).Format(time.DateOnly) }

// raising takes the case to the employer, from its page.
func (y *story) raising() {
	y.step("the case is raised")
	y.nan.Leads(`#case a[href^="/c/case/"]`)
	y.nan.at = chromium.Eval[string](y.nan.Window, "location.pathname")
	y.nan.Finds(y.ref, "Pay is late", "Talk to the employer, without a name: 1 of 1")
	if !y.nan.Has("#f-raise-pay-late") {
		y.nan.does("acknowledge")
	}
	y.nan.does("raise", "text", "We met the manager. No names.", "due", y.day(8))
	y.nan.Finds("Raised")
}

// word is what a worker is told, in a language.
func (y *story) word(lang, key string, args map[string]any) string {
	y.Helper()
	text, err := y.s.texts.Text(lang, key, args)
	y.must(err)
	return text
}

// joining lets forty more workers in by the code of the case.
func (y *story) joining() {
	y.step("the worker hears of it")
	y.worker.Shows(`#ask:not(.new) button[value="news:read"]`)
	y.step("and reads it")
	y.worker.reads(strings.Split(y.word("km", "update.raised", map[string]any{"Ref": y.ref, "Date": "|", "Due": "|", "NextDate": "|"}), "|")[0])
	y.step("forty workers join by the code")
	n := y.nan
	n.Visit(n.at + "/join")
	n.Press(`input[name="ask"]`)
	n.Leads(`form[action$="/join"] button`)
	code := strings.ReplaceAll(chromium.Eval[string](n.Window, "document.querySelector('.codebig').textContent"), "-", "")
	n.Shoot("join")
	y.others = make([]neighbour, 40)
	y.Run("forty", func(t *testing.T) {
		for i := range y.others {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				y.others[i] = y.neighbour(t, code, []string{"my", "km", "ne", "th"}[i%4])
			})
		}
	})
	n.Visit(n.at)
	n.Finds("41 workers")
}

// news goes to everybody, in each worker's language.
func (y *story) news() {
	y.step("an update goes out")
	n := y.nan
	n.Visit(n.at + "/update/new")
	for lang, text := range friday {
		n.Sets(`[name="text.`+lang+`"]`, text)
	}
	n.Leads("#draft button")
	n.Finds("41 workers")
	n.Shoot("update")
	n.Leads(`form[action$="/approve"] button`)
	n.Finds("Going out")
	for _, o := range y.others {
		o.waits("news:read")
		if strings.Contains(o.page, friday[o.lang]) {
			y.Error("the news stand open on the phone")
		}
		o.press("news:read")
		o.must(friday[o.lang])
	}
	y.worker.reads(friday["km"])
	y.nan.Until("everybody has read it", `[...document.querySelectorAll('.counters dd')].some((e) => e.textContent === '41')`)
	n.Shoot("update-out")
}

// promise takes the case to where the employer says that it is fixed.
func (y *story) promise() {
	y.step("the employer answers, promises, and says that it is fixed")
	n := y.nan
	var summary, words []string
	for _, lang := range []string{"en", "my", "km", "ne", "th"} {
		summary = append(summary, "summary."+lang, friday[lang])
		words = append(words, "promise."+lang, paid[lang])
	}
	n.does("respond", append(summary, "text", "We will pay.")...)
	n.does("plan", append(words, "who", "the office", "by", y.day(3), "payday", y.day(3))...)
	n.does("start")
	n.does("claim", "text", "All paid by transfer.")
	n.Finds("They say fixed", "Nothing closes before")
	n.Shoot("case-claimed")
	for _, o := range y.others {
		o.waits("news:read")
		o.press("news:read")
		o.must(paid[o.lang])
	}
	y.worker.reads(paid["km"])
}

// asking moves the clock to after the promise: workers are asked, in the hours
// in which they are free.
func (y *story) asking() {
	y.step("after the promise, in working hours, nobody is asked")
	y.sleeps(8, 15, 0)
	y.nan.signs()
	y.nan.Visit(y.nan.at)
	y.nan.Finds("Workers check")
	for _, o := range y.others[:4] {
		o.open()
		if strings.Contains(o.page, "news:read") {
			y.Fatal("a worker was asked at three in the afternoon: ", o.page)
		}
	}
	y.step("in the evening they are")
	y.sleeps(0, 19, 0)
	for _, o := range y.others {
		o.waits("news:read")
	}
	y.step("one says no")
	p := y.worker
	p.chooses("news:read")
	p.Finds(y.word("km", "remedy.fact", map[string]any{"Promise": paid["km"]}))
	p.chooses("fact:none/a", "missing:notall/a", "missing:done/a", "treated:no/a")
	p.Finds(strings.Split(y.word("km", "remedy.reopened", map[string]any{"Ref": y.ref, "ByWhen": "|"}), "|")[0])
	p.Shoot("worker-no")
}

// queue shows where it stands now, and why it cannot be closed.
func (y *story) queue() {
	y.step("it stands among those that workers check, and cannot be closed as fixed")
	n := y.nan
	n.signs()
	n.Visit("/c/checking")
	n.Finds(y.ref, "1 of 41 answered", "40 unknown", "Workers are being asked. Nothing closes yet.")
	n.Shoot("checking")
	n.Visit(n.at)
	n.Finds("Workers check", "It cannot close while a worker says no")
	n.Shoot("case-disputed")
	y.lin.signs()
	y.lin.Visit(n.at)
	y.lin.Finds("It cannot close while a worker says no")
	if y.lin.Has("[id^=f-giveup]") {
		y.lin.Fails("a caseworker is offered to close it")
	}
}

// closing has the others answer: for them it closes, by their own word. Who
// said no goes on in a case of their own.
func (y *story) closing() {
	y.step("the others say that it is fixed")
	said := y.now()
	for _, o := range y.others {
		o.fixed()
	}
	n := y.nan
	n.Visit(n.at)
	n.Finds("Closed, workers satisfied", "40 of 40")
	n.Shoot("case-closed")
	y.step("who said no goes on in a case of their own")
	n.Visit("/c/reopened")
	n.Finds("1 worker", "Pay is late", "Employer says fixed 1 of 1", "Workers say fixed 0 of 1 (0 %)")
	if waited := y.now().Sub(said); waited > time.Hour {
		y.Errorf("it stood there after %v", waited)
	}
	n.Leads("#queue a.ref")
	own := number.FindString(chromium.Eval[string](n.Window, "document.querySelector('main').innerText"))
	n.Finds("Reopened", "A worker says no. It cannot close as fixed.", paid["en"])
	n.Shoot("case-of-one")
	y.once()
	y.refused(strings.TrimPrefix(chromium.Eval[string](n.Window, "location.pathname"), "/c/case/"))
	y.worker.Finds(own)
	y.worker.Shoot("worker-own-case")
	y.step("the gap between what employers claim and what workers say is on the first page")
	n.Visit("/c/today")
	n.Finds("Employer says fixed 41 of 41", "Workers say fixed 40 of 41 (98 %)", "Gap 2 points")
	n.Shoot("today")
	n.Visit("/c/cases")
	if rows := chromium.Eval[int](n.Window, "document.querySelectorAll('#cases tbody tr').length"); rows != 1 {
		n.Fails(fmt.Sprintf("%d cases are open, and only one worker said no", rows))
	}
}

// once fails if the worker was split off more than once.
func (y *story) once() {
	y.Helper()
	entries, err := y.s.store.Timeline(y.Context(), cases.Bot, cases.ID(strings.TrimPrefix(y.nan.at, "/c/case/")), 0, 1000)
	y.must(err)
	splits := 0
	for _, e := range entries {
		if e.Kind == cases.Split && e.Member == "" {
			splits++
		}
	}
	if splits != 1 {
		y.Errorf("one worker said no and was split off %d times", splits)
	}
}

// refused has a caseworker send what no page offers: that the case is closed.
func (y *story) refused(id string) {
	y.Helper()
	y.step("a caseworker cannot close it")
	y.lin.Visit("/c/case/" + id)
	if y.lin.Has("[id^=f-giveup]") {
		y.lin.Fails("a caseworker is offered to close it")
	}
	for _, act := range []string{"giveup", "validated", "inform"} {
		status := chromium.Eval[int](y.lin.Window, fmt.Sprintf(`fetch('/c/case/%s/do/%s', { method: 'POST', body: new URLSearchParams({ key: 'story-%[2]s', issue: 'pay.late', reason: 'we are done', text: 'we are done' }) }).then((r) => r.status)`, id, act))
		if status < 400 {
			y.lin.Fails(fmt.Sprintf("%s is answered with %d", act, status))
		}
	}
	y.lin.Reload()
	y.lin.Finds("Reopened")
}

// paid is what was promised.
var paid = map[string]string{
	"en": "All wages are paid", "my": "လစာ အားလုံး ပေးမယ်", "km": "បើកប្រាក់ខែទាំងអស់", "ne": "सबै तलब दिइनेछ", "th": "จ่ายค่าจ้างทั้งหมด",
}

// friday is what the update says.
var friday = map[string]string{
	"en": "They answer on Friday. We write again then.",
	"my": "သောကြာနေ့မှာ ဖြေမယ်။", "km": "ពួកគេឆ្លើយនៅថ្ងៃសុក្រ។", "ne": "उनीहरू शुक्रबार जवाफ दिन्छन्।", "th": "เขาจะตอบวันศุกร์",
}
