package store

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"workervoice/cases"
)

// How long somebody stays signed in.
const (
	ownLasts    = 12 * time.Hour   // on a device that is theirs alone
	otherLasts  = 4 * time.Hour    // on any other
	otherIdle   = 30 * time.Minute // without doing anything there
	LocksAfter  = 10 * time.Minute // without doing anything, anywhere
	halfLasts   = 5 * time.Minute  // between password and code
	deviceLasts = 180 * 24 * time.Hour

	maxSessions = 12 // of one person; the oldest end
	maxDevices  = 12

	freeTries     = 5  // of a password or a code, before a person has to wait
	freeAddresses = 40 // of an address: an office shares one
)

// A session is one browser in which a person is signed in, or half.
type session struct {
	pass
	Half   bool `json:",omitempty"` // the code is still to come
	Own    bool `json:",omitempty"`
	Made   time.Time
	Seen   time.Time // when the person last did something
	Device string    // such as "Chrome, Android"
}

// A Session is what a person sees of a browser in which they are signed in.
type Session struct {
	ID         string // names it in the list of devices; opens nothing
	Device     string
	Own        bool
	Made, Seen time.Time
	Until      time.Time
	Here       bool // the one that asks
}

// A Signed is who a browser belongs to.
type Signed struct {
	cases.Person
	Session Session
	Locked  bool // nothing was done for a while: the code is asked for again
	Left    int  // recovery codes
}

// Caller is who acts.
func (x Signed) Caller() cases.Caseworker { return x.Caseworker }

// An Attempt is where somebody tries to come in.
type Attempt struct {
	Address string // from which network; counted, never kept
	Known   string // what [Store.Confirm] gave to this device, if anything
	Device  string // what the browser says it is
}

// Exchange takes an invitation, which is then worth nothing, for a token to set
// the account up with, good for half an hour. It returns ErrNotFound for one
// that was used, has run out or never was.
func (s *Store) Exchange(ctx context.Context, invitation string) (token string, err error) {
	id := whose(invitation)
	token, made := s.token(id, joinLasts)
	err = s.alter(ctx, cases.Caseworker{ID: cases.CaseworkerID(id)}, "opened invitation", id, func(a *account) error {
		if a.Invite == nil || a.Disabled || !s.opens(*a.Invite, invitation) {
			return ErrNotFound
		}
		a.Invite = nil
		a.Join = &setup{pass: made, Person: a.Person, Secret: newSecret()}
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Joining returns who is being set up with a token, the secret for their
// authenticator app, and whether they have chosen a password yet. It returns
// ErrNotFound once that is done or the half hour is over.
func (s *Store) Joining(ctx context.Context, token string) (p cases.Person, secret []byte, chosen bool, err error) {
	a, err := s.account(ctx, whose(token))
	if err == nil && (a.Join == nil || !s.opens(a.Join.pass, token)) {
		err = ErrNotFound
	}
	if err != nil {
		return p, nil, false, err
	}
	return a.Join.Person, a.Join.Secret, len(a.Join.Password.Hash) > 0, nil
}

// Choose notes how somebody who joins is called and their password.
func (s *Store) Choose(ctx context.Context, token string, p cases.Person, plain string) error {
	hashed := hashPassword(plain)
	return s.alter(ctx, cases.Caseworker{}, "", whose(token), func(a *account) error {
		if a.Join == nil || !s.opens(a.Join.pass, token) {
			return ErrNotFound
		}
		j := &a.Join.Person
		j.Name, j.Langs, j.Lang, j.Zone = p.Name, p.Langs, p.Lang, p.Zone
		a.Join.Password = hashed
		return nil
	})
}

// Join finishes an account with the first code of the authenticator app: from
// now on password and app of before are worth nothing and everybody who was
// signed in with them is out. It returns recovery codes, which are shown once.
// A wrong code is ErrDenied.
func (s *Store) Join(ctx context.Context, token, code string) (recovery []string, err error) {
	id := whose(token)
	if err := s.try(ctx, 2*freeTries, "join", id); err != nil {
		return nil, err
	}
	recovery, hashes := s.recovery()
	err = s.alter(ctx, cases.Caseworker{ID: cases.CaseworkerID(id)}, "joined", id, func(a *account) error {
		if a.Join == nil || !s.opens(a.Join.pass, token) || len(a.Join.Password.Hash) == 0 {
			return ErrNotFound
		}
		n := match(a.Join.Secret, code, s.now(), 0)
		if n == 0 {
			return ErrDenied
		}
		j := a.Join
		role := a.Role
		a.Person = j.Person
		a.Role = role // it may have changed meanwhile
		a.Password, a.Secret, a.Step, a.Recovery = j.Password, j.Secret, n, hashes
		a.Join, a.Sessions, a.Devices = nil, nil, nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return recovery, s.succeeded(ctx, "join", id)
}

// recoveryLetters leaves out what is taken for one another.
const recoveryLetters = "ABCDEFGHJKMNPQRSTVWXYZ23456789"

// recovery returns ten codes of 49 bits each, and what is kept of them.
func (s *Store) recovery() (codes, hashes []string) {
	for range 10 {
		b := make([]byte, 0, 11)
		for len(b) < 11 {
			var r [1]byte
			rand.Read(r[:])
			switch {
			case len(b) == 5:
				b = append(b, '-')
			case int(r[0]) < 256/len(recoveryLetters)*len(recoveryLetters):
				b = append(b, recoveryLetters[int(r[0])%len(recoveryLetters)])
			}
		}
		codes, hashes = append(codes, string(b)), append(hashes, s.name("recovery", clean(string(b))))
	}
	return codes, hashes
}

// SignIn checks a password. It returns the token of a half session, which
// [Store.Confirm] completes. A wrong login or password is ErrDenied, and nobody
// learns which; after several, there is a [TooMany]. What strangers try does
// not stop a device on which the person was signed in before.
func (s *Store) SignIn(ctx context.Context, login, plain string, at Attempt) (half string, err error) {
	id := string(s.PersonID(login))
	a, err := s.account(ctx, id)
	if err != nil {
		return "", err
	}
	who := s.counts("password", id, &a, at)
	if len(who) == 2 {
		if err := s.try(ctx, freeAddresses, "address", at.Address); err != nil {
			return "", err
		}
	}
	if err := s.try(ctx, freeTries, who...); err != nil {
		return "", err
	}
	if !a.Password.is(plain) || a.Disabled {
		return "", ErrDenied
	}
	half, made := s.token(id, halfLasts)
	err = s.alter(ctx, a.Caseworker, "", id, func(a *account) error {
		if a.Disabled {
			return ErrDenied
		}
		a.Sessions = append(a.Sessions, session{pass: made, Half: true, Made: s.now(), Seen: s.now(), Device: at.Device})
		return nil
	})
	if err != nil {
		return "", err
	}
	return half, s.succeeded(ctx, who...)
}

// counts names where tries on an account from somewhere are counted.
func (s *Store) counts(what, id string, a *account, at Attempt) []string {
	if slices.ContainsFunc(a.Devices, func(p pass) bool { return s.opens(p, at.Known) }) {
		return []string{what, id, s.name("token", at.Known)}
	}
	return []string{what, id}
}

// Confirm completes a half session with the six digits of the authenticator app
// or a recovery code, each of which is good once. It returns the token of the
// session, and one by which the device is known from now on. With own, nobody
// else uses the device. A wrong code is ErrDenied; a half session that has run
// out is ErrNotFound.
func (s *Store) Confirm(ctx context.Context, half, code string, own bool, at Attempt) (token, known string, err error) {
	id := whose(half)
	a, err := s.account(ctx, id)
	if err != nil {
		return "", "", err
	}
	who := s.counts("code", id, &a, at)
	if err := s.try(ctx, freeTries, who...); err != nil {
		return "", "", err
	}
	lasts := otherLasts
	if own {
		lasts = ownLasts
	}
	token, made := s.token(id, lasts)
	known, device := s.token(id, deviceLasts)
	err = s.alter(ctx, a.Caseworker, "signed in", id, func(a *account) error {
		i := slices.IndexFunc(a.Sessions, func(x session) bool { return x.Half && s.opens(x.pass, half) })
		if i < 0 || a.Disabled {
			return ErrNotFound
		}
		if !s.proves(a, code) {
			return ErrDenied
		}
		now := s.now()
		a.Sessions[i] = session{pass: made, Own: own, Made: now, Seen: now, Device: at.Device}
		a.Devices = slices.DeleteFunc(a.Devices, func(p pass) bool { return s.opens(p, at.Known) })
		a.Devices = append(a.Devices, device)
		a.Devices = a.Devices[max(0, len(a.Devices)-maxDevices):]
		a.Sessions = a.Sessions[max(0, len(a.Sessions)-maxSessions):]
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return token, known, s.succeeded(ctx, who...)
}

// proves uses up a code of the app or a recovery code.
func (s *Store) proves(a *account, code string) bool {
	if n := match(a.Secret, code, s.now(), a.Step); n > 0 {
		a.Step = n
		return true
	}
	i := slices.Index(a.Recovery, s.name("recovery", clean(code)))
	if i < 0 {
		return false
	}
	a.Recovery = slices.Delete(a.Recovery, i, i+1)
	return true
}
