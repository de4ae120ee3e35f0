package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// sentFile stands before the name of an attachment in a message of ours.
const sentFile = "file/"

// toldFiles is how many attachments that cannot be read a check names. Where
// there are more, the folder is lost and not a file.
const toldFiles = 1000

// refs calls each with the name of every attachment that what p holds, opened
// as body, stands for: what a worker sent or uploaded to send, what a caseworker
// sent to one, and what was added to a case.
func refs(p Part, body []byte, each func(ref string)) error {
	switch {
	case body == nil:
	case p.What == RecordPart && p.Kind == mediaKind:
		var m keptMedia
		if err := decode(body, &m); err != nil {
			return err
		}
		if m.Attachment != nil {
			each(m.Attachment.Ref)
		}
	case p.What == RecordPart && p.Kind == uploads:
		var u upload
		if err := decode(body, &u); err != nil {
			return err
		}
		if u.Ref != "" {
			each(u.Ref)
		}
	case p.What == EntryPart && strings.HasSuffix(p.Name, "/log"): // of which few tell of attachments, and decoding takes long
		id := strings.TrimSuffix(p.Name, "/log")
		if bytes.Contains(body, []byte(sentFile+id+"~t")) {
			var x Exchange
			if err := decode(body, &x); err != nil {
				return err
			}
			for _, m := range x.Sent {
				if m.File != nil && strings.HasPrefix(m.File.Ref, sentFile) {
					each(strings.TrimPrefix(m.File.Ref, sentFile))
				}
			}
		} else if bytes.Contains(body, []byte(id+"/")) {
			var l line
			if err := decode(body, &l); err != nil {
				return err
			}
			for _, a := range l.Media {
				if SubjectOf(a.Ref) == id {
					each(a.Ref)
				}
			}
		}
	}
	return nil
}

// attached tells of attachments that cannot be read to their end. Those of what
// was deleted meanwhile are not among them.
func (c *check) attached(ctx context.Context, tell func(string)) error {
	if c.s.files == nil {
		return nil
	}
	bad := map[string]string{} // why, by name
	for ref := range c.files {
		why, err := c.s.files.fault(ctx, ref)
		if err != nil {
			return err
		}
		if why != "" {
			bad[ref] = why
		}
	}
	c.sum.Files = int64(len(c.files))
	if len(bad) == 0 {
		return nil
	}
	still := map[string]string{} // by the name of the file
	err := c.s.b.Snapshot(ctx, c.sum.At, func(p Part) error {
		if p.Gone || !(p.What == RecordPart && (p.Kind == mediaKind || p.Kind == uploads) || p.What == EntryPart) {
			return nil
		}
		place := "log/" + p.Name
		if p.What == RecordPart {
			place = p.Kind + "/" + p.ID
		}
		body, err := c.s.b.unseal(ctx, place, p.Body)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		refs(p, body, func(ref string) { //nolint:errcheck // it was told
			if why := bad[ref]; why != "" {
				still[c.s.files.blob(ref)] = why
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	for i, name := range slices.Sorted(maps.Keys(still)) {
		if i == toldFiles {
			tell(fmt.Sprintf("%d attachments more cannot be read: put back the folder of attachments from a backup", len(still)-i))
			break
		}
		tell(fmt.Sprintf("attachment files/%s %s: put the file back from a backup, or go on without it", name, still[name]))
	}
	return nil
}

// fault reads an attachment to its end and returns what is wrong with it, or "":
// also where its worker had it erased, or an upload is on its way in or out.
func (f *Files) fault(ctx context.Context, ref string) (string, error) {
	r, err := f.Open(ctx, SubjectOf(ref), ref)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		err = errors.Join(err, r.Close())
	}
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, ErrDamaged):
		return "was changed or cut off", nil
	case !errors.Is(err, ErrNotFound):
		return "cannot be read from the disk", nil
	}
	if _, _, err := f.s.b.key(ctx, SubjectOf(ref), 0); errors.Is(err, errNoKey) {
		return "", nil
	} else if err != nil && !errors.Is(err, ErrDamaged) {
		return "", err
	}
	b, err := f.b.Open(ctx, f.blob(ref))
	if err != nil && IsUpload(ref) {
		return "", nil
	}
	if err != nil {
		return "is not there", nil
	}
	return "was changed at its beginning", b.Close()
}
