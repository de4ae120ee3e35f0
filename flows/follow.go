package flows

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"workervoice/cases"
)

// A Follow is something that an entry asks for beyond its case: news to its
// workers, questions to them, another case. It holds no words. The store keeps
// it with the entry, and the bot carries it out at least once: what comes of
// it has names that are the same each time.
type Follow struct {
	What   string // the kind of the entry, or one of those below
	Key    string // of the entry
	Case   cases.ID
	Issue  cases.Code     `json:",omitempty"` // empty: the case as a whole
	Worker cases.WorkerID `json:",omitempty"` // only this one; empty: all who take part
	With   cases.Party    `json:",omitempty"`
	Other  string         `json:",omitempty"` // as in the entry
	By     cases.Caseworker
	At     time.Time
	Due    time.Time    `json:",omitzero"`
	Status cases.Status `json:",omitempty"` // of the issue, or of the case, after the entry
	Round  int          `json:",omitempty"` // of the issue
	Open   *cases.Entry `json:",omitempty"` // "child": opens the other case; the store does that by itself
}

// Follows that are no entries, and so have no name of one.
const (
	FollowChild = "child"   // a case of its own was opened for Worker, who was punished: Other is its id
	FollowSplit = "parting" // the issue closed; those who said no go on in a case of their own

	FollowPressure = "pressure" // Worker is asked whether somebody said what to answer
)

// concerns are the entries that matter to workers beyond their case's page.
var concerns = map[cases.EntryKind]bool{
	cases.Acknowledged: true, cases.Raised: true, cases.Lapsed: true, cases.Responded: true, cases.Planned: true, cases.Claimed: true, cases.Escalated: true,
	cases.Referred: true, cases.Accepted: true, cases.Returned: true, cases.Redirected: true, cases.Inquired: true, cases.Checked: true, cases.Helped: true,
	cases.Validated: true, cases.Settled: true, cases.Disputed: true, cases.Unanswered: true, cases.Rechecked: true, cases.GaveUp: true, cases.Informed: true,
	cases.Lost: true, cases.Silent: true, cases.Admitted: true, cases.Rejected: true, cases.Joined: true, cases.Resolved: true, cases.Merged: true, cases.Split: true,
	cases.Taken: true, cases.Withdrew: true, cases.Resumed: true, cases.Retaliated: true, cases.Alerted: true, cases.Updated: true, cases.Corrected: true,
}

// A Change is what an entry makes of a case.
type Change struct {
	Case    cases.Case
	Member  *cases.Member // nil where the entry is about nobody
	Entries []cases.Entry // the entry, and those that follow from it at once
	Follow  []Follow
}

// Live is Advance, with all that follows at once: what workers' answers close
// or reopen, and whom it concerns beyond the case.
func Live(c cases.Case, m *cases.Member, n cases.Entry) (Change, error) {
	ch := Change{Case: c, Member: m}
	for queue := []cases.Entry{n}; len(queue) > 0 && len(ch.Entries) < 10; queue = queue[1:] {
		e := queue[0]
		a, err := advance(ch.Case, ch.Member, e)
		if err != nil {
			if len(ch.Entries) > 0 && (errors.Is(err, ErrNotNow) || errors.Is(err, ErrNotAllowed)) {
				continue // what would follow may not: only the entry itself counts
			}
			return Change{Case: c, Member: m}, err
		}
		m := a.m
		if About(e) == "" { // about nobody: the member stays as it was
			m = ch.Member
		}
		ch.Case, ch.Member = a.c, m
		ch.Entries = append(ch.Entries, e)
		if concerns[e.Kind] {
			ch.Follow = append(ch.Follow, a.followed(string(e.Kind)))
		}
		ch.Follow = append(ch.Follow, a.tell...)
		queue = append(queue, a.next...)
	}
	return ch, nil
}

// follow has another entry come right after this one.
func (a *step) follow(n cases.Entry) {
	n.Case, n.At = a.n.Case, a.n.At
	n.Key = a.n.Key + "/" + string(n.Kind) + "/" + string(n.Issue)
	a.next = append(a.next, n)
}

func (a *step) followed(what string) Follow {
	f := Follow{What: what, Key: a.n.Key, Case: a.n.Case, Issue: a.n.Issue, Worker: About(a.n), With: a.n.With, Other: a.n.Other,
		By: cases.Caseworker{ID: a.n.By, Role: a.n.Role, Org: a.n.Org}, At: a.n.At, Due: a.n.Due, Status: a.c.Status}
	if i := a.issue(a.n.Issue); i != nil {
		f.Status, f.Round = i.Status, i.Round
	}
	return f
}

// child opens a case of its own for what has happened to a worker.
func (a *step) child(kind cases.Code, v cases.Severity) Follow {
	f := a.followed(FollowChild)
	h := sha256.Sum256([]byte("child\x00" + string(a.c.ID) + "\x00" + a.n.Key))
	id := cases.ID("c" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:]))[:20])
	r := &cases.Report{ID: id, Begun: a.n.At, Sent: a.n.At, Kinds: []cases.Code{kind}, Severity: v,
		Answers: map[string]cases.Answer{"country": {Choices: []string{a.c.Country}}}}
	if a.c.Country == "" {
		r.Answers = nil
	}
	f.Other = string(id)
	f.Open = &cases.Entry{Key: a.n.Key + "/child", Case: id, Worker: About(a.n), Kind: cases.Opened, At: a.n.At, Severity: v, Report: r,
		Lang: a.c.Lang, Channel: a.c.Channel, Other: string(a.c.ID), Org: a.c.Org, Role: cases.System}
	if a.m != nil {
		f.Open.Lang, f.Open.Channel = or(a.m.Lang, a.c.Lang), or(a.m.Channel, a.c.Channel)
	}
	return f
}
