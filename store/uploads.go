package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"workervoice/channels"
)

// Uploads are what workers attach in the web chat. They are kept before any
// event names them, and no flow has said yet that they are to be kept: they
// wait to be copied to the conversation, like what another platform holds.
//
// Each has a record before its file is written, so that none is forgotten, by
// which it goes when its time is over.
const (
	uploads = "upload" // kind of record, subject that seals it and its file, and index by when it goes

	uploadWait = 23 * time.Hour     // how long an upload waits until it is looked at
	uploadLook = time.Hour          // until it is looked at again; also after an erasure, since the form may be under way that names it
	uploadLost = 7 * 24 * time.Hour // how long one waits that was found without a record: nobody knows who may need it
)

// uploadsOf names the index of a conversation's uploads, by when they go.
func uploadsOf(conv string) string { return uploads + "/" + conv }

// IsUpload reports whether a ref is one of [Files.Upload].
func IsUpload(ref string) bool { return SubjectOf(ref) == uploads }

// An upload is what is known of one. Its record bears the name of its file.
type upload struct {
	Ref     string      `json:",omitempty"` // empty: the file was found without a record
	Name    string      `json:",omitempty"` // by which events name it
	Conv    string      `json:",omitempty"`
	Channel channels.ID `json:",omitempty"`
	Came    time.Time   `json:",omitzero"`
	Goes    time.Time   // no sooner, and not while it is needed
	Due     bool        `json:",omitempty"` // it was looked at an hour ago, and its time was over
}

func (u upload) places() []Index {
	is := []Index{{uploads, u.Goes.UnixMilli()}}
	if u.Conv != "" {
		is = append(is, Index{uploadsOf(u.Conv), u.Goes.UnixMilli()})
	}
	return is
}

// Upload keeps what a worker attaches before an event names it, and returns the
// name for it: its ref, for Open, a semicolon and the media type. Longer than
// limit bytes it is ErrTooBig, and nothing is kept; nor is it where r fails. It
// goes after a day: see [Store.Tidy].
func (f *Files) Upload(ctx context.Context, from channels.Address, r io.Reader, mediaType string, limit int64) (name string, size int64, err error) {
	conv, _, err := f.s.at(ctx, from)
	if err != nil {
		return "", 0, err
	}
	ref := newRef(uploads)
	u := upload{Ref: ref, Name: ref + ";" + mediaType, Conv: conv, Channel: from.Channel, Came: f.s.now()}
	u.Goes = u.Came.Add(uploadWait)
	is := Record{Kind: uploads, ID: f.s.name("file", ref)}
	if err := f.s.putUpload(ctx, is, upload{}, &u); err != nil {
		return "", 0, err
	}
	a, _, err := f.put(ctx, ref, r, limit)
	if err != nil {
		is.Version = 1
		if fault := f.s.putUpload(context.WithoutCancel(ctx), is, u, nil); fault != nil && !errors.Is(fault, ErrStale) { // else it goes after a day
			err = errors.Join(err, fault)
		}
		return "", 0, err
	}
	return u.Name, a.Size, nil
}

// putUpload replaces the record of an upload, or removes it where next is nil.
func (s *Store) putUpload(ctx context.Context, r Record, was upload, next *upload) error {
	p := Put{Record: r}
	if r.Version > 0 {
		p.Was = was.places()
	}
	if p.Body = nil; next != nil {
		p.Body, p.Subject, p.Index = encode(next), uploads, next.places()
	}
	_, err := s.commit(ctx, Batch{Shard: ShardOf(r.ID), At: s.now(), Put: []Put{p}})
	return err
}

// Tidy removes up to n uploads whose time is over, and returns when that of the
// next one is: the zero time if there is none, a time past if there are more. It
// leaves those that an event which waits, a download or the conversation itself
// still needs, such as a photo from before the worker was asked for consent.
// Several processes may do so at once, and what a crash leaves, the next
// removes.
func (s *Store) Tidy(ctx context.Context, n int) (time.Time, error) {
	if s.files == nil {
		return time.Time{}, nil
	}
	return s.due(ctx, uploads, n, func(r Record, now time.Time) (bool, error) {
		if r.Body == nil { // damaged: told in the error
			return false, nil
		}
		err := s.tidyOne(ctx, r, now)
		if errors.Is(err, ErrStale) { // somebody else was faster
			err = nil
		}
		return err == nil, err
	})
}

// tidyOne removes an upload, or puts it off.
func (s *Store) tidyOne(ctx context.Context, r Record, now time.Time) error {
	var u upload
	if err := decode(r.Body, &u); err != nil {
		return err
	}
	needed, err := s.needed(ctx, u)
	if err != nil {
		return err
	}
	if needed || !u.Due { // a clock that was set a day forward must not remove what comes in just now
		next := u
		next.Due, next.Goes = true, now.Add(uploadLook)
		return s.putUpload(ctx, r, u, &next)
	}
	if err := s.files.b.Remove(ctx, s.uploaded()+r.ID); err != nil { // before its record, so that a crash forgets no file
		return err
	}
	return s.putUpload(ctx, r, u, nil)
}

// uploaded begins the names of the files of uploads.
func (s *Store) uploaded() string { return s.name("files", uploads) + "/" }

// needed reports whether an upload whose time is over is still to be copied, or
// may be once the worker has answered a question. No event of later names it.
func (s *Store) needed(ctx context.Context, u upload) (bool, error) {
	if u.Conv == "" {
		return false, nil
	}
	if waits, err := s.waits(ctx, u); waits || err != nil {
		return waits, err
	}
	k, err := s.read(ctx, u.Conv)
	if err != nil {
		return false, err
	}
	if bytes.Contains(encode(k.Session), []byte(u.Ref)) { // in whichever part of it
		if _, err := s.attachment(ctx, u.Conv, u.Name); err != nil {
			return errors.Is(err, ErrNotFound), ignore(err, ErrNotFound)
		}
	}
	return s.waits(ctx, u) // a turn may have asked for it since the first look
}

// waits reports whether anything of an upload's conversation waits for a turn or
// to be downloaded.
func (s *Store) waits(ctx context.Context, u upload) (bool, error) {
	_, err := s.commit(ctx, Batch{Shard: ShardOf(u.Conv), At: s.now(), Idle: []Lane{{turns, u.Conv}, {mediabox(u.Channel), u.Conv}}})
	return errors.Is(err, ErrStale), ignore(err, ErrStale)
}

// ignore returns err unless it is one that says no more than what was asked.
func ignore(err, no error) error {
	if errors.Is(err, no) {
		return nil
	}
	return err
}

// hurry has the uploads of a conversation that was erased looked at an hour after
// they came.
func (s *Store) hurry(ctx context.Context, conv string) error {
	for after := (Cursor{}); ; {
		rs, cs, err := s.b.List(ctx, uploadsOf(conv), after, 100)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		for _, r := range rs {
			var u upload
			if r.Body == nil || decode(r.Body, &u) != nil {
				continue // damaged: Tidy tells, and no erasure waits for it
			}
			next := u
			next.Goes = u.Came.Add(uploadLook)
			if !next.Goes.Before(u.Goes) {
				continue
			}
			if err := s.putUpload(ctx, r, u, &next); err != nil && !errors.Is(err, ErrStale) {
				return err
			}
		}
		if len(rs) < 100 {
			return nil
		}
		after = cs[len(cs)-1]
	}
}

// Adopt gives files of uploads that have no record one, so that they go in a
// week: from a version that kept none, or a backup that was made while they
// came. It reads the names of all attachments.
func (s *Store) Adopt(ctx context.Context) error {
	if s.files == nil {
		return nil
	}
	shelf, ok := s.files.b.(Shelf)
	if !ok { // they cannot be listed there
		return nil
	}
	begin := s.uploaded()
	return shelf.Names(ctx, func(name string) error {
		id, ok := strings.CutPrefix(name, begin)
		if !ok {
			return nil
		}
		r, err := s.b.Get(ctx, ShardOf(id), uploads, id)
		if err != nil || r.Version > 0 {
			return err
		}
		err = s.putUpload(ctx, Record{Kind: uploads, ID: id}, upload{}, &upload{Goes: s.now().Add(uploadLost)})
		return ignore(err, ErrStale)
	})
}
