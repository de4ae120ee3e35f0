package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"workervoice/cases"
	"workervoice/cmd/workervoice/simulate"
)

// TestPresence has two colleagues look at one conversation through two processes
// on one Redis: each sees at once that the other is there, writes, and goes.
func TestPresence(t *testing.T) {
	p, err := newPlatform(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	bots, redis, err := ground{redis: true, bots: 2}.start(t.Context(), build(t), t.TempDir(), p.url(), unlimited...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.kill)
	t.Cleanup(bots.kill)
	crowd, err := newCrowd(p, bots, load{conversations: 1, turns: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := crowd.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	nan, su := looks(t, bots[0], "Nan"), looks(t, bots[1], "Su")
	chat := string(named.FindSubmatch(nan.read("/c/chats?box=all"))[2])
	nan.opens(chat)
	su.opens(chat)
	for other, one := range map[*onlooker]*onlooker{nan: su, su: nan} {
		for _, step := range []struct {
			does url.Values
			seen string // by the other; "" is nothing of it
		}{{url.Values{}, " is looking"}, {url.Values{"writing": {"reply"}}, " is writing"}, {url.Values{"writing": {"note"}}, " writes a note"}, {url.Values{"left": {"1"}}, ""}} {
			one.says(step.does)
			other.sees(one.name, step.seen, func() { one.says(step.does) })
		}
	}
}

// An onlooker is somebody who has a conversation open.
type onlooker struct {
	*testing.T
	d     *simulate.Desk
	name  string
	chat  string
	hints *bufio.Scanner
}

// looks signs somebody in through a process.
func looks(t *testing.T, b *process, name string) *onlooker {
	t.Helper()
	var said bytes.Buffer
	if _, err := ask(t.Context(), b.dir, "invite", inviteOrder{Login: name, Role: string(cases.Supervisor), Org: string(home)}, &said); err != nil {
		t.Fatal(err)
	}
	d, err := simulate.NewDesk("http://"+b.addr, &http.Transport{})
	if err == nil {
		err = d.Join(t.Context(), address.FindString(said.String()), name, name, "en", "en")
	}
	if err != nil {
		t.Fatal(err)
	}
	return &onlooker{T: t, d: d, name: name}
}

func (o *onlooker) read(path string) []byte {
	o.Helper()
	b, err := o.d.Read(o.Context(), path)
	if err != nil {
		o.Fatal(err)
	}
	return b
}

// opens listens for who looks at a conversation.
func (o *onlooker) opens(chat string) {
	o.Helper()
	ctx, cancel := context.WithCancel(o.Context())
	s, err := o.d.Stream(ctx, "/c/live?of="+url.QueryEscape("here:"+chat))
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { cancel(); s.Close() })
	o.chat, o.hints = chat, bufio.NewScanner(s)
}

// says tells the process what the page does.
func (o *onlooker) says(what url.Values) {
	o.Helper()
	if err := o.d.Send(o.Context(), "/c/chat/"+o.chat+"/here", what); err != nil {
		o.Fatal(err)
	}
}

// sees waits until the page says that somebody does something; with "" until it
// says nothing of them. It reads the page when it hears of a change, as the
// page's script does. Whoever looks says so again with every pulse: another
// process may not have listened yet.
func (o *onlooker) sees(name, does string, again func()) {
	o.Helper()
	for {
		page := string(o.read("/c/chat/" + o.chat + "/here"))
		if does == "" && !strings.Contains(page, name) || does != "" && strings.Contains(page, name+does) {
			return
		}
		for hint := ""; !strings.HasPrefix(hint, "data: ["); hint = o.hints.Text() {
			if !o.hints.Scan() {
				o.Fatalf("%s hears no more: %v", o.name, o.hints.Err())
			}
		}
		if o.hints.Text() == "data: []" {
			again()
		}
	}
}
