package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

func TestSendText(t *testing.T) {
	f, a := newFake(t)
	text := `<b>*_[လစာ](x)_* & "quoted" 😢 https://example.org` + "\xff"
	id, err := a.Send(t.Context(), channels.Outbound{To: worker, Text: text, Silent: true, Protect: true})
	if err != nil || id != "77" {
		t.Fatalf("got %q, %v", id, err)
	}
	want := map[string]any{
		"chat_id": json.Number("700000001"), "text": strings.Replace(text, "\xff", "\uFFFD", 1),
		"disable_notification": true, "protect_content": true,
		"link_preview_options": map[string]any{"is_disabled": true},
	}
	if got := f.made("sendMessage")[0].params; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestSendLongest(t *testing.T) {
	f, a := newFake(t)
	info := a.Info()
	m := channels.Outbound{To: worker, Text: strings.Repeat("😢", info.Text.N/2)}
	for i := range info.Choices {
		value := fmt.Sprintf("%02d", i) + strings.Repeat("x", info.Value-2)
		m.Choices = append(m.Choices, channels.Choice{Label: strings.Repeat("ကြီး", info.Button.N), Value: value})
	}
	if _, err := a.Send(t.Context(), m); err != nil {
		t.Fatalf("what Info allows was refused: %v", err)
	}
	if n := len(f.made("sendMessage")); n != 1 {
		t.Fatalf("%d requests for one message", n)
	}
}

func TestChoicesLayout(t *testing.T) {
	for _, c := range []struct{ labels, want string }{
		{"Yes|No", "Yes,No"},
		{"✅ I agree|ℹ️ Tell me more", "✅ I agree,ℹ️ Tell me more"},
		{"A|B|C", "A,B/C"},
		{"I have not been paid for months|No", "I have not been paid for months/No"},
		{"A|The employer keeps it|B|C", "A/The employer keeps it/B,C"},
		{"ខ្ញុំមិនទទួលបានប្រាក់ខែ|ទេ", "ខ្ញុំមិនទទួលបានប្រាក់ខែ/ទេ"}, // few characters, but wide ones
		{"123456789012345|A|B", "123456789012345/A,B"},
		{"12345678901234|12345678901234", "12345678901234,12345678901234"},
	} {
		var cs []channels.Choice
		for i, l := range strings.Split(c.labels, "|") {
			cs = append(cs, channels.Choice{Label: l, Value: fmt.Sprint("v", i)})
		}
		var rows []string
		n := 0
		for _, row := range keys(cs).Rows {
			var ls []string
			for _, k := range row {
				if k.Data != fmt.Sprint("v", n) {
					t.Errorf("%s: %s carries %s, want v%d", c.labels, k.Text, k.Data, n)
				}
				n++
				ls = append(ls, k.Text)
			}
			rows = append(rows, strings.Join(ls, ","))
		}
		if got := strings.Join(rows, "/"); got != c.want || n != len(cs) {
			t.Errorf("%s: laid out as %s, want %s", c.labels, got, c.want)
		}
	}
}

func TestSendChoices(t *testing.T) {
	f, a := newFake(t)
	m := channels.Outbound{To: worker, Text: "Where?", Choices: []channels.Choice{{Label: "Here", Desc: "x", Value: "where:" + strings.Repeat("🆘", 14)}, {Label: "There", Value: "t"}}}
	if _, err := a.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"inline_keyboard": []any{[]any{
		map[string]any{"text": "Here", "callback_data": m.Choices[0].Value},
		map[string]any{"text": "There", "callback_data": "t"},
	}}}
	if got := f.made("sendMessage")[0].params["reply_markup"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestSendFiles(t *testing.T) {
	for _, c := range []struct {
		file         channels.File
		method, name string
		kind         string
	}{
		{channels.File{Type: "image/jpeg", Size: 9}, "sendPhoto", "photo.jpg", "image/jpeg"},
		{channels.File{Type: "image/png", Name: "../../slip.png"}, "sendPhoto", "slip.png", "image/png"},
		{channels.File{Type: "image/jpeg", Size: 11 * megabyte}, "sendDocument", "document.jpg", "image/jpeg"},
		{channels.File{Type: "image/gif"}, "sendDocument", "document.gif", "image/gif"},
		{channels.File{Type: "audio/ogg; codecs=opus", Voice: true, Seconds: 7}, "sendVoice", "voice.ogg", "audio/ogg"},
		{channels.File{Type: "audio/mp4", Voice: true}, "sendVoice", "voice.m4a", "audio/mp4"},
		{channels.File{Type: "audio/mpeg", Seconds: 9}, "sendAudio", "audio.mp3", "audio/mpeg"},
		{channels.File{Type: "audio/ogg"}, "sendDocument", "document.ogg", "audio/ogg"},
		{channels.File{Type: "audio/wav", Voice: true}, "sendDocument", "document.wav", "audio/wav"},
		{channels.File{Type: "video/mp4", Seconds: 3}, "sendVideo", "video.mp4", "video/mp4"},
		{channels.File{Type: "video/webm", Name: `C:\film.webm`}, "sendDocument", "film.webm", "video/webm"},
		{channels.File{Type: "application/pdf", Name: "စာချုပ် \"a\".pdf"}, "sendDocument", "စာချုပ် \"a\".pdf", "application/pdf"},
		{channels.File{Type: "nonsense"}, "sendDocument", "document", ""},
	} {
		f, a := newFake(t)
		content := strings.Repeat("bytes\r\n--", 40_000) // longer than any buffer on the way
		file := filepath.Join(t.TempDir(), "content")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c.file.Open = func() (io.ReadCloser, error) { return os.Open(file) }
		id, err := a.Send(t.Context(), channels.Outbound{
			To: worker, Text: "ကြည့်ပါ", Silent: true, Protect: true, File: &c.file,
			Choices: []channels.Choice{{Label: "Heard", Value: "h"}},
		})
		if err != nil || id != "77" {
			t.Fatalf("%s: %q, %v", c.file.Type, id, err)
		}
		made := f.made(c.method)
		if len(made) != 1 {
			t.Fatalf("%s: not sent by %s", c.file.Type, c.method)
		}
		got := made[0]
		if got.file.content != content || got.file.name != c.name || got.file.kind != c.kind {
			t.Errorf("%s: %d bytes as %q, %q; want %d as %q, %q", c.file.Type, len(got.file.content), got.file.name, got.file.kind, len(content), c.name, c.kind)
		}
		want := map[string]any{
			"chat_id": json.Number("700000001"), "caption": "ကြည့်ပါ", "disable_notification": true, "protect_content": true,
			"reply_markup": map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": "Heard", "callback_data": "h"}}}},
		}
		if c.file.Seconds > 0 {
			want["duration"] = json.Number(fmt.Sprint(c.file.Seconds))
		}
		if !reflect.DeepEqual(got.params, want) {
			t.Errorf("%s: got  %v\nwant %v", c.file.Type, got.params, want)
		}
	}
}

func TestSendFileThatCannotBeRead(t *testing.T) {
	f, a := newFake(t)
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		open func() (io.ReadCloser, error)
		want channels.Reason
	}{
		{"no content", nil, channels.Rejected},
		{"gone", func() (io.ReadCloser, error) { return os.Open(filepath.Join(dir, "case-17")) }, channels.Rejected},
		{"not now", func() (io.ReadCloser, error) {
			return nil, &fs.PathError{Op: "open", Path: "case-17", Err: fs.ErrPermission}
		}, channels.Busy},
		{"breaks off", func() (io.ReadCloser, error) { return io.NopCloser(&cut{n: 300_000}), nil }, channels.Busy},
	} {
		_, err := a.Send(t.Context(), channels.Outbound{To: worker, File: &channels.File{Type: "application/pdf", Open: c.open}})
		if got := reason(err); got != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "case-17") {
			t.Errorf("%s: the error names the file: %v", c.name, err)
		}
	}
	if n := len(f.made("sendDocument")); n != 0 {
		t.Errorf("%d files were taken for whole", n)
	}
}

// A cut gives n bytes and then fails.
type cut struct{ n int }

func (c *cut) Read(b []byte) (int, error) {
	if c.n <= 0 {
		return 0, errors.New("disk error")
	}
	n := min(len(b), c.n)
	c.n -= n
	return n, nil
}

// reason returns why err says that nothing was delivered; empty: nobody knows.
func reason(err error) channels.Reason {
	var e *channels.SendError
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestSendRefusesNames(t *testing.T) {
	f, a := newFake(t)
	for _, user := range []string{"", "0", "@channel", "12a", "99999999999999999999"} {
		to := channels.Address{Channel: "tg-my", User: user}
		if _, err := a.Send(t.Context(), channels.Outbound{To: to, Text: "hi"}); reason(err) != channels.Rejected {
			t.Errorf("%q: got %v, want a rejection", user, err)
		}
		if err := a.Delete(t.Context(), to, []string{"1"}); reason(err) != channels.Rejected {
			t.Errorf("%q: got %v, want a rejection", user, err)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("%d requests left all the same", len(f.calls))
	}
}

// unknown and delivered stand in the table for an error that is no SendError,
// and for none.
const unknown, delivered = channels.Reason("unknown"), channels.Reason("delivered")

func turnedDown(code int, words, more string) string {
	return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q%s}`, code, words, more)
}

var errorMap = []struct {
	status int
	body   string
	want   channels.Reason
	after  time.Duration
}{
	{403, turnedDown(403, "Forbidden: bot was blocked by the user", ""), channels.Unreachable, 0},
	{403, turnedDown(403, "Forbidden: user is deactivated", ""), channels.Unreachable, 0},
	{403, turnedDown(403, "Forbidden: bot can't initiate conversation with a user", ""), channels.Unreachable, 0},
	{400, turnedDown(400, "Bad Request: chat not found", ""), channels.Unreachable, 0},
	{400, turnedDown(400, "Bad Request: PEER_ID_INVALID", ""), channels.Unreachable, 0},
	{429, turnedDown(429, "Too Many Requests: retry after 35", `,"parameters":{"retry_after":35}`), channels.Busy, 35 * time.Second},
	{429, turnedDown(429, "Too Many Requests", ""), channels.Busy, 7 * time.Second}, // of the header
	{429, `<html>slow down</html>`, channels.Busy, 7 * time.Second},
	{400, turnedDown(400, "Bad Request: message is too long", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: message text is empty", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: can't parse entities: unexpected end", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: BUTTON_DATA_INVALID", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: wrong file identifier/HTTP URL specified", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: file is too big", ""), channels.Rejected, 0},
	{400, turnedDown(400, "Bad Request: group chat was upgraded to a supergroup chat", `,"parameters":{"migrate_to_chat_id":-1009}`), channels.Rejected, 0},
	{413, turnedDown(413, "Request Entity Too Large", ""), channels.Rejected, 0},
	{413, `<html>413</html>`, channels.Rejected, 0},
	{401, turnedDown(401, "Unauthorized", ""), channels.Misset, 0},
	{404, turnedDown(404, "Not Found", ""), channels.Misset, 0},
	{400, turnedDown(400, "Logged out", ""), channels.Misset, 0},
	{404, `<html>nginx</html>`, channels.Misset, 0},
	{403, `<html>forbidden by the firewall</html>`, channels.Misset, 0}, // not a worker who blocked us
	{403, `{"message":"Forbidden"}`, channels.Misset, 0},
	{408, `<html>too slow</html>`, unknown, 0},
	{500, turnedDown(500, "Internal Server Error", ""), unknown, 0},
	{502, turnedDown(502, "Bad Gateway", ""), unknown, 0},
	{504, `<html>gateway time-out</html>`, unknown, 0},
	{307, ``, unknown, 0},
	{200, `<html>sign in to the network</html>`, unknown, 0},
	{200, `{"ok":true,"result":{"message_id":77`, unknown, 0},
	{200, turnedDown(429, "Too Many Requests: retry after 5", `,"parameters":{"retry_after":5}`), channels.Busy, 5 * time.Second},
	{200, `{"ok":true,"result":{"message_id":"x"}}`, delivered, 0},
	{200, `{"ok":true,"result":true}`, delivered, 0},
}

func TestErrorMap(t *testing.T) {
	for _, c := range errorMap {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		_, err := newAdapter(t, srv.URL).Send(t.Context(), channels.Outbound{To: worker, Text: "hi"})
		srv.Close()
		got := reason(err)
		switch {
		case err == nil:
			got = delivered
		case got == "":
			got = unknown
		}
		if got != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.body, err, c.want)
		}
		if e := (*channels.SendError)(nil); c.want == channels.Busy && errors.As(err, &e) && e.After != c.after {
			t.Errorf("%d %s: wait %v, want %v", c.status, c.body, e.After, c.after)
		}
	}
}

func TestSendCarriesOutDeletingAndLeaving(t *testing.T) {
	f, a := newFake(t)
	if _, err := a.Send(t.Context(), channels.Outbound{To: worker, Delete: []string{"5"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), channels.Outbound{To: dorm, Leave: true}); err != nil {
		t.Fatal(err)
	}
	if len(f.made("deleteMessages")) != 1 || len(f.made("leaveChat")) != 1 || len(f.calls) != 2 {
		t.Errorf("got %d requests, want one deleteMessages and one leaveChat", len(f.calls))
	}
}

func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, sentMessage)
	}))
	defer srv.Close()
	a := newAdapter(b, srv.URL)
	m := channels.Outbound{To: worker, Text: "hello there", Choices: []channels.Choice{{Label: "Yes", Value: "y"}, {Label: "No", Value: "n"}}}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := a.Send(context.Background(), m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
