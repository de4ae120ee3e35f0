package whatsapp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

const (
	patience  = 20 * time.Second // for one request to the Graph API
	longest   = 5 * time.Minute  // for one attachment
	maxAnswer = 1 << 20          // bytes of an answer that are read
	agent     = "workervoice/1.0.0"
)

// clients returns one for the API, which follows no redirect, since it carries
// the token, and one for downloads. They share connections.
func clients() (api, files *http.Client) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 128
	t.TLSHandshakeTimeout = 10 * time.Second
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	// A POST on a connection that the other side is just closing has an unknown
	// outcome, so connections are given up early.
	t.IdleConnTimeout = 20 * time.Second
	api = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	files = &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= 5 || r.URL.Scheme != via[0].URL.Scheme {
			return errors.New("redirected too often or to an open line")
		}
		return nil // net/http drops the token where the host is another
	}}
	return api, files
}

// A request is one for the Graph API.
type request struct {
	method, path string
	kind         string // media type of body
	body         io.Reader
	length       int64 // of body; below zero: unknown
	wait         time.Duration
	head         func(http.Header) // is shown the answer's header, where set
}

// call carries out q and reads what Meta answers. A *SendError means that Meta
// certainly has not done it. Any other error means that nobody knows.
func (a *Adapter) call(ctx context.Context, q request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, q.wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, q.method, a.c.URL+q.path, q.body)
	if err != nil {
		if c, ok := q.body.(io.Closer); ok {
			c.Close()
		}
		return &channels.SendError{Reason: channels.Misset, Err: errors.New("whatsapp: WHATSAPP_API_URL cannot be called")}
	}
	if q.body != nil {
		r.ContentLength = q.length
		r.Header.Set("Content-Type", q.kind)
	}
	resp, err := a.do(a.api, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if q.head != nil {
		q.head(resp.Header)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 != 2 {
		return refused(resp.StatusCode, resp.Header, b)
	}
	if err != nil {
		return fmt.Errorf("whatsapp: the answer was cut off: %w", bareError(err))
	}
	return decoded(b, answer)
}

// do sends r with the token. Where no connection came about, nothing of r has
// left, and the error is a *SendError.
func (a *Adapter) do(c *http.Client, r *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	r.Header.Set("Authorization", "Bearer "+a.c.Token)
	r.Header.Set("User-Agent", agent)
	resp, err := c.Do(r)
	switch {
	case err == nil:
		return resp, nil
	case connected.Load():
		return nil, fmt.Errorf("whatsapp: the connection broke: %w", bareError(err))
	case untrusted(err):
		return nil, &channels.SendError{Reason: channels.Misset, Err: fmt.Errorf("whatsapp: the server does not prove to be Meta's: check WHATSAPP_API_URL, the clock and the root certificates: %w", bareError(err))}
	}
	return nil, &channels.SendError{Reason: channels.Busy, Err: fmt.Errorf("whatsapp: no connection: %w", bareError(err))}
}

// untrusted reports whether the other side's certificate is not accepted.
func untrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError))
}

// bareError returns err without the address that net/http puts into its errors:
// those of attachments are secret.
func bareError(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
