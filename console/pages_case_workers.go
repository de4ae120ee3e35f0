package console

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/case/{id}/workers", staff, workersPage)
	serve("GET /c/case/{id}/worker/{worker}", staff, func(v *visit) error { return v.workerPage(nil) })
	serve("POST /c/case/{id}/worker/{worker}/show", staff, showWorker)
}

// about one worker: what is done for somebody who told it by telephone, and
// what a supervisor decides.
var workerActs = []act{
	{Key: "admit", Kind: cases.Admitted},
	{Key: "reject", Kind: cases.Rejected, Fields: []string{"reason"}, Need: []string{"reason"}},
	{Key: "told", Kind: cases.Answering, Fields: []string{"claim", "fact", "satisfied", "treated", "text"}, Need: []string{"issue", "fact", "satisfied"}},
	{Key: "confirm", Kind: cases.Confirmed, Fields: []string{"claim"}, Need: []string{"issue"}},
	{Key: "choose", Kind: cases.Chose, Fields: []string{"consent", "reason"}, Need: []string{"what", "answer", "reason"}},
	{Key: "punished", Kind: cases.Retaliated, Fields: []string{"text"}, Need: []string{"text"}, Danger: true},
	{Key: "dealt", Kind: cases.Resolved, Fields: []string{"reason"}, Need: []string{"reason"}},
	{Key: "withdraw", Kind: cases.Withdrew, Fields: []string{"reason"}, Need: []string{"reason"}, Danger: true},
	{Key: "resume", Kind: cases.Resumed, Fields: []string{"text"}},
}

// masked is what staff call a worker: four digits that mean nothing.
func (v *visit) masked(w cases.WorkerID) string { return v.T("worker.called", "No", fourDigits(w)) }

// fourDigits are those digits.
func fourDigits(w cases.WorkerID) string {
	h := sha256.Sum256([]byte("called/" + w))
	return fmt.Sprintf("%04d", binary.BigEndian.Uint32(h[:4])%10000)
}

// A workerRow is a worker in the table of a case.
type workerRow struct {
	cases.Member
	c *caseView
}

// Called is the worker's number: names are shown only for a reason.
func (w workerRow) Called() string { return w.c.masked(w.Worker) }

// Href leads to the worker.
func (w workerRow) Href() string { return w.c.Href("worker", string(w.Worker)) }

// Rows are the worker's claims.
func (w workerRow) Rows() (out []claimRow) {
	for _, x := range w.Claims {
		if i := w.c.C.Issue(x.Issue); i != nil {
			out = append(out, claimRow{x, *i, w})
		}
	}
	return out
}

// A claimRow is what a worker says about an issue, beside what the employer says.
type claimRow struct {
	cases.Claim
	issue cases.Issue
	w     workerRow
}

// Name of the issue.
func (r claimRow) Name() string { return r.w.c.KindName(r.Issue) }

// Claimed reports whether the employer says that it is fixed.
func (r claimRow) Claimed() bool { return r.Fixed || !r.issue.Claimed.IsZero() }

// Word is what the answer comes to, or "".
func (r claimRow) Word() string {
	if r.Round != r.issue.Round {
		return ""
	}
	return flows.Says(r.Last)
}

// Differs reports whether the worker does not say that all is well.
func (r claimRow) Differs() bool {
	switch r.Word() {
	case flows.WordNone, flows.WordPart, flows.WordForced:
		return true
	}
	return r.Hurt == "open"
}

// Says is what the worker says, in words. No answer is never yes.
func (r claimRow) Says() string {
	word := r.Word()
	switch {
	case word != "":
		return r.w.c.T("says." + word)
	case r.w.Held:
		return r.w.c.T("says.held")
	case r.w.Left:
		return r.w.c.T("says.left")
	case r.w.Lost != "":
		return r.w.c.T("says.lost")
	case r.Asked > 0 && r.Round == r.issue.Round:
		return r.w.c.T("says.silent", "Count", r.Asked)
	case r.Claimed():
		return r.w.c.T("says.not_asked")
	}
	return r.w.c.T("says.waits")
}

// Icon of what the worker says.
func (r claimRow) Icon() string {
	switch r.Word() {
	case flows.WordFull, flows.WordEnough:
		return "tick"
	case "":
		return "clock"
	}
	return "x"
}

// Face is how content the worker is, in words.
func (r claimRow) Face() string {
	if r.Last == nil || r.Last.Satisfied == "" || r.Word() == "" {
		return "–"
	}
	return r.w.c.T("satisfied." + r.Last.Satisfied)
}

// Answered is when, and by whom it was taken down if not by the worker.
func (r claimRow) Answered() string {
	if r.Last == nil || r.Word() == "" {
		return "–"
	}
	s := r.w.c.Time(r.Last.At)
	if r.Last.Proxy != "" {
		s += " · " + r.w.c.T("says.proxy", "Name", r.w.c.name(cases.CaseworkerID(r.Last.Proxy)))
	}
	return s
}

// Missing is what is missing, in the worker's words or of the list.
func (r claimRow) Missing() string {
	if r.Last == nil {
		return ""
	}
	var out []string
	for _, m := range r.Last.Missing {
		out = append(out, r.w.c.plain("remedywhy."+m, m))
	}
	if r.Last.Words != "" {
		out = append(out, "“"+r.Last.Words+"”")
	}
	return strings.Join(out, " · ")
}

// Talk is the language and the app of the worker.
func (w workerRow) Talk() string {
	s := w.c.LangName(w.Lang)
	if w.Channel != "" {
		s += ", " + w.c.T("platform."+w.Channel)
	}
	return strings.TrimPrefix(s, ", ")
}

// workers reads a page of the case's workers, those who differ first.
func (c *caseView) workers(n int) ([]workerRow, store.Cursor, error) {
	ms, next, err := c.Store.Members(c.Ctx(), c.By(), c.C.ID, cursorOf(c.R.URL.Query()), n)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, next, err
	}
	if err != nil {
		c.Log.Error("console: some workers of a case are damaged", "err", err)
	}
	out := make([]workerRow, 0, len(ms))
	for _, m := range ms {
		out = append(out, workerRow{m, c})
	}
	if len(ms) < n {
		next = store.Cursor{}
	}
	return out, next, nil
}

// cursorOf and cursorIn carry where a list goes on in an address.
func cursorOf(q url.Values) (at store.Cursor) {
	if n, err := strconv.ParseInt(q.Get("score"), 10, 64); err == nil {
		at = store.Cursor{Score: n, Kind: q.Get("kind"), ID: q.Get("after")}
	}
	return at
}

// cursorIn adds a cursor to what an address asks for.
func cursorIn(q url.Values, at store.Cursor) url.Values {
	q.Set("score", strconv.FormatInt(at.Score, 10))
	q.Set("kind", at.Kind)
	q.Set("after", at.ID)
	return q
}

// number reads a number that is not negative, or returns 0.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// perWorkers is how many workers a page shows.
const perWorkers = 50

func workersPage(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	rows, next, err := c.workers(perWorkers)
	if err != nil {
		return err
	}
	more := ""
	if next != (store.Cursor{}) {
		more = c.Href("workers") + "?" + cursorIn(url.Values{}, next).Encode()
	}
	v.Title = c.C.Ref + " · " + v.T("case.workers_title")
	return v.Show("case-workers", struct {
		*caseView
		Workers []workerRow
		More    string
	}{c, rows, more})
}
