package store

import (
	"context"
	"errors"

	"workervoice/cases"
)

const (
	doors    = "door"    // kind of record: the code of a case, in the case's shard; and index of codes
	arrivals = "arrival" // kind of record: how many came by a code lately, in the code's shard
)

// A door is the code with which workers join a case. It is kept while the door
// is closed, too: a poster that hangs on a wall opens the same case again.
type door struct{ Code string }

// An arrival counts those who came in one minute.
type arrival struct {
	Minute int64 // since 1970
	N      int
}

// joinsAMinute is how many may come by one code within a minute before those
// who follow wait for a person to look. A code shown in a dormitory of 900
// brings some 50 in its busiest minute.
const joinsAMinute = 100

// HoldJoins sets how many may come by one code within a minute before those
// who follow are held. It is called once, before s is used; 0 is 100.
func (s *Store) HoldJoins(perMinute int) { s.joinLimit = perMinute }

// OpenJoining lets others join a case with a code, which it returns: the one
// that the case had before unless anew is set, else one that draw makes. With
// anew the earlier code leads nowhere any more. With ask, who joins is held
// until a caseworker lets the worker in.
func (s *Store) OpenJoining(ctx context.Context, by cases.Caseworker, id cases.ID, ask, anew bool, draw func() string) (string, error) {
	if err := s.keepsDoor(ctx, by, id); err != nil {
		return "", err
	}
	code, err := s.doorOf(ctx, by, id, anew, draw)
	if err != nil {
		return "", err
	}
	n := cases.Entry{Case: id, Kind: cases.Joining, Other: code, Trigger: "open"}
	if ask {
		n.Trigger = "ask"
	}
	_, err = s.Do(ctx, by, n)
	return code, err
}

// CloseJoining lets nobody else join a case. Who comes with its code is told
// that it is not open now.
func (s *Store) CloseJoining(ctx context.Context, by cases.Caseworker, id cases.ID) error {
	if err := s.keepsDoor(ctx, by, id); err != nil {
		return err
	}
	_, err := s.Do(ctx, by, cases.Entry{Case: id, Kind: cases.Joining, Trigger: "closed"})
	return err
}

// keepsDoor is for those who may let workers into a case. It is asked before a
// code is made, or an earlier one closed: only then does flows refuse.
func (s *Store) keepsDoor(ctx context.Context, by cases.Caseworker, id cases.ID) error {
	c, err := s.open(ctx, by, "code", id)
	if err == nil && !writes(by, c) {
		err = ErrDenied
	}
	return err
}

// doorOf returns the code of a case. The code leads to the case before the
// case has the code: one that nobody was told harms nobody.
func (s *Store) doorOf(ctx context.Context, by cases.Caseworker, id cases.ID, anew bool, draw func() string) (string, error) {
	key := s.caseID(id) + "~" + doors
	r, err := s.b.Get(ctx, ShardOf(key), doors, key)
	if err != nil {
		return "", err
	}
	var d door
	if err := decode(r.Body, &d); err != nil {
		return "", err
	}
	old := d.Code
	if old != "" && !anew {
		return old, nil
	}
	d.Code = draw()
	if err := s.PutLink(ctx, by, Link{Code: d.Code, Case: id, Made: s.now()}); err != nil {
		return "", err
	}
	r.Body = encode(d)
	_, err = s.commit(ctx, Batch{Shard: ShardOf(key), At: s.now(), Put: []Put{{Record: r, Subject: s.caseID(id)}}})
	if errors.Is(err, ErrStale) { // somebody else opened it just now
		return s.doorOf(ctx, by, id, false, draw)
	}
	if err != nil || old == "" {
		return d.Code, err
	}
	l, err := s.Link(ctx, old)
	if err != nil {
		return "", err
	}
	l.Closed = true
	return d.Code, s.PutLink(ctx, by, l)
}

// Invited returns what somebody is asked who brings the code of a case along,
// and counts that one more came. Where the case was merged it is the other
// one's. It returns ErrNotFound where code is no case's: what a mobilizer's
// link carries looks the same.
func (s *Store) Invited(ctx context.Context, code string) (v cases.Invite, err error) {
	l, err := s.Link(ctx, code)
	if err == nil && l.Case == "" {
		err = ErrNotFound
	}
	if err != nil {
		return v, err
	}
	id := l.Case
	for range 8 { // merged into one that was merged
		c, err := s.file(ctx, id)
		if err != nil {
			return v, err
		}
		if c.Into == "" {
			v = cases.InviteTo(c)
			break
		}
		id = c.Into
	}
	v.Code = code
	v.Open = v.Open && !l.Closed
	if !v.Open {
		return v, nil
	}
	many, err := s.arrived(ctx, code)
	v.Ask = v.Ask || many
	return v, err
}

// arrived counts one who came by a code, and reports whether there were too
// many within the minute: then nothing is counted any more, so that a flood
// costs no more than reading.
func (s *Store) arrived(ctx context.Context, code string) (many bool, err error) {
	limit := s.joinLimit
	if limit <= 0 {
		limit = joinsAMinute
	}
	minute := s.now().Unix() / 60
	err = s.update(ctx, arrivals, s.linkID(code), links, func(r Record) (any, error) {
		var a arrival
		if err := decode(r.Body, &a); err != nil {
			return nil, err
		}
		if a.Minute != minute {
			a = arrival{Minute: minute}
		}
		if many = a.N >= limit; many {
			return nil, errMany
		}
		a.N++
		return a, nil
	})
	if errors.Is(err, errMany) {
		err = nil
	}
	return many, err
}

// errMany ends a change that is not to be made.
var errMany = errors.New("store: too many")

// HeldMembers returns up to n workers who joined a case and wait to be let in,
// those waiting longest first.
func (s *Store) HeldMembers(ctx context.Context, by cases.Caseworker, id cases.ID, n int) (out []cases.Member, err error) {
	for after := (Cursor{}); len(out) < n; {
		ms, next, err := s.Members(ctx, by, id, after, 100)
		if err != nil {
			return out, err
		}
		held := 0
		for _, m := range ms {
			if m.Held && !m.Left {
				held++
				if out = append(out, m); len(out) == n {
					break
				}
			}
		}
		if len(ms) < 100 || held == 0 && next.Score > 2e13 { // they stand before all who are not pressing
			break
		}
		after = next
	}
	return out, nil
}
