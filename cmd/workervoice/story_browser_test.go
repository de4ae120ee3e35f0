//go:build browser

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"workervoice/channels/web/chromium"
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
	for _, s := range []*chromium.Window{y.worker.Window, y.nan.Window, y.lin.Window} {
		s.Done()
	}
}

// A story is who is in it and what they have come to know.
type story struct {
	*town
	worker       reporter // in Khmer
	nan, lin     *desk    // caseworkers: Nan is a supervisor
	chat         string   // the conversation, in addresses
	holds, looks *desk    // of the two, who has the conversation and who does not
	others       []neighbour
	ref          string   // the number of the report
	stayed       []func() // fail if a page was loaded again
}

// stay fails if a page was loaded again that was to change by itself.
func (y *story) stay() {
	y.Helper()
	for _, stayed := range y.stayed {
		stayed()
	}
	y.stayed = nil
}

// people gives two caseworkers their accounts.
func (y *story) people() {
	y.step("two caseworkers join")
	_, at, _ := strings.Cut(y.logged(), "invitation ")
	var lin bytes.Buffer
	y.must(y.s.invite(y.Context(), inviteOrder{Login: "lin@x", Role: "caseworker", Org: string(home)}, &lin))
	y.nan, y.lin = y.desk("Nan"), y.desk("Lin")
	y.nan.joins(strings.Fields(at)[0], "supervisor", "Nan", "en")
	y.lin.joins(strings.Fields(lin.String())[1], "lin@x", "Lin", "en")
	y.sleeps(0, 20, 0) // digits are good once
	y.nan.signs()
	y.lin.signs()
	y.nan.Finds("Nobody is waiting")
	y.lin.Finds("Nobody is waiting")
	for _, s := range []*desk{y.nan, y.lin} {
		s.Visit("/c/?box=all")
		s.Shows("#list .empty")
		y.stayed = append(y.stayed, s.Stays())
	}
}

// number is how a case is called.
var number = regexp.MustCompile(`[A-Z2-9]{3}-[A-Z2-9]{3}`)

// report has a worker tell what is wrong, in Khmer.
func (y *story) report() {
	y.step("a worker reports in Khmer")
	y.worker = y.reporter("the worker")
	p := y.worker
	p.Visit("/w")
	p.chooses("language:km", "safety:yes", "consent:agree", "menu:report", "problem:pay", "sub:pay.late", "more:no_more", "quick:answer_now")
	p.Shows(`#ask:not(.new) button[value="story:skip"]`)
	p.says(khmer.late)
	p.chooses("story:done")
	answers := map[string]string{"country": "TH", "howmany": "many", "want": "pay", "raise": "yes", "reply": "yes"}
	for asked := "story"; asked != "raise"; {
		now := chromium.Eval[string](p.Window, `(document.querySelector('#ask:not(.new) button') || { value: '' }).value.split(':')[0]`)
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
	p.Shows(`#ask:not(.new) button[value^="review:"]`)
	p.chooses("review:send")
	p.Shows(`#ask:not(.new) button[value^="sent:"]`)
	y.ref = number.FindString(chromium.Eval[string](p.Window, "document.body.innerText"))
	if y.ref == "" {
		p.Fails("no number")
	}
	p.Shoot("worker-receipt")
	y.step("it appears in both consoles without a reload")
	for _, s := range []*desk{y.nan, y.lin} {
		s.Until("the report is in the inbox", `document.querySelector('#list .conv')`)
		s.Finds("Khmer", "Web chat")
	}
	y.stay()
	y.nan.Shoot("inbox")
}

// taking has both caseworkers take the conversation at the same moment, and the
// one who got it talk with the worker.
func (y *story) taking() {
	y.step("both press Take at once")
	for _, s := range []*desk{y.nan, y.lin} {
		s.Leads("#list .conv")
		s.Finds(khmer.late)
		s.Shows("#take")
		y.stayed = append(y.stayed, s.Stays())
	}
	y.chat = strings.TrimPrefix(chromium.Eval[string](y.nan.Window, "location.pathname"), "/c/chat/")
	y.nan.Finds("Lin is looking")
	chromium.AtOnce("document.getElementById('take').click()", y.nan.Window, y.lin.Window)
	for _, s := range []*desk{y.nan, y.lin} {
		s.Until("somebody holds it", `document.querySelector('.strip.me, .strip.other')`)
	}
	mine := func(s *desk) bool { return s.Has(".strip.me") }
	if mine(y.nan) == mine(y.lin) {
		y.Fatalf("both pressed: Nan has it %v, Lin has it %v", mine(y.nan), mine(y.lin))
	}
	y.holds, y.looks = y.nan, y.lin
	if mine(y.lin) {
		y.holds, y.looks = y.lin, y.nan
	}
	y.looks.Finds(y.holds.Who + " holds this conversation")
	y.worker.Finds(y.holds.Who) // the worker reads who is there
	y.looks.Shoot("chat-held")
}

// talk goes both ways, in words, sound and pictures.
func (y *story) talk() {
	y.step("they talk")
	y.holds.Types("#t", khmer.hello)
	y.looks.Finds(y.holds.Who + " is writing")
	y.holds.Press("#send")
	y.worker.Finds(khmer.hello)
	y.looks.Finds(khmer.hello)
	y.worker.says(khmer.thanks)
	for _, s := range []*desk{y.nan, y.lin} {
		s.Finds(khmer.thanks)
	}
	y.step("a voice note from the worker plays in the console")
	y.worker.Press("#mic")
	y.worker.Finds("0:02")
	y.worker.Press("#done")
	y.worker.Shows("#log audio")
	y.holds.Shows("#thread .voice audio")
	y.holds.Do("document.querySelector('#thread .voice audio').play()")
	y.holds.Until("it is heard", "document.querySelector('#thread .voice audio').currentTime > 0.2")
	y.step("a photo goes back")
	picture, err := console.PNG(y.url, 256)
	y.must(err)
	name := filepath.Join(y.TempDir(), "where.png")
	y.must(os.WriteFile(name, picture, 0o600))
	y.holds.Attaches("#file", name)
	y.holds.Shows("#attached .chip")
	y.holds.Types("#t", khmer.office)
	y.holds.Press("#send")
	y.worker.Finds(khmer.office)
	y.worker.Until("the photo is seen", "document.querySelector('#log img') && document.querySelector('#log img').naturalWidth > 0")
	y.stay()
	y.holds.Shoot("chat")
	y.worker.Shoot("worker-chat")
}

// back hands the worker back to the bot, which goes on.
func (y *story) back() {
	y.step("the worker is handed back")
	y.holds.Press("#hand")
	y.holds.Press(".menu button")
	for _, s := range []*desk{y.nan, y.lin} {
		s.Until("the bot has it", `document.querySelector('.strip.bot')`)
	}
	y.worker.Shows(`#ask:not(.new) button[value="sent:menu"]`)
	y.worker.chooses("sent:menu")
	y.worker.Shows(`#ask:not(.new) button[value="menu:mycase"]`)
	y.nan.Finds("The bot is talking")
}

// khmer is what the worker says.
var khmer = struct{ late, hello, thanks, office string }{
	late:   "ក្រុមហ៊ុនមិនទាន់បើកប្រាក់ខែពីរខែហើយ។",
	hello:  "សួស្តី ខ្ញុំនៅទីនេះ។",
	thanks: "អរគុណច្រើន។",
	office: "ការិយាល័យនៅទីនេះ។",
}
