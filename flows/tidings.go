package flows

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"workervoice/cases"
)

// tells are the entries that workers hear of by themselves, and the kind of
// update that tells them: the catalogue's words where it has some that need
// nobody's, else where the case stands.
var tells = map[cases.EntryKind]string{
	cases.Raised: "raised", cases.Lapsed: "no_answer", cases.Responded: cases.StatusOnly, cases.Planned: "plan", cases.Claimed: cases.StatusOnly,
	cases.Escalated: "escalated", cases.Referred: cases.StatusOnly, cases.Accepted: cases.StatusOnly, cases.Returned: cases.StatusOnly,
	cases.Redirected: cases.StatusOnly, cases.Validated: cases.StatusOnly, cases.Unanswered: cases.StatusOnly, cases.GaveUp: cases.StatusOnly,
	cases.Informed: cases.StatusOnly, cases.Silent: cases.StatusOnly,
}

// Tidings returns the update that tells the workers of a case what an entry
// means for them. It has the same ID whenever it is asked for. There is none
// where a worker hears of it in another way, or where only a person may write:
// in danger.
func Tidings(f Follow, c cases.Case) (cases.Update, bool) {
	kind := tells[cases.EntryKind(f.What)]
	if kind == "" || f.Worker != "" || f.What == string(cases.Silent) && grave(c.Severity) || kind == "raised" && f.With != "" && f.With != cases.Employer {
		return cases.Update{}, false
	}
	u := cases.Update{ID: tidingsID(f), Case: f.Case, Issue: f.Issue, Kind: kind, Status: f.Status, Author: cases.Bot.ID,
		Args: map[string]string{"Date": moment(f.At)}}
	if f.Status.Open() {
		u.Due = NewsBy(c.Severity, f.At)
		u.Args["NextDate"] = moment(u.Due)
	}
	switch cases.EntryKind(f.What) {
	case cases.Raised:
		due := f.Due
		for _, t := range c.Tracks {
			if t.With == cases.Employer && due.IsZero() {
				due = t.Due
			}
		}
		if due.IsZero() {
			u.Kind = cases.StatusOnly
		}
		u.Args["Due"] = moment(due)
	case cases.Lapsed, cases.Escalated:
		with := f.With
		if with == "" || with == cases.Employer {
			with = cases.Buyer
		}
		u.Args["Others"] = "text:others." + string(with)
	case cases.Planned:
		plan(&u, f, c)
	case cases.Silent:
		u.Args["Late"] = "yes"
	}
	return u, true
}

// plan fills in what is to be done about an issue, by whom and by when.
func plan(u *cases.Update, f Follow, c cases.Case) {
	i := c.Issue(f.Issue)
	if i == nil || i.Promise == nil || i.Promise.By.IsZero() {
		u.Kind = cases.StatusOnly
		return
	}
	u.Texts, u.Args["Due"], u.Args["Who"] = i.Promise.Texts, moment(i.Promise.By), i.Promise.Who
	if i.Promise.Who == "" {
		u.Kind = cases.StatusOnly
	}
}

// NewsBy returns before when workers hear again who hear something at a time.
func NewsBy(v cases.Severity, at time.Time) time.Time {
	d := durations("silence", v)
	if len(d) == 0 {
		return at.Add(limits[cases.Information])
	}
	return at.Add(d[0])
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func tidingsID(f Follow) string {
	h := sha256.Sum256([]byte("tidings\x00" + string(f.Case) + "\x00" + f.What + "\x00" + f.Key + "\x00" + string(f.Issue)))
	return "b" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:]))[:19]
}

// NoNews returns the draft of what is told when there is nothing new: for a
// caseworker to approve in one tap before the workers of c have waited too long.
func NoNews(c cases.Case, now time.Time) cases.Update {
	since := c.News
	if since.IsZero() {
		since = c.Opened
	}
	due := NewsBy(c.Severity, now)
	f := Follow{What: "no news", Case: c.ID, Key: moment(since)}
	return cases.Update{ID: tidingsID(f), Case: c.ID, Kind: "nothing_new", Status: c.Status, Due: due,
		Args: map[string]string{"Date": moment(now), "NextDate": moment(due)}}
}
