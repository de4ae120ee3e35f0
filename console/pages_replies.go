package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"workervoice/store"
)

func init() {
	serve("GET /c/chat/{id}/replies", staff, picker)
	serve("GET /c/replies", supervisors, func(v *visit) error { return v.replies("", "") })
	serve("POST /c/replies", supervisors, putReply)
	railItem(item{Key: "replies", Href: "/c/replies", Icon: "text", Order: 70, Who: supervisors})
}

// A pickable is a prepared reply as the picker shows it.
type pickable struct {
	Name           string
	Hers           string // in the worker's language, with what is known filled in
	Mine, MineLang string
	Blanks         string // what is still to be filled in
	Checked        bool
}

// picker shows the prepared replies in the worker's language beside the
// caseworker's.
func picker(v *visit) error {
	row, err := v.Store.ChatRow(v.Ctx(), v.By(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	rs, err := v.Store.Replies(v.Ctx(), v.By())
	if err != nil {
		return err
	}
	org := v.Name
	if o, err := v.Store.Organisation(v.Ctx(), v.Me.Org); err == nil {
		org = o.Name
	}
	fill := strings.NewReplacer("{{me}}", v.Me.Name, "{{org}}", org, "{{ref}}", row.Ref)
	if row.Ref == "" {
		fill = strings.NewReplacer("{{me}}", v.Me.Name, "{{org}}", org)
	}
	lang := cmp.Or(row.Lang, "en")
	var out []pickable
	for _, r := range rs {
		p := pickable{Name: r.Name, Hers: fill.Replace(r.Texts[lang]), MineLang: v.Lang, Mine: r.Texts[v.Lang], Checked: slices.Contains(r.Checked, lang)}
		if p.Mine == "" || p.MineLang == lang {
			p.Mine, p.MineLang = r.Texts["en"], "en"
		}
		p.Blanks = strings.Join(blanks.FindAllString(p.Hers, -1), " ")
		out = append(out, p)
	}
	return v.Show("picker", struct {
		*visit
		Replies    []pickable
		WorkerLang string
	}{v, out, lang})
}

// An edited is a reply on the page where they are changed.
type edited struct{ store.Reply }

// IsChecked reports whether a native speaker has read it in a language.
func (e edited) IsChecked(lang string) bool { return slices.Contains(e.Checked, lang) }

func (v *visit) replies(wrong, open string) error {
	rs, err := v.Store.Replies(v.Ctx(), v.By())
	if err != nil {
		return err
	}
	var all []edited
	for _, r := range rs {
		all = append(all, edited{r})
	}
	all = append(all, edited{})
	v.Area, v.Title = "replies", v.T("rail.replies")
	if wrong != "" {
		v.Status = 422
	}
	return v.Show("replies", struct {
		*visit
		All         []edited
		Wrong, Open string
	}{v, all, wrong, open})
}

func putReply(v *visit) error {
	n, err := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	r := store.Reply{ID: v.R.PostFormValue("id"), Org: v.Me.Org, Name: strings.TrimSpace(v.R.PostFormValue("name")), Version: n, Texts: map[string]string{}}
	want := ""
	for _, l := range consoleLanguages {
		text := strings.TrimSpace(v.R.PostFormValue("text." + l))
		if text == "" {
			continue
		}
		r.Texts[l] = text
		if slices.Contains(v.R.PostForm["checked"], l) {
			r.Checked = append(r.Checked, l)
		}
		switch has := blanksOf(text); {
		case want == "":
			want = has
		case want != has:
			return v.replies("replies.blanks", r.ID)
		}
	}
	if v.R.PostFormValue("remove") != "" {
		r.Texts = nil
	} else if r.Name == "" || len(r.Name) > 200 || len(r.Texts) == 0 {
		return v.replies("replies.empty", r.ID)
	}
	err = v.Store.PutReply(v.Ctx(), v.By(), r)
	if errors.Is(err, store.ErrStale) {
		return v.replies("wrong.stale", r.ID)
	}
	if err != nil {
		return err
	}
	return v.Redirect("/c/replies", "saved")
}

// blanksOf returns what is to be filled in, the same for every language that
// has the same. It is never empty.
func blanksOf(text string) string {
	all := blanks.FindAllString(text, -1)
	slices.Sort(all)
	return "of " + strings.Join(slices.Compact(all), " ")
}
