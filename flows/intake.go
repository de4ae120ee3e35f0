package flows

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"workervoice/cases"
)

// A question is one step of a report, as intake.tsv has it.
type question struct {
	state   State
	text    string
	kind    string
	most    int // of kind several: how many answers at most
	options []string
	when    string
	buttons []Choice // of the options
	plain   []Choice // all that stand under it,
	told    []Choice // and once something was told: made once, never changed
}

// Kinds of questions.
const (
	oneOf   = "choice"
	several = "several"
	words   = "words"
	telling = "story"
	files   = "files"
	secret  = "word"
)

//go:embed intake.tsv
var intakeFile string

var intake = parseIntake(intakeFile)

// parseIntake panics on a bad row: the file is part of the program.
func parseIntake(file string) (qs []question) {
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.Split(line, "\t"), "", "")
		kind, most, _ := strings.Cut(f[2], " ")
		q := question{state: State(f[0]), text: f[1], kind: kind, when: f[4]}
		if most != "" {
			n, err := strconv.Atoi(most)
			if err != nil {
				panic(fmt.Sprintf("flows: intake.tsv line %d: %q is no number", i+1, most))
			}
			q.most = n
		}
		if f[3] != "" {
			q.options = strings.Split(f[3], ",")
		}
		for _, o := range q.options {
			q.buttons = append(q.buttons, Choice{Key: o, Value: f[0] + ":" + value(o)})
		}
		q.plain, q.told = q.under(q.buttons, "skip"), q.under(q.buttons, "done")
		if _, ok := whens[q.when]; !ok || !slices.Contains([]string{oneOf, several, words, telling, files, secret}, q.kind) {
			panic(fmt.Sprintf("flows: intake.tsv line %d: kind %q or condition %q is unknown", i+1, q.kind, q.when))
		}
		qs = append(qs, q)
	}
	return qs
}

// whens are the conditions under which a question is asked.
var whens = map[string]func(*Session, *cases.Report) bool{
	"":        func(*Session, *cases.Report) bool { return true },
	"agency":  func(_ *Session, r *cases.Report) bool { return r.First("employer") == "agency" },
	"several": func(_ *Session, r *cases.Report) bool { return r.First("howmany") != "me" },
	"told":    func(_ *Session, r *cases.Report) bool { return r.First("hr") == "yes" },
	"untold":  func(_ *Session, r *cases.Report) bool { return r.First("hr") == "no" },
	"named":   func(_ *Session, r *cases.Report) bool { return r.First("privacy") != "anon" },
	"pushed":  func(s *Session, _ *cases.Report) bool { return !s.Contact.Silent },
	"private": func(_ *Session, r *cases.Report) bool {
		return r.First("helper") == "" && slices.ContainsFunc(r.Kinds, func(c cases.Code) bool { return c.Group() == "sex" })
	},
	// A child is not asked for proof nor for decisions: a child helper talks first.
	"adult": func(_ *Session, r *cases.Report) bool { return r.Checks["age"] != "under" },
}

// find returns the question of a state.
func find(state State) (question, bool) {
	for i := range intake {
		if intake[i].state == state {
			return intake[i], true
		}
	}
	return question{}, false
}

// value returns what an option means: "pay" for want.pay.
func value(option string) string {
	v := option[strings.LastIndexByte(option, '.')+1:]
	return strings.TrimPrefix(v, "raise_")
}

// option returns the label of what was answered.
func (q question) option(v string) string {
	i := slices.IndexFunc(q.options, func(o string) bool { return value(o) == v })
	if i < 0 {
		return ""
	}
	return q.options[i]
}

// choices returns the buttons under q. They are not to be changed.
func (q question) choices(s *Session) (cs []Choice) {
	switch {
	case q.kind == several && len(s.Picked) > 0:
		for _, c := range q.buttons {
			if !slices.Contains(s.Picked, c.Value[len(q.state)+1:]) {
				cs = append(cs, c)
			}
		}
		return q.under(cs, "done")
	case (q.kind == telling || q.kind == files) && s.Mark == "told":
		return q.told
	}
	return q.plain
}

// under returns the buttons cs and those that lead on and back.
func (q question) under(cs []Choice, on string) []Choice {
	at := string(q.state) + ":"
	cs = append(slices.Clip(cs), Choice{Key: "btn." + on, Value: at + on})
	if len(cs) < 10 && len(cs) != 3 { // three fit as buttons everywhere; a typed "back" always works
		cs = append(cs, Choice{Key: "btn.back", Value: at + "back"})
	}
	return slices.Clip(cs)
}
