package whatsapp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"workervoice/channels"
)

var note = channels.Media{Ref: "1003383421387257", Type: "audio/ogg; codecs=opus", Voice: true}

// store makes g answer for one attachment: where to fetch it, and then with get.
func (g *graph) store(address string, get http.HandlerFunc) {
	g.answer = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v23.0/" + note.Ref:
			fmt.Fprintf(w, `{"messaging_product":"whatsapp","url":%q,"mime_type":"audio/ogg","file_size":"4","id":%q}`, address, note.Ref)
		default:
			get(w, r)
		}
	}
}

func TestFetch(t *testing.T) {
	g := play(t)
	g.store(g.URL+"/_media/key-1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OggS") })
	rc, err := g.adapter(nil).Fetch(context.Background(), note)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(rc)
	if err != nil || string(b) != "OggS" {
		t.Errorf("%q, %v", b, err)
	}
	if err := rc.Close(); err != nil {
		t.Error(err)
	}
	if asked := g.asked(); len(asked) != 2 || asked[0] != "GET /v23.0/"+note.Ref+"?phone_number_id="+phoneID || asked[1] != "GET /_media/key-1" {
		t.Errorf("%q", asked)
	}
}

func TestFetchFails(t *testing.T) {
	answer := func(status, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, code, phone+" "+token) }
	}
	gone := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprint(w, `{"error":{"code":100,"type":"GraphMethodException","message":"Object with ID '1' does not exist"}}`)
	}
	for name, test := range map[string]struct {
		first, second http.HandlerFunc
		want          channels.Reason
	}{
		"expired":             {gone, nil, channels.Rejected},
		"not found":           {status(404, ``), nil, channels.Rejected},
		"cannot be had":       {answer(400, 131052), nil, channels.Rejected},
		"token":               {answer(401, 190), nil, channels.Misset},
		"slow down":           {answer(429, 80007), nil, channels.Busy},
		"trouble":             {answer(503, 2), nil, ""},
		"no address":          {status(200, `{"id":"1"}`), nil, channels.Misset},
		"link expired":        {nil, status(404, `<html>`), channels.Rejected},
		"content gone":        {nil, status(410, ``), channels.Rejected},
		"link with no token":  {nil, status(401, ``), channels.Misset},
		"trouble on the way":  {nil, status(502, ``), ""},
		"cut off":             {nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
		"longer than allowed": {nil, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "104857601") }, channels.Rejected},
	} {
		g := play(t)
		g.store(g.URL+"/_media/key-1", test.second)
		if test.first != nil {
			g.answer = test.first
		}
		rc, err := g.adapter(nil).Fetch(context.Background(), note)
		if err == nil || rc != nil || reason(err) != test.want {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		quiet(t, err, "key-1", note.Ref)
		if test.want == channels.Rejected && strings.Contains(err.Error(), "WHATSAPP_") {
			t.Errorf("%s: sends the operator looking: %v", name, err)
		}
	}
	g := play(t)
	for _, ref := range []string{"", "../" + phoneID, "1?fields=x", "wamid.1"} {
		if _, err := g.adapter(nil).Fetch(context.Background(), channels.Media{Ref: ref}); reason(err) != channels.Rejected {
			t.Errorf("%q: %v", ref, err)
		}
	}
	if asked := g.asked(); len(asked) != 0 {
		t.Errorf("%q", asked)
	}
}

func TestDownloadBreaksOff(t *testing.T) {
	g := play(t)
	g.store(g.URL+"/_media/key-1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "Ogg")
	})
	rc, err := g.adapter(nil).Fetch(context.Background(), note)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if b, err := io.ReadAll(rc); !errors.Is(err, io.ErrUnexpectedEOF) || reason(err) != "" {
		t.Errorf("half an attachment passes for a whole one: %q, %v", b, err)
	}
}

// The token is shown to nobody over an open line but the server that has it.
func TestTokenStaysHome(t *testing.T) {
	var shown atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(fmt.Sprint(r.Header), token) {
			shown.Add(1)
		}
	}))
	defer stranger.Close()
	for _, address := range []string{stranger.URL + "/file", strings.TrimPrefix(stranger.URL, "http:"), "file:///etc/passwd", "https:///x", "%"} {
		g := play(t)
		g.store(address, nil)
		if _, err := g.adapter(nil).Fetch(context.Background(), note); reason(err) != channels.Misset {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A redirect of the API itself is not followed, one of a download without the token.
	g := play(t)
	g.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
	}
	_, _ = g.adapter(nil).Send(context.Background(), channels.Outbound{To: to, Text: "x"})
	local := strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1)
	g.store(g.URL+"/_media/key-1", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, local, http.StatusFound) })
	if rc, err := g.adapter(nil).Fetch(context.Background(), note); err == nil {
		rc.Close()
	}
	if n := shown.Load(); n != 0 {
		t.Errorf("the token was shown to a stranger %d times", n)
	}
}
