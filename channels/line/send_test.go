package line

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
)

// isUnknown reports whether err leaves open what became of the message.
func isUnknown(err error) bool {
	_, certain := errors.AsType[*channels.SendError](err)
	return err != nil && !certain
}

func reason(err error) channels.Reason {
	if e, ok := errors.AsType[*channels.SendError](err); ok {
		return e.Reason
	}
	return ""
}

// want sends m and demands that it is delivered and that the worker sees it
// once, in all.
func (f *fakeLINE) want(a *Adapter, m channels.Outbound, via, id string) {
	f.t.Helper()
	got, err := a.Send(context.Background(), m)
	if err != nil || got != id {
		f.t.Fatalf("got %q and error %v, want %q", got, err, id)
	}
	seen := 0
	for _, s := range f.screen() {
		for _, o := range s.objects {
			if o["text"] == m.Text {
				seen++
				if s.via != via {
					f.t.Errorf("went by %s, want %s", s.via, via)
				}
			}
		}
	}
	if seen != 1 {
		f.t.Errorf("the worker sees the message %d times", seen)
	}
}

// unsure sends m and demands that nobody knows what became of it.
func (f *fakeLINE) unsure(a *Adapter, m channels.Outbound) {
	f.t.Helper()
	if _, err := a.Send(context.Background(), m); !isUnknown(err) {
		f.t.Fatalf("got %v, want an unknown outcome", err)
	}
}

func again(m channels.Outbound) channels.Outbound { m.Again = true; return m }

func TestReplyWhileTheTokenLives(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	f.want(a, text("k/1", "one", f.token("T1")), "reply", "1.1")

	late := text("k/2", "two", f.token("T2"))
	late.ReplyUntil = noon
	f.want(a, late, "push", "2.1")
	f.want(a, text("k/3", "three", ""), "push", "3.1")
	if n := f.sends("reply"); n != 1 {
		t.Errorf("%d replies were tried, want 1", n)
	}
	if f.screen()[1].to != testUser {
		t.Error("the push went to somebody else")
	}
}

func TestDeadTokenBecomesAPush(t *testing.T) {
	f := newLINE(t)
	f.want(f.adapter(nil), text("k/1", "one", "never given"), "push", "1.1")

	f = newLINE(t)
	f.next(fault{status: 400, body: `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"replyToken"}]}`})
	f.want(f.adapter(nil), text("k/1", "one", f.token("T")), "push", "1.1")
}

// TestUnknownReply repeats a reply whose outcome nobody knows.
func TestUnknownReply(t *testing.T) {
	for name, x := range map[string]fault{
		"cut before it was taken":   {},
		"cut after it was taken":    {late: true},
		"fault before it was taken": {status: 500, body: `{}`},
		"fault after it was taken":  {status: 503, late: true},
	} {
		for _, process := range []string{"same process", "new process"} {
			t.Run(name+", "+process, func(t *testing.T) {
				f := newLINE(t)
				a := f.adapter(nil)
				m := text("k/1", "one", f.token("T"))
				f.next(x)
				f.unsure(a, m)
				if process == "new process" {
					a = f.adapter(nil)
				}
				id := "1.1"
				if x.late {
					id = "" // LINE does not tell the name of a reply twice
				}
				f.want(a, again(m), "reply", id)
				if n := f.sends("push"); n != 0 {
					t.Errorf("%d pushes, want none", n)
				}
			})
		}
	}
}

// TestUnknownPush repeats a push whose outcome nobody knows, in a new process.
func TestUnknownPush(t *testing.T) {
	for name, x := range map[string]fault{"cut before": {}, "cut after": {late: true}, "fault before": {status: 500}, "fault after": {status: 502, late: true}} {
		t.Run(name, func(t *testing.T) {
			f := newLINE(t)
			m := text("k/1", "one", "")
			f.next(x)
			f.unsure(f.adapter(nil), m)
			f.want(f.adapter(nil), again(m), "push", "1.1")
		})
	}
}

// TestTokenOfAnother sends two messages with one token. The second must not
// take the reply of the first for its own.
func TestTokenOfAnother(t *testing.T) {
	for name, x := range map[string]fault{"cut before": {}, "cut after": {late: true}} {
		t.Run(name, func(t *testing.T) {
			f := newLINE(t)
			a := f.adapter(nil)
			f.want(a, text("k/1", "one", f.token("T")), "reply", "1.1")
			second := text("k/2", "two", "T")
			f.next(x)
			f.unsure(a, second)
			f.want(a, again(second), "push", "2.1")
			if n := f.sends("reply"); n != 1 {
				t.Errorf("%d replies were tried, want 1", n)
			}
		})
	}
}

// TestDeadTokenThenUnknownPush: the token was refused, so a repeat must not
// read a second refusal as a sign of success.
func TestDeadTokenThenUnknownPush(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	m := text("k/1", "one", "never given")
	f.next(fault{status: 400, body: `{"message":"Invalid reply token"}`}, fault{})
	f.unsure(a, m)
	f.want(a, again(m), "push", "1.1")
}

func TestAgainAfterTheTokensLife(t *testing.T) {
	f := newLINE(t)
	now := noon
	a := f.adapter(func(c *Config) { c.Now = func() time.Time { return now } })
	m := text("k/1", "one", f.token("T"))
	f.next(fault{})
	f.unsure(a, m)
	now = noon.Add(time.Minute)
	f.want(a, again(m), "push", "1.1")
}

// TestSettledTwice repeats a reply that was delivered, although nobody said
// that it might have been: the bot lost its own note of it.
func TestSettledTwice(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	m := text("k/1", "one", f.token("T"))
	f.want(a, m, "reply", "1.1")
	f.want(a, m, "reply", "1.1")
}

func TestBusyReplyIsSentLater(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	m := text("k/1", "one", f.token("T"))
	f.next(fault{status: 429, body: `{"message":"The API rate limit has been exceeded. Try again later."}`, header: "7"})
	_, err := a.Send(context.Background(), m)
	if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Reason != channels.Busy || e.After != 7*time.Second {
		t.Fatalf("got %v, want busy for 7 s", err)
	}
	// The token was not used, so another message may have it.
	f.want(a, text("k/2", "two", "T"), "reply", "1.1")
}

func TestBusyReplyKeepsItsToken(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	m := text("k/1", "one", f.token("T"))
	f.next(fault{status: 429})
	if _, err := a.Send(context.Background(), m); reason(err) != channels.Busy {
		t.Fatalf("got %v, want busy", err)
	}
	f.want(a, m, "reply", "1.1")
}

func TestRetryKey(t *testing.T) {
	f := newLINE(t)
	for i, key := range []string{"event/1", "event/2", strings.Repeat("x", 100)} {
		f.want(f.adapter(nil), text(key, fmt.Sprint(i), ""), "push", fmt.Sprintf("%d.1", i+1))
	}
	// Made of the key alone, the same in every version of this program: what the
	// old one has sent, the new one must not send again.
	if got := f.screen()[0].key; got != "a1857ddb-96f1-8107-9918-4095f95fb8f2" {
		t.Errorf("got %s", got)
	}
	if f.screen()[0].key == f.screen()[1].key || retryKey([]string{"a", "b"}) == retryKey([]string{"b", "a"}) {
		t.Error("two messages have one retry key")
	}
}

func TestSendAllInOneRequest(t *testing.T) {
	for _, token := range []string{"T", ""} {
		f := newLINE(t)
		if token != "" {
			f.token(token)
		}
		var ms []channels.Outbound
		for i := range 5 {
			ms = append(ms, text(fmt.Sprintf("k/%d", i), fmt.Sprint("line ", i), token))
		}
		ids, err := f.adapter(nil).SendAll(context.Background(), ms)
		if want := []string{"1.1", "1.2", "1.3", "1.4", "1.5"}; err != nil || !reflect.DeepEqual(ids, want) {
			t.Fatalf("got %v and error %v, want %v", ids, err, want)
		}
		if len(f.screen()) != 1 || len(f.screen()[0].objects) != 5 || f.screen()[0].objects[4]["text"] != "line 4" {
			t.Errorf("shown: %s", show(f.screen()))
		}
	}
}

// TestLongestLivedToken: of two tokens the one that lives longer is used, also
// when the messages are repeated.
func TestLongestLivedToken(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	ms := []channels.Outbound{text("k/1", "one", f.token("long")), text("k/2", "two", f.token("short"))}
	ms[1].ReplyUntil = noon.Add(time.Second)
	if _, err := a.SendAll(context.Background(), ms); err != nil {
		t.Fatal(err)
	}
	f.want(a, text("k/3", "three", "short"), "reply", "2.1")
}

func TestSendAllUnknown(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	ms := []channels.Outbound{text("k/1", "one", ""), text("k/2", "two", "")}
	f.next(fault{late: true})
	if _, err := a.SendAll(context.Background(), ms); !isUnknown(err) {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	ms[0].Again, ms[1].Again = true, true
	ids, err := a.SendAll(context.Background(), ms)
	if err != nil || !reflect.DeepEqual(ids, []string{"1.1", "1.2"}) || len(f.screen()) != 1 {
		t.Errorf("got %v and error %v; the worker sees %d requests", ids, err, len(f.screen()))
	}
}

// TestSendAllTooMuchForOne sends captions with sound: ten message objects.
func TestSendAllTooMuchForOne(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	f.token("T")
	var ms []channels.Outbound
	for i := range 5 {
		m := text(fmt.Sprintf("k/%d", i), fmt.Sprint("line ", i), "T")
		m.File = &channels.File{Type: "audio/mp4", URL: "https://x.example/a", Seconds: 3}
		ms = append(ms, m)
	}
	f.next(fault{late: true, status: 200, body: `{"sentMessages":[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"}]}`}, fault{status: 429, body: `{"message":"rate"}`})
	if _, err := a.SendAll(context.Background(), ms); !isUnknown(err) {
		t.Fatalf("the first part was delivered and the second was not: got %v, want an unknown outcome", err)
	}
	for i := range ms {
		ms[i].Again = true
	}
	ids, err := a.SendAll(context.Background(), ms)
	if want := []string{"b", "d", "2.2", "2.4", "3.2"}; err != nil || !reflect.DeepEqual(ids, want) {
		t.Fatalf("got %v and error %v, want %v", ids, err, want)
	}
	var order []string
	for _, s := range f.screen() {
		for _, o := range s.objects {
			if o["type"] == "text" {
				order = append(order, o["text"].(string))
			}
		}
	}
	if want := "line 0,line 1,line 2,line 3,line 4"; strings.Join(order, ",") != want {
		t.Errorf("the worker sees %v, want %s", order, want)
	}
}

func TestSendAllMisused(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	other := text("k/2", "two", "")
	other.To.User = "U" + strings.Repeat("e", 32)
	nobody := text("k/3", "three", "")
	nobody.To.User = ""
	for name, ms := range map[string][]channels.Outbound{
		"none":    nil,
		"six":     make([]channels.Outbound, 6),
		"two":     {text("k/1", "one", ""), other},
		"nobody":  {nobody},
		"a blank": {text("k/1", "one", ""), text("k/4", " \n", "")},
	} {
		if _, err := a.SendAll(context.Background(), ms); reason(err) != channels.Rejected {
			t.Errorf("%s: got %v, want rejected", name, err)
		}
	}
	if len(f.asked()) != 0 {
		t.Errorf("LINE was asked all the same: %v", f.asked())
	}
}

func TestSilent(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	quiet := text("k/2", "two", "")
	quiet.Silent = true
	if _, err := a.SendAll(context.Background(), []channels.Outbound{text("k/1", "one", ""), quiet}); err != nil {
		t.Fatal(err)
	}
	if len(f.screen()) != 2 || f.screen()[0].silent || !f.screen()[1].silent {
		t.Errorf("shown: %s", show(f.screen()))
	}
}

func TestManyAtOnce(t *testing.T) {
	f := newLINE(t)
	a := f.adapter(nil)
	var wg sync.WaitGroup
	for i := range 40 {
		token := f.token(fmt.Sprint("T", i/2)) // two want each token, at the same time
		wg.Go(func() {
			if _, err := a.Send(context.Background(), text(fmt.Sprint("k/", i), fmt.Sprint("line ", i), token)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if replies := f.sends("reply"); len(f.screen()) != 40 || replies != 20 {
		t.Errorf("%d messages shown with %d replies, want 40 with 20", len(f.screen()), replies)
	}
}

func BenchmarkSend(b *testing.B) {
	f := newLINE(b)
	a := f.adapter(nil)
	for name, m := range map[string]channels.Outbound{"text": text("k", "မင်္ဂလာပါ", ""), "question": question12()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Key = fmt.Sprint(name, i)
				if _, err := a.Send(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
