package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// kept are the screens about what is kept, and how the worker is written to.
var kept = map[State]screen{
	settings: {
		show: func(t *talk) { t.tell("settings.title", nil) },
		choices: buttons(settings, "settings.language", "settings.times", "settings.privacy", "settings.code", "settings.pause",
			"settings.mydata", "settings.channel", "settings.complain", "settings.delete", "btn.menu"),
		read: readSettings,
	},
	mydata: {
		show:    func(t *talk) { t.tell("mydata.ready", Args{"List": t.data()}) },
		choices: buttons(mydata, "settings.delete", "btn.menu"),
		read: func(t *talk, v string) {
			if v == "delete" {
				t.wipe()
				return
			}
			t.open(t.home())
		},
	},
	deleting: {
		show:    func(t *talk) { t.tell("delete.ask", nil) },
		choices: buttons(deleting, "delete.chat", "delete.me", "delete.all", "btn.menu"),
		read: func(t *talk, v string) {
			if v == "menu" {
				t.open(t.home())
				return
			}
			t.step(chosen)
			t.s.Mark = v
			t.show()
		},
	},
	surely: {
		show:    showSurely,
		choices: buttons(surely, "delete.yes", "delete.keep"),
		read: func(t *talk, v string) {
			if v == "yes" {
				t.erase(t.s.Mark)
				return
			}
			t.tell("intake.ok", nil)
			t.open(t.home())
		},
	},
	pairing: {
		show:    func(t *talk) {},
		choices: buttons(pairing, "btn.menu"),
		read:    func(t *talk, _ string) { t.open(t.home()) },
	},
	linked: {
		show:    func(t *talk) { t.tell("link.done", nil) },
		choices: buttons(linked, "link.here", "link.old"),
		read: func(t *talk, v string) {
			if v == "here" {
				t.do(Quiet{})
			} else {
				t.s.Contact.Silent, t.s.News = true, News{} // they are told there
			}
			t.tell("settings.saved", nil)
			t.open(menu)
		},
	},
}

func readSettings(t *talk, v string) {
	switch v {
	case "language":
		t.s.Offer = ""
		t.interrupt(relang)
		t.show()
	case "times", "privacy", "code":
		t.setting(v)
	case "pause":
		t.s.Contact.Paused = true
		t.alarm("nudge", time.Time{})
		t.alarm("extra", time.Time{})
		t.tell("pause.done", nil)
	case "mydata":
		t.go2(ask)
	case "channel":
		t.pair()
	case "complain":
		t.interrupt(complaint)
		t.show()
	case "delete":
		t.wipe()
	default:
		t.open(t.home())
	}
}

// setting asks a question of the report as a setting. What is answered holds
// for the last report and for those to come.
func (t *talk) setting(v string) {
	q := map[string]State{"times": "reply", "privacy": "privacy", "code": "word"}[v]
	if t.s.Extra = len(t.s.Mine); t.s.Extra == 0 {
		t.s.Extra = -1
	}
	t.s.Topic = asSetting
	t.step(Event("edit " + string(q)))
	t.again()
}

// asSetting is the topic of a question that is asked as a setting.
const asSetting = "setting"

// set ends a question asked as a setting, or asks the one that belongs to it:
// how to answer, then when.
func (t *talk) set() {
	r := t.report()
	if q := map[State]State{"reply": "times", "times": "restday"}[t.s.State]; q != "" && !t.s.Contact.Silent && (q == "times" || r.First("times") == "restday") {
		t.to(q)
		t.again()
		return
	}
	if t.s.Extra > 0 {
		m := &t.s.Mine[t.s.Extra-1]
		t.enter(m.ID, cases.Entry{Kind: cases.Told, Report: m.Report.Clone(), Severity: m.Severity})
	}
	t.s.Extra, t.s.Topic = 0, ""
	t.tell("settings.saved", nil)
	t.open(t.home())
}

// pair shows a code with which another app goes on with this conversation.
func (t *talk) pair() {
	code := strings.ToUpper(t.token("pair")[:8])
	until := t.e.At.Add(15 * time.Minute)
	t.do(Pair{Code: code, Until: until})
	t.step(answer)
	t.tell("link.code", Args{"Code": code[:4] + "-" + code[4:]})
}

// wipe asks what to delete; with a secret word, the word comes first.
func (t *talk) wipe() {
	if t.s.Word != "" && t.e.At.Sub(t.s.Proven) > time.Hour {
		t.interrupt(verify)
		t.s.Mark = "delete"
		t.show()
		return
	}
	t.open(deleting)
}

func showSurely(t *talk) {
	if m := t.last(); m != nil && t.s.Mark != "chat" {
		t.tell("delete.warn_open", Args{"Ref": m.Ref})
		return
	}
	t.tell("delete.warn", nil)
}

// erase deletes what the worker chose. What follows is a conversation with
// somebody who is not known.
func (t *talk) erase(what string) {
	lang := t.s.Lang
	switch what {
	case "chat":
		t.do(Erase{what})
		t.tell("delete.done", Args{"Days": 30})
		t.open(menu)
		return
	case "me":
		for i, m := range t.s.Mine {
			if m.Report == nil {
				continue
			}
			r := m.Report.Clone()
			delete(r.Answers, "name")
			t.s.Mine[i].Report = r
			t.enter(m.ID, cases.Entry{Kind: cases.Told, Report: r.Clone()})
			t.enter(m.ID, cases.Entry{Kind: cases.Unreachable, Trigger: Unnamed})
		}
	default:
		for _, m := range t.s.Mine {
			t.enter(m.ID, cases.Entry{Kind: cases.Erased})
		}
	}
	t.parts = nil
	t.do(Say{Parts: []Part{{Key: "delete.done", Args: Args{"Days": 30}, Lang: lang}}}, Erase{what})
	t.s = Session{}
}

// data says what is kept, in kinds of things and not their content: the screen
// may be seen by others.
func (t *talk) data() Terms {
	ts := Terms{"data.chat", "data.lang"}
	if len(t.s.Mine) > 0 {
		ts = append(ts, "data.reports")
	}
	if t.s.Draft != nil {
		ts = append(ts, "data.draft")
	}
	if slices.ContainsFunc(t.s.Mine, func(m Mine) bool { return m.Report != nil && m.Report.Answers["name"].Text != "" }) {
		ts = append(ts, "data.name")
	}
	if t.s.Word != "" {
		ts = append(ts, "data.word")
	}
	if len(t.s.Contact.Times) > 0 || t.s.Contact.Silent {
		ts = append(ts, "data.times")
	}
	return ts
}

// Adopt is the answer to a code from another app that was found right: the
// conversation goes on here. at is where the other one is held.
func Adopt(s, from Session, at Other, now time.Time) (Session, []Effect) {
	t := &talk{s: s.clone()}
	t.e.At = now
	f := from.clone()
	lang := or(s.Lang, f.Lang)
	t.s = Session{State: s.State, Lang: lang, Seed: s.Seed, Ref: s.Ref, Consent: f.Consent, Draft: f.Draft, Mine: f.Mine, Contact: f.Contact, News: News{Waits: f.News.Waits, Told: f.News.Told}, Checks: f.Checks,
		Word: f.Word, Proven: now, Other: &at, Seen: now}
	if t.s.State == "" {
		t.s.State = language
	}
	t.open(linked)
	t.flush()
	return t.s, t.fx
}
