package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// named matches what name returns.
var named = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

const (
	persons = "person" // kind of record, and with an organisation index of its people by when they were invited
	orgs    = "org"    // kind of record, and index
)

// How long what somebody is given to come in with is good for.
const (
	InviteLasts = 24 * time.Hour
	joinLasts   = 30 * time.Minute
)

// An account is everything about a person of an organisation. It is one
// record, so that whoever is disabled is signed out everywhere by that very
// change.
type account struct {
	cases.Person
	Password password
	Secret   []byte    // of the authenticator app
	Step     int64     // the last one whose code was used
	Recovery []string  `json:",omitempty"` // hashes of the codes that are left
	Invite   *pass     `json:",omitempty"` // the one address to come in by
	Join     *setup    `json:",omitempty"`
	Sessions []session `json:",omitempty"`
	Devices  []pass    `json:",omitempty"` // that were signed in on before: their tries are counted apart
}

// A pass is something secret that somebody shows; only a hash of it is kept.
type pass struct {
	Hash  string
	Until time.Time
}

// A setup is an account on its way.
type setup struct {
	pass
	Person   cases.Person
	Password password
	Secret   []byte
}

// PersonID returns the id of who signs in as login. Capitals and spaces around
// it do not count.
func (s *Store) PersonID(login string) cases.CaseworkerID {
	return cases.CaseworkerID(s.name(persons, strings.ToLower(strings.TrimSpace(login))))
}

// account reads an account. One that does not exist has no ID.
func (s *Store) account(ctx context.Context, id string) (a account, err error) {
	if !named.MatchString(id) { // it may come from anybody
		return a, nil
	}
	r, err := s.b.Get(ctx, ShardOf(id), persons, id)
	if err == nil {
		err = decode(r.Body, &a)
	}
	a.Version = r.Version
	return a, err
}

func (a *account) places() []Index {
	if a.ID == "" {
		return nil
	}
	return []Index{{persons + "/" + string(a.Org), a.Made.UnixMilli()}}
}

// alter changes an account, again when somebody else was faster. With what,
// the change leaves an audit entry.
func (s *Store) alter(ctx context.Context, by cases.Caseworker, what, id string, f func(*account) error) error {
	for {
		a, err := s.account(ctx, id)
		if err != nil {
			return err
		}
		was, version := a.places(), a.Version
		if err := f(&a); err != nil {
			return err
		}
		a.tidy(s.now())
		b := Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{{
			Record:  Record{Kind: persons, ID: id, Version: version, Body: encode(a)},
			Subject: id, Was: was, Index: a.places(),
		}}}
		if what != "" {
			b.Append = []Entry{s.audit(by, what, id)}
		}
		if _, err = s.commit(ctx, b); !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// tidy drops what has run out.
func (a *account) tidy(now time.Time) {
	over := func(p pass) bool { return !now.Before(p.Until) }
	a.Devices = slices.DeleteFunc(a.Devices, over)
	a.Sessions = slices.DeleteFunc(a.Sessions, func(x session) bool { return over(x.pass) })
	if a.Invite != nil && over(*a.Invite) {
		a.Invite = nil
	}
	if a.Join != nil && over(a.Join.pass) {
		a.Join = nil
	}
}

// token returns a new secret of an account, and what is kept of it.
func (s *Store) token(id string, lasts time.Duration) (string, pass) {
	b := make([]byte, 24)
	rand.Read(b)
	t := id + "." + base64.RawURLEncoding.EncodeToString(b)
	return t, pass{s.name("token", t), s.now().Add(lasts)}
}

// opens reports whether token is what p was made with, and still good.
func (s *Store) opens(p pass, token string) bool {
	return p.Hash != "" && p.Hash == s.name("token", token) && s.now().Before(p.Until)
}

// whose returns the account that a token belongs to.
func whose(token string) string {
	id, _, _ := strings.Cut(token, ".")
	return id
}

// Invite gives p.Login a place in p.Org with p.Role, and returns the token that
// lets them in, once, within [InviteLasts]. Whoever has an account already
// chooses a new password and app when they use it; until then the old ones
// work. The bot may invite anybody; a supervisor people of the own
// organisation, but nobody who routes between organisations.
func (s *Store) Invite(ctx context.Context, by cases.Caseworker, p cases.Person) (token string, err error) {
	p.Login = strings.TrimSpace(p.Login)
	if p.Login == "" || len(p.Login) > 100 || strings.ContainsAny(p.Login, "\n\r\t") {
		return "", errors.New("store: who is invited needs a name to sign in with, at most 100 bytes long")
	}
	if !slices.Contains([]cases.Role{cases.Helper, cases.Supervisor, cases.Desk, cases.Partner}, p.Role) {
		return "", fmt.Errorf("store: %q is no role of a person: use caseworker, supervisor, desk or partner", p.Role)
	}
	if p.Org == "" || by != cases.Bot && (by.Role != cases.Supervisor || by.Org != p.Org || p.Role == cases.Desk) {
		return "", ErrDenied
	}
	id := string(s.PersonID(p.Login))
	token, made := s.token(id, InviteLasts)
	err = s.alter(ctx, by, "invited", id, func(a *account) error {
		switch {
		case a.ID == "":
			a.Person = p
			a.ID, a.Made = cases.CaseworkerID(id), s.now()
			a.Keys = true
		case a.Org != p.Org:
			return ErrDenied
		case by != cases.Bot && string(by.ID) == id && a.Role != p.Role:
			return ErrDenied
		default:
			a.Role, a.Disabled = p.Role, false
		}
		a.Invite = &made
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Person returns somebody to themselves, to a colleague or to the bot.
func (s *Store) Person(ctx context.Context, by cases.Caseworker, id cases.CaseworkerID) (cases.Person, error) {
	a, err := s.account(ctx, string(id))
	switch {
	case err != nil:
		return cases.Person{}, err
	case a.ID == "":
		return cases.Person{}, ErrNotFound
	case !within(by, a.Org) && by.ID != id:
		return cases.Person{}, ErrDenied
	}
	return a.visible(), nil
}

// visible is what others may know of an account.
func (a account) visible() cases.Person {
	a.Person.Version = a.Version
	return a.Person
}

// People returns up to n people of the caller's organisation, those who came
// first in front, and where to go on.
func (s *Store) People(ctx context.Context, by cases.Caseworker, after Cursor, n int) ([]cases.Person, Cursor, error) {
	return s.peopleOf(ctx, by.Org, after, n)
}

func (s *Store) peopleOf(ctx context.Context, org cases.OrgID, after Cursor, n int) ([]cases.Person, Cursor, error) {
	rs, cs, err := s.b.List(ctx, persons+"/"+string(org), after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	var out []cases.Person
	for i, r := range rs {
		var a account
		if err := decode(r.Body, &a); err != nil {
			return nil, after, err
		}
		a.Version, after = r.Version, cs[i]
		if a.ID != "" {
			out = append(out, a.visible())
		}
	}
	return out, after, err
}

// Staffed reports whether an organisation has anybody, signed in yet or not.
func (s *Store) Staffed(ctx context.Context, org cases.OrgID) (bool, error) {
	ps, _, err := s.peopleOf(ctx, org, Cursor{}, 1)
	return len(ps) > 0, err
}

// Describe changes what a person says of themselves: name, languages, zone and
// keys.
func (s *Store) Describe(ctx context.Context, by cases.Caseworker, p cases.Person) error {
	return s.alter(ctx, by, "described", string(by.ID), func(a *account) error {
		if a.ID == "" || a.Disabled {
			return ErrDenied
		}
		a.Name, a.Langs, a.Lang, a.Zone, a.Keys = p.Name, p.Langs, p.Lang, p.Zone, p.Keys
		return nil
	})
}

// Allow says what somebody may do. A supervisor may do so for everybody of the
// own organisation but themselves, so that one is always left; the bot for all.
// Whoever is disabled is signed out everywhere at once.
func (s *Store) Allow(ctx context.Context, by cases.Caseworker, id cases.CaseworkerID, role cases.Role, disabled bool) error {
	what := "allowed " + string(role)
	if disabled {
		what = "disabled"
	}
	return s.alter(ctx, by, what, string(id), func(a *account) error {
		switch {
		case a.ID == "":
			return ErrNotFound
		case by == cases.Bot:
		case by.Role != cases.Supervisor || by.Org != a.Org || by.ID == id || role == cases.Desk || role == cases.System:
			return ErrDenied
		}
		a.Role, a.Disabled = role, disabled
		if disabled {
			a.Sessions, a.Devices, a.Invite, a.Join = nil, nil, nil, nil
		}
		return nil
	})
}

// Trail returns the last n of what somebody did with an account, oldest first:
// to its owner, to a supervisor of the organisation and to the bot.
func (s *Store) Trail(ctx context.Context, by cases.Caseworker, id cases.CaseworkerID, n int) ([]AuditEntry, error) {
	a, err := s.account(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if a.ID == "" || by != cases.Bot && by.ID != id && (by.Role != cases.Supervisor || by.Org != a.Org) {
		return nil, ErrDenied
	}
	return s.trail(ctx, string(id), n)
}

// Organisation returns an organisation, or ErrNotFound. Everybody who is signed
// in may know it: cases are passed on to it.
func (s *Store) Organisation(ctx context.Context, id cases.OrgID) (o cases.Organisation, err error) {
	name := s.name(orgs, string(id))
	r, err := s.b.Get(ctx, ShardOf(name), orgs, name)
	if err == nil && r.Body == nil {
		err = ErrNotFound
	}
	if err == nil {
		err = decode(r.Body, &o)
	}
	o.Version = r.Version
	return o, err
}

// PutOrganisation keeps an organisation that was read with the same Version. A
// supervisor may change the own one; the bot and a desk any.
func (s *Store) PutOrganisation(ctx context.Context, by cases.Caseworker, o cases.Organisation) error {
	if o.ID == "" || by != cases.Bot && by.Role != cases.Desk && (by.Role != cases.Supervisor || by.Org != o.ID) {
		return ErrDenied
	}
	id := s.name(orgs, string(o.ID))
	p := Put{Record: Record{Kind: orgs, ID: id, Version: o.Version, Body: encode(o)}, Subject: orgs, Index: []Index{{orgs, 0}}}
	if o.Version > 0 {
		p.Was = p.Index
	}
	_, err := s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{p}, Append: []Entry{s.audit(by, "organisation", id)}})
	return err
}

// Organisations returns up to n organisations and where to go on.
func (s *Store) Organisations(ctx context.Context, after Cursor, n int) ([]cases.Organisation, Cursor, error) {
	rs, cs, err := s.b.List(ctx, orgs, after, n)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, after, err
	}
	var out []cases.Organisation
	for i, r := range rs {
		var o cases.Organisation
		if err := decode(r.Body, &o); err != nil {
			return nil, after, err
		}
		o.Version, after = r.Version, cs[i]
		if o.ID != "" {
			out = append(out, o)
		}
	}
	return out, after, err
}
