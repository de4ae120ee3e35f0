package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// An archive keeps updates at hand that many workers read at the same time,
// for a moment only: a correction made meanwhile is what is read.
type archive struct {
	mu sync.Mutex
	m  map[string]archived
}

type archived struct {
	cases.Update
	at time.Time
}

const archivedFor = time.Second

// update returns an update as it is now.
func (e *Engine) update(ctx context.Context, c cases.ID, id string) (cases.Update, error) {
	now := e.Now()
	e.archive.mu.Lock()
	a, ok := e.archive.m[id]
	e.archive.mu.Unlock()
	if ok && a.Case == c && now.Sub(a.at) < archivedFor && !now.Before(a.at) {
		return a.Update, nil
	}
	u, err := e.Store.Told(ctx, c, id)
	if err != nil {
		return u, err
	}
	e.archive.mu.Lock()
	defer e.archive.mu.Unlock()
	if e.archive.m == nil || len(e.archive.m) > 200 {
		e.archive.m = make(map[string]archived)
	}
	e.archive.m[id] = archived{u, now}
	return u, nil
}

// knock says that news wait.
func (c *carrier) knock(f flows.Knock) {
	ms := c.voice().speak(flows.Say{Parts: f.Parts, Choices: f.Choices, Class: f.Class})
	for i := range ms {
		ms[i].Knock, ms[i].Preview = c.ev.At, c.voice().word("preview.update")
	}
	c.send(ms...)
}

// tell says what an update says now. Where it was corrected meanwhile the
// correction is said in its place, once.
func (c *carrier) tell(ctx context.Context, f flows.Tell) error {
	u, err := c.e.update(ctx, f.Case, f.Update)
	if errors.Is(err, store.ErrNotFound) {
		c.stands(f, cases.Gone)
		return nil
	}
	if err != nil {
		return err
	}
	before := c.t.Session.News
	if u.Right != "" && !told(before.Told, u.ID) {
		if right, err := c.e.update(ctx, f.Case, u.Right); err == nil && right.State != cases.UpdateDraft {
			c.stands(f, cases.Replaced)
			n := &c.o.Session.News
			if told(n.Told, right.ID) {
				return nil // it waited as well, and is said with the others
			}
			f.Update, f.Kind, f.Wrong = right.ID, right.Kind, right.Wrong
			n.Told = append(slices.Clip(n.Told), f.Waiting)
			u = right
		}
	}
	v, choices, text := c.voice(), flows.NewsChoices(u.Kind, u.ID), ""
	if v.lang = inWhich(u, v.lang, f.Lang); v.lang == "" {
		c.stands(f, cases.LeftOut)
		return nil
	}
	if text = v.news(u, c.o.Session); told(before.Told, u.Wrong) {
		text = v.text([]flows.Part{{Key: "update.correction", Args: flows.Args{"Text": text}}})
	}
	ms := v.say(text, flows.Say{Choices: choices, Class: f.Class})
	for i := range ms {
		ms[i].Protect = true
	}
	ms[len(ms)-1].For = string(u.Case) + "/" + u.ID
	c.send(ms...)
	return nil
}

// stands notes how far an update has come, where that is not for a message to tell.
func (c *carrier) stands(f flows.Tell, state cases.DeliveryState) {
	c.o.Stands = append(c.o.Stands, flows.Stands{Case: f.Case, Update: f.Update, State: state})
}

func told(ws []flows.Waiting, update string) bool {
	return update != "" && slices.ContainsFunc(ws, func(w flows.Waiting) bool { return w.Update == update })
}

// inWhich returns the language in which a worker reads u who speaks now, and
// may have spoken before when it came.
func inWhich(u cases.Update, now, before string) string {
	for _, lang := range []string{u.Language(now), before} {
		if lang != "" && (u.Language(lang) == lang || u.Texts[lang] != "") {
			return lang
		}
	}
	return ""
}

// news writes what an update says.
func (v voice) news(u cases.Update, s flows.Session) string {
	wording := cases.Wording(u.Kind)
	switch {
	case u.Kind == cases.Free:
		return u.Texts[v.lang]
	case u.Kind == cases.StatusOnly, wording != "" && u.Texts[v.lang] == "", !v.e.Texts.Has("update." + u.Kind):
		return v.standing(u, s)
	}
	place := s.Contact.Country
	args := flows.Args{"Ref": cases.RefOf(u.Case)}
	for name, a := range u.Args {
		if key, ok := strings.CutPrefix(a, "text:"); ok {
			args[name] = flows.Term(key)
			continue
		}
		if at, err := time.Parse(time.RFC3339, a); err == nil {
			if name == "NextDate" {
				if at = promised(u, at, s, v.now); at.IsZero() {
					return v.standing(u, s)
				}
			}
			args[name] = flows.Moment{At: at, Country: place}
			continue
		}
		args[name] = a
	}
	if wording != "" {
		args[wording] = u.Texts[v.lang]
	}
	return v.text([]flows.Part{{Key: "update." + u.Kind, Args: args}})
}

// promised returns by when the worker hears again. A date that is gone is never
// shown; where nobody has made a new promise since, it is the zero time.
func promised(u cases.Update, at time.Time, s flows.Session, now time.Time) time.Time {
	if at.After(now) {
		return at
	}
	for _, m := range s.Mine {
		if m.ID == u.Case && m.Due.After(now) {
			return m.Due
		}
	}
	return time.Time{}
}

// standing writes where the case stood when the update was made.
func (v voice) standing(u cases.Update, s flows.Session) string {
	args := flows.Args{"Ref": cases.RefOf(u.Case), "Status": flows.StatusText(u.Status), "LastDate": flows.Moment{At: u.At, Country: s.Contact.Country}}
	key := "case.status_late"
	if due := promised(u, u.Due, s, v.now); !due.IsZero() && u.Args["Late"] == "" {
		key, args["NextDate"] = "case.status", flows.Moment{At: due, Country: s.Contact.Country}
	} else if !u.Status.Open() {
		key = "case.status_end"
	}
	return v.text([]flows.Part{{Key: key, Args: args}})
}

// carried names the message of a delivery, so that its receipts are found.
func carried(m channels.Outbound) bool { return m.For != "" || !m.Knock.IsZero() }
