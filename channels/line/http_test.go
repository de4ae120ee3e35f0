package line

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

// TestRefusals is the error map, for push and for reply.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  fault
		reason channels.Reason // empty: nobody knows
		says   string
	}{
		{"rate", fault{status: 429, body: `{"message":"The API rate limit has been exceeded. Try again later."}`}, channels.Busy, "too many"},
		{"no words", fault{status: 429}, channels.Busy, "too many"},
		{"quota", fault{status: 429, body: `{"message":"You have reached your monthly limit."}`}, channels.NoQuota, "this month"},
		{"one property", fault{status: 400, body: `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}`}, channels.Rejected, "messages[0].text"},
		{"two properties", fault{status: 400, body: `{"message":"x","details":[{"property":"messages[0].contents.body"},{"property":"messages[1].altText"}]}`}, channels.Rejected, "messages[0].contents.body, messages[1].altText"},
		{"property in words", fault{status: 400, body: `{"message":"The property, 'to', in the request body is invalid (line: -, column: -)"}`}, channels.Rejected, "take to"},
		{"nobody there", fault{status: 400, body: `{"message":"Failed to send messages"}`}, channels.Rejected, "take to"},
		{"odd property", fault{status: 400, body: `{"details":[{"property":"my secret words"}]}`}, channels.Rejected, "take the request"},
		{"too long", fault{status: 413}, channels.Rejected, "413"},
		{"not JSON", fault{status: 400, body: `<html>my secret words`}, channels.Rejected, "400"},
		{"token", fault{status: 401, body: `{"message":"Authentication failed due to the following reason: ` + testToken + `"}`}, channels.Misset, "LINE_CHANNEL_TOKEN"},
		{"right", fault{status: 403, body: `{"message":"Access to this API is not available for your account"}`}, channels.Misset, "plan"},
		{"address", fault{status: 404}, channels.Misset, "LINE_API_URL"},
		{"elsewhere", fault{status: 302}, channels.Misset, "LINE_API_URL"},
		{"fault", fault{status: 500, body: `{"message":"Internal Server Error"}`}, "", "unknown"},
		{"gateway", fault{status: 502, body: `my secret words`}, "", "unknown"},
		{"conflict without a name", fault{status: 409, body: `{}`}, "", "unknown"},
		{"slow", fault{status: 408}, "", "unknown"},
		{"cut", fault{}, "", "unknown"},
	} {
		for _, token := range []string{"", "T"} {
			t.Run(c.name+token, func(t *testing.T) {
				f := newLINE(t)
				if token != "" {
					f.token(token)
				}
				f.next(c.fault)
				_, err := f.adapter(nil).Send(context.Background(), text("k/1", "my secret words", token))
				if err == nil || reason(err) != c.reason || !strings.Contains(err.Error(), c.says) {
					t.Fatalf("got %v, want reason %q and %q", err, c.reason, c.says)
				}
				discreet(t, err)
				if len(f.asked()) != 1 {
					t.Errorf("%d requests, want 1: %v", len(f.asked()), f.asked())
				}
			})
		}
	}
}

// discreet demands that v shows nothing of a worker and no secret, however it
// is printed.
func discreet(t *testing.T, v any) {
	t.Helper()
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		got := fmt.Sprintf(form, v)
		for _, bad := range []string{testToken, testSecret, testUser, testGroup, "my secret", "/v2/bot/group", "5017"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s shows %q: %s", form, bad, got)
			}
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the stranger was asked") }))
	defer stranger.Close()
	s := httptest.NewServer(http.RedirectHandler(stranger.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	a := newAdapter(t, func(c *Config) { c.URL = s.URL })
	if _, err := a.Send(context.Background(), text("k/1", "one", "")); reason(err) != channels.Misset {
		t.Errorf("got %v, want misconfigured", err)
	}
}

// TestNothingLeft covers what is certainly not delivered.
func TestNothingLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	plain := newLINE(t)
	untrusted := httptest.NewUnstartedServer(plain)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	ended, end := context.WithCancel(context.Background())
	end()
	for name, c := range map[string]struct {
		ctx context.Context
		url string
	}{
		"refused":                 {context.Background(), closed},
		"no such name":            {context.Background(), "http://line.invalid"},
		"certificate not trusted": {context.Background(), untrusted.URL},
		"context ended":           {ended, plain.URL},
	} {
		a := newAdapter(t, func(x *Config) { x.URL = c.url })
		for _, token := range []string{"", "T"} {
			_, err := a.Send(c.ctx, text("k/1", "my secret words", token))
			if reason(err) != channels.Busy {
				t.Errorf("%s: got %v, want busy", name, err)
			}
			discreet(t, err)
		}
	}
	if len(plain.asked()) != 0 {
		t.Errorf("LINE was asked all the same: %v", plain.asked())
	}
}

// TestNoAnswer gives up on an answer that does not come, after the message has left.
func TestNoAnswer(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then the server sees the client go
		end()
		<-r.Context().Done()
	}))
	defer s.Close()
	a := newAdapter(t, func(c *Config) { c.URL = s.URL })
	_, err := a.Send(ctx, text("k/1", "my secret words", ""))
	if !isUnknown(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an unknown outcome that says why", err)
	}
	discreet(t, err)
}

// TestAnswerCutOff: a 200 is a 200, but a refusal without its words says nothing.
func TestAnswerCutOff(t *testing.T) {
	for status, want := range map[int]bool{200: true, 400: false} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(status)
			w.Write([]byte(`{"sentMess`))
		}))
		a := newAdapter(t, func(c *Config) { c.URL = s.URL })
		_, err := a.Send(context.Background(), text("k/1", "one", "T"))
		s.Close()
		if want && err != nil || !want && !isUnknown(err) {
			t.Errorf("status %d: got %v", status, err)
		}
	}
}

func TestNothingToBeSeen(t *testing.T) {
	a := newAdapter(t, nil)
	discreet(t, a)
	discreet(t, a.c)
	discreet(t, a.LogValue())
	discreet(t, a.c.LogValue())
}

// TestTokensAreForgotten keeps the memory of reply tokens small.
func TestTokensAreForgotten(t *testing.T) {
	var k tokens
	for i := range 5000 {
		if _, ok := k.try(fmt.Sprint("T", i), "k", noon.Add(time.Duration(i)*time.Minute)); !ok {
			t.Fatal("a new token is said to be used")
		}
	}
	if n := len(k.fresh) + len(k.old); n > 50 {
		t.Errorf("%d tokens are kept, although they came a minute apart", n)
	}
	if _, ok := k.try("T4999", "another", noon.Add(5019*time.Minute)); ok {
		t.Error("a token of 20 minutes ago is forgotten")
	}
}
