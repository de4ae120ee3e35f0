package console

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// TestPagesHearWhatTheyShow gives pages that show different things the changes
// of a busy second: of a conversation each hears at once and once, of lists once
// a second, and of nothing that it does not show.
func TestPagesHearWhatTheyShow(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	f := &feed{bell: make(chan struct{}, 1), topics: map[string]bool{}, pages: map[*livePage]bool{}}
	page := func(shows string) *livePage {
		p := &livePage{feed: f, hints: make(chan []byte, 100), shows: shownOf(shows), late: map[string]bool{}, told: now.Add(-lull)}
		f.pages[p] = true
		return p
	}
	heard := func(p *livePage) (out string) {
		for {
			select {
			case b := <-p.hints:
				out += strings.TrimSpace(strings.TrimPrefix(string(b), "data: "))
			default:
				return out
			}
		}
	}
	inbox, chat, all := page("chats cases"), page("chats chat:a here:a chat:a"), page("")
	wants := func(what string, inInbox, inChat string) {
		t.Helper()
		if got := heard(inbox); got != inInbox {
			t.Errorf("%s: an inbox heard %q, want %q", what, got, inInbox)
		}
		if got := heard(chat); got != inChat {
			t.Errorf("%s: a conversation heard %q, want %q", what, got, inChat)
		}
	}
	f.add("chat:b", "chats")
	if wait := f.pass(now); wait != 0 {
		t.Errorf("somebody is to hear of a list in %v", wait)
	}
	wants("first", `["chats"]`, `["chats"]`)
	f.add("chat:a", "chats")
	if wait := f.pass(now.Add(300 * time.Millisecond)); wait != 700*time.Millisecond {
		t.Errorf("lists are told again in %v", wait)
	}
	wants("soon after", "", `["chat:a"]`)
	f.add("chat:c", "chats", "here:a", "case:x", "cases")
	f.pass(now.Add(600 * time.Millisecond))
	wants("again", "", `["here:a"]`)
	f.pass(now.Add(lull))
	wants("a second later", `["cases","chats"]`, `["chats"]`)
	if wait := f.pass(now.Add(2 * lull)); wait != 0 {
		t.Errorf("nothing has changed, and somebody is to hear of a list in %v", wait)
	}
	wants("later", "", "")
	if got, want := heard(all), `["chat:b","chats"]["chat:a","chats"]["case:x","cases","chat:c","chats","here:a"]`; got != want {
		t.Errorf("a page that shows everything heard %s, want %s", got, want)
	}
	f.add("all")
	f.pass(now.Add(3 * lull))
	wants("too much", `["all"]`, `["all"]`)
	var many []string
	for i := range mostShown + 1 {
		many = append(many, fmt.Sprint("chat:", i))
	}
	if got := shownOf(strings.Join(many, " ")); got != nil {
		t.Errorf("a page says that it shows %d topics", len(got))
	}
}

// TestPageOfOneChat opens the stream of a page that shows one conversation: it
// hears of that, of its list, and not of another.
func TestPageOfOneChat(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	mine, other := h.asks("66812345678", "my", "လစာ မရဘူး"), h.asks("66812345679", "my", "လစာ မရဘူး")
	lines := make(chan string, 1000)
	nan.hearsAt(t.Context(), "/c/live?of="+url.QueryEscape("chats chat:"+mine), func(line string) { lines <- line })
	<-lines // it is open
	h.does("66812345679", channels.Event{Text: "again"})
	h.does("66812345678", channels.Event{Text: "again"})
	said := ""
	for !strings.Contains(said, "chat:"+mine) || !strings.Contains(said, `"chats"`) {
		select {
		case line := <-lines:
			said += line
		case <-time.After(2 * time.Minute):
			t.Fatalf("it heard only %s", said)
		}
	}
	if strings.Contains(said, other) {
		t.Errorf("it heard of a conversation that it does not show: %s", said)
	}
}

// TestGoneWithoutAWord shuts a lid: whoever still looks hears of it when a page
// next says that somebody is there.
func TestGoneWithoutAWord(t *testing.T) {
	h := newHouse(t)
	x := h.o.live
	nan, su := store.Signed{}, store.Signed{}
	nan.Caseworker, nan.Name = cases.Caseworker{ID: "nan", Org: "home", Role: cases.Helper}, "Nan"
	su.Caseworker, su.Name = cases.Caseworker{ID: "su", Org: "home", Role: cases.Helper}, "Su"
	begun := h.now()
	x.note("a", nan, "", begun)
	x.note("a", su, "", begun)
	if o := x.others("a", su, begun.Add(gone)); len(o) != 1 || o[0].Name != "Nan" {
		t.Fatalf("beside Su looks %v", o)
	}
	p := x.open(su.Caseworker, []string{"here:a"})
	defer x.shut(p)
	x.note("a", su, "", begun.Add(gone-time.Second))
	x.note("a", su, "", begun.Add(gone+time.Second))
	if got := string(<-p.hints); !strings.Contains(got, "here:a") {
		t.Errorf("told is %q", got)
	}
	if o := x.others("a", su, begun.Add(gone+time.Second)); len(o) != 0 {
		t.Errorf("beside Su looks %v", o)
	}
}
