package bot

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/flows"
)

// canaries are what no log, no figure and no file may hold in clear.
var canaries = []string{
	"Canary", "canary", "700000001", "66811112222", "81 234 5678", "Uworker", "TH.9000000001", "wamid.", "mango", "Somchai", "beat me", "locked the door",
	"ဘောစိ", "ဗိုလ်ချုပ်", "13.7563", "https://friend.example/f/", telegramToken, lineToken, whatsappToken,
}

// T20: workers on three platforms tell all there is to tell: names, numbers, a
// secret word, places, photos, voice notes, danger; the platforms refuse, break
// off and quote what they were sent; webhooks are garbage. Nothing of it stands
// in the log, in the figures or in any file.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	s, n := onInternet(t)
	s.now = time.Now() // Telegram does not say when a button was pressed
	putLink(s)
	calls := 0
	n.refuse = func(path, body string) (int, string) {
		quoted := fmt.Sprintf(`\"%s\" for 700000001 at %s`, strings.NewReplacer(`\`, "", `"`, "'", "\n", " ").Replace(body), path)
		switch calls++; calls % 9 {
		case 1:
			return -1, "" // broken off
		case 3:
			return 500, "oops: " + quoted
		case 4:
			return 400, fmt.Sprintf(`{"ok":false,"error_code":400,"description":"Bad Request: %s","message":"%s","error":{"message":"%s","code":100}}`, quoted, quoted, quoted)
		case 6:
			return 429, `{"ok":false,"error_code":429,"description":"Too Many Requests: ` + quoted + `","parameters":{"retry_after":1},"error":{"code":130429,"message":"` + quoted + `"}}`
		case 8:
			return 403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user","error":{"code":10,"message":"` + quoted + `"}}`
		}
		return 0, ""
	}
	for _, w := range []*teller{
		{s: s, n: n, ch: "telegram", user: "700000001"}, {s: s, n: n, ch: "line", user: "Uworker"}, {s: s, n: n, ch: "whatsapp", user: "TH.9000000001"},
	} {
		w.tell()
	}
	for _, id := range []channels.ID{"telegram", "line", "whatsapp"} {
		n.hook(t, id, `{"message":{"text":"Somchai Canary"`)
		n.forge(id, `{"text":"Somchai Canary"}`, map[string]string{"X-Line-Signature": lineSecret})
		n.hook(t, id, `["Somchai Canary"]`)
	}
	s.pass(24 * time.Hour)

	var figures bytes.Buffer
	if err := s.e.Metrics(&figures); err != nil {
		t.Fatal(err)
	}
	clear := map[string]string{"the log": s.log.String(), "the figures": figures.String()}
	if !strings.Contains(clear["the log"], "err=") || !strings.Contains(clear["the figures"], "messages_refused") {
		t.Errorf("nothing went wrong: this shows little\n%s", clear["the log"])
	}
	s.files(clear)
	if err := s.e.Store.Close(); err != nil {
		t.Fatal(err)
	}
	s.files(clear)
	if len(clear) < 6 {
		t.Errorf("only %d files are looked at", len(clear)-2)
	}
	for where, text := range clear {
		for _, c := range canaries {
			if i := strings.Index(text, c); i >= 0 {
				t.Errorf("%q stands in %s: …%q…", c, where, text[max(i-60, 0):min(i+60, len(text))])
			}
		}
	}
}

// files adds every file below the folder of the store.
func (s *stage) files(clear map[string]string) {
	s.Helper()
	dir := filepath.Dir(s.file)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		clear[path[len(dir):]] += string(b) + path[len(dir):]
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

// A teller is a worker who tells all there is to tell.
type teller struct {
	s        *stage
	n        *internet
	ch       channels.ID
	user     string
	messages int
}

// tell answers every question of a report, and then some.
func (w *teller) tell() {
	w.s.Helper()
	w.say("Hello K7M2QX42, I am Somchai Canary")
	for range 80 {
		_, session := w.s.look(w.ch, w.user)
		if session.State == "sent" {
			break
		}
		switch cs, _ := flows.Choices(session); session.State {
		case "language":
			w.press("language:my")
		case "story":
			w.say("Somchai Canary beat me and locked the door. ဘောစိ က ရိုက်တယ်။ call +66 81 234 5678")
			w.send("voice")
			w.send("photo")
			w.press("story:done")
		case "area", "site", "agency", "name":
			w.say("Canary Seafood, Somchai, ဗိုလ်ချုပ် လမ်း")
		case "word":
			w.say("mango tree")
		case "photo":
			w.send("photo")
			w.press("photo:done")
		case "more":
			w.press("more:no_more")
		case "quick":
			w.press("quick:answer_now")
		default:
			w.press(cs[0].Value)
		}
	}
	if _, session := w.s.look(w.ch, w.user); session.State != "sent" {
		w.s.Fatalf("on %s the report is not sent: in %s", w.ch, session.State)
	}
	w.press("sent:menu")
	w.press("menu:danger")
	w.send("place")
	w.say("behind the Canary kitchen")
	w.press("danger:not_danger")
	w.press("menu:person")
	w.say("my number is 66811112222, ask for Somchai")
	w.press("person:menu")
	w.press("menu:share")
	w.press("menu:settings")
	w.press("settings:mydata")
	w.press("menu:settings")
	w.press("settings:channel")
	w.say("wrong word canary")
}

func (w *teller) say(text string) { w.send(fmt.Sprintf(`text %q`, text)) }

func (w *teller) press(value string) { w.send("press " + value) }

// send posts what the worker does as the platform would.
func (w *teller) send(what string) {
	w.s.Helper()
	w.messages++
	w.s.later(10 * time.Second)
	kind, arg, _ := strings.Cut(what, " ")
	var body string
	switch at := w.s.Now(); w.ch {
	case "telegram":
		body = onTelegram(w.messages, 700000001, at, map[string]string{
			"text": `"text":` + arg, "voice": `"voice":{"file_id":"voice-canary","file_unique_id":"v","duration":9,"mime_type":"audio/ogg"}`,
			"photo": `"photo":[{"file_id":"photo-canary","file_unique_id":"u","width":8,"height":6}],"caption":"the door that Somchai locked"`,
			"place": `"location":{"latitude":13.7563,"longitude":100.5018}`,
		}[kind])
		if kind == "press" {
			body = pressedOnTelegram(w.messages, 700000001, arg)
		}
	case "line":
		body = onLINE(w.messages, w.user, at, map[string]string{
			"text": `"type":"text","text":` + arg, "voice": `"type":"audio","duration":9000,"contentProvider":{"type":"line"}`,
			"photo": `"type":"image","contentProvider":{"type":"line"}`, "place": `"type":"location","title":"Canary","address":"Canary Road","latitude":13.7563,"longitude":100.5018`,
		}[kind])
		if kind == "press" {
			body = fmt.Sprintf(`{"destination":"Ufriend","events":[{"webhookEventId":"ev%d","type":"postback","timestamp":%d,"replyToken":"reply-canary%d","source":{"type":"user","userId":%q},"postback":{"data":%q}}]}`,
				w.messages, at.UnixMilli(), w.messages, w.user, arg)
		}
	default:
		body = onWhatsApp(change(`{"profile":{"name":"Somchai Canary"},"wa_id":"66811112222","user_id":"TH.9000000001"}`,
			wamessage(fmt.Sprint("HBgL66811112222", w.messages), at, `"from":"66811112222","from_user_id":"TH.9000000001"`, map[string]string{
				"text": `"type":"text","text":{"body":` + arg + `}`, "voice": `"type":"audio","audio":{"id":"voice-canary","mime_type":"audio/ogg","voice":true}`,
				"photo": `"type":"image","image":{"id":"photo-canary","mime_type":"image/jpeg","caption":"the door that Somchai locked"}`,
				"place": `"type":"location","location":{"latitude":13.7563,"longitude":100.5018,"name":"Canary"}`,
				"press": fmt.Sprintf(`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":%q,"title":"x"}}`, arg),
			}[kind])))
	}
	if status := w.n.hook(w.s, w.ch, body); status != 200 {
		w.s.Fatalf("%s on %s is answered %d", kind, w.ch, status)
	}
	w.s.settle()
}
