package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/store"
	"workervoice/store/sqlite"
)

// TestOlderCase reads a case that an older version of the program kept with its
// workers in it and no issues: it is shown as it is written today, and mended
// when it is next changed. Of a worker who was erased since nothing is made up.
func TestOlderCase(t *testing.T) {
	b, err := sqlite.Open(filepath.Join(t.TempDir(), "voice.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.New(b, store.Key{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, nay := t.Context(), cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	do := func(by cases.Caseworker, n cases.Entry) cases.Case {
		t.Helper()
		n.Case, n.Org = "c", "clinic"
		c, err := s.Do(ctx, by, n)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	do(cases.Bot, cases.Entry{Kind: cases.Opened})
	if err := s.Rewrite(ctx, "c", `{"ID":"c","Ref":"K7M-24P","Status":"received","Severity":3,"Kinds":["pay.late","hours.long"],"Lang":"my",
		"Channel":"telegram","Workers":["old~w0","x~w0"],"Org":"clinic","Opened":"2026-10-01T00:00:00Z","Due":"2026-10-02T00:00:00Z"}`); err != nil {
		t.Fatal(err)
	}
	want := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	c, err := s.Case(ctx, nay, "c")
	want("issues", words(len(c.Issues), c.Issues[1].Kind, c.Issues[1].Status, err), "2 hours.long received <nil>")
	c = do(cases.Bot, cases.Entry{Kind: cases.Said, Worker: "x~w0", Text: "and more"})
	listed, _, err := s.Cases(ctx, nay, store.OpenCases, store.CaseFilter{}, store.Cursor{}, 10)
	want("in the lists", words(len(listed), err), "1 <nil>")
	counts, err := s.CaseCounts(ctx, nay)
	want("on the tabs", words(counts[store.OpenCases], err), "1 <nil>")
	statuses, err := s.StatusCounts(ctx, nay)
	want("by status", words(statuses, err), "map[received:1] <nil>")
	want("size and tally", words(c.Size, c.Issues[0].Tally.Members, c.Status), "2 2 received")
	want("promised by", c.Due.UTC(), "2026-10-02 00:00:00 +0000 UTC")
	ms, _, err := s.Members(ctx, nay, "c", store.Cursor{}, 10)
	want("members", words(len(ms), err), "2 <nil>")
	m, err := s.Member(ctx, nay, "c", "old~w0")
	want("the first", words(m.Lead, m.Lang, len(m.Claims), err), "true my 2 <nil>")
	want("afterwards", do(nay, cases.Entry{Kind: cases.Acknowledged}).Status, cases.Heard)
	c = do(cases.Bot, cases.Entry{Kind: cases.Withdrew, Worker: "old~w0"})
	want("one of two has left", words(c.Size, c.Status), "1 acknowledged")
}

// words prints values with a space between them.
func words(vs ...any) string { return strings.TrimSuffix(fmt.Sprintln(vs...), "\n") }
