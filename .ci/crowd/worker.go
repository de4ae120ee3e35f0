package main

import (
	"fmt"
	"strings"
	"time"

	"chatrig/rig"
)

// A worker is somebody of the crowd, with a phone.
type worker struct {
	*rig.User
	c       *crowd
	n       int
	lang    string
	silent  bool // wants news only when writing
	morning bool // is free from six to nine
	blocks  bool // has blocked the bot when the update comes
	seen    int  // bot messages shown before the update
}

var langs = []string{"my", "km", "ne", "th"}

// patience is how long a worker waits for an answer.
const patience = time.Minute

func (c *crowd) worker(p rig.Platform, n int) *worker {
	u := c.r.User(p, rig.UserSpec{Name: fmt.Sprint("W", n), Language: "xx"})
	w := &worker{User: u, c: c, n: n, lang: langs[n%len(langs)]}
	switch n % 10 {
	case 3:
		w.silent = true
	case 6:
		w.morning = true
	}
	w.blocks = n%60 == 5 && p != rig.WhatsApp // which tells nobody
	return w
}

// answers are what is pressed, by the beginning of what is on show.
func (w *worker) press(m *rig.Message, wants []string) error {
	for _, want := range wants {
		for _, b := range m.Buttons {
			if b.Data == want || strings.HasSuffix(want, "/") && strings.HasPrefix(b.Data, want) {
				return w.Press(b)
			}
		}
	}
	var have []string
	for _, b := range m.Buttons {
		have = append(have, b.Data)
	}
	return fmt.Errorf("%s %s: none of %v is on show, only %v", w.Platform, w.Name, wants, have)
}

// answered waits for the next message with buttons, and keeps the time.
func (w *worker) answered(begin time.Time) (*rig.Message, error) {
	m, err := w.Expect(rig.Match{Buttons: 1}, patience)
	w.waited(begin)
	return m, err
}

// waited keeps how long an answer took.
func (w *worker) waited(begin time.Time) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.c.answers == nil {
		w.c.answers = map[rig.Platform][]time.Duration{}
	}
	w.c.answers[w.Platform] = append(w.c.answers[w.Platform], time.Since(begin))
}

// follow presses one after the other until what is on show begins with end.
func (w *worker) follow(begin time.Time, end string, wants ...string) error {
	for range 30 {
		m, err := w.answered(begin)
		if err != nil {
			return err
		}
		for _, b := range m.Buttons {
			if strings.HasPrefix(b.Data, end) {
				return nil
			}
		}
		begin = time.Now()
		if err := w.press(m, wants); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s %s: comes to no end", w.Platform, w.Name)
}

// report is the first worker's, about two problems.
func (w *worker) report() error {
	begin := time.Now()
	w.Start("hello")
	wants := []string{"language:" + w.lang, "safety:yes", "consent:agree", "menu:report", "problem:pay", "sub:pay.ot", "check:yes"}
	if err := w.follow(begin, "more:", wants...); err != nil {
		return err
	}
	begin = time.Now()
	if err := w.Tap("more:another"); err != nil {
		return err
	}
	return w.follow(begin, "sent:", "problem:hours", "sub:hours.norest", "check:yes", "more:no_more", "quick:send_now")
}

// join answers what a poster with a case's code leads to.
func (w *worker) join(code string) error {
	begin := time.Now()
	if w.Platform == rig.LINE {
		w.Start("") // the greeting of a new friend, then the text that the poster wrote
		if _, err := w.answered(begin); err != nil {
			return err
		}
		begin = time.Now()
		w.Say("Hello " + code)
	} else if w.Platform == rig.WhatsApp {
		w.Start("Hello " + code)
	} else {
		w.Start(code)
	}
	reply := "joinreply:yes"
	if w.silent {
		reply = "joinreply:only_when_i_write"
	}
	return w.follow(begin, "sent:", "language:"+w.lang, "safety:yes", "consent:agree", "join:yes", "joinissue:yes/", "joinname:secret", reply)
}

// choose sets the mornings as the time to be written to.
func (w *worker) choose() error {
	begin := time.Now()
	if err := w.Tap("sent:menu"); err != nil {
		return err
	}
	if err := w.follow(begin, "times:", "menu:settings", "menu:more", "settings:times", "reply:yes"); err != nil {
		return err
	}
	if err := w.Tap("times:morning"); err != nil {
		return err
	}
	return w.follow(time.Now(), "menu:", "times:done")
}

// mark remembers what was shown before the update.
func (w *worker) mark() { w.seen = len(w.Shown()) }

// since is what was shown after the mark.
func (w *worker) since() []rig.Message {
	shown := w.Shown()
	return shown[min(w.seen, len(shown)):]
}

// asked is how many questions the bot has asked by itself: what it says after
// the worker's last word, beyond the answer to it.
func (w *worker) asked() (n int) {
	var last time.Time
	for _, m := range w.Transcript() {
		if m.From == "user" {
			last = m.At
		}
	}
	for _, m := range w.Shown() {
		if m.At.Sub(last) > 12*time.Hour && len(m.Buttons) > 0 {
			n++
		}
	}
	return min(n, 1)
}

// knocks are the neutral lines shown since the mark.
func (w *worker) knocks() (ms []rig.Message) {
	for _, m := range w.since() {
		for _, b := range m.Buttons {
			if b.Data == "news:read" || b.Data == "go:read" {
				ms = append(ms, m)
				break
			}
		}
	}
	return ms
}

// told is how often the worker was shown the update itself.
func (w *worker) told() (n int) {
	for _, m := range w.since() {
		if strings.Contains(m.Text, news[w.lang]) {
			n++
		}
	}
	return n
}

// news is what the update says.
var news = map[string]string{
	"my": "အစီအစဉ်ကို သဘောတူပြီးပါပြီ။ နောက်လစာနဲ့အတူ ပေးပါမယ်။",
	"km": "បានព្រមព្រៀងលើផែនការ។ នឹងបើកជាមួយប្រាក់ខែបន្ទាប់។",
	"ne": "योजनामा सहमति भयो। अर्को तलबसँगै दिइनेछ।",
	"th": "ตกลงแผนกันแล้ว จะจ่ายพร้อมเงินเดือนงวดหน้า",
}
