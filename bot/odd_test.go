package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
	"workervoice/translations"
)

// oddities are what no platform should deliver, and sooner or later does.
func oddities() map[string]channels.Event {
	var album []channels.Media
	for i := range 50 {
		album = append(album, channels.Media{Ref: fmt.Sprint("f", i), Type: "image/jpeg"})
	}
	long := strings.Repeat("they took my passport and the money I had saved ", 2100) // 100,000 characters
	return map[string]channels.Event{
		"100,000 characters":              {Text: long},
		"100,000 characters, unspaced":    {Text: strings.Repeat("ကြောက်", 17_000)},
		"lone marks":                      {Text: "\u103a\u1039\u0301\u0e31\u17d2"},
		"ten thousand marks on one":       {Text: "a" + strings.Repeat("\u0301", 10_000)},
		"Zawgyi":                          {Text: "ေမာင္ေလးကို သူေဌး႐ိုက္တယ္။ လစာမေပးဘူး။"},
		"emoji for a button":              {Text: "👍🏽"},
		"a family for a button":           {Text: "👨‍👩‍👧‍👦"},
		"a flag as the value":             {Choice: "language:🇲🇲"},
		"emoji as the value":              {Choice: "😀😀😀:😀"},
		"a button of nothing":             {Choice: ":"},
		"a button without end":            {Choice: strings.Repeat("menu:", 20_000)},
		"a button of no state":            {Choice: "no such state:yes"},
		"a button and words":              {Choice: "menu:report", Text: "and this as well, which I want to be kept"},
		"nothing at all":                  {},
		"blanks":                          {Text: " \n\t\u200b\u00a0\ufeff "},
		"a zero byte":                     {Text: "they\x00 hit me on Tuesday evening"},
		"bytes that are no text":          {Text: "they hit me \xff\xfe on Tuesday"},
		"right to left":                   {Text: "\u202eyadseuT no em tih yeht\u202c"},
		"no kind":                         {Kind: channels.Kind("-"), Text: "they hit me on Tuesday evening"},
		"a kind of next year":             {Kind: "quantum", Text: "they hit me on Tuesday evening"},
		"an odd thing of no name":         {Kind: channels.Odd},
		"an edit of nothing":              {Kind: channels.Edited},
		"an edit of what never was":       {Kind: channels.Edited, Message: "gone", Text: "they hit me on Wednesday"},
		"taken back, what never was":      {Kind: channels.Unsent, Message: "gone"},
		"taken back, nothing":             {Kind: channels.Unsent},
		"a reaction":                      {Kind: channels.Reacted, Text: "👍"},
		"a receipt of nothing":            {Kind: channels.Failed, Reason: channels.OutOfWindow},
		"a receipt of another's":          {Kind: channels.Failed, Key: "somebody/0", Reason: channels.Unreachable},
		"a receipt for no reason":         {Kind: channels.Failed, Key: "x", Reason: "?"},
		"another name, of oneself":        {Alias: "w", Text: "they hit me on Tuesday evening"},
		"moved from nowhere":              {Kind: channels.Moved, Alias: "nobody"},
		"perhaps somebody else":           {Kind: channels.Changed},
		"an attachment without a name":    {Media: []channels.Media{{}}},
		"fifty attachments":               {Media: album},
		"an endless link":                 {Kind: channels.Started, Ref: strings.Repeat("K7M2QX42", 10_000), Text: strings.Repeat("K7M2QX42 ", 5_000)},
		"a language of nowhere":           {Locale: "xx-\u0000", Text: "they hit me on Tuesday evening"},
		"a place off the map":             {Place: &channels.Place{Lat: 1e300, Lng: -1e300}},
		"at no time":                      {At: time.Unix(0, 0), Text: "they hit me on Tuesday evening"},
		"in the next century":             {At: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC), Text: "they hit me on Tuesday evening"},
		"an alarm that nobody has set":    {Kind: channels.Woke, What: "checkin"},
		"an alarm that does not exist":    {Kind: channels.Woke, What: "?"},
		"out of a group of one":           {Kind: channels.Left},
		"back from where nobody had been": {Kind: channels.Returned},
	}
}

// TestOddInput sends every oddity to a worker's first, middle and last
// question: no flow breaks, nothing that was said is lost, no answer is longer
// than a channel takes, nobody is flooded, and the next word is understood.
func TestOddInput(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"", "hr", "word"} {
		t.Run("at "+where, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, infoOf(t, "line"))
			n := 0
			for name, odd := range oddities() {
				n++
				user := fmt.Sprint("w", n)
				if where != "" {
					s.standing(user, where)
				}
				s.odd(user, name, odd, where != "")
			}
			if s.e.Counted("steps_failed") > 0 || strings.Contains(s.log.String(), "level=ERROR") {
				t.Errorf("something broke:\n%.3000s", s.log.String())
			}
		})
	}
}

// standing puts a worker who has agreed into a state.
func (s *stage) standing(user, state string) {
	s.Helper()
	s.owe(user, channels.Answer)
	turn, err := s.e.Store.Begin(context.Background(), s.event(user, channels.Event{}))
	if err != nil {
		s.Fatal(err)
	}
	turn.Session = started(state, s.Now())
	if _, err := s.e.Store.Commit(context.Background(), turn, outcomeOf(turn), lease); err != nil {
		s.Fatal(err)
	}
	s.settle()
	s.sent()
}

func (s *stage) odd(user, name string, odd channels.Event, agreed bool) {
	s.Helper()
	at := odd.At
	ev := s.event(user, odd)
	if !at.IsZero() {
		ev.At = at
	}
	if ev.Kind == "-" {
		ev.Kind = ""
	}
	if odd.Message == "" && (ev.Kind == channels.Edited || ev.Kind == channels.Unsent) {
		ev.Message = ""
	}
	s.hear(ev)
	got := s.sent()
	if len(got) > 3 {
		s.Errorf("%s: %d messages come back", name, len(got))
	}
	for _, m := range got {
		if !s.play.info.Text.Fits(m.Text) || strings.TrimSpace(m.Text) == "" {
			s.Errorf("%s: an answer of %d letters", name, len(m.Text))
		}
	}
	if agreed && ev.Text != "" && ev.Kind == channels.Said {
		said, _ := s.transcript(s.play.info.ID, user)
		kept := false
		for _, x := range said {
			kept = kept || x.ID == ev.ID && (x.Text == translations.Clean(ev.Text) || x.Text == channels.Clean(ev.Text))
		}
		if !kept {
			s.Errorf("%s: the transcript does not have it", name)
		}
	}
	s.sent()
	s.say(user, "SOS")
	if got := s.sent(); len(got) == 0 {
		s.Errorf("%s: and then nobody hears a call for help", name)
	}
}

// started is a session in the middle of things.
func started(state string, now time.Time) flows.Session {
	return flows.Session{State: flows.State(state), Lang: "en", Seed: []byte("seed"), Seen: now, Consent: flows.Consent{Given: true, At: now},
		Draft: &cases.Report{ID: "c", Kinds: []cases.Code{"pay.late"}}}
}

func outcomeOf(t *store.Turn) store.Outcome { return store.Outcome{Session: t.Session} }
