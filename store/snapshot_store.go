package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// format numbers the shape of frames.
const format = 1

// Snapshot writes everything that is kept to w, attachments too, while others
// go on working. running says that messages may be sent after the moment it
// shows: all but what a program that has stopped left. See [snapshot] for what
// is in it. What was written before an error is of no use.
func (s *Store) Snapshot(ctx context.Context, w io.Writer, running bool) (Summary, error) {
	at := s.now()
	f := &framed{w: bufio.NewWriterSize(w, 1<<18)}
	head, err := json.Marshal(snapshot{format, Schema, Shards, at, running, []byte(s.name("master key"))})
	if err != nil {
		return f.sum, err
	}
	if _, err := f.w.Write(append(binary.AppendUvarint(nil, uint64(len(head))), head...)); err != nil {
		return f.sum, err
	}
	if err := s.b.Snapshot(ctx, at, f.write); err != nil {
		return f.sum, err
	}
	if s.files != nil {
		if err := s.files.copyAll(ctx, f.write); err != nil {
			return f.sum, err
		}
	}
	f.sum.At, f.sum.Running = at, running
	return f.sum, f.end()
}

// opened reads the head of a snapshot, and refuses one that this program does
// not know.
func openedSnapshot(r io.Reader) (*frames, snapshot, error) {
	f := &frames{r: bufio.NewReaderSize(r, 1<<18)}
	var head snapshot
	text, err := f.bytes(longestName)
	if err == nil && json.Unmarshal(text, &head) != nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		err = ErrCut
	}
	switch {
	case err != nil:
		return nil, head, err
	case head.Format > format || head.Schema > Schema:
		return nil, head, fmt.Errorf("store: the backup was written by a newer program (schema %d, known %d): start that one", head.Schema, Schema)
	case head.Shards != Shards:
		return nil, head, fmt.Errorf("store: the backup is spread over %d shards, this program over %d: start the one that wrote it", head.Shards, Shards)
	}
	f.sum = Summary{At: head.At, Running: head.Running}
	return f, head, nil
}

// ErrOtherKey means that a snapshot is of a store that has another master key.
var ErrOtherKey = errors.New("store: the backup was made under another master key: give with -key the copy of the one that the store had")

// Examine reads a snapshot to its end and changes nothing. It returns the
// errors that Restore would, before anything is restored.
func (s *Store) Examine(ctx context.Context, r io.Reader) (Summary, error) {
	f, head, err := openedSnapshot(r)
	if err != nil {
		return Summary{}, err
	}
	if string(head.Master) != s.name("master key") {
		return f.sum, ErrOtherKey
	}
	for n := 0; ; n++ {
		if n%10_000 == 0 && ctx.Err() != nil {
			return f.sum, ctx.Err()
		}
		if _, err := f.next(); err == io.EOF {
			return f.sum, nil
		} else if err != nil {
			return f.sum, err
		}
	}
}

// Restore fills s, in which there may be nothing, with a snapshot. It must have
// the master key of the store that was backed up, and attachments if there are
// any in the snapshot. Nobody may use s meanwhile.
//
// When it returns an error, s is as empty as before, or ErrHalf is met by
// whoever opens it: what is half there is never served, and Restore can be
// called again. Attachments that were copied by then stay, and are written over.
//
// What was ready to be sent when a running program was backed up may have been
// sent since: it counts as claimed before, so that it is sent again as what
// nobody knows of, and the platform drops it where it can.
func (s *Store) Restore(ctx context.Context, r io.Reader) (Summary, error) {
	f, head, err := openedSnapshot(r)
	if err != nil {
		return Summary{}, err
	}
	if string(head.Master) != s.name("master key") {
		return f.sum, ErrOtherKey
	}
	parts := func(yield func(Part, error) bool) {
		for {
			p, err := f.next()
			if err == io.EOF {
				return
			}
			if err == nil && p.What == FilePart {
				if err = s.takeFile(ctx, f, p); err == nil {
					continue
				}
			}
			if !yield(doubted(head, p), err) || err != nil {
				return
			}
		}
	}
	err = s.b.Restore(ctx, s.now(), parts)
	s.recent.clear()
	s.b.keys.clear()
	return f.sum, err
}

// doubted counts messages as claimed that were due while a program ran.
func doubted(head snapshot, p Part) Part {
	if p.What == LanePart && head.Running && p.Claims == 0 && p.N <= head.At.Add(time.Minute).UnixMilli() &&
		(strings.HasPrefix(p.Name, outbox("")) || strings.HasPrefix(p.Name, pushbox(""))) {
		p.Claims = 1
	}
	return p
}

func (c *cache[V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = nil
}
