package flows

import (
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// A Refer is a question that waits for the worker: may this organisation get
// the case? Nothing goes there without a yes to this very question.
type Refer struct {
	Case  cases.ID  `json:"case"`
	Org   string    `json:"org"`
	Name  string    `json:"name"` // of the organisation, as the worker is told
	Knock time.Time `json:"knock,omitzero"`
	Asked time.Time `json:"asked,omitzero"`
}

// ReferBrought is what asks it: Case, the organisation in Update, its name in Text.
const ReferBrought = "refer"

func init() { brought[ReferBrought] = broughtRefer }

func broughtRefer(t *talk) {
	id := cases.ID(t.e.Case)
	if t.s.Lang == "" || t.e.Update == "" || t.e.Text == "" || t.of(id) == nil || len(t.s.Refers) >= 5 {
		return
	}
	if !slices.ContainsFunc(t.s.Refers, func(r Refer) bool { return r.Case == id && r.Org == t.e.Update }) {
		t.s.Refers = append(slices.Clip(t.s.Refers), Refer{Case: id, Org: t.e.Update, Name: t.e.Text})
	}
}

// referred1 is the screen of the question.
var referred1 = map[State]screen{
	refer: {
		show: func(t *talk) {
			r := t.s.Refers[0]
			t.tell("update.referred", Args{"Ref": cases.RefOf(r.Case), "Partner": r.Name})
		},
		choices: func(*Session) []Choice {
			return []Choice{{Key: "update.refer_yes", Value: refer + ":yes"}, {Key: "update.refer_no", Value: refer + ":no"}}
		},
		read: readRefer,
	},
}

func readRefer(t *talk, v string) {
	r := t.s.Refers[0]
	t.s.Refers = slices.Clone(t.s.Refers[1:])
	t.enter(r.Case, cases.Entry{Kind: cases.Chose, Trigger: "share " + v, Other: r.Org})
	t.tell("intake.ok", nil)
	t.resume()
}

// refers ends a step: what waits is asked when the worker is there and nothing
// else is under way. Until then a line that tells nothing goes out once.
func (t *talk) refers(from State) {
	taps := t.e.Choice == "news:read" && len(t.s.News.Waits) == 0 && !t.opens()
	if len(t.s.Refers) == 0 || t.s.State == refer || t.s.Danger != nil || t.locked() || !taps && !t.idle() {
		return
	}
	r := &t.s.Refers[0]
	if taps || t.e.Kind == channels.Said && (t.s.State == from || t.s.State == menu || t.s.State == sent) {
		if !taps && t.e.At.Sub(r.Asked) < 20*time.Hour { // it was passed over
			return
		}
		t.s.Refers = slices.Clone(t.s.Refers)
		t.s.Refers[0].Asked = t.e.At
		t.interrupt(refer)
		t.show()
		t.flush()
		return
	}
	if t.e.Kind == channels.Brought && r.Knock.IsZero() && !t.s.Contact.Silent && !t.s.Contact.Paused {
		t.s.Refers = slices.Clone(t.s.Refers)
		t.s.Refers[0].Knock = t.e.At
		t.do(Knock{Parts: []Part{{Key: "preview.open"}}, Class: channels.Push, Choices: []Choice{{Key: "btn.read_now", Value: "news:read"}, {Key: "btn.not_now", Value: laterChoice}}})
	}
}

// mendRefers takes out what cannot be asked.
func (s *Session) mendRefers() {
	s.Refers = slices.DeleteFunc(slices.Clone(s.Refers), func(r Refer) bool {
		return r.Org == "" || r.Name == "" || !slices.ContainsFunc(s.Mine, func(m Mine) bool { return m.ID == r.Case })
	})
	if len(s.Refers) == 0 {
		s.Refers = nil
	}
}

// Shown returns what an organisation that a case was referred to may see of a
// report: what was asked for, and no more.
func Shown(r cases.Report, x *cases.Scope) cases.Report {
	if x == nil {
		return r
	}
	out := cases.Report{ID: r.ID, Begun: r.Begun, Sent: r.Sent, Kinds: r.Kinds, Severity: r.Severity, Answers: map[string]cases.Answer{}}
	for q, a := range r.Answers {
		if slices.Contains(x.Fields, q) {
			out.Answers[q] = a
		}
	}
	for _, p := range r.Story {
		if !slices.Contains(x.Fields, "story") {
			p.Text = ""
		}
		if !slices.Contains(x.Fields, "photo") {
			p.Media = nil
		}
		if p.Text != "" || len(p.Media) > 0 {
			out.Story = append(out.Story, p)
		}
	}
	return out
}

// ShownEntry is the same for an entry: of what happened before the case was
// referred it says when, and what kind of thing it was.
func ShownEntry(n cases.Entry, x *cases.Scope) cases.Entry {
	if x == nil {
		return n
	}
	if n.Report != nil {
		r := Shown(*n.Report, x)
		n.Report = &r
	}
	if n.At.Before(x.Since) {
		n.Text, n.Media, n.Answer, n.Reason, n.Promise, n.By, n.Member = "", nil, nil, "", nil, "", ""
	}
	return n
}

// ShownMember is the same for a worker: how the worker is reached only if that
// was asked for, and of what the worker said about remedies nothing.
func ShownMember(m cases.Member, x *cases.Scope) cases.Member {
	if x == nil {
		return m
	}
	if !slices.Contains(x.Fields, "reply") {
		m.Chat = ""
	}
	m.Claims = slices.Clone(m.Claims)
	for i := range m.Claims {
		c := &m.Claims[i]
		c.Amount, c.Before = "", nil
		if c.Last != nil && c.Last.At.Before(x.Since) {
			c.Last = nil
		}
	}
	m.Consent.Shared = map[string]bool{string(x.Org): m.Consent.Shared[string(x.Org)]}
	return m
}

// ReferFields are what a caseworker chooses from for a referral: the questions
// of the report, "story" and "photo" among them.
func ReferFields() (fs []string) {
	for _, q := range intake {
		if q.kind != secret {
			fs = append(fs, string(q.state))
		}
	}
	return fs
}
