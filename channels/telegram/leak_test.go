package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
)

const words = "they keep my passport"

// everything calls each method that asks Telegram for something, and returns
// their errors by name.
func everything(ctx context.Context, a *Adapter) map[string]error {
	a.pause = func(context.Context, time.Duration) {}
	m := channels.Outbound{To: worker, Text: words, Choices: []channels.Choice{{Label: "Yes", Value: "case:17"}}}
	withFile := m
	withFile.File = &channels.File{Type: "application/pdf", Name: "passport.pdf", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(words)), nil
	}}
	errs := map[string]error{}
	_, errs["Send"] = a.Send(ctx, m)
	_, errs["Send a file"] = a.Send(ctx, withFile)
	_, errs["Fetch"] = a.Fetch(ctx, channels.Media{Ref: "AgACAgUAAxkBAAI"})
	errs["Start"] = a.Start(ctx, "")
	errs["Start with a webhook"] = a.Start(ctx, "https://voice.example.org/telegram")
	errs["Acknowledge"] = a.Acknowledge(ctx, channels.Event{Callback: "cb987654"})
	errs["Delete"] = a.Delete(ctx, worker, []string{"5551234"})
	errs["Leave"] = a.Leave(ctx, dorm)
	return errs
}

var telling = []string{token, "AAH-very", secret, words, "passport", worker.User, dorm.User, "case:17", "AgACAg", "cb987654", "5551234", "/bot"}

func tells(t *testing.T, what string, err error) {
	t.Helper()
	for _, shown := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, s := range telling {
			if strings.Contains(shown, s) {
				t.Errorf("%s: %q shows in %s", what, s, shown)
			}
		}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		for _, s := range telling {
			if strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q shows in %s (%T)", what, s, err, err)
			}
		}
	}
}

// hijack answers every request with bytes of its own, and hangs up.
func hijack(t *testing.T, answer func(r *http.Request) string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(c, answer(r))
		_ = c.(*net.TCPConn).SetLinger(0) // a reset, not an end
		c.Close()
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestNothingSecretInErrors breaks the connection in every way there is, and
// says of each whether a message may have been delivered.
func TestNothingSecretInErrors(t *testing.T) {
	echo := func(r *http.Request) string { return r.URL.String() + " " + words + " " + worker.User }
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer plain.Close()
	foreignTLS := httptest.NewUnstartedServer(http.NotFoundHandler())
	foreignTLS.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of each handshake
	foreignTLS.StartTLS()
	defer foreignTLS.Close()
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("a redirect was followed: a stranger has the token and the words")
	}))
	defer stranger.Close()
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer away.Close()
	quoting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"ok":false,"error_code":400,"description":"Bad Request: \"%s\" to %s at https://x/bot%s and +66 81 111 2222 or @aye ကူညီပါ, file AgACAg@x"}`, words, worker.User, token)
	}))
	defer quoting.Close()
	for _, c := range []struct {
		name, url string
		certain   bool // that nothing was delivered
	}{
		{"refused", "http://127.0.0.1:1", true},
		{"no such host", "http://" + strings.Repeat("a", 64) + ".invalid", true},
		{"no such port", "http://127.0.0.1:99999", true},
		{"not TLS", "https" + strings.TrimPrefix(plain.URL, "http"), true},
		{"unknown certificate", foreignTLS.URL, true},
		{"reset", hijack(t, func(*http.Request) string { return "" }), false},
		{"reset after accepting", hijack(t, func(*http.Request) string {
			return "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + `{"ok":true,"result":{"mess`
		}), false},
		{"not HTTP", hijack(t, echo), false},
		{"strange header", hijack(t, func(r *http.Request) string { return "HTTP/1.1 200 OK\r\n" + echo(r) + "\r\n\r\n" }), false},
		{"strange status", hijack(t, func(r *http.Request) string { return "HTTP/1.1 " + echo(r) + "\r\n\r\n" }), false},
		{"redirect", away.URL, false},
		{"not Telegram", plain.URL, false},
		{"quotes us", quoting.URL, true},
	} {
		for method, err := range everything(t.Context(), newAdapter(t, c.url)) {
			what := c.name + ": " + method
			if err == nil {
				t.Errorf("%s: no error", what)
				continue
			}
			tells(t, what, err)
			if certain := reason(err) != ""; strings.HasPrefix(method, "Send") && certain != c.certain {
				t.Errorf("%s: certainly not delivered is %v, want %v: %v", what, certain, c.certain, err)
			}
		}
	}
}

func TestSendGivenUp(t *testing.T) {
	accepted := make(chan struct{})
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(accepted)
		<-release
	}))
	defer srv.Close()
	defer close(release)
	a := newAdapter(t, srv.URL)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Send(ctx, channels.Outbound{To: worker, Text: words})
	if reason(err) != channels.Busy || !errors.Is(err, context.Canceled) {
		t.Errorf("before it left: %v, want busy", err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		<-accepted
		cancel()
	}()
	_, err = a.Send(ctx, channels.Outbound{To: worker, Text: words})
	if reason(err) != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("after it left: %v, want an unknown outcome", err)
	}
	tells(t, "given up", err)
}
