package telegram

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

const (
	token  = "4242:AAH-very_secret-token"
	secret = "webhook_Secret-1"
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func newAdapter(t testing.TB, url string) *Adapter {
	t.Helper()
	a, err := New(Config{ID: "tg-my", Token: token, Secret: secret, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return now }
	return a
}

func webhook(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/telegram", body)
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	return r
}

var (
	worker = channels.Address{Channel: "tg-my", User: "700000001"}
	dorm   = channels.Address{Channel: "tg-my", User: "-1001234567890"}
	sent   = time.Unix(1795000000, 0).UTC()
)

// said is what every message from the worker in testdata has in common.
func said(id string, e channels.Event) *channels.Event {
	e.ID, e.From, e.Locale = id, worker, "my"
	if e.Kind == "" {
		e.Kind = channels.Said
	}
	if e.Message == "" {
		e.Message = "31"
	}
	if e.At.IsZero() {
		e.At = sent
	}
	return &e
}

func about(id string, e channels.Event) *channels.Event {
	e.ID, e.Kind = id, channels.Grouped
	if e.From == (channels.Address{}) {
		e.From = dorm
	}
	if e.At.IsZero() {
		e.At = sent
	}
	return &e
}

func one(m channels.Media) []channels.Media { return []channels.Media{m} }

// payloads says what each file of testdata means; nil: nothing to act on.
var payloads = map[string]*channels.Event{
	"text":          said("900001", channels.Event{Text: "လစာ မရသေးဘူး 😢"}),
	"command":       said("900002", channels.Event{Text: "menu"}),
	"command_named": said("900003", channels.Event{Text: "language ne"}),
	"slash":         said("900004", channels.Event{Text: "/room-4 is too full"}),
	"start":         said("900005", channels.Event{Kind: channels.Started}),
	"start_link":    said("900006", channels.Event{Kind: channels.Started, Ref: "gate-4_B"}),
	"start_words":   said("900007", channels.Event{Kind: channels.Started, Text: "ကူညီပါ"}),

	"photo":         said("900008", channels.Event{Text: "my pay slip", Media: one(channels.Media{Ref: "big", Type: "image/jpeg", Size: 210000})}),
	"album_1":       said("900009", channels.Event{Text: "both sides", Media: one(channels.Media{Ref: "front", Type: "image/jpeg", Size: 70000})}),
	"album_2":       said("900010", channels.Event{Media: one(channels.Media{Ref: "back", Type: "image/jpeg", Size: 71000})}),
	"voice":         said("900011", channels.Event{Media: one(channels.Media{Ref: "voice1", Type: "audio/ogg", Size: 40213, Voice: true, Seconds: 17})}),
	"audio":         said("900012", channels.Event{Media: one(channels.Media{Ref: "audio1", Type: "audio/mp4", Name: "call.m4a", Size: 500000, Seconds: 61})}),
	"video":         said("900013", channels.Event{Text: "the room", Media: one(channels.Media{Ref: "video1", Type: "video/mp4", Name: "room.mp4", Size: 3000000, Seconds: 8})}),
	"video_note":    said("900014", channels.Event{Media: one(channels.Media{Ref: "note1", Type: "video/mp4", Size: 800000, Seconds: 9})}),
	"animation":     said("900015", channels.Event{Media: one(channels.Media{Ref: "anim1", Type: "video/mp4", Name: "a.mp4", Size: 5000, Seconds: 2})}),
	"document":      said("900016", channels.Event{Text: "contract", Media: one(channels.Media{Ref: "doc1", Type: "application/pdf", Name: "စာချုပ်.pdf", Size: 123456})}),
	"document_bare": said("900017", channels.Event{Media: one(channels.Media{Ref: "doc2", Type: "application/octet-stream"})}),

	"location": said("900018", channels.Event{Place: &channels.Place{Lat: 13.7563, Lng: 100.5018}}),
	"venue":    said("900019", channels.Event{Place: &channels.Place{Lat: 13.6, Lng: 100.6, Name: "Factory 7, Soi 12"}}),
	"contact":  said("900020", channels.Event{What: "contact", Text: "Ko Min\n+66811112222"}),
	"sticker":  said("900021", channels.Event{What: "sticker"}),
	"poll":     said("900022", channels.Event{What: "poll", Text: "Who was not paid?"}),
	"dice":     said("900023", channels.Event{What: "dice"}),
	"rich":     said("900024", channels.Event{Text: "Wages\nnot paid since May.\n1.\n9,000\n2.\n9,500\nJune 0\nboss\nMr S"}),

	"story":      said("900025", channels.Event{Kind: channels.Odd, What: "story"}),
	"odd":        said("900026", channels.Event{Kind: channels.Odd, What: "message_auto_delete_timer_changed"}),
	"wrong_type": said("900027", channels.Event{Kind: channels.Odd, What: "message"}),

	"group":          about("900028", channels.Event{}),
	"group_added":    about("900029", channels.Event{}),
	"group_left":     nil,
	"group_upgraded": about("900031", channels.Event{Alias: "-500111"}),
	"group_edited":   about("900032", channels.Event{At: time.Unix(1795000050, 0).UTC()}),
	"channel_post":   about("900033", channels.Event{From: channels.Address{Channel: "tg-my", User: "-1009"}}),

	"edited":       said("900034", channels.Event{Kind: channels.Edited, Text: "3 months, not 2", At: time.Unix(1795000099, 0).UTC()}),
	"edited_place": said("900035", channels.Event{Kind: channels.Edited, Place: &channels.Place{Lat: 13.1, Lng: 100.2}, At: time.Unix(1795000100, 0).UTC()}),

	"choice":         said("900036", channels.Event{Choice: "where:a", Callback: "cb123456", Message: "30", At: now}),
	"choice_emoji":   said("900037", channels.Event{Choice: strings.Repeat("🆘", 16), Callback: "cb123457", Message: "30", At: now}),
	"choice_nowhere": {ID: "900038", Kind: channels.Odd, From: worker, At: now, What: "callback_query", Locale: "my", Callback: "cb123458"},
	"choice_group":   about("900039", channels.Event{Callback: "cb123459", At: now}),

	"left":            {ID: "900040", Kind: channels.Left, From: worker, At: sent, Locale: "my"},
	"returned":        {ID: "900041", Kind: channels.Returned, From: worker, At: sent, Locale: "my"},
	"member_unknown":  {ID: "900042", Kind: channels.Odd, From: worker, At: sent, Locale: "my", What: "my_chat_member"},
	"group_joined":    about("900043", channels.Event{}),
	"group_removed":   nil,
	"group_muted_out": nil,

	"reaction":         said("900046", channels.Event{Kind: channels.Reacted, Text: "👍", Message: "30"}),
	"reaction_removed": said("900047", channels.Event{Kind: channels.Reacted, Message: "30"}),
	"reaction_custom":  said("900048", channels.Event{Kind: channels.Reacted, What: "custom_emoji", Message: "30"}),
	"reaction_group":   about("900049", channels.Event{}),

	"unknown":        {ID: "900050", Kind: channels.Odd, From: worker, At: now, Locale: "my", What: "poll_answer"},
	"unknown_group":  about("900051", channels.Event{At: now}),
	"unknown_nobody": nil,
	"empty":          nil,
}

// notUpdates are the files of testdata that are an error.
var notUpdates = []string{"broken", "no_id", "list"}

func TestReceive(t *testing.T) {
	a := newAdapter(t, "")
	for name, body := range payloadFiles(t) {
		want, known := payloads[name]
		if !known {
			continue
		}
		t.Run(name, func(t *testing.T) {
			es, err := a.Receive(webhook(bytes.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				if len(es) != 0 {
					t.Fatalf("got %d events, want none", len(es))
				}
				return
			}
			if len(es) != 1 || !reflect.DeepEqual(es[0], *want) {
				type bare channels.Event // prints in full
				for _, e := range es {
					t.Logf("got  %+v", bare(e))
				}
				t.Fatalf("want %+v", bare(*want))
			}
		})
	}
}

// payloadFiles returns the files of testdata, each of which has its meaning
// in this file.
func payloadFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(payloads)+len(notUpdates) {
		t.Fatalf("%d files in testdata, %d meanings, error %v", len(files), len(payloads)+len(notUpdates), err)
	}
	bodies := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		bodies[strings.TrimSuffix(filepath.Base(f), ".json")] = b
	}
	return bodies
}

func TestReceiveQuotesNothingOfWhatItCannotRead(t *testing.T) {
	a := newAdapter(t, "")
	files := payloadFiles(t)
	for _, name := range notUpdates {
		es, err := a.Receive(webhook(bytes.NewReader(files[name])))
		if err == nil || len(es) > 0 {
			t.Fatalf("%s: got %d events and %v, want an error", name, len(es), err)
		}
		if strings.Contains(err.Error(), "passport") || strings.Contains(err.Error(), "700000001") {
			t.Errorf("%s: the error quotes the body: %v", name, err)
		}
	}
}

func TestReceiveVeryLongText(t *testing.T) {
	a := newAdapter(t, "")
	long := strings.Repeat("ကြီး😢", 4096)
	es, err := a.Receive(webhook(strings.NewReader(`{"update_id":1,"message":{"message_id":2,"date":1795000000,"chat":{"id":700000001,"type":"private"},"text":"` + long + `"}}`)))
	if err != nil || len(es) != 1 || es[0].Text != long {
		t.Fatalf("a text of %d bytes did not arrive whole: %v", len(long), err)
	}
}

func TestReceiveForged(t *testing.T) {
	body := `{"update_id":1,"message":{"message_id":2,"date":1,"chat":{"id":7,"type":"private"},"text":"hi"}}`
	guarded := newAdapter(t, "")
	open, err := New(Config{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		a      *Adapter
		header []string
	}{
		{"missing", guarded, nil},
		{"empty", guarded, []string{""}},
		{"wrong", guarded, []string{"webhook_Secret-2"}},
		{"prefix", guarded, []string{secret[:5]}},
		{"longer", guarded, []string{secret + "x"}},
		{"token instead", guarded, []string{token}},
		{"second header", guarded, []string{"x", secret}},
		{"no secret set, none shown", open, nil},
		{"no secret set, empty shown", open, []string{""}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/telegram", strings.NewReader(body))
		for _, h := range c.header {
			r.Header.Add("X-Telegram-Bot-Api-Secret-Token", h)
		}
		if es, err := c.a.Receive(r); !errors.Is(err, channels.ErrForged) || len(es) != 0 {
			t.Errorf("%s: got %d events and %v, want ErrForged", c.name, len(es), err)
		}
	}
}

func TestReceiveTooBig(t *testing.T) {
	a := newAdapter(t, "")
	huge := strings.Repeat("x", 10<<20)
	declared := webhook(strings.NewReader(huge))
	read := &counter{r: strings.NewReader(huge)}
	chunked := webhook(read)
	chunked.ContentLength = -1
	limited := webhook(nil)
	limited.ContentLength = -1
	limited.Body = http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(huge)), 100)
	for name, r := range map[string]*http.Request{"declared": declared, "chunked": chunked, "limited before us": limited} {
		if _, err := a.Receive(r); !errors.Is(err, channels.ErrTooBig) {
			t.Errorf("%s: got %v, want ErrTooBig", name, err)
		}
	}
	if read.n > bodyMax+1 {
		t.Errorf("%d bytes read of a body that may have %d", read.n, bodyMax)
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

func TestReceiveBrokenOff(t *testing.T) {
	r := webhook(io.MultiReader(strings.NewReader(`{"update_id":1`), &failing{}))
	if es, err := newAdapter(t, "").Receive(r); err == nil || len(es) > 0 {
		t.Fatalf("got %d events and %v from half a request", len(es), err)
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errors.New("line cut") }
func (*failing) Close() error             { return nil }

// FuzzReceive proves that no body makes Receive panic or break its promises.
func FuzzReceive(f *testing.F) {
	for _, b := range payloadFiles(f) {
		f.Add(b)
	}
	a := newAdapter(f, "")
	f.Fuzz(func(t *testing.T, body []byte) {
		es, err := a.Receive(webhook(bytes.NewReader(body)))
		if err != nil && len(es) > 0 {
			t.Fatal("events and an error")
		}
		for _, e := range es {
			switch {
			case e.ID == "" || e.Kind == "" || e.From.Channel != "tg-my" || e.From.User == "" || e.From.User == "0" || e.At.IsZero():
				t.Fatalf("incomplete: %+v", e)
			case e.Kind == channels.Grouped && (e.Text != "" || e.Choice != "" || e.What != "" || e.Media != nil || e.Place != nil):
				t.Fatal("a group's words came through")
			case e.Kind == channels.Odd && e.What == "":
				t.Fatal("odd, but nobody knows what")
			case e.Ref != "" && (e.Kind != channels.Started || !codeForm(e.Ref)):
				t.Fatal("a link's code that no link has")
			}
			for _, m := range e.Media {
				if m.Ref == "" || m.Size < 0 || m.Seconds < 0 || !strings.Contains(m.Type, "/") {
					t.Fatalf("impossible attachment of type %q", m.Type)
				}
			}
		}
	})
}
