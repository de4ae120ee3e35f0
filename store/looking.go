package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// ChatMedia returns the nth attachment, from 0, of the exchange at a place of a
// conversation: what the worker sent comes before what was sent to them. That
// it is opened is noted. It returns ErrNotFound while it is not downloaded, and
// where there is none or it is another organisation's.
func (s *Store) ChatMedia(ctx context.Context, by cases.Caseworker, id string, place int64, n int) (a cases.Attachment, err error) {
	id, _, err = s.chat(ctx, by, id)
	if err != nil {
		return a, err
	}
	xs, err := s.scan(ctx, id, max(place, 0), 1)
	if err != nil {
		return a, err
	}
	if len(xs) == 0 || xs[0].Place != place {
		return a, ErrNotFound
	}
	refs, kept := xs[0].attached()
	if n < 0 || n >= len(refs) {
		return a, ErrNotFound
	}
	if a = kept[n]; a.Ref == "" {
		if a, err = s.attachment(ctx, id, refs[n]); err != nil {
			return a, err
		}
	}
	return a, s.saw(ctx, by, "opened attachment "+itoa(place)+"/"+itoa(int64(n)), id)
}

// attached returns the platform's names of what a worker attached, and what of
// ours was sent, whose Ref the engine marks as a file.
func (x Exchange) attached() (refs []string, kept []cases.Attachment) {
	for _, e := range x.Said {
		for _, m := range e.Media {
			refs, kept = append(refs, m.Ref), append(kept, cases.Attachment{})
		}
	}
	for _, m := range x.Sent {
		if f := m.File; f != nil {
			refs = append(refs, f.Ref)
			kept = append(kept, cases.Attachment{Ref: strings.TrimPrefix(f.Ref, "file/"), Type: f.Type, Size: f.Size, Seconds: f.Seconds, Voice: f.Voice})
		}
	}
	return refs, kept
}

// ChatKept reports which of several attachments of a worker, by the platform's
// names, are kept.
func (s *Store) ChatKept(ctx context.Context, by cases.Caseworker, id string, refs []string) (map[string]bool, error) {
	id, _, err := s.chat(ctx, by, id)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, ref := range refs {
		_, err := s.attachment(ctx, id, ref)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		out[ref] = err == nil
	}
	return out, nil
}

// ChatSubject returns whose key seals what a caseworker sends in a conversation,
// for [Files.Put]: it goes when the worker has the chat erased.
func (s *Store) ChatSubject(ctx context.Context, by cases.Caseworker, id string) (string, error) {
	id, k, err := s.chat(ctx, by, id)
	if err != nil {
		return "", err
	}
	return talk(id, k.Talk), nil
}

// freeNames is how many workers' names somebody may look at in a row.
const freeNames = 20

// ErrReason means that somebody must say why.
var ErrReason = errors.New("store: say why you need to see this")

// Unmask returns how a worker is reached. The reason, at least five characters,
// is kept with who asked. After 20 in a day there is a [TooMany]: nobody copies
// the names of all workers out of here.
func (s *Store) Unmask(ctx context.Context, by cases.Caseworker, id, reason string) (channels.Address, error) {
	reason = strings.TrimSpace(reason)
	id, k, err := s.chat(ctx, by, id)
	switch {
	case err != nil:
		return channels.Address{}, err
	case len([]rune(reason)) < 5 || len(reason) > 1000:
		return channels.Address{}, ErrReason
	}
	if err := s.try(ctx, freeNames, "unmask", string(by.ID)); err != nil {
		return channels.Address{}, err
	}
	if err := s.note(ctx, by, "unmasked: "+reason, id); err != nil {
		return channels.Address{}, err
	}
	return k.With, nil
}

// ChatTrail returns the last n of what was done with a conversation and who
// looked, oldest first, to supervisors of its organisation and to the bot.
func (s *Store) ChatTrail(ctx context.Context, by cases.Caseworker, id string, n int) ([]AuditEntry, error) {
	id, _, err := s.chat(ctx, by, id)
	if err == nil && by != cases.Bot && by.Role != cases.Supervisor {
		err = errHidden
	}
	if err != nil {
		return nil, err
	}
	return s.trail(ctx, id, n)
}

// A Reply is something that caseworkers often write, in several languages under
// one ID: whoever picks it sees it in their own, the worker gets hers.
type Reply struct {
	ID      string // made by PutReply if empty
	Org     cases.OrgID
	Name    string            // short, for the list, such as "payslip"
	Texts   map[string]string // by language; {{name}} is to be filled in
	Checked []string          // languages that a native speaker has read
	By      cases.CaseworkerID
	At      time.Time
	Version int64 `json:"-"`
}

const replies = "reply" // kind of record, and with an organisation index by name

// PutReply keeps a reply, or with Version set changes it; without Texts it is
// removed. Supervisors may, for their own organisation. What is changed in a
// language is no longer Checked there unless the caller says so.
func (s *Store) PutReply(ctx context.Context, by cases.Caseworker, r Reply) error {
	if by != cases.Bot && (by.Role != cases.Supervisor || by.Org != r.Org) || r.Org == "" {
		return ErrDenied
	}
	if r.ID == "" {
		r.ID = itoa(fence())
	}
	id := s.name(replies, string(r.Org), r.ID)
	rec, err := s.b.Get(ctx, ShardOf(id), replies, id)
	if err != nil {
		return err
	}
	if rec.Version != r.Version {
		return ErrStale
	}
	p := Put{Record: Record{Kind: replies, ID: id, Version: r.Version}, Subject: replies}
	if rec.Body != nil {
		p.Was = []Index{{replies + "/" + string(r.Org), 0}}
	}
	if len(r.Texts) > 0 {
		r.By, r.At = by.ID, s.now()
		p.Body, p.Index = encode(r), []Index{{replies + "/" + string(r.Org), 0}}
	}
	_, err = s.commit(ctx, Batch{Shard: ShardOf(id), At: s.now(), Put: []Put{p}, Append: []Entry{s.audit(by, "prepared reply", id)}})
	return err
}

// Replies returns the replies of the caller's organisation, by name.
func (s *Store) Replies(ctx context.Context, by cases.Caseworker) ([]Reply, error) {
	var out []Reply
	for after := (Cursor{}); ; {
		rs, cs, err := s.b.List(ctx, replies+"/"+string(by.Org), after, 100)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, err
		}
		for i, rec := range rs {
			var r Reply
			if err := decode(rec.Body, &r); err != nil {
				return nil, err
			}
			r.Version, after = rec.Version, cs[i]
			if r.ID != "" {
				out = append(out, r)
			}
		}
		if len(rs) == 0 {
			slices.SortFunc(out, func(a, b Reply) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
			return out, nil
		}
	}
}
