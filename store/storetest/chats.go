package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

var chats = []test{
	{"of many who press Take exactly one wins, and the others see who", takeRace},
	{"nothing of a conversation shows to another organisation", hidden},
	{"two organisations pass conversations to and fro", modelledDesk},
	{"what a caseworker writes is sent once, however often it comes", writtenOnce},
	{"writing takes over what nobody has, with a greeting first", writtenFirst},
	{"a takeover waits for the message on its way, and no other begins", passed},
	{"another process's takeover waits too, and what comes after it is looked at anew", passedElsewhere},
	{"handing back tells the conversation in the same commit", handedBack},
	{"a conversation is assigned and transferred by those who may", assigned},
	{"since when a worker waits", waitsSince},
	{"lists, filters and counters agree", boxed},
	{"a report waits for a person", unheard},
	{"a report that a caseworker has seen is no new one", met},
	{"a list that finds little stops, and goes on where it stopped", bounded},
	{"a page of a conversation knows what became of each message", paged},
	{"notes stay among caseworkers and go with the transcript", noted},
	{"a draft of two tabs is noticed", drafted},
	{"watchers hear once of what they may see", watched},
	{"all organisations of a case hear of it and of its updates", watchedCase},
	{"a list shows nothing that was taken back, erased or said before consent", previewed},
}

var (
	may   = cases.Caseworker{ID: "may", Org: "clinic", Role: cases.Helper}
	chief = cases.Caseworker{ID: "chief", Org: "clinic", Role: cases.Supervisor}
	desk  = cases.Caseworker{ID: "desk", Org: "hub", Role: cases.Desk}
)

// chat has a worker say something and returns the conversation.
func (t rig) chat(user, id string, o store.Outcome) store.Conversation {
	t.Helper()
	turn, err := t.s.Begin(ctx, event(user, id))
	t.must(err)
	if o.Session.Lang == "" {
		o.Session = turn.Session
	}
	t.end(turn, o)
	c, err := t.s.ChatOf(ctx, turn.With)
	t.must(err)
	conv, _, err := t.s.Chat(ctx, bot, c)
	t.must(err)
	return conv
}

func takeRace(t rig) {
	t.s.Home(nay.Org)
	for round := range 20 {
		c := t.chat(fmt.Sprint("w", round), fmt.Sprint(round), store.Outcome{Summon: &store.Summon{}})
		var wg sync.WaitGroup
		var won atomic.Int64
		winner := make(chan string, 8)
		for i := range 8 {
			s, err := store.New(t.b, store.Key{1}, t.c.Now) // each in a process of its own
			t.must(err)
			wg.Go(func() {
				by := cases.Caseworker{ID: cases.CaseworkerID(fmt.Sprint("c", i)), Org: nay.Org, Role: cases.Helper}
				got, err := s.TakeOver(ctx, by, c.ID, c.Epoch)
				var taken *store.Taken
				switch {
				case err == nil:
					won.Add(1)
					winner <- got.Owner
				case errors.As(err, &taken) && errors.Is(err, store.ErrTaken):
					winner <- string(taken.By)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		t.want(won.Load(), 1)
		first := <-winner
		for range 7 {
			t.want(<-winner, first)
		}
	}
	c := t.chat("x", "x", store.Outcome{})
	_, err := t.s.TakeOver(ctx, may, c.ID, c.Epoch)
	t.must(err)
	back, err := t.s.HandBack(ctx, may, c.ID, c.Epoch+1, "", "")
	t.must(err)
	_, err = t.s.TakeOver(ctx, nay, c.ID, c.Epoch) // who saw it before all that
	t.wantIs(err, store.ErrStale)
	_, err = t.s.TakeOver(ctx, nay, c.ID, back.Epoch)
	t.must(err)
}

// answers calls everything that a caseworker can ask of a conversation.
func (t rig) asked(by cases.Caseworker, id string) (errs []error) {
	add := func(err error) { errs = append(errs, err) }
	_, _, err := t.s.Chat(ctx, by, id)
	add(err)
	_, err = t.s.ChatRow(ctx, by, id)
	add(err)
	_, err = t.s.ChatLog(ctx, by, id, 0, 10)
	add(err)
	_, err = t.s.TakeOver(ctx, by, id, store.AnyEpoch)
	add(err)
	_, err = t.s.HandBack(ctx, by, id, store.AnyEpoch, "", "")
	add(err)
	_, err = t.s.Assign(ctx, by, id, store.AnyEpoch, by)
	add(err)
	_, err = t.s.Transfer(ctx, by, id, store.AnyEpoch, "third")
	add(err)
	_, err = t.s.Write(ctx, by, id, "k", nil, []channels.Outbound{{Text: "hi"}})
	add(err)
	add(t.s.Note(ctx, by, id, "k", "note"))
	_, err = t.s.Notes(ctx, by, id, 0, 10)
	add(err)
	_, err = t.s.Draft(ctx, by, id)
	add(err)
	_, err = t.s.KeepDraft(ctx, by, id, store.Draft{})
	add(err)
	add(t.s.Seen(ctx, by, id))
	return errs
}

func hidden(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{Summon: &store.Summon{}})
	partner := cases.Caseworker{ID: "p", Org: nay.Org, Role: cases.Partner}
	for _, by := range []cases.Caseworker{other, partner} {
		theirs, none := t.asked(by, c.ID), t.asked(by, "nothing-like-it")
		for i := range theirs {
			t.wantIs(theirs[i], store.ErrDenied)
			t.wantIs(theirs[i], store.ErrNotFound)
			t.want(theirs[i].Error(), none[i].Error()) // nobody can tell one from the other
		}
	}
	for _, box := range []store.Box{store.Mine, store.InQueue, store.Urgent, store.Overdue, store.All} {
		rows, _, err := t.s.Chats(ctx, other, box, store.Filter{}, store.Cursor{}, 10)
		t.must(err)
		t.want(len(rows), 0)
		_, _, err = t.s.Chats(ctx, other, box, store.Filter{Org: nay.Org}, store.Cursor{}, 10)
		t.want(err, store.ErrDenied)
		_, _, err = t.s.Chats(ctx, partner, box, store.Filter{}, store.Cursor{}, 10)
		t.want(err, store.ErrDenied)
	}
	rows, _, err := t.s.Chats(ctx, desk, store.InQueue, store.Filter{}, store.Cursor{}, 10)
	t.must(err)
	t.want(show(len(rows), rows[0].Line.Text, rows[0].With.User), "1  ") // it routes and reads nothing
	_, _, err = t.s.Chat(ctx, desk, c.ID)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.Transfer(ctx, desk, c.ID, c.Epoch, other.Org)
	t.must(err)
	_, _, err = t.s.Chat(ctx, nay, c.ID)
	t.wantIs(err, store.ErrDenied)
	got, _, err := t.s.Chat(ctx, other, c.ID)
	t.must(err)
	t.want(got.With.User, "")
}

func writtenOnce(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{})
	var wg sync.WaitGroup
	answers := make(chan string, 16)
	for range 16 { // a double click on a line that repeats
		wg.Go(func() {
			w, err := t.s.Write(ctx, may, c.ID, "key", nil, []channels.Outbound{{Text: "one"}, {Text: "two"}})
			if err != nil {
				t.Error(err)
			}
			answers <- fmt.Sprint(w.Keys, w.Owner)
		})
	}
	wg.Wait()
	first := <-answers
	for range 15 {
		t.want(<-answers, first)
	}
	ps := t.parcels()
	t.want(show(len(ps), len(ps[0].Messages), ps[0].Messages[0].By, ps[0].Messages[0].Text+ps[0].Messages[1].Text), "1 2 may onetwo")
	t.want(ps[0].Messages[0].To == c.With && ps[0].Messages[0].Owner == 1, true)
	_, err := t.s.Write(ctx, nay, c.ID, "key", nil, []channels.Outbound{{Text: "mine"}})
	var taken *store.Taken
	t.want(errors.As(err, &taken) && taken.By == "may", true)

	_, err = t.s.Assign(ctx, may, c.ID, 1, nay)
	t.must(err)
	w, err := t.s.Write(ctx, may, c.ID, "key", nil, []channels.Outbound{{Text: "one"}, {Text: "two"}}) // the answer was lost
	t.must(err)
	t.want(strings.HasPrefix(first, fmt.Sprint(w.Keys)), true)
	_, err = t.s.Write(ctx, may, c.ID, "new", nil, []channels.Outbound{{Text: "three"}})
	t.wantIs(err, store.ErrTaken)
	xs, err := t.s.Transcript(ctx, c.With, 0, 100)
	t.must(err)
	n := 0
	for _, x := range xs {
		for _, m := range x.Sent {
			if n++; x.By != may.ID || m.By != "may" {
				t.Error("nobody is said to have written a message")
			}
		}
	}
	t.want(n, 2)
}

func writtenFirst(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{Summon: &store.Summon{}})
	w, err := t.s.Write(ctx, may, c.ID, "k", []channels.Outbound{{Key: "hello", Text: "hello"}}, []channels.Outbound{{Text: "words"}})
	t.must(err)
	t.want(show(w.Owner, w.Epoch, w.Taken, w.Since.IsZero(), w.Unread, w.Line.Text), "may 2 2 true 0 words")
	ps := t.parcels()
	t.want(show(ps[0].Messages[0].Text, ps[0].Messages[0].By, ps[0].Messages[1].Text), "hello  words")
	_, err = t.s.Write(ctx, may, c.ID, "k2", []channels.Outbound{{Key: "hello2", Text: "hello"}}, []channels.Outbound{{Text: "more"}})
	t.must(err)
	page, err := t.s.ChatLog(ctx, nay, c.ID, 0, 10)
	t.must(err)
	var log []string
	for _, x := range page.Exchanges {
		log = append(log, fmt.Sprint(x.By, " ", x.What, " ", len(x.Said), len(x.Sent)))
	}
	t.want(strings.Join(log, ", "), "  1 0, may took over 0 1, may  0 1, may  0 1")
}

func passed(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", sends("a", "m1"))
	t.c.Pass(2 * lease)
	p := t.parcels()[0]
	_, _, leave, err := t.s.Pass(ctx, p)
	t.must(err)
	done, began := make(chan store.Conversation), make(chan bool)
	go func() {
		close(began)
		c, err := t.s.TakeOver(ctx, may, c.ID, c.Epoch)
		if err != nil {
			t.Error(err)
		}
		done <- c
	}()
	<-began
	select {
	case <-done:
		t.Fatal("taken over while a message was on its way")
	case <-time.After(50 * time.Millisecond):
	}
	leave()
	t.settle(store.Settlement{Parcel: p, Gone: 1})
	got := <-done
	t.want(show(got.Owner, got.Late), "may false")
	now, _, leave, err := t.s.Pass(ctx, p)
	t.must(err)
	t.want(now.Taken > p.Messages[0].Owner, true) // what was decided before is superseded
	leave()
}

func passedElsewhere(t rig) {
	deaf := struct{ store.Backend }{t.b} // no process hears of another
	s, err := store.New(deaf, store.Key{1}, t.c.Now)
	t.must(err)
	two, err := store.New(deaf, store.Key{1}, t.c.Now)
	t.must(err)
	s.Home(nay.Org)
	turn, err := s.Begin(ctx, event("a", "1"))
	t.must(err)
	p, err := s.Commit(ctx, turn, sends("a", "m1"), lease)
	t.must(err)
	id, err := s.ChatOf(ctx, turn.With)
	t.must(err)
	look := func(p store.Parcel) (epoch int64) {
		c, _, leave, err := s.Pass(ctx, p)
		t.must(err)
		leave()
		return int64(c.Epoch)
	}
	done := make(chan store.Conversation)
	go func() {
		c, err := two.TakeOver(ctx, may, id, 0)
		if err != nil {
			t.Error(err)
		}
		done <- c
	}()
	for c := (store.Conversation{}); !c.Human(); { // it stands, but is not done
		c, _, err = two.Chat(ctx, bot, id)
		t.must(err)
	}
	_, err = two.Write(ctx, may, id, "key", nil, []channels.Outbound{{Text: "hello"}})
	t.must(err)
	rs, err := s.Settle(ctx, lease, store.Settlement{Parcel: *p, Gone: 1})
	t.must(err)
	next := rs[0].Next
	t.want(show(len(next.Messages), next.Messages[0].By, look(*next)), "1 may 1")
	select {
	case <-done:
		t.Fatal("taken over while this process may send")
	default:
	}
	_, err = s.Settle(ctx, lease, store.Settlement{Parcel: *next, Gone: 1})
	t.must(err)
	t.want(show((<-done).Late), "false")
	t.c.Pass(time.Second)
	t.want(look(*p), 1) // what this process wrote is too long ago
}

func handedBack(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{Summon: &store.Summon{Severity: cases.Danger}})
	_, err := t.s.TakeOver(ctx, may, c.ID, c.Epoch)
	t.must(err)
	_, err = t.s.HandBack(ctx, nay, c.ID, 2, "resume", "Nay")
	t.wantIs(err, store.ErrTaken)
	_, err = t.s.HandBack(ctx, may, c.ID, 1, "resume", "May")
	t.wantIs(err, store.ErrStale)
	for range 2 { // a double click
		got, err := t.s.HandBack(ctx, may, c.ID, 2, "resume", "May")
		t.must(err)
		t.want(show(got.Owner, got.Epoch, got.Severity, got.Since.IsZero()), " 3 S? true")
	}
	turn := t.next()
	e := turn.Events[0]
	t.want(show(len(turn.Events), e.Kind, e.What, e.Topic, e.Text, e.From == c.With, turn.Conversation.Owner), "1 brought handed back resume May true ")
	t.end(turn, store.Outcome{Session: turn.Session})
	t.want(t.next() == nil, true)
	_, err = t.s.TakeOver(ctx, may, c.ID, 3)
	t.must(err)
	_, err = t.s.HandBack(ctx, chief, c.ID, 4, "menu", "") // a supervisor may
	t.must(err)
	t.want(len(t.next().Events), 1)
}

func assigned(t rig) {
	t.s.Home(nay.Org)
	c := t.chat("a", "1", store.Outcome{})
	got, err := t.s.Assign(ctx, nay, c.ID, 0, may, channels.Outbound{Key: "hello", Text: "may is here"})
	t.must(err)
	t.want(show(got.Owner, got.Epoch, got.Taken), "may 1 1")
	_, err = t.s.Assign(ctx, nay, c.ID, 1, nay)
	t.wantIs(err, store.ErrTaken)
	_, err = t.s.Assign(ctx, may, c.ID, 1, other) // of another organisation
	t.want(err, store.ErrDenied)
	got, err = t.s.Assign(ctx, chief, c.ID, 1, nay)
	t.must(err)
	t.want(show(got.Owner, got.Epoch), "nay 2")
	got, err = t.s.Assign(ctx, nay, c.ID, 2, cases.Caseworker{})
	t.must(err)
	t.want(show(got.Owner, got.Waiting.IsZero(), got.Since.IsZero()), "waiting false false")
	got, err = t.s.Transfer(ctx, nay, c.ID, 3, other.Org)
	t.must(err)
	t.want(show(got.Owner, got.Org, got.Epoch), "waiting union 4")
	_, err = t.s.TakeOver(ctx, nay, c.ID, 4)
	t.wantIs(err, store.ErrDenied)
	_, err = t.s.TakeOver(ctx, other, c.ID, 4)
	t.must(err)
	n, err := t.s.ChatCounts(ctx, nay)
	t.must(err)
	t.want(n, store.Counts{})
	n, err = t.s.ChatCounts(ctx, other)
	t.must(err)
	t.want(n, store.Counts{Mine: 1, All: 1})
}
