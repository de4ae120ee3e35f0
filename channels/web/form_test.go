package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"workervoice/channels"
)

// A file is one that a worker picks.
type upload struct {
	field, name, mt string
	content         []byte
}

// post sends a form with fields, given as pairs, and files.
func (s *site) post(fields []string, files ...upload) answer {
	s.t.Helper()
	return s.do(s.form(fields, files...))
}

func (s *site) form(fields []string, files ...upload) *http.Request {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, f := range files {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + f.field + `"; filename="` + f.name + `"`},
			"Content-Type":        {f.mt},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := p.Write(f.content); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := s.request("POST", "/w", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// begin opens the chat and takes English.
func (s *site) begin() answer {
	s.t.Helper()
	page := s.get("/w").must(s.t, 200)
	s.post(append(fields(page.body), "text", "", "choice", "language:en")).must(s.t, 303)
	return s.get("/w").must(s.t, 200, "You said: language:en")
}

func TestFirstVisitStoresNothing(t *testing.T) {
	s := newSite(t, nil)
	page := s.get("/w").must(t, 200, `value="language:my"`, `value="language:en"`, "<title>Golden Friend</title>")
	if len(s.b.pages) != 0 {
		t.Error("looking at the page stored something")
	}
	c := page.Cookies()[0]
	if !isToken(c.Value) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge < 360*24*60*60 {
		t.Errorf("cookie %v", c)
	}
	if again := s.get("/w"); again.Cookies()[0].Value != c.Value {
		t.Error("the second look made another worker")
	}
	other := newSite(t, func(c *Config) { c.Secure = true }).get("/w").Cookies()[0]
	if other.Name != "__Host-friend" || !other.Secure || other.Path != "/" || other.Value == c.Value {
		t.Errorf("behind https: cookie %v", other)
	}
}

func TestLanguageOfFirstPage(t *testing.T) {
	for accept, want := range map[string]string{
		"":                          "en",
		"km-KH,km;q=0.9,en;q=0.8":   "km",
		"fr-FR,fr;q=0.9,ne;q=0.5":   "ne",
		"my-MM":                     "my",
		"fr":                        "en",
		";;;":                       "en",
		"en-GB;q=0.2, th-TH; q=0.3": "th",
	} {
		s := newSite(t, nil)
		r := s.request("GET", "/w", nil)
		r.Header.Set("Accept-Language", accept)
		body := s.do(r).must(t, 200, `<html lang="`+want+`">`).body
		if i := strings.Index(body, `value="language:`); !strings.HasPrefix(body[i:], `value="language:`+want) {
			t.Errorf("%q: the likely language does not come first", accept)
		}
	}
}

// TestTaps goes the way of a worker without scripts from a mobilizer's link to
// the first answer.
func TestTaps(t *testing.T) {
	s := newSite(t, nil)
	if r := s.get("/w/j/K7M2QX4P?l=km").must(t, 303); r.Header.Get("Location") != "/w" {
		t.Errorf("the link leads to %s", r.Header.Get("Location"))
	}
	page := s.get("/w").must(t, 200, `<html lang="km">`)
	sent := s.post(append(fields(page.body), "text", "", "choice", "language:my"), upload{"photo", "", "application/octet-stream", nil}).must(t, 303)
	if l := sent.Header.Get("Location"); !strings.HasPrefix(l, "/w#l") {
		t.Errorf("leads to %q and not to the answer", l)
	}
	if len(s.b.events) != 1 {
		t.Fatalf("%d events, want one with link and language", len(s.b.events))
	}
	e := s.b.events[0]
	if e.Kind != channels.Started || e.Ref != "K7M2QX4P" || e.Locale != "km" || e.Choice != "language:my" {
		t.Errorf("first event: %s, ref %q, locale %q, choice %q", e.Kind, e.Ref, e.Locale, e.Choice)
	}
	if e.From.User != s.user() || e.From.Channel != "web" || e.At.IsZero() {
		t.Errorf("first event: from another, or no time")
	}
	page = s.get("/w").must(t, 200, `<html lang="my">`, "You said: language:my", `value="ask:yes"`)
	if strings.Contains(page.body, "language:my\"") || strings.Contains(page.body, `name="first"`) {
		t.Error("the language is asked again")
	}
	s.post(append(fields(page.body), "choice", "ask:yes")).must(t, 303)
	if e := s.b.last(); e.Choice != "ask:yes" || e.Ref != "" || len(s.b.events) != 2 {
		t.Errorf("second event: choice %q, ref %q of %d", e.Choice, e.Ref, len(s.b.events))
	}
}

func TestSecondTabDoesNotStartAgain(t *testing.T) {
	s := newSite(t, nil)
	one, two := s.get("/w"), s.get("/w")
	s.post(append(fields(one.body), "choice", "language:en")).must(t, 303)
	s.post(append(fields(two.body), "choice", "language:th")).must(t, 303)
	if n := len(s.b.events); n != 2 || s.b.events[1].Kind != channels.Said {
		t.Errorf("%d events, want Started, Said", n)
	}
}

func TestRepeatedFormIsOneEvent(t *testing.T) {
	s := newSite(t, nil)
	f := append(fields(s.begin().body), "text", "they keep my passport")
	s.post(f).must(t, 303)
	n, _ := s.b.count()
	s.post(f).must(t, 303)
	if again, posts := s.b.count(); again != n || posts != 3 {
		t.Errorf("%d events after %d posts, want %d", again, posts, n)
	}
	f[len(f)-1] = "another thing" // the browser's copy of the page, used anew
	s.post(f).must(t, 303)
	if again, _ := s.b.count(); again != n+1 {
		t.Error("another text in the same form was lost")
	}
	pic := upload{"photo", "gate.jpg", "image/jpeg", jpeg(1)}
	f[len(f)-1] = ""
	s.post(f, pic).must(t, 303)
	s.post(f, pic).must(t, 303)
	if again, _ := s.b.count(); again != n+2 {
		t.Errorf("%d events, want one more for a photo sent twice", again)
	}
	s.post(f, upload{"photo", "gate.jpg", "image/jpeg", jpeg(2)}).must(t, 303)
	if again, _ := s.b.count(); again != n+3 {
		t.Error("another photo in the same form was lost")
	}
}

func TestWordsBesideButtonStay(t *testing.T) {
	s := newSite(t, nil)
	f := append(fields(s.begin().body), "text", "half a <sentence>", "choice", "ask:no")
	s.post(f).must(t, 200, "half a &lt;sentence&gt;</textarea>", "You said: ask:no")
	if e := s.b.last(); e.Choice != "ask:no" || e.Text != "" {
		t.Errorf("event with choice %q and text %q", e.Choice, e.Text)
	}
	f[len(f)-1] = "ask:yes"
	s.post(f, upload{"photo", "a.png", "image/png", png})
	n := len(s.b.events)
	if a, b := s.b.events[n-2], s.b.events[n-1]; len(a.Media) != 1 || b.Choice != "ask:yes" || a.ID == b.ID {
		t.Error("a photo beside a button must come before it")
	}
}

func TestNotStored(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	s.b.down = true
	f := append(fields(page.body), "text", "my boss\nhits us")
	failed := s.post(f).must(t, 503, "my boss\nhits us</textarea>", "web.try_again/en")
	s.b.down = false
	again := append(fields(failed.body), "text", "my boss\r\nhits us")
	if again[1] != f[1] {
		t.Error("the page to try again with has another name")
	}
	s.post(again).must(t, 303)
	if s.b.last().Text != "my boss\nhits us" {
		t.Errorf("stored %q", s.b.last().Text)
	}

	s.b.down = true
	failed = s.post(append(fields(page.body), "choice", "ask:yes")).must(t, 503, `name="choice" value="ask:yes" data-label="web.retry/en">web.retry/en`)
	s.b.down = false
	s.post(append(fields(failed.body), "choice", "ask:yes")).must(t, 303)
	s.b.blind = true
	s.get("/w").must(t, 503, "web.try_again/en", "<textarea")
	s.post(append(fields(page.body), "text", "still here")).must(t, 303)
	s.b.blind = false
	if s.b.last().Text != "still here" {
		t.Error("what can be stored is not, while nothing can be read")
	}
}

func TestForged(t *testing.T) {
	s := newSite(t, nil)
	f := append(fields(s.begin().body), "text", "planted")
	n := len(s.b.events)
	for name, change := range map[string]func(*http.Request){
		"other site":             func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"other site, old":        func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"no form":                func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"neighbouring subdomain": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
	} {
		r := s.form(f)
		change(r)
		if a := s.do(r); a.StatusCode != 403 || len(s.b.events) != n {
			t.Errorf("%s: status %d, %d events", name, a.StatusCode, len(s.b.events)-n)
		}
	}
	s.http = browser(t) // without the cookie
	s.post(f).must(t, 403, "planted</textarea>", "web.try_again")
	if len(s.b.events) != n || s.user() == "" {
		t.Error("whoever has no cookie must get one, and be asked to send again")
	}
}

// TestOldBrowser shows that phones which send an Origin but no Sec-Fetch-Site
// get through: what a page with this Referrer-Policy sends is not "null".
func TestOldBrowser(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Public = "https://friend.example/" })
	page := s.begin()
	if p := page.Header.Get("Referrer-Policy"); p != "same-origin" {
		t.Errorf("Referrer-Policy %s makes forms come with the origin null", p)
	}
	for _, origin := range []string{s.url, "https://friend.example", ""} {
		r := s.form(append(fields(page.body), "text", "hello from "+origin))
		r.Header.Del("Sec-Fetch-Site")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		s.do(r).must(t, 303)
	}
}

func TestLongText(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	long := strings.Repeat("ပတ်စပို့ ", MaxText/9) + strings.Repeat("x", MaxText-MaxText/9*9)
	s.post(append(fields(page.body), "text", long)).must(t, 303)
	if s.b.last().Text != long {
		t.Error("a long text did not arrive whole")
	}
	n := len(s.b.events)
	s.post(append(fields(page.body), "text", long+"y")).must(t, 422, "web.too_long/en", long+"y</textarea>")
	s.post(append(fields(page.body), "text", " \r\n ")).must(t, 303)
	s.post(append(fields(page.body), "choice", strings.Repeat("v", 201))).must(t, 303)
	if len(s.b.events) != n {
		t.Error("what is too long, or empty, made an event")
	}
}

func TestScriptGetsNoPage(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	post := func(want int, text string, files ...upload) answer {
		r := s.form(append(fields(page.body), "text", text), files...)
		r.Header.Set("Accept", "application/json")
		return s.do(r).must(t, want)
	}
	if a := post(204, "hello"); a.body != "" {
		t.Errorf("answered %q", a.body)
	}
	if a := post(422, "", upload{"photo", "a.gif", "image/gif", []byte("GIF89a....")}); a.body != "web.wrong_type/en" {
		t.Errorf("answered %q", a.body)
	}
	s.b.down = true
	if a := post(503, "kept by the script"); a.body != "web.try_again/en" {
		t.Errorf("answered %q", a.body)
	}
}

func TestReceive(t *testing.T) {
	s := newSite(t, nil)
	r := s.form([]string{"id", "n", "text", "hi"})
	r.AddCookie(&http.Cookie{Name: "friend", Value: newToken()})
	es, err := s.a.Receive(r)
	if err != nil || len(es) != 1 || es[0].Text != "hi" || es[0].Message != es[0].ID {
		t.Errorf("%v, %v", es, err)
	}
	huge := s.form([]string{"text", "hi"}) // whose end never comes
	huge.AddCookie(&http.Cookie{Name: "friend", Value: newToken()})
	boundary := strings.TrimPrefix(huge.Header.Get("Content-Type"), "multipart/form-data; boundary=")
	huge.Body = io.NopCloser(io.MultiReader(strings.NewReader("--"+boundary+"\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\n"+string(png)), endless{}))
	if es, err := s.a.Receive(huge); !errors.Is(err, channels.ErrTooBig) || len(s.b.files) != 0 {
		t.Errorf("an endless form made %v, %v", es, err)
	}
	broken := s.form([]string{"text", "hi"})
	broken.AddCookie(&http.Cookie{Name: "friend", Value: newToken()})
	broken.Body = io.NopCloser(io.LimitReader(broken.Body, 60))
	if es, err := s.a.Receive(broken); err == nil {
		t.Errorf("a form that broke off made %v", es)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
