package console

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

func init() {
	serve("GET /c/me", person, func(v *visit) error { return v.me("") })
	serve("POST /c/me", person, changeMe)
	serve("POST /c/me/end", person, endSession)
	serve("GET /c/people", supervisors, func(v *visit) error { return v.people("", "", "") })
	serve("POST /c/people", supervisors, invitePerson)
	serve("POST /c/people/{id}", supervisors, allowPerson)
	serve("GET /c/rail", person, func(v *visit) error {
		v.Area = v.R.URL.Query().Get("area")
		r, err := v.railView()
		if err != nil {
			return err
		}
		return v.Show("rail", r)
	})
	serve("GET /c/more", person, func(v *visit) error {
		v.Area, v.Title = "more", v.T("shell.more")
		return v.Show("more", v)
	})
	railItem(item{Key: "people", Href: "/c/people", Icon: "people", Order: 80, Who: supervisors})
}

// me shows a person's own settings and devices.
func (v *visit) me(wrong string) error {
	list, err := v.Store.Sessions(v.Ctx(), v.By(), v.Me.ID, v.token)
	if err != nil {
		return err
	}
	trail, err := v.Store.Trail(v.Ctx(), v.By(), v.Me.ID, 10)
	if err != nil {
		return err
	}
	v.Area, v.Title = "me", v.Me.Name
	return v.Show("me", struct {
		*visit
		Sessions []store.Session
		Trail    []store.AuditEntry
		Wrong    string
	}{v, list, trail, wrong})
}

func changeMe(v *visit) error {
	p := v.described(v.Me.Person)
	p.Keys = v.R.PostFormValue("keys") != ""
	if p.Name == "" {
		v.Status = 422
		return v.me("gate.name")
	}
	if err := v.Store.Describe(v.Ctx(), v.By(), p); err != nil {
		return err
	}
	return v.Redirect("/c/me", "saved")
}

func endSession(v *visit) error {
	if err := v.Store.End(v.Ctx(), v.By(), v.Me.ID, v.R.PostFormValue("id")); err != nil {
		return err
	}
	return v.Redirect("/c/me", "ended")
}

// people shows a supervisor the organisation's people, and the address of an
// invitation just made, once.
func (v *visit) people(invited, login, wrong string) error {
	var all []cases.Person
	for after := (store.Cursor{}); ; {
		ps, next, err := v.Store.People(v.Ctx(), v.By(), after, 100)
		if err != nil {
			return err
		}
		all = append(all, ps...)
		if next == after {
			break
		}
		after = next
	}
	v.Area, v.Title = "people", v.T("rail.people")
	return v.Show("people", struct {
		*visit
		People                []cases.Person
		Invited, Login, Wrong string
		Roles                 []cases.Role
	}{v, all, invited, login, wrong, []cases.Role{cases.Helper, cases.Supervisor}})
}

func invitePerson(v *visit) error {
	login := strings.TrimSpace(v.R.PostFormValue("login"))
	token, err := v.Store.Invite(v.Ctx(), v.By(), cases.Person{
		Caseworker: cases.Caseworker{Org: v.Me.Org, Role: cases.Role(v.R.PostFormValue("role"))}, Login: login,
	})
	switch {
	case errors.Is(err, store.ErrDenied):
		v.Status = 422
		return v.people("", login, "people.elsewhere")
	case err != nil:
		v.Status = 422
		return v.people("", login, "people.wrong")
	}
	return v.people(v.site()+"/c/invite#"+token, login, "")
}

func allowPerson(v *visit) error {
	id := cases.CaseworkerID(v.R.PathValue("id"))
	role := cases.Role(v.R.PostFormValue("role"))
	off := v.R.PostFormValue("off") != ""
	if role != cases.Helper && role != cases.Supervisor {
		return store.ErrDenied
	}
	if err := v.Store.Allow(v.Ctx(), v.By(), id, role, off); err != nil {
		return err
	}
	return v.Redirect("/c/people", "saved")
}

// site is the address of the site.
func (v *visit) site() string {
	switch {
	case v.Public != "":
		return strings.TrimRight(v.Public, "/")
	case v.R.TLS != nil:
		return "https://" + v.R.Host
	}
	return "http://" + v.R.Host
}

// locations are those that were read: it takes a file for each, and a page
// writes many times.
var locations sync.Map

// zone is where the person is.
func (v *visit) zone() *time.Location {
	if l, ok := locations.Load(v.Me.Zone); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(v.Me.Zone)
	if err != nil || v.Me.Zone == "" {
		return time.Local
	}
	locations.Store(v.Me.Zone, l)
	return l
}

// Time writes a time for the person, with the day where it is not today.
func (v *visit) Time(t time.Time) string {
	l := v.zone()
	if t.In(l).Format(time.DateOnly) == v.Now().In(l).Format(time.DateOnly) {
		return v.Texts.Clock(v.Lang, t, l)
	}
	return v.Texts.Day(v.Lang, t, l) + " " + v.Texts.Clock(v.Lang, t, l)
}

// Clock writes the time of day for the person.
func (v *visit) Clock(t time.Time) string { return v.Texts.Clock(v.Lang, t, v.zone()) }

// Span writes how long something is.
func (v *visit) Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return v.T("span.now")
	case d < time.Hour:
		return v.T("span.minutes", "Count", int(d/time.Minute))
	case d < 24*time.Hour:
		if m := int(d%time.Hour) / int(time.Minute); m > 0 && d < 10*time.Hour {
			return v.T("span.hours_minutes", "Hours", int(d/time.Hour), "Minutes", m)
		}
		return v.T("span.hours", "Count", int(d/time.Hour))
	}
	return v.T("span.days", "Count", int(d/(24*time.Hour)))
}

// Since writes how long ago something was.
func (v *visit) Since(t time.Time) string { return v.Span(v.Now().Sub(t)) }

// Speaks reports whether the person writes with workers in a language.
func (v *visit) Speaks(lang string) bool { return slices.Contains(v.Me.Langs, lang) }

// zones are those in which caseworkers and workers of the four languages are.
var zones = []string{"Asia/Bangkok", "Asia/Yangon", "Asia/Phnom_Penh", "Asia/Kathmandu", "Asia/Kuala_Lumpur", "Asia/Singapore", "Asia/Seoul", "Asia/Tokyo",
	"Asia/Taipei", "Asia/Dubai", "Asia/Riyadh", "Asia/Qatar", "Asia/Kuwait", "Asia/Bahrain", "Asia/Amman", "Asia/Beirut", "Asia/Kolkata", "Europe/Lisbon",
	"Europe/Bucharest", "Europe/Warsaw", "Europe/London", "Europe/Berlin", "America/New_York", "UTC"}

// Zones returns the zones to choose from, the person's own among them.
func (v *visit) Zones() []string {
	if v.Me.Zone == "" || slices.Contains(zones, v.Me.Zone) {
		return zones
	}
	return append([]string{v.Me.Zone}, zones...)
}
