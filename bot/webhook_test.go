package bot

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// look returns where a conversation stands.
func (s *stage) look(ch channels.ID, user string) (store.Conversation, flows.Session) {
	s.Helper()
	c, session, err := s.e.Store.Look(s.Context(), channels.Address{Channel: ch, User: user})
	if err != nil {
		s.Fatal(err)
	}
	return c, session
}

// T3: a platform that has lost patience delivers one update ten times at once,
// to two processes that know nothing of each other.
func TestTenTimesAtOnce(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	engines := []*Engine{s.e, s.engine(s.db)}
	turn := make(chan *Engine, 10)
	for i := range 10 {
		turn <- engines[i%2]
	}
	n.hears = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := <-turn
		e.Webhook(e.senders["telegram"].a).ServeHTTP(w, r)
	})
	var posts sync.WaitGroup
	for range 10 {
		posts.Go(func() {
			if status := n.hook(t, "telegram", onTelegram(1, 700000001, s.Now(), `"text":"hello, is anybody there?"`)); status != http.StatusOK {
				t.Errorf("answered %d", status)
			}
		})
	}
	posts.Wait()
	for range 2 {
		for _, e := range engines {
			s.drive(e)
		}
	}
	said, sent := s.transcript("telegram", "700000001")
	if got := n.phones(); len(said) != 1 || len(sent) != 1 || len(got) != 1 {
		t.Errorf("%d messages, %d replies, %d of them on the phone: want one of each", len(said), len(sent), len(got))
	}
	if _, session := s.look("telegram", "700000001"); len(session.Early) != 1 {
		t.Errorf("the worker's words are kept %d times", len(session.Early))
	}
}

// Pressed buttons are let go by requests, until the platform brings more than
// it takes requests: then the answer to the webhook lets them go.
func TestButtonsLetGo(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	asked := 0
	n.refuse = func(path, _ string) (int, string) {
		if strings.HasSuffix(path, "/answerCallbackQuery") {
			asked++
		}
		return 0, ""
	}
	const more = 3
	answered := 0
	for i := range ackRate.Burst + more { // of a clock that stands still
		resp, err := n.Client().Do(called(n.URL, "telegram", pressedOnTelegram(i+1, int64(700000001+i), "language:en")))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // it was read
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("answered %d: %v", resp.StatusCode, err)
		}
		if len(answer) == 0 {
			continue
		}
		answered++
		want := fmt.Sprintf(`{"method":"answerCallbackQuery","callback_query_id":"cb%d"}`, i+1)
		if kind := resp.Header.Get("Content-Type"); string(answer) != want || kind != "application/json" {
			t.Errorf("press %d is answered with %s as %s, want %s", i+1, answer, kind, want)
		}
	}
	s.e.acks.wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	if asked != ackRate.Burst || answered != more {
		t.Errorf("%d let go by requests, %d by answers: want %d and %d", asked, answered, ackRate.Burst, more)
	}
}

// T4: a worker whom nobody knows sends an album, a text and a voice note within
// a fifth of a second, one after the other or all at once.
func TestAlbumFirst(t *testing.T) {
	t.Parallel()
	for name, atOnce := range map[string]bool{"one after the other": false, "at once": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, n := onInternet(t)
			var updates []string
			for i := range 12 {
				what := fmt.Sprintf(`"media_group_id":"a1","photo":[{"file_id":"photo%02d","file_unique_id":"u%d","width":8,"height":6,"file_size":70000}]`, i, i)
				if i == 10 {
					what = `"text":"these are all the pay slips I have"`
				} else if i == 11 {
					what = `"voice":{"file_id":"voice11","file_unique_id":"v","duration":9,"mime_type":"audio/ogg"}`
				}
				updates = append(updates, onTelegram(i+1, 700000001, s.Now(), what))
			}
			var posts sync.WaitGroup
			for _, u := range updates {
				posts.Go(func() {
					if status := n.hook(t, "telegram", u); status != http.StatusOK {
						t.Errorf("answered %d", status)
					}
				})
				if !atOnce {
					posts.Wait()
				}
			}
			posts.Wait()
			s.settle()
			if got := n.phones(); len(got) != 1 || !shows(got, "Choose your language") {
				t.Errorf("%d questions come back, want one: %v", len(got), got)
			}
			for i, press := range []string{"language:en", "safety:yes", "consent:agree"} {
				n.hook(t, "telegram", pressedOnTelegram(100+i, 700000001, press))
				s.settle()
			}
			_, session := s.look("telegram", "700000001")
			if session.State != "quick" || session.Draft == nil || len(session.Draft.Story) != 12 {
				t.Fatalf("in %s, and of 12 parts not all are in the report", session.State)
			}
			kept := map[string]bool{}
			for i, p := range session.Draft.Story {
				if p.Message != fmt.Sprint(i+1) && !atOnce {
					t.Errorf("part %d is message %s", i+1, p.Message)
				}
				kept[p.Message] = true
				for _, m := range p.Media {
					if _, err := s.e.Store.Attachment(t.Context(), channels.Address{Channel: "telegram", User: "700000001"}, m.Ref); err != nil {
						t.Errorf("attachment of message %s: %v", p.Message, err)
					}
				}
			}
			if len(kept) != 12 {
				t.Errorf("%d different messages are kept", len(kept))
			}
		})
	}
}

// T5: one payload of Meta's with 3 entries of 2 changes of 3 messages, from
// three workers, and a receipt in each change; it comes twice.
func TestWholePayload(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	var entries []string
	for e := range 3 {
		var cs []string
		for c := range 2 {
			var ms []string
			for m := range 3 {
				ms = append(ms, wamessage(fmt.Sprintf("%d%d%d", e, c, m), s.Now(), fmt.Sprintf(`"from":"6681111000%d"`, m), fmt.Sprintf(`"type":"text","text":{"body":"this is message %d of change %d in entry %d"}`, m, c, e)))
			}
			status := fmt.Sprintf(`,"statuses":[{"id":"wamid.ours%d%d","status":"delivered","timestamp":"%d","recipient_id":"66811110000","biz_opaque_callback_data":"key/%d%d"}]`, e, c, s.Now().Unix(), e, c)
			one := change("", ms...)
			cs = append(cs, strings.TrimSuffix(one, "}}")+status+"}}")
		}
		entries = append(entries, `{"id":"3","changes":[`+strings.Join(cs, ",")+`]}`)
	}
	body := `{"object":"whatsapp_business_account","entry":[` + strings.Join(entries, ",") + `]}`
	for range 2 {
		if status := n.hook(t, "whatsapp", body); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		s.settle()
	}
	for m := range 3 {
		user := fmt.Sprintf("6681111000%d", m)
		said, _ := s.transcript("whatsapp", user)
		var got, want []string
		for _, ev := range said {
			got = append(got, ev.Message)
		}
		_, session := s.look("whatsapp", user)
		for _, p := range session.Early {
			got = append(got, p.Text)
		}
		for e := range 6 {
			want = append(want, fmt.Sprintf("wamid.%d%d%d", e/2, e%2, m))
		}
		for e := range 6 {
			want = append(want, fmt.Sprintf("this is message %d of change %d in entry %d", m, e%2, e/2))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("of worker %d is kept\n%q\nwant\n%q", m, got, want)
		}
	}
	rs, err := s.e.Store.Receipts(t.Context(), channels.Address{Channel: "whatsapp", User: "66811110000"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	delivered := 0
	for _, r := range rs {
		if r.State == string(channels.Delivered) && strings.HasPrefix(r.Key, "key/") {
			delivered++
		}
	}
	if delivered != 6 {
		t.Errorf("%d receipts are kept, want 6", delivered)
	}
	if got := n.phones(); len(got) != 3 {
		t.Errorf("%d questions go out to three workers", len(got))
	}
}

// T6: a thousand requests that the platforms never signed, among those that
// they did. None is kept, all are counted, and no good one waits for them.
func TestForged(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	text := `"text":"I am somebody else"`
	bodies := map[channels.ID]string{
		"telegram": onTelegram(1, 666, s.Now(), text),
		"line":     onLINE(1, "U666", s.Now(), `"type":"text",`+text),
		"whatsapp": onWhatsApp(change(`{"wa_id":"666"}`, wamessage("1", s.Now(), `"from":"666"`, `"type":"text","text":{"body":"hi"}`))),
	}
	hex := func(secret, body string) string { return fmt.Sprintf("sha256=%x", mac(secret, body)) }
	forgeries := func(id channels.ID, body string) []map[string]string {
		switch id {
		case "telegram":
			h := "X-Telegram-Bot-Api-Secret-Token"
			return []map[string]string{{}, {h: ""}, {h: "wrong"}, {h: telegramSecret + "x"}, {h: telegramSecret[1:]}, {h: strings.ToUpper(telegramSecret)}}
		case "line":
			h := "X-Line-Signature"
			return []map[string]string{{}, {h: ""}, {h: "AAAA"}, {h: "no base64"}, {h: hex(lineSecret, body)}, {h: strings.Repeat("A", 43) + "="}}
		}
		h := "X-Hub-Signature-256"
		return []map[string]string{{}, {h: ""}, {h: "sha256="}, {h: "sha256=zz"}, {h: hex("wrong", body)}, {h: hex(whatsappSecret, body+" ")}, {h: hex(whatsappSecret, body)[7:]}}
	}
	forged := 0
	for i := range 55 {
		for id, body := range bodies {
			for _, h := range forgeries(id, body) {
				if status := n.forge(id, body, h); status != http.StatusForbidden && status != http.StatusUnauthorized {
					t.Fatalf("%s with %v is answered %d", id, h, status)
				}
				forged++
			}
		}
		user := int64(700000100 + i)
		s.pass(time.Second)
		if status := n.hook(t, "telegram", onTelegram(1000+i, user, s.Now(), `"text":"hello"`)); status != http.StatusOK {
			t.Fatalf("the %dth good one is answered %d", i, status)
		}
	}
	s.settle()
	if forged < 1000 {
		t.Errorf("only %d forgeries", forged)
	}
	if got := s.e.Counted("webhooks_forged"); got != int64(forged) {
		t.Errorf("%d of %d forgeries are counted", got, forged)
	}
	if got := n.phones(); len(got) != 55 {
		t.Errorf("%d of 55 workers are answered", len(got))
	}
	for id, user := range map[channels.ID]string{"telegram": "666", "line": "U666", "whatsapp": "666"} {
		if _, _, err := s.e.Store.Look(t.Context(), channels.Address{Channel: id, User: user}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: a forged message has begun a conversation: %v", id, err)
		}
	}
}

// agreed brings a worker on Telegram to the menu, after consent.
func (s *stage) agreed(n *internet, user int64) {
	s.Helper()
	n.hook(s, "telegram", onTelegram(int(user%1000)*1000, user, s.Now(), `"text":"hello"`))
	s.settle()
	for i, press := range []string{"language:en", "safety:yes", "consent:agree"} {
		n.hook(s, "telegram", pressedOnTelegram(int(user%1000)*1000+i+1, user, press))
		s.settle()
	}
	if _, session := s.look("telegram", fmt.Sprint(user)); session.State != "menu" {
		s.Fatalf("in %s", session.State)
	}
	n.phones()
}

// T14: whatever is no plain text leaves a trace that a caseworker can see, and
// of a text that was changed both versions are kept.
func TestOddThingsLeaveTraces(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	s.agreed(n, 700000001)
	person := `"from":{"id":700000001},"chat":{"id":700000001,"type":"private"}`
	date := s.Now().Unix()
	for _, u := range []string{
		onTelegram(11, 700000001, s.Now(), `"text":"they owe us for 2 months of overtime"`),
		fmt.Sprintf(`{"update_id":12,"edited_message":{"message_id":11,"date":%d,"edit_date":%d,%s,"text":"they owe us for 3 months of overtime"}}`, date, date+9, person),
		fmt.Sprintf(`{"update_id":13,"message_reaction":{"message_id":1001,"date":%d,"user":{"id":700000001},"chat":{"id":700000001,"type":"private"},"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}}`, date),
		onTelegram(14, 700000001, s.Now(), `"poll":{"id":"5","question":"Who was not paid?","options":[{"text":"me","voter_count":0}]}`),
		onTelegram(15, 700000001, s.Now(), `"contact":{"phone_number":"+66811112222","first_name":"Ko","last_name":"Min"}`),
		onTelegram(16, 700000001, s.Now(), `"sticker":{"file_id":"st","file_unique_id":"st","type":"regular","width":5,"height":5,"is_animated":false,"is_video":false,"emoji":"😢"}`),
		onTelegram(17, 700000001, s.Now(), `"a_kind_of_next_year":{"x":1}`),
	} {
		if status := n.hook(t, "telegram", u); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		s.settle()
	}
	said, _ := s.transcript("telegram", "700000001")
	var got []string
	for _, ev := range said {
		if len(ev.ID) == 2 { // not those that led to the menu
			got = append(got, fmt.Sprintf("%s %s %s", ev.Kind, ev.What, strings.ReplaceAll(ev.Text, "\n", " ")))
		}
	}
	want := []string{
		"said  they owe us for 2 months of overtime", "edited  they owe us for 3 months of overtime", "reacted  👍",
		"said poll Who was not paid?", "said contact Ko Min +66811112222", "said sticker ", "odd a_kind_of_next_year ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the transcript says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	_, session := s.look("telegram", "700000001")
	var story []string
	for _, p := range session.Draft.Story {
		story = append(story, p.Text)
	}
	if all := strings.Join(story, "|"); !strings.Contains(all, "2 months") || !strings.Contains(all, "3 months") || !strings.Contains(all, "+66811112222") || !strings.Contains(all, "Who was not paid?") {
		t.Errorf("the report holds %q", story)
	}
}

// T14, where a worker can take messages back: of what was said nothing is left
// but that something was.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	from := `"from":"66811112222","from_user_id":"TH.9000000001"`
	send := func(id, what string) {
		t.Helper()
		s.pass(5 * time.Second)
		if status := n.hook(t, "whatsapp", onWhatsApp(change("", wamessage(id, s.Now(), from, what)))); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		s.settle()
	}
	press := func(id, value string) {
		t.Helper()
		send(id, fmt.Sprintf(`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":%q,"title":"x"}}`, value))
	}
	send("1", `"type":"text","text":{"body":"hello"}`)
	press("2", "language:en")
	press("3", "safety:yes")
	press("4", "consent:agree")
	send("5", `"type":"text","text":{"body":"Mr Somchai locked the door of the dormitory"}`)
	send("6", `"type":"text","text":{"body":"the food is bad as well, and the water"}`)
	send("7", `"type":"revoke","revoke":{"original_message_id":"wamid.5"}`)
	send("8", `"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown"}]`)
	said, _ := s.transcript("whatsapp", "TH.9000000001")
	var got []string
	for _, ev := range said[4:] {
		got = append(got, fmt.Sprintf("%s %s %s %s", ev.Message, ev.Kind, ev.What, ev.Text))
	}
	want := []string{"wamid.5 said  ", "wamid.6 said  the food is bad as well, and the water", "wamid.5 unsent  ", "wamid.8 odd unsupported "}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the transcript says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	_, session := s.look("whatsapp", "TH.9000000001")
	if len(session.Draft.Story) != 1 || !strings.Contains(session.Draft.Story[0].Text, "food") {
		t.Errorf("%d parts are left in the report", len(session.Draft.Story))
	}
}

// T15: Meta names a worker by an id of its own, then by that and the telephone
// number, then by the number alone: it is one worker.
func TestTwoNamesOneWorker(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	send := func(id, contact, from string) {
		t.Helper()
		s.pass(time.Minute)
		body := onWhatsApp(change(contact, wamessage(id, s.Now(), from, `"type":"text","text":{"body":"a story told in three parts, this is one"}`)))
		if status := n.hook(t, "whatsapp", body); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		s.settle()
	}
	send("1", `{"user_id":"TH.9000000001"}`, `"from_user_id":"TH.9000000001"`)
	first, _ := s.look("whatsapp", "TH.9000000001")
	send("2", `{"wa_id":"66811112222","user_id":"TH.9000000001"}`, `"from":"66811112222","from_user_id":"TH.9000000001"`)
	send("3", `{"wa_id":"66811112222"}`, `"from":"66811112222"`)
	for _, user := range []string{"TH.9000000001", "66811112222"} {
		c, session := s.look("whatsapp", user)
		said, _ := s.transcript("whatsapp", user)
		if c.Worker != first.Worker || len(said) != 3 || len(session.Early) != 3 {
			t.Errorf("by one name another worker is found, or not all: %d messages, %d kept, same: %v", len(said), len(session.Early), c.Worker == first.Worker)
		}
	}
	got := n.phones()
	if len(got) != 3 || got[0].to != "TH.9000000001" || got[2].to != "66811112222" {
		t.Errorf("answers go to %v", got)
	}
}
