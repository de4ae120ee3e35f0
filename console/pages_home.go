package console

import (
	"strconv"

	"workervoice/cases"
	"workervoice/store"
)

func init() {
	serve("GET /c/today", staff, func(v *visit) error { return v.today("today") })
	serve("GET /c/today/now", staff, func(v *visit) error { return v.today("today-now") })
	railItem(item{Key: "home", Href: "/c/today", Icon: "flag", Order: 5, Who: staff})
}

// A todayPage is what somebody sees first.
type todayPage struct {
	*visit
	Tiles   []tile
	Figures cases.Figures
	All     issueView
	Kinds   []kindGap
	Mine    []caseRow
}

// A tile is one number that leads to a list.
type tile struct {
	Key, Href, Class string
	N                string // "" for none
}

// A kindGap is the gap in one group of kinds.
type kindGap struct {
	Name string
	issueView
}

// today shows what needs somebody now, and the gap between what employers claim
// and what workers say.
func (v *visit) today(name string) error {
	p := todayPage{visit: v}
	n, in, chats := v.caseCounts(), v.statusCounts(), v.counts()
	p.Tiles = []tile{
		{"urgent", "/c/urgent", "hot", digits(n[store.UrgentCases])}, {"waiting", "/c/?box=queue", "warn", digits(chats.Queue)}, {"overdue", "/c/overdue", "warn", orMore(n[store.LateCases])},
		{"reopened", "/c/reopened", "warn", digits(in[cases.Reopened])}, {"quiet", "/c/quiet", "warn", orMore(n[store.QuietCases])}, {"received", "/c/cases?status=received", "", digits(in[cases.Received])},
		{"checking", "/c/checking", "", digits(n[store.CheckCases])}, {"mine", "/c/cases?view=mine", "", digits(n[store.MyCases])},
	}
	if v.Area, v.Title = "home", v.T("rail.home"); name != "today" {
		return v.Show(name, p)
	}
	page := &caseView{visit: v, names: map[cases.CaseworkerID]string{}, orgs: map[cases.OrgID]string{}}
	var err error
	if p.Figures, err = v.Store.Figures(v.Ctx(), v.By(), ""); err != nil {
		return err
	}
	p.All = issueView{Issue: cases.Issue{Tally: p.Figures.Said}, c: page}
	if p.Figures.Claims > 0 {
		for _, g := range cases.Kinds.Groups() {
			f, err := v.Store.Figures(v.Ctx(), v.By(), g)
			if err != nil {
				return err
			}
			if f.Claims > 0 {
				p.Kinds = append(p.Kinds, kindGap{v.KindName(g), issueView{Issue: cases.Issue{Tally: f.Said}, c: page}})
			}
		}
	}
	if p.Mine, _, _, err = v.caseRows(store.MyCases, store.CaseFilter{}, 6); err != nil {
		return err
	}
	return v.Show(name, p)
}

// Days writes how long it took until workers were satisfied, or nothing.
func (p todayPage) Days() string {
	if p.Figures.Closings == 0 {
		return ""
	}
	return p.T("home.days", "Half", strconv.FormatFloat(p.Figures.Days, 'f', 0, 64), "Most", strconv.FormatFloat(p.Figures.Days90, 'f', 0, 64))
}

// Unverified is how many cases were closed because nobody answered.
func (p todayPage) Unverified() int64 { return p.statusCounts()[cases.Unverified] }
