package line

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
)

// A fakeLINE is LINE as its reference describes it, as far as we use it, and as
// strict as the real one.
type fakeLINE struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	alive    map[string]bool     // reply tokens: false once used
	accepted map[string]accepted // by retry key
	shown    []shown             // what the worker sees, oldest first
	requests []string            // method and path, of every request
	faults   []fault             // of the next requests that send
	quota    int                 // pushes left; below zero: any number
	pages    map[string]string   // answers to other requests: "status body"
	calls    map[string]string   // bodies of other requests
}

// An accepted push is answered with the same again.
type accepted struct{ id, answer string }

// A shown message is one request's worth on the worker's screen.
type shown struct {
	via, to, key string
	silent       bool
	objects      []map[string]any
}

// A fault is what goes wrong with one request.
type fault struct {
	status int    // answered instead; zero: the connection is cut
	body   string // with this
	header string // and this Retry-After
	late   bool   // but the message was taken
}

func newLINE(t testing.TB) *fakeLINE {
	f := &fakeLINE{t: t, alive: map[string]bool{}, accepted: map[string]accepted{}, quota: -1, pages: map[string]string{}, calls: map[string]string{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// adapter returns an adapter for f whose clock stands at noon.
func (f *fakeLINE) adapter(change func(*Config)) *Adapter {
	return newAdapter(f.t, func(c *Config) {
		c.URL, c.DataURL = f.URL, f.URL
		if change != nil {
			change(c)
		}
	})
}

// token gives a reply token.
func (f *fakeLINE) token(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alive[name] = true
	return name
}

// next says what goes wrong with the next requests that send.
func (f *fakeLINE) next(faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, faults...)
}

// asked lists the requests made.
func (f *fakeLINE) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// screen lists what the worker sees.
func (f *fakeLINE) screen() []shown {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.shown)
}

// sends counts the requests made to one of the two ways of sending.
func (f *fakeLINE) sends(way string) (n int) {
	for _, r := range f.asked() {
		if r == "POST /v2/bot/message/"+way {
			n++
		}
	}
	return n
}

func (f *fakeLINE) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	b, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	if r.Header.Get("Authorization") != "Bearer "+testToken {
		answerJSON(w, 401, `{"message":"Authentication failed."}`)
		return
	}
	if way, ok := strings.CutPrefix(r.URL.Path, "/v2/bot/message/"); !ok || r.Method != http.MethodPost || way != "reply" && way != "push" {
		f.page(w, r, string(b))
		return
	}
	var now fault
	if len(f.faults) > 0 {
		now, f.faults = f.faults[0], f.faults[1:]
		if !now.late {
			now.strike(w)
			return
		}
	}
	status, body := f.send(w, r, b)
	if now.late {
		now.strike(w)
		return
	}
	answerJSON(w, status, body)
}

// strike answers with the fault, or cuts the connection.
func (x fault) strike(w http.ResponseWriter) {
	if x.status == 0 {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
		return
	}
	if x.header != "" {
		w.Header().Set("Retry-After", x.header)
	}
	answerJSON(w, x.status, x.body)
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// page answers what does not send.
func (f *fakeLINE) page(w http.ResponseWriter, r *http.Request, body string) {
	what := r.Method + " " + r.URL.Path
	f.calls[what] = body
	status, text := 404, `{"message":"Not found"}`
	if p, ok := f.pages[what]; ok {
		if _, err := fmt.Sscan(p, &status); err != nil {
			f.t.Error(err)
		}
		text = p[4:]
	}
	answerJSON(w, status, text)
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// send does what reply and push do.
func (f *fakeLINE) send(w http.ResponseWriter, r *http.Request, b []byte) (int, string) {
	var in struct {
		ReplyToken           string
		To                   string
		Messages             []map[string]any
		NotificationDisabled bool
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || r.Header.Get("Content-Type") != "application/json" {
		return 400, `{"message":"The request body could not be parsed as JSON"}`
	}
	if faults := check(in.Messages); len(faults) > 0 {
		details, _ := json.Marshal(faults)
		return 400, fmt.Sprintf(`{"message":"The request body has %d error(s)","details":%s}`, len(faults), details)
	}
	keys, keyed := r.Header["X-Line-Retry-Key"]
	s := shown{objects: in.Messages, silent: in.NotificationDisabled, to: in.To}
	if strings.HasSuffix(r.URL.Path, "/reply") {
		if keyed {
			return 400, `{"message":"The API does not support the X-Line-Retry-Key header"}`
		}
		if !f.alive[in.ReplyToken] {
			return 400, `{"message":"Invalid reply token"}`
		}
		f.alive[in.ReplyToken] = false
		s.via = "reply"
		f.shown = append(f.shown, s)
		return 200, f.sent(len(in.Messages))
	}
	if !keyed || !uuid.MatchString(keys[0]) {
		return 400, `{"message":"bad retry key","details":[{"property":"X-Line-Retry-Key"}]}`
	}
	if old, ok := f.accepted[keys[0]]; ok {
		w.Header().Set("X-Line-Accepted-Request-Id", old.id)
		return 409, strings.Replace(old.answer, "{", `{"message":"The retry key is already accepted",`, 1)
	}
	if f.quota == 0 {
		return 429, `{"message":"You have reached your monthly limit."}`
	}
	f.quota--
	s.via, s.key = "push", keys[0]
	f.shown = append(f.shown, s)
	answer := f.sent(len(in.Messages))
	f.accepted[keys[0]] = accepted{fmt.Sprintf("request-%d", len(f.shown)), answer}
	return 200, answer
}

// sent is the answer to n message objects: "7.1" is the first of the seventh
// request.
func (f *fakeLINE) sent(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf(`{"id":"%d.%d","quoteToken":"q"}`, len(f.shown), i+1))
	}
	return `{"sentMessages":[` + strings.Join(ids, ",") + `]}`
}

// A complaint is one of LINE's error details. Its message quotes the request,
// as LINE's may.
type complaint struct {
	Message  string `json:"message"`
	Property string `json:"property"`
}

// check finds what LINE would not take.
func check(messages []map[string]any) (faults []complaint) {
	bad := func(format string, args ...any) {
		faults = append(faults, complaint{"not " + show(messages), fmt.Sprintf(format, args...)})
	}
	if len(messages) < 1 || len(messages) > 5 {
		bad("messages")
	}
	within := func(v any, low, high int, unit channels.Unit) bool {
		s, ok := v.(string)
		n := channels.Limit{Unit: unit}.Count(s)
		return ok && n >= low && n <= high
	}
	fetched := func(v any) bool {
		s, _ := v.(string)
		u, err := url.Parse(s)
		return err == nil && u.Scheme == "https" && within(v, 1, 2000, channels.UTF16)
	}
	for i, m := range messages {
		switch m["type"] {
		case "text":
			if s, _ := m["text"].(string); strings.TrimSpace(s) == "" || !within(s, 1, 5000, channels.UTF16) {
				bad("messages[%d].text", i)
			}
		case "image", "video", "audio":
			if !fetched(m["originalContentUrl"]) {
				bad("messages[%d].originalContentUrl", i)
			}
			if m["type"] != "audio" && !fetched(m["previewImageUrl"]) {
				bad("messages[%d].previewImageUrl", i)
			}
			if ms, _ := m["duration"].(float64); m["type"] == "audio" && ms <= 0 {
				bad("messages[%d].duration", i)
			}
		case "flex":
			if !within(m["altText"], 1, 400, channels.UTF16) {
				bad("messages[%d].altText", i)
			}
			if n := len(show(m["contents"])); n > 30<<10 {
				bad("messages[%d].contents", i)
			}
			walk(m["contents"], func(c map[string]any) {
				if c["type"] == "text" && !within(c["text"], 1, 1<<20, channels.UTF16) {
					bad("messages[%d].contents.text", i)
				}
				a, ok := c["action"].(map[string]any)
				if ok && (a["type"] != "postback" || !within(a["data"], 1, 300, channels.UTF16) || !within(a["label"], 0, 40, channels.Graphemes) || !within(a["displayText"], 1, 300, channels.Graphemes)) {
					bad("messages[%d].contents.action", i)
				}
			})
		default:
			bad("messages[%d].type", i)
		}
	}
	return faults
}

// walk visits every component of a Flex Message.
func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	case map[string]any:
		visit(v)
		for _, block := range []string{"header", "hero", "body", "footer", "contents"} {
			walk(v[block], visit)
		}
	}
}

// text returns an Outbound that can be answered at no cost until after noon, if
// it has a token.
func text(key, words, token string) channels.Outbound {
	m := channels.Outbound{Key: key, To: channels.Address{Channel: "line-th", User: testUser}, Text: words}
	if token != "" {
		m.ReplyToken, m.ReplyUntil = token, noon.Add(30*time.Second)
	}
	return m
}
