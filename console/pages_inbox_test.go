package console

import (
	"regexp"
	"strings"
	"testing"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// TestNewReport sees that a report stands where caseworkers look first until
// one of them takes it up, though its worker goes on talking with the bot.
func TestNewReport(t *testing.T) {
	h := newHouse(t)
	nan := h.joins("nan@x", "Nan", "en", cases.Helper).signs()
	for _, choice := range []string{"", "language:my", "safety:yes", "consent:agree", "menu:report", "problem:pay", "sub:pay.ot", "more:no_more", "quick:send_now"} {
		n, e := len(h.play.texts("66812345678")), channels.Event{Choice: choice}
		if choice == "" {
			e.Kind = channels.Started
		}
		h.does("66812345678", e)
		h.until("an answer to "+choice, func() bool { return len(h.play.texts("66812345678")) > n })
	}
	id, err := h.s.ChatOf(t.Context(), channels.Address{Channel: "whatsapp", User: "66812345678"})
	h.must(err)
	page := nan.sees("/c/", `href="/c/chat/`+id, "New report")
	nan.sees("/c/chat/"+id, "Take over")
	cs, _, err := h.s.Cases(t.Context(), nan.person.Caseworker, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 2)
	h.must(err)
	if len(cs) != 1 {
		t.Fatalf("%d cases\n%s", len(cs), page)
	}
	to := "/c/case/" + string(cs[0].ID) + "/do/acknowledge"
	nan.posts(to, with(nan.form(nan.sees("/c/case/"+string(cs[0].ID)), to), "issue", "pay.ot"), 200, "Done.")
	h.until("a report that somebody has taken up", func() bool { return !strings.Contains(nan.sees("/c/"), id) })
	row := nan.sees("/c/?box=all", id)
	called := regexp.MustCompile(`Worker \d{4}`).FindString(row)
	nan.sees("/c/case/"+string(cs[0].ID)+"/workers", ">"+called+"</a>")
	nan.sees("/c/chat/"+id, called+" · ", "<title>"+cs[0].Ref+" · "+called)
}
