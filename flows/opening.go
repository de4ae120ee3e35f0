package flows

import (
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// Languages are those the bot speaks, in the order of asking.
var Languages = []string{"my", "km", "ne", "th", "en"}

// wording is the version of the consent text; it rises when its meaning changes.
const wording = 1

// opened are the screens from the first word to the menu.
var opened = map[State]screen{
	language: {show: showLanguage, choices: languageChoices(language), read: readLanguage},
	relang:   {show: func(t *talk) { t.tell("lang.ask", nil) }, choices: languageChoices(relang), read: readLanguage},
	safety: {
		show:    func(t *talk) { t.tell("safe.ask", nil) },
		choices: buttons(safety, "safe.yes", "safe.no", "safe.danger"),
		read:    readSafety,
	},
	unsafe: {
		show:    func(t *talk) { t.tell("safe.wait", nil) },
		choices: buttons(unsafe, "safe.yes", "btn.hide"),
		read: func(t *talk, v string) {
			if v == "hide" {
				t.hide()
				return
			}
			t.step(chosen)
			readSafety(t, "yes")
		},
		write: func(t *talk) { t.go2(chosen) },
	},
	consent: {
		show:    func(t *talk) { t.tell("consent.short", nil) },
		choices: consentChoices,
		read:    readConsent,
		write: func(t *talk) {
			if t.note(consent); !t.flurry() {
				t.tell("consent.first", nil)
				t.again()
			}
		},
	},
	declined: {
		show:    func(t *talk) { t.tell("consent.no", nil) },
		choices: buttons(declined, "btn.agree", "menu.rights", "menu.help", "menu.person", "menu.danger"),
		read:    readMenu,
		write:   func(t *talk) { t.again() },
	},
	menu: {
		show:    func(t *talk) { t.tell("menu.title", nil) },
		choices: menuChoices,
		read:    readMenu,
		write:   writeMenu,
	},
	switching: {
		show: func(t *talk) {
			t.parts = append(t.parts, switchPart(t.s.Offer, t.s.Offer), switchPart(t.s.Lang, t.s.Offer))
		},
		choices: switchChoices,
		read:    readSwitch,
		write: func(t *talk) { // an answer to the question before: it is not asked again first
			if len(t.s.Place) == 0 {
				t.to(t.home())
			}
			t.goOn()
			t.written()
		},
	},
	grouped: {},
}

// buttons makes choices of labels; each means what stands behind the last dot.
func buttons(at State, labels ...string) func(*Session) []Choice {
	var cs []Choice
	for _, l := range labels {
		cs = append(cs, Choice{Key: l, Value: string(at) + ":" + value(l)})
	}
	return func(*Session) []Choice { return cs }
}

// begin is the first answer to a worker who is not known yet.
func (t *talk) begin() {
	t.s.Lang = ""
	t.s.Offer = t.guess()
	t.note(language)
	t.step(Event("to " + language))
	if l, ok := strings.CutPrefix(t.e.Choice, string(language)+":"); ok && slices.Contains(Languages, l) {
		t.s.Offer = "" // chosen on a page before the chat: greeted in it, and not asked again
		readLanguage(t, l)
		return
	}
	t.show()
}

// guess is the language that the worker most likely reads, or "".
func (t *talk) guess() string {
	for _, l := range []string{t.e.Script, t.e.Locale} {
		if slices.Contains(Languages, l) {
			return l
		}
	}
	return ""
}

func showLanguage(t *talk) {
	g := t.s.Offer
	if g == "" {
		t.tell("start.name", nil)
		for _, l := range Languages {
			t.parts = append(t.parts, Part{Key: "lang.choose", Lang: l})
		}
		return
	}
	t.parts = append(t.parts, Part{Key: "start.hello", Lang: g})
	if t.s.Ref != "" || t.s.Join != nil {
		t.parts = append(t.parts, Part{Key: "start.from_friend", Lang: g})
	}
	t.parts = append(t.parts, Part{Key: "lang.ask", Lang: g})
}

// languageChoices offers every language in its own script, the likely one first.
func languageChoices(at State) func(*Session) []Choice {
	return func(s *Session) (cs []Choice) {
		ls := slices.Clone(Languages)
		if i := slices.Index(ls, s.Offer); i > 0 {
			ls = append([]string{s.Offer}, slices.Delete(ls, i, i+1)...)
		}
		for _, l := range ls {
			cs = append(cs, Choice{Key: "language." + l, Value: string(at) + ":" + l})
		}
		return cs
	}
}

func readLanguage(t *talk, v string) {
	t.s.Lang = v
	if t.s.State == relang {
		t.tell("lang.set", nil)
		t.resume()
		return
	}
	if t.s.Danger != nil { // asked in the middle of an alert
		t.open(danger)
		return
	}
	if t.s.Offer != v { // has not been greeted in this language yet
		t.tell("start.hello", nil)
		if t.s.Ref != "" || t.s.Join != nil {
			t.tell("start.from_friend", nil)
		}
	}
	t.s.Offer = ""
	t.do(Count{t.s.Ref, "language"})
	t.go2(chosen)
}

func readSafety(t *talk, v string) {
	switch v {
	case "yes":
		if t.s.Consent.Given {
			if !t.invited() {
				t.open(menu)
			}
			return
		}
		t.go2(yes)
	case "no":
		t.s.Early = nil // what was sent in danger of being seen is not kept
		t.go2(no)
	}
}

func consentChoices(s *Session) []Choice {
	cs := buttons(consent, "btn.agree", "btn.more_info", "consent.refuse")(s)
	if s.Mark == "more" {
		cs = slices.Delete(slices.Clone(cs), 1, 2)
	}
	return cs
}

func readConsent(t *talk, v string) {
	switch v {
	case "more_info":
		t.s.Mark = "more"
		t.tell("consent.more", Args{"OrgName": Fact{Name: "org"}, "KeepMonths": 12})
		t.tell("consent.ok", nil)
	case "agree":
		t.agree()
	default:
		t.s.Consent = Consent{Refused: true, At: t.e.At, Wording: wording, Lang: t.s.Lang}
		t.s.Early = nil
		t.go2(no)
	}
}

// agree keeps the consent, and takes up what the worker had sent before.
func (t *talk) agree() {
	t.s.Consent = Consent{Given: true, At: t.e.At, Wording: wording, Lang: t.s.Lang}
	t.s.Mark = ""
	t.do(Count{t.s.Ref, "agreed"})
	t.step(yes)
	early := slices.DeleteFunc(t.s.Early, func(p cases.Part) bool { return len(p.Media) == 0 && short(p.Text) })
	t.s.Early = early
	if j := t.s.Join; j != nil && j.Open { // what was sent before is about it
		j.Report.Story, t.s.Early = early, nil
		for _, p := range early {
			if len(p.Media) > 0 {
				t.do(Keep{Media: media(p.Media)})
			}
		}
		early = nil
	}
	if len(early) == 0 {
		t.tell("consent.thanks", nil)
		if !t.invited() {
			t.show()
		}
		return
	}
	t.draft()
	for _, p := range early {
		if len(p.Media) > 0 {
			t.do(Keep{Case: t.s.Draft.ID, Media: media(p.Media)})
		}
	}
	t.tell("consent.kept", nil)
	t.open(quick)
}

// media is the way back from what a draft holds to what can be fetched.
func media(as []cases.Attachment) (ms []channels.Media) {
	for _, a := range as {
		ms = append(ms, channels.Media{Ref: a.Ref, Type: a.Type, Size: a.Size, Seconds: a.Seconds, Voice: a.Voice})
	}
	return ms
}

// short tells a greeting from a story.
func short(text string) bool { return len([]rune(text)) < 16 }

func menuChoices(s *Session) []Choice {
	cs := []Choice{{Key: "menu.report", Value: "menu:report"}}
	if s.Draft != nil {
		cs = []Choice{{Key: "menu.draft", Value: "menu:draft"}}
	}
	if len(s.Mine) > 0 {
		cs = append(cs, Choice{Key: "menu.mycase", Value: "menu:mycase"})
	}
	for _, k := range []string{"rights", "help", "person", "share", "settings", "danger"} {
		cs = append(cs, Choice{Key: "menu." + k, Value: "menu:" + k})
	}
	return cs
}

func readMenu(t *talk, v string) {
	switch v {
	case "agree":
		t.agree()
	case "report":
		t.draft()
		t.open(problem)
	case "draft":
		t.s.Extra = 0
		t.open(quick)
	case "mycase":
		t.mine("status")
	case "rights":
		t.open(rights)
	case "help":
		t.open(helping)
	case "person":
		t.summon()
	case "share":
		t.share()
	case "settings":
		t.open(settings)
	case "danger":
		t.alert("button", cases.Danger)
	}
}

// writeMenu takes free words for what they are: more about a report that was
// sent, or a report of its own. A voice note is a report as it stands.
func writeMenu(t *talk) {
	if m := t.last(); m != nil {
		switch {
		case len(t.e.Media) == 0 && t.e.Place == nil && short(t.e.Text) && t.s.State == menu:
			t.again()
		case t.note(menu):
			if !t.flurry() {
				t.tell("case.added", Args{"Ref": m.Ref})
			}
		default:
			t.again()
		}
		return
	}
	if len(t.e.Media) == 0 && t.e.Place == nil && short(t.e.Text) {
		t.again()
		return
	}
	t.draft()
	t.note(menu)
	if slices.ContainsFunc(t.e.Media, func(m channels.Media) bool { return m.Voice }) {
		t.step(Event("to " + quick))
		t.send()
		return
	}
	t.tell("intake.saved_story", nil)
	t.open(quick)
}

// foreign offers another language to a worker who writes it. What was written
// is taken as the answer all the same.
func (t *talk) foreign() bool {
	l := t.e.Script
	if l == t.s.Lang || !slices.Contains(Languages, l) || slices.Contains(t.s.Refused, l) || t.s.State == switching || short(t.e.Text) && len([]rune(t.e.Text)) < 4 {
		return false
	}
	t.written()
	t.parts = nil // the question comes again once the language is settled
	t.interrupt(switching)
	t.s.Offer = l
	t.show()
	return true
}

func switchPart(in, to string) Part {
	return Part{Key: "lang.switched", Lang: in, Args: Args{"Language": Term("language." + to)}}
}

func switchChoices(s *Session) []Choice {
	return []Choice{{Key: "lang.switch_yes", Value: "switch:yes", Lang: s.Offer}, {Key: "lang.switch_no", Value: "switch:no"}}
}

func readSwitch(t *talk, v string) {
	if v == "yes" {
		t.s.Lang = t.s.Offer
		t.tell("lang.set", nil)
	} else {
		t.s.Refused = append(t.s.Refused, t.s.Offer)
	}
	t.s.Offer = ""
	t.resume()
}

// hide takes the chat off the phone where the app lets us, and says how to do
// it by hand where not. The last line looks harmless.
func (t *talk) hide() {
	t.do(Hide{})
	t.parts = nil
	t.do(Say{Parts: []Part{{Key: "hide.cover"}}})
	t.alarm("nudge", time.Time{})
}
