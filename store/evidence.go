package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/flows"
)

// Evidence returns up to n things attached to a case, oldest first, from a
// place of the timeline on, and the place where to go on; it is at the end when
// none are returned. What a worker took back or had erased is not among them.
// An organisation to which the case was referred without them sees none of
// those from before.
func (s *Store) Evidence(ctx context.Context, by cases.Caseworker, id cases.ID, from int64, n int) ([]cases.Evidence, int64, error) {
	c, err := s.open(ctx, by, "evidence", id)
	if err != nil {
		return nil, from, err
	}
	var out []cases.Evidence
	for from = max(from, 0); len(out) < n; {
		ns, err := s.timeline(ctx, s.caseID(id), from, 200)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, from, err
		}
		for i, e := range ns {
			got, err := s.attachedTo(ctx, s.caseID(id), flows.ShownEntry(e, scope(by, c)), from+int64(i))
			if err != nil {
				return nil, from, err
			}
			if len(out) > 0 && len(out)+len(got) > n {
				return out, from + int64(i), nil
			}
			out = append(out, got...)
		}
		if from += int64(len(ns)); len(ns) < 200 {
			break
		}
	}
	return out, from, nil
}

// attachedTo returns what an entry has brought. A report that is told anew
// repeats what came with it before.
func (s *Store) attachedTo(ctx context.Context, id string, n cases.Entry, place int64) (out []cases.Evidence, err error) {
	media := slices.Clone(n.Media)
	if n.Report != nil && (n.Kind == cases.Opened || n.Kind == cases.Joined && n.Other == "") {
		for _, p := range n.Report.Story {
			media = append(media, p.Media...)
		}
	}
	w := flows.About(n)
	for _, a := range media {
		if a.Sum == "" && w != "" && !strings.Contains(a.Ref, "/") { // it came after the report was sent
			m, _, err := s.member(ctx, id, w)
			if err != nil {
				return nil, err
			}
			if m != nil && m.Chat != "" {
				got, err := s.attachment(ctx, m.Chat, a.Ref)
				if err != nil && !errors.Is(err, ErrNotFound) {
					return nil, err
				}
				if err == nil {
					a = got
				}
			}
		}
		x := cases.Evidence{Place: place, Attachment: a, At: n.At, Worker: w}
		if n.By != "" {
			x.By, x.Note = n.By, n.Text
		}
		out = append(out, x)
	}
	return out, nil
}

// Exhibit returns one thing attached to a case, to be opened or copied: what
// for is noted, with its name. It returns ErrNotFound where the case has none
// of that name, or what it was is gone.
func (s *Store) Exhibit(ctx context.Context, by cases.Caseworker, id cases.ID, place int64, ref, what string) (cases.Attachment, error) {
	es, _, err := s.Evidence(ctx, by, id, place, 1)
	if err != nil {
		return cases.Attachment{}, err
	}
	i := slices.IndexFunc(es, func(e cases.Evidence) bool { return e.Place == place && e.Ref == ref })
	if i < 0 {
		return cases.Attachment{}, ErrNotFound
	}
	return es[i].Attachment, s.note(ctx, by, what+" "+es[i].Sum, s.caseID(id))
}

// EvidenceSubject returns whose key seals what a caseworker adds to a case: for
// [Files.Put]. It is the case's own, so it goes with the case and with no
// single worker.
func (s *Store) EvidenceSubject(ctx context.Context, by cases.Caseworker, id cases.ID) (string, error) {
	_, err := s.open(ctx, by, "adds evidence", id)
	return s.caseID(id), err
}

// LetterFacts returns what a letter about a case is made from and compared
// with: the case, how many of its workers agree that the employer is told, and
// what those workers are called and have said.
func (s *Store) LetterFacts(ctx context.Context, by cases.Caseworker, id cases.ID) (c cases.Case, agreed int, told flows.Told, err error) {
	if c, err = s.open(ctx, by, "letter", id); err != nil {
		return c, 0, told, err
	}
	key := s.caseID(id)
	if err := s.eachTold(ctx, key, told.TellOf); err != nil {
		return c, 0, told, err
	}
	for from := int64(0); ; {
		ns, err := s.timeline(ctx, key, from, 500)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return c, 0, told, err
		}
		for _, n := range ns {
			if n.Worker != "" && n.Text != "" {
				told.Words = append(told.Words, n.Text)
			}
		}
		if from += int64(len(ns)); len(ns) < 500 {
			break
		}
	}
	told.Refs = []string{c.Ref}
	return c, c.Allow[cases.Raise], told, nil
}

// Exported notes that a case file leaves the system. Where more than ten
// workers are concerned a second person must have agreed, a supervisor of the
// same organisation.
func (s *Store) Exported(ctx context.Context, by cases.Caseworker, id cases.ID, x cases.Export, second cases.Caseworker) (cases.Case, error) {
	c, err := s.open(ctx, by, "export", id)
	switch {
	case err != nil:
		return c, err
	case scope(by, c) != nil:
		return c, ErrDenied
	case strings.TrimSpace(x.Purpose) == "" || !x.Until.After(s.now()):
		return c, errors.New("store: say what the case file is for, and until when it is kept")
	case by != cases.Bot && c.Size >= cases.Few && (second.ID == "" || second.ID == by.ID || second.Role != cases.Supervisor || second.Org != by.Org):
		return c, errTwo
	}
	return c, s.note(ctx, by, "exported for "+x.Purpose+", until "+x.Until.Format("2006-01-02")+", agreed by "+string(second.ID), s.caseID(id))
}

// errTwo asks for a second person.
var errTwo = errors.New("store: a case file of more than ten workers needs the agreement of a supervisor, who is somebody else")
