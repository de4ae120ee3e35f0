package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// TestClock lets an employer be silent while the engine runs, is stopped for
// some days, and runs again: each clock leads to one entry, and what it asks
// for is carried out though it fails at first.
func TestClock(t *testing.T) {
	inBubble(t, infoOf(t, "telegram"), func(s *stage) {
		var got []string
		faults := 2
		followers = append(followers, func(_ *Engine, _ context.Context, f flows.Follow) error {
			if faults--; faults >= 0 {
				return errors.New("busy")
			}
			if f.What != string(cases.Updated) { // the workers are told of each
				got = append(got, fmt.Sprint(f.What, " ", f.Status))
			}
			return nil
		})
		defer func() { followers = followers[:len(followers)-1] }()
		// The workers hear of it that time has run out only when the silence was
		// noticed too: what is told first would end it.
		silent := func(e *Engine, ctx context.Context, f flows.Follow) error {
			line, err := e.Store.Timeline(ctx, cases.Bot, f.Case, 0, 100)
			if f.What == string(cases.Lapsed) && !slices.ContainsFunc(line, func(n cases.Entry) bool { return n.Kind == cases.Silent }) {
				err = errors.New("not yet")
			}
			return err
		}
		followers = slices.Insert(followers, 0, silent)
		defer func() { followers = followers[1:] }()
		nay := cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
		ctx := context.Background()
		do := func(by cases.Caseworker, n cases.Entry) {
			t.Helper()
			n.Case, n.Org = "c", "clinic"
			if n.At = s.Now(); by != cases.Bot {
				n.Key = string(n.Kind)
			}
			if _, err := s.e.Do(ctx, by, n); err != nil {
				t.Fatal(err)
			}
		}
		do(cases.Bot, cases.Entry{Kind: cases.Opened, Worker: "w~w0", Severity: cases.Serious, Report: &cases.Report{Kinds: []cases.Code{"pay.late"},
			Answers: map[string]cases.Answer{"raise": {Choices: []string{"yes"}}, "howmany": {Choices: []string{"all"}}}}})
		stop := s.start()
		do(nay, cases.Entry{Kind: cases.Acknowledged})
		do(nay, cases.Entry{Kind: cases.Raised})
		elapse(time.Hour)
		stop()
		s.restart()
		elapse(4 * 24 * time.Hour)
		stop = s.start()
		elapse(time.Hour)
		if want := []string{"acknowledged acknowledged", "raised raised"}; !slices.Equal(got, want) {
			t.Errorf("carried out %q, want %q", got, want)
		}
		stop()
		s.restart()
		elapse(10 * 24 * time.Hour)
		stop = s.start()
		elapse(time.Hour)
		stop()
		line, err := s.e.Store.Timeline(ctx, cases.Bot, "c", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, n := range line {
			if n.Kind != cases.Updated {
				kinds = append(kinds, string(n.Kind))
			}
		}
		if want := "opened acknowledged raised lapsed silent"; strings.Join(kinds, " ") != want {
			t.Errorf("the timeline is %v, want %s", kinds, want)
		}
		if want := []string{"acknowledged acknowledged", "raised raised", "lapsed raised", "silent raised"}; !slices.Equal(got, want) {
			t.Errorf("carried out %q, want %q", got, want)
		}
		cs, _, err := s.e.Store.Cases(ctx, nay, store.LateCases, store.CaseFilter{}, store.Cursor{}, 10)
		if err != nil || len(cs) != 1 {
			t.Errorf("late cases: %v, %v", cs, err)
		}
	})
}
