package line

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"

	"workervoice/channels"
)

const (
	testToken  = "test-token-Zm9yYmlkZGVu"
	testSecret = "test-secret-c2VjcmV0"
	testBot    = "U0123456789abcdef0123456789abcdef"
	testUser   = "U4af4980629aaaaaaaaaaaaaaaaaaaaaa"
	testGroup  = "Ca56f94637cbbbbbbbbbbbbbbbbbbbbbbb"
	testRoom   = "Ra8dbf4673ccccccccccccccccccccccccc"
)

// noon is the time of most events in testdata.
var noon = time.UnixMilli(1795316400000).UTC()

func sign(body []byte, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// newAdapter returns an adapter whose clock stands at noon.
func newAdapter(t testing.TB, change func(*Config)) *Adapter {
	t.Helper()
	c := Config{ID: "line-th", Token: testToken, Secret: testSecret, Now: func() time.Time { return noon }}
	if change != nil {
		change(&c)
	}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// receive posts body to a over HTTP.
func receive(t testing.TB, a *Adapter, body []byte, signature string) (events []channels.Event, err error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { events, err = a.Receive(r) }))
	defer s.Close()
	req, fault := http.NewRequest(http.MethodPost, s.URL+"/line", bytes.NewReader(body))
	if fault != nil {
		t.Fatal(fault)
	}
	if signature != "" {
		req.Header.Set("X-Line-Signature", signature)
	}
	resp, fault := http.DefaultClient.Do(req)
	if fault != nil {
		t.Fatal(fault)
	}
	resp.Body.Close()
	return events, err
}

// an returns the n-th event of a file as every event begins: from the worker,
// at noon, with a reply token.
func an(n string, kind channels.Kind, change func(*channels.Event)) channels.Event {
	e := channels.Event{
		ID: "01JD7Z" + strings.Repeat("0", 20-len(n)) + n, Kind: kind, At: noon,
		From:       channels.Address{Channel: "line-th", User: testUser},
		ReplyToken: "token-" + n, ReplyUntil: noon.Add(50 * time.Second),
	}
	if change != nil {
		change(&e)
	}
	return e
}

func noToken(e *channels.Event) { e.ReplyToken, e.ReplyUntil = "", time.Time{} }

func odd(what string) []channels.Event {
	return []channels.Event{an("1", channels.Odd, func(e *channels.Event) { e.What = what })}
}

func said(change func(*channels.Event)) []channels.Event {
	return []channels.Event{an("1", channels.Said, change)}
}

func inGroup(group string, token bool) []channels.Event {
	return []channels.Event{an("1", channels.Grouped, func(e *channels.Event) {
		e.From.User = group
		if !token {
			noToken(e)
		}
	})}
}

func attached(id string, m channels.Media) []channels.Event {
	return said(func(e *channels.Event) { e.Message, e.Media = id, []channels.Media{m} })
}

func place(p channels.Place) []channels.Event {
	return said(func(e *channels.Event) { e.Message, e.Place = "506", &p })
}

// payloads says what each file in testdata means.
var payloads = map[string][]channels.Event{
	"empty":           nil,
	"text":            said(func(e *channels.Event) { e.Message, e.Text = "501", "လစာ မရသေးဘူး (smile)" }),
	"text_link":       said(func(e *channels.Event) { e.Message, e.Text, e.Ref = "501", "Hello K7M2QX4P", "K7M2QX4P" }),
	"text_ornaments":  said(func(e *channels.Event) { e.Message, e.Text = "501", "@Friend help" }),
	"text_empty":      {an("1", channels.Odd, func(e *channels.Event) { e.Message, e.What = "501", "message" })},
	"image":           attached("502", channels.Media{Ref: "502", Type: "image/jpeg"}),
	"image_external":  said(func(e *channels.Event) { e.Message, e.What = "502", "image" }),
	"video":           attached("503", channels.Media{Ref: "503", Type: "video/mp4", Seconds: 61}),
	"audio":           attached("504", channels.Media{Ref: "504", Type: "audio/mp4", Voice: true, Seconds: 12}),
	"file":            attached("505", channels.Media{Ref: "505", Type: "application/pdf", Name: "payslip.PDF", Size: 2138}),
	"location":        place(channels.Place{Lat: 13.5475, Lng: 100.2744, Name: "Dormitory 4, Samut Sakhon"}),
	"sticker":         said(func(e *channels.Event) { e.Message, e.What = "507", "sticker" }),
	"sticker_words":   said(func(e *channels.Event) { e.Message, e.What, e.Text = "507", "sticker", "help me" }),
	"message_unknown": said(func(e *channels.Event) { e.Message, e.What = "508", "poll" }),
	"unsend":          {an("1", channels.Unsent, func(e *channels.Event) { e.Message = "501"; noToken(e) })},
	"follow":          {an("1", channels.Started, nil)},
	"follow_again":    {an("1", channels.Returned, nil)},
	"unfollow":        {an("1", channels.Left, noToken)},
	"postback":        said(func(e *channels.Event) { e.Choice = "lang.my" }),

	"group_text":     inGroup(testGroup, true),
	"room_image":     inGroup(testRoom, true),
	"group_postback": inGroup(testGroup, true),
	"group_unsend":   inGroup(testGroup, false),
	"join":           inGroup(testGroup, true),
	"member_joined":  inGroup(testGroup, true),
	"member_left":    inGroup(testRoom, false),
	"leave":          {an("1", channels.Left, func(e *channels.Event) { e.From.User = testGroup; noToken(e) })},

	"account_link":        odd("accountLink"),
	"membership":          odd("membership"),
	"video_play_complete": odd("videoPlayComplete"),
	"beacon":              odd("beacon"),
	"unknown":             odd("something2027"),
	"no_source":           {an("5", channels.Said, func(e *channels.Event) { e.Message, e.Text = "511", "still here" })},

	"location_unnamed": place(channels.Place{Lat: 0, Lng: 100.2744}),
	"location_half": {
		an("1", channels.Odd, func(e *channels.Event) { e.Message, e.What = "506", "message" }),
		an("2", channels.Odd, func(e *channels.Event) { e.Message, e.What = "506", "message" }),
	},
	"image_set": {
		an("1", channels.Said, func(e *channels.Event) {
			e.Message, e.Media = "502", []channels.Media{{Ref: "502", Type: "image/jpeg"}}
		}),
		an("2", channels.Said, func(e *channels.Event) {
			e.At, e.Message, e.Media = noon.Add(time.Millisecond), "503", []channels.Media{{Ref: "503", Type: "image/jpeg"}}
		}),
	},
	// Delivered again after five minutes: the token lives from now on.
	"redelivered": said(func(e *channels.Event) {
		e.At, e.Message, e.Text = noon.Add(-5*time.Minute), "512", "ငါးမိနစ်"
	}),
	// After an hour it is dead, however new the delivery is.
	"redelivered_late": said(func(e *channels.Event) {
		e.At, e.Message, e.Text = noon.Add(-time.Hour), "512", "တစ်နာရီ"
		e.ReplyUntil = noon.Add(-41 * time.Minute)
	}),
	"out_of_order": {
		an("2", channels.Said, func(e *channels.Event) { e.At, e.Message, e.Text = noon.Add(-2*time.Second), "513", "first" }),
		an("1", channels.Said, func(e *channels.Event) { e.At, e.Message, e.Text = noon.Add(-time.Second), "514", "second" }),
	},
	"batch_broken": {
		an("4", channels.Said, func(e *channels.Event) { e.At, e.Message, e.Text = noon.Add(-2*time.Millisecond), "515", "before" }),
		an("3", channels.Said, func(e *channels.Event) { e.Text = "a number for a name" }),
		an("2", channels.Odd, func(e *channels.Event) { e.What = "postback" }),
		an("1", channels.Said, func(e *channels.Event) { e.Message, e.Text = "517", "still read" }),
		an("5", channels.Said, func(e *channels.Event) { e.At, e.Message, e.Text = noon.Add(time.Millisecond), "516", "after" }),
	},
	"no_event_id": {an("1", channels.Said, func(e *channels.Event) {
		e.ID, e.Message, e.Text = "sum-", "518", "nameless"
	})},
}

func TestReceive(t *testing.T) {
	a := newAdapter(t, nil)
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(payloads) {
		t.Fatalf("%d files, %d expectations, error %v", len(files), len(payloads), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			want, ok := payloads[name]
			if !ok {
				t.Fatal("nobody says what this file means")
			}
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := receive(t, a, body, sign(body, testSecret))
			if err != nil {
				t.Fatal(err)
			}
			again, err := receive(t, a, body, sign(body, testSecret))
			if err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("delivered twice, the events differ: %s and %s, error %v", show(got), show(again), err)
			}
			for i := range got {
				if strings.HasPrefix(got[i].ID, "sum-") && len(got[i].ID) == 36 {
					got[i].ID = "sum-" // what the sum is does not matter, but that it is the same twice
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %s\nwant %s", show(got), show(want))
			}
		})
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestPayloadsAreLINEs reads the files with LINE's own SDK, so that we do not
// test against a form of our own.
func TestPayloadsAreLINEs(t *testing.T) {
	ours := map[string]bool{"batch_broken": true, "text_ornaments": true, "unknown": true} // broken on purpose
	for name := range payloads {
		if ours[name] {
			continue
		}
		b, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var c webhook.CallbackRequest
		if err := json.Unmarshal(b, &c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, e := range c.Events {
			if u, ok := e.(webhook.UnknownEvent); ok {
				t.Errorf("%s: LINE has no event %q", name, u.Type)
			}
		}
	}
}

func TestForged(t *testing.T) {
	a := newAdapter(t, nil)
	body, err := os.ReadFile("testdata/text.json")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(sign(body, testSecret))
	if err != nil {
		t.Fatal(err)
	}
	for name, signature := range map[string]string{
		"missing":        "",
		"another secret": sign(body, "another"),
		"another body":   sign(append([]byte(" "), body...), testSecret),
		"not base64":     "%%%",
		"hexadecimal":    hex.EncodeToString(raw),
		"cut":            sign(body, testSecret)[:40],
		"of nothing":     base64.StdEncoding.EncodeToString(nil),
	} {
		if got, err := receive(t, a, body, signature); !errors.Is(err, channels.ErrForged) || got != nil {
			t.Errorf("%s: got %d events and error %v, want ErrForged", name, len(got), err)
		}
	}
}

func TestBodies(t *testing.T) {
	a := newAdapter(t, nil)
	huge := bytes.Repeat([]byte(" "), 10<<20)
	if _, err := receive(t, a, huge, sign(huge, testSecret)); !errors.Is(err, channels.ErrTooBig) {
		t.Errorf("10 MB, signed: got %v, want ErrTooBig", err)
	}
	if _, err := receive(t, a, huge, ""); !errors.Is(err, channels.ErrForged) {
		t.Errorf("10 MB, not signed: got %v, want ErrForged", err)
	}
	for _, body := range []string{`{"events":[{"message":{"text":"my secret`, ``, `"my secret"`, `[{"my secret":1}]`, `{"destination":"my secret","events":"my secret"}`} {
		got, err := receive(t, a, []byte(body), sign([]byte(body), testSecret))
		if err == nil || errors.Is(err, channels.ErrForged) || got != nil {
			t.Errorf("%s: got %d events and error %v, want an error that is not ErrForged", body, len(got), err)
		} else if strings.Contains(err.Error(), "my secret") {
			t.Errorf("the error quotes the webhook: %v", err)
		}
	}
}

// TestFullBatch sends the longest webhook that LINE can be thought to send.
func TestFullBatch(t *testing.T) {
	a := newAdapter(t, nil)
	text := strings.Repeat(`\u1000`, 5000)
	one := `{"type":"message","webhookEventId":"x","timestamp":1795316400000,"source":{"type":"user","userId":"` + testUser + `"},"message":{"type":"text","id":"1","text":"` + text + `"}}`
	body := []byte(`{"destination":"` + testBot + `","events":[` + strings.Repeat(one+",", 99) + one + `]}`)
	got, err := receive(t, a, body, sign(body, testSecret))
	if err != nil || len(got) != 100 {
		t.Fatalf("%d bytes: got %d events and error %v, want 100", len(body), len(got), err)
	}
	if n := a.Info().Text.Count(got[99].Text); n != 5000 {
		t.Errorf("the last text has %d letters, want 5000", n)
	}
}

func FuzzReceive(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	a := newAdapter(f, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/line", bytes.NewReader(body))
		r.Header.Set("X-Line-Signature", sign(body, testSecret))
		events, err := a.Receive(r)
		if err != nil && events != nil {
			t.Fatal("events beside an error")
		}
		for i, e := range events {
			switch {
			case e.ID == "" || e.Kind == "" || e.From.Channel != "line-th" || e.From.User == "" || e.At.IsZero():
				t.Fatalf("event without a name, kind, worker or time: %s", show(e))
			case i > 0 && e.At.Before(events[i-1].At):
				t.Fatal("events are not oldest first")
			case e.Kind == channels.Odd && e.What == "":
				t.Fatal("odd, but not what")
			case e.Kind == channels.Grouped && (e.Text != "" || e.Choice != "" || e.Media != nil || e.Place != nil):
				t.Fatal("something said in a group is kept")
			}
		}
	})
}
