package whatsapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

// A graph plays the Graph API for one number, and refuses what Meta would.
type graph struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	sent     []map[string]any // bodies of messages, in order
	uploads  []upload
	requests []string
	answer   http.HandlerFunc // stands in for the answer, where set
}

type upload struct{ kind, field, content string }

func play(t *testing.T) *graph {
	g := &graph{t: t}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// adapter returns an adapter that talks to g.
func (g *graph) adapter(change func(*whatsapp.Config)) *whatsapp.Adapter {
	g.t.Helper()
	return adapter(g.t, func(c *whatsapp.Config) {
		c.URL = g.URL
		if change != nil {
			change(c)
		}
	})
}

var userAgent = regexp.MustCompile(`^[a-zA-Z0-9\-_]+/[0-9]+\.[0-9]+\.[0-9]+$`)

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, r.Method+" "+r.URL.RequestURI())
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		refuse(w, 401, 190, "Invalid OAuth access token")
		return
	case strings.Contains(r.URL.RawQuery, "access_token"):
		g.t.Error("the token stands in the address")
	case !userAgent.MatchString(r.UserAgent()):
		g.t.Errorf("user agent %q", r.UserAgent())
	}
	if g.answer != nil {
		g.answer(w, r)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /v23.0/" + phoneID + "/messages":
		g.message(w, r)
	case "POST /v23.0/" + phoneID + "/media":
		g.upload(w, r)
	case "GET /v23.0/" + phoneID:
		fmt.Fprint(w, `{"display_phone_number":"+66 2000 00001","id":"`+phoneID+`"}`)
	case "POST /v23.0/" + wabaID + "/subscribed_apps":
		fmt.Fprint(w, `{"success":true}`)
	default:
		g.t.Errorf("no such address: %s %s", r.Method, r.URL.Path)
		refuse(w, 404, 2500, "Unknown path components")
	}
}

// refuse answers as Meta does, with words that must go no further.
func refuse(w http.ResponseWriter, status, code int, words string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"message":"(#%d) %s","type":"OAuthException","code":%d,"error_data":{"messaging_product":"whatsapp","details":%q},"fbtrace_id":"Afbtrace"}}`, code, words, code, words)
}

func (g *graph) message(w http.ResponseWriter, r *http.Request) {
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		g.t.Errorf("content type %q", ct)
	}
	if r.ContentLength <= 0 {
		g.t.Error("no content length")
	}
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		refuse(w, 400, 100, "not JSON")
		return
	}
	if why := g.wrong(m); why != "" {
		refuse(w, 400, 100, why)
		return
	}
	g.sent = append(g.sent, m)
	fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":"x"}],"messages":[{"id":"wamid.%d","message_status":"accepted"}]}`, len(g.sent))
}

var (
	number = regexp.MustCompile(`^\+?\d{7,15}$`)
	scoped = regexp.MustCompile(`^[A-Z]{2}\.`)
)

// wrong says what Meta would find at fault with m.
func (g *graph) wrong(m map[string]any) string {
	to, isTo := m["to"].(string)
	recipient, isRecipient := m["recipient"].(string)
	kind, _ := m["type"].(string)
	key, _ := m["biz_opaque_callback_data"].(string)
	content, _ := m[kind].(map[string]any)
	switch {
	case m["messaging_product"] != "whatsapp" || m["recipient_type"] != "individual":
		return "product or type of recipient"
	case isTo == isRecipient, isTo && !number.MatchString(to), isRecipient && !scoped.MatchString(recipient):
		return "recipient " + to + recipient
	case len(key) > 512:
		return "biz_opaque_callback_data"
	case content == nil || len(m) > 6:
		return "content of " + kind
	}
	switch kind {
	case "text":
		if body, _ := content["body"].(string); body == "" || length(body) > 4096 || content["preview_url"] != false {
			return "text"
		}
	case "interactive":
		return g.wrongChoices(content)
	case "image", "audio", "video", "document":
		return g.wrongFile(kind, content)
	case "template":
	default:
		return "type " + kind
	}
	return ""
}

func (g *graph) wrongFile(kind string, content map[string]any) string {
	id, _ := content["id"].(string)
	caption, _ := content["caption"].(string)
	_, name := content["filename"]
	_, voice := content["voice"]
	switch {
	case !strings.HasPrefix(id, "media-") || id != fmt.Sprintf("media-%d", len(g.uploads)):
		return "media id " + id
	case length(caption) > 1024, caption != "" && kind == "audio", name && kind != "document", voice && kind != "audio":
		return "caption, filename or voice of " + kind
	}
	return ""
}

func (g *graph) wrongChoices(q map[string]any) string {
	at := func(v any, key string) any { m, _ := v.(map[string]any); return m[key] }
	body, _ := at(q["body"], "text").(string)
	if strings.TrimSpace(body) == "" || length(body) > 1024 {
		return "body"
	}
	ids, titles := map[any]bool{}, map[any]bool{}
	check := func(r any, titleMax, idMax int) string {
		id, _ := at(r, "id").(string)
		title, _ := at(r, "title").(string)
		desc, _ := at(r, "description").(string)
		if id == "" || len(id) > idMax || ids[id] || strings.TrimSpace(title) == "" || length(title) > titleMax || length(desc) > 72 {
			return "choice " + title
		}
		if ids[id] = true; titles[title] && q["type"] == "button" {
			return "two buttons with one label"
		}
		titles[title] = true
		return ""
	}
	switch q["type"] {
	case "button":
		buttons, _ := at(q["action"], "buttons").([]any)
		if len(buttons) < 1 || len(buttons) > 3 {
			return "number of buttons"
		}
		for _, b := range buttons {
			if why := check(at(b, "reply"), 20, 256); why != "" || at(b, "type") != "reply" || at(at(b, "reply"), "description") != nil {
				return "button: " + why
			}
		}
		if h := q["header"]; h != nil {
			kind, _ := at(h, "type").(string)
			content, _ := at(h, kind).(map[string]any)
			return g.wrongFile(kind, content)
		}
	case "list":
		open, _ := at(q["action"], "button").(string)
		sections, _ := at(q["action"], "sections").([]any)
		if strings.TrimSpace(open) == "" || length(open) > 20 || len(sections) != 1 || q["header"] != nil {
			return "list"
		}
		rows, _ := at(sections[0], "rows").([]any)
		if len(rows) < 1 || len(rows) > 10 {
			return "number of rows"
		}
		for _, r := range rows {
			if why := check(r, 24, 200); why != "" {
				return why
			}
		}
	default:
		return "interactive type"
	}
	return ""
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

func (g *graph) upload(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength <= 0 {
		g.t.Error("an upload of undeclared length")
	}
	mr, err := r.MultipartReader()
	if err != nil {
		refuse(w, 400, 100, "not multipart")
		return
	}
	fields, u := map[string]string{}, upload{}
	for {
		p, err := mr.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			g.t.Error(err)
			return
		}
		b, _ := io.ReadAll(p)
		if p.FormName() == "file" {
			u.content, u.kind = string(b), p.Header.Get("Content-Type")
			if p.FileName() == "" {
				g.t.Error("a file part without a file name is taken for a field")
			}
			continue
		}
		fields[p.FormName()] = string(b)
	}
	u.field = fields["type"]
	if _, _, err := mime.ParseMediaType(u.kind); err != nil || fields["messaging_product"] != "whatsapp" {
		refuse(w, 400, 100, "fields of the upload")
		return
	}
	g.uploads = append(g.uploads, u)
	fmt.Fprintf(w, `{"id":"media-%d"}`, len(g.uploads))
}

// asked returns what was asked of g so far.
func (g *graph) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// send sends m and returns the body that g got of it.
func (g *graph) send(a *whatsapp.Adapter, m channels.Outbound) map[string]any {
	g.t.Helper()
	before := len(g.sent)
	id, err := a.Send(context.Background(), m)
	if err != nil {
		g.t.Fatal(err)
	}
	if len(g.sent) != before+1 || id != fmt.Sprintf("wamid.%d", len(g.sent)) {
		g.t.Fatalf("%d messages, id %q", len(g.sent)-before, id)
	}
	return g.sent[before]
}
