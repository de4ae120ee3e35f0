package console

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

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
	switch why := v.whyNot(err); {
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
