package console

import (
	"html/template"
	"strconv"
	"strings"
)

// An offer is an act as the page shows it. What all cases have alike of a form
// is written once; where it goes, and the key under which it is sent, is of
// this page alone.
type offer struct {
	Head   template.HTML // the button that opens the form, or says why not
	Start  template.HTML // the form as it begins; "" where there is none
	Inside template.HTML
}

// An offerHead is the button that opens a form.
type offerHead struct {
	ID, Name, Not      string
	Open, Next, Danger bool
}

// An offerBody is what is in a form.
type offerBody struct {
	Why, Wrong, Button   string
	Danger, Several, All bool
	Fields               []field
}

// A field is one thing that a form asks for.
type field struct {
	Kind, ID, Name, Label, Hint, Value, Min string
	Need                                    bool
	Choices                                 []formChoice
	Texts                                   []written
}

// offers are acts as the page shows them.
func (c *caseView) offers(fs []*form) (out []offer, err error) {
	for _, f := range fs {
		var o offer
		if o.Head, err = c.flat("act-head", offerHead{f.ID, f.T("act." + f.Key), f.Not, f.Open, f.Next, f.Danger}); err != nil {
			return nil, err
		}
		if f.Not == "" {
			o.Start = f.start()
			if o.Inside, err = f.inside(); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// start writes a form as it begins: where it goes, and what it hands back. It is
// another in every form of every page, and a template takes longer for that than
// for all else of the form.
func (f *form) start() template.HTML {
	var b strings.Builder
	tag := func(before, value string) {
		b.WriteString(before)
		template.HTMLEscape(&b, []byte(value))
	}
	tag(`<form method="post" action="`, f.c.Href("do", f.Key))
	tag(`" class="stack" data-keep="`, f.ID+"-"+string(f.c.C.ID)+"-"+string(f.Member))
	tag(`"><input type="hidden" name="key" value="`, f.Submit)
	tag(`"><input type="hidden" name="at" value="`, strconv.FormatInt(f.c.At, 10))
	if f.Issue != "" {
		tag(`"><input type="hidden" name="issue" value="`, string(f.Issue))
	}
	if f.Member != "" {
		tag(`"><input type="hidden" name="member" value="`, string(f.Member))
	}
	b.WriteString(`">`)
	return template.HTML(b.String()) //nolint:gosec // escaped
}

// inside writes what is in a form, once for all that ask for the same.
func (f *form) inside() (template.HTML, error) {
	b := offerBody{Why: f.Why(), Wrong: f.Wrong, Button: f.T("act." + f.Key), Danger: f.Danger, Several: f.Several(), All: f.V("all") != ""}
	if len(f.By) > 0 {
		b.Button = f.T("act.anyway")
	}
	for _, name := range f.Fields {
		b.Fields = append(b.Fields, f.field(name)...)
	}
	return f.c.forms.find(b.key(f.c.Lang), f.c.Now(), func() (template.HTML, error) { return f.c.piece("act-inside", b) })
}

// key names what the template of a form shows.
func (o offerBody) key(lang string) spelledKey {
	b := make(spelled, 0, 512)
	b.words(o.Why, o.Wrong, o.Button)
	b.yes(o.Danger, o.Several, o.All)
	for _, f := range o.Fields {
		b.words("field", f.Kind, f.ID, f.Name, f.Label, f.Hint, f.Value, f.Min)
		b.yes(f.Need)
		for _, c := range f.Choices {
			b.words("choice", c.Value, c.Label, c.Not)
			b.yes(c.Picked)
		}
		for _, t := range f.Texts {
			b.words("text", t.Lang, t.Name, t.Text)
		}
	}
	return spelledKey{lang, string(b)}
}

// namedElse are fields that are sent under another name than their own.
var namedElse = map[string]string{"elsewhere": "other", "employer": "with", "party": "with", "track": "with", "step": "trigger", "colleague": "other", "organisation": "other", "claim": "issue", "consent": "what"}

// field is what a field of an act asks for. One is two questions.
func (f *form) field(name string) []field {
	x := field{Kind: "line", ID: f.ID + "-" + name, Name: name, Label: f.Label(name), Hint: f.Hint(name)}
	if sent := namedElse[name]; sent != "" {
		x.Name = sent
	}
	switch name {
	case "text", "reason":
		x.Kind = "words"
	case "summary", "promise", "question":
		x.Kind, x.Texts = "texts", f.Texts(name)
	case "due":
		x.Kind, x.Hint, x.Min, x.Value = "day", "", f.Tomorrow(), f.DueDay()
	case "by", "payday":
		x.Kind, x.Min = "halfday", f.Tomorrow()
	case "fact":
		return []field{f.radios(name, "all", "some", "none")}
	case "satisfied":
		return []field{f.radios(name, "yes", "partly", "no")}
	case "treated":
		return []field{f.radios(name, "no", "yes", "secret")}
	case "who", "amount", "shown", "elsewhere":
	default:
		x.Kind, x.Label, x.Hint, x.Choices = "choose", f.Label(x.Name), "", f.choices(name)
	}
	if x.Need = f.Needs(x.Name); x.Value == "" && x.Choices == nil {
		x.Value = f.V(x.Name)
	}
	if name == "consent" {
		return []field{x, f.radios("answer", "yes", "no")}
	}
	return []field{x}
}

// choices are those of a field that is chosen from a list.
func (f *form) choices(name string) []formChoice {
	switch name {
	case "employer":
		return f.Employers()
	case "party":
		return f.Parties()
	case "track":
		return f.Tracks()
	case "step":
		return f.Steps()
	case "colleague":
		return f.Colleagues()
	case "organisation":
		return f.Organisations()
	case "severity":
		return f.Severities()
	case "claim":
		return f.Claims()
	}
	return f.Chooses()
}

// radios is a question of which all answers are shown.
func (f *form) radios(name string, values ...string) field {
	r := field{Kind: "radios", Name: name, Label: f.Label(name)}
	for _, v := range values {
		r.Choices = append(r.Choices, formChoice{Value: v, Label: f.T(name + "." + v)})
	}
	f.picked(name, r.Choices)
	return r
}
