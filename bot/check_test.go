package bot

import (
	"strings"
	"testing"
	"unicode"

	"workervoice/channels"
	"workervoice/channels/terminal"
	"workervoice/flows"
)

// infos are what the real adapters say of themselves.
func infos(t testing.TB) []channels.Info {
	is := []channels.Info{terminal.New("terminal", nil, nil, "w", nil).Info()}
	for _, p := range []string{"whatsapp", "telegram", "line", "web"} {
		is = append(is, infoOf(t, p))
	}
	return is
}

// TestNothingIsWrong is the linter that "workervoice check" runs.
func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	faults, err := Check(infos(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// TestNarrowChannel has the linter look at a channel that can carry next to
// nothing: it must complain of every kind of fault that it is there to find.
func TestNarrowChannel(t *testing.T) {
	t.Parallel()
	texts, err := catalog()
	if err != nil {
		t.Fatal(err)
	}
	units := func(n int) channels.Limit { return channels.Limit{N: n} }
	narrow := channels.Info{ID: "narrow", Platform: "narrow", Text: units(60), Body: units(40), Choices: 2, Buttons: 2, Button: units(6), Row: units(6), Value: 8}
	v := voice{e: &Engine{Config: Config{Texts: texts}}, info: narrow, lang: "my", now: exampleDay}
	say := flows.Say{Parts: []flows.Part{{Key: "consent.more", Args: flows.Args{"OrgName": "x", "KeepMonths": 12}}, {Key: "consent.ok"}}}
	for _, k := range []string{"btn.agree", "btn.more_info", "consent.refuse"} {
		say.Choices = append(say.Choices, flows.Choice{Key: k, Value: "consent:" + k})
	}
	all := strings.Join(v.faults(say), "\n")
	for _, want := range []string{"3 choices under", "messages", "label btn.agree is too long", "value of btn.agree is too long"} {
		if !strings.Contains(all, want) {
			t.Errorf("the linter does not say %q, but\n%s", want, all)
		}
	}
}

// TestEveryPromptFits plays through the conversation and writes whatever is
// said in every language for every channel: no part is longer than the channel
// takes, no syllable is torn, and nothing but white space is lost at the cuts.
func TestEveryPromptFits(t *testing.T) {
	t.Parallel()
	texts, err := catalog()
	if err != nil {
		t.Fatal(err)
	}
	s := explorer{seen: map[string]bool{}, says: map[string]flows.Say{}, leads: map[flows.State]map[flows.State]bool{}}
	s.explore(4, flows.Session{})
	e := &Engine{Config: Config{Texts: texts, Name: "Golden Friend", Org: "Organisation", Independent: "Contact", Public: "https://friend.example", Directory: example}}
	for _, say := range s.says {
		for _, info := range infos(t) {
			for _, lang := range texts.Languages() {
				v := voice{e: e, info: info, lang: lang, now: exampleDay}
				fits(t, v, say)
			}
		}
	}
	if len(s.says) < 150 {
		t.Errorf("only %d prompts were found", len(s.says))
	}
}

func fits(t *testing.T, v voice, say flows.Say) {
	t.Helper()
	where := string(v.info.Platform) + " in " + v.lang + ": " + say.Parts[0].Key
	ms := v.speak(say)
	var joined strings.Builder
	for i, m := range ms {
		limit := v.info.Text
		if len(m.Choices) > 0 {
			limit = v.info.Body
		}
		if !limit.Fits(m.Text) || strings.TrimSpace(m.Text) == "" {
			t.Errorf("%s: part %d of %d does not fit, or is empty", where, i+1, len(ms))
		}
		if unicode.Is(unicode.M, []rune(m.Text)[0]) {
			t.Errorf("%s: part %d begins in the middle of a letter", where, i+1)
		}
		if len(m.Choices) > 0 && i < len(ms)-1 {
			t.Errorf("%s: buttons stand before the end", where)
		}
		joined.WriteString(m.Text)
	}
	if got, want := bare(joined.String()), bare(v.text(say.Parts)); got != want {
		t.Errorf("%s: words are lost at the cuts", where)
	}
	if len(say.Choices) > 0 && len(ms[len(ms)-1].Choices) != len(say.Choices) {
		t.Errorf("%s: buttons are lost", where)
	}
}

// bare is s without white space.
func bare(s string) string { return strings.Join(strings.Fields(s), "") }
