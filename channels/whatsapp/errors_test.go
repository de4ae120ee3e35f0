package whatsapp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

// reason returns why a message was certainly not delivered, or "" where nobody
// knows.
func reason(err error) channels.Reason {
	if e, ok := errors.AsType[*channels.SendError](err); ok {
		return e.Reason
	}
	return ""
}

const words = "my boss keeps my passport"

// quiet fails if err shows a secret or somebody's name or words.
func quiet(t *testing.T, err error, more ...string) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, form := range []string{"%v", "%+v", "%q"} {
			s := fmt.Sprintf(form, e)
			for _, secret := range append(more, token, secret, verify, phone, user, "9000000001", words, "fbtrace", "http://", "https://", "_media") {
				if strings.Contains(s, secret) {
					t.Errorf("the error shows %q: %s", secret, s)
				}
			}
		}
	}
}

func TestErrorMap(t *testing.T) {
	const unknown = channels.Reason("")
	type row struct {
		status, code int
		want         channels.Reason
		after        time.Duration
	}
	for _, r := range []row{
		{400, 131026, channels.Unreachable, 0}, {400, 131050, channels.Unreachable, 0}, {403, 130497, channels.Unreachable, 0}, {400, 131030, channels.Unreachable, 0},
		{400, 131047, channels.OutOfWindow, 0},
		{429, 130429, channels.Busy, time.Second}, {400, 131056, channels.Busy, 6 * time.Second}, {429, 4, channels.Busy, 0}, {429, 80007, channels.Busy, 0}, {400, 133016, channels.Busy, 0},
		{400, 131048, channels.Busy, time.Hour}, {400, 131049, channels.Busy, 24 * time.Hour}, {500, 131057, channels.Busy, 0},
		{400, 131042, channels.NoQuota, 0},
		{400, 100, channels.Rejected, 0}, {400, 131008, channels.Rejected, 0}, {400, 131009, channels.Rejected, 0}, {400, 131051, channels.Rejected, 0},
		{400, 132000, channels.Rejected, 0}, {404, 132001, channels.Rejected, 0}, {400, 132005, channels.Rejected, 0}, {400, 132007, channels.Rejected, 0},
		{400, 132012, channels.Rejected, 0}, {400, 132015, channels.Rejected, 0}, {400, 132016, channels.Rejected, 0}, {400, 132018, channels.Rejected, 0}, {500, 132068, channels.Rejected, 0},
		{400, 131052, channels.Rejected, 0}, {400, 131053, channels.Rejected, 0}, {400, 131062, channels.Rejected, 0},
		{401, 190, channels.Misset, 0}, {401, 0, channels.Misset, 0}, {403, 10, channels.Misset, 0}, {403, 200, channels.Misset, 0}, {403, 299, channels.Misset, 0},
		{403, 368, channels.Misset, 0}, {403, 131031, channels.Misset, 0}, {400, 133010, channels.Misset, 0}, {500, 3, channels.Misset, 0},
		{400, 137000, channels.Stranger, 0},
		{500, 131000, unknown, 0}, {400, 131000, unknown, 0}, {503, 131016, unknown, 0}, {503, 2, unknown, 0}, {400, 1, unknown, 0},
		// Codes that Meta has not thought of yet go by the status.
		{400, 139999, channels.Rejected, 0}, {403, 139999, channels.Misset, 0}, {429, 139999, channels.Busy, 0}, {500, 139999, unknown, 0},
	} {
		g := play(t)
		g.answer = func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, r.status, r.code, "Recipient "+phone+" "+user+": "+words+" "+token)
		}
		_, err := g.adapter(nil).Send(context.Background(), channels.Outbound{To: to, Text: words})
		quiet(t, err)
		if err == nil || reason(err) != r.want {
			t.Errorf("%d %d: %v, want %q", r.status, r.code, err, r.want)
			continue
		}
		if e, ok := errors.AsType[*channels.SendError](err); ok && e.After != r.after {
			t.Errorf("%d: wait %v, want %v", r.code, e.After, r.after)
		} else if one := r.code == 131049 || r.code == 131056; ok && e.One != one {
			t.Errorf("%d: the wait is for one person: %v", r.code, e.One)
		}
		if r.code < 139999 && !strings.Contains(err.Error(), fmt.Sprintf("code %d,", r.code)) {
			t.Errorf("%d is not named: %v", r.code, err)
		}
	}
}

func TestAnswersThatAreNotMetas(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   channels.Reason
		after  time.Duration
	}{
		"subcode of old":     {status(400, `{"error":{"code":100,"error_subcode":131047}}`), channels.OutOfWindow, 0},
		"no such number":     {status(400, `{"error":{"code":100,"error_subcode":33,"type":"GraphMethodException"}}`), channels.Misset, 0},
		"code as a string":   {status(400, `{"error":{"code":"131026"}}`), channels.Unreachable, 0},
		"code of no kind":    {status(400, `{"error":{"code":{}}}`), channels.Rejected, 0},
		"a proxy's page":     {status(502, `<html>`), "", 0},
		"a proxy's refusal":  {status(403, `<html>`), channels.Misset, 0},
		"a time-out":         {status(408, ``), "", 0},
		"a wrong address":    {status(404, `<html>`), channels.Misset, 0},
		"token":              {status(401, ``), channels.Misset, 0},
		"bad request":        {status(400, ``), channels.Rejected, 0},
		"not JSON":           {status(200, `<html>`), "", 0},
		"empty":              {status(200, ``), "", 0},
		"no message":         {status(200, `{"messages":[]}`), "", 0},
		"message without id": {status(200, `{"messages":[{}]}`), "", 0},
		"broken off":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", 0},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"messages":[{"id":"wamid`))
		}, "", 0},
		"slow down": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
		}, channels.Busy, 7 * time.Second},
		"slow down, no time": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")
			w.WriteHeader(429)
		}, channels.Busy, 0},
		"sent elsewhere": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(307)
		}, channels.Misset, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := play(t)
			g.answer = test.answer
			id, err := g.adapter(nil).Send(context.Background(), channels.Outbound{To: to, Text: words})
			if err == nil || id != "" || reason(err) != test.want {
				t.Errorf("%q, %v, want %q", id, err, test.want)
			}
			if e, ok := errors.AsType[*channels.SendError](err); ok && e.After != test.after {
				t.Errorf("wait %v, want %v", e.After, test.after)
			}
			quiet(t, err)
			if len(g.asked()) != 1 {
				t.Error("asked more than once:", g.asked())
			}
		})
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

func TestNoConnection(t *testing.T) {
	g := play(t)
	g.Close()
	_, err := g.adapter(nil).Send(context.Background(), channels.Outbound{To: to, Text: words})
	if reason(err) != channels.Busy {
		t.Error("refused:", err)
	}
	quiet(t, err)
	a := adapter(t, func(c *whatsapp.Config) { c.URL = "http://name.invalid" })
	if _, err = a.Send(context.Background(), channels.Outbound{To: to, Text: words}); reason(err) != channels.Busy {
		t.Error("no such name:", err)
	}
	quiet(t, err)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS() // with a stranger's certificate
	defer s.Close()
	a = adapter(t, func(c *whatsapp.Config) { c.URL = s.URL })
	if _, err = a.Send(context.Background(), channels.Outbound{To: to, Text: words}); reason(err) != channels.Misset {
		t.Error("not Meta:", err)
	}
	quiet(t, err)
}

// Once the request has left, an end of patience leaves the outcome open.
func TestCutOffWhileWaiting(t *testing.T) {
	g := play(t)
	ctx, cancel := context.WithCancel(context.Background())
	g.answer = func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the caller has gone
		cancel()
		<-r.Context().Done()
	}
	_, err := g.adapter(nil).Send(ctx, channels.Outbound{To: to, Text: words})
	if err == nil || reason(err) != "" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	quiet(t, err)
}
