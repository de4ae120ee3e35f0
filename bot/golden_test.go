package bot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/channels/line"
	"workervoice/channels/telegram"
	"workervoice/channels/web"
	"workervoice/channels/whatsapp"
	"workervoice/flows"
	"workervoice/store"
)

var update = flag.Bool("update", false, "write what was said into the golden conversations")

// TestConversations plays the files in testdata line by line through the whole
// engine on a real SQLite file. Every event is delivered twice and the session
// is read back from the file before each; what follows must be what the file
// says. With -update the file is written anew: read the difference.
//
//	> text           the worker writes
//	> [value]        presses a button;  > (voice) (photo) (sticker)  sends one
//	> /start CODE    opens the chat from a link
//	~ 9d             time passes;  ! restart  the program is started anew
//	! block, unblock, unsend        what the worker does in the app
//	! offered                       a caseworker asks whether another organisation may get the case
//	! poster open|ask|closed        a case with 20 workers may be joined by its code
//	  text           what the bot says;  [labels]  its buttons
//	* entry          what joins a case
//	= state          where the session stands
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, string(want), got)
		})
	}
}

func compare(t *testing.T, want, got string) {
	t.Helper()
	ws, gs := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(ws), len(gs)) {
		w, g := "", ""
		if i < len(ws) {
			w = ws[i]
		}
		if i < len(gs) {
			g = gs[i]
		}
		if w != g {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// infoOf is what a platform's real adapter says of itself.
func infoOf(t testing.TB, name string) channels.Info {
	t.Helper()
	var a channels.Adapter
	var err error
	switch name {
	case "telegram":
		a, err = telegram.New(telegram.Config{ID: "telegram", Token: "1:T", Secret: "s"})
	case "line":
		a, err = line.New(line.Config{ID: "line", Token: "t", Secret: "s"})
	case "whatsapp":
		a, err = whatsapp.New(whatsapp.Config{ID: "whatsapp", Token: "t", AppSecret: "s", VerifyToken: "v", PhoneID: "1"})
	case "web":
		a = web.New(web.Config{ID: "web", Texts: func(_, key string) string { return key }, Languages: []string{"en"}})
	default:
		t.Fatalf("there is no platform %q", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Info()
}

// play returns script with what the bot did written in.
func play(t *testing.T, script string) string {
	var s *stage
	var out strings.Builder
	user, locale := "w1", ""
	for _, l := range strings.Split(strings.TrimSpace(script), "\n") {
		switch {
		case strings.HasPrefix(l, "#"):
			out.WriteString(l + "\n")
			continue
		case strings.HasPrefix(l, "@ "): // channel, language of the app
			f := strings.Fields(l)
			s, locale = newStage(t, infoOf(t, f[1])), strings.Join(f[2:], "")
			s.e.Store.Home("clinic")
			putLink(s)
			out.WriteString(l + "\n")
			continue
		case strings.HasPrefix(l, "> "):
			out.WriteString(l + "\n")
			s.hear(s.event(user, incoming(strings.Replace(l[2:], "(code)", s.code, 1), locale)))
		case strings.HasPrefix(l, "~ "):
			out.WriteString(l + "\n")
			s.pass(span(t, l[2:]))
		case strings.HasPrefix(l, "! "):
			out.WriteString(l + "\n")
			user = s.act(user, l[2:])
		default:
			continue // what was said the last time
		}
		out.WriteString(s.told(user))
	}
	return out.String()
}

func putLink(s *stage) {
	if err := s.e.Store.PutLink(context.Background(), bySelf, store.Link{Code: "K7M2QX42", Lang: "", Made: start}); err != nil {
		s.Fatal(err)
	}
}

func span(t *testing.T, s string) time.Duration {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(n) * 24 * time.Hour
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// incoming is what a line lets the worker send.
func incoming(what, locale string) channels.Event {
	ev := channels.Event{Kind: channels.Said, Locale: locale}
	switch {
	case strings.HasPrefix(what, "["):
		ev.Choice = strings.Trim(what, "[]")
	case strings.HasPrefix(what, "/start"):
		ev.Kind, ev.Ref = channels.Started, strings.TrimSpace(what[6:])
	case what == "(voice)":
		ev.Media = []channels.Media{{Ref: "voice", Type: "audio/ogg", Voice: true, Seconds: 12}}
	case what == "(photo)":
		ev.Media = []channels.Media{{Ref: "photo", Type: "image/jpeg"}}
	case what == "(sticker)":
		ev.What = "sticker"
	case what == "(place)":
		ev.Place = &channels.Place{Lat: 13.7563, Lng: 100.5018}
	default:
		ev.Text = what
	}
	return ev
}

// act is what the worker does in the app, or what happens to the program.
func (s *stage) act(user, what string) string {
	f := strings.Fields(what)
	switch f[0] {
	case "restart":
		s.restart()
		s.e.Store.Home("clinic")
	case "block":
		s.hear(s.event(user, channels.Event{Kind: channels.Left}))
	case "unblock":
		s.hear(s.event(user, channels.Event{Kind: channels.Returned}))
	case "group":
		s.hear(s.event("group", channels.Event{Kind: channels.Grouped}))
	case "unsend":
		s.hear(s.event(user, channels.Event{Kind: channels.Unsent, Message: s.spoke}))
	case "worker":
		return f[1]
	case "offered":
		s.offered()
	case "poster":
		s.poster(f[1])
	case "helper", "colleague", "supervisor":
		s.works(f[0], strings.Join(f[1:], " "))
	default:
		s.Fatalf("nobody can %q", what)
	}
	return user
}

// told writes what the bot has done since the last line.
func (s *stage) told(user string) string {
	var b strings.Builder
	for _, m := range s.sent() {
		if c := pairing.FindString(m.Text); c != "" {
			s.code = c
			m.Text = strings.Replace(m.Text, c, "(code)", 1) // another one each time
		}
		for i, l := range strings.Split(m.Text, "\n") {
			if i == 0 && m.Class != channels.Answer {
				l = "(" + string(m.Class) + ") " + l
			}
			b.WriteString("  " + l + "\n")
		}
		if len(m.Choices) > 0 {
			var ls []string
			for _, c := range m.Choices {
				ls = append(ls, c.Label)
			}
			b.WriteString("  [" + strings.Join(ls, " | ") + "]\n")
		}
		if m.File != nil {
			b.WriteString("  (file " + m.File.Type + ")\n")
		}
	}
	if n := len(s.play.gone); n > 0 {
		fmt.Fprintf(&b, "* %d messages taken off the phone\n", n)
		s.play.gone = nil
	}
	if s.play.left > 0 {
		b.WriteString("* left the group\n")
		s.play.left = 0
	}
	b.WriteString(s.entered(user))
	_, session, err := s.e.Store.Look(context.Background(), s.address(user))
	if err == nil {
		b.WriteString("= " + string(session.State) + "\n")
	} else if !errors.Is(err, store.ErrNotFound) {
		s.Fatal(err)
	}
	return b.String()
}

// entered writes the entries that joined the worker's cases since the last line.
func (s *stage) entered(user string) string {
	var b strings.Builder
	for _, id := range s.cases() {
		es, err := s.e.Store.Timeline(context.Background(), bySelf, id, 0, 1000)
		if err != nil {
			s.Fatal(err)
		}
		for _, n := range es[min(len(es), s.known[id]):] {
			fmt.Fprintf(&b, "* %s", n.Kind)
			if n.Severity != 0 {
				fmt.Fprintf(&b, " %s", n.Severity)
			}
			if n.Trigger != "" {
				fmt.Fprintf(&b, " (%s)", n.Trigger)
			}
			if r := n.Report; r != nil {
				fmt.Fprintf(&b, " %v, %d answers, %d parts", r.Kinds, len(r.Answers), len(r.Story))
			}
			if n.Text != "" {
				fmt.Fprintf(&b, " %q", n.Text)
			}
			if a := n.Answer; a != nil {
				fmt.Fprintf(&b, ": %s", strings.Join(strings.Fields(fmt.Sprint(a.Fact, " ", a.Got, " ", a.Satisfied, " ", a.Missing, " ", a.Words, " ", a.Treated, " ", a.Further, " ", a.Pressed, " ", a.Again, " ", a.Helped, " ", a.Proxy, " ", a.Second)), " "))
			}
			if len(n.Media) > 0 {
				fmt.Fprintf(&b, " with %s", n.Media[0].Type)
			}
			if !n.Due.IsZero() {
				fmt.Fprintf(&b, " due in %s", n.Due.Sub(n.At))
			}
			b.WriteByte('\n')
		}
		s.known[id] = len(es)
	}
	return b.String()
}

var pairing = regexp.MustCompile("[A-Z2-7]{4}-[A-Z2-7]{4}")

// bySelf may look at every case.
var bySelf = cases.Bot

// cases returns every case there is.
func (s *stage) cases() (ids []cases.ID) {
	s.Helper()
	for _, org := range []cases.OrgID{"", "clinic", cases.Independent} {
		for _, st := range flows.Statuses() {
			cs, _, err := s.e.Store.Cases(context.Background(), bySelf, store.InStatus, store.CaseFilter{Status: st, Org: org}, store.Cursor{}, 100)
			if err != nil {
				s.Fatal(err)
			}
			for _, c := range cs {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}
