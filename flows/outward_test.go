package flows

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"workervoice/cases"
)

// TestOutward: a counterpart hears what each worker lets it hear, from those
// who may speak with it.
func TestOutward(t *testing.T) {
	speaks := func(ps ...cases.Party) Outward { return Outward{Org: cases.Organisation{Speaks: ps}} }
	place := Outward{Places: []string{"", "Golden Prawn factory, gate 3", "โรงงานกุ้งทอง"}}
	with := func(o Outward, employers, conflicts []string) Outward {
		o.Org.Employers, o.Org.Conflicts = employers, conflicts
		return o
	}
	named := Outward{Names: []string{"Srey Mom", "ဒေါ်အေးအေး", "No name 0313", ""}}
	for _, test := range []struct {
		what string
		n    cases.Entry
		o    Outward
		is   error
		why  string
	}{
		{"nothing is known", cases.Entry{Text: "Wages of May"}, Outward{}, nil, ""},
		{"no name", cases.Entry{Text: "Wages of May, for all"}, named, nil, ""},
		{"a name", cases.Entry{Text: "Please pay srey mom"}, named, ErrNotNow, "say it without"},
		{"half a name", cases.Entry{Text: "Srey was not paid"}, named, ErrNotNow, "say it without"},
		{"a name in the reason", cases.Entry{Reason: "for Mom, and others"}, named, ErrNotNow, "say it without"},
		{"a name in a script without spaces", cases.Entry{Text: "အလုပ်သမား ဒေါ်အေးအေး အတွက်"}, named, ErrNotNow, "say it without"},
		{"part of a word", cases.Entry{Text: "A moment, please: sreyas"}, named, nil, ""},
		{"quotes and numbers are not names", cases.Entry{Text: `They said "we pay you in May" on +66 2 123 4567`}, named, nil, ""},

		{"all counterparts", cases.Entry{With: cases.Embassy}, Outward{}, nil, ""},
		{"this counterpart", cases.Entry{With: cases.Legal}, speaks(cases.Legal, cases.Embassy), nil, ""},
		{"others only", cases.Entry{With: cases.Buyer}, speaks(cases.Legal, cases.Embassy), ErrNotAllowed, "refer the case"},
		{"others than the employer", cases.Entry{}, speaks(cases.Legal), ErrNotAllowed, "refer the case"},

		{"a conflict", cases.Entry{}, with(place, nil, []string{"GOLDEN PRAWN"}), ErrNotAllowed, "not independent"},
		{"a conflict in Thai", cases.Entry{}, with(place, nil, []string{"", "กุ้งทอง"}), ErrNotAllowed, "not independent"},
		{"a conflict with the agency", cases.Entry{With: cases.Agency}, with(place, nil, []string{"Golden Prawn"}), ErrNotAllowed, "not independent"},
		{"a conflict elsewhere", cases.Entry{}, with(place, nil, []string{"Prawns Ltd", "Silver"}), nil, ""},
		{"a conflict does not keep the embassy away", cases.Entry{With: cases.Embassy}, with(place, nil, []string{"Golden Prawn"}), nil, ""},
		{"standing", cases.Entry{}, with(place, []string{"Silver", "golden  prawn"}, nil), nil, ""},
		{"standing elsewhere", cases.Entry{}, with(place, []string{"Silver"}, nil), ErrNotAllowed, "no standing"},
		{"nobody knows where", cases.Entry{}, with(Outward{}, []string{"Silver"}, nil), ErrNotAllowed, "no standing"},
		{"standing and a conflict", cases.Entry{}, with(place, []string{"Golden Prawn"}, []string{"Golden Prawn"}), ErrNotAllowed, "not independent"},
	} {
		err := MayTellOutside(test.n, test.o)
		if !errors.Is(err, test.is) || !strings.Contains(Why(err), test.why) {
			t.Errorf("%s: %v, want %v with %q", test.what, err, test.is, test.why)
		}
		if s := strings.ToLower(fmt.Sprint(err)); strings.Contains(s, "srey") || strings.Contains(s, "prawn") || strings.Contains(s, "အေး") {
			t.Errorf("%s: the error names somebody: %v", test.what, err)
		}
	}
}

// TestOutwards: of a track only what we say is held to that.
func TestOutwards(t *testing.T) {
	for _, test := range []struct {
		n    cases.Entry
		want bool
	}{
		{cases.Entry{Kind: cases.Raised}, true},
		{cases.Entry{Kind: cases.Escalated}, true},
		{cases.Entry{Kind: cases.Lettered}, true},
		{cases.Entry{Kind: cases.Contacted}, true},
		{cases.Entry{Kind: cases.Contacted, Trigger: string(cases.TrackOpened)}, true},
		{cases.Entry{Kind: cases.Contacted, Trigger: string(cases.TrackAnswered)}, false},
		{cases.Entry{Kind: cases.Responded}, false},
		{cases.Entry{Kind: cases.Noted}, false},
	} {
		if got := Outwards(test.n); got != test.want {
			t.Errorf("%s %s tells a counterpart something: %v, want %v", test.n.Kind, test.n.Trigger, got, test.want)
		}
	}
}
