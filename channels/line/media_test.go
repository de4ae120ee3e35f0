package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"workervoice/channels"
)

const (
	contentPath  = "/v2/bot/message/5017/content"
	preparedPath = contentPath + "/transcoding"
)

// content serves one attachment.
type content struct {
	state, status int
	prepared      string
	body          []byte
	length        int // stated
	asked         []string
}

func (c *content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked = append(c.asked, r.URL.Path)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		w.WriteHeader(401)
	case r.URL.Path == preparedPath:
		answerJSON(w, c.state, c.prepared)
	case r.URL.Path == contentPath:
		if c.length > 0 {
			w.Header().Set("Content-Length", strconv.Itoa(c.length))
		}
		w.WriteHeader(c.status)
		w.Write(c.body)
	default:
		w.WriteHeader(404)
	}
}

func (c *content) fetch(t *testing.T, kind string) (io.ReadCloser, error) {
	t.Helper()
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	a := newAdapter(t, func(x *Config) { x.DataURL = s.URL + "/" })
	return a.Fetch(context.Background(), channels.Media{Ref: "5017", Type: kind})
}

func TestFetch(t *testing.T) {
	want := bytes.Repeat([]byte("voice"), 100_000)
	for kind, asks := range map[string]int{"image/jpeg": 1, "application/pdf": 1, "audio/mp4": 2, "video/mp4": 2} {
		c := &content{state: 200, prepared: `{"status":"succeeded"}`, status: 200, body: want}
		r, err := c.fetch(t, kind)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) || len(c.asked) != asks {
			t.Errorf("%s: %d bytes, %d requests, %v", kind, len(got), len(c.asked), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFetchRefused(t *testing.T) {
	ready := `{"status":"succeeded"}`
	for name, c := range map[string]struct {
		content content
		reason  channels.Reason // empty: ask again later
	}{
		"preparing":           {content{state: 200, prepared: `{"status":"processing"}`, status: 200}, channels.Busy},
		"preparing, 202":      {content{state: 202, status: 200}, channels.Busy},
		"content 202":         {content{state: 200, prepared: ready, status: 202}, channels.Busy},
		"failed":              {content{state: 200, prepared: `{"status":"failed"}`, status: 200}, channels.Rejected},
		"taken back":          {content{state: 404, status: 404}, channels.Rejected},
		"dropped":             {content{state: 200, prepared: ready, status: 410}, channels.Rejected},
		"token":               {content{state: 401}, channels.Misset},
		"token for content":   {content{state: 200, prepared: ready, status: 401}, channels.Misset},
		"no right":            {content{state: 403}, channels.Misset},
		"rate":                {content{state: 429}, channels.Busy},
		"fault":               {content{state: 500}, ""},
		"fault with content":  {content{state: 200, prepared: ready, status: 503}, ""},
		"not JSON":            {content{state: 200, prepared: "<html>", status: 200}, ""},
		"longer than we take": {content{state: 200, prepared: ready, status: 200, length: 50<<20 + 1}, channels.Rejected},
	} {
		r, err := c.content.fetch(t, "audio/mp4")
		if err == nil || r != nil || reason(err) != c.reason {
			t.Errorf("%s: got %v, want reason %q", name, err, c.reason)
			continue
		}
		discreet(t, err)
	}
}

// TestFetchFile: LINE does not convert files, so it may not know their state.
func TestFetchFile(t *testing.T) {
	for _, state := range []int{400, 404, 410} {
		c := &content{state: state, status: 200, body: []byte("film")}
		r, err := c.fetch(t, "video/mp4")
		if err != nil {
			t.Fatalf("state %d: %v", state, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "film" {
			t.Errorf("state %d: got %q and %v", state, got, err)
		}
	}
}

// TestFetchIsWholeOrFails proves that a part is never taken for the whole.
func TestFetchIsWholeOrFails(t *testing.T) {
	cut := &content{status: 200, body: []byte("half"), length: 8}
	endless := &content{status: 200, body: bytes.Repeat([]byte{7}, 50<<20+1)} // without a stated length
	for name, c := range map[string]*content{"cut": cut, "endless": endless} {
		r, err := c.fetch(t, "image/jpeg")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := io.Copy(io.Discard, r); err == nil {
			t.Errorf("%s: read to the end without an error", name)
		}
		r.Close()
	}
	r, err := cut.fetch(t, "image/jpeg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want an unexpected end", err)
	}
}

func TestFetchUnreachable(t *testing.T) {
	a := newAdapter(t, func(c *Config) { c.DataURL = "http://127.0.0.1:1" })
	_, err := a.Fetch(context.Background(), channels.Media{Ref: "5017", Type: "image/jpeg"})
	if reason(err) != channels.Busy {
		t.Errorf("got %v, want busy", err)
	}
	discreet(t, err)
}
