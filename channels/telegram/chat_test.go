package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

// no is a refusal of Telegram's.
func no(code int, words string) (int, string) {
	return code, fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, words)
}

func TestAcknowledge(t *testing.T) {
	f, a := newFake(t)
	if err := a.Acknowledge(t.Context(), channels.Event{Callback: "cb1"}); err != nil {
		t.Fatal(err)
	}
	if got := f.made("answerCallbackQuery"); len(got) != 1 || got[0].params["callback_query_id"] != "cb1" {
		t.Fatalf("asked %v", got)
	}
	if err := a.Acknowledge(t.Context(), channels.Event{}); err != nil || len(f.calls) != 1 {
		t.Errorf("an event without a button: %v, %d requests", err, len(f.calls))
	}
	f.says(no(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"))
	if err := a.Acknowledge(t.Context(), channels.Event{Callback: "cb1"}); err != nil {
		t.Errorf("an old press is an error: %v", err)
	}
	f.says(no(429, "Too Many Requests: retry after 3"))
	if err := a.Acknowledge(t.Context(), channels.Event{Callback: "cb1"}); reason(err) != channels.Busy {
		t.Errorf("got %v, want busy", err)
	}
}

func TestAnswer(t *testing.T) {
	f, a := newFake(t)
	if got, want := string(a.Answer(channels.Event{Callback: "cb1"})), `{"method":"answerCallbackQuery","callback_query_id":"cb1"}`; got != want {
		t.Errorf("answers %s, want %s", got, want)
	}
	if got := a.Answer(channels.Event{Text: "hello"}); got != nil {
		t.Errorf("answers %s where no button waits", got)
	}
	if len(f.calls) != 0 {
		t.Errorf("%d requests", len(f.calls))
	}
}

func TestDelete(t *testing.T) {
	f, a := newFake(t)
	var ids []string
	for i := range 250 {
		ids = append(ids, fmt.Sprint(i+1))
	}
	if err := a.Delete(t.Context(), worker, ids); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range f.made("deleteMessages") {
		for _, id := range c.params["message_ids"].([]any) {
			got = append(got, id.(json.Number).String())
		}
	}
	if n := len(f.made("deleteMessages")); n != 3 || strings.Join(got, " ") != strings.Join(ids, " ") {
		t.Errorf("%d requests for %d messages, want 3 for all 250", n, len(got))
	}
	if err := a.Delete(t.Context(), worker, nil); err != nil || len(f.calls) != 3 {
		t.Errorf("nothing to delete: %v, %d requests", err, len(f.calls)-3)
	}
}

func TestDeleteTooOld(t *testing.T) {
	f, a := newFake(t)
	f.answer = func(c call) (int, string) {
		id, _ := c.params["message_id"].(json.Number)
		switch {
		case c.method == "deleteMessages":
			return no(400, "Bad Request: message can't be deleted for everyone")
		case id == "1":
			return no(400, "Bad Request: message can't be deleted for everyone")
		case id == "2":
			return no(400, "Bad Request: message to delete not found")
		}
		return 200, ""
	}
	if err := a.Delete(t.Context(), worker, []string{"1", "2", "3"}); err != nil {
		t.Fatalf("messages that stay are an error: %v", err)
	}
	if n := len(f.made("deleteMessage")); n != 3 {
		t.Errorf("%d messages tried one by one, want 3", n)
	}
	if err := a.Delete(t.Context(), worker, []string{"x", "3"}); reason(err) != channels.Rejected || len(f.made("deleteMessages")) != 2 {
		t.Errorf("got %v, want a rejection after deleting the others", err)
	}
	f.says(no(429, "Too Many Requests: retry after 3"))
	if err := a.Delete(t.Context(), worker, []string{"3"}); reason(err) != channels.Busy {
		t.Errorf("got %v, want busy", err)
	}
}

func TestLeave(t *testing.T) {
	f, a := newFake(t)
	f.answer = func(c call) (int, string) {
		if c.params["chat_id"] == json.Number("-500111") {
			return 400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}`
		}
		return 200, ""
	}
	if err := a.Leave(t.Context(), channels.Address{User: "-500111"}); err != nil {
		t.Fatal(err)
	}
	if made := f.made("leaveChat"); len(made) != 2 || made[1].params["chat_id"] != json.Number(dorm.User) {
		t.Errorf("asked %v, want to leave what the group has become", made)
	}
	for _, c := range []struct {
		code  int
		words string
		want  channels.Reason
	}{
		{403, "Forbidden: bot is not a member of the supergroup chat", ""},
		{403, "Forbidden: bot was kicked from the group chat", ""},
		{400, "Bad Request: chat not found", ""},
		{400, "Bad Request: chat can't be left", channels.Rejected},
		{401, "Unauthorized", channels.Misset},
	} {
		f.says(no(c.code, c.words))
		if err := a.Leave(t.Context(), dorm); reason(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v, want %q", c.words, err, c.want)
		}
	}
}

func TestFetch(t *testing.T) {
	f, a := newFake(t)
	content := strings.Repeat("voice", 100_000)
	f.files["voice/file 1?.oga"] = content
	f.says(200, `{"ok":true,"result":{"file_id":"v1","file_unique_id":"u","file_size":500000,"file_path":"voice/file 1?.oga"}}`)
	r, err := a.Fetch(t.Context(), channels.Media{Ref: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil || string(b) != content {
		t.Fatalf("%d bytes, %v; want %d", len(b), err, len(content))
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := f.made("getFile")[0].params["file_id"]; got != "v1" {
		t.Errorf("asked for %v", got)
	}
}

func TestFetchFails(t *testing.T) {
	path := func(size int, path string) string {
		return fmt.Sprintf(`{"ok":true,"result":{"file_id":"v1","file_unique_id":"u","file_size":%d,"file_path":%q}}`, size, path)
	}
	for _, c := range []struct {
		name   string
		media  channels.Media
		status int
		body   string
		want   channels.Reason // empty: to be tried again
	}{
		{"known to be too big", channels.Media{Size: fetchMax + 1}, 200, path(1, "ok"), channels.Rejected},
		{"said to be too big", channels.Media{}, 400, `{"ok":false,"error_code":400,"description":"Bad Request: file is too big"}`, channels.Rejected},
		{"named as too big", channels.Media{}, 200, path(fetchMax+1, "ok"), channels.Rejected},
		{"turns out too big", channels.Media{}, 200, path(0, "huge"), channels.Rejected},
		{"unknown to Telegram", channels.Media{}, 400, `{"ok":false,"error_code":400,"description":"Bad Request: invalid file_id"}`, channels.Rejected},
		{"not now", channels.Media{}, 400, `{"ok":false,"error_code":400,"description":"Bad Request: wrong file_id or the file is temporarily unavailable"}`, ""},
		{"Telegram is ill", channels.Media{}, 500, `{"ok":false,"error_code":500,"description":"Internal Server Error"}`, ""},
		{"too fast", channels.Media{}, 429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`, channels.Busy},
		{"named but not there", channels.Media{}, 200, path(3, "nowhere"), ""},
		{"cut off", channels.Media{}, 200, path(50, "short"), ""},
		{"no path", channels.Media{}, 200, path(5, ""), ""},
		{"on the server's disk", channels.Media{}, 200, path(5, "/var/lib/telegram/file"), channels.Misset},
		{"up and away", channels.Media{}, 200, path(5, "../../bot"+token+"/getMe"), ""},
	} {
		f, a := newFake(t)
		f.files["ok"], f.files["short"], f.files["huge"] = "x", "short", strings.Repeat("x", fetchMax+1)
		f.says(c.status, c.body)
		r, err := a.Fetch(t.Context(), c.media)
		if err == nil {
			_, err = io.ReadAll(r)
			r.Close()
		}
		if err == nil || reason(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFetchTooBigStopsReading(t *testing.T) {
	wrote := 0
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getFile") {
			io.WriteString(w, `{"ok":true,"result":{"file_id":"v1","file_path":"endless"}}`)
			return
		}
		defer close(done)
		for chunk := make([]byte, 1<<20); wrote < 100<<20; wrote += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	r, err := newAdapter(t, srv.URL).Fetch(t.Context(), channels.Media{Ref: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if reason(err) != channels.Rejected || n > fetchMax {
		t.Errorf("read %d bytes and got %v", n, err)
	}
	r.Close()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the download goes on after Close")
	}
	if errors.Is(err, io.EOF) || wrote >= 100<<20 {
		t.Error("all of it was downloaded")
	}
}
