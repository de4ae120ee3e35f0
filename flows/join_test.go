package flows

import (
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

var overtime = cases.Invite{Case: "cbig", Code: "K7M2QX42", Open: true, Kinds: []cases.Code{"pay.ot", "hours.norest"}, Band: "101-500", Status: cases.WithEmployer, Due: noon.Add(48 * time.Hour)}

// joins plays buttons from s on, and returns what was entered into cases.
func joins(t *testing.T, s Session, v cases.Invite, presses ...string) (Session, []cases.Entry, string) {
	t.Helper()
	follow(t)
	var ns []cases.Entry
	var said strings.Builder
	note := func(fx []Effect) {
		for _, f := range fx {
			switch f := f.(type) {
			case Enter:
				ns = append(ns, f.Entry)
			case Say:
				for _, p := range f.Parts {
					said.WriteString(p.Key + " ")
				}
			}
		}
	}
	at := noon
	s, fx := Join(s, channels.Event{ID: "scan", Kind: channels.Started, At: at}, v)
	note(fx)
	for i, p := range presses {
		at = at.Add(20 * time.Second)
		s, fx = Step(s, channels.Event{ID: string(rune('a' + i)), Kind: channels.Said, Choice: p, At: at})
		note(fx)
	}
	return s, ns, said.String()
}

var known = Session{State: menu, Lang: "my", Seen: noon, Consent: Consent{Given: true}}

func TestJoin(t *testing.T) {
	five := []string{"join:yes", "joinissue:yes/0", "joinissue:no/1", "joinname:anon", "joinreply:yes"}
	s, ns, said := joins(t, known.Copy(), overtime, five...)
	if len(ns) != 1 || ns[0].Kind != cases.Joined || ns[0].Case != "cbig" || ns[0].Trigger != "" || len(ns[0].Report.Kinds) != 1 || ns[0].Report.Kinds[0] != "pay.ot" || ns[0].Report.First("privacy") != "anon" {
		t.Errorf("five taps came to %v", ns)
	}
	if s.Join != nil || len(s.Mine) != 1 || s.Mine[0].ID != "cbig" || !strings.Contains(said, "join.done join.count") {
		t.Errorf("the worker stands at %+v after %s", s.Mine, said)
	}
	if strings.Contains(said, "intake.employer") || strings.Contains(said, "intake.site") {
		t.Error("a worker who joins is asked what others have told")
	}
	if q := (&talk{s: s}).open1(s.Mine[0].Report); q != "raise" && q != "times" {
		t.Errorf("the first question left for later is %q", q)
	}

	_, ns, said = joins(t, s, overtime)
	if len(ns) != 0 || !strings.Contains(said, "case.status") {
		t.Errorf("a code scanned again came to %v, %s", ns, said)
	}
}

// TestJoinFromTheStart begins with a worker who has never written.
func TestJoinFromTheStart(t *testing.T) {
	s, ns, said := joins(t, Session{}, overtime, "language:ne", "safety:yes", "consent:agree", "join:yes", "joinissue:yes/0", "joinissue:yes/1", "joinname:skip", "joinreply:skip")
	if len(ns) != 1 || len(ns[0].Report.Kinds) != 2 || s.State != sent || !strings.HasSuffix(said, "join.done join.count ") {
		t.Errorf("came to %v at %s after %s", ns, s.State, said)
	}
	if !strings.Contains(said, "start.from_friend") {
		t.Error("nobody says that whoever shared the code cannot see anything")
	}
}

func TestJoinRefused(t *testing.T) {
	for name, c := range map[string]struct {
		from    Session
		v       cases.Invite
		presses []string
		entries int
		last    string
	}{
		"not me":                {known, overtime, []string{"join:no"}, 0, "menu.title "},
		"none of the issues":    {known, overtime, []string{"join:yes", "joinissue:no/0", "joinissue:no/1"}, 0, "menu.title "},
		"closed":                {known, cases.Invite{Case: "cbig", Code: "K7M2QX42"}, nil, 0, "join.full menu.title "},
		"closed, first contact": {Session{}, cases.Invite{Case: "cbig", Code: "K7M2QX42"}, []string{"language:ne", "safety:yes", "consent:agree"}, 0, "join.full menu.title "},
		"no consent":            {Session{}, overtime, []string{"language:ne", "safety:yes", "consent:refuse"}, 0, "consent.no "},
		"held":                  {known, func() cases.Invite { v := overtime; v.Ask = true; return v }(), []string{"join:yes", "joinissue:yes/0", "joinissue:no/1", "joinname:skip", "joinreply:yes"}, 1, "join.wait "},
	} {
		t.Run(name, func(t *testing.T) {
			s, ns, said := joins(t, c.from.Copy(), c.v, c.presses...)
			if len(ns) != c.entries || !strings.HasSuffix(said, c.last) {
				t.Errorf("came to %v after %s", ns, said)
			}
			if name == "held" && (ns[0].Trigger != Held || strings.Contains(said, "join.count")) {
				t.Errorf("a worker who is held is told %s and filed as %q", said, ns[0].Trigger)
			}
			if c.entries == 0 && len(s.Mine) > 0 {
				t.Errorf("a worker who did not join has %v", s.Mine)
			}
		})
	}
}

// TestJoinTwice presses the first answer twice in a hurry: the second press is
// not the answer to the next question.
func TestJoinTwice(t *testing.T) {
	s, _, _ := joins(t, known.Copy(), overtime, "join:yes", "joinissue:yes/0", "joinissue:yes/0")
	if s.State != joinissue || s.Join.N != 1 {
		t.Errorf("stands at %s, question %d", s.State, s.Join.N)
	}
}

// TestJoinKeepsWhatIsUnderWay scans a code in the middle of a report.
func TestJoinKeepsWhatIsUnderWay(t *testing.T) {
	s := known.Copy()
	s.State, s.Draft = "when", &cases.Report{ID: "own", Kinds: []cases.Code{"pay.late"}, Answers: map[string]cases.Answer{}}
	s.Mine = []Mine{{ID: "older", Ref: "AAA-222", Status: cases.Received, Severity: cases.Ordinary, Report: &cases.Report{ID: "older", Kinds: []cases.Code{"pay.ot"}}}}
	s, ns, _ := joins(t, s, overtime, "join:yes", "joinissue:yes/0", "joinissue:no/1", "joinname:skip", "joinreply:skip")
	if s.State != "when" || s.Draft == nil || len(s.Mine) != 2 {
		t.Errorf("goes on at %s with %v", s.State, s.Draft)
	}
	if len(ns) != 1 || ns[0].Other != "older" {
		t.Errorf("nobody is told of the report that the worker had sent before: %v", ns)
	}
}

// TestUnspoken names nothing to strangers that could point to one person.
func TestUnspoken(t *testing.T) {
	c := cases.Case{ID: "c", Code: "K7M2QX42", Status: cases.Received, Size: 9,
		Issues: []cases.Issue{{Kind: "sex.touch", Status: cases.Received}, {Kind: "pay.ot", Status: cases.Received}, {Kind: "safety.sick", Status: cases.Satisfied}, {Kind: "harm.hit", Status: cases.Received}}}
	v := cases.InviteTo(c)
	if len(v.Kinds) != 1 || v.Kinds[0] != "pay.ot" || v.Band != "" || !v.Open {
		t.Errorf("strangers are asked about %v, told %q", v.Kinds, v.Band)
	}
	for n, want := range map[int]string{0: "", 10: "", 11: "11-50", 50: "11-50", 51: "51-100", 900: "501-1000", 1800: "1000+"} {
		if got := cases.Band(n); got != want {
			t.Errorf("%d workers are %q, want %q", n, got, want)
		}
	}
}
