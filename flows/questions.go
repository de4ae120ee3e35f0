package flows

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// read takes in a button under a question of the report.
func (q question) read(t *talk, v string) {
	r := t.report()
	switch v {
	case "back":
		t.before()
		return
	case "skip", "done":
		if !r.Has(string(q.state)) && t.s.Mark != "told" {
			r.Skipped = append(slices.Clip(r.Skipped), string(q.state))
		}
		t.onward()
		return
	}
	a := r.Answers[string(q.state)]
	if q.kind == several {
		t.s.Picked = append(t.s.Picked, v)
		a.Choices = slices.Clone(t.s.Picked)
	} else {
		a.Choices = []string{v}
	}
	t.answer(q, a)
	if q.kind == several && len(t.s.Picked) < q.most && v != "any" {
		t.tell("intake.pick_more", nil)
		return
	}
	t.onward()
}

// write takes in words, a voice note, a photo or a place as the answer.
func (q question) write(t *talk) {
	r := t.report()
	voice := len(t.e.Media) > 0
	switch q.kind {
	case telling, files:
		if !t.note(string(q.state)) {
			t.unclear()
			return
		}
		if t.s.Mark == "told" && t.flurry() {
			return
		}
		t.s.Mark = "told"
		if q.kind == files && voice {
			t.tell("intake.photo_got", nil)
		}
		t.tell("intake.story_more", nil)
	case words:
		t.note(string(q.state))
		t.answer(q, cases.Answer{Text: t.words(), Voice: voice})
		t.onward()
	case secret:
		if t.e.Text == "" {
			t.unclear()
			return
		}
		t.s.Word = digest(t.s.Seed, t.e.Text)
		t.s.Proven = t.e.At
		r.Answers[string(q.state)] = cases.Answer{Choices: []string{"set"}}
		t.tell("intake.code_saved", nil)
		t.onward()
	default:
		q.unsuited(t, r, voice)
	}
}

// unsuited keeps an answer that is none of the buttons: words are a note and
// the question comes again; a second voice note is left to a person to hear.
func (q question) unsuited(t *talk, r *cases.Report, voice bool) {
	kept := t.note(string(q.state))
	if !kept {
		t.unclear()
		return
	}
	if voice {
		t.s.Voices++
		if t.s.Voices >= 2 {
			t.answer(q, cases.Answer{Voice: true})
			t.tell("intake.voice_later", nil)
			t.onward()
			return
		}
		t.tell("intake.voice_for_button", nil)
		t.again()
		return
	}
	t.s.Misses++
	if slices.Contains([]State{"country", "sector", "when", "howmany", "want", "hr_result", "hr_why"}, q.state) && t.s.Misses >= 2 {
		t.answer(q, cases.Answer{Text: t.words()}) // in the worker's own words, rather than ask a third time
		t.onward()
		return
	}
	t.tell("intake.out_of_order", Args{"Answer": clip(t.words()), "Question": Term(q.text)})
}

// answer keeps an answer, and what follows from it at once.
func (t *talk) answer(q question, a cases.Answer) {
	r := t.report()
	r.Answers[string(q.state)] = a
	r.Skipped = slices.DeleteFunc(slices.Clone(r.Skipped), func(s string) bool { return s == string(q.state) })
	v := ""
	if len(a.Choices) > 0 {
		v = a.Choices[0]
	}
	c := &t.s.Contact
	switch q.state {
	case "country":
		c.Country = v
	case "reply":
		c.Silent, c.Call = v == "only_when_i_write", v == "call"
	case "times":
		c.Times = a.Choices
	case "restday":
		c.Rest = v
	}
}

// onward goes to the next question that applies, or back to where the answer
// was asked for.
func (t *talk) onward() {
	switch {
	case t.s.Topic == asSetting:
		t.set()
	case t.s.Extra > 0:
		t.extraDone()
	case t.s.Edit:
		t.s.Edit = false
		t.go2(finish)
	default:
		t.go2(next)
	}
}

// pass goes over questions that need no asking.
func (t *talk) pass() {
	for range intake {
		q, ok := find(t.s.State)
		if !ok || t.s.Edit || t.s.Extra != 0 {
			return
		}
		r := t.report()
		if whens[q.when](&t.s, r) && !t.known(q, r) {
			return
		}
		t.step(next)
	}
}

// known tells whether asking would be asking twice.
func (t *talk) known(q question, r *cases.Report) bool {
	switch q.state {
	case "story":
		return r.Has("story") || slices.ContainsFunc(r.Story, func(p cases.Part) bool { return len(p.Media) > 0 || !short(p.Text) })
	case "word":
		return t.s.Word != ""
	case "reply", "times", "restday":
		return r.Has(string(q.state)) || len(t.s.Mine) > 0 && t.s.Mine[len(t.s.Mine)-1].Report.Has(string(q.state))
	}
	return r.Has(string(q.state))
}

// before goes back to the last question that applies.
func (t *talk) before() {
	if t.s.Topic == asSetting {
		t.s.Extra, t.s.Topic = 0, ""
		t.open(settings)
		return
	}
	if t.s.Extra > 0 {
		t.extraDone()
		return
	}
	for range intake {
		t.step(back)
		q, ok := find(t.s.State)
		if !ok || whens[q.when](&t.s, t.report()) {
			break
		}
	}
	t.again()
}

// first are the questions that the bot asks first by itself: where to send the
// report hangs on them.
var first = []State{"country", "site", "howmany"}

// open1 returns the first question that a sent report leaves open, or "".
func (t *talk) open1(r *cases.Report) State {
	if r == nil {
		return ""
	}
	for _, s := range first {
		if q, ok := find(s); ok && !t.known(q, r) {
			return s
		}
	}
	for _, q := range intake {
		if whens[q.when](&t.s, r) && !t.known(q, r) {
			return q.state
		}
	}
	return ""
}

// extra asks one question that a sent report left open. Asked for by the
// worker, the questions go on until all are answered; by the bot, two a day.
func (t *talk) extra(wanted bool) {
	n := len(t.s.Mine)
	if n == 0 {
		return
	}
	q := t.open1(t.s.Mine[n-1].Report)
	if q == "" {
		t.tell("intake.all_asked", nil)
		return
	}
	t.s.Extra = n
	t.s.Topic = ""
	if wanted {
		t.s.Topic = "wanted"
	} else {
		t.tell("intake.extra", nil)
	}
	t.to(q)
	t.again()
}

// extraDone passes on the answer, and asks on or lets it be.
func (t *talk) extraDone() {
	m := &t.s.Mine[t.s.Extra-1]
	t.enter(m.ID, cases.Entry{Kind: cases.Told, Report: m.Report.Clone(), Severity: m.Severity})
	if day := t.e.At.In(cases.Zone(t.s.Contact.Country)).Format(time.DateOnly); day != t.s.Extras.Day {
		t.s.Extras = Extras{Day: day}
	}
	wanted := t.s.Topic == "wanted"
	if !wanted {
		t.s.Extras.Count++
	}
	q := t.open1(m.Report)
	if q != "" && (wanted || t.s.Extras.Count < 2) {
		t.to(q)
		t.again()
		return
	}
	t.s.Extra, t.s.Topic = 0, ""
	t.alarm("extra", time.Time{})
	if q != "" {
		t.alarm("extra", t.e.At.Add(20*time.Hour))
	}
	t.tell("intake.thanks", nil)
	t.open(menu)
}

// digest is how the secret word is kept: two spellings of one word are the same.
func digest(seed []byte, word string) string {
	h := sha256.New()
	h.Write(seed)
	h.Write([]byte(strings.ToLower(strings.Join(strings.Fields(word), " "))))
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil))
}

func (s *Session) proves(word string) bool {
	return subtle.ConstantTimeCompare([]byte(digest(s.Seed, word)), []byte(s.Word)) == 1
}
