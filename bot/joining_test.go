package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"workervoice/cases"
	"workervoice/channels"
)

// onPoster is the code with which a case is joined in golden conversations.
const onPoster = "K7NPQR2" + "S"

// poster has a case with 20 workers let others join, or no longer:
//
//	! poster open|ask|closed
func (s *stage) poster(how string) {
	s.Helper()
	ctx := context.Background()
	by := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	id := cases.ID("cdormitory")
	if s.known[id] == 0 {
		s.crowd(id, 20)
	}
	var err error
	if how == "closed" {
		err = s.e.Store.CloseJoining(ctx, by, id)
	} else {
		_, err = s.e.Store.OpenJoining(ctx, by, id, how == "ask", false, func() string { return onPoster })
	}
	if err != nil {
		s.Fatal(err)
	}
	es, err := s.e.Store.Timeline(ctx, bySelf, id, 0, 1000)
	if err != nil {
		s.Fatal(err)
	}
	s.known[id] = len(es)
}

// crowd opens a case of the clinic with n workers.
func (s *stage) crowd(id cases.ID, n int) {
	s.Helper()
	for i := range n {
		e := cases.Entry{Key: fmt.Sprint(id, i), Case: id, Kind: cases.Joined, At: s.Now(), Worker: cases.WorkerID(fmt.Sprint("w", i, "~w0")), Org: "clinic", Report: &cases.Report{Kinds: []cases.Code{"pay.ot", "hours.norest"}}}
		if i == 0 {
			e.Kind = cases.Opened
		}
		if _, err := s.e.Store.Do(context.Background(), bySelf, e); err != nil {
			s.Fatal(err)
		}
	}
}

func TestPosterCode(t *testing.T) {
	if findCode("Hello "+onPoster) != onPoster {
		t.Fatalf("the last letter of %s must be %c", onPoster, checkLetter(onPoster[:7]))
	}
}

// TestCodeHowever joins by each way in which a code may come, also in the
// middle of something, and tells it from what only looks like one.
func TestCodeHowever(t *testing.T) {
	for name, c := range map[string]struct {
		ev   channels.Event
		asks bool
	}{
		"link":               {channels.Event{Kind: channels.Started, Ref: onPoster}, true},
		"link, small":        {channels.Event{Kind: channels.Started, Ref: strings.ToLower(onPoster)}, true},
		"text of the poster": {channels.Event{Text: "Hello " + onPoster}, true},
		"typed":              {channels.Event{Text: "k7np-qr2s"}, true},
		"in parts":           {channels.Event{Text: "K7N PQR 2S"}, true},
		"with a slip":        {channels.Event{Text: "K7NPQR3S"}, false},
		"in a long story":    {channels.Event{Text: "they told us to write " + onPoster + " into the book each time we come late to work"}, false},
		"a mobilizer's":      {channels.Event{Text: "Hello K7M2QX42"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, infoOf(t, "telegram"))
			putLink(s)
			s.poster("open")
			for _, w := range []string{"hi", "[language:en]", "[safety:yes]", "[consent:agree]"} {
				s.say("w", w)
			}
			s.sent()
			s.hear(s.event("w", c.ev))
			_, session, err := s.e.Store.Look(context.Background(), s.address("w"))
			if err != nil || (session.State == "join") != c.asks {
				t.Errorf("stands at %s: %v", session.State, err)
			}
		})
	}
}

// Who has chosen a language on the page to which a poster led is asked to join
// after safety and consent, and not for the language again.
func TestCodeWithLanguage(t *testing.T) {
	s := newStage(t, infoOf(t, "web"))
	s.poster("open")
	s.hear(s.event("w", channels.Event{Kind: channels.Started, Ref: onPoster, Choice: "language:km"}))
	for _, w := range []string{"[safety:yes]", "[consent:agree]"} {
		s.say("w", w)
	}
	if _, session, err := s.e.Store.Look(context.Background(), s.address("w")); err != nil || session.State != "join" || session.Lang != "km" {
		t.Errorf("stands at %s and speaks %s: %v", session.State, session.Lang, err)
	}
}

// TestFloodIsHeld lets 30 come by one code within a minute: all are kept, and
// those after the twentieth wait for a person to look.
func TestFloodIsHeld(t *testing.T) {
	info := infoOf(t, "telegram")
	info.Rate, info.ChatRate = channels.Rate{}, channels.Rate{}
	s := newStage(t, info)
	s.e.Store.HoldJoins(20)
	s.poster("open")
	at := s.Now()
	for i := range 30 {
		user := fmt.Sprint("flood", i)
		for n, ev := range []channels.Event{{Kind: channels.Started, Ref: onPoster, Locale: "en"}, {Choice: "language:en"}, {Choice: "safety:yes"}, {Choice: "consent:agree"},
			{Choice: "join:yes"}, {Choice: "joinissue:yes/0"}, {Choice: "joinissue:no/1"}, {Choice: "joinname:anon"}, {Choice: "joinreply:yes"}} {
			ev.ID, ev.From, ev.At = fmt.Sprint(i, "/", n), s.address(user), at
			if ev.Kind == "" {
				ev.Kind = channels.Said
			}
			if err := s.e.Deliver(context.Background(), ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.settle()
	c, err := s.e.Store.Case(context.Background(), bySelf, "cdormitory")
	if err != nil || c.Size != 40 || c.Held != 10 {
		t.Errorf("%d take part and %d are held, want 40 and 10: %v", c.Size, c.Held, err)
	}
}

// TestJoinersSeeNobody holds what 12 workers of one case are told to be the
// same, and to name no place, no worker and no number.
func TestJoinersSeeNobody(t *testing.T) {
	s := newStage(t, infoOf(t, "telegram"))
	s.poster("open")
	for i := range 12 {
		user := fmt.Sprint("m", i)
		for _, w := range []string{"[language:en]", "[safety:yes]", "[consent:agree]", "[join:yes]", "[joinissue:yes/0]", "[joinissue:yes/1]", "[joinname:anon]", "[joinreply:yes]"} {
			if w == "[language:en]" {
				s.hear(s.event(user, channels.Event{Kind: channels.Started, Ref: onPoster, Locale: "en"}))
			}
			s.say(user, w)
		}
		for _, m := range s.sent() {
			for _, no := range []string{"32", "31", "21", "clinic", "shed", "~w"} {
				if strings.Contains(m.Text, no) {
					t.Errorf("worker %d was told %q", i, m.Text)
				}
			}
		}
	}
	c, err := s.e.Store.Case(context.Background(), bySelf, "cdormitory")
	if err != nil || c.Size != 32 {
		t.Errorf("%d take part: %v", c.Size, err)
	}
}

// offered has a caseworker ask whether another organisation may get the
// worker's case.
func (s *stage) offered() {
	s.Helper()
	by := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	for _, id := range s.cases() {
		if err := s.e.Store.AskReferral(context.Background(), by, id, "legal", "Sunrise Legal Clinic"); err != nil {
			s.Fatal(err)
		}
	}
	s.settle()
}
