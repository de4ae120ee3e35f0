package whatsapp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

var to = channels.Address{Channel: "whatsapp-th", User: phone}

func choices(n int, label string) []channels.Choice {
	cs := make([]channels.Choice, n)
	for i := range cs {
		cs[i] = channels.Choice{Label: fmt.Sprintf("%s %d", label, i), Value: fmt.Sprintf("v/%d", i)}
	}
	return cs
}

func file(kind, content string) *channels.File {
	return &channels.File{Type: kind, Name: "paper.pdf", Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

func TestSend(t *testing.T) {
	voice := file("audio/ogg; codecs=opus", "OggS")
	voice.Voice = true
	const head = `{"messaging_product":"whatsapp","recipient_type":"individual","to":"66811112222","biz_opaque_callback_data":"c/1/ev-9/0",`
	for name, test := range map[string]struct {
		m    channels.Outbound
		want string
	}{
		"text": {channels.Outbound{Text: "လစာ <3 & 4"},
			head + `"type":"text","text":{"body":"လစာ <3 & 4","preview_url":false}}`},
		"buttons": {channels.Outbound{Text: "Safe?", Choices: []channels.Choice{{Label: "Yes", Value: "y", Desc: "not shown"}, {Label: "No", Value: "n"}}},
			head + `"type":"interactive","interactive":{"type":"button","body":{"text":"Safe?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"n","title":"No"}}]}}}`},
		"list": {channels.Outbound{Text: "What?", List: "Choose", Choices: []channels.Choice{{Label: "A", Value: "a", Desc: "more"}, {Label: "B", Value: "b"}, {Label: "C", Value: "c"}, {Label: "D", Value: "d"}}},
			head + `"type":"interactive","interactive":{"type":"list","body":{"text":"What?"},"action":{"button":"Choose","sections":[{"rows":[{"id":"a","title":"A","description":"more"},{"id":"b","title":"B"},{"id":"c","title":"C"},{"id":"d","title":"D"}]}]}}}`},
		"one label too long for a button": {channels.Outbound{Text: "What?", Choices: []channels.Choice{{Label: strings.Repeat("x", 21), Value: "a"}}},
			head + `"type":"interactive","interactive":{"type":"list","body":{"text":"What?"},"action":{"button":"≡","sections":[{"rows":[{"id":"a","title":"` + strings.Repeat("x", 21) + `"}]}]}}}`},
		"two labels alike": {channels.Outbound{Text: "Who?", Choices: []channels.Choice{{Label: "Lin", Value: "1"}, {Label: "Lin", Value: "2"}}},
			head + `"type":"interactive","interactive":{"type":"list","body":{"text":"Who?"},"action":{"button":"≡","sections":[{"rows":[{"id":"1","title":"Lin"},{"id":"2","title":"Lin"}]}]}}}`},
		"template": {channels.Outbound{Text: "not sent", Template: &channels.Template{Name: "knock", Language: "en", Params: []string{"C-17", "a\nb\t c      d"}, Choices: []string{"read/17", "later/17"}}},
			head + `"type":"template","template":{"name":"worker_knock_2","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"C-17"},{"type":"text","text":"a b c d"}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"read/17"}]},{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"later/17"}]}]}}`},
		"template of one name": {channels.Outbound{Template: &channels.Template{Name: "hello", Language: "th"}},
			head + `"type":"template","template":{"name":"hello","language":{"code":"th"}}}`},
		"image": {channels.Outbound{Text: "Your rights", File: file("image/png", "PNG")},
			head + `"type":"image","image":{"id":"media-1","caption":"Your rights"}}`},
		"voice note": {channels.Outbound{File: voice},
			head + `"type":"audio","audio":{"id":"media-1","voice":true}}`},
		"sound": {channels.Outbound{File: file("audio/mpeg", "ID3")},
			head + `"type":"audio","audio":{"id":"media-1"}}`},
		"film": {channels.Outbound{Text: "How to", File: file("video/mp4", "ftyp")},
			head + `"type":"video","video":{"id":"media-1","caption":"How to"}}`},
		"document": {channels.Outbound{Text: "The letter", File: file("application/pdf", "%PDF")},
			head + `"type":"document","document":{"id":"media-1","caption":"The letter","filename":"paper.pdf"}}`},
		"image with choices": {channels.Outbound{Text: "Is it this one?", File: file("image/jpeg", "JFIF"), Choices: []channels.Choice{{Label: "Yes", Value: "y"}}},
			head + `"type":"interactive","interactive":{"type":"button","header":{"type":"image","image":{"id":"media-1"}},"body":{"text":"Is it this one?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}}]}}}`},
		"document with choices": {channels.Outbound{Text: "Agreed?", File: file("application/pdf", "%PDF"), Choices: []channels.Choice{{Label: "Yes", Value: "y"}}},
			head + `"type":"interactive","interactive":{"type":"button","header":{"type":"document","document":{"id":"media-1","filename":"paper.pdf"}},"body":{"text":"Agreed?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}}]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			g := play(t)
			a := g.adapter(func(c *whatsapp.Config) { c.Templates = map[string]string{"knock": "worker_knock_2"} })
			test.m.To, test.m.Key = to, "c/1/ev-9/0"
			got := g.send(a, test.m)
			var want map[string]any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				b, _ := json.Marshal(got)
				t.Errorf("got %s\nwant %s", b, test.want)
			}
			if f := test.m.File; f != nil && (len(g.uploads) != 1 || g.uploads[0].kind != f.Type || g.uploads[0].field != f.Type || int64(len(g.uploads[0].content)) != f.Size) {
				t.Errorf("uploaded %+v", g.uploads)
			}
		})
	}
}

func TestSendToABusinessScopedID(t *testing.T) {
	g := play(t)
	m := channels.Outbound{To: channels.Address{User: user}, Text: "hello"}
	if got := g.send(g.adapter(nil), m); got["recipient"] != user || got["to"] != nil || got["biz_opaque_callback_data"] != nil {
		t.Errorf("%v", got)
	}
	m.To.User = "+" + phone
	if got := g.send(g.adapter(nil), m); got["to"] != "+"+phone || got["recipient"] != nil {
		t.Errorf("%v", got)
	}
}

// Whatever fits Info is taken, up to the last letter.
func TestInfoIsTrue(t *testing.T) {
	g := play(t)
	a := g.adapter(nil)
	info := a.Info()
	full := func(l channels.Limit, c string) string { return strings.Repeat(c, l.N/l.Count(c)) }
	list := channels.Outbound{To: to, Text: full(info.Body, "😀"), List: full(info.Button, "က")}
	for i := range info.Choices {
		label := fmt.Sprint(i) + full(channels.Limit{N: info.Row.N - 1}, "ខ")
		list.Choices = append(list.Choices, channels.Choice{Label: label, Desc: full(info.Desc, "न"), Value: fmt.Sprint(i) + strings.Repeat("v", info.Value-1)})
	}
	few := channels.Outbound{To: to, Text: "?"}
	for i := range info.Buttons {
		few.Choices = append(few.Choices, channels.Choice{Label: fmt.Sprint(i) + full(channels.Limit{N: info.Button.N - 1}, "ก"), Value: strings.Repeat("v", info.Value-1) + fmt.Sprint(i)})
	}
	for name, m := range map[string]channels.Outbound{
		"text": {To: to, Text: full(info.Text, "😀")}, "list": list, "buttons": few,
		"caption": {To: to, Text: full(info.Caption, "က"), File: file("image/png", "PNG")},
	} {
		t.Run(name, func(t *testing.T) { g.send(a, m) })
	}
	for major, n := range info.Files {
		kind := map[string]string{"image": "image/jpeg", "audio": "audio/aac", "video": "video/mp4", "application": "application/pdf", "text": "text/plain"}[major]
		if n < 5e6 || n > 100e6 || kind == "" {
			t.Errorf("%s: %d bytes", major, n)
		}
		f := file(kind, "x")
		f.Size = n + 1
		if _, err := a.Send(context.Background(), channels.Outbound{To: to, File: f}); reason(err) != channels.Rejected {
			t.Errorf("one byte more of %s: %v", kind, err)
		}
	}
	if info.ID != "whatsapp-th" || info.Platform != channels.WhatsApp || info.Window.Hours() != 24 || !info.Receipts || info.Idempotent || info.Links || info.PerRequest != 1 {
		t.Errorf("%+v", info)
	}
	info.Files["image"] = 1
	if a.Info().Files["image"] == 1 {
		t.Error("a caller can change what Info says next")
	}
}

// What WhatsApp has no form for is refused before anything leaves.
func TestRefusedHere(t *testing.T) {
	g := play(t)
	a := g.adapter(nil)
	missing := file("image/png", "x")
	missing.Open = func() (io.ReadCloser, error) { return nil, fmt.Errorf("open /data/secret: %w", fs.ErrNotExist) }
	locked := file("image/png", "x")
	locked.Open = func() (io.ReadCloser, error) { return nil, errors.New("open /data/secret: disk asleep") }
	for name, test := range map[string]struct {
		m    channels.Outbound
		want channels.Reason
	}{
		"to nobody":               {channels.Outbound{Text: "x"}, channels.Rejected},
		"unknown kind of file":    {channels.Outbound{To: to, File: file("application/zip", "PK")}, channels.Rejected},
		"no media type":           {channels.Outbound{To: to, File: file("", "PK")}, channels.Rejected},
		"a type with a line":      {channels.Outbound{To: to, File: file("image/png;\r\nX-Evil: 1", "x")}, channels.Rejected},
		"a sound with words":      {channels.Outbound{To: to, Text: "listen", File: file("audio/mpeg", "ID3")}, channels.Rejected},
		"a sound with choices":    {channels.Outbound{To: to, Choices: choices(1, "x"), File: file("audio/mpeg", "ID3")}, channels.Rejected},
		"an image with many":      {channels.Outbound{To: to, Text: "?", Choices: choices(4, "x"), File: file("image/png", "x")}, channels.Rejected},
		"an image gone":           {channels.Outbound{To: to, File: missing}, channels.Rejected},
		"an image out of reach":   {channels.Outbound{To: to, File: locked}, channels.Busy},
		"an image without a body": {channels.Outbound{To: to, File: &channels.File{Type: "image/png"}}, channels.Rejected},
	} {
		_, err := a.Send(context.Background(), test.m)
		if reason(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
		quiet(t, err, "/data")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Send(ctx, channels.Outbound{To: to, Text: "x"}); reason(err) != channels.Busy || !errors.Is(err, context.Canceled) {
		t.Error("after the end:", err)
	}
	if len(g.asked()) != 0 {
		t.Error("asked Meta all the same:", g.asked())
	}
}

// Until the message itself is sent, whatever fails has certainly not reached
// the worker.
func TestUploadFails(t *testing.T) {
	m := channels.Outbound{To: to, Text: "see", File: file("image/png", "PNG")}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   channels.Reason
	}{
		"trouble":      {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, 131016, "down") }, channels.Busy},
		"refused":      {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, 131053, "bad file") }, channels.Rejected},
		"token":        {func(w http.ResponseWriter, _ *http.Request) { refuse(w, 401, 190, "expired") }, channels.Misset},
		"broken off":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, channels.Busy},
		"no id":        {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }, channels.Busy},
		"no JSON":      {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }, channels.Busy},
		"file too big": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(413) }, channels.Rejected},
	} {
		g := play(t)
		g.answer = test.answer
		_, err := g.adapter(nil).Send(context.Background(), m)
		if reason(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
		quiet(t, err)
		if asked := g.asked(); len(asked) != 1 || !strings.HasSuffix(asked[0], "/media") {
			t.Errorf("%s: %q", name, asked)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.1"}]}`)
	}))
	defer s.Close()
	a := adapter(b, func(c *whatsapp.Config) { c.URL = s.URL })
	m := channels.Outbound{Key: "c/1/ev-9/0", To: to, Text: "What happened?", List: "Choose", Choices: choices(10, "Pay")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Send(context.Background(), m); err != nil {
			b.Fatal(err)
		}
	}
}
