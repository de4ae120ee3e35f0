package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// A previewed is what a worker will see of an update.
type previewed struct {
	Lang, Name string
	Platform   string
	Told       string // the language in which it is told; empty: the worker is left out
	Knock      string // what shows first
	News       []string
	Buttons    []string
	Template   bool
	N          int
	Chars, Max int
	Checked    bool
}

// Previews are what workers of each language see on the channels that they use.
func (u *updateView) Previews() (out []previewed) {
	if u.Plan == nil {
		return nil
	}
	langs := map[string]int{}
	for l, n := range u.Plan.Languages {
		langs[l] += n
	}
	for l, n := range u.Plan.Unwritten {
		langs[l] += n
	}
	for l := range u.U.Texts {
		langs[l] += 0
	}
	var names []string
	for l := range langs {
		if l != "" {
			names = append(names, l)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(langs[b]-langs[a], cmp.Compare(a, b)) })
	for _, l := range names {
		for _, id := range u.used() {
			if len(out) < 12 {
				out = append(out, u.preview(l, id, langs[l]))
			}
		}
	}
	return out
}

// used are the channels of the workers, or the first if there are none yet.
func (u *updateView) used() (ids []channels.ID) {
	for _, p := range u.Plan.Channels {
		ids = append(ids, p.Channel)
	}
	if len(ids) == 0 && len(u.Channels) > 0 {
		ids = []channels.ID{u.Channels[0].ID}
	}
	return ids[:min(len(ids), 3)]
}

func (u *updateView) preview(lang string, id channels.ID, n int) previewed {
	x := u.Engine.Preview(u.U, lang, id)
	i := u.info(id)
	p := previewed{Lang: lang, Name: u.LangName(lang), Platform: u.T("platform." + string(i.Platform)), Told: x.Language, Template: x.Template, N: n, Max: i.Body.N}
	for _, m := range x.Knock {
		p.Knock = m.Text
		break
	}
	for _, m := range x.News {
		p.News = append(p.News, m.Text)
		p.Chars += len([]rune(m.Text))
		for _, c := range m.Choices {
			p.Buttons = append(p.Buttons, c.Label)
		}
	}
	return p
}

// A slotRow is when how many hear of it.
type slotRow struct {
	When    string
	N       int
	X, Y, H string
}

// Reach is what the plan comes to over all channels.
type reach struct {
	Total, Now, Later, Contact, Merged, Blocked, NoChat, Left int
	Slots                                                     []slotRow
	Plot                                                      string
}

// Reach adds up the plan.
func (u *updateView) Reach() (r reach) {
	p := u.Plan
	if p == nil {
		return r
	}
	r.Total, r.NoChat = p.Total, p.NoChat
	for _, n := range p.Unwritten {
		r.Left += n
	}
	byHour := map[time.Time]int{}
	for _, c := range p.Channels {
		r.Now, r.Contact, r.Merged, r.Blocked = r.Now+c.Now, r.Contact+c.Contact, r.Merged+c.Merged, r.Blocked+c.Blocked
		for _, s := range c.Later {
			r.Later += s.N
			byHour[s.At.Truncate(time.Hour)] += s.N
		}
	}
	var hours []time.Time
	for h := range byHour {
		hours = append(hours, h)
	}
	slices.SortFunc(hours, time.Time.Compare)
	add := func(when string, n int) { r.Slots = append(r.Slots, slotRow{When: when, N: n}) }
	if r.Now > 0 {
		add(u.T("update.now"), r.Now)
	}
	for n, h := range hours {
		if n == 5 && len(hours) > 6 {
			rest := 0
			for _, h := range hours[n:] {
				rest += byHour[h]
			}
			add(u.T("update.after"), rest)
			break
		}
		add(u.Time(h), byHour[h])
	}
	r.plot()
	return r
}

// plot gives the bars their places: percent across, pixels up.
func (r *reach) plot() {
	most := 1
	for _, s := range r.Slots {
		most = max(most, s.N)
	}
	for i := range r.Slots {
		s := &r.Slots[i]
		h := max(4, 62*s.N/most)
		s.X, s.H, s.Y = strconv.Itoa(i*100/len(r.Slots)+2), strconv.Itoa(h), strconv.Itoa(80-h)
	}
}

// BarWidth is that of each bar of the plot, in percent.
func (r reach) BarWidth() int { return max(6, 100/max(1, len(r.Slots))-4) }

// Mid is the middle of a bar.
func (r reach) Mid(x string) string {
	n, err := strconv.Atoi(x)
	if err != nil {
		return x
	}
	return strconv.Itoa(n + r.BarWidth()/2)
}

// A quota is what sending uses up on a channel.
type quota struct{ Name, Words string }

// Quotas are what the plan uses up.
func (u *updateView) Quotas() (out []quota) {
	if u.Plan == nil {
		return nil
	}
	for _, p := range u.Plan.Channels {
		name := u.T("platform." + string(p.Platform))
		switch {
		case p.Left >= 0:
			words := u.T("update.quota", "N", p.Pushes, "Of", p.Left)
			if p.OverQuota > 0 {
				words += " · " + u.T("update.over", "Count", p.OverQuota)
			}
			out = append(out, quota{name, words})
		case p.Templates > 0:
			out = append(out, quota{name, u.T("update.templates", "Count", p.Templates) + u.days(p)})
		default:
			out = append(out, quota{name, u.T("update.no_limit")})
		}
	}
	return out
}

// days says on which days templates go out, where that is not one day.
func (u *updateView) days(p bot.ChannelPlan) (words string) {
	for n, d := range p.Days {
		if len(p.Days) > 1 && n < 4 {
			words += " · " + u.T("update.on_day", "N", d.N, "Day", u.DayOf(d.At))
		}
	}
	return words
}

// A stateCount is how many workers an update stands at.
type stateCount struct {
	State cases.DeliveryState
	Name  string
	N     int
	Why   string // the reasons, in words
	Href  string
	Fill  string // of its key
	Class string
}

// A segment is a part of the bar.
type segment struct{ X, W, Fill, Class string }

// looks are the grounds of states: the ones one can read by are solid.
var looks = map[cases.DeliveryState][2]string{
	cases.Seen: {"", "f1"}, cases.Arrived: {"url(#h-del)", ""}, cases.SentOut: {"url(#h-edge)", ""}, cases.Behind: {"url(#h-wait)", ""}, cases.ForHours: {"url(#h-wait)", ""},
	cases.ForWorker: {"url(#h-wait)", ""}, cases.ToSend: {"none", ""}, cases.Barred: {"", "f4"}, cases.Failed: {"", "f4"}, cases.LeftOut: {"", "f4"}, cases.Replaced: {"none", ""}, cases.Gone: {"none", ""},
}

// shownStates in the order of the bar.
var shownStates = []cases.DeliveryState{cases.Seen, cases.Arrived, cases.SentOut, cases.Behind, cases.ForHours, cases.ForWorker, cases.ToSend, cases.Barred, cases.Failed, cases.LeftOut, cases.Replaced, cases.Gone}

// count reads what has become of the update.
func (u *updateView) count() error {
	counts, err := u.Store.Counts(u.Ctx(), u.By(), u.C.ID, u.U.ID)
	if err != nil {
		return err
	}
	u.U.Total = 0 // as the counters have it: the update was read a moment before
	for _, n := range counts {
		u.U.Total += n
	}
	u.Stage = "handed_out"
	if u.U.Total > 0 && counts[cases.Seen] == u.U.Total {
		u.Stage = "all_read"
	}
	for s, n := range counts {
		if n > 0 && s.Waits() || u.U.State == cases.UpdateGoing {
			u.Stage = "going_out"
		}
	}
	total, x := max(u.U.Total, 1), 0
	for _, s := range shownStates {
		n := counts[s]
		if n == 0 && s != cases.Seen && s != cases.Arrived && s != cases.ToSend {
			continue
		}
		look := looks[s]
		c := stateCount{State: s, Name: u.T("delivery." + string(s)), N: n, Fill: look[0], Class: look[1], Href: query(u.Href("update", u.U.ID, "list"), "state", string(s))}
		if n > 0 && (s == cases.ForWorker || s == cases.ForHours || s == cases.Failed || s == cases.LeftOut) {
			if c.Why, err = u.reasons(s); err != nil {
				return err
			}
		}
		u.Counts = append(u.Counts, c)
		if w := 1000 * n / total; w > 0 {
			u.Seg = append(u.Seg, segment{tenth(x), tenth(w), look[0], look[1]})
			x += w
		}
	}
	u.Share = share(counts[cases.Seen]+counts[cases.Arrived], u.U.Total)
	return nil
}

func tenth(n int) string { return strconv.Itoa(n/10) + "." + strconv.Itoa(n%10) + "%" }

// reasons counts why workers stand in a state, among the first 200.
func (u *updateView) reasons(s cases.DeliveryState) (string, error) {
	ds, _, err := u.Store.Deliveries(u.Ctx(), u.By(), u.C.ID, u.U.ID, s, store.Cursor{}, 200)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return "", err
	}
	n := map[string]int{}
	var names []string
	for _, d := range ds {
		w := u.why(d)
		if n[w]++; n[w] == 1 {
			names = append(names, w)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	words := ""
	for i, w := range names[:min(3, len(names))] {
		if i > 0 {
			words += ", "
		}
		words += strconv.Itoa(n[w]) + " " + w
	}
	return words, nil
}

// why says in words why a delivery stands where it does.
func (u *updateView) why(d cases.Delivery) string {
	if d.Why != "" && hasWord("why."+d.Why) {
		return u.T("why." + d.Why)
	}
	if hasWord("why." + string(d.State)) {
		return u.T("why." + string(d.State))
	}
	return u.T("delivery." + string(d.State))
}

// countsPart shows the counters by themselves.
func countsPart(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	if err := u.count(); err != nil {
		return err
	}
	return v.Show("update-counts", u)
}

// A deliveryRow is what has become of an update for one worker.
type deliveryRow struct{ Called, Href, Lang, App, At, Why string }

func deliveriesPage(v *visit) error {
	u, err := v.updateView()
	if err != nil {
		return err
	}
	state := cases.DeliveryState(v.R.URL.Query().Get("state"))
	if !slices.Contains(shownStates, state) {
		return store.ErrNotFound
	}
	ds, next, err := v.Store.Deliveries(v.Ctx(), v.By(), u.C.ID, u.U.ID, state, cursorOf(v.R.URL.Query()), perWorkers)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	var rows []deliveryRow
	for _, d := range ds {
		r := deliveryRow{Called: v.T("says.left"), Lang: v.LangName(d.Lang), At: v.Time(d.At), Why: u.why(d)}
		if d.Worker != "" {
			r.Called, r.Href = v.masked(d.Worker), u.Href("worker", string(d.Worker))
		}
		if d.Channel != "" {
			r.App = v.T("platform." + d.Channel)
		}
		if !d.Until.IsZero() {
			r.Why += " " + v.T("update.until", "Time", v.Time(d.Until))
		}
		rows = append(rows, r)
	}
	more := ""
	if len(ds) == perWorkers {
		q := v.R.URL.Query()
		more = u.Href("update", u.U.ID, "list") + "?" + cursorIn(q, next).Encode()
	}
	v.Title = v.T("delivery." + string(state))
	return v.Show("update-list", struct {
		*updateView
		Rows []deliveryRow
		More string
	}{u, rows, more})
}

// Goes is to how many workers the update goes.
func (u *updateView) Goes() int {
	if u.Plan == nil {
		return 0
	}
	n := 0
	for _, k := range u.Plan.Languages {
		n += k
	}
	return n
}

// ApprovedBy is who sent it.
func (u *updateView) ApprovedBy() string { return u.name(u.U.By) }

// Said is what it says, by language.
func (u *updateView) Said() (out []draftText) {
	for _, l := range u.workerLangs() {
		if u.U.Texts[l] != "" {
			out = append(out, draftText{Lang: l, Name: u.LangName(l), Text: u.U.Texts[l]})
		}
	}
	return out
}

// KindWords says what an update tells that has no words of its own.
func (u *updateView) KindWords() string {
	if hasWord("update.kind_" + u.U.Kind) {
		return u.T("update.kind_" + u.U.Kind)
	}
	return u.T("update.kind_" + cases.StatusOnly)
}
