package whatsapp_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

const (
	token   = "EAAJ-the-access-token"
	secret  = "the-app-secret"
	verify  = "the-verify-token"
	phoneID = "500600700800900"
	wabaID  = "300400500600700"
	phone   = "66811112222"
	user    = "TH.9000000001"
)

// now is what the adapter takes for the time where Meta tells none.
var now = time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)

func config() whatsapp.Config {
	return whatsapp.Config{
		ID: "whatsapp-th", Token: token, AppSecret: secret, VerifyToken: verify, PhoneID: phoneID,
		Now: func() time.Time { return now },
	}
}

func adapter(t testing.TB, change func(*whatsapp.Config)) *whatsapp.Adapter {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	a, err := whatsapp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func sign(body []byte, with string) string {
	mac := hmac.New(sha256.New, []byte(with))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func signed(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/whatsapp", bytes.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", sign(body, secret))
	return r
}

func payload(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func receive(t *testing.T, body []byte) []channels.Event {
	t.Helper()
	events, err := adapter(t, nil).Receive(signed(body))
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// same compares events and shows them whole, which their own String does not.
func same(t *testing.T, got, want []channels.Event) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		var g, w []byte
		if i < len(got) {
			g, _ = json.Marshal(got[i])
		}
		if i < len(want) {
			w, _ = json.Marshal(want[i])
		}
		if !bytes.Equal(g, w) {
			t.Errorf("event %d:\n got %s\nwant %s", i, g, w)
		}
	}
	if !t.Failed() {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// T5: one payload with 3 entries of 2 changes of 3 messages, and receipts.
func TestEveryMessageOfABatch(t *testing.T) {
	events := receive(t, payload(t, "batch"))
	var messages, receipts int
	seen := map[string]bool{}
	for _, e := range events {
		if seen[e.ID] {
			t.Error("twice:", e.ID)
		}
		seen[e.ID] = true
		if e.Kind.Receipt() {
			receipts++
		} else if messages++; e.Kind != channels.Said || e.Text == "" {
			t.Errorf("a message became %v with %d letters", e.Kind, len(e.Text))
		}
	}
	if messages != 18 || receipts != 6 {
		t.Errorf("%d messages and %d receipts, want 18 and 6", messages, receipts)
	}
	if !slices.IsSortedFunc(events, func(x, y channels.Event) int { return x.At.Compare(y.At) }) {
		t.Error("not oldest first")
	}
	// Within one second, Meta's order holds.
	var last string
	for _, e := range events {
		if e.At.Unix() == 1795000100 && !e.Kind.Receipt() {
			if e.Text < last {
				t.Errorf("%q after %q", e.Text, last)
			}
			last = e.Text
		}
	}
	if last != "message 01" {
		t.Errorf("the second holds %q last", last)
	}
}

// Meta tells times in seconds, and a worker sends several messages in one.
func TestOneSecondKeepsItsOrder(t *testing.T) {
	var messages []string
	for i := range 100 {
		messages = append(messages, fmt.Sprintf(`{"from":%q,"id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"%03d"}}`, phone, i, 1795000001-i%2, i/2))
	}
	events := receive(t, []byte(`{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"`+phoneID+`"},"messages":[`+strings.Join(messages, ",")+`]}}]}]}`))
	if len(events) != 100 {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if e.Text != fmt.Sprintf("%03d", i%50) || e.At.Unix() != 1795000000+int64(i/50) {
			t.Fatalf("event %d is %s of %v", i, e.Text, e.At)
		}
	}
}

func TestForged(t *testing.T) {
	body := payload(t, "text")
	good := sign(body, secret)
	for name, mark := range map[string]string{
		"missing": "", "no scheme": strings.TrimPrefix(good, "sha256="), "other scheme": "sha1=" + good[7:],
		"another secret": sign(body, "guess"), "another body": sign(append([]byte("x"), body...), secret),
		"cut short": good[:len(good)-2], "longer": good + "00", "no hexadecimal": "sha256=" + strings.Repeat("zz", 32), "empty": "sha256=",
	} {
		r := signed(body)
		r.Header.Set("X-Hub-Signature-256", mark)
		if events, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrForged) || events != nil {
			t.Errorf("%s: %d events, %v", name, len(events), err)
		}
	}
	r := signed(body)
	r.Header.Del("X-Hub-Signature-256")
	if _, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrForged) {
		t.Error("no header:", err)
	}
}

func TestSignatureIsOverTheRawBody(t *testing.T) {
	// Meta escapes what JSON need not escape; the signature is over that form.
	body := bytes.ReplaceAll(payload(t, "text"), []byte("လစာ"), []byte(`\u101c\u1005\u102c\/`))
	events := receive(t, body)
	if len(events) != 1 || !strings.HasPrefix(events[0].Text, "လစာ/") {
		t.Errorf("%d events", len(events))
	}
}

func TestTooBig(t *testing.T) {
	big := bytes.Repeat([]byte(" "), 10<<20)
	if _, err := adapter(t, nil).Receive(signed(big)); !errors.Is(err, channels.ErrTooBig) {
		t.Error("10 MB:", err)
	}
	r := signed(big)
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("read all the same")))
	if _, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrTooBig) {
		t.Error("10 MB, declared:", err)
	}
	r = signed(big)
	r.ContentLength = -1
	if _, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrTooBig) {
		t.Error("10 MB of undeclared length:", err)
	}
	r = signed(big[:2<<20])
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 1<<20)
	if _, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrTooBig) {
		t.Error("beyond the caller's own limit:", err)
	}
	// What Meta sends at most still comes through.
	body := payload(t, "text")
	body = append(body, bytes.Repeat([]byte("\n"), 3<<20)...)
	if events := receive(t, body); len(events) != 1 {
		t.Errorf("3 MB: %d events", len(events))
	}
}

func TestUnreadable(t *testing.T) {
	for _, body := range []string{"", "{", "hello", `{"entry":[}`, "\x00", strings.Repeat("[", 20_000)} {
		events, err := adapter(t, nil).Receive(signed([]byte(body)))
		if err == nil || errors.Is(err, channels.ErrForged) || events != nil {
			t.Errorf("%.10q: %d events, %v", body, len(events), err)
		}
		if err != nil && body == "hello" && strings.Contains(err.Error(), "hello") {
			t.Error("the error quotes the body:", err)
		}
	}
	for _, body := range []string{"null", "7", `"x"`, "[]", "{}", `{"entry":7}`, `{"entry":[{"changes":{}}]}`} {
		if events := receive(t, []byte(body)); len(events) != 0 {
			t.Errorf("%s: %d events", body, len(events))
		}
	}
	r := signed(payload(t, "text"))
	r.Body = http.NoBody
	if _, err := adapter(t, nil).Receive(r); !errors.Is(err, channels.ErrForged) {
		t.Error("a body that was taken away:", err)
	}
	r = httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("reset")))
	r.Header.Set("X-Hub-Signature-256", sign(nil, secret))
	if _, err := adapter(t, nil).Receive(r); err == nil || errors.Is(err, channels.ErrForged) {
		t.Error("a body that breaks off is not a forgery, but must not be kept either:", err)
	}
}

// Names of messages are not made up anew when Meta repeats a message.
func TestRepeatsHaveTheSameID(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		body := payload(t, strings.TrimSuffix(filepath.Base(f), ".json"))
		same(t, receive(t, body), receive(t, body))
	}
}

func TestChallenge(t *testing.T) {
	a := adapter(t, nil)
	ask := func(q string) (string, error) {
		return a.Challenge(httptest.NewRequest(http.MethodGet, "/whatsapp?"+q, nil))
	}
	if got, err := ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + verify); got != "1158201444" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, q := range []string{
		"", "hub.mode=subscribe&hub.challenge=1", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
		"hub.mode=subscribe&hub.challenge=1&hub.verify_token=a-wrong-token", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + verify + "x",
		"hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=" + verify, "hub.challenge=1&hub.verify_token=" + verify,
		"hub.mode=subscribe&hub.verify_token=" + verify,
	} {
		if got, err := ask(q); !errors.Is(err, channels.ErrForged) || got != "" {
			t.Errorf("%s: %q, %v", q, got, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	a := adapter(f, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := a.Receive(signed(body))
		if err != nil && json.Valid(body) {
			t.Fatal("JSON refused:", err)
		}
		for i, e := range events {
			switch {
			case e.ID == "" || e.Kind == "" || e.At.IsZero():
				t.Fatalf("event without a name, kind or time: %+v", e)
			case e.From.User == "" || e.From.Channel != "whatsapp-th":
				t.Fatal("event from nobody")
			case e.Alias == e.From.User:
				t.Fatal("an alias that is the name itself")
			case i > 0 && e.At.Before(events[i-1].At):
				t.Fatal("not oldest first")
			case e.Kind == channels.Said && e.Text == "" && e.Choice == "" && len(e.Media) == 0 && e.Place == nil && e.What == "":
				t.Fatal("something was said and nothing is left of it")
			}
			if strings.ContainsAny(e.What, " \n\t") || strings.Contains(fmt.Sprint(e), "\n") {
				t.Fatalf("no plain word: %q", e.What)
			}
		}
		again, _ := a.Receive(signed(body))
		if !reflect.DeepEqual(events, again) {
			t.Fatal("a repeat reads otherwise")
		}
	})
}
