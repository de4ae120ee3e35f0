package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// A modelChat is what a conversation should be to the people who look after it.
type modelChat struct {
	id, owner, org string
	epoch          int64
	since          time.Time
	unread         int
	gone           bool // erased: not listed until the worker writes again
}

// A shift is a day's work of two organisations, played at random beside a model.
type shift struct {
	t     rig
	base  string
	chats map[string]*modelChat // by worker
	n     int
	staff []cases.Caseworker
}

func (w *shift) worker(rt *rapid.T) string {
	return w.base + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "worker")
}

// any returns a conversation that has begun, or nil.
func (w *shift) any(rt *rapid.T) *modelChat {
	c := w.chats[w.worker(rt)]
	if c == nil || c.gone {
		return nil
	}
	return c
}

func (w *shift) who(rt *rapid.T) cases.Caseworker {
	return rapid.SampledFrom(w.staff).Draw(rt, "who")
}

func (w *shift) key() string { w.n++; return fmt.Sprint(w.base, "-", w.n) }

func (c *modelChat) human() bool { return c.owner != "" && c.owner != store.Queued }

// may returns why by may not change who has c, who saw it as it is now.
func (c *modelChat) may(by cases.Caseworker, own bool) error {
	switch {
	case string(by.Org) != c.org:
		return store.ErrDenied
	case c.human() && !(own && (c.owner == string(by.ID) || by.Role == cases.Supervisor)):
		return store.ErrTaken
	}
	return nil
}

func (w *shift) says(rt *rapid.T) {
	user := w.worker(rt)
	c := w.chats[user]
	if c == nil {
		c = &modelChat{org: "x" + w.base}
		w.chats[user] = c
	}
	if c.gone {
		*c = modelChat{org: "x" + w.base, epoch: -1}
	}
	o := store.Outcome{}
	turn, err := w.t.s.Begin(ctx, event(user, w.key()))
	w.t.must(err)
	o.Session = turn.Session
	asks := rapid.Bool().Draw(rt, "asks")
	if asks {
		o.Summon = &store.Summon{Severity: rapid.SampledFrom([]cases.Severity{cases.Danger, cases.Ordinary}).Draw(rt, "severity")}
	}
	w.t.end(turn, o)
	if c.id, err = w.t.s.ChatOf(ctx, turn.With); err != nil {
		rt.Fatal(err)
	}
	if c.epoch < 0 {
		c.epoch = turn.Conversation.Epoch
	}
	if asks && c.owner == "" {
		c.owner, c.epoch = store.Queued, c.epoch+1
	}
	if c.unread++; c.owner != "" && c.since.IsZero() {
		c.since = w.t.c.Now()
	}
}

// taken makes by the owner, unless that is refused.
func (c *modelChat) taken(by cases.Caseworker) error {
	err := c.may(by, false)
	if err == store.ErrTaken && c.owner == string(by.ID) {
		return nil
	}
	if err == nil {
		c.owner, c.epoch = string(by.ID), c.epoch+1
	}
	return err
}

func (w *shift) takes(rt *rapid.T) {
	c, by := w.any(rt), w.who(rt)
	if c == nil {
		return
	}
	want := c.taken(by)
	_, err := w.t.s.TakeOver(ctx, by, c.id, store.AnyEpoch)
	w.is(rt, err, want)
}

func (w *shift) writes(rt *rapid.T) {
	c, by := w.any(rt), w.who(rt)
	if c == nil {
		return
	}
	want := c.taken(by)
	if want == nil {
		c.since, c.unread = time.Time{}, 0
	}
	_, err := w.t.s.Write(ctx, by, c.id, w.key(), nil, []channels.Outbound{{Text: "words"}})
	w.is(rt, err, want)
}

func (w *shift) handsBack(rt *rapid.T) {
	c, by := w.any(rt), w.who(rt)
	if c == nil {
		return
	}
	want := c.may(by, true)
	if c.owner == "" && want != store.ErrDenied {
		want = nil
	} else if want == nil {
		c.owner, c.epoch, c.since, c.unread = "", c.epoch+1, time.Time{}, 0
	}
	_, err := w.t.s.HandBack(ctx, by, c.id, store.AnyEpoch, "", "")
	for turn := w.t.next(); turn != nil; turn = w.t.next() { // the bot learns of it
		w.t.end(turn, store.Outcome{Session: turn.Session})
	}
	w.is(rt, err, want)
}

func (w *shift) assigns(rt *rapid.T) {
	c, by, to := w.any(rt), w.who(rt), w.who(rt)
	if c == nil {
		return
	}
	want := c.may(by, true)
	switch {
	case want == store.ErrDenied:
	case string(to.Org) != c.org:
		want = store.ErrDenied
	case c.owner == string(to.ID):
		want = nil
	case want == nil:
		c.owner, c.epoch = string(to.ID), c.epoch+1
	}
	_, err := w.t.s.Assign(ctx, by, c.id, store.AnyEpoch, to)
	w.is(rt, err, want)
}

func (w *shift) transfers(rt *rapid.T) {
	c, by, org := w.any(rt), w.who(rt), w.who(rt).Org
	if c == nil {
		return
	}
	want := c.may(by, true)
	switch {
	case want == store.ErrDenied:
	case string(org) == c.org:
		want = nil
	case want == nil:
		c.owner, c.org, c.epoch = store.Queued, string(org), c.epoch+1
		if c.since.IsZero() {
			c.since = w.t.c.Now()
		}
	}
	_, err := w.t.s.Transfer(ctx, by, c.id, store.AnyEpoch, org)
	w.is(rt, err, want)
}

func (w *shift) erases(rt *rapid.T) {
	user := w.worker(rt)
	if c := w.chats[user]; c != nil && rapid.IntRange(0, 3).Draw(rt, "really") == 0 {
		c.gone = true
		w.t.must(w.t.s.Erase(ctx, channels.Address{Channel: "tg", User: user}, store.Everything))
	}
}

func (w *shift) is(rt *rapid.T, got, want error) {
	if !errors.Is(got, want) || want == nil && got != nil {
		rt.Fatalf("got %v, want %v", got, want)
	}
}

// same compares, after every step, the lists and counters of one of the staff
// with the model.
func (w *shift) same(rt *rapid.T) {
	for _, by := range []cases.Caseworker{w.who(rt)} {
		want := map[store.Box][]string{}
		for _, c := range w.chats {
			if c.gone || c.id == "" {
				continue
			}
			line := fmt.Sprint(c.id, c.owner, c.epoch, c.unread, c.since.UnixMilli())
			if c.org == string(by.Org) {
				want[store.All] = append(want[store.All], line)
				if c.owner == store.Queued {
					want[store.InQueue] = append(want[store.InQueue], line)
				}
			}
			if c.owner == string(by.ID) {
				want[store.Mine] = append(want[store.Mine], line)
			}
		}
		n, err := w.t.s.ChatCounts(ctx, by)
		w.t.must(err)
		counts := map[store.Box]int64{store.All: n.All, store.InQueue: n.Queue, store.Mine: n.Mine}
		for box, count := range counts {
			rows, _, err := w.t.s.Chats(ctx, by, box, store.Filter{}, store.Cursor{}, 10)
			w.t.must(err)
			var got []string
			for _, r := range rows {
				got = append(got, fmt.Sprint(r.ID, r.Owner, r.Epoch, r.Unread, r.Since.UnixMilli()))
			}
			slices.Sort(got)
			slices.Sort(want[box])
			if !slices.Equal(got, want[box]) || count != int64(len(got)) {
				rt.Fatalf("%s of %s holds %s and counts %d, want %s", box, by.ID, strings.Join(got, " "), count, strings.Join(want[box], " "))
			}
		}
	}
}

// modelledDesk has two organisations pass conversations to and fro.
func modelledDesk(t rig) {
	few := t.far()
	rapid.Check(t.T, func(rt *rapid.T) {
		if few && rapid.IntRange(0, 3).Draw(rt, "left out") > 0 {
			return
		}
		base := fmt.Sprint("s", walks.Add(1))
		w := &shift{t: t, base: base, chats: map[string]*modelChat{}}
		for _, p := range []cases.Caseworker{{ID: "1", Org: "x", Role: cases.Helper}, {ID: "2", Org: "x", Role: cases.Supervisor}, {ID: "3", Org: "y", Role: cases.Helper}} {
			p.ID, p.Org = cases.CaseworkerID(string(p.ID)+base), cases.OrgID(string(p.Org)+base)
			w.staff = append(w.staff, p)
		}
		t.s.Home(w.staff[0].Org)
		rt.Repeat(map[string]func(*rapid.T){
			"says": w.says, "says more": w.says, "takes": w.takes, "writes": w.writes, "hands back": w.handsBack, "assigns": w.assigns,
			"transfers": w.transfers, "erases": w.erases, "": w.same,
			"pass": func(rt *rapid.T) {
				t.c.Pass(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
			},
		})
	})
}
