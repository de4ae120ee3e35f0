package simulate

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
)

// A worker is somebody who writes. What the worker does depends on chance and
// on the buttons on show, as the chat's flow decides which those are.
type worker struct {
	*phone
	r       *rand.Rand
	m       Month
	lang    string
	problem string   // a fixed one for all of a group, or ""
	sub     string   // likewise
	site    string   // likewise
	code    string   // of the case that the worker joins
	outcome string   // what the worker will say of a remedy
	hurt    bool     // treated badly for asking
	done    []string // sessions had
}

func (m Month) worker(to string, r *rand.Rand, lang string, t *transport) (*worker, error) {
	p, err := newPhone(to, t)
	return &worker{phone: p, r: r, m: m, lang: lang, outcome: draw(r, m.Outcome), hurt: r.Float64() < m.Retaliation}, err
}

// visit has one session of a kind. It returns when the worker has what the
// session was for, or has no more patience.
func (w *worker) visit(ctx context.Context, kind string) error {
	open := "/w"
	if w.code != "" && kind == "join" {
		open = "/w/j/" + w.code
	}
	if err := w.open(ctx, open); err != nil {
		return err
	}
	if kind == "noise" {
		return w.write(ctx, w.pick(small[w.lang]))
	}
	begun, back := false, len(w.done) > 0
	w.done = append(w.done, kind)
	for range 4 + 4*int(max(w.m.Lengths[kind], 2)) {
		cs := w.choices()
		state, _, _ := strings.Cut(first(cs), ":")
		if state == "sent" || begun && kind != "report" && goals[state] || kind == "join" && state == "menu" {
			return nil
		}
		var err error
		switch {
		case back && kind != "report" || len(cs) == 0:
			back, err = false, w.write(ctx, "menu")
		case writes[state] && w.r.Float64() >= w.m.Skips && !w.told(state):
			err = w.tell(ctx, state)
		default:
			begun = begun || state == "menu"
			err = w.press(ctx, w.choose(kind, state, cs))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// goals are where a question finds its answer.
var goals = map[string]bool{"numbers": true, "helping": true, "card": true, "topics": true, "status": true, "mycase": true, "menu": true}

// writes are the questions that are answered in the worker's own words.
var writes = map[string]bool{"story": true, "area": true, "site": true, "agency": true, "name": true}

// told reports whether the worker has just told something that goes on until
// "done" is pressed.
func (w *worker) told(state string) bool {
	return state == "story" && len(w.done) > 0 && w.done[len(w.done)-1] == "telling"
}

func (w *worker) tell(ctx context.Context, state string) error {
	if state == "story" {
		w.done = append(w.done, "telling")
		if w.r.Float64() < w.m.Voice*3 { // most that is spoken is the story
			return w.speak(ctx, note)
		}
	}
	switch state {
	case "story":
		return w.write(ctx, w.pick(stories[w.lang]))
	case "site":
		if w.site != "" {
			return w.write(ctx, w.site)
		}
		return w.write(ctx, w.pick(sites))
	case "name":
		return w.write(ctx, w.pick(names[w.lang]))
	}
	return w.write(ctx, w.pick(places))
}

// choose picks one of the buttons on show.
func (w *worker) choose(kind, state string, cs []string) string {
	want := ""
	switch state {
	case "language":
		want = "language:" + w.lang
	case "join", "joinissue":
		want = state + ":yes"
	case "safety", "consent", "more", "review", "raise", "withdraw", "forced":
		want = map[string]string{"safety": "safety:yes", "consent": "consent:agree", "more": "more:no_more", "review": "review:send", "raise": "raise:yes"}[state]
	case "menu":
		want = map[string]string{"report": "menu:report", "question": "menu:help", "followup": "menu:mycase"}[kind]
	case "problem":
		if want = "problem:" + w.problem; w.problem == "" {
			want = "problem:" + draw(w.r, w.m.Problems)
		}
	case "sub":
		want = "sub:" + w.sub
	case "quick":
		want = "quick:send_now"
		if w.r.Float64() < w.m.AnswersMore {
			want = "quick:answer_now"
		}
	case "story":
		want = "story:done"
	}
	for _, c := range cs {
		if c == want {
			return c
		}
	}
	for _, c := range cs { // the same thing said a little differently
		if want != "" && strings.HasPrefix(c, want) {
			return c
		}
	}
	if c := w.judge(state, cs); c != "" {
		return c
	}
	fit := slices.DeleteFunc(slices.Clone(cs), func(c string) bool {
		_, v, _ := strings.Cut(c, ":")
		return rash[v]
	})
	if len(fit) == 0 {
		return first(cs)
	}
	return fit[w.r.IntN(len(fit))]
}

// judge answers what is asked about a remedy.
func (w *worker) judge(state string, cs []string) string {
	satisfied := map[string]string{"all": "yes", "some": "partly", "none": "no"}[w.outcome]
	wants := map[string][]string{
		"fact":      {w.outcome},
		"satisfied": {satisfied, "sat_" + satisfied},
		"treated":   {map[bool]string{true: "yes", false: "no"}[w.hurt], map[bool]string{true: "ret_yes", false: "ret_no"}[w.hurt]},
		"further":   {"on", "go_on"},
		"recheck":   {"ok"},
	}[state]
	for _, v := range wants {
		if slices.Contains(cs, state+":"+v) {
			return state + ":" + v
		}
	}
	return ""
}

// rash are buttons that a made-up worker does not press by chance.
var rash = map[string]bool{"danger": true, "delete": true, "withdraw": true, "stop": true, "hide": true, "person": true, "discard": true, "back": true, "cancel": true, "menu": true, "lang": true, "language": true}

func first(cs []string) string {
	if len(cs) == 0 {
		return ""
	}
	return cs[0]
}

func (w *worker) pick(from []string) string {
	if len(from) == 0 {
		return "…"
	}
	return from[w.r.IntN(len(from))]
}
