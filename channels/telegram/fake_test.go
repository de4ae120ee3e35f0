package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// A fake stands in for api.telegram.org. It refuses what Telegram would refuse.
type fake struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	calls  []call
	files  map[string]string // content by path
	answer func(c call) (status int, body string)
}

// A call is one request as the fake has read it.
type call struct {
	method string
	params map[string]any
	file   *upload // of sendPhoto and the like
}

type upload struct{ field, name, kind, content string }

// newFake returns a Telegram that says yes to every valid request, and an
// adapter that knows no other.
func newFake(t testing.TB) (*fake, *Adapter) {
	f := &fake{t: t, files: map[string]string{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f, newAdapter(t, f.URL)
}

// says makes f answer every valid request so.
func (f *fake) says(status int, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = func(call) (int, string) { return status, body }
}

// made returns the calls of a method so far.
func (f *fake) made(method string) (cs []call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.method == method {
			cs = append(cs, c)
		}
	}
	return cs
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if path, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+token+"/"); ok {
		f.mu.Lock()
		content, have := f.files[path]
		f.mu.Unlock()
		if !have {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, content)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+token+"/")
	if !ok {
		refuse(w, 401, "Unauthorized")
		return
	}
	c, err := parse(r)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return // the request was given up
	}
	c.method = method
	if err == nil {
		err = c.check()
	}
	if err != nil {
		f.t.Errorf("%s: Telegram would refuse this: %v", method, err)
		refuse(w, 400, "Bad Request: "+err.Error())
		return
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	answer := f.answer
	f.mu.Unlock()
	status, body := 200, usual[method]
	if answer != nil {
		status, body = answer(c)
	}
	if body == "" {
		body = `{"ok":true,"result":true}`
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
}

const sentMessage = `{"ok":true,"result":{"message_id":77,"date":1795000000,"chat":{"id":700000001,"type":"private"}}}`

var usual = map[string]string{
	"getMe":       `{"ok":true,"result":{"id":4242,"is_bot":true,"first_name":"Voice","username":"voice_example_bot"}}`,
	"sendMessage": sentMessage, "sendPhoto": sentMessage, "sendVoice": sentMessage,
	"sendAudio": sentMessage, "sendVideo": sentMessage, "sendDocument": sentMessage,
}

func refuse(w http.ResponseWriter, code int, words string) {
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":%q}`, code, words)
}

// parse reads a request as Telegram does: JSON, or a form in which what is no
// string is written as JSON.
func parse(r *http.Request) (c call, err error) {
	kind, ps, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		d := json.NewDecoder(r.Body)
		d.UseNumber()
		return c, d.Decode(&c.params)
	}
	if kind != "multipart/form-data" {
		return c, fmt.Errorf("content type %q", kind)
	}
	c.params = map[string]any{}
	for parts := multipart.NewReader(r.Body, ps["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			return c, nil
		} else if err != nil {
			return c, err
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return c, err
		}
		if p.FileName() != "" {
			c.file = &upload{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(b)}
			continue
		}
		c.params[p.FormName()] = string(b)
		switch p.FormName() {
		case "chat_id", "duration", "disable_notification", "protect_content", "reply_markup":
			d := json.NewDecoder(strings.NewReader(string(b)))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				return c, err
			}
			c.params[p.FormName()] = v
		}
	}
}

// fields are those that Bot API 10.1 has and we use.
var fields = map[string][]string{
	"getMe":               {},
	"getWebhookInfo":      {},
	"getUpdates":          {"offset", "timeout", "allowed_updates"},
	"setWebhook":          {"url", "secret_token", "max_connections", "allowed_updates"},
	"deleteWebhook":       {},
	"setMyCommands":       {"commands", "scope", "language_code"},
	"answerCallbackQuery": {"callback_query_id"},
	"deleteMessage":       {"chat_id", "message_id"},
	"deleteMessages":      {"chat_id", "message_ids"},
	"getFile":             {"file_id"},
	"leaveChat":           {"chat_id"},
	"sendMessage":         {"chat_id", "text", "link_preview_options", "disable_notification", "protect_content", "reply_markup"},
	"sendPhoto":           {"chat_id", "caption", "disable_notification", "protect_content", "reply_markup"},
	"sendDocument":        {"chat_id", "caption", "disable_notification", "protect_content", "reply_markup"},
	"sendVoice":           {"chat_id", "caption", "duration", "disable_notification", "protect_content", "reply_markup"},
	"sendAudio":           {"chat_id", "caption", "duration", "disable_notification", "protect_content", "reply_markup"},
	"sendVideo":           {"chat_id", "caption", "duration", "disable_notification", "protect_content", "reply_markup"},
}

func (c call) check() error {
	known, ok := fields[c.method]
	if !ok {
		return fmt.Errorf("no method %s", c.method)
	}
	for k := range c.params {
		if !slices.Contains(known, k) {
			return fmt.Errorf("no field %s", k)
		}
	}
	if slices.Contains(known, "chat_id") {
		n, _ := c.params["chat_id"].(json.Number)
		if _, err := strconv.ParseInt(n.String(), 10, 64); err != nil {
			return fmt.Errorf("chat_id is no number")
		}
	}
	if field, ok := strings.CutPrefix(c.method, "send"); ok && c.method != "sendMessage" {
		if c.file == nil || c.file.field != strings.ToLower(field) {
			return fmt.Errorf("no file in field %s", strings.ToLower(field))
		}
	}
	for field, most := range map[string]int{"text": 4096, "caption": 1024} {
		s, have := c.params[field].(string)
		if n := len(utf16.Encode([]rune(s))); have && (n == 0 || n > most) || !have && field == "text" && c.method == "sendMessage" {
			return fmt.Errorf("%s of %d units", field, n)
		}
	}
	if ids, ok := c.params["message_ids"].([]any); ok && (len(ids) == 0 || len(ids) > 100) {
		return fmt.Errorf("%d message_ids", len(ids))
	}
	return checkKeys(c.params["reply_markup"])
}

func checkKeys(markup any) error {
	m, ok := markup.(map[string]any)
	if !ok {
		return nil
	}
	rows, ok := m["inline_keyboard"].([]any)
	if !ok || len(m) != 1 {
		return fmt.Errorf("no inline keyboard")
	}
	for _, row := range rows {
		for _, b := range row.([]any) {
			b := b.(map[string]any)
			data, _ := b["callback_data"].(string)
			if len(b) != 2 || b["text"] == "" || len(data) == 0 || len(data) > 64 {
				return fmt.Errorf("a button without a label or with other than one action of 1 to 64 bytes")
			}
		}
	}
	return nil
}
