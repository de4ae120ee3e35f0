package bot

import (
	"cmp"
	"context"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// A Plan says what approving an update comes to: how many workers hear of it
// when, in which language and on which channel, and what that uses up. It is
// made of the same decisions as what then happens.
type Plan struct {
	At        time.Time
	Total     int
	Languages map[string]int // told, by language
	Unwritten map[string]int // left out because nobody wrote in their language
	NoChat    int            // left out because there is no conversation with them
	Channels  []ChannelPlan  // sorted by channel
}

// A ChannelPlan is the part of a Plan on one channel.
type ChannelPlan struct {
	Channel  channels.ID
	Platform channels.Platform
	Workers  int
	Now      int    // hear of it at once
	Later    []Slot // hear of it then, in their free hours, the first in front
	Merged   int    // have a neutral line unread already: this waits with it
	Contact  int    // hear of it when they next write
	Blocked  int    // have blocked the channel

	Templates int    // of those who hear of it, by a template of the platform: the window is closed
	Days      []Slot // when templates go out that the day's limit puts off: 216 today, 84 tomorrow

	Pushes    int   // messages that count against the month's quota
	Left      int64 // of the quota, before; below zero: no limit, or nobody knows
	OverQuota int   // of Contact, those whom the quota no longer reaches
}

// A Slot is a time and how many workers.
type Slot struct {
	At time.Time
	N  int
}

// A planned is one worker who is to hear of an update by a push.
type planned struct {
	at      time.Time
	contact cases.Contact
	closed  bool // the window is, then
}

// A planning is a plan for one channel under way.
type planning struct {
	ChannelPlan
	info  channels.Info
	state store.ChannelState
	to    []planned
}

// planPage is how many workers are read at a time.
const planPage = 500

// Plan works out what approving u would come to now. u need not be kept yet.
// Only those who may read the case may ask.
func (e *Engine) Plan(ctx context.Context, by cases.Caseworker, u cases.Update) (Plan, error) {
	if _, err := e.Store.Case(ctx, by, u.Case); err != nil {
		return Plan{}, err
	}
	p := Plan{At: e.Now(), Languages: map[string]int{}, Unwritten: map[string]int{}}
	chans := map[channels.ID]*planning{}
	for after, more := (store.Cursor{}), true; more; {
		to, next, err := e.Store.Recipients(ctx, u, after, planPage)
		if err != nil {
			return p, err
		}
		for _, r := range to {
			p.Total++
			switch {
			case r.Why == "language":
				p.Unwritten[r.Lang]++
				continue
			case r.Language == "":
				p.NoChat++
				continue
			}
			p.Languages[r.Language]++
			ch := chans[r.Chat.With.Channel]
			if ch == nil {
				if ch, err = e.planning(ctx, r.Chat.With.Channel); err != nil {
					return p, err
				}
				chans[r.Chat.With.Channel] = ch
			}
			ch.add(u, r, p.At)
		}
		more, after = next != after, next
	}
	for _, ch := range chans {
		p.Channels = append(p.Channels, ch.plan(e, p.At))
	}
	slices.SortFunc(p.Channels, func(a, b ChannelPlan) int { return cmp.Compare(a.Channel, b.Channel) })
	return p, nil
}

func (e *Engine) planning(ctx context.Context, id channels.ID) (*planning, error) {
	st, err := e.Store.Channel(ctx, id)
	i := e.info(id)
	ch := &planning{ChannelPlan: ChannelPlan{Channel: id, Platform: i.Platform, Left: -1}, info: i, state: st}
	if s := e.senders[id]; s != nil {
		ch.Left = s.messagesLeft(ctx, st)
	}
	return ch, err
}

// add counts one worker.
func (ch *planning) add(u cases.Update, r store.Recipient, now time.Time) {
	ch.Workers++
	state, until := r.Session.Reach(u.Case, u.Issue, now)
	switch {
	case state == cases.Barred || r.Chat.Gone:
		ch.Blocked++
	case state == cases.ForWorker || !flows.Announces(r.Session):
		ch.Contact++
	case !r.Session.News.Knocked.IsZero():
		ch.Merged++
	default:
		at := now
		if state == cases.ForHours {
			at = until
		}
		closed := ch.info.Window > 0 && !at.Before(r.Chat.LastIn.Add(ch.info.Window-time.Minute))
		ch.to = append(ch.to, planned{at, r.Session.Contact, closed})
	}
}

// plan gives those who are to hear of it their times, in the order in which the
// quota and the day's templates are used up.
func (ch *planning) plan(e *Engine, now time.Time) ChannelPlan {
	slices.SortStableFunc(ch.to, func(a, b planned) int { return a.at.Compare(b.at) })
	t := newTier(e.Tier, ch.state.Templates)
	var full time.Time // until then the day's templates are used up
	left := ch.Left
	for _, w := range ch.to {
		switch {
		case w.closed && e.Template == "":
			ch.Contact++
			continue
		case left == 0:
			ch.Contact++
			ch.OverQuota++
			continue
		case left > 0:
			left--
		}
		if ch.Left >= 0 {
			ch.Pushes++
		}
		at := w.at
		if w.closed {
			at = t.place(w, &full)
			ch.Templates++
			ch.Days = slot1(ch.Days, at.Truncate(24*time.Hour))
		}
		if at.After(now) {
			ch.Later = slot1(ch.Later, at.Truncate(time.Minute))
		} else {
			ch.Now++
		}
	}
	byTime := func(a, b Slot) int { return a.At.Compare(b.At) }
	slices.SortFunc(ch.Later, byTime)
	slices.SortFunc(ch.Days, byTime)
	return ch.ChannelPlan
}

// place takes the next template that may go out in a worker's free hours.
func (t tier) place(w planned, full *time.Time) time.Time {
	at := latest(w.at, *full)
	for range 400 { // days
		next := t.next(at)
		if next.After(at) {
			*full = latest(*full, next)
		}
		at = w.contact.Free(next)
		if at.Equal(next) || at.IsZero() {
			at = next
			break
		}
	}
	t.take(at)
	return at
}

// slot1 counts one more at a time.
func slot1(ss []Slot, at time.Time) []Slot {
	for i := len(ss) - 1; i >= 0; i-- {
		if ss[i].At.Equal(at) {
			ss[i].N++
			return ss
		}
	}
	return append(ss, Slot{at, 1})
}

// A Preview is what a worker gets of an update on one channel.
type Preview struct {
	Language string              // in which it is told; empty: such a worker is left out
	Knock    []channels.Outbound // what shows first
	News     []channels.Outbound // after the tap
	Template bool                // where the window is closed a template of the platform comes first
}

// Preview writes u for a worker who speaks lang, as a channel would carry it.
// Nothing is sent or kept.
func (e *Engine) Preview(u cases.Update, lang string, ch channels.ID) Preview {
	v := voice{e: e, info: e.info(ch), lang: lang, now: e.Now()}
	p := Preview{Language: u.Language(lang), Template: v.info.Window > 0 && e.Template != ""}
	k := flows.KnockOf(1, false)
	p.Knock = v.speak(flows.Say{Parts: k.Parts, Choices: k.Choices, Class: k.Class})
	if v.lang = p.Language; v.lang == "" {
		return p
	}
	if u.At.IsZero() {
		u.At = v.now
	}
	text := v.news(u, flows.Session{})
	if u.Wrong != "" {
		text = v.text([]flows.Part{{Key: "update.correction", Args: flows.Args{"Text": text}}})
	}
	p.News = v.say(text, flows.Say{Choices: flows.NewsChoices(u.Kind, u.ID)})
	return p
}
