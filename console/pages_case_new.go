package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"workervoice/cases"
)

func init() {
	serve("GET /c/new", staff, func(v *visit) error { return v.newCase("") })
	serve("POST /c/new", staff, takeDown)
}

// A newPage is the form on which a report is taken down that a worker makes by
// telephone or face to face.
type newPage struct {
	*visit
	Wrong  string
	Submit string
	values url.Values
}

// newCase shows the form, with what was typed.
func (v *visit) newCase(wrong string) error {
	p := newPage{visit: v, Wrong: wrong, Submit: rand.Text()[:16], values: v.R.PostForm}
	if k := p.values.Get("key"); k != "" {
		p.Submit = k
	}
	v.Area, v.Title = "cases", v.T("new.title")
	return v.Show("case-new", p)
}

// V is what was typed.
func (p newPage) V(name string) string { return p.values.Get(name) }

// A kindGroup is a group of kinds of abuse.
type kindGroup struct {
	Name  string
	Kinds []formChoice
}

// Groups are all kinds of abuse.
func (p newPage) Groups() (gs []kindGroup) {
	for _, g := range cases.Kinds.Groups() {
		k := kindGroup{Name: p.KindName(g)}
		for _, c := range cases.Kinds.Below(g) {
			k.Kinds = append(k.Kinds, formChoice{Value: string(c), Label: p.KindName(c), Picked: p.V("kind") == string(c)})
		}
		if len(k.Kinds) > 0 {
			gs = append(gs, k)
		}
	}
	return gs
}

// Countries to choose from.
func (p newPage) Countries() (cs []formChoice) {
	for _, c := range caseCountries {
		cs = append(cs, formChoice{Value: c, Label: p.CountryName(c), Picked: c == p.V("country")})
	}
	return sortedBy(cs)
}

// Severities to choose from.
func (p newPage) Severities() (cs []formChoice) {
	for s := cases.Danger; s <= cases.Information; s++ {
		cs = append(cs, formChoice{Value: strconv.Itoa(int(s)), Label: p.SevName(s), Picked: p.V("severity") == strconv.Itoa(int(s))})
	}
	return cs
}

// Tongues are the languages that the worker may speak.
func (p newPage) Tongues() (cs []formChoice) {
	for _, l := range consoleLanguages {
		cs = append(cs, formChoice{Value: l, Label: p.LangName(l), Picked: l == p.V("lang")})
	}
	return cs
}

// takeDown opens a case. The same form opens one case, however often it is sent.
func takeDown(v *visit) error {
	if err := v.R.ParseForm(); err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }
	kind, key := cases.Code(get("kind")), get("key")
	if _, ok := cases.Kinds.Find(kind); !ok || key == "" {
		v.Status = 422
		return v.newCase(v.T("act.need", "Field", v.T("cases.kind")))
	}
	if get("text") == "" {
		v.Status = 422
		return v.newCase(v.T("act.need", "Field", v.T("field.text")))
	}
	h := sha256.Sum256([]byte("taken down\x00" + string(v.Me.Org) + "\x00" + string(v.Me.ID) + "\x00" + key))
	name := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:]))
	id := cases.ID("c" + name[:20])
	r := &cases.Report{ID: id, Begun: v.Now(), Sent: v.Now(), Kinds: []cases.Code{kind}, Answers: map[string]cases.Answer{}}
	if c := get("country"); slices.Contains(caseCountries, c) {
		r.Answers["country"] = cases.Answer{Choices: []string{c}}
	}
	if a := get("raise"); a == "yes" || a == "no" {
		r.Answers["raise"] = cases.Answer{Choices: []string{a}}
	}
	if n := upTo(get("name"), 200); n != "" {
		r.Answers["name"] = cases.Answer{Text: n}
	}
	if k, _ := cases.Kinds.Find(kind); k.Severity != cases.Unjudged {
		r.Severity = k.Severity
	}
	if s, err := strconv.Atoi(get("severity")); err == nil && s >= int(cases.Danger) && s <= int(cases.Information) {
		r.Severity = r.Severity.Worse(cases.Severity(s))
	}
	n := cases.Entry{Key: "new", Case: id, Kind: cases.Proxied, Member: cases.WorkerID("p" + name[20:48]), Text: upTo(get("text"), 8000), Report: r, Severity: r.Severity, Org: v.Me.Org}
	if l := get("lang"); slices.Contains(consoleLanguages, l) {
		n.Lang = l
	}
	_, err := v.do(n)
	if why := v.whyNot(err); why != "" {
		if _, err := v.Store.Case(v.Ctx(), v.By(), id); err == nil { // sent before
			return v.Redirect("/c/case/"+string(id), "done")
		}
		v.Status = 422
		return v.newCase(why)
	}
	if err != nil {
		return err
	}
	return v.Redirect("/c/case/"+string(id), "done")
}
