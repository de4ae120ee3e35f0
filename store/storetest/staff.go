package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/cases"
	"workervoice/store"
)

var staff = []test{
	{"codes are those that authenticator apps show", rfc6238},
	{"passwords that are tried first are refused", weak},
	{"an invitation lets one person in, once, for a day", invited},
	{"who invites whom", inviting},
	{"signing in takes password and code, each code once", signedIn},
	{"a recovery code opens once", recovered},
	{"a session locks, runs out and can be ended", sessionEnds},
	{"whoever is disabled is out at once", disabled},
	{"a new invitation ends what was before, once it is used", renewed},
	{"tries are slowed, also all at once, and not for a known device", slowed},
	{"people see colleagues only", colleagues},
	{"organisations are changed by their own", organisations},
	{"nothing of people stands in clear", staffHidden},
}

const secret = "Snow on the lime tree 9"

var boss = cases.Caseworker{ID: "boss", Org: "clinic", Role: cases.Supervisor}

// joins invites somebody and sets their account up.
func (t rig) joins(login string, role cases.Role) (p cases.Person, key []byte, recovery []string) {
	t.Helper()
	invitation, err := t.s.Invite(ctx, cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "clinic", Role: role}, Login: login})
	t.must(err)
	return t.sets(invitation)
}

// sets follows an invitation to the end.
func (t rig) sets(invitation string) (p cases.Person, key []byte, recovery []string) {
	t.Helper()
	token, err := t.s.Exchange(ctx, invitation)
	t.must(err)
	t.must(t.s.Choose(ctx, token, cases.Person{Name: "Nan", Lang: "th", Langs: []string{"my"}, Zone: "Asia/Bangkok"}, secret))
	p, key, chosen, err := t.s.Joining(ctx, token)
	t.must(err)
	t.want(chosen, true)
	recovery, err = t.s.Join(ctx, token, store.Code(key, t.c.Now()))
	t.must(err)
	t.c.Pass(time.Minute)
	return p, key, recovery
}

// signs signs in on a device.
func (t rig) signs(login string, key []byte, own bool, at store.Attempt) (token, known string) {
	t.Helper()
	half, err := t.s.SignIn(ctx, login, secret, at)
	t.must(err)
	token, known, err = t.s.Confirm(ctx, half, store.Code(key, t.c.Now()), own, at)
	t.must(err)
	t.c.Pass(time.Minute)
	return token, known
}

func rfc6238(t rig) { // appendix B, the last six of eight digits
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		t.want(store.Code([]byte("12345678901234567890"), time.Unix(at, 0)), want)
	}
	t.want(store.SecretText([]byte("12345678901234567890")), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	t.want(store.SecretLink([]byte("1234567890"), "Golden Friend", "nan@x"), "otpauth://totp/Golden%20Friend:nan@x?issuer=Golden+Friend&secret=GEZDGNBVGY3TQOJQ")
}

func weak(t rig) {
	for plain, want := range map[string]bool{
		"short": false, "password1234": false, "aaaaaaaaaaaaaaaaaaaa": false, "Nan.Htwe12345": false, "nan.htwenan.htwe": false, "qwerty123456": false,
		secret: true, "ထမင်းစားပြီးပြီလား": true, "ฝนตกที่หน้าต่าง": true, strings.Repeat("ab cd ef ", 30): false,
	} {
		if got := store.GoodPassword(plain, "nan.htwe@andaman.example"); got != want {
			t.Errorf("%q is good: %v", plain, got)
		}
	}
}

func invited(t rig) {
	p := cases.Person{Caseworker: cases.Caseworker{Org: "clinic", Role: cases.Helper}, Login: " Nan@X "}
	old, err := t.s.Invite(ctx, boss, p)
	t.must(err)
	invitation, err := t.s.Invite(ctx, boss, p)
	t.must(err)
	_, err = t.s.Exchange(ctx, old) // a new one takes its place
	t.want(err, store.ErrNotFound)
	for _, wrong := range []string{"", ".", invitation + "x", invitation[:len(invitation)-1], strings.Repeat("A", 22) + invitation[22:], "x'; drop table person", strings.Repeat("x", 10_000)} {
		_, err = t.s.Exchange(ctx, wrong)
		t.want(err, store.ErrNotFound)
	}
	var wg sync.WaitGroup
	var won atomic.Int64
	var token atomic.Value
	for range 8 {
		wg.Go(func() {
			if x, err := t.s.Exchange(ctx, invitation); err == nil {
				won.Add(1)
				token.Store(x)
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.want(won.Load(), 1)
	join := token.Load().(string)
	who, key, chosen, err := t.s.Joining(ctx, join)
	t.want(show(who.Login, who.Role, who.Org, len(key), chosen, err), "Nan@X caseworker clinic 20 false <nil>")
	_, err = t.s.Join(ctx, join, store.Code(key, t.c.Now())) // without a password
	t.want(err, store.ErrNotFound)
	t.c.Pass(31 * time.Minute)
	_, _, _, err = t.s.Joining(ctx, join)
	t.want(err, store.ErrNotFound)
	invitation, err = t.s.Invite(ctx, boss, p)
	t.must(err)
	t.c.Pass(store.InviteLasts)
	_, err = t.s.Exchange(ctx, invitation)
	t.want(err, store.ErrNotFound)
	t.want(show(t.s.Staffed(ctx, "clinic")), "true <nil>")
	t.want(show(t.s.Staffed(ctx, "union")), "false <nil>")
}

func inviting(t rig) {
	for i, c := range []struct {
		by   cases.Caseworker
		org  cases.OrgID
		role cases.Role
		want error
	}{
		{cases.Bot, "clinic", cases.Desk, nil},
		{boss, "clinic", cases.Supervisor, nil},
		{boss, "clinic", cases.Desk, store.ErrDenied},
		{boss, "union", cases.Helper, store.ErrDenied},
		{cases.Caseworker{ID: "a", Org: "clinic", Role: cases.Helper}, "clinic", cases.Helper, store.ErrDenied},
		{cases.Caseworker{ID: "a", Org: "clinic", Role: cases.Desk}, "clinic", cases.Helper, store.ErrDenied},
	} {
		_, err := t.s.Invite(ctx, c.by, cases.Person{Caseworker: cases.Caseworker{Org: c.org, Role: c.role}, Login: fmt.Sprint("p", i)})
		t.want(err, c.want)
	}
	for _, p := range []cases.Person{{Login: "x"}, {Caseworker: cases.Caseworker{Org: "o", Role: cases.System}, Login: "x"}, {Caseworker: cases.Caseworker{Org: "o", Role: cases.Helper}, Login: " "}} {
		if _, err := t.s.Invite(ctx, cases.Bot, p); err == nil {
			t.Errorf("%q as %q was invited", p.Login, p.Role)
		}
	}
	_, err := t.s.Invite(ctx, cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "union", Role: cases.Helper}, Login: "P1"}) // has an account at the clinic
	t.want(err, store.ErrDenied)
}

func signedIn(t rig) {
	p, key, _ := t.joins("nan@x", cases.Helper)
	at := store.Attempt{Address: "10.0.0.1", Device: "Chrome, Android"}
	for _, c := range [][2]string{{"nan@x", "Snow on the lime tree 8"}, {"nan@y", secret}, {"", ""}} {
		_, err := t.s.SignIn(ctx, c[0], c[1], at)
		t.want(err, store.ErrDenied)
	}
	half, err := t.s.SignIn(ctx, " NAN@x", secret, at)
	t.must(err)
	_, err = t.s.Signed(ctx, half) // the password alone opens nothing
	t.want(err, store.ErrNotFound)
	_, _, err = t.s.Confirm(ctx, half, "000000", false, at)
	t.want(err, store.ErrDenied)
	code := store.Code(key, t.c.Now())
	token, known, err := t.s.Confirm(ctx, half, code[:3]+" "+code[3:], false, at)
	t.must(err)
	x, err := t.s.Signed(ctx, token)
	t.must(err)
	t.want(show(x.ID == p.ID, x.Name, x.Lang, x.Role, x.Locked, x.Session.Device, x.Left), "true Nan th caseworker false Chrome, Android 10")
	_, err = t.s.Signed(ctx, known) // remembers the device, opens nothing
	t.want(err, store.ErrNotFound)
	_, _, err = t.s.Confirm(ctx, half, store.Code(key, t.c.Now().Add(30*time.Second)), false, at)
	t.want(err, store.ErrNotFound)
	half, err = t.s.SignIn(ctx, "nan@x", secret, at)
	t.must(err)
	_, _, err = t.s.Confirm(ctx, half, code, false, at) // somebody has looked over the shoulder
	t.want(err, store.ErrDenied)
	t.c.Pass(6 * time.Minute)
	_, _, err = t.s.Confirm(ctx, half, store.Code(key, t.c.Now()), false, at)
	t.want(err, store.ErrNotFound)
	es, err := t.s.Trail(ctx, boss, p.ID, 10)
	t.must(err)
	t.want(es[len(es)-1].What, "signed in")
}

func recovered(t rig) {
	_, _, recovery := t.joins("nan", cases.Helper)
	t.want(len(recovery), 10)
	for i, want := range []error{nil, store.ErrDenied} {
		half, err := t.s.SignIn(ctx, "nan", secret, store.Attempt{})
		t.must(err)
		token, _, err := t.s.Confirm(ctx, half, " "+strings.ToLower(recovery[3]), false, store.Attempt{})
		t.want(err, want)
		if i == 0 {
			x, err := t.s.Signed(ctx, token)
			t.must(err)
			t.want(x.Left, 9)
		}
	}
}

func sessionEnds(t rig) {
	p, key, _ := t.joins("nan", cases.Helper)
	own, known := t.signs("nan", key, true, store.Attempt{Device: "phone"})
	other, _ := t.signs("nan", key, false, store.Attempt{Device: "office"})
	t.c.Pass(store.LocksAfter)
	x, err := t.s.Signed(ctx, own)
	t.must(err)
	t.want(x.Locked, true)
	t.must(t.s.Active(ctx, x, own)) // does not unlock
	x, err = t.s.Signed(ctx, own)
	t.must(err)
	t.want(x.Locked, true)
	t.want(t.s.Unlock(ctx, own, "123456"), store.ErrDenied)
	t.must(t.s.Unlock(ctx, own, store.Code(key, t.c.Now())))
	t.c.Pass(9 * time.Minute)
	x, err = t.s.Signed(ctx, own)
	t.must(err)
	t.want(x.Locked, false)
	t.must(t.s.Active(ctx, x, own))
	t.c.Pass(9 * time.Minute)
	x, err = t.s.Signed(ctx, own)
	t.must(err)
	t.want(x.Locked, false)
	t.must(t.s.Lock(ctx, own))
	x, err = t.s.Signed(ctx, own)
	t.must(err)
	t.want(x.Locked, true)
	t.c.Pass(5 * time.Minute)
	_, err = t.s.Signed(ctx, other) // nobody was there for half an hour
	t.want(err, store.ErrNotFound)
	t.c.Pass(12 * time.Hour)
	_, err = t.s.Signed(ctx, own)
	t.want(err, store.ErrNotFound)

	a, _ := t.signs("nan", key, true, store.Attempt{Known: known, Device: "one"})
	b, _ := t.signs("nan", key, true, store.Attempt{Device: "two"})
	list, err := t.s.Sessions(ctx, p.Caseworker, p.ID, b)
	t.must(err)
	t.want(show(len(list), list[0].Device, list[0].Here, list[1].Device, list[1].Here), "2 one false two true")
	_, err = t.s.Sessions(ctx, nay, p.ID, b) // a colleague
	t.want(err, store.ErrDenied)
	t.want(t.s.End(ctx, nay, p.ID, list[0].ID), store.ErrDenied)
	t.must(t.s.End(ctx, boss, p.ID, list[0].ID))
	_, err = t.s.Signed(ctx, a)
	t.want(err, store.ErrNotFound)
	t.must(t.s.SignOut(ctx, b))
	t.must(t.s.SignOut(ctx, b))
	_, err = t.s.Signed(ctx, b)
	t.want(err, store.ErrNotFound)
}

func disabled(t rig) {
	p, key, _ := t.joins("nan", cases.Helper)
	token, _ := t.signs("nan", key, true, store.Attempt{})
	t.want(t.s.Allow(ctx, p.Caseworker, p.ID, cases.Supervisor, false), store.ErrDenied)
	t.want(t.s.Allow(ctx, cases.Caseworker{ID: "x", Org: "union", Role: cases.Supervisor}, p.ID, cases.Helper, true), store.ErrDenied)
	t.must(t.s.Allow(ctx, boss, p.ID, cases.Supervisor, false))
	x, err := t.s.Signed(ctx, token)
	t.must(err)
	t.want(x.Role, cases.Supervisor)
	t.want(t.s.Allow(ctx, x.Caseworker, p.ID, cases.Helper, true), store.ErrDenied) // the last one could shut everybody out
	t.must(t.s.Allow(ctx, boss, p.ID, cases.Helper, true))
	_, err = t.s.Signed(ctx, token)
	t.want(err, store.ErrNotFound)
	_, err = t.s.SignIn(ctx, "nan", secret, store.Attempt{})
	t.want(err, store.ErrDenied)
}

func renewed(t rig) {
	p, key, _ := t.joins("nan", cases.Helper)
	token, _ := t.signs("nan", key, true, store.Attempt{})
	invitation, err := t.s.Invite(ctx, boss, cases.Person{Caseworker: cases.Caseworker{Org: "clinic", Role: cases.Helper}, Login: "nan"})
	t.must(err)
	_, err = t.s.Signed(ctx, token) // until it is used
	t.must(err)
	again, newKey, _ := t.sets(invitation)
	t.want(again.ID, p.ID)
	_, err = t.s.Signed(ctx, token)
	t.want(err, store.ErrNotFound)
	half, err := t.s.SignIn(ctx, "nan", secret, store.Attempt{})
	t.must(err)
	_, _, err = t.s.Confirm(ctx, half, store.Code(key, t.c.Now()), false, store.Attempt{})
	t.want(err, store.ErrDenied)
	_, _, err = t.s.Confirm(ctx, half, store.Code(newKey, t.c.Now()), false, store.Attempt{})
	t.must(err)
	ps, _, err := t.s.People(ctx, boss, store.Cursor{}, 10)
	t.want(show(len(ps), err), "1 <nil>")
}

func slowed(t rig) {
	_, key, _ := t.joins("nan", cases.Helper)
	_, known := t.signs("nan", key, true, store.Attempt{})
	for _, login := range []string{"nan", "nobody"} { // nobody learns which of them is there
		var wg sync.WaitGroup
		var tried atomic.Int64
		for range 8 {
			wg.Go(func() {
				if _, err := t.s.SignIn(ctx, login, "Snow on the lime tree 8", store.Attempt{}); errors.Is(err, store.ErrDenied) {
					tried.Add(1)
				}
			})
		}
		wg.Wait()
		t.want(tried.Load(), 5)
		_, err := t.s.SignIn(ctx, login, secret, store.Attempt{})
		var wait store.TooMany
		t.want(show(errors.As(err, &wait), errors.Is(err, store.ErrWait), wait.Wait), "true true 1m0s")
	}
	t.signs("nan", key, true, store.Attempt{Known: known}) // the owner is not locked out
	_, err := t.s.SignIn(ctx, "nan", secret, store.Attempt{Known: "x" + known})
	t.wantIs(err, nil) // a minute has passed
	for range 4 {
		t.c.Pass(15 * time.Minute)
		_, err = t.s.SignIn(ctx, "nan", "wrong", store.Attempt{})
		t.want(err, store.ErrDenied) // nobody waits for longer than that
	}
}

func colleagues(t rig) {
	p, _, _ := t.joins("nan", cases.Helper)
	got, err := t.s.Person(ctx, nay, p.ID)
	t.must(err)
	t.want(got.Name, "Nan")
	_, err = t.s.Person(ctx, other, p.ID)
	t.want(err, store.ErrDenied)
	_, err = t.s.Person(ctx, nay, "nobody")
	t.want(err, store.ErrNotFound)
	t.must(t.s.Describe(ctx, p.Caseworker, cases.Person{Name: "Nan Htwe", Lang: "my", Caseworker: cases.Caseworker{Role: cases.Supervisor, Org: "union"}}))
	got, err = t.s.Person(ctx, p.Caseworker, p.ID)
	t.must(err)
	t.want(show(got.Name, got.Lang, got.Role, got.Org, got.Login), "Nan Htwe my caseworker clinic nan")
	ps, _, err := t.s.People(ctx, other, store.Cursor{}, 10)
	t.want(show(len(ps), err), "0 <nil>")
	t.want(fmt.Sprintf("%v %+v %#v", got, got, got), "caseworker caseworker caseworker")
}

func organisations(t rig) {
	_, err := t.s.Organisation(ctx, "clinic")
	t.want(err, store.ErrNotFound)
	t.must(t.s.PutOrganisation(ctx, cases.Bot, cases.Organisation{ID: "clinic", Name: "Clinic"}))
	o, err := t.s.Organisation(ctx, "clinic")
	t.must(err)
	t.want(t.s.PutOrganisation(ctx, nay, o), store.ErrDenied)
	t.want(t.s.PutOrganisation(ctx, cases.Caseworker{ID: "b", Org: "union", Role: cases.Supervisor}, o), store.ErrDenied)
	o.Name = "The clinic"
	t.must(t.s.PutOrganisation(ctx, boss, o))
	t.want(t.s.PutOrganisation(ctx, boss, o), store.ErrStale)
	t.must(t.s.PutOrganisation(ctx, cases.Bot, cases.Organisation{ID: "union", Name: "Union"}))
	os, _, err := t.s.Organisations(ctx, store.Cursor{}, 10)
	t.must(err)
	t.want(len(os), 2)
}

func staffHidden(t rig) {
	seen := new(bytes.Buffer)
	var err error
	t.s, err = store.New(spy{t.b, seen}, store.Key{2}, t.c.Now)
	t.must(err)
	invitation, err := t.s.Invite(ctx, cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: "clinic", Role: cases.Helper}, Login: "nan.htwe@andaman.example"})
	t.must(err)
	_, key, recovery := t.sets(invitation)
	token, known := t.signs("nan.htwe@andaman.example", key, true, store.Attempt{Address: "203.0.113.99", Device: "Firefox, Windows"})
	for _, what := range append(recovery, invitation[23:], token[23:], known[23:], string(key), "nan.htwe", "203.0.113.99", "Firefox", "Asia/Bangkok", secret) {
		if bytes.Contains(seen.Bytes(), []byte(what)) {
			t.Errorf("%q reached the back end", what)
		}
	}
	t.want(seen.Len() > 1000, true)
}
