package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

const mediaKind = "media" // kind of record, and first part of the queue of downloads

// mediabox names the queue of a channel's attachments to be downloaded.
func mediabox(ch channels.ID) string { return mediaKind + "/" + string(ch) }

// A fetching is a job to download an attachment.
type fetching struct {
	Fetch
	Talk   int // generation of the key that is to seal it
	Worker cases.WorkerID
	At     time.Time
}

// A FetchJob is an attachment to be downloaded. Whoever holds it is the only one.
type FetchJob struct {
	Fetch
	Subject  string // whose key seals it: for Files.Put
	Attempts int    // claims of the job, this one included

	job   fetching
	shard Shard
	lane  Lane
	fence int64
}

// String shows nothing of what is to be downloaded.
func (j FetchJob) String() string { return "download of " + j.Media.String() }

// GoString shows no more than String.
func (j FetchJob) GoString() string { return j.String() }

// Fetched says what became of a FetchJob: exactly one of its fields is set.
type Fetched struct {
	Attachment *cases.Attachment // as Files.Put named it
	Retry      time.Time         // it may be claimed again then
	Gone       bool              // it cannot be had any more
}

// ClaimFetch leases up to n attachments of a channel, of different workers.
func (s *Store) ClaimFetch(ctx context.Context, ch channels.ID, n int, lease time.Duration) ([]FetchJob, error) {
	f, now := fence(), s.now()
	hs, err := s.claim(ctx, Claim{Queue: mediabox(ch), At: now, Until: now.Add(lease), Fence: f, Lanes: n, Jobs: 1})
	var js []FetchJob
	for _, h := range hs {
		j := FetchJob{Attempts: h.Attempts, shard: h.Shard, lane: h.Lane, fence: f}
		if h.Jobs[0] == nil { // of a worker erased since
			if fault := s.SettleFetch(ctx, j, Fetched{Gone: true}); fault != nil {
				return js, fault
			}
			continue
		}
		if err := decode(h.Jobs[0], &j.job); err != nil {
			return js, err
		}
		j.Fetch, j.Subject = j.job.Fetch, talk(h.Lane.ID, j.job.Talk)
		js = append(js, j)
	}
	return js, err
}

// SettleFetch ends a FetchJob. An attachment is remembered under the name that
// the platform has for it, and joins the timeline of the job's case unless the
// case is still a draft: then it is found when the draft is sent. A job that
// was lost meanwhile changes nothing and is no error.
func (s *Store) SettleFetch(ctx context.Context, j FetchJob, f Fetched) error {
	for {
		b, err := s.fetched(ctx, j, f)
		if err != nil {
			return err
		}
		r := s.b.Commit(ctx, b)[0]
		s.hints.left(j.lane.Queue, 1<<j.shard)
		if len(b.Jobs) > 0 {
			s.hints.left(entries, 1<<j.shard)
		}
		switch {
		case errors.Is(r.Err, ErrErased): // and with it the job
			return nil
		case !errors.Is(r.Err, ErrStale):
			return r.Err
		}
		s.recent.drop(j.lane.ID)
		k, err := s.read(ctx, j.lane.ID)
		if err != nil || len(b.Put) == 0 || k.version == b.Put[0].Version {
			return err // the lease was lost
		}
	}
}

// fetched returns what ends j. It moves the conversation's version on, so that
// a report sent at the same moment and the attachment do not miss one another.
func (s *Store) fetched(ctx context.Context, j FetchJob, f Fetched) (Batch, error) {
	conv, now := j.lane.ID, s.now()
	b := Batch{Shard: j.shard, At: now, Done: []Done{{Lane: j.lane, Fence: j.fence, N: 1, Due: now}}}
	if !f.Retry.IsZero() {
		b.Done[0].N, b.Done[0].Due = 0, f.Retry
		return b, nil
	}
	k, err := s.read(ctx, conv)
	if err != nil || !k.kept || k.Talk != j.job.Talk || j.Media.Ref == "" { // erased meanwhile: there is nobody to keep it for
		return b, err
	}
	id := conv + "~" + s.name(mediaKind, j.Media.Ref)
	was, err := s.b.Get(ctx, j.shard, mediaKind, id)
	if err != nil {
		return b, err
	}
	var m keptMedia
	if err := decode(was.Body, &m); err != nil {
		return b, err
	}
	if m.Taken {
		return b, s.unkeep(ctx, f.Attachment)
	}
	was.Body = encode(keptMedia{Attachment: f.Attachment})
	b.Put = []Put{k.put(conv, &k.standing), {Record: was, Subject: j.Subject}}
	draft := k.Session.Draft != nil && k.Session.Draft.ID == j.Case
	if f.Attachment != nil && j.Case != "" && !draft {
		n := cases.Entry{
			Key: mediaKey(id), Case: j.Case, Worker: k.Worker, Kind: cases.Said, At: j.job.At, Media: []cases.Attachment{*f.Attachment},
		}
		b.Jobs = []Job{{Lane: Lane{entries, conv}, Subject: conv, Body: encode(filing{Entry: &n, Follow: true}), Due: now}}
	}
	s.recent.drop(conv)
	return b, nil
}

// unkeep deletes the file of an attachment.
func (s *Store) unkeep(ctx context.Context, a *cases.Attachment) error {
	if a == nil || s.files == nil {
		return nil
	}
	return s.files.Delete(ctx, a.Ref)
}

// mediaKey names the entry that brings an attachment to a case.
func mediaKey(id string) string { return mediaKind + "/" + id }

// keptMedia is what became of an attachment: nil if it was gone, or taken back.
type keptMedia struct {
	Attachment *cases.Attachment
	Taken      bool `json:",omitempty"` // by the worker, so that it is not kept when it arrives
}

// Attachment returns what is kept of something that a worker sent, by the
// platform's name for it. It returns ErrNotFound while it is not downloaded
// and when it could not be.
func (s *Store) Attachment(ctx context.Context, a channels.Address, mediaRef string) (cases.Attachment, error) {
	conv, _, err := s.at(ctx, a)
	if err != nil {
		return cases.Attachment{}, err
	}
	return s.attachment(ctx, conv, mediaRef)
}

func (s *Store) attachment(ctx context.Context, conv, mediaRef string) (cases.Attachment, error) {
	m, err := s.media(ctx, conv+"~"+s.name(mediaKind, mediaRef))
	if err != nil {
		return cases.Attachment{}, err
	}
	if m.Attachment == nil {
		return cases.Attachment{}, ErrNotFound
	}
	return *m.Attachment, nil
}

func (s *Store) media(ctx context.Context, id string) (m keptMedia, err error) {
	r, err := s.b.Get(ctx, ShardOf(id), mediaKind, id)
	if err == nil {
		err = decode(r.Body, &m)
	}
	return m, err
}

// attach replaces the platform's names of attachments by what is kept of them,
// where they have been downloaded.
func (s *Store) attach(ctx context.Context, conv string, as []cases.Attachment) ([]cases.Attachment, error) {
	as = slices.Clone(as)
	for i, a := range as {
		got, err := s.attachment(ctx, conv, a.Ref)
		switch {
		case err == nil:
			as[i] = got
		case !errors.Is(err, ErrNotFound):
			return nil, err
		}
	}
	return as, nil
}
