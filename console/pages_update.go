package console

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"crypto/rand"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("GET /c/case/{id}/update/{update}", staff, showUpdate)
	serve("GET /c/case/{id}/update/{update}/counts", staff, countsPart)
	serve("GET /c/case/{id}/update/{update}/list", staff, deliveriesPage)
	serve("POST /c/case/{id}/update/{update}", staff, saveUpdate)
	serve("POST /c/case/{id}/update/{update}/approve", staff, approveUpdate)
	serve("POST /c/case/{id}/nonews", staff, noNews)
}

// anew stands for an update that is not kept yet, in addresses.
const anew = "new"

// An updateView is an update as its page shows it.
type updateView struct {
	*caseView
	U       cases.Update
	New     bool
	Submit  string // the key of a form for a new one
	Plan    *bot.Plan
	Wrong   string
	Theirs  *cases.Update // what somebody else has made of the draft meanwhile
	Refused string
	Counts  []stateCount
	Seg     []segment
	Share   int // of those who have it
	Leave   bool
}

// updateView reads the update that the address names, or makes an empty one.
func (v *visit) updateView() (*updateView, error) {
	c, err := v.caseView()
	if err != nil {
		return nil, err
	}
	u := &updateView{caseView: c, Submit: rand.Text()[:16]}
	if name := v.R.PathValue("update"); name != anew {
		u.U, err = v.Store.Update(v.Ctx(), v.By(), c.C.ID, name)
		if err != nil {
			return nil, err
		}
	} else {
		q := v.R.URL.Query()
		u.New = true
		u.U = cases.Update{Case: c.C.ID, Kind: cases.Free, Issue: cases.Code(q.Get("issue")), State: cases.UpdateDraft, Due: flows.NewsBy(c.C.Severity, v.Now()), Texts: map[string]string{}}
		if k := q.Get("kind"); slices.Contains(updateKinds, k) {
			u.U.Kind = k
		}
		if u.U.Wrong = q.Get("wrong"); u.U.Wrong != "" {
			wrong, err := v.Store.Update(v.Ctx(), v.By(), c.C.ID, u.U.Wrong)
			if err != nil {
				return nil, err
			}
			u.U.Issue, u.U.Texts = wrong.Issue, wrong.Texts
		}
	}
	if c.C.Issue(u.U.Issue) == nil {
		u.U.Issue = ""
	}
	v.Title = c.C.Ref + " · " + v.T("update.title")
	return u, nil
}

// updateKinds are those that a person writes.
var updateKinds = []string{cases.Free, "responded", "clarify", cases.StatusOnly}

func showUpdate(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	return u.show()
}

// show shows a draft with what it would come to, or one that went out with what
// has become of it.
func (u *updateView) show() error {
	if u.U.State != cases.UpdateDraft {
		if err := u.count(); err != nil {
			return err
		}
		return u.visit.Show("update-out", u)
	}
	if u.Engine != nil {
		p, err := u.Engine.Plan(u.Ctx(), u.By(), u.U)
		if err != nil {
			return err
		}
		u.Plan = &p
	}
	return u.visit.Show("update-edit", u)
}

// Kinds are those to choose from.
func (u *updateView) Kinds() (cs []formChoice) {
	for _, k := range updateKinds {
		cs = append(cs, formChoice{Value: k, Label: u.T("update.kind_" + k), Picked: k == u.U.Kind})
	}
	if !slices.Contains(updateKinds, u.U.Kind) {
		cs = append(cs, formChoice{Value: u.U.Kind, Label: u.T("update.kind_" + u.U.Kind), Picked: true})
	}
	return cs
}

// About are the issues to choose from.
func (u *updateView) About() (cs []formChoice) {
	cs = append(cs, formChoice{Label: u.T("update.everybody", "Count", u.C.Size), Picked: u.U.Issue == ""})
	for _, i := range u.C.Issues {
		cs = append(cs, formChoice{Value: string(i.Kind), Label: u.KindName(i.Kind) + " (" + strconv.Itoa(i.Tally.Members) + ")", Picked: i.Kind == u.U.Issue})
	}
	return cs
}

// A draftText is the box for one language.
type draftText struct {
	Lang, Name, Text string
	Theirs           string // what somebody else has written meanwhile
	N                int    // workers who read it
	Max              int    // characters that every channel carries
	Long             bool
}

// Writes reports whether a person has to write something.
func (u *updateView) Writes() bool { return cases.Wording(u.U.Kind) != "" }

// Texts are the boxes, those first in whose language there are workers.
func (u *updateView) Texts() (out []draftText) {
	limit := u.limit()
	for _, l := range u.workerLangs() {
		d := draftText{Lang: l, Name: u.LangName(l), Text: u.U.Texts[l], Max: limit.N, Long: limit.N > 0 && !limit.Fits(u.U.Texts[l])}
		if u.Plan != nil {
			d.N = u.Plan.Languages[l] + u.Plan.Unwritten[l]
			if u.U.Instead != "" && l != u.U.Instead && u.U.Texts[l] == "" {
				d.N = u.Plan.Unwritten[l]
			}
		}
		if u.Theirs != nil && u.Theirs.Texts[l] != u.U.Texts[l] {
			d.Theirs = u.Theirs.Texts[l]
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b draftText) int { return min(b.N, 1) - min(a.N, 1) })
	return out
}

// limit is the shortest text that a channel of the workers carries in one
// message; longer ones go in several.
func (u *updateView) limit() (l channels.Limit) {
	for _, i := range u.Channels {
		if u.Plan != nil && len(u.Plan.Channels) > 0 && !slices.ContainsFunc(u.Plan.Channels, func(p bot.ChannelPlan) bool { return p.Channel == i.ID }) {
			continue
		}
		if l.N == 0 || i.Body.N > 0 && i.Body.N < l.N {
			l = i.Body
		}
	}
	return l
}

// Written are the languages that can stand in for one that nobody wrote.
func (u *updateView) Written() (cs []formChoice) {
	for _, l := range u.workerLangs() {
		if strings.TrimSpace(u.U.Texts[l]) != "" {
			cs = append(cs, formChoice{Value: l, Label: u.LangName(l), Picked: l == u.U.Instead})
		}
	}
	return cs
}

// An unwritten is a language in which nobody wrote.
type unwritten struct {
	Lang string
	N    int
}

// Unwritten are the languages of workers who would be left out.
func (u *updateView) Unwritten() (out []unwritten) {
	if u.Plan == nil {
		return nil
	}
	for l, n := range u.Plan.Unwritten {
		name := u.LangName(l)
		if l == "" {
			name = u.T("update.no_language")
		}
		out = append(out, unwritten{name, n})
	}
	slices.SortFunc(out, func(a, b unwritten) int { return b.N - a.N })
	return out
}

// DueDay is before when the workers hear again.
func (u *updateView) DueDay() string {
	if u.U.Due.IsZero() {
		return ""
	}
	return u.U.Due.In(u.zone()).Format(time.DateOnly)
}

// filled takes what was typed into the editor.
func (u *updateView) filled() (wrong string) {
	r := u.R
	u.U.Texts = texts(r.PostForm, "text")
	u.U.Instead = r.PostFormValue("instead")
	u.U.Issue = cases.Code(r.PostFormValue("issue"))
	if k := r.PostFormValue("kind"); slices.Contains(updateKinds, k) {
		u.U.Kind = k
	}
	if w := r.PostFormValue("wrong"); w != "" && u.New {
		u.U.Wrong = w
	}
	if u.U.Texts[u.U.Instead] == "" {
		u.U.Instead = ""
	}
	if u.U.Issue != "" && u.C.Issue(u.U.Issue) == nil {
		u.U.Issue = ""
	}
	var due time.Time
	wrong = u.dated("due", r.PostFormValue("due"), &due)
	if !due.IsZero() {
		u.U.Due = due
	}
	args := map[string]string{"Date": u.Now().UTC().Format(time.RFC3339), "NextDate": u.U.Due.UTC().Format(time.RFC3339)}
	for k, a := range u.U.Args {
		if args[k] == "" {
			args[k] = a
		}
	}
	u.U.Args = args
	return wrong
}

// saveUpdate keeps a draft. Whoever was slower keeps what was typed, and sees
// what the other has written.
func saveUpdate(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	if err := v.R.ParseForm(); err != nil {
		return err
	}
	if u.U.State != cases.UpdateDraft {
		return v.Redirect(u.Href("update", u.U.ID), "gone_out")
	}
	was := u.U
	if u.Wrong = u.filled(); u.Wrong != "" {
		v.Status = 422
		return u.show()
	}
	key := v.R.PostFormValue("key")
	if u.New {
		if id, err := u.begun(key); err != nil || id != "" {
			if err != nil {
				return err
			}
			return v.Redirect(u.Href("update", id), "kept")
		}
		u.U.Args["Form"] = key
	} else if n, err := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64); err == nil {
		u.U.Version = n
	}
	kept, err := v.Store.PutUpdate(v.Ctx(), v.By(), u.U)
	switch {
	case errors.Is(err, store.ErrStale):
		if same(was, u.U) {
			return v.Redirect(u.Href("update", u.U.ID), "kept")
		}
		u.Theirs, u.U.Version = &was, was.Version
		v.Status = 409
		return u.show()
	case errors.Is(err, store.ErrApproved):
		return v.Redirect(u.Href("update", u.U.ID), "gone_out")
	case err != nil:
		return err
	}
	return v.Redirect(u.Href("update", kept.ID), "kept")
}

// same reports whether two drafts say the same: one was sent twice.
func same(a, b cases.Update) bool {
	for _, l := range consoleLanguages {
		if a.Texts[l] != b.Texts[l] {
			return false
		}
	}
	return a.Kind == b.Kind && a.Issue == b.Issue && a.Instead == b.Instead
}

// begun returns the draft that a form for a new one has made before, or "".
func (u *updateView) begun(key string) (string, error) {
	if key == "" {
		return "", nil
	}
	list, err := u.list()
	for _, x := range list {
		if x.Args["Form"] == key && x.Author == u.Me.ID {
			return x.ID, err
		}
	}
	return "", err
}

// list reads the updates of the case, the oldest first.
func (c *caseView) list() (all []cases.Update, err error) {
	for after := (store.Cursor{}); ; {
		us, next, err := c.Store.Updates(c.Ctx(), c.By(), c.C.ID, after, 200)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return nil, err
		}
		if all = append(all, us...); len(us) < 200 {
			return all, nil
		}
		after = next
	}
}

// approveUpdate sends a draft on its way. Workers in whose language nobody
// wrote are left out only if somebody has said so.
func approveUpdate(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	if u.U.State != cases.UpdateDraft {
		return v.Redirect(u.Href("update", u.U.ID), "gone_out")
	}
	if u.New {
		return store.ErrNotFound
	}
	if version := number(v.R.PostFormValue("version")); version != u.U.Version {
		u.Theirs, v.Status = &u.U, 409
		return u.show()
	}
	if u.Engine == nil {
		return errors.New("console: no engine sends updates")
	}
	p, err := u.Engine.Plan(v.Ctx(), v.By(), u.U)
	if err != nil {
		return err
	}
	if len(p.Unwritten) > 0 && v.R.PostFormValue("leave") == "" {
		u.Refused, v.Status = v.T("update.decide"), 422
		return u.show()
	}
	if u.Plan = &p; u.Goes() == 0 { // it would be taken for news
		u.Refused, v.Status = v.T("update.reaches_nobody"), 422
		return u.show()
	}
	_, err = u.Engine.Approve(v.Ctx(), v.By(), u.C.ID, u.U.ID, u.U.Version)
	switch why := flows.Why(err); {
	case why != "":
		u.Refused, v.Status = why, 422
		return u.show()
	case errors.Is(err, store.ErrEmpty):
		u.Refused, v.Status = v.T("update.empty"), 422
		return u.show()
	case errors.Is(err, store.ErrApproved):
		return v.Redirect(u.Href("update", u.U.ID), "gone_out")
	case errors.Is(err, store.ErrStale) && u.U.Wrong != "":
		u.Refused, v.Status = v.T("update.corrected_already"), 409
		return u.show()
	case err != nil:
		return err
	}
	return v.Redirect(u.Href("update", u.U.ID), "going")
}

// noNews makes the draft that says that there is nothing new, and with approve
// sends it at once.
func noNews(v *visit) error {
	c, err := v.caseView()
	if err != nil {
		return err
	}
	if !c.Ours() || c.Engine == nil {
		return store.ErrDenied
	}
	u, err := c.Engine.NoNews(v.Ctx(), v.By(), c.C.ID)
	if err != nil {
		return err
	}
	if v.R.PostFormValue("approve") == "" || u.State != cases.UpdateDraft {
		return v.Redirect(c.Href("update", u.ID), "")
	}
	p, err := c.Engine.Plan(v.Ctx(), v.By(), u)
	if err != nil {
		return err
	}
	if (&updateView{Plan: &p}).Goes() == 0 { // nobody has a chat: it is for a person to tell them
		return v.Redirect(c.Href("update", u.ID), "")
	}
	_, err = c.Engine.Approve(v.Ctx(), v.By(), c.C.ID, u.ID, u.Version)
	if err != nil && !errors.Is(err, store.ErrApproved) {
		return err
	}
	return v.Redirect(c.Href("update", u.ID), "going")
}

// An updateRow is an update in the list of a case.
type updateRow struct {
	cases.Update
	Href, Words, Lang, When string
	Draft, Going            bool
}

// Updates are those of the case, the newest first.
func (c *caseView) Updates() (out []updateRow, err error) {
	list, err := c.list()
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	for _, u := range list[:min(len(list), 8)] {
		r := updateRow{Update: u, Href: c.Href("update", u.ID), Draft: u.State == cases.UpdateDraft, Going: u.State == cases.UpdateGoing}
		if r.Words, r.Lang = inAny(u.Texts, c.Lang); r.Words == "" {
			r.Words, r.Lang = c.T("update.kind_"+u.Kind), ""
			if !hasWord("update.kind_" + u.Kind) {
				r.Words = c.T("update.kind_" + cases.StatusOnly)
			}
		}
		if r.When = c.Time(u.Made); !u.At.IsZero() {
			r.When = c.Time(u.At)
		}
		out = append(out, r)
	}
	return out, nil
}

// query adds to an address.
func query(href string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return href + "?" + q.Encode()
}
