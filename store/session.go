package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
)

// clean returns a recovery code as it was made, however it was typed.
func clean(code string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
}

// findSession returns the session that a token opens.
func (s *Store) findSession(a *account, token string) int {
	now := s.now()
	return slices.IndexFunc(a.Sessions, func(x session) bool {
		return !x.Half && s.opens(x.pass, token) && (x.Own || now.Sub(x.Seen) < otherIdle)
	})
}

func (x session) public() Session {
	return Session{ID: x.Hash[:8], Device: x.Device, Own: x.Own, Made: x.Made, Seen: x.Seen, Until: x.Until}
}

// Signed returns who is signed in with a token, or ErrNotFound if nobody is any
// more: it has run out, was ended elsewhere, or the person was disabled.
func (s *Store) Signed(ctx context.Context, token string) (Signed, error) {
	a, err := s.account(ctx, whose(token))
	if err != nil {
		return Signed{}, err
	}
	i := s.findSession(&a, token)
	if i < 0 || a.Disabled {
		return Signed{}, ErrNotFound
	}
	x := a.Sessions[i]
	out := Signed{Person: a.visible(), Session: x.public(), Locked: s.now().Sub(x.Seen) >= LocksAfter, Left: len(a.Recovery)}
	out.Session.Here = true
	return out, nil
}

// Active notes that the person of a session did something, a minute's
// precision being enough. It does not open one that is locked.
func (s *Store) Active(ctx context.Context, x Signed, token string) error {
	if x.Locked || s.now().Sub(x.Session.Seen) < time.Minute {
		return nil
	}
	return s.alter(ctx, x.Caseworker, "", whose(token), func(a *account) error {
		i := s.findSession(a, token)
		if i < 0 {
			return ErrNotFound
		}
		a.Sessions[i].Seen = s.now()
		return nil
	})
}

// Lock has a session ask for a code before anything more is shown.
func (s *Store) Lock(ctx context.Context, token string) error {
	return s.alter(ctx, cases.Caseworker{}, "", whose(token), func(a *account) error {
		i := s.findSession(a, token)
		if i < 0 {
			return ErrNotFound
		}
		a.Sessions[i].Seen = s.now().Add(-LocksAfter)
		return nil
	})
}

// Unlock opens a locked session with a code of the app or a recovery code. A
// wrong one is ErrDenied.
func (s *Store) Unlock(ctx context.Context, token, code string) error {
	id := whose(token)
	who := []string{"unlock", id, s.name("token", token)}
	if err := s.try(ctx, freeTries, who...); err != nil {
		return err
	}
	err := s.alter(ctx, cases.Caseworker{ID: cases.CaseworkerID(id)}, "unlocked", id, func(a *account) error {
		i := s.findSession(a, token)
		if i < 0 || a.Disabled {
			return ErrNotFound
		}
		if !s.proves(a, code) {
			return ErrDenied
		}
		a.Sessions[i].Seen = s.now()
		return nil
	})
	if err != nil {
		return err
	}
	return s.succeeded(ctx, who...)
}

// Sessions returns where a person is signed in, to that person and to a
// supervisor of the organisation. The one of token is Here.
func (s *Store) Sessions(ctx context.Context, by cases.Caseworker, id cases.CaseworkerID, token string) ([]Session, error) {
	a, err := s.account(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if !mayEnd(by, a) {
		return nil, ErrDenied
	}
	var out []Session
	for _, x := range a.Sessions {
		if x.Half || !s.now().Before(x.Until) {
			continue
		}
		p := x.public()
		p.Here = s.opens(x.pass, token)
		out = append(out, p)
	}
	return out, nil
}

func mayEnd(by cases.Caseworker, a account) bool {
	return a.ID != "" && (by == cases.Bot || by.ID == a.ID || by.Role == cases.Supervisor && by.Org == a.Org)
}

// End signs a person out of one session, or of all without one, and forgets
// the devices then.
func (s *Store) End(ctx context.Context, by cases.Caseworker, id cases.CaseworkerID, sessionID string) error {
	return s.alter(ctx, by, "signed out", string(id), func(a *account) error {
		if !mayEnd(by, *a) {
			return ErrDenied
		}
		if sessionID == "" {
			a.Sessions, a.Devices = nil, nil
			return nil
		}
		a.Sessions = slices.DeleteFunc(a.Sessions, func(x session) bool { return x.public().ID == sessionID })
		return nil
	})
}

// SignOut ends the session of a token. One that is over is no error.
func (s *Store) SignOut(ctx context.Context, token string) error {
	id := whose(token)
	a, err := s.account(ctx, id)
	if err != nil || s.findSession(&a, token) < 0 {
		return err
	}
	return s.alter(ctx, a.Caseworker, "signed out", id, func(a *account) error {
		a.Sessions = slices.DeleteFunc(a.Sessions, func(x session) bool { return s.opens(x.pass, token) })
		return nil
	})
}
