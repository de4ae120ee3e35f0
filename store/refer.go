package store

import (
	"context"
	"errors"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
)

// AskReferral asks every worker of a case who has not said yes yet whether
// another organisation, of that name, may get it. What the worker says comes
// as an entry of kind Chose; only then may the case be Referred. Asked again
// after a crash, nobody is asked twice; asked in another month, they are.
func (s *Store) AskReferral(ctx context.Context, by cases.Caseworker, id cases.ID, org cases.OrgID, name string) error {
	c, err := s.open(ctx, by, "ask for a referral to "+string(org), id)
	if err != nil {
		return err
	}
	if !writes(by, c) {
		return ErrDenied
	}
	month := s.now().Format("2006-01")
	for after := (Cursor{}); ; {
		ms, next, err := s.MembersOf(ctx, id, after, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if next == after {
			return nil
		}
		for _, m := range ms {
			if m.Left || m.Held || m.Chat == "" || m.Consent.Shared[string(org)] {
				continue
			}
			e := channels.Event{ID: "refer/" + string(id) + "/" + string(org) + "/" + month, Kind: channels.Brought, What: flows.ReferBrought, At: s.now(), Case: string(id), Update: string(org), Text: name}
			if err := s.arrive(ctx, m.Chat, e); err != nil {
				return err
			}
		}
		after = next
	}
}

// Refer offers a case to another organisation, which has two days to accept or
// return it. It sees of each report the answers named in fields, of what was
// said since the referral all, and of what was said before nothing. With ends
// the caller's organisation has no more to do with the case once it is
// accepted; else it goes on to read it. Every worker must have said yes.
func (s *Store) Refer(ctx context.Context, by cases.Caseworker, id cases.ID, org cases.OrgID, fields []string, ends bool, key, reason string) (cases.Case, error) {
	n := cases.Entry{Key: key, Case: id, Kind: cases.Referred, Other: string(org), Fields: fields, Reason: reason}
	if ends {
		n.Trigger = flows.Ends
	}
	return s.Do(ctx, by, n)
}
