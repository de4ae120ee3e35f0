package bot

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/translations"
)

// Check looks for faults that would reach a worker: states that nobody comes
// to or cannot leave with buttons alone, texts that are missing, and messages
// that do not fit one of the channels, in any language. It plays every button
// of every state, also with words, voice notes and stickers in between.
func Check(infos []channels.Info) (faults []string, err error) {
	texts, err := translations.Load()
	if err != nil {
		return nil, err
	}
	for _, p := range texts.Check() {
		faults = append(faults, p.String())
	}
	x := explorer{seen: map[string]bool{}, says: map[string]flows.Say{}, leads: map[flows.State]map[flows.State]bool{}}
	deep := flows.Session{State: "privacy", Lang: "en", Consent: flows.Consent{Given: true}, Draft: &cases.Report{ID: "c", Kinds: []cases.Code{"sex.words"}}}
	half := flows.Session{State: "when", Lang: "en", Consent: flows.Consent{Given: true}, Draft: &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}}
	later := flows.Session{State: "menu", Lang: "en", Consent: flows.Consent{Given: true}, Mine: []flows.Mine{{ID: "c1", Ref: "ABC-DEF", Status: cases.Received}, {ID: "c2", Ref: "GHJ-KLM", Status: cases.Withdrawn}}}
	joiner := later.Copy()
	joiner.State, joiner.Join = "join", &flows.Joining{Invite: cases.Invite{Case: "c3", Code: "K7M2QX42", Open: true, Band: "501-1000", Kinds: []cases.Code{"papers.passport", "safety.machine"}}, Report: &cases.Report{ID: "c3"}}
	offered := later.Copy()
	offered.State, offered.Refers = "refer", []flows.Refer{{Case: "c1", Org: "legal", Name: "Sunrise Legal Clinic"}}
	x.explore(120, append([]flows.Session{{}, half, deep, later, joiner, offered}, inquired(later)...)...) // the others save a long way to the last questions
	reached := x.states()
	var all []flows.Session // and a little from everywhere, to see how each state is left
	for _, state := range flows.States() {
		s := deep.Copy()
		s.Join, s.Refers = joiner.Copy().Join, offered.Refers
		s.State, s.Draft.Kinds = state, []cases.Code{"pay.late"}
		all = append(all, s)
	}
	x.mute = true // such sessions are made up: what would be said in them is not
	x.explore(20, all...)
	faults = append(faults, x.faults(reached)...)
	e := New(Config{Texts: texts, Log: slog.New(slog.DiscardHandler), Now: time.Now, Name: "Golden Friend", Org: "Organisation", Independent: "Contact", Public: "https://friend.example"})
	e.Directory = example
	for _, say := range x.says {
		for _, info := range infos {
			for _, lang := range texts.Languages() {
				v := voice{e: e, info: info, lang: lang, now: exampleDay}
				faults = append(faults, v.faults(say)...)
			}
		}
	}
	if n := e.Counted("texts_missing"); n > 0 {
		e.figures.mu.Lock()
		for k := range e.figures.n {
			faults = append(faults, fmt.Sprintf("text %s cannot be written: it is missing, or a placeholder has no value", k.labels[0]))
		}
		e.figures.mu.Unlock()
	}
	slices.Sort(faults)
	return slices.Compact(faults), nil
}

// exampleDay and example stand for an installation whose numbers were checked,
// so that texts with numbers are measured too.
var (
	exampleDay = time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC)
	example    = cases.Directory{Numbers: func() (ns []cases.Number) {
		for _, k := range []string{"emergency", "ambulance", "hotline", "crisis"} {
			ns = append(ns, cases.Number{Country: "TH", Kind: k, Name: "Department of Examples", Number: "0000 000 000", Hours: "24 h",
				Languages: []string{"my", "en"}, Checkers: []string{"A", "B"}, Checked: exampleDay.AddDate(0, -1, 0)})
		}
		return ns
	}()}
)

// An explorer plays conversations and remembers what was said in them.
type explorer struct {
	seen  map[string]bool
	says  map[string]flows.Say
	leads map[flows.State]map[flows.State]bool // by buttons
	mute  bool
}

// inputs are what a worker may send instead of pressing a button.
var inputs = []channels.Event{
	{Kind: channels.Said, Text: "they have not paid us since March and the boss shouts"},
	{Kind: channels.Said, Media: []channels.Media{{Ref: "v", Type: "audio/ogg", Voice: true}}},
	{Kind: channels.Said, Intent: "danger"},
	{Kind: channels.Said, Intent: "language"},
	{Kind: channels.Said, Intent: "menu"},
	{Kind: channels.Said, Intent: "maybe selfharm", Text: "I do not want to live"},
	{Kind: channels.Said, Intent: "maybe child sexual", Text: "a child"},
	{Kind: channels.Said, Intent: "fee"},
	{Kind: channels.Said, Script: "km", Text: "ខ្ញុំចង់និយាយភាសាខ្មែរ"},
	{Kind: channels.Odd, What: "sticker"},
	{Kind: channels.Woke},
}

// explore plays from some sessions on, from each state at most so many times:
// what differs after that has been seen in other states.
func (x *explorer) explore(most int, queue ...flows.Session) {
	at := exampleDay
	played := map[flows.State]int{}
	for n := 0; len(queue) > 0; n++ {
		s := queue[0]
		queue = queue[1:]
		if played[s.State]++; played[s.State] > most {
			continue
		}
		var events []channels.Event
		cs, _ := flows.Choices(s)
		for _, c := range cs {
			events = append(events, channels.Event{Kind: channels.Said, Choice: c.Value})
			if s.Word != "" { // so late that the word is asked again
				events = append(events, channels.Event{Kind: channels.Said, Choice: c.Value, At: at.Add(2 * time.Hour)})
			}
		}
		pressed := len(events)
		events = append(events, inputs...)
		if s.State == "" {
			events = append(events, channels.Event{Kind: channels.Started, Ref: "ABC", Locale: "my"}, channels.Event{Kind: channels.Grouped})
		}
		for i, ev := range events {
			ev.ID = fmt.Sprint(n, "/", i)
			if ev.At.IsZero() {
				ev.At = at
			}
			if ev.Kind == channels.Woke {
				ev.At = s.Wake()
			}
			s := s
			s.LastAt = time.Time{}
			next, fx := flows.Step(s, ev)
			for _, f := range fx {
				x.note(f)
			}
			if i < pressed {
				if x.leads[s.State] == nil {
					x.leads[s.State] = map[flows.State]bool{}
				}
				x.leads[s.State][next.State] = true
			}
			if sig := signature(next); !x.seen[sig] {
				x.seen[sig] = true
				queue = append(queue, next)
			}
		}
	}
}

func (x *explorer) note(f flows.Effect) {
	say, ok := f.(flows.Say)
	if show, is := f.(flows.Show); is {
		say, ok = flows.Say{Parts: show.Parts}, true
	}
	if ok && !x.mute {
		var key strings.Builder // by hand: this is most of the work
		for _, c := range say.Choices {
			key.WriteString(c.Key + " " + c.Value + " " + c.Lang + " ")
		}
		for _, p := range say.Parts {
			key.WriteString("|" + p.Key + p.Lang)
		}
		x.says[key.String()] = say
	}
}

// inquired are conversations in which a case asks what came of a remedy.
func inquired(s flows.Session) (ss []flows.Session) {
	for what, state := range map[string]flows.State{"check": "fact", "recheck": "recheck", "safety": "treated", "pressure": "pressed", "own": "status"} {
		s := s.Copy()
		s.Mine[0].Report = &cases.Report{ID: "c1", Kinds: []cases.Code{"pay.ot", "hours.norest"}}
		s.Checks = []flows.Check{{Case: "c1", Issue: "pay.ot", What: what, Promise: strings.Repeat("the wages of October ", 5), Amount: "12,345.00 THB", Open: true}}
		s.State, s.Mark = state, "c1/pay.ot"
		if what == "own" {
			s.Mark = s.Mine[0].Ref
		}
		ss = append(ss, s)
	}
	return ss
}

// signature is what of a session decides how it goes on, roughly: enough to
// come to every state with and without a report, a case, consent and danger.
func signature(s flows.Session) string {
	var told string
	if d := s.Draft; d != nil {
		told = fmt.Sprint(len(d.Kinds) > 0 && d.Kinds[0].Group() == "sex", d.First("hr"), d.First("employer") == "agency", d.First("helper") != "")
	}
	mark := s.Mark
	if i := slices.IndexFunc(s.Checks, func(c flows.Check) bool { return c.Answer != nil }); i >= 0 {
		told = s.Checks[i].What + flows.Says(s.Checks[i].Answer)
	}
	if s.State == "status" || s.State == "adding" || s.State == "withdraw" || s.State == "forced" || s.State == "person" {
		mark = "" // a case: which does not matter
	}
	return fmt.Sprint(s.State, " ", mark, s.Group, s.Lang == "", s.Consent.Given, s.Consent.Refused, min(len(s.Mine), 2), s.Danger != nil,
		s.Extra > 0, s.Edit, len(s.Picked) > 0, s.Word != "", s.Join != nil && s.Join.N > 0, told)
}

// states returns those that were come to.
func (x *explorer) states() map[flows.State]bool {
	reached := map[flows.State]bool{}
	for sig := range x.seen {
		state, _, _ := strings.Cut(sig, " ")
		reached[flows.State(state)] = true
	}
	return reached
}

// faults names states that nobody comes to, and those from which the menu
// cannot be reached with buttons alone.
func (x *explorer) faults(reached map[flows.State]bool) (out []string) {
	home := map[flows.State]bool{"menu": true, "declined": true}
	for grown := true; grown; {
		grown = false
		for from, tos := range x.leads {
			for to := range tos {
				if home[to] && !home[from] {
					home[from], grown = true, true
				}
			}
		}
	}
	for _, s := range flows.States() {
		switch {
		case s == "grouped" || s == "linked": // nobody leaves a group chat for the menu; only a code leads to linked
		case !reached[s]:
			out = append(out, fmt.Sprintf("state %s is never reached", s))
		case !home[s]:
			out = append(out, fmt.Sprintf("state %s is a trap: its buttons never lead to the menu", s))
		}
	}
	return out
}

// faults measures one message on one channel in one language.
func (v voice) faults(say flows.Say) (out []string) {
	where := fmt.Sprintf("%s in %s", v.info.Platform, v.lang)
	if len(say.Choices) > v.info.Choices {
		out = append(out, fmt.Sprintf("%s: %d choices under %s, most are %d", where, len(say.Choices), say.Parts[0].Key, v.info.Choices))
	}
	ms := v.speak(say)
	if len(ms) > 2 {
		out = append(out, fmt.Sprintf("%s: %s takes %d messages", where, say.Parts[0].Key, len(ms)))
	}
	labels := map[string]bool{}
	for i, c := range say.Choices {
		label := ms[len(ms)-1].Choices[i].Label
		if full := v.word(c.Key); c.Text == "" && c.Lang == "" && label != full {
			out = append(out, fmt.Sprintf("%s: label %s is too long", where, c.Key))
		}
		if labels[label] {
			out = append(out, fmt.Sprintf("%s: label %s stands twice under %s", where, c.Key, say.Parts[0].Key))
		}
		labels[label] = true
		if len(c.Value) > v.info.Value {
			out = append(out, fmt.Sprintf("%s: value of %s is too long", where, c.Key))
		}
	}
	return out
}
