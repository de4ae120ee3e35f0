package bot

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/channels/line"
	"workervoice/channels/telegram"
	"workervoice/channels/whatsapp"
)

// What the three accounts are known by. None may turn up in a log or a file.
const (
	telegramToken  = "4242:AAtelegramtokencanary"
	telegramSecret = "telegram-secret-canary"
	lineToken      = "line-token-canary"
	lineSecret     = "line-secret-canary"
	whatsappToken  = "EAAwhatsapptokencanary"
	whatsappSecret = "whatsapp-secret-canary"
	verifyToken    = "verify-token-canary"
	phoneID        = "500600700800900"
)

// An internet plays, over real HTTP, what the servers of the three platforms
// do with what they are sent.
type internet struct {
	*httptest.Server
	mu    sync.Mutex
	seen  []seen
	spent map[string]bool // LINE's reply tokens, and its retry keys, each good for once
	calls int
	hears http.Handler      // where webhooks go
	by    string            // the address by which the bot reaches it, where that is another
	takes func(body string) // told of every message that WhatsApp takes

	// refuse says what is answered instead; a status below zero breaks the
	// connection, zero lets the request pass.
	refuse func(path, body string) (status int, answer string)
}

// A seen is a message that stands on a worker's phone.
type seen struct {
	to, text string
	reply    bool // with a reply token of LINE's, at no cost
}

func newInternet(t testing.TB) *internet {
	n := &internet{spent: map[string]bool{}}
	n.Server = httptest.NewServer(n)
	t.Cleanup(n.Close)
	return n
}

// accounts returns the real adapters of one account on each platform.
func (n *internet) accounts(s *stage) []channels.Adapter {
	url := cmp.Or(n.by, n.URL)
	t, err := telegram.New(telegram.Config{ID: "telegram", Token: telegramToken, Secret: telegramSecret, URL: url, Bot: "friend_bot"})
	if err != nil {
		s.Fatal(err)
	}
	l, err := line.New(line.Config{ID: "line", Token: lineToken, Secret: lineSecret, URL: url, DataURL: url, BasicID: "@friend", Now: s.Now})
	if err != nil {
		s.Fatal(err)
	}
	w, err := whatsapp.New(whatsapp.Config{ID: "whatsapp", Token: whatsappToken, AppSecret: whatsappSecret, VerifyToken: verifyToken, PhoneID: phoneID, URL: url, Number: "66200000001", Now: s.Now})
	if err != nil {
		s.Fatal(err)
	}
	return []channels.Adapter{t, l, w}
}

// onInternet returns a stage whose channels are real adapters.
func onInternet(t *testing.T) (*stage, *internet) {
	t.Helper()
	n := newInternet(t)
	s := newLiveStage(t, n.accounts)
	n.hears = hearing(s)
	return s, n
}

// hearing takes webhooks to the stage's engine.
func hearing(s *stage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		snd := s.e.senders[channels.ID(strings.TrimPrefix(r.URL.Path, "/hook/"))]
		s.e.Webhook(snd.a).ServeHTTP(w, r)
	})
}

func (n *internet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/hook/") {
		n.hears.ServeHTTP(w, r)
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil { // it broke off
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	if n.refuse != nil {
		switch status, answer := n.refuse(r.URL.Path, string(b)); {
		case status < 0:
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				c.Close()
			}
			return
		case status > 0:
			w.WriteHeader(status)
			io.WriteString(w, answer)
			return
		}
	}
	switch p := r.URL.Path; {
	case strings.HasPrefix(p, "/bot"+telegramToken+"/"):
		n.telegram(w, strings.TrimPrefix(p, "/bot"+telegramToken+"/"), b)
	case strings.HasPrefix(p, "/v2/bot/message/") && r.Method == http.MethodPost:
		n.line(w, r, b)
	case p == "/v23.0/"+phoneID+"/messages":
		n.whatsapp(w, b)
	case strings.HasPrefix(p, "/v23.0/"): // an attachment's address
		fmt.Fprintf(w, `{"url":"%s/content/%s","mime_type":"audio/ogg"}`, n.URL, strings.TrimPrefix(p, "/v23.0/"))
	case p == "/v2/bot/message/quota":
		io.WriteString(w, `{"type":"limited","value":200}`)
	case p == "/v2/bot/message/quota/consumption":
		io.WriteString(w, `{"totalUsage":190}`)
	case r.Method == http.MethodGet: // and its content
		io.WriteString(w, "sound of canary at "+p)
	default:
		http.NotFound(w, r)
	}
}

func (n *internet) telegram(w io.Writer, method string, b []byte) {
	var m struct {
		Chat json.Number `json:"chat_id"`
		Text string      `json:"text"`
		File string      `json:"file_id"`
	}
	_ = json.Unmarshal(b, &m)
	switch method {
	case "sendMessage":
		n.seen = append(n.seen, seen{to: m.Chat.String(), text: m.Text})
		fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d}}`, 1000+len(n.seen))
	case "getFile":
		fmt.Fprintf(w, `{"ok":true,"result":{"file_id":"x","file_path":"voice/%s"}}`, m.File)
	default:
		io.WriteString(w, `{"ok":true,"result":true}`)
	}
}

func (n *internet) line(w http.ResponseWriter, r *http.Request, b []byte) {
	var m struct {
		ReplyToken, To string
		Messages       []json.RawMessage
	}
	_ = json.Unmarshal(b, &m)
	once := m.ReplyToken
	if strings.HasSuffix(r.URL.Path, "/push") {
		once = r.Header.Get("X-Line-Retry-Key")
	}
	if n.spent[once] {
		if m.ReplyToken != "" {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"message":"Invalid reply token"}`)
			return
		}
		w.Header().Set("X-Line-Accepted-Request-Id", "before")
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, `{"message":"The retry key is already accepted"}`)
		return
	}
	n.spent[once] = true
	for _, one := range m.Messages {
		n.seen = append(n.seen, seen{to: m.To, text: string(one), reply: m.ReplyToken != ""})
	}
	fmt.Fprintf(w, `{"sentMessages":[{"id":"%d"}]}`, 1000+len(n.seen))
}

func (n *internet) whatsapp(w io.Writer, b []byte) {
	var m struct{ To, Recipient string }
	_ = json.Unmarshal(b, &m)
	n.seen = append(n.seen, seen{to: m.To + m.Recipient, text: string(b)})
	if n.takes != nil {
		n.takes(string(b))
	}
	fmt.Fprintf(w, `{"messages":[{"id":"wamid.ours%d"}]}`, len(n.seen))
}

// phones returns what has come to workers' phones since the last call.
func (n *internet) phones() []seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.seen
	n.seen = nil
	return got
}

// hook posts a webhook and returns the status that it is answered with.
func (n *internet) hook(t testing.TB, id channels.ID, body string) int {
	t.Helper()
	status, err := n.post(n.URL, id, body)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// post posts a webhook to the bot at an address.
func (n *internet) post(url string, id channels.ID, body string) (status int, err error) {
	resp, err := n.Client().Do(called(url, id, body))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// called is the request by which a platform calls the bot.
func called(url string, id channels.ID, body string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, url+"/hook/"+string(id), strings.NewReader(body))
	if err != nil {
		panic(err) // a test has made a wrong address
	}
	for k, v := range signed(id, body) {
		r.Header.Set(k, v)
	}
	return r
}

// signed are the headers by which a platform proves that a webhook is its own.
func signed(id channels.ID, body string) map[string]string {
	switch id {
	case "line":
		return map[string]string{"X-Line-Signature": base64.StdEncoding.EncodeToString(mac(lineSecret, body))}
	case "whatsapp":
		return map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac(whatsappSecret, body))}
	}
	return map[string]string{"X-Telegram-Bot-Api-Secret-Token": telegramSecret}
}

// forge hands over a webhook with headers of its own, and returns the status
// that it is answered with. It spares the network, where a thousand of them
// would spend most of their time.
func (n *internet) forge(id channels.ID, body string, headers map[string]string) int {
	r := httptest.NewRequest(http.MethodPost, "/hook/"+string(id), strings.NewReader(body))
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	n.hears.ServeHTTP(w, r)
	return w.Code
}

func mac(secret, body string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(body))
	return h.Sum(nil)
}

// onTelegram is an update with a message of a worker: what is the part of it
// that says what the message is, such as "text":"hello".
func onTelegram(update int, user int64, at time.Time, what string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":%d,"from":{"id":%d,"first_name":"Canary","language_code":"en"},"chat":{"id":%d,"type":"private"},%s}}`,
		update, update, at.Unix(), user, user, what)
}

// pressedOnTelegram is an update with a press of a button.
func pressedOnTelegram(update int, user int64, value string) string {
	return fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"cb%d","from":{"id":%d},"message":{"message_id":1,"chat":{"id":%d,"type":"private"}},"data":%q}}`, update, update, user, user, value)
}

// onLINE is a webhook with one message of a worker, and a right to reply.
func onLINE(id int, user string, at time.Time, what string) string {
	return fmt.Sprintf(`{"destination":"Ufriend","events":[{"webhookEventId":"ev%d","type":"message","timestamp":%d,"replyToken":"reply%d","source":{"type":"user","userId":%q},"message":{"id":"%d",%s}}]}`,
		id, at.UnixMilli(), id, user, id, what)
}

// onWhatsApp is a webhook with changes of the number.
func onWhatsApp(changes ...string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"3","changes":[` + strings.Join(changes, ",") + `]}]}`
}

// change is one change with messages, and what is known of the worker's names.
func change(contact string, messages ...string) string {
	return fmt.Sprintf(`{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"contacts":[%s],"messages":[%s]}}`, phoneID, contact, strings.Join(messages, ","))
}

// wamessage is a message in a change: from are its members that name the
// sender, what those that say what it is.
func wamessage(id string, at time.Time, from, what string) string {
	return fmt.Sprintf(`{"id":"wamid.%s","timestamp":"%d",%s,%s}`, id, at.Unix(), from, what)
}

// texts are what was said on one channel to one worker, oldest first.
func (s *stage) transcript(ch channels.ID, user string) (said []channels.Event, sent []channels.Outbound) {
	s.Helper()
	xs, err := s.e.Store.Transcript(s.Context(), channels.Address{Channel: ch, User: user}, 0, 1000)
	if err != nil {
		s.Fatal(err)
	}
	for _, x := range xs {
		said, sent = append(said, x.Said...), append(sent, x.Sent...)
	}
	return said, sent
}

// shows reports whether any of the messages holds words.
func shows(ms []seen, words string) bool {
	return slices.ContainsFunc(ms, func(m seen) bool { return strings.Contains(m.text, words) })
}
