package console

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"workervoice/store"
)

// An item stands in the rail.
type item struct {
	Key   string // of its name, rail.KEY, and of Area
	Href  string
	Icon  string
	Order int
	Who   who

	// Count returns the number beside it, in digits, and whether it is about
	// somebody's safety. Nil: no number.
	Count func(*visit) (n string, hot bool)
}

var rail []item

// railItem adds an item. It is called by an init.
func railItem(i item) {
	rail = append(rail, i)
	slices.SortFunc(rail, func(a, b item) int { return cmp.Compare(a.Order, b.Order) })
}

// Rail returns what stands in the rail.
func (v *visit) Rail() (out []railed) {
	for _, i := range rail {
		if !i.Who.lets(v.Me.Role) {
			continue
		}
		r := railed{Href: i.Href, Icon: i.Icon, Name: v.T("rail." + i.Key), Extra: i.Extra(), Here: i.Key == v.Area}
		if i.Count != nil {
			r.N, r.Hot = i.Count(v)
		}
		out = append(out, r)
	}
	return out
}

// pressing returns the numbers in the rail: those that the page shows elsewhere
// too, so that it says one thing, and else what was read for the rail alone. It
// is none where they cannot be read.
func (v *visit) pressing() store.Pressing {
	if v.presses != nil {
		return *v.presses
	}
	var p store.Pressing
	if v.counted == nil || v.inViews == nil {
		var err error
		if p, err = v.Store.Pressing(v.Ctx(), v.By()); err != nil && v.Ctx().Err() == nil { // else whoever asked has gone
			v.Log.Error("console: what waits cannot be counted", "err", err)
		}
	}
	if v.counted != nil {
		p.Queue = v.counted.Queue
	}
	if v.inViews != nil {
		p.Urgent, p.Late = v.inViews[store.UrgentCases], v.inViews[store.LateCases]
	}
	v.presses = &p
	return p
}

// A railed is an item as it stands in the rail, in words. It is flat: see conv.
type railed struct {
	Href, Icon, Name string
	Extra, Here, Hot bool
	N                string // "" for none
}

// A frame is what stands around every page, in words.
type frame struct {
	Lang, Title, Area, Did string
	Keys                   bool
	Rail                   railView
}

// A railView is the rail.
type railView struct {
	Items       []template.HTML
	InExtra, Me bool // the current page is one of those
	Name        string
}

// Frame returns what stands around the page.
func (v *visit) Frame() (frame, error) {
	r, err := v.railView()
	return frame{v.Lang, v.Title, v.Area, v.Did(), v.Me.Keys, r}, err
}

func (v *visit) railView() (railView, error) {
	r := railView{InExtra: v.InExtra(), Me: v.Area == "me", Name: v.Me.Name}
	for _, i := range v.Rail() {
		h, err := v.flat("railed", i)
		if err != nil {
			return r, err
		}
		r.Items = append(r.Items, h)
	}
	return r, nil
}

// digits writes how many there are, "" for none.
func digits(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// orMore writes how many there are of what is counted up to a limit.
func orMore(n int64) string {
	if n >= store.CountedAtMost {
		return digits(n) + "+"
	}
	return digits(n)
}

// Extra reports whether an item has no room at the bottom of a phone, where
// what is needed in a hurry stands.
func (i item) Extra() bool {
	return !slices.Contains([]string{"inbox", "urgent", "overdue", "cases"}, i.Key)
}

// InExtra reports whether the current page is one of those.
func (v *visit) InExtra() bool {
	return v.Area == "me" || v.Area == "more" || slices.ContainsFunc(rail, func(i item) bool { return i.Key == v.Area && i.Extra() })
}

// Initials returns two letters for a name.
func Initials(name string) string {
	out := []rune{}
	for _, w := range strings.Fields(name) {
		if len(out) < 2 {
			out = append(out, []rune(w)[0])
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.ToUpper(string(out))
}
