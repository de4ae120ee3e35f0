package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/channels"
)

// command carries out a word that is understood at every step. It reports
// whether there was one.
func (t *talk) command() bool {
	switch t.e.Intent {
	case "":
		return false
	case "menu", "start":
		if t.s.State == danger && t.e.Intent == "start" && t.e.Text != "" {
			return false // "hello?" asks whether somebody is there
		}
		if t.s.Lang == "" || slices.Contains(opening, string(t.s.State)) {
			if !t.flurry() {
				t.again()
			}
			return true
		}
		t.s.Place, t.s.Extra, t.s.Topic = nil, 0, ""
		t.open(t.home())
	case "language":
		t.s.Offer = ""
		t.interrupt(relang)
		t.show()
	case "repeat":
		t.again()
	case "hide":
		t.hide()
	case "person":
		if t.s.Lang == "" {
			return false
		}
		t.summon()
	case "fee":
		t.complain("fee")
		t.tell("abuse.fees_got", nil)
		t.again()
	case "mycase":
		t.mine("status")
	case "settings":
		t.open(settings)
	case "delete", "delete?":
		t.wipe()
	case "stop", "stop?":
		t.halt()
	case "solved":
		return t.solved()
	case "skip", "back", "yes", "no", "done":
		return t.answered(t.e.Intent)
	default:
		return false
	}
	return true
}

// halt stops what is being told without losing it.
func (t *talk) halt() {
	if t.s.Draft != nil && t.reporting() {
		t.tell("intake.saved", nil)
		t.s.Place = nil
		t.open(menu)
		return
	}
	t.open(t.home())
}

// answered lets a typed word press the button that means it.
func (t *talk) answered(word string) bool {
	means := map[string][]string{
		"yes":  {"yes", "agree", "here", "go_on", "now", "another", "send", "send_now", "ok_now"},
		"no":   {"no", "refuse", "keep", "no_more", "not_now"},
		"skip": {"skip", "done"}, "back": {"back"}, "done": {"done", "no_more", "skip"},
	}[word]
	cs, _ := Choices(t.s)
	at := string(t.s.State) + ":"
	for _, m := range means {
		for _, c := range cs {
			if v, _, _ := strings.Cut(c.Value, "/"); v == at+m { // some say after a stroke which question they answer
				t.e.Choice = c.Value
				t.press()
				return true
			}
		}
	}
	if word == "back" {
		if _, err := conversation.next(t.s.State, back); err == nil {
			t.before()
			return true
		}
		if len(t.s.Place) > 0 {
			t.resume()
			return true
		}
		t.open(t.home())
		return true
	}
	return false
}

// woke is what the bot does by itself when a time has come.
func (t *talk) woke() {
	for _, a := range t.s.Alarms {
		if a.At.After(t.e.At) {
			continue
		}
		t.alarm(a.What, time.Time{})
		if t.s.Broken || t.s.State == "" {
			continue
		}
		t.due1(a)
	}
	if t.e.What == "quiet" { // another app has taken over
		t.s.Contact.Silent = true
		t.s.Alarms, t.s.News = nil, News{}
	}
}

func (t *talk) due1(a Alarm) {
	switch a.What {
	case "nudge":
		if t.s.Draft == nil || !t.reporting() {
			return
		}
		t.class, t.until = channels.Nudge, a.At.Add(8*time.Hour)
		t.interrupt(welcome)
		t.tell("nudge.saved", nil)
	case "extra":
		t.class, t.until = channels.Nudge, a.At.Add(8*time.Hour)
		if t.s.Danger == nil && t.s.State != person {
			t.extra(false)
		}
	case "checkin":
		d := t.s.Danger
		if d == nil || t.s.Contact.Silent || d.Checks >= 3 {
			return
		}
		d.Checks++
		t.class = channels.Urgent
		t.open(checkin)
		if next := []time.Duration{20 * time.Minute, 30 * time.Minute}; d.Checks <= len(next) {
			t.alarm("checkin", t.e.At.Add(next[d.Checks-1]))
		}
	case "nobody":
		if t.s.Danger == nil {
			return
		}
		t.class = channels.Urgent
		place := t.s.Contact.Country
		t.parts = append(t.parts, Part{Key: "urgent.no_one_yet", Else: "urgent.no_one_plain",
			Args: Args{"HotlineName": Fact{"hotline.name", place}, "HotlineNumber": Fact{"hotline", place}}})
		t.cut()
	}
}
