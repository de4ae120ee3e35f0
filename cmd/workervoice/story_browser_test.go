//go:build browser

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"workervoice/console"
)

// TestBrowserStory is the whole way of a case through the real program, with a
// real Chromium for the worker and for each of two caseworkers: go test -tags
// browser ./cmd/workervoice. CHROMIUM names the browser, if it is not called
// chromium. With SHOTS, a folder, it leaves pictures of what people saw; with
// AXE, the file axe.min.js of axe-core, that looks at every page too.
func TestBrowserStory(t *testing.T) {
	w := newTown(t)
	y := &story{town: w}
	y.people()
	y.report()
	y.taking()
	y.talk()
	y.back()
	y.raising()
	y.joining()
	y.news()
	y.promise()
	y.asking()
	y.queue()
	y.closing()
	y.nan.looks(map[string]string{"inbox": "/c/?box=all", "chat": "/c/chat/" + y.chat, "case": y.nan.at, "update": y.nan.at + "/update/new", "today": "/c/today",
		"reopened": "/c/reopened", "overdue": "/c/overdue", "cases": "/c/cases", "workers": y.nan.at + "/workers", "join": y.nan.at + "/join"}, "en", "my", "km")
	for _, s := range []*screen{y.worker, y.nan, y.lin} {
		s.done()
	}
}

// A story is who is in it and what they have come to know.
type story struct {
	*town
	worker       *screen // who reports, in Khmer
	nan, lin     *screen // caseworkers: Nan is a supervisor
	chat         string  // the conversation, in addresses
	holds, looks *screen // of the two, who has the conversation and who does not
	others       []neighbour
	ref          string // the number of the report
}

// people gives two caseworkers their accounts.
func (y *story) people() {
	y.step("two caseworkers join")
	_, at, _ := strings.Cut(y.logged(), "invitation ")
	var lin bytes.Buffer
	y.must(y.s.invite(y.Context(), inviteOrder{Login: "lin@x", Role: "caseworker", Org: string(home)}, &lin))
	y.nan, y.lin = y.screen("Nan", 1440, 900), y.screen("Lin", 1440, 900)
	y.nan.joins(strings.Fields(at)[0], "supervisor", "Nan", "en")
	y.lin.joins(strings.Fields(lin.String())[1], "lin@x", "Lin", "en")
	y.sleeps(0, 20, 0) // digits are good once
	y.nan.signs()
	y.lin.signs()
	y.nan.finds("Nobody is waiting")
	y.lin.finds("Nobody is waiting")
	for _, s := range []*screen{y.nan, y.lin} {
		s.open("/c/?box=all")
		s.shows("#list .empty")
		eval[bool](s, "window.stays = true")
	}
}

// chooses presses a choice of the worker's page, once it can be.
func (s *screen) chooses(values ...string) {
	s.Helper()
	for _, v := range values {
		s.press(`#ask:not(.new) button[value="` + v + `"]`)
	}
}

// report has a worker tell what is wrong, in Khmer.
func (y *story) report() {
	y.step("a worker reports in Khmer")
	y.worker = y.screen("the worker", 390, 844)
	p := y.worker
	p.open("/w")
	p.chooses("language:km", "safety:yes", "consent:agree", "menu:report", "problem:pay", "sub:pay.late", "more:no_more", "quick:answer_now")
	p.shows(`#ask:not(.new) button[value="story:skip"]`)
	p.says(khmer.late)
	p.chooses("story:done")
	answers := map[string]string{"country": "TH", "howmany": "many", "want": "pay", "raise": "yes", "reply": "yes"}
	for asked := "story"; asked != "raise"; {
		now := eval[string](p, `(document.querySelector('#ask:not(.new) button') || { value: '' }).value.split(':')[0]`)
		if now == asked || now == "" {
			pause(y.Context())
			continue
		}
		asked = now
		if a, ok := answers[asked]; ok {
			p.chooses(asked + ":" + a)
			if asked == "want" {
				p.chooses("want:done")
			}
			continue
		}
		p.chooses(asked + ":skip")
	}
	p.shows(`#ask:not(.new) button[value^="review:"]`)
	p.chooses("review:send")
	p.shows(`#ask:not(.new) button[value^="sent:"]`)
	y.ref = regexp.MustCompile(`[A-Z2-9]{3}-[A-Z2-9]{3}`).FindString(eval[string](p, "document.body.innerText"))
	if y.ref == "" {
		p.fails("no number")
	}
	y.shots("worker-receipt", p)
	y.step("it appears in both consoles without a reload")
	for _, s := range []*screen{y.nan, y.lin} {
		s.until("the report is in the inbox", `document.querySelector('#list .conv')`)
		s.finds("Khmer", "Web chat")
		s.stays()
	}
	y.shots("inbox", y.nan)
}

// stays fails if the page was loaded again since it was marked.
func (s *screen) stays() {
	s.Helper()
	if !eval[bool](s, "window.stays || false") {
		s.fails("the page was loaded again")
	}
}

// taking has both caseworkers take the conversation at the same moment, and the
// one who got it talk with the worker.
func (y *story) taking() {
	y.step("both press Take at once")
	for _, s := range []*screen{y.nan, y.lin} {
		s.leads("#list .conv")
		s.finds(khmer.late)
		s.shows("#take")
		eval[bool](s, "window.stays = true")
	}
	y.chat = strings.TrimPrefix(eval[string](y.nan, "location.pathname"), "/c/chat/")
	y.nan.finds("Lin is looking")
	done := make(chan error, 2)
	for _, s := range []*screen{y.nan, y.lin} {
		go func() {
			_, err := chromedp.Run(s.ctx, chromedp.Evaluate[chromedp.Void]("document.getElementById('take').click(); undefined"))
			done <- err
		}()
	}
	y.must(errors.Join(<-done, <-done))
	for _, s := range []*screen{y.nan, y.lin} {
		s.until("somebody holds it", `document.querySelector('.strip.me, .strip.other')`)
	}
	mine := func(s *screen) bool { return eval[bool](s, "!!document.querySelector('.strip.me')") }
	if mine(y.nan) == mine(y.lin) {
		y.Fatalf("both pressed: Nan has it %v, Lin has it %v", mine(y.nan), mine(y.lin))
	}
	y.holds, y.looks = y.nan, y.lin
	if mine(y.lin) {
		y.holds, y.looks = y.lin, y.nan
	}
	y.looks.finds(y.holds.who + " holds this conversation")
	y.worker.finds(y.holds.who) // the worker reads who is there
	y.shots("chat-held", y.looks)
}

// talk goes both ways, in words, sound and pictures.
func (y *story) talk() {
	y.step("they talk")
	y.holds.types("#t", khmer.hello)
	y.looks.finds(y.holds.who + " is writing")
	y.holds.press("#send")
	y.worker.finds(khmer.hello)
	y.looks.finds(khmer.hello)
	y.worker.says(khmer.thanks)
	for _, s := range []*screen{y.nan, y.lin} {
		s.finds(khmer.thanks)
	}
	y.step("a voice note from the worker plays in the console")
	y.worker.press("#mic")
	y.worker.finds("0:02")
	y.worker.press("#done")
	y.worker.shows("#log audio")
	y.holds.shows("#thread .voice audio")
	eval[bool](y.holds, "document.querySelector('#thread .voice audio').play(), true")
	y.holds.until("it is heard", "document.querySelector('#thread .voice audio').currentTime > 0.2")
	y.step("a photo goes back")
	picture, err := console.PNG(y.url, 256)
	y.must(err)
	name := filepath.Join(y.TempDir(), "where.png")
	y.must(os.WriteFile(name, picture, 0o600))
	get(y.holds, "attach", chromedp.SetUploadFiles(chromedp.ID("file"), []string{name}))
	y.holds.shows("#attached .chip")
	y.holds.types("#t", khmer.office)
	y.holds.press("#send")
	y.worker.finds(khmer.office)
	y.worker.until("the photo is seen", "document.querySelector('#log img') && document.querySelector('#log img').naturalWidth > 0")
	y.holds.stays()
	y.looks.stays()
	y.shots("chat", y.holds)
	y.shots("worker-chat", y.worker)
}

// back hands the worker back to the bot, which goes on.
func (y *story) back() {
	y.step("the worker is handed back")
	y.holds.press("#hand")
	y.holds.press(".menu button")
	for _, s := range []*screen{y.nan, y.lin} {
		s.until("the bot has it", `document.querySelector('.strip.bot')`)
	}
	y.worker.shows(`#ask:not(.new) button[value="sent:menu"]`)
	y.worker.chooses("sent:menu")
	y.worker.shows(`#ask:not(.new) button[value="menu:mycase"]`)
	y.nan.finds("The bot is talking")
}

// day is a day to come as the boxes for dates hold it.
func (y *story) day(n int) string { return y.now().AddDate(0, 0, n).Format(time.DateOnly) }

// does opens a form of the case page, fills it in and sends it.
func (s *screen) does(act string, fields ...string) {
	s.Helper()
	s.open(s.at)
	form := "details.act[id^='f-" + act + "-']"
	s.press(form + " > summary")
	for i := 0; i < len(fields); i += 2 {
		s.sets(form+` [name="`+fields[i]+`"]`, fields[i+1])
	}
	s.leads(form + " form p.row button")
	s.finds("Done.")
}

// raising takes the case to the employer, from its page.
func (y *story) raising() {
	y.step("the case is raised")
	y.nan.leads(`#case a[href^="/c/case/"]`)
	y.nan.at = eval[string](y.nan, "location.pathname")
	y.nan.finds(y.ref, "Pay is late", "Talk to the employer, without a name: 1 of 1")
	if !eval[bool](y.nan, "!!document.querySelector('#f-raise-pay-late')") {
		y.nan.does("acknowledge")
	}
	y.nan.does("raise", "text", "We met the manager. No names.", "due", y.day(8))
	y.nan.finds("Raised")
}

// reads has the worker open what waits behind the neutral line.
func (s *screen) reads(want string) {
	s.Helper()
	s.chooses("news:read")
	s.finds(want)
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
	y.worker.shows(`#ask:not(.new) button[value="news:read"]`)
	y.step("and reads it")
	y.worker.reads(strings.Split(y.word("km", "update.raised", map[string]any{"Ref": y.ref, "Date": "|", "Due": "|", "NextDate": "|"}), "|")[0])
	y.step("forty workers join by the code")
	n := y.nan
	n.open(n.at + "/join")
	n.press(`input[name="ask"]`)
	n.leads(`form[action$="/join"] button`)
	code := strings.ReplaceAll(eval[string](n, "document.querySelector('.codebig').textContent"), "-", "")
	y.shots("join", n)
	y.others = make([]neighbour, 40)
	y.Run("forty", func(t *testing.T) {
		for i := range y.others {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				y.others[i] = y.neighbour(t, code, []string{"my", "km", "ne", "th"}[i%4])
			})
		}
	})
	n.open(n.at)
	n.finds("41 workers")
}

// neighbour is a worker who joins the case.
func (y *story) neighbour(t *testing.T, code, lang string) neighbour {
	p := newPhone(t, y.url)
	p.follow(code)
	for _, b := range []string{"language:" + lang, "safety:yes", "consent:agree", "join:yes"} {
		p.press(b)
	}
	for !strings.Contains(p.page, y.word(lang, "join.done", nil)[:30]) {
		b := joinButton.FindString(p.page) // the problem, and what may be known of the worker
		if b == "" {
			t.Fatal("the worker cannot go on: ", p.page)
		}
		p.send("choice", b)
	}
	p.T = y.T
	return neighbour{p, lang}
}

var joinButton = regexp.MustCompile(`join[a-z]*:(yes/0|skip)`)

// A neighbour is a worker who joined.
type neighbour struct {
	*phone
	lang string
}

// waits looks at the chat until something is there.
func (p *phone) waits(text string) {
	p.Helper()
	for end := time.Now().Add(20 * time.Second); ; pause(p.Context()) {
		if p.open(); strings.Contains(p.page, text) || time.Now().After(end) {
			p.must(text)
			return
		}
	}
}

// follow opens a link with a code.
func (p *phone) follow(code string) {
	p.Helper()
	r, err := p.http.Get(p.base + "/w/j/" + code)
	if err != nil {
		p.Fatal(err)
	}
	p.read(r)
}

// news goes to everybody, in each worker's language.
func (y *story) news() {
	y.step("an update goes out")
	n := y.nan
	n.open(n.at + "/update/new")
	for lang, text := range friday {
		n.sets(`[name="text.`+lang+`"]`, text)
	}
	n.leads("#draft button")
	n.finds("41 workers")
	y.shots("update", n)
	n.leads(`form[action$="/approve"] button`)
	n.finds("Going out")
	for _, o := range y.others {
		o.waits("news:read")
		if strings.Contains(o.page, friday[o.lang]) {
			y.Error("the news stand open on the phone")
		}
		o.press("news:read")
		o.must(friday[o.lang])
	}
	y.worker.reads(friday["km"])
	y.nan.until("everybody has read it", `[...document.querySelectorAll('.counters dd')].some((e) => e.textContent === '41')`)
	y.shots("update-out", n)
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
	n.finds("They say fixed", "Nothing closes yet")
	y.shots("case-claimed", n)
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
	y.nan.open(y.nan.at)
	y.nan.finds("Workers check")
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
	p.finds(y.word("km", "remedy.fact", map[string]any{"Promise": paid["km"]}))
	p.chooses("fact:none/a", "missing:notall/a", "missing:done/a", "treated:no/a")
	p.finds(strings.Split(y.word("km", "remedy.reopened", map[string]any{"Ref": y.ref, "ByWhen": "|"}), "|")[0])
	y.shots("worker-no", p)
}

// queue shows where it stands now, and why it cannot be closed.
func (y *story) queue() {
	y.step("it stands among those that workers check, and cannot be closed as fixed")
	n := y.nan
	n.signs()
	n.open("/c/checking")
	n.finds(y.ref, "1 of 41 answered", "40 unknown", "Workers are being asked. Nothing closes yet.")
	y.shots("checking", n)
	n.open(n.at)
	n.finds("Workers check", "It cannot close while a worker says no")
	y.shots("case-disputed", n)
	y.lin.signs()
	y.lin.open(n.at)
	y.lin.finds("It cannot close while a worker says no")
	if eval[bool](y.lin, "!!document.querySelector('[id^=f-giveup]')") {
		y.lin.fails("a caseworker is offered to close it")
	}
}

// closing has the others answer: for them it closes, by their own word.
func (y *story) closing() {
	y.step("the others say that it is fixed")
	says := map[string]string{"fact": "fact:all/a", "content": "content:yes/a", "treated": "treated:no/a", "pressed": "pressed:no/a", "rating": "rating:skip/a"}
	for _, o := range y.others {
		o.press("news:read")
		for range 9 {
			m := remedyButton.FindStringSubmatch(o.page)
			if m == nil {
				break
			}
			o.press(says[m[1]])
		}
	}
	n := y.nan
	n.open(n.at)
	n.finds("Closed, workers satisfied", "40 of 40") // who said no goes on in a case of their own
	y.shots("case-closed", n)
}

var remedyButton = regexp.MustCompile(`value="(fact|content|treated|pressed|rating):`)

// paid is what was promised.
var paid = map[string]string{
	"en": "All wages are paid", "my": "လစာ အားလုံး ပေးမယ်", "km": "បើកប្រាក់ខែទាំងអស់", "ne": "सबै तलब दिइनेछ", "th": "จ่ายค่าจ้างทั้งหมด",
}

// friday is what the update says.
var friday = map[string]string{
	"en": "They answer on Friday. We write again then.",
	"my": "သောကြာနေ့မှာ ဖြေမယ်။", "km": "ពួកគេឆ្លើយនៅថ្ងៃសុក្រ។", "ne": "उनीहरू शुक्रबार जवाफ दिन्छन्।", "th": "เขาจะตอบวันศุกร์",
}

// khmer is what the worker says.
var khmer = struct{ late, hello, thanks, office string }{
	late:   "ក្រុមហ៊ុនមិនទាន់បើកប្រាក់ខែពីរខែហើយ។",
	hello:  "សួស្តី ខ្ញុំនៅទីនេះ។",
	thanks: "អរគុណច្រើន។",
	office: "ការិយាល័យនៅទីនេះ។",
}

// shots takes pictures of a page as it is, wide and narrow, light and dark.
func (y *story) shots(name string, s *screen) {
	if os.Getenv("SHOTS") == "" {
		return
	}
	s.shoot(name)
}

// says writes and sends.
func (s *screen) says(text string) {
	s.Helper()
	s.types("#w", text)
	s.press("#send")
	s.finds(text)
}
