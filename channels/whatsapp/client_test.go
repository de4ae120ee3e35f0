package whatsapp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"workervoice/channels"
)

// Meta speaks HTTP/2: there too, a request that has left is not taken for one
// that has not.
func TestHTTP2(t *testing.T) {
	served := make(chan string, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		served <- r.Proto
		panic(http.ErrAbortHandler)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	a, err := New(Config{ID: "wa", Token: "t", AppSecret: "s", VerifyToken: "v", PhoneID: "1", URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	a.api.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
	_, err = a.Send(context.Background(), channels.Outbound{To: channels.Address{User: "66811112222"}, Text: "hello"})
	if proto := <-served; proto != "HTTP/2.0" {
		t.Fatal(proto)
	}
	if err == nil || errors.As(err, new(*channels.SendError)) {
		t.Error(err)
	}
}

// A server that tells no length is stopped where WhatsApp's own limit is.
func TestDownloadIsBounded(t *testing.T) {
	closed := false
	d := &download{from: io.NopCloser(strings.NewReader("12345")), left: 5, cancel: func() { closed = true }}
	if b, err := io.ReadAll(d); string(b) != "12345" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	d = &download{from: io.NopCloser(strings.NewReader("123456")), left: 5, cancel: func() { closed = true }}
	_, err := io.ReadAll(d)
	if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Reason != channels.Rejected {
		t.Error(err)
	}
	if d.Close(); !closed {
		t.Error("the request goes on after the close")
	}
}
